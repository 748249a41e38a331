"""Slices of sends that fail more than they should, what was found about them, and what became of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from backoffice.models import AppendOnly, IllegalMove


class StalePattern(Exception):
    """The pattern changed after it was read."""


class PatternRun(models.Model):
    """One look at a window of sends. Written by errors.detect; a repeat of the same window replaces nothing."""

    class Kind(models.TextChoices):
        HOURLY = "hourly", "The last hours against the same hours of the days before"
        DAILY = "daily", "The last day against the same weekday of the weeks before"
        ASKED = "asked", "A window that somebody asked for"

    # Of what was looked at: the same window with the same numbers again, or the same request again, adds nothing.
    token = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # [[start, end], …] as ISO texts; empty: compared with the rest of the same window.
    baseline = models.JSONField(default=list)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)  # slices that were tested
    drift = models.FloatField(null=True)  # overall failure rate against the baseline's, where it was absorbed
    found = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    finished_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="pattern_run_has_a_length"
            )
        ]
        indexes = [models.Index(fields=["kind", "-ends_at"], name="pattern_run_latest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.ends_at:%Y-%m-%d %H:%M} UTC"


class PatternQuerySet(models.QuerySet["Pattern"]):
    def open(self) -> PatternQuerySet:
        """Those that somebody should look at or is waiting for."""
        return self.filter(status__in=Pattern.LIVE)

    def to_work_on(self) -> PatternQuerySet:
        """Those that wait for somebody to do something about them."""
        return self.filter(status__in=Pattern.TO_WORK_ON)

    def by_impact(self) -> PatternQuerySet:
        """Failures above what was expected first, then people concerned."""
        return self.order_by("-excess", "-recipients", "-pk")


class Pattern(models.Model):
    """One slice of sends that fails more than it should. Found, refreshed and closed by errors.detect; moved by
    errors.fix and errors.verify; muted by staff. At most one is live per slice."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        FIXED = "fixed", "Fixed, being watched"
        HELD = "held", "Fixed, and it held"
        REGRESSED = "regressed", "Came back after the fix"
        MUTED = "muted", "Muted"
        CLOSED = "closed", "Gone"

    S = Status
    TO_WORK_ON = (S.OPEN, S.REGRESSED)
    LIVE = (S.OPEN, S.FIXED, S.REGRESSED, S.MUTED)
    MOVES = {
        S.OPEN: {S.FIXED, S.MUTED, S.CLOSED},
        S.FIXED: {S.HELD, S.REGRESSED, S.OPEN, S.CLOSED},
        S.HELD: {S.REGRESSED},
        S.REGRESSED: {S.FIXED, S.MUTED, S.CLOSED},
        S.MUTED: {S.OPEN, S.REGRESSED, S.FIXED, S.CLOSED},
        S.CLOSED: {S.OPEN},
    }

    key = models.CharField(max_length=64)  # of the slice's attributes: the same slice is the same pattern
    # {"country": "PH", "campaign": "spring"}, one to three; several hours of one incident as "14,15".
    attributes = models.JSONField()
    same_as = models.JSONField(default=dict)  # {"template": "t1"}: values that select the same sends
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    version = models.PositiveIntegerField(default=1)
    # As last seen; every sighting keeps its own.
    provider = models.CharField(max_length=24, blank=True)  # of the error code
    error_code = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=24, blank=True)
    attempts = models.PositiveIntegerField()
    failures = models.PositiveIntegerField()
    recipients = models.PositiveIntegerField(default=0)  # distinct people among the failures
    expected = models.FloatField()
    excess = models.FloatField()
    lift = models.FloatField()
    lift_low = models.FloatField(null=True)
    lift_high = models.FloatField(null=True)
    p_value = models.FloatField()
    is_incident = models.BooleanField(default=False)  # a whole provider, for a time
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="patterns"
    )
    # A mute always ends: at a time, after so many failures in one look, or with the next version of the template.
    muted_until = models.DateTimeField(null=True)
    muted_until_failures = models.PositiveIntegerField(null=True)
    muted_template_version = models.CharField(max_length=40, blank=True)

    objects = PatternQuerySet.as_manager()

    class Meta:
        permissions = [
            ("fix_pattern", "Can document fixes"),
            ("mute_pattern", "Can mute patterns"),
            ("detect_pattern", "Can look for patterns"),
            ("assign_pattern", "Can hand patterns to others"),
            ("export_resends", "Can export who may be texted again"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(status__in=["open", "fixed", "held", "regressed", "muted"]),
                name="pattern_one_live_per_slice",
            ),
            models.CheckConstraint(
                condition=~Q(status="muted")
                | Q(muted_until__isnull=False)
                | Q(muted_until_failures__isnull=False)
                | ~Q(muted_template_version=""),
                name="pattern_mute_has_an_end",
            ),
        ]
        indexes = [models.Index(fields=["status", "-excess", "-id"], name="pattern_by_impact")]

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.attributes.items())

    @property
    def tone(self) -> str:
        """How its status looks, where the same word is bad news elsewhere."""
        return "ok" if self.status == self.Status.HELD else ""

    def move(self, to: Status, *, by: User | None = None, note: str = "", **changes: Any) -> None:
        """Change status and say who did it; `by=None` means the system.

        Raises IllegalMove for a step that a pattern's life does not have, StalePattern when it changed meanwhile."""
        if to not in self.MOVES.get(self.Status(self.status), set()):
            raise IllegalMove(f"A pattern that is “{self.get_status_display()}” cannot become “{to.label}”.")
        with transaction.atomic():
            seen = Pattern.objects.filter(pk=self.pk, status=self.status, version=self.version)
            if not seen.update(status=to, version=self.version + 1, **changes):
                raise StalePattern(self)
            PatternEvent.objects.create(pattern=self, old=self.status, new=to, by=by, note=note)
        self.status, self.version = to, self.version + 1
        for field, value in changes.items():
            setattr(self, field, value)


class PatternEvent(AppendOnly):
    """One move of a pattern, or a note about it (old and new are the same)."""

    pattern = models.ForeignKey(Pattern, on_delete=models.PROTECT, related_name="events", db_index=False)
    old = models.CharField(max_length=10)
    new = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["pattern", "id"], name="pattern_event_history")]

    def __str__(self) -> str:
        return f"{self.old} to {self.new}"


class Sighting(AppendOnly):
    """What one run measured of one pattern."""

    pattern = models.ForeignKey(Pattern, on_delete=models.PROTECT, related_name="sightings", db_index=False)
    run = models.ForeignKey(PatternRun, on_delete=models.PROTECT, related_name="sightings")
    attempts = models.PositiveIntegerField()
    failures = models.PositiveIntegerField()
    recipients = models.PositiveIntegerField(default=0)
    expected = models.FloatField()
    lift = models.FloatField()
    p_value = models.FloatField()
    codes = models.JSONField(default=list)  # [[provider, code, failures], …] most first

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pattern", "run"], name="sighting_once_per_run")]

    def __str__(self) -> str:
        return f"{self.failures} of {self.attempts}"
