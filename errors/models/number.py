"""What failed sends say about numbers themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from consent.models import Number
from errors.catalogue import Category


class NumberFindingQuerySet(models.QuerySet["NumberFinding"]):
    def suppressed(self) -> NumberFindingQuerySet:
        """Numbers that texts should not be tried on any more."""
        return self.filter(cleared_at=None)


class NumberFinding(models.Model):
    """A number that texts do not reach: no number, not in service, or a line that takes none. For the data steward,
    and for whoever is about to send to it again. Written by errors.suspect alone, from the attempts; cleared by a
    delivery."""

    number = models.OneToOneField(Number, primary_key=True, on_delete=models.CASCADE, related_name="finding")
    category = models.CharField(max_length=24, choices=[(c.value, c.label) for c in Category])
    failures = models.PositiveIntegerField()  # since the last delivery
    days = models.PositiveIntegerField()  # on which they happened, UTC
    provider = models.CharField(max_length=24)  # of the failure that decided
    error_code = models.CharField(max_length=80, blank=True)
    first_failed_at = models.DateTimeField()
    last_failed_at = models.DateTimeField()
    suppressed_at = models.DateTimeField()  # when the failure that decided was submitted
    cleared_at = models.DateTimeField(null=True)

    objects = NumberFindingQuerySet.as_manager()

    class Meta:
        indexes = [
            # The list of the data steward.
            models.Index(
                fields=["-suppressed_at", "number"], condition=Q(cleared_at=None), name="number_finding_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number.e164}: {self.get_category_display()}"

    @property
    def remedy(self) -> str:
        """What the data steward does about it."""
        return Category(self.category).facts.remedy
