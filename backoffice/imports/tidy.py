"""What is kept for a time only: uploaded files, and the cells of rows that did not go in.

The batch, its counts and what it brought stay; its page says what was removed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from backoffice import audit
from backoffice.models import Bucket, ImportBatch, ImportRow, StaleBatch

S = ImportBatch.Status
ROWS_AT_ONCE = 50_000  # the rest waits for the next round
WAITS_FOR_A_PERSON = (S.UPLOADED, S.SNIFFED, S.MAPPED, S.PREVIEWED)


def tidy(now: datetime) -> dict[str, int]:
    """Remove what has had its time; safe to run twice. Files of batches that a worker is busy with stay."""
    old = ImportBatch.objects.filter(uploaded_at__lt=now - timedelta(days=settings.IMPORT_FILE_DAYS))
    files = sum(
        _remove_files(batch) for batch in old.exclude(file="").exclude(status__in=ImportBatch.WORKING)
    )
    return {"files": files, "rows": _forget_cells(now)}


def _remove_files(batch: ImportBatch) -> bool:
    """The row first, then the files: a batch never points at a file that is gone."""
    stored, unpacked = batch.file.name, batch.rows_file.name
    with transaction.atomic():
        if batch.status in WAITS_FOR_A_PERSON:
            try:
                batch.move(S.CANCELLED, failure="Nobody confirmed it before its file had to be removed.")
            except StaleBatch:
                return False  # somebody has just gone on with it
        gone = ImportBatch.objects.filter(pk=batch.pk, status=batch.status).exclude(file="")
        if not gone.update(file="", rows_file=""):
            return False
        audit.record(None, "import.tidy", batch, days=settings.IMPORT_FILE_DAYS)
    for name in filter(None, (stored, unpacked)):
        batch.file.storage.delete(name)
    return True


def _forget_cells(now: datetime) -> int:
    """Rejected rows can be exported from their system again; held ones wait for a person and are kept as long
    as the file they are from."""
    mended = Q(bucket=Bucket.REJECTED) | Q(settled_at__isnull=False)
    soon, late = (
        now - timedelta(days=days) for days in (settings.IMPORT_REJECTED_DAYS, settings.IMPORT_FILE_DAYS)
    )
    due = (mended & Q(batch__uploaded_at__lt=soon)) | Q(batch__uploaded_at__lt=late)
    rows = ImportRow.objects.to_mend().filter(due).exclude(cells=[]).order_by("pk")
    return ImportRow.objects.filter(pk__in=rows.values("pk")[:ROWS_AT_ONCE]).update(cells=[])
