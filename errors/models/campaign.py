"""Checks of whole campaigns: a text and everybody who is to get it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from backoffice.files.sniff import Dialect
from backoffice.models import JobRun
from consent.models import Program
from errors.preflight import Verdict


class CampaignCheck(models.Model):
    """One check of one campaign. Asked for by staff, filled by errors.campaign_check; the files, and what of the
    texts stands in `tally`, are removed by errors.campaign_tidy after their time. The counts stay."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    WORKING = (Status.QUEUED, Status.RUNNING)

    name = models.CharField(max_length=120)  # of the campaign: checks of one name can be compared
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    template = models.TextField(blank=True)  # empty: every row has its own text
    message = models.JSONField(default=dict)  # sender, purpose …, as errors.asked reads them
    program = models.ForeignKey(Program, null=True, on_delete=models.PROTECT, related_name="+")
    price = models.DecimalField(max_digits=10, decimal_places=6, null=True)  # of one segment
    # Where they stand in a row: number, country, state, text, and under "fields" those of the template.
    columns = models.JSONField(default=dict)
    dialect = models.JSONField(default=dict)
    file = models.FileField(upload_to="campaigns/%Y/%m/", max_length=200)
    original_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    # What became of each row, as far as `results_bytes` goes.
    results = models.FileField(upload_to="campaigns/%Y/%m/", max_length=200, blank=True)
    results_bytes = models.BigIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    cursor_line = models.PositiveIntegerField(default=0)
    tally = models.JSONField(default=dict)  # errors.campaign_tally.Tally
    projection = models.JSONField(default=dict)  # errors.projection.Projection
    rules_stamp = models.CharField(max_length=32, blank=True)
    # The check of the same list that this one repeats with another text or another setting.
    before = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="repeats")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("export_campaigncheck", "Can download the lists of checked campaigns")]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(file="", results=""), name="campaign_check_is_removed_whole"
            )
        ]
        indexes = [
            models.Index(fields=["-asked_at", "-id"], name="campaign_check_list"),
            models.Index(fields=["name", "-id"], name="campaign_check_of_campaign"),
            models.Index(fields=["asked_at"], condition=Q(removed_at=None), name="campaign_check_with_files"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.original_name})"

    @property
    def run(self) -> JobRun | None:
        """The latest run that works on it."""
        runs = JobRun.objects.filter(kind="errors.campaign_check", subject=str(self.pk))
        return runs.order_by("-pk").first()

    @property
    def read_dialect(self) -> Dialect:
        return Dialect.from_json(self.dialect)

    @property
    def verdicts(self) -> dict[str, int]:
        found: dict[str, Any] = self.tally.get("verdicts", {})
        return {verdict.value: found.get(verdict.value, 0) for verdict in Verdict}

    @property
    def segments(self) -> int:
        """Of the rows that may get it or are doubtful."""
        found: dict[str, int] = self.tally.get("segments", {})
        return sum(count for verdict, count in found.items() if verdict != Verdict.BLOCK)

    @property
    def cost(self) -> Decimal | None:
        return None if self.price is None else self.price * self.segments
