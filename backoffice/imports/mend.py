"""Rows that did not go in, on their second way: as a file that somebody mended, or read again as they are.

Each such row belongs to one batch at a time. The batch that takes it over settles it where it waited, in the
transaction that takes it in; voiding that batch makes it wait again."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import transaction

from backoffice import audit
from backoffice.files.export import RejectedRows
from backoffice.files.guard import OWN_ERROR_COLUMNS
from backoffice.files.rows import Row
from backoffice.files.sniff import Dialect, sniff
from backoffice.models import Bucket, ImportBatch, ImportRow

S = ImportBatch.Status
COMPARED_ROWS = 50
COMPARED_BATCHES = 100
PIECE = 65_536  # characters
LINE, CODE, _ = OWN_ERROR_COLUMNS


class NothingHeld(Exception):
    """No row of the batch waits, or what the rows said has been removed."""


def rows_pieces(batch: ImportBatch, bucket: str) -> Iterator[str]:
    """Rows of one bucket as CSV, piece by piece: the file's own columns, then where each row stood and why it
    waits."""
    stream = io.StringIO(newline="")
    dialect = Dialect.from_json(batch.dialect)
    writer = RejectedRows(stream, dialect.header if dialect.header_line else dialect.columns)
    for row in batch.rows.waiting().filter(bucket=bucket).exclude(cells=[]).order_by("line").iterator():
        writer.write(row.line, row.cells, code=row.reason, error=row.detail)
        if stream.tell() > PIECE:
            yield stream.getvalue()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue()


def origin_of(batch: ImportBatch, rows: Sequence[Row]) -> ImportBatch | None:
    """The batch whose rejected rows a file brings back: one of the same system in which every row of the file
    stands, at its line and for its reason. None for any other file."""
    wanted = _marks(Dialect.from_json(batch.dialect), rows)
    if not wanted:
        return None
    lines = [line for line, _ in wanted]
    candidates = ImportBatch.objects.effective().filter(system=batch.system, confirmed_at__isnull=False)
    for candidate in candidates.exclude(pk=batch.pk).order_by("-pk")[:COMPARED_BATCHES]:
        known = set(candidate.rows.to_mend().filter(line__in=lines).values_list("line", "reason"))
        if wanted <= known:
            return candidate
    return None


def settle(batch: ImportBatch, dialect: Dialect, rows: Sequence[Row], *, now: datetime) -> int:
    """These rows are taken over from the batch they waited in, wherever they end in this one. Call it in the
    transaction that takes them in. Returns how many were waiting."""
    if batch.mends_id is None or LINE not in dialect.columns:
        return 0
    place = dialect.columns.index(LINE)
    lines = [int(row.cells[place]) for row in rows if _is_line(row.cells[place])]
    waiting = ImportRow.objects.waiting().filter(batch_id=batch.mends_id, line__in=lines)
    return waiting.update(settled_at=now, settled_in=batch)


def reopen(batch: ImportBatch) -> int:
    """The batch no longer counts: the rows it had taken over wait again where they were."""
    return ImportRow.objects.filter(settled_in=batch).update(settled_at=None, settled_in=None)


def take_again(batch: ImportBatch, *, by: User, now: datetime) -> ImportBatch:
    """A new batch from the rows held in this one, to be mapped, checked and confirmed like any file. Asked
    twice, the one that already waits is returned. Raises NothingHeld."""
    with transaction.atomic():
        # Two people, or two clicks, take turns here; the second finds the first one's batch.
        ImportBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if not batch.rows.waiting().filter(bucket=Bucket.HELD).exclude(cells=[]).exists():
            raise NothingHeld("No row is held, or what the held rows said has been removed.")
        content = "".join(rows_pieces(batch, Bucket.HELD)).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        waiting = [S.SNIFFED, S.MAPPED, S.CHECKING, S.PREVIEWED, S.CONFIRMED, S.RUNNING]
        twin = batch.mended_by.filter(sha256=sha256, status__in=waiting).order_by("pk").first()
        if twin is not None:
            return twin
        again = ImportBatch(
            system=batch.system,
            original_name=f"held rows of {batch.original_name}"[:255],
            sha256=sha256,
            size=len(content),
            as_of=batch.as_of,
            uploaded_by=by,
            mends=batch,
        )
        again.file.save(f"{sha256[:16]}.csv", ContentFile(content), save=False)
        found = sniff(Path(again.file.path), encoding="utf-8-sig", delimiter=",", quote='"', header_line=1)
        again.dialect, again.status = found.as_json(), S.SNIFFED
        again.save()
        audit.record(by, "import.take_again", batch, again=again.pk)
    return again


def _marks(dialect: Dialect, rows: Sequence[Row]) -> set[tuple[int, str]]:
    """Line and reason of each row of a file of rejected rows; empty for any other file."""
    if not dialect.is_own_rejects:
        return set()
    line, code = dialect.columns.index(LINE), dialect.columns.index(CODE)
    return {(int(row.cells[line]), row.cells[code].strip()) for row in rows if _is_line(row.cells[line])}


def _is_line(cell: str) -> bool:
    """Nine digits hold every line of a file we take, and fit its column."""
    return cell.isascii() and cell.strip().isdigit() and len(cell) < 10
