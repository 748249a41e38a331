"""The counts equal the rows, whatever happened to the rows."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import close_old_connections, connection, transaction

from backoffice import jobs
from backoffice.models import JobRun
from errors import life, rollup, tasks
from errors.models import DIMENSIONS, AttemptHour, SendAttempt, TouchedHour
from errors.windows import hour_of
from tests.errors import make
from tests.errors.make import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = NOW.replace(hour=0)


def from_rows() -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """{(hour, *DIMENSIONS): (attempts, delivered, failed)}, counted one by one."""
    attempts, delivered, failed = Counter(), Counter(), Counter()
    for row in SendAttempt.objects.all():
        key = (hour_of(row.submitted_at), *(getattr(row, name) for name in DIMENSIONS))
        attempts[key] += 1
        delivered[key] += life.Status(row.status) in life.SUCCEEDED
        failed[key] += life.Status(row.status) in life.FAILED
    return {key: (attempts[key], delivered[key], failed[key]) for key in attempts}


def from_counts() -> dict[tuple[Any, ...], tuple[int, int, int]]:
    rows = AttemptHour.objects.values_list("hour", *DIMENSIONS, "attempts", "delivered", "failed")
    found = {row[:-3]: row[-3:] for row in rows}
    assert len(found) == len(rows), "one row per hour and kind"
    return found


def count() -> dict[str, int]:
    return rollup.rollup("test", beat=jobs.unwatched)


def random_attempt(dice: random.Random) -> SendAttempt:
    return make.attempt(
        dice.choice(list(life.Status)),
        # On full hours too: each belongs to the hour that it begins.
        submitted_at=START + dice.choice([0, 0.5, 59.999]) * MINUTE + dice.randrange(30) * HOUR,
        provider=dice.choice(["twilio", "vonage"]),
        country=dice.choice(["", "US", "PH"]),
        carrier=dice.choice(["", "Ünï “cell”"]),
        campaign=dice.choice(["", "spring"]),
        template=dice.choice(["", "t1"]),
        sender=dice.choice(["", "+14155550100"]),
        encoding=dice.choice(["", "GSM-7", "UCS-2"]),
        segments=dice.choice([None, 1, 2]),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_counts_equal_the_rows_of_a_random_log_and_follow_its_changes(seed: int):
    dice = random.Random(seed)
    for _ in range(120):
        random_attempt(dice)
    count()
    assert from_counts() == from_rows()
    for row in dice.sample(list(SendAttempt.objects.all()), 30):
        row.status = dice.choice(list(life.Status))
        row.is_failed = row.status in life.FAILED
        row.save()
        rollup.touch([row.submitted_at])
    for row in dice.sample(list(SendAttempt.objects.all()), 20):
        row.delete()
        rollup.touch([row.submitted_at])
    random_attempt(dice)
    assert from_counts() != from_rows()
    count()
    assert from_counts() == from_rows()
    assert not TouchedHour.objects.exists()


@pytest.mark.django_db
def test_only_hours_with_news_are_counted_and_a_second_run_does_nothing():
    make.attempt()
    make.attempt(submitted_at=NOW + HOUR)
    assert count() == {"hours": 2, "rows": 2}
    before = set(AttemptHour.objects.values_list("pk", flat=True))
    assert count() == {}
    make.attempt("failed")
    assert count() == {"hours": 1, "rows": 1}
    assert len(before & set(AttemptHour.objects.values_list("pk", flat=True))) == 1
    assert AttemptHour.objects.get(hour=NOW).failed == 1


@pytest.mark.django_db
def test_an_hour_whose_attempts_are_gone_has_no_counts():
    made = make.attempt()
    count()
    made.delete()
    rollup.touch([made.submitted_at])
    assert count() == {"hours": 1, "rows": 0}
    assert not AttemptHour.objects.exists()


@pytest.mark.django_db
def test_a_message_on_its_way_is_an_attempt_that_is_neither_delivered_nor_failed():
    for status in (
        "sent",
        "canceled",
        "blocked",
        "delivery_unknown",
        "submit_unknown",
        "delivered",
        "expired",
    ):
        make.attempt(status)
    count()
    [totals] = AttemptHour.objects.by("provider")
    assert totals == {"provider": "twilio", "attempts": 7, "settled": 2, "delivered": 1, "failed": 1}


@pytest.mark.django_db
def test_totals_of_a_window_by_what_is_asked():
    make.attempt(submitted_at=NOW - timedelta(seconds=1), country="US")
    make.attempt(submitted_at=NOW, country="US", campaign="spring")
    make.attempt("failed", submitted_at=NOW + HOUR, country="US", campaign="spring")
    make.attempt("failed", submitted_at=NOW + 2 * HOUR, country="US")
    count()
    window = AttemptHour.objects.between(NOW, NOW + 2 * HOUR)
    assert list(window.by("country", "campaign")) == [
        {"country": "US", "campaign": "spring", "attempts": 2, "settled": 2, "delivered": 1, "failed": 1}
    ]
    assert {row["hour"]: row["failed"] for row in window.by("hour")} == {NOW: 0, NOW + HOUR: 1}


@pytest.mark.django_db
def test_a_window_within_an_hour_is_refused_instead_of_answered_wrongly():
    with pytest.raises(ValueError, match="whole hours"):
        AttemptHour.objects.between(NOW + MINUTE, NOW + DAY)


@pytest.mark.django_db
def test_failures_by_code_come_from_the_failed_rows():
    for code in ("30007", "30007", "", "0030007"):
        make.attempt("undelivered", error_code=code)
    make.attempt("delivered", error_code="30007")
    found = {(row["provider"], row["error_code"]): row["failures"] for row in SendAttempt.objects.by_code()}
    assert found == {("twilio", "30007"): 2, ("twilio", ""): 1, ("twilio", "0030007"): 1}


@pytest.mark.django_db
def test_full_counts_also_what_nobody_touched(capsys: pytest.CaptureFixture[str]):
    make.attempt()
    AttemptHour.objects.create(hour=NOW - DAY, provider="gone", attempts=1, delivered=0, failed=0)
    TouchedHour.objects.all().delete()
    call_command("count_sends", "--json")
    assert from_counts() != from_rows()
    call_command("count_sends", "--full", "--json")
    assert capsys.readouterr().out.splitlines() == ['{"hours": 0, "rows": 0}', '{"hours": 2, "rows": 1}']
    assert from_counts() == from_rows()


@pytest.mark.django_db
def test_the_schedule_rings_only_when_an_hour_waits_and_only_once():
    assert tasks.count_sends() == {"queued": 0}
    make.attempt()
    assert tasks.count_sends() == {"queued": 1}
    tasks.count_sends()
    run = JobRun.objects.get(kind="errors.rollup")
    assert jobs.work(run.pk, {"errors.rollup": rollup.rollup}) == {"hours": 1, "rows": 1}
    assert tasks.count_sends() == {"queued": 0}


@pytest.mark.django_db
def test_a_run_that_makes_way_goes_on_with_the_rest(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rollup, "HOURS_AT_ONCE", 2)
    for hour in range(5):
        make.attempt(submitted_at=NOW + hour * HOUR)

    def turn_is_over(*, can_go_on: bool = False, **_: Any) -> None:
        assert can_go_on
        raise jobs.TurnOver

    with pytest.raises(jobs.TurnOver):
        rollup.rollup("test", beat=turn_is_over)
    # The newest hours are what people look at: they were first.
    assert set(AttemptHour.objects.values_list("hour", flat=True)) == {NOW + 3 * HOUR, NOW + 4 * HOUR}
    assert count() == {"hours": 3, "rows": 3}
    assert from_counts() == from_rows()


class Killed(BaseException):
    pass


@pytest.mark.django_db
def test_a_count_that_is_cut_off_leaves_the_old_counts_and_the_hour_waiting(monkeypatch: pytest.MonkeyPatch):
    made = make.attempt()
    count()
    made.delete()
    rollup.touch([NOW])

    def die(*_: Any) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rollup, "_insert", die)
        with pytest.raises(Killed):
            rollup.count_hour(NOW)
    assert AttemptHour.objects.filter(hour=NOW).exists()
    assert TouchedHour.objects.filter(hour=NOW).exists()
    count()
    assert from_counts() == from_rows() == {}


@pytest.mark.django_db(transaction=True)
def test_attempts_that_arrive_while_their_hour_is_counted_are_counted_next():
    make.attempt()
    counted, arrived = threading.Event(), threading.Event()

    def arrive() -> None:
        try:
            counted.wait(timeout=120)
            with transaction.atomic():  # waits for the count where it must
                make.attempt("failed")
            arrived.set()
        finally:
            close_old_connections()
            connection.close()

    thread = threading.Thread(target=arrive)
    thread.start()
    with transaction.atomic():
        rollup.count_hour(NOW)
        counted.set()
        # Its hour is being taken away: the writer cannot be through before this transaction is.
        assert not arrived.wait(timeout=0.5)
    thread.join(timeout=120)
    assert arrived.is_set()
    assert AttemptHour.objects.get().attempts == 1
    assert count() == {"hours": 1, "rows": 1}
    assert from_counts() == from_rows()


@pytest.mark.django_db(transaction=True)
def test_an_hour_that_is_being_written_is_counted_after_the_writer(postgresql: None):
    """The count waits for a writer that has touched the hour before."""
    make.attempt()
    touched, go_on = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                make.attempt("failed")
                touched.set()
                go_on.wait(timeout=120)
        finally:
            close_old_connections()
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert touched.wait(timeout=120)
    threading.Timer(0.3, go_on.set).start()
    count()
    thread.join(timeout=120)
    assert from_counts() == from_rows()
    assert not TouchedHour.objects.exists()
