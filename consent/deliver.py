"""Deliver what waits for one system: corrections over HTTP or into its drop folder, holds over HTTP.

A row is taken under its number's lock (the agreed status is looked at once more there), the request goes out with
no transaction open, and what became of it is written by whoever still holds the row. Nothing is sent twice at once;
what may have arrived is looked up before it is repeated, and repeated under the same key.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from backoffice import jobs
from backoffice.models import JobRun, System
from consent import drop, hold_pushes, propagate
from consent.claim import claim
from consent.errand import Errand, Outcome, run
from consent.models import Connection, HoldPush, Number, WriteBack
from consent.models.correction import LIVE
from consent.settle import settle

W = WriteBack.Status
LOOK_AHEAD = (
    24  # rows looked at before the order is asked for again: an opt-out that comes in must not wait long
)
Clock = Callable[[], datetime]
PassedOver = dict[tuple[str, int], int]  # (kind, key) → number


def deliver(
    slug: str, *, beat: jobs.Progress = jobs.unwatched, clock: Clock = timezone.now
) -> dict[str, int]:
    """Deliver everything that is due for the system. Safe to run twice and at once. Returns counts by outcome."""
    system = System.objects.get(slug=slug)
    if system.delivery == System.Delivery.DROP:
        return drop.drop(system, now=clock())
    if system.delivery != System.Delivery.HTTP:
        return {}
    if isinstance(beat, jobs.Beat):  # a slow system makes way for the others
        beat.turn_ends = min(beat.turn_ends, time.monotonic() + settings.DELIVERY["turn_seconds"])
    if connection := _in_service(system, clock()):
        hold_pushes.keep_in_step(connection, now=clock())
    counts: Counter[str] = Counter()
    passed_over: PassedOver = {}  # cannot leave now, or was tried in this run
    while connection := _in_service(system, clock()):
        width = 1 if connection.is_on_probation else connection.at_once
        looked_at = len(passed_over)
        errands = _take(system, connection, width, passed_over, clock())
        if not errands and len(passed_over) - looked_at < LOOK_AHEAD:
            break  # after a full look that took nothing there may be more behind it
        for outcome in _run_all(connection, errands):
            counts[settle(connection, outcome, clock())] += 1
            _let_others_in(outcome.errand, passed_over)
        beat(done=counts.total(), can_go_on=True)
    return dict(counts)


def due_systems(now: datetime) -> list[System]:
    """Systems for which something may leave now."""
    found = []
    for system in System.objects.filter(delivery=System.Delivery.HTTP, is_active=True).order_by("pk"):
        connection = _in_service(system, now)
        if connection is None:
            continue
        hold_pushes.keep_in_step(connection, now=now)
        if any(rows.exists() for _, rows in due(system, connection, now)):
            found.append(system)
    return found + drop.due_systems(now)


def ring(*, now: datetime, trigger: str = JobRun.Trigger.SCHEDULE) -> dict[str, int]:
    """Start a run for every system for which something may leave."""
    park_undeliverable(now)
    return {
        "queued": len(
            [jobs.start(propagate.DELIVER, system.slug, trigger=trigger) for system in due_systems(now)]
        )
    }


def park_undeliverable(now: datetime) -> int:
    """What is to be written over HTTP where nobody said how waits for a person; so does what left for a system that is
    not written to like that any more, and that nobody will look up."""
    ways = Connection.objects.filter(system=OuterRef("system")).exclude(base_url="").exclude(write_path="")
    stuck = WriteBack.objects.to_deliver(now).filter(~Exists(ways), system__delivery=System.Delivery.HTTP)
    unsure = WriteBack.objects.filter(status=W.SENT, lease_until__lt=Now())
    left_alone = ~Exists(ways) | ~Q(system__delivery=System.Delivery.HTTP) | Q(system__is_active=False)
    return stuck.update(
        status=W.PARKED,
        note="Nobody said how this system is written to: fill in its connection, then try again.",
    ) + unsure.filter(left_alone).update(
        status=W.PARKED,
        lease_until=None,
        next_try_at=None,
        note="It left over HTTP, and nobody knows whether it arrived: look in the system and change the value there "
        "by hand, or send it again.",
    )


# --- What is due ----------------------------------------------------------------------------------------


def _in_service(system: System, now: datetime) -> Connection | None:
    """The system's connection as it is now; None while it is paused, stopped or not filled in."""
    connection = (
        Connection.objects.select_related("system").filter(system=system, system__is_active=True).first()
    )
    if connection is None or not connection.can_write or not connection.is_open_for_business(now):
        return None
    return connection


def due(
    system: System, connection: Connection, now: datetime
) -> list[tuple[str, QuerySet[WriteBack] | QuerySet[HoldPush]]]:
    """What may be worked on, the most urgent first, as (kind, rows): corrections that leave, those to be read back,
    holds. Each is read in the order of an index, as far as somebody wants to look."""
    found: list[tuple[str, QuerySet[WriteBack] | QuerySet[HoldPush]]] = [
        ("write_back", _leaving(system, now)),
        ("hold", hold_pushes.due(system, now)),
    ]
    if connection.can_read:
        found.insert(1, ("write_back", _to_read(system, now)))
    return found


def _leaving(system: System, now: datetime) -> QuerySet[WriteBack]:
    """Opt-outs before opt-ins, what was tried least before what fails."""
    waiting = Q(status=W.PENDING, not_before__lte=now)
    unsure = Q(status=W.SENT, lease_until__lt=Now())
    rows = WriteBack.objects.filter(WriteBack.ready(now), WriteBack.free(), system=system)
    rows = rows.filter(waiting | unsure, status__in=[W.PENDING, W.SENT])  # so that the index is found
    return rows.order_by("-value", "attempts", "pk")  # "out" before "in"


def _to_read(system: System, now: datetime) -> QuerySet[WriteBack]:
    """What waits longest first."""
    # Read back after it was written, and again while it is watched.
    watched = LIVE & Q(status__in=[W.VERIFIED, W.REVERTED])
    # What was overtaken is asked for once where it may have arrived all the same.
    overtaken = Q(status=W.SUPERSEDED, sent_at__isnull=False)
    rows = WriteBack.objects.filter(WriteBack.free(), system=system, next_try_at__lte=now)
    return rows.filter(Q(status=W.ACCEPTED) | watched | overtaken).order_by("next_try_at", "pk")


def _take(
    system: System, connection: Connection, width: int, passed_over: PassedOver, now: datetime
) -> list[Errand]:
    """Take up to `width` rows of different numbers. What cannot be had is passed over for the rest of the run."""
    taken: list[Errand] = []
    for kind, pk, number_id in _candidates(system, connection, passed_over, now):
        if len(taken) == width:
            break
        passed_over[kind, pk] = number_id
        with transaction.atomic():
            # A revocation that is just being logged is not overtaken by an older "in".
            Number.objects.select_for_update(no_key=True).get(pk=number_id)
            take = hold_pushes.take if kind == "hold" else claim
            errand = take(pk, connection, now)
        if errand is not None:
            taken.append(errand)
    return taken


def _let_others_in(errand: Errand, passed_over: PassedOver) -> None:
    """What had to wait for this one of the same number may be looked at again."""
    own = ("hold" if isinstance(errand.row, HoldPush) else "write_back", errand.row.pk)
    for key, number_id in list(passed_over.items()):
        if number_id == errand.row.number_id and key != own:
            del passed_over[key]


def _candidates(
    system: System, connection: Connection, passed_over: PassedOver, now: datetime
) -> Iterable[tuple[str, int, int]]:
    """What is due, as (kind, key, number)."""
    for kind, rows in due(system, connection, now):
        skip = [pk for passed, pk in passed_over if passed == kind]
        for pk, number_id in rows.exclude(pk__in=skip).values_list("pk", "number_id")[:LOOK_AHEAD]:
            yield kind, pk, number_id


def _run_all(connection: Connection, errands: Sequence[Errand]) -> list[Outcome]:
    if len(errands) < 2:
        return [run(connection, errand) for errand in errands]
    with ThreadPoolExecutor(max_workers=len(errands)) as side_by_side:
        return list(side_by_side.map(partial(run, connection), errands))
