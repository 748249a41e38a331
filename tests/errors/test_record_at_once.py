"""Two workers at once: nothing is counted twice, and no report waits for an attempt that is there."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from errors.life import Event, Status
from errors.models import AttemptEvent, ParkedEvent, SendAttempt
from errors.record import Report, Request, Source, record

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=1)
S = Status


def sent(ref: str) -> Report:
    return Report("twilio", "AC1", ref, Event(S.SENT), request=Request(submitted_at=NOON), source=Source.FILE)


def said(ref: str, status: Status, code: str = "") -> Report:
    return Report("twilio", "AC1", ref, Event(status, code), source=Source.CALLBACK)


def at_once(*works: Callable[[], None]) -> None:
    """Run these at the same moment, each on a connection of its own; raises what any of them raised."""
    start, failures = threading.Barrier(len(works)), []

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:  # noqa: BLE001  raised again below
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=180)
    if failures:
        raise failures[0]


def test_the_same_callback_at_two_workers_is_one_event(postgresql) -> None:
    record([sent("m")], now=NOW)
    at_once(*[lambda: record([said("m", S.DELIVERED)], now=NOW)] * 4)
    assert AttemptEvent.objects.filter(status=S.DELIVERED).count() == 1
    assert SendAttempt.objects.get().status == S.DELIVERED


@pytest.mark.parametrize("turn", range(8))
def test_a_report_never_misses_the_attempt_that_arrives(postgresql, turn: int) -> None:
    refs = [f"m{place}" for place in range(30)]
    random.Random(turn).shuffle(refs)
    at_once(
        lambda: record([sent(ref) for ref in refs], now=NOW),
        lambda: record([said(ref, S.DELIVERED) for ref in refs], now=NOW),
        lambda: [record([said(ref, S.UNDELIVERED, "30008")], now=NOW) for ref in refs],  # type: ignore[arg-type,return-value]
    )
    assert not ParkedEvent.objects.exists()
    assert set(SendAttempt.objects.values_list("status", flat=True)) == {S.DELIVERED}
    assert SendAttempt.objects.count() == 30
    assert AttemptEvent.objects.count() == 90


@pytest.mark.parametrize("turn", range(4))
def test_two_files_of_the_same_messages_bring_each_once(postgresql, turn: int) -> None:
    refs = [f"m{place}" for place in range(40)]
    backwards = refs[::-1]
    at_once(
        lambda: record([sent(ref) for ref in refs], now=NOW),
        lambda: record([sent(ref) for ref in backwards], now=NOW),
        lambda: record([said(ref, S.FAILED, "30007") for ref in backwards[:20]], now=NOW),
    )
    assert SendAttempt.objects.count() == 40
    assert SendAttempt.objects.failed().count() == 20
    assert not ParkedEvent.objects.exists()
