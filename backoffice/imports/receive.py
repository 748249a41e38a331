"""Bytes → batch: stored, hashed, recognised. Parsing of rows waits for the worker."""

from __future__ import annotations

import hashlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from backoffice import audit, jobs
from backoffice.files.container import (
    ARCHIVES,
    MAX_UNPACKED,
    Kind,
    check_archive,
    check_workbook,
    kind_of,
    unpack,
)
from backoffice.files.records import convert_records
from backoffice.files.rows import Row, read_rows
from backoffice.files.sniff import Dialect, sniff
from backoffice.files.unreadable import Unreadable
from backoffice.files.workbook import convert_workbook, sniff_converted
from backoffice.imports import mend
from backoffice.models import IllegalMove, ImportBatch, System

S = ImportBatch.Status
SAMPLE_ROWS = 5
# A workbook is unpacked by another process; the worker says meanwhile that it is alive.
UNPACK_SECONDS = 480  # less than a task may take
BEAT_SECONDS = 15


def receive(
    system: System,
    upload: File[bytes] | UploadedFile,
    name: str,
    *,
    by: User | None,
    as_of: datetime | None,
    now: datetime,
    wait: bool = True,
) -> ImportBatch:
    """Store an upload and recognise its format. `as_of` None: the moment of upload, or for a file of rejected
    rows that came back, the moment of the file they are from. Without `wait` a workbook, an archive or JSON is
    made a table by a worker.

    Raises Unreadable (what, where, how to mend) for a file that is empty, too large or no table at all;
    nothing is kept of it then."""
    size, sha256 = 0, hashlib.sha256()
    for piece in upload.chunks():
        size += len(piece)
        sha256.update(piece)
    if size > settings.IMPORT_MAX_BYTES:
        raise Unreadable(
            what=f"The file has {size:,} bytes; at most {settings.IMPORT_MAX_BYTES:,} are taken at once",
            where=name,
            mend="Split it into several files and import them one after the other.",
        )
    batch = ImportBatch(
        system=system,
        original_name=_shown_name(name),
        sha256=sha256.hexdigest(),
        size=size,
        as_of=min(as_of or now, now),
        uploaded_by=by,
    )
    upload.seek(0)
    _store(batch, upload, f"{sha256.hexdigest()[:16]}{_ending(name)}")
    path = Path(batch.file.path)
    try:
        kind = kind_of(path, max_bytes=settings.IMPORT_MAX_BYTES)
        later = kind is not Kind.CSV and not wait
        if later and kind is Kind.XLSX:
            check_workbook(path)
        elif later and kind in ARCHIVES:
            check_archive(path, kind)
        if not later:
            _note_format(batch, *_read_format(batch), keep_as_of=as_of is not None)
            batch.status = S.SNIFFED
    except Unreadable:
        batch.file.delete(save=False)
        raise
    with transaction.atomic():
        batch.save()
        audit.record(by, "import.upload", batch, sha256=batch.sha256, size=size)
        if later:
            jobs.start("import.recognise", batch.pk, trigger="staff", by=by, keep_as_of=as_of is not None)
    return batch


def _store(batch: ImportBatch, upload: File[bytes] | UploadedFile, name: str) -> None:
    """Keep the bytes under a name of ours; the given one is only shown. Raises Unreadable where there is no room."""
    storage = batch.file.storage
    path = storage.get_available_name(batch.file.field.generate_filename(batch, name))
    try:
        batch.file.name = storage.save(path, upload)
    except OSError as error:
        storage.delete(path)  # what there was room for
        raise Unreadable(
            what="The file cannot be stored",
            where=error.strerror or "the folder of uploads",
            mend="Nothing was kept of it. Whoever runs this has to make room in MEDIA_ROOT; then try again.",
        ) from error


def recognise(batch: ImportBatch, *, sheet: str | None = None, **overrides: Any) -> Dialect:
    """Sniff the batch's file again, with what a person says instead of the guesses (encoding, delimiter,
    header_line; sheet of a workbook). What rested on the old format, mapping and preview, is gone then.

    Raises Unreadable; IllegalMove once the batch is confirmed."""
    if batch.confirmed_at is not None:
        raise IllegalMove("The batch is confirmed: how its file is read stands.")
    dialect, rows_file = _read_format(batch, sheet=sheet, **overrides)
    with transaction.atomic():
        batch.move(
            S.SNIFFED,
            dialect=dialect.as_json(),
            rows_file=rows_file,
            mapping=None,
            preview={},
            confirm_token="",
            failure="",
        )
        batch.rows.all().delete()
    return dialect


def recognise_later(batch: ImportBatch, *, by: User | None, sheet: str) -> None:
    """Have a worker unpack another sheet of the batch's workbook."""
    with transaction.atomic():
        batch.move(S.UPLOADED, mapping=None, preview={}, confirm_token="", failure="")
        batch.rows.all().delete()
        jobs.start("import.recognise", batch.pk, trigger="staff", by=by, sheet=sheet)


def recognise_in_background(
    subject: str, *, beat: Any, sheet: str | None = None, keep_as_of: bool = True
) -> dict[str, int]:
    """The worker's part of recognise_later, and of receiving a workbook. Safe to run twice.

    Raises jobs.Refused when the workbook cannot be read; the batch then says why."""
    batch = ImportBatch.objects.select_related("system").get(pk=subject)
    if batch.status != S.UPLOADED:
        return {}
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            unpacking = pool.submit(_read_format, batch, sheet=sheet, seconds=UNPACK_SECONDS)
            while True:
                beat()
                try:
                    dialect, rows_file = unpacking.result(timeout=BEAT_SECONDS)
                    break
                except TimeoutError:
                    continue
    except Unreadable as problem:
        batch.move(S.FAILED, failure=str(problem))
        raise jobs.Refused(str(problem)) from problem
    except jobs.Cancelled:
        batch.move(S.CANCELLED)
        raise
    _note_format(batch, dialect, rows_file, keep_as_of=keep_as_of)
    batch.move(
        S.SNIFFED,
        dialect=batch.dialect,
        rows_file=batch.rows_file.name,
        mends=batch.mends,
        as_of=batch.as_of,
    )
    return {"columns": dialect.width}


def _read_format(
    batch: ImportBatch, *, sheet: str | None = None, seconds: int = UNPACK_SECONDS, **overrides: Any
) -> tuple[Dialect, str]:
    """The format, and the name of the file that rows are read from if it is not the upload. Touches no
    database."""
    path = Path(batch.file.path)
    unpacked = path.with_suffix(".rows.csv")
    kind = kind_of(path, max_bytes=settings.IMPORT_MAX_BYTES)
    if kind is Kind.JSON or kind in ARCHIVES:
        dialect = _unpacked(path, kind, unpacked, **overrides)
        return dialect, str(Path(str(batch.file.name)).with_suffix(".rows.csv"))
    dialect = sniff(path, max_bytes=settings.IMPORT_MAX_BYTES, **overrides)
    if dialect.kind is not Kind.XLSX:
        return dialect, ""
    header_line = overrides.get("header_line")
    before = Dialect.from_json(batch.dialect) if batch.dialect else None
    if before is not None and before.sheet == (sheet or before.sheet) and before.sheet and unpacked.exists():
        dialect = sniff_converted(unpacked, sheet=before.sheet, sheets=before.sheets, header_line=header_line)
    else:
        dialect = convert_workbook(path, unpacked, sheet=sheet, header_line=header_line, seconds=seconds)
    return dialect, str(Path(str(batch.file.name)).with_suffix(".rows.csv"))


def _unpacked(path: Path, kind: Kind, out: Path, **overrides: Any) -> Dialect:
    """The table that an archive or a file of JSON records amounts to, written to `out`."""
    if kind is Kind.JSON:
        return convert_records(path, out)
    inner = path.with_suffix(".unpacked")
    try:
        unpack(path, kind, inner)
        found = kind_of(inner, max_bytes=MAX_UNPACKED)
        if found is Kind.JSON:
            return convert_records(inner, out)
        if found is not Kind.CSV:
            raise Unreadable(
                "The archive holds another archive or a workbook",
                "the whole file",
                "Unpack it and upload what is inside.",
            )
        dialect = sniff(inner, max_bytes=MAX_UNPACKED, **overrides)
        inner.replace(out)
        return dialect
    finally:
        inner.unlink(missing_ok=True)


def _note_format(batch: ImportBatch, dialect: Dialect, rows_file: str, *, keep_as_of: bool) -> None:
    """Rejected rows that came back say what the system held when it wrote the file they are from."""
    batch.dialect, batch.rows_file = dialect.as_json(), rows_file
    if dialect.is_own_rejects:
        batch.mends = mend.origin_of(batch, sample(batch, mend.COMPARED_ROWS))
        if batch.mends is not None and not keep_as_of:
            batch.as_of = batch.mends.as_of


def dialect_of(batch: ImportBatch) -> Dialect:
    return Dialect.from_json(batch.dialect)


def rows_path(batch: ImportBatch) -> Path:
    return Path((batch.rows_file or batch.file).path)


def sample(batch: ImportBatch, count: int = SAMPLE_ROWS) -> list[Row]:
    """The first data rows, for the pages that show them. Raises Unreadable."""
    rows = read_rows(rows_path(batch), dialect_of(batch))
    return list(itertools.islice((row for row in rows if not row.skip and not row.problem), count))


def seen_before(batch: ImportBatch) -> ImportBatch | None:
    """The batch that took in these very bytes for this system, if its rows still count."""
    return _twins(batch, S.CONFIRMED, S.RUNNING, *ImportBatch.FINISHED).first()


def waiting_twin(batch: ImportBatch) -> ImportBatch | None:
    """The same bytes for the same system in a batch that waits for somebody."""
    return _twins(batch, S.SNIFFED, S.MAPPED, S.CHECKING, S.PREVIEWED).first()


def _twins(batch: ImportBatch, *statuses: ImportBatch.Status) -> Any:
    same = ImportBatch.objects.effective().filter(system=batch.system, sha256=batch.sha256)
    return same.filter(status__in=statuses).exclude(pk=batch.pk).select_related("uploaded_by").order_by("-pk")


def uploads_since(user: User, since: datetime) -> int:
    return ImportBatch.objects.filter(uploaded_by=user, uploaded_at__gte=since).count()


def _shown_name(name: str) -> str:
    """The name as people see it: no folders, no characters that are not shown."""
    shown = "".join(sign for sign in name.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable())
    return shown.strip()[:255] or f"upload of {timezone.now():%Y-%m-%d}"


def _ending(name: str) -> str:
    ending = Path(name).suffix.lower()
    known = {".csv", ".tsv", ".txt", ".xlsx", ".json", ".jsonl", ".ndjson", ".gz", ".zip"}
    return ending if ending in known else ".csv"
