"""What must always be so, whatever was killed, repeated or done at once: sums that add up, rows that agree.

Each room lists its own identities (settings.IDENTITIES); `manage.py verify_ledger` and a nightly run check them all.
An identity that is broken means that something was lost, doubled or changed behind the product's back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import jobs, schedule
from backoffice.models import AppendOnly, ImportBatch, JobRun

KIND = "backoffice.verify_ledger"
EVERY = timedelta(hours=24)
SHOWN = 5  # examples of what breaks an identity
AT_ONCE = 500  # rows that are locked at the same time: a STOP for one of them must not wait long
SAMPLE = 5_000  # rows that are worked out anew where a whole table would take long


@dataclass(frozen=True)
class Identity:
    """One thing that must be so. `broken` counts what it is not so for; `examples` names some of them."""

    name: str
    broken: int = 0
    examples: tuple[str, ...] = ()


def identity(name: str, breaking: Iterable[Any]) -> Identity:
    """An identity from everything that breaks it, in words."""
    rows = iter(breaking)
    shown = [str(row) for row in islice(rows, SHOWN)]
    return Identity(name, len(shown) + sum(1 for _ in rows), tuple(shown))


def check(*, whole: bool = False, now: datetime) -> Iterator[Identity]:
    """Every identity of every room. `whole`: no samples, however long it takes."""
    for path in settings.IDENTITIES:
        yield from import_string(path)(whole=whole, now=now)


def verify(subject: str, *, beat: jobs.Progress, **_: Any) -> dict[str, int]:
    """The nightly run. Raises Refused, naming what is broken, so that the page of runs and the home page say so."""
    found = []
    for one in check(now=timezone.now()):
        found.append(one)
        beat(done=len(found))
    if broken := [one for one in found if one.broken]:
        words = "; ".join(f"{one.name}: {one.broken:,} broken, e.g. {one.examples[0]}" for one in broken)
        raise jobs.Refused(f"{words}. `manage.py verify_ledger` lists them.")
    return {"identities": len(found)}


def ring(*, trigger: str, now: datetime) -> jobs.JobRun | None:
    """Queue the run, if the last one began a day ago or there was none."""
    last = last_verified()
    if last is not None and now - last.queued_at < EVERY:
        return None
    return jobs.start(KIND, "every identity", trigger=trigger)


def last_verified() -> JobRun | None:
    """The last run of `verify` that came to an end, good or bad."""
    ended = JobRun.objects.filter(kind=KIND, finished_at__isnull=False)
    return ended.order_by("-queued_at", "-pk").first()


# --- the ground floor's own -------------------------------------------------------------------------------------


def of_files_and_runs(*, whole: bool, now: datetime) -> Iterator[Identity]:
    yield identity("Every row of every finished file is in exactly one bucket", _not_adding_up())
    yield identity("No run ended without saying how", _unended())
    yield identity("Tables that may only grow are guarded by the database", _unguarded())
    yield identity("No entry of the schedule is missing its turns", _silent(now))


def _not_adding_up() -> Iterator[str]:
    finished = ImportBatch.objects.filter(status__in=ImportBatch.FINISHED).order_by("pk")
    for batch in finished.defer("preview", "dialect").iterator(chunk_size=500):
        if not batch.adds_up:
            yield f"batch {batch.pk}: {batch.data_rows:,} rows in buckets, {batch.rows_total} in the file"


def _unended() -> Iterator[str]:
    ended = JobRun.objects.unfinished().filter(finished_at__isnull=False)
    leased = JobRun.objects.exclude(status=JobRun.Status.RUNNING).filter(lease_until__isnull=False)
    for pk in (ended | leased).order_by("pk").values_list("pk", flat=True):
        yield f"run {pk}"


def _unguarded() -> Iterator[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:  # one that is switched off guards nothing
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        there = {name for (name,) in cursor.fetchall()}
    actions = ("update", "delete") if connection.vendor == "sqlite" else ("update", "delete", "truncate")
    for model in apps.get_models():
        if issubclass(model, AppendOnly):
            table = model._meta.db_table
            missing = [action for action in actions if f"{table}_no_{action}" not in there]
            if missing:
                yield f"{table} lets {' and '.join(missing)} pass"


def _silent(now: datetime) -> Iterator[str]:
    """Where no schedule ever ran (a fresh database, a test) none is missing."""
    ticks = schedule.ticks(now)
    if any(tick.last_at for tick in ticks):
        yield from (f"{tick.name}, last {tick.last_at or 'never'}" for tick in schedule.late(ticks))


# --- what rooms use ---------------------------------------------------------------------------------------------


def sampled(keys: models.QuerySet[Any, Any], *, whole: bool) -> Iterator[Sequence[int]]:
    """Primary keys, some at a time: all of them, or the newest SAMPLE."""
    if not whole:
        newest = list(keys.order_by("-pk").values_list("pk", flat=True)[:SAMPLE])
        yield from (newest[start : start + AT_ONCE] for start in range(0, len(newest), AT_ONCE))
        return
    last = 0
    while some := list(keys.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        yield some
        last = some[-1]
