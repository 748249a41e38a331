"""The log of sends: what was asked of a provider, and every report about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now

from backoffice.models import AppendOnly, AppendOnlyQuerySet, ImportBatch, System
from backoffice.models.append_only import KeptFor
from consent.models import Number
from errors import life

# Rows that still hold what was said, or cells of their file: kept for a shorter time than the rows.
HAS_CONTENT = ~Q(body="") | ~Q(request={})
# A final report is still expected. A submission without an answer waits for a person, an unexplained word for its
# mapping, a scheduled message for its time.
OPEN = ("queued", "accepted", "sending", "sent")


class SendAttemptQuerySet(models.QuerySet["SendAttempt"]):
    def failed(self) -> SendAttemptQuerySet:
        return self.filter(is_failed=True)

    def settled(self) -> SendAttemptQuerySet:
        return self.filter(status__in=[status.value for status in life.SETTLED])

    def between(self, start: datetime, end: datetime) -> SendAttemptQuerySet:
        """Submitted from `start` on and before `end`."""
        return self.filter(submitted_at__gte=start, submitted_at__lt=end)

    def open(self) -> SendAttemptQuerySet:
        return self.filter(status__in=OPEN)

    def with_content(self) -> SendAttemptQuerySet:
        return self.filter(HAS_CONTENT)

    def by_code(self) -> models.QuerySet[SendAttempt, Any]:
        """Failures by (provider, error_code): rows with "failures". Codes are as received, "" is none given."""
        return self.failed().order_by().values("provider", "error_code").annotate(failures=models.Count("*"))

    def latest_first(self) -> SendAttemptQuerySet:
        return self.order_by("-submitted_at", "-pk")


class SendAttempt(models.Model):
    """One submission to a provider, with the request as it was made and the state its reports amount to.

    The request comes from imports and is filled in, never overwritten, but that its time is the earliest that its file
    or logs of reports tell; the state is written by errors.record alone, from all events of the attempt. A resend is
    another row that names this one as its parent."""

    Status = life.Status

    # Of provider, account and message reference (errors.life.attempt_key): sixteen bytes where the three are sixty.
    key = models.UUIDField(unique=True)
    provider = models.CharField(max_length=24)
    account = models.CharField(max_length=80, blank=True)
    message_ref = models.CharField(max_length=120)
    ref_number = models.BigIntegerField()  # errors.life.ref_number: finds any form of the reference
    client_ref = models.CharField(max_length=120, blank=True)

    # The request.
    number = models.ForeignKey(
        Number, null=True, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    recipient = models.CharField(max_length=40, blank=True)  # as it was sent, where no number could be read
    sender = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=3, blank=True)  # ISO 3166 alpha-2 of the recipient
    carrier = models.CharField(max_length=80, blank=True)
    campaign = models.CharField(max_length=120, blank=True)
    template = models.CharField(max_length=120, blank=True)
    template_version = models.CharField(max_length=40, blank=True)
    journey = models.CharField(max_length=120, blank=True)
    route = models.CharField(max_length=80, blank=True)
    body = models.TextField(blank=True)  # removed after RETENTION's days; its hash and measures stay
    body_hash = models.BigIntegerField(null=True)  # of the normalised text: finds the same text again
    encoding = models.CharField(max_length=6, blank=True)
    segments = models.PositiveSmallIntegerField(null=True)
    units = models.PositiveIntegerField(null=True)  # septets or 16-bit units
    request = models.JSONField(default=dict)  # the row's other cells; secrets never
    submitted_at = models.DateTimeField()

    # The state: what all events amount to.
    status = models.CharField(
        max_length=20, choices=[(s.value, s.value.replace("_", " ")) for s in life.Status]
    )
    is_failed = models.BooleanField(default=False)
    error_code = models.CharField(max_length=80, blank=True)  # as received: leading zeros matter
    error_text = models.CharField(max_length=200, blank=True)  # the provider's words
    status_at = models.DateTimeField(null=True)
    is_contradicted = models.BooleanField(default=False)
    is_late_upgrade = models.BooleanField(default=False)

    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="retries", db_index=False
    )
    system = models.ForeignKey(
        System, null=True, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    batch = models.ForeignKey(
        ImportBatch, null=True, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    line = models.IntegerField(null=True)

    objects = SendAttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            # Every list is a walk in time; the time stands in each key, so that months can become partitions.
            models.Index(fields=["-submitted_at", "-id"], name="attempt_by_time"),
            models.Index(
                fields=["number", "-submitted_at"],
                condition=Q(number__isnull=False),
                name="attempt_of_number",
            ),
            models.Index(
                fields=["campaign", "-submitted_at"], condition=~Q(campaign=""), name="attempt_of_campaign"
            ),
            models.Index(fields=["ref_number"], name="attempt_by_reference"),
            # Reports that know our reference only.
            models.Index(fields=["client_ref"], condition=~Q(client_ref=""), name="attempt_by_client_ref"),
            # Failures stay raw: few rows, everything asked of them.
            models.Index(
                fields=["-submitted_at", "-id"], condition=Q(is_failed=True), name="attempt_failed_by_time"
            ),
            models.Index(
                fields=["provider", "error_code", "-submitted_at"],
                condition=Q(is_failed=True),
                name="attempt_failed_by_code",
            ),
            # What the clock looks for: reports that are overdue, texts that have had their time.
            models.Index(
                fields=["provider", "country", "submitted_at"],
                condition=Q(status__in=OPEN),
                name="attempt_without_end",
            ),
            models.Index(fields=["submitted_at"], condition=HAS_CONTENT, name="attempt_with_content"),
            models.Index(fields=["batch"], name="attempt_of_batch"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="attempt_retries"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.message_ref}"


# Reports are kept as long as the attempts they are about; the database removes none that is younger.
KEPT = KeptFor("coalesce({row}.occurred_at, {row}.received_at)", settings.SEND_LOG["row_days"])


class AttemptEventQuerySet(AppendOnlyQuerySet):
    def as_events(self) -> dict[Any, list[life.Event]]:
        """The only door from stored reports to the rules of a life: those that count, by attempt key."""
        found: dict[Any, list[life.Event]] = {}
        rows = self.effective().values_list(
            *("attempt_key", "status", "code", "occurred_at", "received_at", "part", "parts", "text", "key")
        )
        for attempt, status, *rest in rows:
            found.setdefault(attempt, []).append(life.Event(life.Status(status), *rest))
        return found

    def effective(self) -> AttemptEventQuerySet:
        """Reports that count: those of a voided file do not."""
        return self.filter(batch__voided_at=None)

    def of_attempts(self, keys: Iterable[Any]) -> AttemptEventQuerySet:
        return self.filter(attempt_key__any_of=list(keys))

    def strays(self) -> AttemptEventQuerySet:
        """Reports that are filed under no attempt of the log."""
        return self.filter(~Exists(SendAttempt.objects.filter(key=OuterRef("attempt_key"))))

    def happened_before(self, moment: datetime) -> AttemptEventQuerySet:
        """By the provider's clock where it gave a time, as KEPT reckons."""
        return self.alias(at=Coalesce("occurred_at", "received_at")).filter(at__lt=moment)

    def happened_since(self, moment: datetime) -> AttemptEventQuerySet:
        return self.alias(at=Coalesce("occurred_at", "received_at")).filter(at__gte=moment)

    def forget(self) -> int:
        """Remove rows whose time is over; the database refuses for younger ones. For errors.retain alone."""
        return int(self._raw_delete(self.db))


class AttemptEvent(AppendOnly):
    """One raw report about an attempt, kept before anything was decided about it. Found by the attempt's key, not by
    a foreign key: a report may come before the attempt it is about."""

    class Source(models.TextChoices):
        FILE = "file", "An export"
        CALLBACK = "callback", "A status callback"
        POLL = "poll", "A look-up at the provider"
        CLOCK = "clock", "No report came in time"

    key = models.UUIDField(unique=True)  # errors.life.event_key: the same report counts once
    attempt_key = models.UUIDField()
    part = models.PositiveSmallIntegerField(default=0)
    parts = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(
        max_length=20, choices=[(s.value, s.value.replace("_", " ")) for s in life.Status]
    )
    provider_status = models.CharField(max_length=40, blank=True)  # the provider's own word
    code = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    source = models.CharField(max_length=8, choices=Source, default=Source.FILE)
    batch = models.ForeignKey(
        ImportBatch, null=True, on_delete=models.PROTECT, related_name="attempt_events", db_index=False
    )
    line = models.IntegerField(null=True)

    objects: ClassVar[Any] = AttemptEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["attempt_key"], name="attempt_event_history"),
            models.Index(fields=["batch"], name="attempt_event_of_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip()

    def as_event(self) -> life.Event:
        status = life.Status(self.status)
        times = (self.occurred_at, self.received_at)
        return life.Event(status, self.code, *times, self.part, self.parts, self.text, self.key)


class ParkedEvent(models.Model):
    """A report whose attempt is not known yet. Taken away by errors.record when the attempt arrives."""

    event = models.OneToOneField(
        AttemptEvent, primary_key=True, on_delete=models.PROTECT, related_name="parked"
    )
    provider = models.CharField(max_length=24)
    account = models.CharField(max_length=80, blank=True)
    message_ref = models.CharField(max_length=120)
    ref_number = models.BigIntegerField()
    client_ref = models.CharField(max_length=120, blank=True)
    parked_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["ref_number"], name="parked_by_reference"),
            models.Index(fields=["client_ref"], condition=~Q(client_ref=""), name="parked_by_client_ref"),
            models.Index(fields=["parked_at"], name="parked_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.message_ref}"
