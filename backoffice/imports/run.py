"""Write a confirmed batch, chunk by chunk. Each chunk's rows, counts and cursor commit together."""

from __future__ import annotations

import hmac
from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import access, audit, jobs
from backoffice.files.rows import read_rows
from backoffice.files.unreadable import Unreadable
from backoffice.imports import mend
from backoffice.imports.check import Progress, Watcher, chunks, keep, notable, opened
from backoffice.imports.importer import Importer, MappingProblem, importer_of
from backoffice.imports.receive import dialect_of, rows_path
from backoffice.imports.void import NeedsSupervisor
from backoffice.models import Bucket, IllegalMove, ImportBatch, StaleBatch

S = ImportBatch.Status
TAKEN_IN = (S.CONFIRMED, S.RUNNING, *ImportBatch.FINISHED)


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

    Raises NotWhatWasShown when the token is for another preview, TakenInBefore for a repeated file,
    NeedsSupervisor when `by` may not confirm what would permit sending."""
    shown = bool(batch.confirm_token) and hmac.compare_digest(batch.confirm_token, token)
    if shown and batch.confirmed_at is not None:
        return batch  # the same confirmation again
    if not shown:
        raise NotWhatWasShown(batch)
    if by is not None and not may_confirm(batch, by):
        raise NeedsSupervisor(batch)
    try:
        with transaction.atomic():
            batch.move(S.CONFIRMED, confirmed_by=by, confirmed_at=now, counts={}, cursor_line=0, rows_done=0)
            batch.rows.all().delete()  # the preview's rows; the run writes the real ones
            audit.record(by, "import.confirm", batch, preview=batch.preview.get("counts", {}))
            if queue:
                jobs.start("import.run", batch.pk, trigger="staff", by=by)
    except StaleBatch:
        # The other click of a double click was faster: then it is the same confirmation.
        batch.refresh_from_db()
        if batch.confirmed_at is None or batch.confirm_token != token:
            raise
    except IntegrityError as error:
        earlier = twin_of(batch)
        batch.refresh_from_db()
        if earlier is None:
            raise
        raise TakenInBefore(earlier) from error
    return batch


def may_confirm(batch: ImportBatch, by: User) -> bool:
    """Whoever imports may confirm what is safe; what permits sending to somebody waits for a supervisor."""
    permits = importer_of(batch.system).permits(batch.preview.get("consequences", {}))
    return access.can(by, "backoffice.permit_importbatch" if permits else "backoffice.add_importbatch")


def twin_of(batch: ImportBatch) -> ImportBatch | None:
    """The batch that took in the same bytes with the same mapping, so that this one would add nothing."""
    same = ImportBatch.objects.filter(system=batch.system, sha256=batch.sha256, mapping=batch.mapping)
    return same.filter(status__in=TAKEN_IN).exclude(pk=batch.pk).order_by("-pk").first()


def resume(batch: ImportBatch, *, by: User | None, queue: bool = True) -> None:
    """Go on with a confirmed batch that failed, was cancelled or lost its job, from its last committed chunk.

    Raises IllegalMove for any other batch, TakenInBefore when another batch took the file in meanwhile."""
    if batch.confirmed_at is None or not batch.file:
        raise IllegalMove("Only a confirmed batch whose file is still here can go on.")
    try:
        with transaction.atomic():
            if not is_stranded(batch):
                batch.move(S.CONFIRMED, failure="", finished_at=None)
            audit.record(by, "import.resume", batch)
            if queue:
                jobs.start("import.run", batch.pk, trigger="staff", by=by, went_on_from=batch.rows_done)
    except IntegrityError as error:
        earlier = twin_of(batch)
        batch.refresh_from_db()
        if earlier is None:
            raise
        raise TakenInBefore(earlier) from error


def is_stranded(batch: ImportBatch) -> bool:
    """Whether the batch stands as running while no job works on it any more: its last one failed for good."""
    if batch.status not in ImportBatch.WORKING:
        return False
    subject = str(batch.pk)
    return not jobs.JobRun.objects.unfinished().filter(kind__startswith="import.", subject=subject).exists()


def run(
    subject: str, *, beat: Progress, watch: Watcher | None = None, went_on_from: int = 0
) -> dict[str, int]:
    """Take the batch in, from the first line or from where a lost worker stopped; the end is the same.
    `went_on_from` is for the page: rows done before this job, so that its rate is its own.

    Raises jobs.Refused when the file or mapping cannot be read, jobs.LostLease when another worker is
    ahead."""
    batch = ImportBatch.objects.select_related("system", "mapping").get(pk=subject)
    if batch.confirmed_at is not None and batch.status in {S.FAILED, S.CANCELLED}:
        batch.move(S.CONFIRMED, failure="", finished_at=None)  # the job was tried again from the jobs page
    if batch.status == S.CONFIRMED:
        batch.move(S.RUNNING, started_at=timezone.now())
    if batch.status != S.RUNNING:
        return {}
    try:
        return _run(batch, beat, watch)
    except StaleBatch as overtaken:
        raise jobs.LostLease(batch) from overtaken
    except (Unreadable, MappingProblem) as problem:
        batch.move(S.FAILED, failure=str(problem), finished_at=timezone.now())
        raise jobs.Refused(str(problem)) from problem
    except jobs.Cancelled:
        batch.move(S.CANCELLED, finished_at=timezone.now())
        raise


def _run(batch: ImportBatch, beat: Progress, watch: Watcher | None) -> dict[str, int]:
    importer, dialect = opened(batch), dialect_of(batch)
    skipped: Counter[str] = Counter()
    counts: Counter[str] = Counter(batch.counts)
    done = batch.rows_done
    for chunk in chunks(importer, read_rows(rows_path(batch), dialect), skipped):
        if chunk[0][0].line <= batch.cursor_line:
            # Chunks may have had another size when an earlier worker committed some.
            importer.pass_by([(row, item) for row, item in chunk if row.line <= batch.cursor_line])
            chunk = [(row, item) for row, item in chunk if row.line > batch.cursor_line]
        if not chunk:
            continue
        with transaction.atomic():
            outcomes = importer.take(chunk, write=True)
            counts.update(outcome.bucket for outcome in outcomes)
            done += len(chunk)
            keep(batch, notable(outcomes))
            mend.settle(batch, dialect, [row for row, _ in chunk], now=timezone.now())
            _advance(batch, chunk[-1][0].line, done, counts)
        if watch:
            watch(outcomes)
        beat(done=done, total=batch.rows_total, can_go_on=True)
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
