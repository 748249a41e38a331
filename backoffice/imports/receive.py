"""Bytes → batch: stored, hashed, recognised. Parsing of rows waits for the worker."""

from __future__ import annotations

import dataclasses
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
from backoffice.files import Dialect, Row, Unreadable, convert_workbook, read_rows, sniff
from backoffice.models import ImportBatch, System

S = ImportBatch.Status
SAMPLE_ROWS = 5


def receive(
    system: System, upload: File[bytes] | UploadedFile, name: str, *, by: User | None, as_of: datetime, now: datetime
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


def recognise(batch: ImportBatch, **overrides: Any) -> Dialect:
    """Sniff the batch's file again, with what a person says instead of the guesses (encoding, delimiter,
    header_line, sheet). Raises Unreadable."""
    path = Path(batch.file.path)
    sheet = overrides.pop("sheet", None)
    dialect = sniff(path, **overrides)
    if dialect.kind == "xlsx":
        converted = path.with_suffix(".rows.csv")
        convert_workbook(path, converted, sheet=sheet)
        sheets = dialect.sheets
        dialect = dataclasses.replace(
            sniff(converted, encoding="utf-8", delimiter=",", header_line=overrides.get("header_line")),
            sheets=sheets,
            sheet=sheet or (sheets[0] if sheets else None),
        )
        batch.rows_file.name = str(Path(batch.file.name).with_suffix(".rows.csv"))
        ImportBatch.objects.filter(pk=batch.pk).update(rows_file=batch.rows_file.name)
    batch.move(S.SNIFFED, dialect=dataclasses.asdict(dialect))
    return dialect


def dialect_of(batch: ImportBatch) -> Dialect:
    return Dialect.from_plain(batch.dialect)


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
        .filter(system=batch.system, sha256=batch.sha256, status__in=[*ImportBatch.FINISHED, S.RUNNING, S.CONFIRMED])
        .exclude(pk=batch.pk)
        .order_by("-pk")
        .first()
    )


def _ending(name: str) -> str:
    ending = Path(name).suffix.lower()
    return ending if ending in {".csv", ".tsv", ".txt", ".xlsx"} else ".csv"
