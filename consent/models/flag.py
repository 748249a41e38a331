"""Disagreements, what happened to them, and the journeys they pause."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from backoffice.models import AppendOnly, IllegalMove, ImportBatch, System
from consent import rules
from consent.models.people import Number
from consent.models.program import Program

_SLICE = 1_000  # keys per statement; SQLite takes no more than some thousand


class StaleFlag(Exception):
    """The flag, or the evidence behind it, changed after the page was loaded."""


class FlagQuerySet(models.QuerySet["Flag"]):
    def open(self) -> FlagQuerySet:
        return self.filter(status__in=Flag.OPEN)

    def waiting(self, now: datetime) -> FlagQuerySet:
        """Those a person should look at now: not settled, not on their way, not snoozed."""
        return self.filter(status__in=Flag.TO_REVIEW).exclude(snoozed_until__gt=now)

    def by_harm(self) -> FlagQuerySet:
        """Worst first: severity, then deadline, then age. The order staff are told."""
        return self.order_by("severity", models.F("due_at").asc(nulls_last=True), "raised_at", "pk")

    def move_all(self, to: Flag.Status, *, note: str, by: User | None = None, **changes: Any) -> int:
        """Move many flags at once, each with its event; those whose life has no such step stay, and what another
        request moves meanwhile is left alone."""
        allowed = [status for status, targets in Flag.MOVES.items() if to in targets]
        wanted = dict(self.filter(status__in=allowed).order_by("pk").values_list("pk", "status"))
        moved = 0
        for old in sorted(set(wanted.values())):
            keys = [pk for pk, status in wanted.items() if status == old]
            for start in range(0, len(keys), _SLICE):
                seen = Flag.objects.select_for_update().filter(
                    pk__in=keys[start : start + _SLICE], status=old
                )
                still = list(seen.order_by("pk").values_list("pk", flat=True))
                Flag.objects.filter(pk__in=still).update(
                    status=to, version=models.F("version") + 1, **changes
                )
                FlagEvent.objects.bulk_create(
                    [FlagEvent(flag_id=pk, old=old, new=to, by=by, note=note) for pk in still]
                )
                moved += len(still)
        return moved


class Flag(models.Model):
    """One disagreement or incident. Raised, refreshed and closed by consent.reconcile; reviewed by staff through
    consent.correct. At most one is open per key."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        IN_REVIEW = "in_review", "In review"
        CORRECTING = "correcting", "Being corrected"
        VERIFYING = "verifying", "Waiting for proof"
        CLOSED = "closed", "Closed"
        WAIVED = "waived", "Waived"
        ESCALATED = "escalated", "Escalated"

    S = Status
    TO_REVIEW = (S.OPEN, S.IN_REVIEW, S.ESCALATED)
    OPEN = (S.OPEN, S.IN_REVIEW, S.CORRECTING, S.VERIFYING, S.WAIVED, S.ESCALATED)
    MOVES = {
        S.OPEN: {S.IN_REVIEW, S.CORRECTING, S.VERIFYING, S.CLOSED, S.WAIVED, S.ESCALATED},
        S.IN_REVIEW: {S.OPEN, S.CORRECTING, S.VERIFYING, S.CLOSED, S.WAIVED, S.ESCALATED},
        S.CORRECTING: {S.OPEN, S.VERIFYING, S.CLOSED, S.ESCALATED},
        S.VERIFYING: {S.OPEN, S.CLOSED, S.CORRECTING, S.ESCALATED},
        S.WAIVED: {S.OPEN, S.CLOSED},
        S.ESCALATED: {S.IN_REVIEW, S.CORRECTING, S.VERIFYING, S.CLOSED, S.WAIVED, S.OPEN},
        # Only by undoing the decision that closed it.
        S.CLOSED: {S.OPEN},
    }

    code = models.CharField(max_length=32, choices=[(c.value, c.value) for c in rules.Code])
    severity = models.CharField(max_length=2, choices=[(s.value, s.value) for s in rules.Severity])
    number = models.ForeignKey(Number, null=True, on_delete=models.PROTECT, related_name="flags")
    program = models.ForeignKey(Program, null=True, on_delete=models.PROTECT, related_name="flags")
    system = models.ForeignKey(System, null=True, on_delete=models.PROTECT, related_name="flags")
    # A finding about a whole file names the batch instead of a number.
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="flags")
    # code:number:program:system:batch, so that one plain unique index says "one open per key" on every database.
    key = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    version = models.PositiveIntegerField(default=1)  # grows with every move and every change of evidence
    fingerprint = models.CharField(max_length=64)  # of the evidence behind it
    why = models.TextField()  # one sentence with the two facts that conflict
    evidence = models.JSONField(default=list)  # ids: "c12" records, "r34" readings
    params = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_flags",
    )
    lease_until = models.DateTimeField(null=True)  # "next for me" keeps it for its assignee until then
    snoozed_until = models.DateTimeField(null=True)
    waived_until = models.DateTimeField(null=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        permissions = [
            ("review_flag", "Can decide on flags"),
            ("assign_flag", "Can assign flags to others"),
            ("waive_flag", "Can waive flags"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(
                    status__in=["open", "in_review", "correcting", "verifying", "waived", "escalated"]
                ),
                name="flag_one_open_per_key",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=False, program__isnull=False) | Q(batch__isnull=False),
                name="flag_about_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["severity", "due_at", "raised_at", "id"],
                condition=Q(status__in=["open", "in_review", "escalated"]),
                name="flag_queue",
            ),
            models.Index(fields=["number", "program"], name="flag_of_number"),
            # The page of systems: what is open about each, what was raised lately, which corrections did not hold.
            models.Index(
                fields=["system", "severity"],
                condition=Q(
                    status__in=["open", "in_review", "correcting", "verifying", "waived", "escalated"]
                ),
                name="flag_open_of_system",
            ),
            models.Index(fields=["system", "raised_at"], name="flag_raised_about_system"),
            models.Index(
                fields=["system", "raised_at"],
                condition=Q(code="SYNC_REGRESSION"),
                name="flag_regressions_of_system",
            ),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="flag_of_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.code}"

    @property
    def about(self) -> rules.CodeFacts:
        """Title, severity, what staff should do: the table of codes."""
        return rules.CODES[rules.Code(self.code)]

    def move(self, to: Status, *, by: User | None = None, note: str = "", **changes: Any) -> None:
        """Change status and say who did it; `by=None` means the system.

        Raises IllegalMove for a step that the life of a flag does not have, StaleFlag when the flag changed since
        this object was read."""
        if to not in self.MOVES.get(self.Status(self.status), set()):
            raise IllegalMove(f"A flag that is “{self.get_status_display()}” cannot become “{to.label}”.")
        with transaction.atomic():
            seen = Flag.objects.filter(pk=self.pk, status=self.status, version=self.version)
            if not seen.update(status=to, version=self.version + 1, **changes):
                raise StaleFlag(self)
            FlagEvent.objects.create(flag=self, old=self.status, new=to, by=by, note=note)
        self.status, self.version = to, self.version + 1
        for field, value in changes.items():
            setattr(self, field, value)


class FlagEvent(AppendOnly):
    """One step in a flag's life: a move, new evidence, an assignment, a comment."""

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="events")
    old = models.CharField(max_length=12, blank=True)
    new = models.CharField(max_length=12)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    # Somebody's own words for colleagues; unset where a step of the flag's life is told.
    is_note = models.BooleanField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["flag", "id"], name="flag_event_history")]

    def __str__(self) -> str:
        return f"{self.old} to {self.new}"


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> HoldQuerySet:
        return self.filter(released_at=None)


class Hold(models.Model):
    """Automated journeys to a number under a program are paused while the flag that caused it is open. Placed and
    released by consent.reconcile together with the flag, never by hand."""

    flag = models.OneToOneField(Flag, on_delete=models.PROTECT, related_name="hold")
    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="holds")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="holds")
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["number", "program"], condition=Q(released_at=None), name="hold_in_force"),
        ]

    def __str__(self) -> str:
        return f"hold for {self.flag_id}"
