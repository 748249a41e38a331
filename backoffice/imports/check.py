"""Read every row, write none of them, and say what confirming would mean."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
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
SHOWN_PER_REASON = 200  # rows kept for the preview's table, per reason; the counts are complete

Progress = Callable[..., None]
Watcher = Callable[[Sequence[Outcome]], None]


def start(batch: ImportBatch, *, by: Any, trigger: str = "staff") -> None:
    """Queue the check of a mapped batch."""
    with transaction.atomic():
        batch.move(S.CHECKING, failure="")
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
    buckets: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    consequences: Counter[str] = Counter()
    shown: list[Outcome] = []
    skipped: Counter[str] = Counter()
    total = done = 0
    rows = read_rows(rows_path(batch), dialect_of(batch))
    for chunk in chunks(rows, skipped):
        outcomes = importer.take(chunk, write=False)
        for outcome in outcomes:
            buckets[outcome.bucket] += 1
            consequences.update(outcome.consequences)
            if outcome.is_notable:
                for why in {
                    f"{outcome.bucket}:{outcome.reason}",
                    *(f"warning:{w}" for w in outcome.warnings),
                }:
                    reasons[why] += 1
                    if reasons[why] <= SHOWN_PER_REASON and (not shown or shown[-1] is not outcome):
                        shown.append(outcome)
        total += len(chunk)
        done += len(chunk)
        if watch:
            watch(outcomes)
        beat(done=done)
        if total > settings.IMPORT_MAX_ROWS:
            raise Unreadable(
                what=f"The file has more than {settings.IMPORT_MAX_ROWS:,} rows.",
                where=f"line {chunk[-1].line}",
                mend="Split it into several files and import them one after the other.",
            )
    counts = {**{bucket: buckets[bucket] for bucket in Bucket.values}, "skipped": sum(skipped.values())}
    preview = {
        "counts": counts,
        "reasons": dict(reasons.most_common()),
        "consequences": dict(consequences),
        "skipped": dict(skipped),
    }
    with transaction.atomic():
        ImportRow.objects.filter(batch=batch).delete()
        keep(batch, shown)
        batch.move(
            S.PREVIEWED, rows_total=total, preview=preview, confirm_token=token(batch, preview), failure=""
        )
    return counts


def opened(batch: ImportBatch) -> Importer:
    """The batch's importer. Raises MappingProblem."""
    return importer_of(batch.system)(batch, dialect_of(batch), now=timezone.now())


def chunks(rows: Iterator[Row], skipped: Counter[str], size: int | None = None) -> Iterator[list[Row]]:
    """Data rows in chunks; lines that are no data are counted by what they are."""

    def data() -> Iterator[Row]:
        for row in rows:
            if row.skip:
                skipped[row.skip] += 1
            else:
                yield row

    kept = data()
    while chunk := list(islice(kept, size or settings.IMPORT_CHUNK_ROWS)):
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
                cells=list(outcome.cells) if outcome.bucket in {"rejected", "held"} else [],
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
