"""Bytes → batch: stored, hashed, recognised. Parsing of rows waits for the worker."""

from __future__ import annotations

import hashlib
import itertools
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from backoffice import audit
from backoffice.files.container import Kind
from backoffice.files.rows import Row, read_rows
from backoffice.files.sniff import Dialect, sniff
from backoffice.files.unreadable import Unreadable
from backoffice.files.workbook import convert_workbook
from backoffice.models import ImportBatch, System

S = ImportBatch.Status
SAMPLE_ROWS = 5


def receive(
    system: System,
    upload: File[bytes] | UploadedFile,
    name: str,
    *,
    by: User | None,
    as_of: datetime,
    now: datetime,
) -> ImportBatch:
    """Store an upload and recognise its format.

    Raises Unreadable (what, where, how to mend) for a file that is empty, too large or no table at all; nothing is
    kept of it then."""
    size, sha256 = 0, hashlib.sha256()
    for piece in upload.chunks():
        size += len(piece)
        sha256.update(piece)
    if size > settings.IMPORT_MAX_BYTES:
        raise Unreadable(
            what=f"The file has {size:,} bytes; at most {settings.IMPORT_MAX_BYTES:,} are taken at once.",
            where=name,
            mend="Split it into several files and import them one after the other.",
        )
    batch = ImportBatch(
        system=system,
        original_name=Path(name).name[:255],
        sha256=sha256.hexdigest(),
        size=size,
        as_of=min(as_of, now),
        uploaded_by=by,
    )
    upload.seek(0)
    # The stored name is ours; the given one is only shown.
    batch.file.save(f"{sha256.hexdigest()[:16]}{_ending(name)}", upload, save=False)
    try:
        with transaction.atomic():
            batch.save()
            recognise(batch)
            audit.record(by, "import.upload", batch, sha256=batch.sha256, size=size)
    except Unreadable:
        batch.file.delete(save=False)
        raise
    return batch


def recognise(batch: ImportBatch, *, sheet: str | None = None, **overrides: Any) -> Dialect:
    """Sniff the batch's file again, with what a person says instead of the guesses (encoding, delimiter,
    header_line; sheet of a workbook). Raises Unreadable."""
    path = Path(batch.file.path)
    dialect = sniff(path, max_bytes=settings.IMPORT_MAX_BYTES, **overrides)
    rows_file = ""
    if dialect.kind is Kind.XLSX:
        rows_file = str(Path(batch.file.name).with_suffix(".rows.csv"))
        dialect = convert_workbook(
            path, path.with_suffix(".rows.csv"), sheet=sheet, header_line=overrides.get("header_line")
        )
    batch.move(S.SNIFFED, dialect=dialect.as_json(), rows_file=rows_file)
    return dialect


def dialect_of(batch: ImportBatch) -> Dialect:
    return Dialect.from_json(batch.dialect)


def rows_path(batch: ImportBatch) -> Path:
    return Path((batch.rows_file or batch.file).path)


def sample(batch: ImportBatch, count: int = SAMPLE_ROWS) -> list[Row]:
    """The first data rows, for the page where columns are mapped."""
    rows = read_rows(rows_path(batch), dialect_of(batch))
    return list(itertools.islice((row for row in rows if not row.skip and not row.problem), count))


def seen_before(batch: ImportBatch) -> ImportBatch | None:
    """The batch that took in these very bytes for this system, if its rows still count."""
    return (
        ImportBatch.objects.effective()
        .filter(
            system=batch.system,
            sha256=batch.sha256,
            status__in=[*ImportBatch.FINISHED, S.RUNNING, S.CONFIRMED],
        )
        .exclude(pk=batch.pk)
        .order_by("-pk")
        .first()
    )


def _ending(name: str) -> str:
    ending = Path(name).suffix.lower()
    return ending if ending in {".csv", ".tsv", ".txt", ".xlsx"} else ".csv"
