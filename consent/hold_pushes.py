"""Tell messaging platforms which numbers to leave alone: one row per system, number and program, kept in step with
the holds in force and delivered like corrections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from backoffice import jobs
from backoffice.models import JobRun, System
from consent.errand import Errand, Outcome, Task
from consent.models import Connection, Hold, HoldPush
from consent.outside import BadCredentials, Refused
from consent.propagate import DELIVER

P = HoldPush.Status
SLICE = 500  # changes of mind stored at once


def keep_in_step(connection: Connection, *, now: datetime) -> int:
    """Ask the system to hold what is held and to release what no hold stands for any more. Safe to run twice.
    Returns how many changes it stored."""
    if not connection.can_hold:
        return 0
    pushes = HoldPush.objects.filter(system=connection.system_id)
    # Each side is looked for among what is held on the other, never among all that ever was.
    told = pushes.filter(number=OuterRef("number"), program=OuterRef("program"), is_held=True)
    untold = Hold.objects.open().filter(~Exists(told)).order_by().values_list("number", "program")
    pairs = set(untold.distinct()[:SLICE])
    known = {
        (number, program): pk
        for pk, number, program in pushes.filter(number__in={number for number, _ in pairs}).values_list(
            "pk", "number", "program"
        )
    }
    made = HoldPush.objects.bulk_create(
        [
            HoldPush(
                system_id=connection.system_id,
                number_id=number,
                program_id=program,
                is_held=True,
                changed_at=now,
            )
            for number, program in sorted(pairs - set(known))
        ],
        ignore_conflicts=True,
    )
    again = _change([known[pair] for pair in pairs & set(known)], is_held=True, now=now)
    standing = Hold.objects.open().filter(number=OuterRef("number"), program=OuterRef("program"))
    over = pushes.filter(~Exists(standing), is_held=True).values_list("pk", flat=True)[:SLICE]
    return len(made) + again + _change(list(over), is_held=False, now=now)


def ring() -> None:
    """Holds were placed or lifted: the systems that are told of them hear of it once that is committed. The schedule
    finds what a lost ring forgot."""
    told = Connection.objects.filter(system__is_active=True, system__delivery=System.Delivery.HTTP)
    for slug in told.exclude(hold_path="").order_by("pk").values_list("system__slug", flat=True):
        start = partial(jobs.start, DELIVER, slug, trigger=JobRun.Trigger.SCHEDULE)
        transaction.on_commit(start, robust=True)


def _change(keys: Sequence[int], *, is_held: bool, now: datetime) -> int:
    """A change of mind: a new turn with tries of its own. What is out under the old turn loses its right to settle."""
    return HoldPush.objects.filter(pk__in=keys, is_held=not is_held).update(
        is_held=is_held,
        turn=F("turn") + 1,
        fence=F("fence") + 1,
        status=P.PENDING,
        attempts=0,
        next_try_at=None,
        changed_at=now,
        note="",
    )


def due(system: System, now: datetime) -> QuerySet[HoldPush]:
    """What may be sent, holds before releases."""
    rows = HoldPush.objects.filter(HoldPush.ready(now), HoldPush.free(), system=system)
    rows = rows.filter(Q(status=P.PENDING) | Q(status=P.SENT, lease_until__lt=Now()))
    rows = rows.filter(status__in=[P.PENDING, P.SENT])  # so that the index is found
    return rows.order_by("-is_held", "attempts", "pk")


def take(pk: int, connection: Connection, now: datetime) -> Errand | None:
    """Claim one. What is to be paused and resumed is the same however often it is said, so nothing is looked up."""
    row = HoldPush.objects.select_related("system", "number", "program").get(pk=pk)
    standing = Hold.objects.open().filter(number=row.number_id, program=row.program_id)
    if row.is_held != standing.exists():
        return None  # the next round turns it
    if not row.claim(status=P.SENT, attempts=F("attempts") + 1, next_try_at=None):
        return None
    values = connection.values(
        number=row.number.e164,
        ref="",
        program=row.program.code,
        value="out" if row.is_held else "in",
        key=row.key,
        decided_at=row.changed_at.isoformat(timespec="seconds"),
    )
    return Errand(row, Task.HOLD, values)


def settle(row: HoldPush, outcome: Outcome, again: datetime, now: datetime) -> str:
    """Write down what became of it. Returns the word that counts it."""
    trouble, mine = outcome.trouble, row.mine()
    if trouble is None:
        told = mine.update(status=P.ACCEPTED, lease_until=None, accepted_at=now, note="")
        return "overtaken" if not told else "held" if row.is_held else "released"
    is_final = isinstance(trouble, Refused) and not isinstance(trouble, BadCredentials)
    if is_final or row.attempts >= settings.DELIVERY["max_attempts"]:
        mine.update(status=P.PARKED, lease_until=None, next_try_at=None, note=str(trouble))
        return "parked"
    # Repeated like this the order still holds: the lease keeps a newer turn waiting until this request is over.
    mine.update(status=P.PENDING, lease_until=None, next_try_at=again, note=str(trouble))
    return "postponed"
