"""What is kept for a time only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from backoffice.imports.tidy import tidy
from backoffice.models import AuditEntry, ImportBatch, ImportRow
from backoffice.tasks import tidy_uploads
from consent.models import Reading
from tests.consent.intake.make import checked, taken_in, upload

pytestmark = pytest.mark.django_db
FILE = (
    "name,phone,sms_opt_in,opted_at,country\nAl,4155550101,Yes,,US\nBo,,Yes,,US\nCy,4155550103,perhaps,,US\n"
)


def aged(batch: ImportBatch, days: float) -> ImportBatch:
    ImportBatch.objects.filter(pk=batch.pk).update(uploaded_at=timezone.now() - timedelta(days=days))
    batch.refresh_from_db()
    return batch


def test_a_file_goes_after_its_time_and_the_batch_and_what_it_brought_stay() -> None:
    batch = upload("crm", FILE)
    taken_in(batch)
    path = Path(batch.file.path)
    aged(batch, settings.IMPORT_FILE_DAYS - 1)
    assert tidy(timezone.now())["files"] == 0
    aged(batch, settings.IMPORT_FILE_DAYS + 1)
    assert tidy(timezone.now())["files"] == 1
    batch.refresh_from_db()
    assert not path.exists()
    assert not batch.file
    assert batch.adds_up
    assert Reading.objects.filter(batch=batch).count() == 1
    assert AuditEntry.objects.filter(action="import.tidy", object_id=str(batch.pk)).exists()
    assert tidy(timezone.now()) == {"files": 0, "rows": 0}


def test_cells_of_rejected_rows_go_first_and_those_of_held_rows_with_the_file() -> None:
    batch = upload("crm", FILE)
    taken_in(batch)
    aged(batch, settings.IMPORT_REJECTED_DAYS + 1)
    assert tidy(timezone.now()) == {"files": 0, "rows": 1}
    kept = {row.bucket: bool(row.cells) for row in ImportRow.objects.to_mend()}
    assert kept == {"rejected": False, "held": True}
    aged(batch, settings.IMPORT_FILE_DAYS + 1)
    tidy(timezone.now())
    assert not any(row.cells for row in ImportRow.objects.to_mend())
    assert ImportRow.objects.to_mend().count() == 2  # that they were there, and why, stays


def test_an_upload_nobody_confirmed_is_cancelled_with_its_file() -> None:
    batch = upload("crm", FILE)
    checked(batch)
    tidy_uploads()
    batch.refresh_from_db()
    assert batch.status == "previewed"
    aged(batch, settings.IMPORT_FILE_DAYS + 1)
    tidy_uploads()
    batch.refresh_from_db()
    assert (batch.status, bool(batch.file)) == ("cancelled", False)


@pytest.mark.parametrize("status", ImportBatch.WORKING)
def test_a_file_that_a_worker_reads_stays(status: str) -> None:
    batch = upload("crm", FILE)
    ImportBatch.objects.filter(pk=batch.pk).update(status=status)
    aged(batch, settings.IMPORT_FILE_DAYS + 1)
    assert tidy(timezone.now())["files"] == 0
    assert Path(batch.file.path).exists()
