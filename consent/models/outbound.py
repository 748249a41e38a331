"""What is on its way to another system over HTTP: claimed by one worker at a time, tried again, never twice at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Now

from backoffice.models import AppendOnly, System
from backoffice.models.append_only import AppendOnlyQuerySet, KeptFor, protect

# Longer than a worker may be busy with one row; after it the row is anybody's.
LEASE = timedelta(seconds=settings.DELIVERY["lease_seconds"])


class Outbound(models.Model):
    """A row that a worker takes, sends and settles. Each taking grows the fence, and only who holds the newest may
    write what became of it. Leases go by the database's clock: workers' own may differ."""

    attempts = models.PositiveSmallIntegerField(default=0)  # requests that were to write it
    reads = models.PositiveSmallIntegerField(default=0)  # requests that were to read it back
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @staticmethod
    def free() -> Q:
        """Nobody is busy with it."""
        return Q(lease_until=None) | Q(lease_until__lt=Now())

    @staticmethod
    def ready(now: datetime) -> Q:
        """Its next try has come."""
        return Q(next_try_at=None) | Q(next_try_at__lte=now)

    def claim(self, **changes: Any) -> bool:
        """Take the row as it was read; False when somebody else was faster."""
        until = ExpressionWrapper(Now() + LEASE, output_field=models.DateTimeField())
        won = self._still(self.free()).update(fence=F("fence") + 1, lease_until=until, **changes)
        if won:
            self.refresh_from_db(fields=["fence", "lease_until", *changes])
        return bool(won)

    def mine(self) -> models.QuerySet[Self]:
        """This row, as long as nobody took it or moved it after us."""
        return self._still()

    def _still(self, *conditions: Q) -> models.QuerySet[Self]:
        status = Q(("status", self.status))  # type: ignore[attr-defined]  # each kind has statuses of its own
        return type(self)._default_manager.filter(*conditions, status, pk=self.pk, fence=self.fence)


KEPT_EVENTS = KeptFor("{row}.at", int(settings.DELIVERY["event_days"]))
FORGOTTEN_AT_ONCE = 5_000


class DeliveryEventQuerySet(AppendOnlyQuerySet):
    def forget(self, now: datetime) -> int:
        """Remove the oldest ones whose time is over; the database refuses for younger ones. What they were about
        keeps when it left, was accepted and was read back. Safe to run twice; returns how many."""
        before = now - timedelta(days=KEPT_EVENTS.days)
        forgotten = 0
        while True:
            oldest = self.order_by("pk").values_list("pk", "at")[:FORGOTTEN_AT_ONCE]
            gone = [pk for pk, at in oldest if at < before]
            if gone:
                with transaction.atomic():  # nobody sees the table without its triggers
                    protect(
                        connection, self.model._meta.db_table, KEPT_EVENTS
                    )  # the setting may have changed
                    self.filter(pk__in=gone)._raw_delete(self.db)
            forgotten += len(gone)
            if len(gone) < FORGOTTEN_AT_ONCE:
                return forgotten


class DeliveryEvent(AppendOnly):
    """One step of something on its way to a system: a request and its answer, or what a person did. Written by
    consent.deliver; holds no secret. Kept for as long as consents have to be proved."""

    class What(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        BUSY = "busy", "No answer"
        LOCKED_OUT = "locked_out", "Not let in"
        READ = "read", "Read back"
        LOST = "lost", "Its worker disappeared"
        REPLACED = "replaced", "Replaced"
        RETRIED = "retried", "Tried again by a person"
        FILED = "filed", "Put into the drop folder"
        TRIED_OUT = "tried_out", "Connection tried out"

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+")
    write_back = models.ForeignKey(
        "consent.WriteBack", null=True, on_delete=models.PROTECT, related_name="events"
    )
    hold_push = models.ForeignKey(
        "consent.HoldPush", null=True, on_delete=models.PROTECT, related_name="events"
    )
    what = models.CharField(max_length=10, choices=What)
    note = models.TextField(blank=True)
    request = models.TextField(blank=True)
    code = models.PositiveSmallIntegerField(null=True)  # of HTTP
    excerpt = models.TextField(blank=True)  # of the answer
    seconds = models.FloatField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = DeliveryEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["write_back", "id"], name="delivery_of_write_back"),
            models.Index(fields=["hold_push", "id"], name="delivery_of_hold_push"),
        ]

    def __str__(self) -> str:
        return self.what

    @classmethod
    def log(cls, row: Outbound, what: str, note: str = "", **exchange: Any) -> DeliveryEvent:
        """Keep one step of a correction or a hold; `exchange`: request, code, excerpt, seconds."""
        about = {"hold_push": row} if isinstance(row, HoldPush) else {"write_back": row}
        return cls.objects.create(system_id=row.system_id, what=what, note=note, **about, **exchange)  # type: ignore[attr-defined]


class HoldPush(Outbound):
    """What a system should be told about one number and program: paused, or free again. Kept in step with the holds
    in force by consent.hold_pushes; a change of mind before it left is simply sent as the newest."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        SENT = "sent", "Sent"
        ACCEPTED = "accepted", "Accepted"
        PARKED = "parked", "Needs a person"

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+")
    number = models.ForeignKey("consent.Number", on_delete=models.PROTECT, related_name="+")
    program = models.ForeignKey("consent.Program", on_delete=models.PROTECT, related_name="+")
    is_held = models.BooleanField()  # what the system should hold now
    turn = models.PositiveIntegerField(default=1)  # grows with each change of mind
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    changed_at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "number", "program"], name="hold_push_once"),
        ]
        indexes = [
            models.Index(
                fields=["system", "-is_held", "attempts", "id"],
                condition=Q(status__in=["pending", "sent", "parked"]),
                name="hold_push_to_leave",
            ),
            # "Is it told what is held, and nothing else?"
            models.Index(
                fields=["system", "number", "program"], condition=Q(is_held=True), name="hold_push_held"
            ),
        ]

    def __str__(self) -> str:
        return f"{'hold' if self.is_held else 'release'} to {self.system_id}"

    @property
    def key(self) -> str:
        return f"hold:{self.pk}:{self.turn}"
