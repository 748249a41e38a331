"""Background runs one can watch, and that survive their worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

# A run that has not beaten for this long has lost its worker.
LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
MAX_ATTEMPTS = 8


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def unfinished(self) -> JobRunQuerySet:
        return self.filter(status__in=[JobRun.Status.QUEUED, JobRun.Status.RUNNING])

    def claimable(self, now: datetime) -> JobRunQuerySet:
        """Queued and due, or running for a worker that stopped beating."""
        queued = Q(status=JobRun.Status.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
        lost = Q(status=JobRun.Status.RUNNING, lease_until__lt=now)
        return self.filter(queued | lost)


class JobRun(models.Model):
    """One run of one kind of work over one subject. The row is the truth, the queue only rings: created by
    backoffice.jobs.start, claimed and finished by backoffice.jobs.work, repaired by backoffice.jobs.sweep."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        SUPERSEDED = "superseded", "Another run covered it"

    class Trigger(models.TextChoices):
        STAFF = "staff", "A person"
        IMPORT = "import", "An import"
        SCHEDULE = "schedule", "The schedule"
        COMMAND = "command", "A command"

    kind = models.CharField(max_length=40)  # the verb, e.g. import.check, consent.reconcile
    subject = models.CharField(max_length=80)  # what it works on; unique per kind while unfinished
    params = models.JSONField(default=dict)
    trigger = models.CharField(max_length=10, choices=Trigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)  # grows with each claim; a late worker's writes miss
    not_before = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)  # when the queue was last told
    queued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    total = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    failure = models.TextField(blank=True)
    cancel_wanted = models.BooleanField(default=False)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        permissions = [("control_jobrun", "Can cancel and retry runs")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(status__in=["queued", "running"]),
                name="job_one_unfinished_per_subject",
            )
        ]
        indexes = [
            models.Index(
                fields=["status", "lease_until"],
                condition=Q(status__in=["queued", "running"]),
                name="job_to_sweep",
            ),
            models.Index(fields=["kind", "-queued_at"], name="job_latest_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}

    def is_lost(self, now: datetime) -> bool:
        return self.status == self.Status.RUNNING and self.lease_until is not None and self.lease_until < now

    def claim(self, now: datetime) -> bool:
        """Take the run for this worker; False when somebody else holds it or it is finished."""
        won = (
            JobRun.objects.claimable(now)
            .filter(pk=self.pk, fence=self.fence)
            .update(
                status=self.Status.RUNNING,
                fence=F("fence") + 1,
                attempt=F("attempt") + 1,
                lease_until=now + LEASE,
                heartbeat_at=now,
                started_at=models.functions.Coalesce("started_at", models.Value(now)),
            )
        )
        if won:
            self.refresh_from_db()
        return bool(won)

    def mine(self) -> models.QuerySet[JobRun]:
        """This row, as long as nobody claimed it after us."""
        return JobRun.objects.filter(pk=self.pk, fence=self.fence, status=self.Status.RUNNING)

    def beat(self, now: datetime, *, done: int | None = None, total: int | None = None) -> bool:
        """Say that we are alive and how far we are. False: another worker took over, stop without writing."""
        progress = {name: value for name, value in (("done", done), ("total", total)) if value is not None}
        return bool(self.mine().update(heartbeat_at=now, lease_until=now + LEASE, **progress))
