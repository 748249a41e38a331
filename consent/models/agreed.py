from __future__ import annotations

from collections.abc import Mapping
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


class TermsQuerySet(models.QuerySet["Terms"]):
    def version_of(self, content: Mapping[str, str]) -> int:
        """The version of these terms; Terms.UNKNOWN while nobody has taken them up."""
        taken = self.first()
        return taken.version if taken is not None and taken.hold(content) else Terms.UNKNOWN


class Terms(models.Model):
    """What every agreed status rests on besides records and readings: the one row says which terms are in force.
    Statuses of another version are weighed anew. Written by consent.terms and nobody else."""

    UNKNOWN = 0  # the version of what was weighed by terms that nobody had taken up
    # Of these a new one changes nothing yet: no record refers to it. As their names in `content` begin.
    HARMLESS_WHEN_NEW = ("system ", "wording ")

    version = models.PositiveSmallIntegerField()
    content = models.JSONField()  # what the rules see of each, by its name
    since = models.DateTimeField()

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "terms"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="terms_are_one_row")]

    def __str__(self) -> str:
        return f"Version {self.version}"

    def hold(self, content: Mapping[str, str]) -> bool:
        """Whether nothing of `content` makes another result of anything."""
        new = content.keys() - self.content.keys()
        return self.content.items() <= content.items() and all(
            name.startswith(self.HARMLESS_WHEN_NEW) for name in new
        )


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
