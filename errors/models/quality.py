"""What is wrong with numbers, contacts and campaigns before anything is sent: for the data steward."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from backoffice.models import System
from consent.models import Contact, Number


class QualityFindingQuerySet(models.QuerySet["QualityFinding"]):
    def open(self) -> QualityFindingQuerySet:
        return self.filter(closed_at=None)


class QualityFinding(models.Model):
    """One thing that will make sends fail, or reach the wrong person. Written by errors.quality alone: raised while it
    is so, closed when it is so no longer."""

    class Kind(models.TextChoices):
        NOT_VALID = "not_valid", "Not a number in use"
        LINE_TYPE = "line_type", "A line that takes no texts"
        FAILED = "failed", "Texts fail for the number itself"
        UNREACHABLE = "unreachable", "Unreachable on several days"
        WRONG_COUNTRY = "wrong_country", "Number of another country"
        SHARED = "shared", "Several people on one number"
        SENDERS_DIFFER = "senders_differ", "One campaign, several senders"
        OUT_OF_DATE = "out_of_date", "Text that speaks of the past"

    OF_CAMPAIGNS = (Kind.SENDERS_DIFFER, Kind.OUT_OF_DATE)

    kind = models.CharField(max_length=16, choices=Kind)
    subject = models.CharField(max_length=260)  # what it is about, once per kind while open
    number = models.ForeignKey(
        Number, null=True, on_delete=models.CASCADE, related_name="quality", db_index=False
    )
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.CASCADE, related_name="quality", db_index=False
    )
    system = models.ForeignKey(System, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.CharField(max_length=120, blank=True)
    template = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict)  # what it was seen by, for words
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # the last look that found it so
    closed_at = models.DateTimeField(null=True)

    objects = QualityFindingQuerySet.as_manager()

    class Meta:
        permissions = [("export_qualityfinding", "Can export suggestions for the owners of data")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(closed_at=None), name="quality_once_while_open"
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=False) | ~Q(campaign="") | ~Q(template=""),
                name="quality_is_about_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "-found_at", "-id"], condition=Q(closed_at=None), name="quality_open"
            ),
            models.Index(fields=["number"], condition=Q(closed_at=None), name="quality_of_number"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"
