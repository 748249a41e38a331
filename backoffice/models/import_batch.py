"""A file being taken in, and the rows of it that a person has to know about."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from backoffice.models.system import ColumnMapping, System


class IllegalMove(Exception):
    """The row cannot go from its present status to the wanted one."""


class StaleBatch(Exception):
    """Somebody or something else moved the batch first."""


class Bucket(models.TextChoices):
    """Where a row of a file ends: exactly one, and the buckets add up to the file's data rows."""

    CREATED = "created", "New"
    UPDATED = "updated", "Changed"
    UNCHANGED = "unchanged", "Unchanged"
    DUPLICATE = "duplicate", "Repeated in the file"
    REJECTED = "rejected", "Rejected"
    HELD = "held", "Held for a person"


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def effective(self) -> ImportBatchQuerySet:
        """Batches whose rows count."""
        return self.filter(voided_at=None)

    def running(self) -> ImportBatchQuerySet:
        return self.filter(status__in=ImportBatch.WORKING)

    def voided(self) -> ImportBatchQuerySet:
        return self.filter(voided_at__isnull=False)

    def voided_keys(self) -> list[int]:
        return list(self.voided().values_list("pk", flat=True))


class ImportBatch(models.Model):
    """One file on its way into the ledger. Moved by the import wizard and by backoffice.imports; rows of
    other tables name it as their origin."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", "Uploaded"
        SNIFFED = "sniffed", "Format recognised"
        MAPPED = "mapped", "Columns mapped"
        CHECKING = "checking", "Being checked"
        PREVIEWED = "previewed", "Checked, waiting for confirmation"
        CONFIRMED = "confirmed", "Confirmed, waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        DONE_WITH_REJECTS = "done_with_rejects", "Done, some rows need a person"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        VOIDED = "voided", "Voided"

    S = Status
    WORKING = (S.CHECKING, S.CONFIRMED, S.RUNNING)
    FINISHED = (S.DONE, S.DONE_WITH_REJECTS)
    _BEFORE_START = (S.UPLOADED, S.SNIFFED, S.MAPPED, S.CHECKING, S.PREVIEWED)
    MOVES = {
        S.UPLOADED: {S.SNIFFED, S.FAILED, S.CANCELLED},
        S.SNIFFED: {S.UPLOADED, S.SNIFFED, S.MAPPED, S.FAILED, S.CANCELLED},
        S.MAPPED: {S.UPLOADED, S.SNIFFED, S.MAPPED, S.CHECKING, S.FAILED, S.CANCELLED},
        S.CHECKING: {S.PREVIEWED, S.FAILED, S.CANCELLED},
        S.PREVIEWED: {S.UPLOADED, S.SNIFFED, S.MAPPED, S.CHECKING, S.CONFIRMED, S.CANCELLED},
        S.CONFIRMED: {S.RUNNING, S.FAILED, S.CANCELLED},
        S.RUNNING: {S.DONE, S.DONE_WITH_REJECTS, S.FAILED, S.CANCELLED},
        # Back to an earlier step only as long as nobody confirmed; after that, on or voided.
        S.FAILED: {S.UPLOADED, S.SNIFFED, S.MAPPED, S.CHECKING, S.CONFIRMED, S.CANCELLED, S.VOIDED},
        S.CANCELLED: {S.UPLOADED, S.SNIFFED, S.MAPPED, S.CHECKING, S.CONFIRMED, S.VOIDED},
        S.DONE: {S.VOIDED},
        S.DONE_WITH_REJECTS: {S.VOIDED},
    }

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="batches")
    mapping = models.ForeignKey(ColumnMapping, null=True, on_delete=models.PROTECT, related_name="batches")
    status = models.CharField(max_length=20, choices=Status, default=Status.UPLOADED)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=200)
    # What rows are read from: the upload itself, or the CSV made once from a workbook.
    rows_file = models.FileField(upload_to="imports/%Y/%m/", max_length=200, blank=True)
    original_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    dialect = models.JSONField(default=dict)  # backoffice.files.Dialect as plain values
    as_of = models.DateTimeField(help_text="When the system held what the file says: its export time.")
    # Bound to file, mapping and preview: confirming twice, or after a change, starts nothing.
    preview = models.JSONField(default=dict)
    confirm_token = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)  # {bucket: rows, "skipped": lines that are no data, ...}
    rows_total = models.IntegerField(null=True)
    cursor_line = models.IntegerField(default=0)  # last line of the last committed chunk
    rows_done = models.IntegerField(default=0)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = models.TextField(blank=True)  # plain words: what, where, how to mend
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    voided_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True)
    # A file of rejected rows that came back mended points at the batch it came from.
    mends = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="mended_by")

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "import batches"
        permissions = [
            ("void_importbatch", "Can void batches that brought opt-outs"),
            ("permit_importbatch", "Can confirm batches that permit sending to somebody"),
        ]
        constraints = [
            models.UniqueConstraint(
                # The same bytes are taken in once per system and mapping; voiding or cancelling frees them.
                fields=["system", "sha256", "mapping"],
                condition=Q(status__in=["confirmed", "running", "done", "done_with_rejects"]),
                name="batch_same_file_once",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None) | (~Q(void_reason="") & Q(status="voided")),
                name="batch_void_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["system", "-as_of"], name="batch_latest_of_system"),
            models.Index(fields=["sha256"], name="batch_seen_before"),
        ]

    def __str__(self) -> str:
        return f"{self.original_name} ({self.system.name})"

    def move(self, to: Status, **changes: Any) -> None:
        """Change status and the fields given, only if nobody moved the batch meanwhile.

        Raises IllegalMove for a step the life cycle does not have, StaleBatch when another request was
        faster."""
        back = self.confirmed_at is not None and to in self._BEFORE_START
        if back or to not in self.MOVES.get(self.Status(self.status), set()):
            raise IllegalMove(f"A batch that is “{self.get_status_display()}” cannot become “{to.label}”.")
        seen = ImportBatch.objects.filter(pk=self.pk, status=self.status)
        if not seen.update(status=to, **changes):
            raise StaleBatch(f"{self} was moved by somebody else.")
        self.status = to
        for field, value in changes.items():
            setattr(self, field, value)

    @property
    def can_change(self) -> bool:
        """Whether format and mapping are still open: nothing of the file has been agreed to."""
        return (
            self.confirmed_at is None
            and bool(self.file)
            and self.status not in {self.S.UPLOADED, self.S.CHECKING, self.S.VOIDED}
        )

    @property
    def data_rows(self) -> int:
        return sum(self.counts.get(bucket, 0) for bucket in Bucket.values)

    @property
    def adds_up(self) -> bool:
        """Whether every data row of the file ended in exactly one bucket."""
        return self.rows_total is not None and self.data_rows == self.rows_total

    @property
    def percent(self) -> int:
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def to_mend(self) -> ImportRowQuerySet:
        """Rows that go back to the person who can mend the file."""
        return self.filter(bucket__in=[Bucket.REJECTED, Bucket.HELD])

    def waiting(self) -> ImportRowQuerySet:
        """Of those, the ones no other batch has taken over."""
        return self.to_mend().filter(settled_at=None)


class ImportRow(models.Model):
    """A row that is not simply in the ledger: rejected, held, or kept with a warning. Written with its chunk;
    the rows that went in cleanly are found by the batch and line on what they created."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    line = models.IntegerField()  # as a spreadsheet shows it
    bucket = models.CharField(max_length=10, choices=Bucket)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)  # what is wrong and how to mend it
    warnings = models.JSONField(default=list)
    number = models.CharField(max_length=16, blank=True)
    value = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField(null=True)
    cells = models.JSONField(default=list)  # the row as it came, kept only where it must go back
    settled_at = models.DateTimeField(null=True)  # when another batch took the row over, mended or read anew
    settled_in = models.ForeignKey(
        ImportBatch, null=True, on_delete=models.PROTECT, related_name="settled_rows"
    )

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="row_ends_once"),
            models.CheckConstraint(
                condition=Q(settled_in=None) | Q(settled_at__isnull=False), name="row_settled_in_and_at"
            ),
        ]
        indexes = [
            models.Index(
                fields=["bucket", "batch", "line"],
                condition=Q(bucket__in=["rejected", "held"]),
                name="row_to_mend",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.bucket}"
