"""Write a confirmed batch, chunk by chunk. Each chunk's rows, counts and cursor commit together."""

from __future__ import annotations

import hmac
from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import audit, jobs
from backoffice.files.rows import read_rows
from backoffice.files.unreadable import Unreadable
from backoffice.imports.check import Progress, Watcher, chunks, keep, opened
from backoffice.imports.importer import Importer, MappingProblem
from backoffice.imports.receive import dialect_of, rows_path
from backoffice.models import Bucket, ImportBatch

S = ImportBatch.Status


class NotWhatWasShown(Exception):
    """The batch changed after its preview was shown; the person has to look again."""


class TakenInBefore(Exception):
    """The same bytes were already taken in with the same mapping; `batch` is that one."""

    def __init__(self, batch: ImportBatch) -> None:
        super().__init__(f"This file is already in as batch {batch.pk}; nothing was added.")
        self.batch = batch


def confirm(
    batch: ImportBatch, token: str, *, by: User | None, now: datetime, queue: bool = True
) -> ImportBatch:
    """Agree to the preview and queue the run. A double click or a second tab changes nothing.

    Raises NotWhatWasShown when the token is for another preview, TakenInBefore for a repeated file."""
    if (
        batch.confirm_token
        and hmac.compare_digest(batch.confirm_token, token)
        and batch.status != S.PREVIEWED
    ):
        return batch  # the same confirmation again
    if not batch.confirm_token or not hmac.compare_digest(batch.confirm_token, token):
        raise NotWhatWasShown(batch)
    try:
        with transaction.atomic():
            batch.move(S.CONFIRMED, confirmed_by=by, confirmed_at=now, counts={}, cursor_line=0, rows_done=0)
            batch.rows.all().delete()  # the preview's rows; the run writes the real ones
            audit.record(by, "import.confirm", batch, preview=batch.preview.get("counts", {}))
            if queue:
                jobs.start("import.run", batch.pk, trigger="staff", by=by)
    except IntegrityError as error:
        earlier = (
            ImportBatch.objects.filter(system=batch.system, sha256=batch.sha256, mapping=batch.mapping)
            .filter(status__in=[S.CONFIRMED, S.RUNNING, *ImportBatch.FINISHED])
            .exclude(pk=batch.pk)
            .first()
        )
        if earlier is None:
            raise
        batch.refresh_from_db()
        raise TakenInBefore(earlier) from error
    return batch


def resume(batch: ImportBatch, *, by: User | None) -> None:
    """Go on with a batch that failed, from its last committed chunk."""
    with transaction.atomic():
        batch.move(S.CONFIRMED, failure="")
        audit.record(by, "import.resume", batch)
        jobs.start("import.run", batch.pk, trigger="staff", by=by)


def run(subject: str, *, beat: Progress, watch: Watcher | None = None) -> dict[str, int]:
    """Take the batch in, from the first line or from where a lost worker stopped; the end is the same.

    Raises jobs.Refused when the file or mapping cannot be read, jobs.LostLease when another worker is ahead."""
    batch = ImportBatch.objects.select_related("system", "mapping").get(pk=subject)
    if batch.status == S.CONFIRMED:
        batch.move(S.RUNNING, started_at=timezone.now())
    if batch.status != S.RUNNING:
        return {}
    try:
        return _run(batch, beat, watch)
    except (Unreadable, MappingProblem) as problem:
        batch.move(S.FAILED, failure=str(problem), finished_at=timezone.now())
        raise jobs.Refused(str(problem)) from problem
    except jobs.Cancelled:
        batch.move(S.CANCELLED, finished_at=timezone.now())
        raise


def _run(batch: ImportBatch, beat: Progress, watch: Watcher | None) -> dict[str, int]:
    importer = opened(batch)
    skipped: Counter[str] = Counter()
    counts: Counter[str] = Counter(batch.counts)
    done = batch.rows_done
    for chunk in chunks(read_rows(rows_path(batch), dialect_of(batch)), skipped):
        if chunk[-1].line <= batch.cursor_line:
            importer.pass_by(chunk)
            continue
        with transaction.atomic():
            outcomes = importer.take(chunk, write=True)
            counts.update(outcome.bucket for outcome in outcomes)
            done += len(chunk)
            keep(batch, [outcome for outcome in outcomes if outcome.is_notable])
            _advance(batch, chunk[-1].line, done, counts)
        if watch:
            watch(outcomes)
        beat(done=done, total=batch.rows_total)
    return _finish(batch, importer, counts, skipped)


def _advance(batch: ImportBatch, line: int, done: int, counts: Counter[str]) -> None:
    """Move the cursor in the chunk's own transaction; a worker that was overtaken rolls its chunk back."""
    ours = ImportBatch.objects.filter(pk=batch.pk, status=S.RUNNING, cursor_line=batch.cursor_line)
    if not ours.update(cursor_line=line, rows_done=done, counts=dict(counts)):
        raise jobs.LostLease(batch)
    batch.cursor_line, batch.rows_done, batch.counts = line, done, dict(counts)


def _finish(
    batch: ImportBatch, importer: Importer, counts: Counter[str], skipped: Counter[str]
) -> dict[str, int]:
    ended: dict[str, Any] = {bucket: counts[bucket] for bucket in Bucket.values}
    with transaction.atomic():
        importer.finish(ended)
        needs_a_person = ended["rejected"] or ended["held"]
        batch.move(
            S.DONE_WITH_REJECTS if needs_a_person else S.DONE,
            counts={**ended, "skipped": sum(skipped.values())},
            finished_at=timezone.now(),
        )
        audit.record(batch.confirmed_by, "import.done", batch, counts=ended)
    return ended
