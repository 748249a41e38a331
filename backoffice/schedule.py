"""Whether the schedule is alive. A scheduler that dies leaves nothing to look at, so every scheduled task
leaves one
standing row (a JobRun of kind "schedule") that says when it last ran, and a silence becomes a row of its own.

One small update per tick; no table of its own; every web process and worker sees the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery.schedules import BaseSchedule, maybe_schedule
from django.conf import settings
from django.db.models import F

from backoffice import rooms
from backoffice.models import JobRun

KIND = "schedule"  # the standing rows, one per entry of the schedule
GAP = "schedule.gap"  # a silence that is over
# A shorter silence than this is shown while it lasts but not kept: workers may simply have been busy.
KEEP_GAPS_OF = timedelta(minutes=3)


@dataclass(frozen=True)
class Tick:
    """One entry of the schedule: when it last ran, and when it should have run after that."""

    name: str
    every: timedelta | None
    last_at: datetime | None
    runs: int
    due_at: datetime | None
    is_late: bool

    @property
    def words(self) -> str:
        return rooms.kind_words(self.name)


def entry_of(task: str) -> str | None:
    """The schedule's name for a task, e.g. "sweep" for backoffice.sweep."""
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        if entry["task"] == task:
            return str(name)
    return None


def ran(name: str, now: datetime) -> None:
    """Note that the entry ran. After a long silence, leave a row that tells of it."""
    row = JobRun.objects.filter(kind=KIND, subject=name).order_by("pk").first()
    if row is None:
        JobRun.objects.create(
            kind=KIND,
            subject=name,
            trigger=JobRun.Trigger.SCHEDULE,
            status=JobRun.Status.DONE,
            started_at=now,
            heartbeat_at=now,
            finished_at=now,
            done=1,
        )
        return
    before = row.heartbeat_at
    # Only the worker that still sees the old time writes the gap.
    seen = JobRun.objects.filter(pk=row.pk, heartbeat_at=before)
    if seen.update(heartbeat_at=now, finished_at=now, done=F("done") + 1) and before is not None:
        due_at = _due(name, before)
        if due_at is not None and now - due_at > max(KEEP_GAPS_OF, _grace(name)):
            _keep_gap(name, before, now)


def _keep_gap(name: str, since: datetime, now: datetime) -> None:
    minutes = int((now - since).total_seconds() // 60)
    JobRun.objects.create(
        kind=GAP,
        subject=name,
        trigger=JobRun.Trigger.SCHEDULE,
        status=JobRun.Status.FAILED,
        started_at=since,
        finished_at=now,
        failure=f"“{rooms.kind_words(name)}” did not run for {minutes} minutes: the schedule or every worker "
        "was stopped or busy. What was due has been caught up with since.",
    )


def ticks(now: datetime) -> list[Tick]:
    """Every entry of the schedule, the late ones first."""
    rows = {row.subject: row for row in JobRun.objects.filter(kind=KIND).order_by("-pk")}
    since = min((row.started_at for row in rows.values() if row.started_at), default=None)
    found = [_tick(name, rows.get(name), since, now) for name in settings.CELERY_BEAT_SCHEDULE]
    return sorted(found, key=lambda tick: (not tick.is_late, tick.name))


def late(all_ticks: Iterable[Tick]) -> list[Tick]:
    return [tick for tick in all_ticks if tick.is_late]


def _tick(name: str, row: JobRun | None, since: datetime | None, now: datetime) -> Tick:
    """`since`: when the schedule first ran at all; an entry whose first turn is still to come is not late."""
    last_at = row.heartbeat_at if row else None
    counted_from = last_at or since
    due_at = _due(name, counted_from) if counted_from else None
    return Tick(
        name=name,
        every=getattr(_schedule(name), "run_every", None),
        last_at=last_at,
        runs=row.done if row else 0,
        due_at=due_at,
        is_late=due_at is None or now - due_at > _grace(name),
    )


def _schedule(name: str) -> BaseSchedule:
    entry = settings.CELERY_BEAT_SCHEDULE[name]["schedule"]
    schedule = maybe_schedule(entry if not isinstance(entry, float | int) else timedelta(seconds=entry))
    assert isinstance(schedule, BaseSchedule)
    return schedule


def _due(name: str, last_at: datetime) -> datetime | None:
    """When the entry should have run after `last_at`; None for one that is no longer in the schedule."""
    if name not in settings.CELERY_BEAT_SCHEDULE:
        return None
    schedule = _schedule(name)
    every = getattr(schedule, "run_every", None)
    if every is not None:
        return last_at + every
    start, step, _ = schedule.remaining_delta(last_at)  # crontab
    return start + step


def _grace(name: str) -> timedelta:
    """How late is too late: one more interval, and a little for a queue that has other work."""
    every = getattr(_schedule(name), "run_every", None) if name in settings.CELERY_BEAT_SCHEDULE else None
    return (every or timedelta(minutes=15)) + timedelta(seconds=10)
