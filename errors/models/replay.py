"""The rules against history: one result per question, so that results of different dates can be compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backoffice.models import JobRun
from errors.catalogue import Category, provider_label
from errors.effect import Rate
from errors.replay.pack import unpacked


class RuleReplayQuerySet(models.QuerySet["RuleReplay"]):
    def finished(self) -> RuleReplayQuerySet:
        return self.filter(finished_at__isnull=False)

    def standing(self) -> RuleReplayQuerySet:
        """The results that the schedule keeps up to date: of the rules as they are."""
        return self.filter(is_standing=True)

    def latest_first(self) -> RuleReplayQuerySet:
        return self.order_by("-asked_at", "-pk")


class RuleReplay(models.Model):
    """The rules of a day, or those rules with one change, against the sends of a stretch of time. Written by
    errors.replay.run alone; what it says is the log and the ledger as they were when it ran."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    change = models.JSONField(null=True)  # errors.replay.change.Change; None: the rules as they are
    is_standing = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    rules_digest = models.CharField(max_length=64, blank=True)
    rules_count = models.PositiveIntegerField(default=0)
    # How far it is: the last send that was counted, and what was counted until then.
    reached_at = models.DateTimeField(null=True)
    reached_pk = models.BigIntegerField(default=0)
    tally = models.JSONField(default=dict)
    sends = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)  # of work
    has_hits = models.BooleanField(default=True)  # the sends behind each count are still kept

    objects = RuleReplayQuerySet.as_manager()

    class Meta:
        permissions = [("run_rulereplay", "Can run rules against history")]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="replay_has_a_window")
        ]
        indexes = [models.Index(fields=["-asked_at", "-id"], name="replay_list")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"

    @property
    def run(self) -> JobRun | None:
        """The latest run that works on it."""
        return JobRun.objects.filter(kind="errors.replay", subject=str(self.pk)).order_by("-pk").first()

    @property
    def counted(self) -> dict[str, int]:
        """Sends by what became of them and what was known of them: all, failed, delivered, with_text, with_consent."""
        counted: dict[str, int] = self.tally.get("sends", {})
        return counted


class Counted(models.Model):
    """How many sends a line would have held, by what became of them."""

    prevented = models.PositiveBigIntegerField(default=0)  # failed with a code that it is meant to prevent
    failed = models.PositiveBigIntegerField(default=0)  # with another
    delivered = models.PositiveBigIntegerField(default=0)
    neither = models.PositiveBigIntegerField(default=0)

    class Meta:
        abstract = True


class ReplayLine(Counted):
    """What one finding of the check, by one row of the rule book, would have done. Two lines where it stops some
    sends and warns of others."""

    class Severity(models.TextChoices):
        ERROR = "error", "Would stop"
        WARN = "warn", "Would warn"

    replay = models.ForeignKey(RuleReplay, on_delete=models.CASCADE, related_name="lines", db_index=False)
    key = models.CharField(max_length=32)  # of code and row, the same in every result
    code = models.CharField(max_length=40)  # "*": the whole check
    severity = models.CharField(max_length=5, choices=Severity)
    kind = models.CharField(max_length=40, blank=True)
    provider = models.CharField(max_length=24, blank=True)
    place = models.CharField(max_length=8, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    value = models.TextField(blank=True)
    standing = models.CharField(max_length=12, blank=True)
    prevents = models.JSONField(default=list)
    last_checked = models.DateField(null=True)
    looked = models.PositiveBigIntegerField()  # sends it was asked about
    meant = models.PositiveBigIntegerField()  # failures among them that it is meant to prevent

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "key", "severity"], name="replay_line_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.subject}".strip()

    @property
    def precision(self) -> Rate:
        """Of the sends with an end that it would have held, those that failed as it says."""
        return Rate(self.prevented, self.prevented + self.failed + self.delivered)

    @property
    def recall(self) -> Rate:
        """Of the failures it is meant to prevent, among the sends it looked at, those that it would have held."""
        return Rate(self.prevented, self.meant)

    @property
    def lost(self) -> int:
        return self.prevented + self.failed


class ReplayFailure(models.Model):
    """One code that sends failed with, and what the rules would have made of these sends."""

    replay = models.ForeignKey(RuleReplay, on_delete=models.CASCADE, related_name="failures", db_index=False)
    key = models.CharField(max_length=32)
    provider = models.CharField(max_length=24)
    code = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=24, choices=[(c.value, c.label) for c in Category])
    failures = models.PositiveBigIntegerField()
    stopped = models.PositiveBigIntegerField()  # by a line that is meant to prevent the code
    warned = models.PositiveBigIntegerField()
    missed = models.PositiveBigIntegerField()
    is_meant = models.BooleanField()  # some rule is meant to prevent it
    last_at = models.DateTimeField()
    example = models.BigIntegerField()  # a send; attempts come and go, so this is no foreign key

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "key"], name="replay_failure_once")]

    def __str__(self) -> str:
        return f"{self.provider_label} {self.code}".strip()

    @property
    def provider_label(self) -> str:
        return provider_label(self.provider)


class ReplayStale(models.Model):
    """A code that rows are meant to prevent, and that sends they passed failed with since they were last checked."""

    replay = models.ForeignKey(RuleReplay, on_delete=models.CASCADE, related_name="stale", db_index=False)
    key = models.CharField(max_length=32)
    kind = models.CharField(max_length=40)
    rule_provider = models.CharField(max_length=24, blank=True)
    place = models.CharField(max_length=8, blank=True)
    prevents = models.JSONField(default=list)
    last_checked = models.DateField()
    rows = models.PositiveIntegerField()
    provider = models.CharField(max_length=24)
    code = models.CharField(max_length=80)
    failures = models.PositiveBigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    example = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "key"], name="replay_stale_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider} {self.code}"

    @property
    def provider_label(self) -> str:
        return provider_label(self.provider)


class ReplayHitsQuerySet(models.QuerySet["ReplayHits"]):
    def behind(self, replay: RuleReplay, key: str, came: str, severity: str) -> ReplayHitsQuerySet:
        """The sends of one count, the oldest stretch first."""
        return self.filter(replay=replay, key=key, came=came, severity=severity).order_by("pk")


class ReplayHits(models.Model):
    """The keys of the sends behind one count, of one stretch of the log."""

    replay = models.ForeignKey(RuleReplay, on_delete=models.CASCADE, related_name="hits", db_index=False)
    key = models.CharField(max_length=32)
    came = models.CharField(max_length=10)  # errors.replay.tally.Came, "caught" or "missed"
    severity = models.CharField(max_length=5, blank=True)
    count = models.PositiveIntegerField()
    packed = models.BinaryField()  # errors.replay.pack

    objects = ReplayHitsQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["replay", "key", "came", "severity", "id"], name="replay_hits_of_count")
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.came}"

    def keys(self) -> np.ndarray[Any, Any]:
        return unpacked(bytes(self.packed))
