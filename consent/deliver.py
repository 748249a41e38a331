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
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from backoffice import jobs
from backoffice.models import JobRun, System
from consent import drop, hold_pushes, propagate
from consent.cells import Meaning
from consent.errand import Errand, Outcome, Task, What, run
from consent.models import AgreedStatus, Connection, DeliveryEvent, HoldPush, Number, Touched, WriteBack
from consent.models.connection import pause_after
from consent.outside import BadCredentials, Busy, Refused
from consent.rules import Status
from consent.watch import is_right

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
    counts: Counter[str] = Counter()
    passed_over: PassedOver = {}  # cannot leave now, or was tried in this run
    while connection := _in_service(system, clock()):
        width = 1 if connection.is_on_probation else connection.at_once
        errands = _take(system, connection, width, passed_over, clock())
        if not errands:
            break
        for outcome in _run_all(connection, errands):
            counts[_settle(connection, outcome, clock())] += 1
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
        if due(system, connection, now).exists() or hold_pushes.due(system, now).exists():
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
    """What is to be written over HTTP where nobody said how waits for a person."""
    ways = Connection.objects.filter(system=OuterRef("system")).exclude(base_url="").exclude(write_path="")
    stuck = WriteBack.objects.to_deliver(now).filter(~Exists(ways), system__delivery=System.Delivery.HTTP)
    return stuck.update(
        status=W.PARKED,
        note="Nobody said how this system is written to: fill in its connection, then try again.",
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


def due(system: System, connection: Connection, now: datetime) -> QuerySet[WriteBack]:
    """What may be worked on, the most urgent first: opt-outs before opt-ins, what leaves before what is read back,
    what was tried least before what fails."""
    waiting = Q(status=W.PENDING, not_before__lte=now)
    unsure = Q(status=W.SENT, lease_until__lt=Now())
    to_read = Q(status=W.ACCEPTED, next_try_at__isnull=False) if connection.can_read else Q(pk__in=[])
    rank = Case(
        When(status=W.ACCEPTED, then=Value(2)),
        When(value=Meaning.OUT.value, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    rows = WriteBack.objects.filter(waiting | unsure | to_read, WriteBack.ready(now), WriteBack.free())
    return rows.filter(system=system).order_by(rank, "attempts", "pk")


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
            take = hold_pushes.take if kind == "hold" else _take_one
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
    """Corrections, then holds, as (kind, key, number)."""
    for kind, rows in (("write_back", due(system, connection, now)), ("hold", hold_pushes.due(system, now))):
        skip = [pk for passed, pk in passed_over if passed == kind]
        for pk, number_id in rows.exclude(pk__in=skip).values_list("pk", "number_id")[:LOOK_AHEAD]:
            yield kind, pk, number_id


def _take_one(pk: int, connection: Connection, now: datetime) -> Errand | None:
    """Claim one row for what it needs next. None: it may not leave, or somebody else has it."""
    row = WriteBack.objects.select_related("system", "number", "program", "correction").get(pk=pk)
    if row.status == W.PENDING:
        task = _claim_to_write(row, now)
    elif row.status == W.SENT:
        task = _claim_to_resolve(row)
    elif row.status == W.ACCEPTED:
        task = _claim_to_read(row)
    else:
        return None
    if task is None:
        return None
    values = connection.values(
        number=row.number.e164,
        ref=row.ref,
        program=row.program.code,
        value=row.value,
        key=row.key,
        decided_at=row.correction.decided_at.isoformat(timespec="seconds"),
    )
    return Errand(row, task, values)


def _claim_to_write(row: WriteBack, now: datetime) -> Task | None:
    if propagate.drop_outdated(WriteBack.objects.filter(pk=row.pk)):
        _log(row, What.REPLACED, "The agreed status changed before this left.")
        return None
    if row.value == Meaning.IN.value and Touched.objects.filter(number=row.number_id).exists():
        return None  # what permits sending waits until the news are weighed
    try:
        with transaction.atomic():
            won = row.claim(status=W.SENT, sent_at=now, attempts=F("attempts") + 1, next_try_at=None)
    except IntegrityError:
        # Another correction for this number is out; this one has its turn after it. An opt-out does not wait for
        # the other's next try: it is looked up now.
        if row.value == Meaning.OUT.value:
            same = WriteBack.objects.filter(system=row.system_id, number=row.number_id, status=W.SENT)
            same.filter(lease_until__lt=Now()).update(next_try_at=now)
        return None
    return Task.WRITE if won else None


def _claim_to_resolve(row: WriteBack) -> Task | None:
    if _is_overtaken(row):
        note = "It may have arrived. The agreed status changed since, so it is not repeated."
        free = WriteBack.objects.filter(WriteBack.free(), pk=row.pk, fence=row.fence, status=W.SENT)
        if free.update(status=W.SUPERSEDED, lease_until=None, next_try_at=None, note=note):
            _log(row, What.REPLACED, note)
        return None
    was_lost = row.next_try_at is None
    if not row.claim(attempts=F("attempts") + 1, next_try_at=None):
        return None
    if was_lost:
        _log(row, What.LOST, "The worker that was sending it ended; whether it arrived is looked up first.")
    return Task.RESOLVE


def _claim_to_read(row: WriteBack) -> Task | None:
    later = WriteBack.objects.filter(
        pk__gt=row.pk, system=row.system_id, number=row.number_id, program=row.program_id, ref=row.ref
    ).exclude(status=W.CANCELLED)
    if later.exists():
        if row.mine().update(
            status=W.SUPERSEDED, next_try_at=None, note="A later decision is written over it."
        ):
            _log(row, What.REPLACED, "A later decision is written over it.")
        return None
    return Task.READ if row.claim(reads=F("reads") + 1, next_try_at=None) else None


def _is_overtaken(row: WriteBack) -> bool:
    agreed = AgreedStatus.objects.filter(number=row.number_id, program=row.program_id)
    return agreed.filter(status=Status.OPTED_IN).exists() != (row.value == Meaning.IN.value)


# --- What became of it ----------------------------------------------------------------------------------


def _run_all(connection: Connection, errands: Sequence[Errand]) -> list[Outcome]:
    if len(errands) == 1:
        return [run(connection, errands[0])]
    with ThreadPoolExecutor(max_workers=len(errands)) as side_by_side:
        return list(side_by_side.map(partial(run, connection), errands))


def _settle(connection: Connection, outcome: Outcome, now: datetime) -> str:
    """Write down what became of an errand, if the row is still ours. Returns the word that counts it."""
    row = outcome.errand.row
    with transaction.atomic():
        Number.objects.select_for_update(no_key=True).get(pk=row.number_id)
        for what, exchange, note in outcome.steps:
            _log(row, what, note, exchange.request, exchange.code, exchange.excerpt, exchange.seconds)
        if isinstance(row, HoldPush):
            word = hold_pushes.settle(row, outcome, next_try(row.attempts, outcome, now), now)
        else:
            word = _settle_write_back(connection, row, outcome, now)
    _note_health(connection, outcome, now)
    return word


def _settle_write_back(connection: Connection, row: WriteBack, outcome: Outcome, now: datetime) -> str:
    if outcome.is_written and row.status == W.SENT:
        accepted = {"status": W.ACCEPTED, "accepted_at": now, "note": "", "reads": 0}
        if not row.mine().update(**accepted):
            return "overtaken"
        row.status, row.accepted_at, row.reads = W.ACCEPTED, now, 1
    if row.status == W.SENT:
        return _settle_unsent(row, outcome, now)
    if outcome.found is not None:
        return _settle_read(connection, row, outcome, now)
    return _settle_unread(connection, row, outcome, now)


def _settle_unsent(row: WriteBack, outcome: Outcome, now: datetime) -> str:
    """The write did not succeed, or nobody knows."""
    trouble = outcome.trouble
    assert trouble is not None
    note = str(trouble)
    may_have_arrived = outcome.errand.task is Task.RESOLVE or (
        isinstance(trouble, Busy) and trouble.may_have_arrived
    )
    if isinstance(trouble, BadCredentials):
        # The system's fault, not the row's: it waits until somebody mends that.
        _keep_or_take_back(row, may_have_arrived, note, now, attempts=F("attempts") - 1)
        return "locked_out"
    if isinstance(trouble, Refused):
        row.mine().update(status=W.PARKED, lease_until=None, next_try_at=None, note=note)
        return "refused"
    if row.attempts >= settings.DELIVERY["max_attempts"]:
        doubt = " Whether it arrived is not known." if may_have_arrived else ""
        note = f"Tried {row.attempts} times; at last: {note}{doubt}"
        row.mine().update(status=W.PARKED, lease_until=None, next_try_at=None, note=note)
        return "parked"
    _keep_or_take_back(row, may_have_arrived, note, next_try(row.attempts, outcome, now))
    return "unsure" if may_have_arrived else "postponed"


def _keep_or_take_back(
    row: WriteBack, may_have_arrived: bool, note: str, again: datetime, **changes: Any
) -> None:
    if may_have_arrived:
        # It keeps its place before every later one for this number, with a lease that is over.
        note = f"{note} Whether it arrived is looked up first."
        row.mine().update(lease_until=Now(), next_try_at=again, note=note, **changes)
    else:
        row.mine().update(
            status=W.PENDING, lease_until=None, sent_at=None, next_try_at=again, note=note, **changes
        )


def _settle_read(connection: Connection, row: WriteBack, outcome: Outcome, now: datetime) -> str:
    assert outcome.found is not None
    assert row.accepted_at is not None
    found = outcome.found
    settled_by = row.accepted_at + timedelta(seconds=connection.settle_seconds)
    if not is_right(row.value, found.value) and now < settled_by:
        # Many systems say yes first and change the value a little later.
        again = min(next_try(row.reads, outcome, now, shortest=5.0), settled_by)
        row.mine().update(
            lease_until=None, next_try_at=again, note=f"It still says “{found.text}”; read again shortly."
        )
        return "accepted"
    if not row.mine().update(lease_until=None, next_try_at=None, note=""):
        return "overtaken"
    return propagate.read_back(row, value=found.value, text=found.text, now=now).value


def _settle_unread(connection: Connection, row: WriteBack, outcome: Outcome, now: datetime) -> str:
    """It was accepted and cannot be read back now, or ever: then the next import shows whether it holds."""
    trouble = outcome.trouble
    if trouble is None:
        row.mine().update(lease_until=None, next_try_at=None)
    elif isinstance(trouble, BadCredentials) or (
        isinstance(trouble, Busy) and row.reads < settings.DELIVERY["max_reads"]
    ):
        again = next_try(row.reads, outcome, now)
        row.mine().update(lease_until=None, next_try_at=again, note=f"Not read back yet: {trouble}")
    else:
        note = f"It cannot be read back: {trouble} The next import from it shows whether it holds."
        row.mine().update(lease_until=None, next_try_at=None, note=note)
    return "accepted"


def next_try(tries: int, outcome: Outcome, now: datetime, shortest: float | None = None) -> datetime:
    """Doubling waits with jitter; never earlier than the system asked for."""
    first = settings.DELIVERY["retry_seconds"] if shortest is None else shortest
    wait = min(first * 2 ** max(0, tries - 1), settings.DELIVERY["longest_wait_seconds"])
    asked = outcome.trouble.retry_after if isinstance(outcome.trouble, Busy) else None
    jittered = timedelta(seconds=wait * SystemRandom().uniform(0.75, 1.25))
    return now + max(jittered, asked or timedelta(0))


def _note_health(connection: Connection, outcome: Outcome, now: datetime) -> None:
    """Keep the system's breaker: what does not answer is left alone for a while, and what does not let us in until
    a person looks."""
    trouble = outcome.trouble
    if isinstance(trouble, BadCredentials):
        connection.stop(str(trouble))
    elif isinstance(trouble, Busy):
        Connection.objects.filter(pk=connection.pk).update(failures=F("failures") + 1)
        connection.refresh_from_db(fields=["failures", "pauses", "paused_until"])
        too_many = connection.failures >= settings.DELIVERY["failures_to_pause"]
        if trouble.retry_after is not None:
            connection.pause(now + trouble.retry_after, f"It asked us to wait. {trouble}")
        elif too_many or connection.is_on_probation:
            shortest = timedelta(seconds=settings.DELIVERY["pause_seconds"])
            longest = timedelta(seconds=settings.DELIVERY["longest_wait_seconds"])
            why = f"Paused after {connection.failures} failures in a row; the last: {trouble}"
            connection.pause(now + pause_after(connection.pauses, shortest, longest), why)
    elif connection.failures or connection.pauses or connection.answered_at is None:
        connection.answered(now)
    else:
        Connection.objects.filter(pk=connection.pk, answered_at__lt=now - timedelta(minutes=1)).update(
            answered_at=now
        )


def _log(
    row: WriteBack | HoldPush,
    what: What,
    note: str = "",
    request: str = "",
    code: int | None = None,
    excerpt: str = "",
    seconds: float = 0,
) -> None:
    DeliveryEvent.objects.create(
        system_id=row.system_id,
        write_back=row if isinstance(row, WriteBack) else None,
        hold_push=row if isinstance(row, HoldPush) else None,
        what=what,
        note=note,
        request=request,
        code=code,
        excerpt=excerpt,
        seconds=seconds,
    )
