from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from consent import rules
from consent.models.people import Number
from consent.models.program import Program


class AgreedStatusQuerySet(models.QuerySet["AgreedStatus"]):
    def due(self, now: datetime) -> AgreedStatusQuerySet:
        """Those that time alone may have changed."""
        return self.filter(recheck_at__lte=now)


class AgreedStatus(models.Model):
    """What the ledger says about one number and program. Derived: written by consent.reconcile and nobody else."""

    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="agreed")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="agreed")
    status = models.CharField(
        max_length=18, choices=[(s.value, s.value.replace("_", " ")) for s in rules.Status]
    )
    reason = models.CharField(max_length=24)
    decided_by = models.JSONField(default=list)  # ids of the deciding records ("c12") and readings ("r34")
    rules_version = models.PositiveSmallIntegerField()
    recheck_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    objects = AgreedStatusQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "agreed statuses"
        constraints = [models.UniqueConstraint(fields=["number", "program"], name="agreed_one_per_key")]
        indexes = [
            models.Index(
                fields=["recheck_at"], condition=models.Q(recheck_at__isnull=False), name="agreed_due"
            ),
        ]

    def __str__(self) -> str:
        return self.status


class Touched(models.Model):
    """A number with news that the agreed status does not yet know. Written in the transaction of the news,
    taken away by consent.reconcile in the transaction that has looked at it: no news is ever skipped."""

    # Not checked by the database: numbers are never removed, and news of one that is not there does no harm, while the
    # check would be an eighth of those that an import waits for.
    number = models.OneToOneField(
        Number, primary_key=True, on_delete=models.CASCADE, related_name="touched", db_constraint=False
    )
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.number_id)
