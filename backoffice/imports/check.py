"""Read every row, write none of them, and say what confirming would mean."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backoffice import jobs
from backoffice.files.rows import Row, read_rows
from backoffice.files.unreadable import Unreadable
from backoffice.imports.importer import Importer, MappingProblem, Outcome, importer_of
from backoffice.imports.receive import dialect_of, rows_path
from backoffice.models import Bucket, ImportBatch, ImportRow

S = ImportBatch.Status
SHOWN_PER_REASON = 200  # rows kept for the tables, per reason; the counts are complete
KEPT_TO_MEND = 20_000  # rows of a preview that go back to a person; a run keeps every one
SHOWN_WORDS = 100
ESTIMATED_FROM = 262_144  # bytes

Progress = Callable[..., None]
Watcher = Callable[[Sequence[Outcome]], None]


def start(batch: ImportBatch, *, by: Any, trigger: str = "staff") -> None:
    """Queue the check of a mapped batch, or a new one of a batch that was checked before."""
    with transaction.atomic():
        batch.move(S.CHECKING, failure="", preview={}, confirm_token="")
        jobs.start("import.check", batch.pk, trigger=trigger, by=by)


def check(subject: str, *, beat: Progress, watch: Watcher | None = None) -> dict[str, int]:
    """Fill the batch's preview. Safe to run twice: it starts over and replaces what a lost worker left.

    Raises jobs.Refused when the file or its mapping cannot be read; the batch then says why."""
    batch = ImportBatch.objects.select_related("system", "mapping").get(pk=subject)
    if batch.status != S.CHECKING:
        return {}
    try:
        return _check(batch, beat, watch)
    except (Unreadable, MappingProblem) as problem:
        batch.move(S.FAILED, failure=str(problem))
        raise jobs.Refused(str(problem)) from problem
    except jobs.Cancelled:
        batch.move(S.CANCELLED)
        raise


def _check(batch: ImportBatch, beat: Progress, watch: Watcher | None) -> dict[str, int]:
    importer = opened(batch)
    tally = Tally()
    skipped: Counter[str] = Counter()
    total = 0
    beat(done=0, total=estimated_rows(batch))
    for chunk in chunks(importer, read_rows(rows_path(batch), dialect_of(batch)), skipped):
        outcomes = importer.take(chunk, write=False)
        tally.add(outcomes)
        total += len(chunk)
        if watch:
            watch(outcomes)
        beat(done=total)
        if total > settings.IMPORT_MAX_ROWS:
            raise Unreadable(
                what=f"The file has more than {settings.IMPORT_MAX_ROWS:,} rows",
                where=f"line {chunk[-1][0].line}",
                mend="Split it into several files and import them one after the other.",
            )
    preview = tally.preview(skipped)
    with transaction.atomic():
        ImportRow.objects.filter(batch=batch).delete()
        keep(batch, tally.kept)
        batch.move(
            S.PREVIEWED, rows_total=total, preview=preview, confirm_token=token(batch, preview), failure=""
        )
    return dict(preview["counts"])


@dataclass
class Tally:
    """What a check counts and keeps while the file goes by."""

    buckets: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    consequences: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    kept: list[Outcome] = field(default_factory=list)
    to_mend: int = 0

    def add(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self.buckets[outcome.bucket] += 1
            self.consequences.update(outcome.consequences)
            if not outcome.is_notable:
                continue
            if outcome.unread:
                self.unread[outcome.unread] += 1
            self.to_mend += outcome.is_to_mend
            codes = outcome.codes
            self.reasons.update(codes)
            if any(self.reasons[code] <= SHOWN_PER_REASON for code in codes) or (
                outcome.is_to_mend and self.to_mend <= KEPT_TO_MEND
            ):
                self.kept.append(outcome)

    def preview(self, skipped: Counter[str]) -> dict[str, Any]:
        return {
            "counts": {
                **{bucket: self.buckets[bucket] for bucket in Bucket.values},
                "skipped": sum(skipped.values()),
            },
            "reasons": dict(self.reasons.most_common()),
            "consequences": dict(self.consequences),
            "skipped": dict(skipped),
            "unread": dict(self.unread.most_common(SHOWN_WORDS)),
        }


def notable(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """What a run keeps of a chunk: every row that goes back to a person, and the first of each other kind. It
    depends on the chunk alone, so that a resumed run keeps the same."""
    seen: Counter[str] = Counter()
    kept = []
    for outcome in outcomes:
        if outcome.is_notable:
            codes = outcome.codes
            seen.update(codes)
            if outcome.is_to_mend or any(seen[code] <= SHOWN_PER_REASON for code in codes):
                kept.append(outcome)
    return kept


def estimated_rows(batch: ImportBatch) -> int:
    """About how many rows the file has, from its size and the length of its first lines."""
    path = rows_path(batch)
    with path.open("rb") as file:
        head = file.read(ESTIMATED_FROM)
    lines = max(head.count(b"\n"), head.count(b"\r"), 1)
    return max(1, round(path.stat().st_size * lines / max(len(head), 1)))


def opened(batch: ImportBatch) -> Importer:
    """The batch's importer. Raises MappingProblem."""
    return importer_of(batch.system)(batch, dialect_of(batch), now=timezone.now())


def chunks(importer: Importer, rows: Iterator[Row], skipped: Counter[str]) -> Iterator[list[tuple[Row, Any]]]:
    """Data rows in chunks, with what they say; lines that are no data are counted by what they are.

    The next chunk is read while the database stores this one."""

    def data() -> Iterator[tuple[Row, Any]]:
        for row in rows:
            if row.skip:
                skipped[row.skip] += 1
            else:
                yield row, importer.read(row)

    kept = data()

    def next_chunk() -> list[tuple[Row, Any]]:
        return list(islice(kept, settings.IMPORT_CHUNK_ROWS))

    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(next_chunk)
        while chunk := following.result():
            following = ahead.submit(next_chunk)
            yield chunk


def keep(batch: ImportBatch, outcomes: Sequence[Outcome]) -> None:
    """Store the rows a person may want to see. The row as it came is kept only where it must go back."""
    ImportRow.objects.bulk_create(
        [
            ImportRow(
                batch=batch,
                line=outcome.line,
                bucket=outcome.bucket,
                reason=outcome.reason,
                detail=outcome.detail,
                warnings=list(outcome.warnings),
                number=outcome.number,
                value=outcome.value,
                at=outcome.at,
                cells=list(outcome.cells) if outcome.is_to_mend else [],
            )
            for outcome in outcomes
        ],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["batch", "line"],
        update_fields=["bucket", "reason", "detail", "warnings", "number", "value", "at", "cells"],
    )


def token(batch: ImportBatch, preview: dict[str, Any]) -> str:
    """Bound to the file, the mapping and what the person was shown: a change of any asks again."""
    content = json.dumps(
        [batch.sha256, batch.mapping_id, batch.dialect, preview], sort_keys=True, default=str
    )
    return hashlib.sha256(content.encode()).hexdigest()
