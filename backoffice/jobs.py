"""Background work that survives its worker: a row is the truth, the queue only rings.

start  writes the row, and rings after commit
work   claims the row, runs the verb, writes the outcome
sweep  rings again for what was not picked up, and for runs whose worker is gone
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueError
from redis.exceptions import RedisError

from backoffice.models import JobRun
from backoffice.models.job_run import MAX_ATTEMPTS
from backoffice.quiet_log import without_values

log = logging.getLogger(__name__)
KEEP_IDLE = timedelta(days=1)
RING_AGAIN_AFTER = timedelta(seconds=30)


class Cancelled(Exception):
    """A person asked the run to stop; what was committed stays."""


class LostLease(Exception):
    """Another worker took the run over; this one must not write."""


class TurnOver(Exception):
    """The run has had its share of a worker. What was committed stays; it goes on when its turn comes again."""


class Refused(Exception):
    """The work cannot be done and a repeat would not help; the message says what to mend, in plain words."""


Progress = Callable[..., None]  # takes done= and total=


def unwatched(**progress: int | None) -> None:
    """The progress of a command in the foreground: nobody has to be told."""


class Beat:
    """What a verb holds of its run: says how far it is, hears that it should stop."""

    def __init__(self, run: JobRun) -> None:
        self.run = run
        self.turn_ends = time.monotonic() + settings.JOB_TURN_SECONDS

    def __call__(self, *, done: int | None = None, total: int | None = None, can_go_on: bool = False) -> None:
        """Record progress and keep the lease. `can_go_on`: stopped here and called again, the verb goes on
        instead of starting over. Raises Cancelled, LostLease or TurnOver."""
        if not self.run.beat(timezone.now(), done=done, total=total):
            raise LostLease(self.run)
        if JobRun.objects.filter(pk=self.run.pk, cancel_wanted=True).exists():
            raise Cancelled(self.run)
        if can_go_on and time.monotonic() > self.turn_ends:
            raise TurnOver(self.run)


def start(
    kind: str,
    subject: object,
    *,
    trigger: str,
    by: User | None = None,
    not_before: datetime | None = None,
    **params: Any,
) -> JobRun:
    """Queue `kind` over `subject`. While one is unfinished a second call returns it instead of adding another."""
    try:
        with transaction.atomic():
            run = JobRun.objects.create(
                kind=kind,
                subject=str(subject),
                params=params,
                trigger=trigger,
                requested_by=by,
                not_before=not_before,
            )
    except IntegrityError:
        unfinished = JobRun.objects.unfinished().filter(kind=kind, subject=str(subject)).first()
        if unfinished is None:  # it ended between the two statements
            return start(kind, subject, trigger=trigger, by=by, not_before=not_before, **params)
        run = unfinished
    transaction.on_commit(lambda: ring(run.pk), robust=True)
    return run


def ring(run_id: int) -> bool:
    """Tell the queue that a run waits. False when the queue cannot be reached: the sweeper will ring again."""
    try:
        current_app.send_task("backoffice.work", args=[run_id], queue="celery")
    except (QueueError, RedisError, OSError) as error:
        log.warning(
            "run %s waits for the sweeper: the queue cannot be reached (%s)", run_id, type(error).__name__
        )
        return False
    JobRun.objects.filter(pk=run_id).update(rung_at=timezone.now())
    return True


def work(run_id: int, verbs: dict[str, Callable[..., dict[str, int]]]) -> dict[str, int]:
    """Claim the run and do it. Ringing twice, late or for a finished run does nothing."""
    run = JobRun.objects.filter(pk=run_id).first()
    if run is None or not run.claim(timezone.now()):
        return {}
    if run.cancel_wanted:
        _finish(run, JobRun.Status.CANCELLED)
        return {}
    if run.attempt > MAX_ATTEMPTS:
        _finish(
            run,
            JobRun.Status.FAILED,
            failure=f"Given up after {MAX_ATTEMPTS} attempts. {run.failure}".strip(),
        )
        return {}
    try:
        counts = verbs[run.kind](run.subject, beat=Beat(run), **run.params)
    except Cancelled:
        _finish(run, JobRun.Status.CANCELLED)
    except LostLease:
        log.warning("run %s was taken over by another worker", run_id)
    except TurnOver:
        # It got somewhere, so this was no failed attempt.
        if run.mine().update(status=JobRun.Status.QUEUED, lease_until=None, attempt=0):
            ring(run_id)
    except Refused as refusal:
        _finish(run, JobRun.Status.FAILED, failure=str(refusal))
    except OperationalError as error:
        # The database went away, had no room, or two writers blocked each other: the same work again, a little later.
        _again(run, f"The database gave up: {without_values(error)}. It will be tried again.")
    except SoftTimeLimitExceeded:
        connection.close()  # whatever it was doing was cut off in the middle
        minutes = settings.CELERY_TASK_SOFT_TIME_LIMIT // 60
        failure = f"Stopped after {minutes} minutes, the longest one step may take. What was committed stays."
        _finish(run, JobRun.Status.FAILED, failure=failure)
        raise
    except Exception as error:
        # Whatever went wrong must stand on the page as well as in the log, so it is written down and goes on up.
        where = traceback.extract_tb(error.__traceback__)[-1]
        _finish(
            run,
            JobRun.Status.FAILED,
            failure=f"Stopped by an error of ours: {type(error).__name__}: {without_values(error)} "
            f"({where.name}, line {where.lineno}). What was committed stays; “Try again” goes on from there.",
        )
        raise
    else:
        _finish(run, JobRun.Status.DONE, counts=counts)
        return counts
    return {}


def _finish(run: JobRun, status: str, **changes: Any) -> None:
    run.mine().update(status=status, finished_at=timezone.now(), lease_until=None, **changes)


def _again(run: JobRun, failure: str) -> None:
    connection.close()  # a broken connection would fail this write as well
    later = timezone.now() + timedelta(seconds=min(300, 5 * 2**run.attempt))
    run.mine().update(status=JobRun.Status.QUEUED, not_before=later, lease_until=None, failure=failure)


def sweep(now: datetime) -> dict[str, int]:
    """Ring for every run that waits or lost its worker. Safe to run twice and at once: a claim wins only once."""
    quiet = Q(rung_at=None) | Q(rung_at__lt=now - RING_AGAIN_AFTER)
    forgotten = JobRun.objects.claimable(now).filter(quiet).order_by("pk").values_list("pk", flat=True)[:500]
    rung = 0
    for run_id in forgotten:
        if not ring(run_id):
            break  # each try costs seconds while the queue is away; the next sweep tries again
        rung += 1
    return {"rung": rung}


def forget(now: datetime) -> dict[str, int]:
    """Remove rounds of the schedule that went well: those that found nothing to do a day later, as thousands would hide
    the others, the rest once their time is over. What they did stands where they did it."""
    rounds = JobRun.objects.filter(status=JobRun.Status.DONE, trigger=JobRun.Trigger.SCHEDULE)
    idle = Q(counts={}, finished_at__lt=now - KEEP_IDLE)
    over = Q(finished_at__lt=now - timedelta(days=settings.JOB_RUN_DAYS))
    removed, _ = rounds.filter(idle | over).exclude(kind__startswith="schedule").delete()
    return {"runs": removed}


def cancel(run: JobRun, by: User) -> None:
    """Ask a run to stop at its next committed step; one that waits or has lost its worker stops at once."""
    now = timezone.now()
    JobRun.objects.filter(pk=run.pk).update(cancel_wanted=True)
    at_rest = Q(status=JobRun.Status.QUEUED) | Q(status=JobRun.Status.RUNNING, lease_until__lt=now)
    JobRun.objects.filter(at_rest, pk=run.pk).update(
        status=JobRun.Status.CANCELLED, finished_at=now, lease_until=None
    )


def retry(run: JobRun, by: User) -> JobRun:
    """A new run with the same work; the old row stays as it ended."""
    return start(run.kind, run.subject, trigger=JobRun.Trigger.STAFF, by=by, **run.params)
