"""Grouped counts of the log: what overviews and the search for patterns read instead of millions of rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Sum
from django.db.models.functions import Now

# The attributes that attempts are counted by, besides the hour.
DIMENSIONS = ("provider", "country", "carrier", "campaign", "template", "sender", "encoding", "segments")


class AttemptHourQuerySet(models.QuerySet["AttemptHour"]):
    def between(self, start: datetime, end: datetime) -> AttemptHourQuerySet:
        """From `start` on and before `end`, whole hours of UTC both: others cannot be told from these counts.

        Raises ValueError for a moment within an hour."""
        for edge in (start, end):
            if edge.minute or edge.second or edge.microsecond or edge.utcoffset():
                raise ValueError(f"Counts are kept by whole hours of UTC; {edge.isoformat()} is none.")
        return self.filter(hour__gte=start, hour__lt=end)

    def by(self, name: str, *names: str) -> models.QuerySet[AttemptHour, dict[str, Any]]:
        """Totals by these columns ("hour" and DIMENSIONS): rows {name: value, …, "settled", "attempts", "delivered",
        "failed"}. Attempts that are not settled have no final report, or were canceled or held back."""
        return (
            self.order_by()
            .values(name, *names)
            .annotate(
                settled=Sum(F("delivered") + F("failed")),
                attempts=Sum("attempts"),
                delivered=Sum("delivered"),
                failed=Sum("failed"),
            )
        )


class AttemptHour(models.Model):
    """How many attempts of one kind were submitted in one hour (UTC), and how they ended. Written by errors.rollup,
    always whole hours at a time; equals the raw rows exactly once no touched hour waits."""

    hour = models.DateTimeField()  # its beginning
    provider = models.CharField(max_length=24)
    country = models.CharField(max_length=3, blank=True)
    carrier = models.CharField(max_length=80, blank=True)
    campaign = models.CharField(max_length=120, blank=True)
    template = models.CharField(max_length=120, blank=True)
    sender = models.CharField(max_length=40, blank=True)
    encoding = models.CharField(max_length=6, blank=True)
    segments = models.PositiveSmallIntegerField(null=True)
    attempts = models.PositiveIntegerField()
    delivered = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()

    objects = AttemptHourQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["hour"], name="attempt_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}:00 {self.provider} {self.country}"


class TouchedHour(models.Model):
    """An hour with attempts that its counts do not know yet. Written in the transaction of the attempts, taken away
    by errors.rollup in the transaction that has counted them."""

    hour = models.DateTimeField(primary_key=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}:00"
