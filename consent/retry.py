"""A person sends again what waits for one."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit, jobs
from backoffice.models import JobRun, System
from consent import bulk
from consent.models import Connection, DeliveryEvent, HoldPush, WriteBack
from consent.propagate import DELIVER

AT_ONCE = 10_000


def retry(system: System, *, by: User, now: datetime, only: int | None = None) -> int:
    """Let what is parked for the system leave again (`only`: one write-back). Each is weighed once more before it
    leaves. Returns how many."""
    parked = WriteBack.objects.filter(system=system, status=WriteBack.Status.PARKED)
    if only is not None:
        parked = parked.filter(pk=only)
    with transaction.atomic():
        rows = list(parked.select_for_update().order_by("pk").values_list("pk", "number")[:AT_ONCE])
        keys = [pk for pk, _ in rows]
        bulk.touch([number for _, number in rows])  # their flags wait for proof again
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            WriteBack.objects.filter(pk__in=some).update(
                status=WriteBack.Status.PENDING, attempts=0, next_try_at=None, lease_until=None, note=""
            )
            DeliveryEvent.objects.bulk_create(
                [
                    DeliveryEvent(system=system, write_back_id=pk, what=DeliveryEvent.What.RETRIED, by=by)
                    for pk in some
                ]
            )
        holds = 0
        if only is None:
            holds = HoldPush.objects.filter(system=system, status=HoldPush.Status.PARKED).update(
                status=HoldPush.Status.PENDING, attempts=0, next_try_at=None, note=""
            )
        audit.record(by, "write_back.retry", system, rows=len(keys), holds=holds, only=only)
        transaction.on_commit(lambda: _ring(system, by), robust=True)
    return len(keys) + holds


def look_again(system: System, *, now: datetime) -> int:
    """How the system is read was changed: what could not be read back by then is asked for again. Returns how many."""
    given_up = WriteBack.objects.live().filter(system=system, accepted_at__isnull=False, next_try_at=None)
    accepted = given_up.filter(status=WriteBack.Status.ACCEPTED, lease_until=None)
    return accepted.update(next_try_at=now, reads=0)


def try_now(system: System, *, by: User, now: datetime) -> None:
    """End the pause of a system: one request shows whether it answers again."""
    with transaction.atomic():
        Connection.objects.get(system=system).try_again()
        # Whoever asks wants to see something happen: what waits for its next try is due.
        waiting = [WriteBack.Status.PENDING, WriteBack.Status.SENT]
        WriteBack.objects.filter(system=system, status__in=waiting, next_try_at__gt=now).update(
            next_try_at=now
        )
        audit.record(by, "connection.try_now", system)
        transaction.on_commit(lambda: _ring(system, by), robust=True)


def _ring(system: System, by: User) -> None:
    if system.delivery in {System.Delivery.HTTP, System.Delivery.DROP}:
        jobs.start(DELIVER, system.slug, trigger=JobRun.Trigger.STAFF, by=by)
