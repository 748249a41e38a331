"""Grouped counts of the log: what overviews and the search for patterns read instead of millions of rows."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

# The attributes that attempts are counted by, besides the hour.
DIMENSIONS = ("provider", "country", "carrier", "campaign", "template", "sender", "encoding", "segments")


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
