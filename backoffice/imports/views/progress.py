"""Where a batch stands at one moment: its step, its job, how far it is and how long it will take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from backoffice.models import Bucket, ImportBatch, JobRun
from backoffice.pages.jobs import why_waiting

S = ImportBatch.Status
KINDS = ("import.recognise", "import.check", "import.run")
MIN_SECONDS = 1.0  # a rate over less than this says nothing


@dataclass(frozen=True)
class Work:
    """A batch with the last job over it."""

    batch: ImportBatch
    run: JobRun | None
    now: datetime

    @property
    def is_under_way(self) -> bool:
        """Whether something works on it, or should."""
        return self.batch.status in {S.UPLOADED, *ImportBatch.WORKING}

    @property
    def is_lost(self) -> bool:
        """The worker stopped giving signs; the next one goes on from the last committed step."""
        return self.is_under_way and self.run is not None and self.run.is_lost(self.now)

    @property
    def is_stranded(self) -> bool:
        """No job works on it any more, though it never came to an end."""
        return self.is_under_way and (self.run is None or not self.run.is_unfinished)

    @property
    def is_waiting(self) -> bool:
        return self.is_under_way and self.run is not None and self.run.status == JobRun.Status.QUEUED

    @property
    def is_stopping(self) -> bool:
        return (
            self.is_under_way and self.run is not None and self.run.is_unfinished and self.run.cancel_wanted
        )

    @property
    def waits_for(self) -> str:
        return why_waiting(self.run, self.now) if self.is_waiting and self.run is not None else ""

    @property
    def done(self) -> int:
        if self.batch.status in {S.CONFIRMED, S.RUNNING}:
            return self.batch.rows_done  # committed, so it never goes back
        return self.run.done if self.run is not None and self.is_under_way else self.batch.rows_done

    @property
    def total(self) -> int | None:
        if self.batch.status in {S.UPLOADED, S.CHECKING}:
            return self.run.total if self.run is not None else None
        return self.batch.rows_total

    @property
    def is_estimate(self) -> bool:
        return self.batch.status == S.CHECKING

    @property
    def percent(self) -> int:
        if not self.total:
            return 0
        return min(99 if self.is_under_way else 100, 100 * self.done // self.total)

    @property
    def rate(self) -> float | None:
        """Rows per second of this job, None while it cannot be told."""
        run = self.run
        if run is None or run.started_at is None or run.status != JobRun.Status.RUNNING or self.is_lost:
            return None
        seconds = (self.now - run.started_at).total_seconds()
        done = self.done - int(run.params.get("went_on_from", 0))
        return done / seconds if done > 0 and seconds >= MIN_SECONDS else None

    @property
    def time_left(self) -> timedelta | None:
        if self.rate is None or self.total is None:
            return None
        return timedelta(seconds=max(0, self.total - self.done) / self.rate)

    @property
    def summary(self) -> list[Part]:
        """What the rows became, or would become; only what there is."""
        counts = self.batch.counts or self.batch.preview.get("counts", {})
        return [part for part in parts(counts) if part.rows]

    @property
    def url(self) -> str:
        """The page where the batch goes on."""
        return step_url(self.batch)


def work_on(batch: ImportBatch, now: datetime) -> Work:
    """With the job that matters: the last one over it."""
    runs = JobRun.objects.filter(kind__in=KINDS, subject=str(batch.pk))
    return Work(batch, runs.order_by("-pk").first(), now)


def works_on(batches: Iterable[ImportBatch], now: datetime) -> list[Work]:
    """The same for a page of batches, in one query."""
    batches = list(batches)
    under_way = [str(batch.pk) for batch in batches if batch.status in {S.UPLOADED, *ImportBatch.WORKING}]
    runs = JobRun.objects.filter(kind__in=KINDS, subject__in=under_way).order_by("pk")
    latest = {run.subject: run for run in runs}
    return [Work(batch, latest.get(str(batch.pk)), now) for batch in batches]


def step_url(batch: ImportBatch) -> str:
    """Where a person goes on with the batch."""
    page = {
        S.SNIFFED: "imports:format",
        S.MAPPED: "imports:mapping",
        S.CHECKING: "imports:preview",
        S.PREVIEWED: "imports:preview",
    }.get(S(batch.status), "imports:batch")
    return reverse(page, args=[batch.pk])


@dataclass(frozen=True)
class Part:
    """One bucket of the sum that the file's rows make."""

    bucket: str
    label: str
    rows: int


def parts(counts: dict[str, int]) -> list[Part]:
    return [Part(bucket.value, bucket.label, counts.get(bucket.value, 0)) for bucket in Bucket]
