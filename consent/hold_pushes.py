"""Tell messaging platforms which numbers to leave alone: one row per system, number and program, kept in step with
the holds in force and delivered like corrections."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from backoffice.models import System
from consent.errand import Errand, Outcome, Task
from consent.models import Connection, Hold, HoldPush
from consent.outside import BadCredentials, Refused

P = HoldPush.Status
SLICE = 500  # changes of mind stored at once


def keep_in_step(connection: Connection, *, now: datetime) -> int:
    """Ask the system to hold what is held and to release what no hold stands for any more. Safe to run twice.
    Returns how many changes it stored."""
    if not connection.can_hold:
        return 0
    pushes = HoldPush.objects.filter(system=connection.system_id)
    told = pushes.filter(number=OuterRef("number"), program=OuterRef("program"))
    held = Hold.objects.open().filter(~Exists(told.filter(is_held=True)))
    new = held.filter(~Exists(told)).values_list("number", "program").distinct()[:SLICE]
    made = HoldPush.objects.bulk_create(
        [
            HoldPush(
                system_id=connection.system_id,
                number_id=number,
                program_id=program,
                is_held=True,
                changed_at=now,
            )
            for number, program in new
        ],
        ignore_conflicts=True,
    )
    standing = Hold.objects.open().filter(number=OuterRef("number"), program=OuterRef("program"))
    again = _change(pushes.filter(Exists(standing), is_held=False), is_held=True, now=now)
    free = _change(pushes.filter(~Exists(standing), is_held=True), is_held=False, now=now)
    return len(made) + again + free


def _change(pushes: QuerySet[HoldPush], *, is_held: bool, now: datetime) -> int:
    """A change of mind: a new turn with tries of its own. What is out under the old turn loses its right to settle."""
    some = list(pushes.values_list("pk", flat=True)[:SLICE])
    return HoldPush.objects.filter(pk__in=some, is_held=not is_held).update(
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
    return rows.filter(Q(status=P.PENDING) | Q(status=P.SENT, lease_until__lt=Now())).order_by(
        F("is_held").desc(), "attempts", "pk"
    )


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
