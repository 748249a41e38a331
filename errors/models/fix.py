"""What was changed because of a pattern, and what was measured afterwards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from backoffice.models import AppendOnly
from errors.models.pattern import Pattern


class Fix(models.Model):
    """A documented change. Written by errors.fix together with the pattern's move; measured by errors.verify."""

    class Changed(models.TextChoices):
        NUMBER = "number", "Numbers"
        CONTENT = "content", "Content"
        SENDER = "sender", "Sender"
        ROUTE = "route", "Routing"
        TIMING = "timing", "Timing"
        CREDENTIALS = "credentials", "Credentials or account"

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting for enough sends"
        VERIFIED = "verified", "It helped"
        NOT_FIXED = "not_fixed", "It did not help"
        INCONCLUSIVE = "inconclusive", "Cannot be told"
        REGRESSED = "regressed", "It came back"

    pattern = models.ForeignKey(Pattern, on_delete=models.PROTECT, related_name="fixes")
    token = models.CharField(max_length=64, unique=True)  # of the form: a double click documents one fix
    observed = models.JSONField(default=dict)  # the pattern's numbers when the fix was documented
    hypothesis = models.TextField()
    changed = models.CharField(max_length=12, choices=Changed)
    old = models.TextField(blank=True)
    new = models.TextField()
    effective_at = models.DateTimeField()
    scope = models.JSONField()  # attributes of the sends it should help; the pattern's own unless narrowed
    evidence = models.TextField(blank=True)  # ticket, link, who confirmed
    target_rate = models.FloatField()  # failures per settled attempt that it should come down to
    verify_until = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.WAITING)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="fixes")
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "fixes"
        constraints = [
            models.CheckConstraint(
                condition=Q(target_rate__gte=0, target_rate__lte=1), name="fix_target_is_a_rate"
            ),
            models.CheckConstraint(
                condition=Q(verify_until__gt=models.F("effective_at")), name="fix_is_watched_for_a_while"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_changed_display()}: {self.old} → {self.new}"


class Verification(AppendOnly):
    """One measurement of one fix. Written by errors.verify whenever the answer or its numbers changed."""

    fix = models.ForeignKey(Fix, on_delete=models.PROTECT, related_name="verifications", db_index=False)
    outcome = models.CharField(max_length=12, choices=Fix.Outcome)
    why = models.TextField()  # one sentence with the numbers
    settled = (
        models.PositiveIntegerField()
    )  # mature attempts of the scope since the fix, once per person and intent
    failed = models.PositiveIntegerField()
    rate_low = models.FloatField(null=True)  # Wilson interval of the failure rate
    rate_high = models.FloatField(null=True)
    details = models.JSONField(default=dict)
    measured_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["fix", "-id"], name="verification_latest")]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.failed} of {self.settled}"
