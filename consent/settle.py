"""Write down what became of an errand, if the row is still ours: accepted, proved, to be tried again, or for a
person. And how the system is: one that does not answer is left alone for a while."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from consent import bulk, hold_pushes, propagate
from consent.cells import Meaning
from consent.errand import Outcome, Task
from consent.models import Connection, DeliveryEvent, HoldPush, Number, WriteBack
from consent.models.connection import pause_after
from consent.outside import BadCredentials, Busy, Refused
from consent.watch import is_right, pause

W = WriteBack.Status
UNKNOWN = Meaning.UNKNOWN


def settle(connection: Connection, outcome: Outcome, now: datetime) -> str:
    """Write down what became of an errand, if the row is still ours. Returns the word that counts it."""
    row = outcome.errand.row
    with transaction.atomic():
        Number.objects.select_for_update(no_key=True).get(pk=row.number_id)
        for what, exchange, note in outcome.steps:
            DeliveryEvent.log(row, what, note, **asdict(exchange))
        if isinstance(row, HoldPush):
            word = hold_pushes.settle(row, outcome, next_try(row.attempts, outcome, now), now)
        else:
            word = _settle_write_back(connection, row, outcome, now)
    note_health(connection, outcome, now)
    return word


def _settle_write_back(connection: Connection, row: WriteBack, outcome: Outcome, now: datetime) -> str:
    if outcome.is_written and row.status == W.SENT:
        accepted = {"status": W.ACCEPTED, "accepted_at": now, "note": "", "reads": 0}
        if not row.mine().update(**accepted):
            return "overtaken"
        row.status, row.accepted_at, row.reads = W.ACCEPTED, now, 1
    if row.status == W.SENT:
        return _settle_unsent(row, outcome, now)
    if row.status == W.SUPERSEDED and outcome.found is not None:
        return _settle_looked_up(row, outcome, now)
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
    left_at = row.sent_at if may_have_arrived else None
    if isinstance(trouble, Refused):
        row.mine().update(status=W.PARKED, sent_at=left_at, lease_until=None, next_try_at=None, note=note)
        return "refused"
    if row.attempts >= settings.DELIVERY["max_attempts"]:
        doubt = " Whether it arrived is not known." if may_have_arrived else ""
        note = f"Tried {row.attempts} times; at last: {note}{doubt}"
        row.mine().update(status=W.PARKED, sent_at=left_at, lease_until=None, next_try_at=None, note=note)
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
    note = f"It was read back, and says nothing about it ({found.text})." if found.value == UNKNOWN else ""
    if not row.mine().update(lease_until=None, next_try_at=None, reads=0, note=note):
        return "overtaken"
    status = propagate.read_back(row, value=found.value, text=found.text, now=now)
    if status == W.VERIFIED and row.watch_over_at is None:
        # The watch goes on: read as often as it asks for, spread over its hours.
        still = WriteBack.objects.filter(pk=row.pk, fence=row.fence, status=W.VERIFIED)
        still.update(next_try_at=now + pause())
    return status.value


def _settle_looked_up(row: WriteBack, outcome: Outcome, now: datetime) -> str:
    """It may have arrived and is no longer what is agreed: what the system says now is kept, and weighed."""
    assert outcome.found is not None
    if not row.mine().update(lease_until=None, next_try_at=None):
        return "overtaken"
    return propagate.read_back(row, value=outcome.found.value, text=outcome.found.text, now=now).value


def _settle_unread(connection: Connection, row: WriteBack, outcome: Outcome, now: datetime) -> str:
    """It was accepted and cannot be read back now, or ever: then a person is asked, or the next import shows whether
    it holds. What is watched is asked for with its next turn."""
    trouble = outcome.trouble
    if trouble is None:
        row.mine().update(lease_until=None, next_try_at=None)
    elif isinstance(trouble, BadCredentials) or (
        isinstance(trouble, Busy) and row.reads < settings.DELIVERY["max_reads"]
    ):
        again = next_try(row.reads, outcome, now)
        row.mine().update(lease_until=None, next_try_at=again, note=f"Not read back yet: {trouble}")
    elif row.status in {W.VERIFIED, W.REVERTED}:
        row.mine().update(
            lease_until=None, next_try_at=now + pause(), reads=0, note=f"Not read back: {trouble}"
        )
    else:
        note = f"It cannot be read back: {trouble} The next import from it shows whether it holds."
        row.mine().update(lease_until=None, next_try_at=None, note=note)
        bulk.touch([row.number_id])
    # One that was proved or overtaken before, and only looked at again, is no newly accepted one.
    return "accepted" if row.status == W.ACCEPTED else "unread"


def next_try(tries: int, outcome: Outcome, now: datetime, shortest: float | None = None) -> datetime:
    """Doubling waits with jitter; never earlier than the system asked for."""
    first = settings.DELIVERY["retry_seconds"] if shortest is None else shortest
    wait = min(first * 2 ** max(0, tries - 1), settings.DELIVERY["longest_wait_seconds"])
    asked = outcome.trouble.retry_after if isinstance(outcome.trouble, Busy) else None
    jittered = timedelta(seconds=wait * SystemRandom().uniform(0.75, 1.25))
    return now + max(jittered, asked or timedelta(0))


def note_health(connection: Connection, outcome: Outcome, now: datetime) -> None:
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
