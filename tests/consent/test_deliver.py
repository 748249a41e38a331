"""Corrections on their way over HTTP, against a system that misbehaves."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.test import override_settings

from backoffice.models import JobRun, System
from consent import bulk, correct, deliver, errand, propagate, retry, settle
from consent.models import (
    Connection,
    Correction,
    DeliveryEvent,
    Flag,
    Hold,
    HoldPush,
    Reading,
    WriteBack,
    outbound,
)
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


class Clock:
    """The time of these tests: moves a little with each look, and as far as it is told."""

    def __init__(self) -> None:
        self.now = LATER

    def __call__(self):
        self.now += timedelta(milliseconds=10)
        return self.now

    def forward(self, **span: float) -> "Clock":
        self.now += timedelta(**span)
        return self


@pytest.fixture
def clock() -> Clock:
    return Clock()


def connect(double, of: System | None = None, **changes: Any) -> Connection:
    """The double as a platform that is written over HTTP."""
    of = of or make.platform()
    System.objects.filter(pk=of.pk).update(delivery=System.Delivery.HTTP)
    given = {
        "base_url": double.url,
        "auth": "none",
        "key_header": "Idempotency-Key",
        "write_path": "/numbers/{number}",
        "write_body": '{"sms": "{value}"}',
        "read_path": "/numbers/{number}",
        "read_value": "sms",
        "words_read": {"in": "in", "out": "out"},
        "error_path": "error",
        **changes,
    }
    return Connection.objects.get(pk=Connection.objects.create(system=of, **given).pk)


def align(flag: Flag, now: Any = LATER) -> Correction:
    return correct.decide(
        make.subject(flag),
        make.choice(),
        by=make.staff(),
        token=f"t{flag.pk}-{now}",
        seen=make.seen(flag),
        now=now,
    )


def stopped() -> WriteBack:
    """An opt-out that waits for the platform."""
    flag = make.stopped_but_texted()
    align(flag)
    return WriteBack.objects.get(number=flag.number)


def permitted(double) -> WriteBack:
    """An opt-in that waits for the platform, its undo time over."""
    line = make.number()
    make.form(line)
    make.reading(line, "never")
    double.write(line.e164, "never")
    make.weigh(line)
    align(make.flag("PLATFORM_OUT_AGREED_IN", line), NOW)
    return WriteBack.objects.get(number=line)


def go(clock: Clock) -> dict[str, int]:
    return deliver.deliver("texter", clock=clock)


def after(row: WriteBack) -> WriteBack:
    row.refresh_from_db()
    return row


def lease_is_over() -> None:
    """Leases go by the database's clock."""
    WriteBack.objects.filter(lease_until__isnull=False).update(lease_until=Now() - timedelta(seconds=1))


def events(row: WriteBack) -> list[str]:
    return list(row.events.order_by("pk").values_list("what", flat=True))


# --- The straight way ------------------------------------------------------------------------------------


def test_an_opt_out_is_written_read_back_and_proved(double, clock):
    connect(double)
    row = stopped()
    assert go(clock) == {"verified": 1}
    assert double.values == {row.number.e164: "out"}
    assert (after(row).status, row.attempts, row.lease_until) == ("verified", 1, None)
    assert row.reading.text == "out"
    assert row.next_try_at == row.reading.read_at + timedelta(days=1)  # it is watched
    assert events(row) == ["accepted", "read"]
    event = row.events.order_by("pk")[0]
    assert (event.code, json.loads(event.excerpt)["status"]) == (200, "done")
    assert '{"sms": "out"}' in event.request
    assert go(clock) == {}


def test_a_record_is_asked_for_again_by_itself_until_its_watch_is_over(double, clock):
    connect(double)
    row = stopped()
    go(clock)
    for reads in (2, 3):
        assert go(clock.forward(hours=23)) == {}
        assert go(clock.forward(hours=1, minutes=1)) == {"verified": 1}
        assert after(row).reads_right == reads
    make.weigh(row.number, now=clock.forward(days=1).now)  # three days are over
    assert (after(row).attempts, row.next_try_at) == (1, None)
    assert row.watch_over_at is not None
    assert Flag.objects.get(code="PLATFORM_IN_AGREED_OUT").status == "closed"
    assert go(clock.forward(days=9)) == {}


def test_a_system_that_flips_the_value_back_is_found_by_the_next_look(double, clock):
    connect(double)
    row = stopped()
    go(clock)
    double.write(row.number.e164, "in")
    assert go(clock.forward(days=1, minutes=1)) == {"reverted": 1}
    make.weigh(row.number, now=clock.now)
    assert make.flag("SYNC_REGRESSION", row.number).params["batch"] is None
    assert make.flag("PLATFORM_IN_AGREED_OUT", row.number).status == "open"


def test_what_permits_sending_waits_for_the_undo_time_and_for_news(double, clock):
    connect(double)
    row = permitted(double)
    clock.now = NOW + timedelta(seconds=1)
    assert go(clock) == {}
    clock.forward(seconds=settings.UNDO_SECONDS)
    make.stop(row.number, at=clock.now)
    bulk.touch([row.number_id])
    assert go(clock) == {}  # a STOP came in and was not weighed yet
    make.weigh(row.number, now=clock.now)
    assert go(clock) == {}
    assert after(row).status == "superseded"
    assert double.writes() == []


def test_opt_outs_leave_before_opt_ins(double, clock):
    connect(double)
    first = permitted(double)
    second = stopped()
    go(clock)
    assert [line["number"] for line in double.writes()] == [second.number.e164, first.number.e164]


def test_a_system_that_cannot_be_read_stays_accepted_until_its_next_import(double, clock):
    connect(double, read_path="", read_value="")
    row = stopped()
    assert go(clock) == {"accepted": 1}
    assert go(clock) == {}
    assert (after(row).status, row.lease_until) == ("accepted", None)


def test_a_correction_rings_for_its_system_when_it_is_committed(double, django_capture_on_commit_callbacks):
    connect(double)
    with django_capture_on_commit_callbacks(execute=False) as waiting:
        stopped()
    for ring in waiting:
        if "partial" in repr(ring):
            ring()
    assert JobRun.objects.get(kind="consent.deliver").subject == "texter"


# --- No answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["error_500", "drop"])
def test_what_was_applied_without_an_answer_is_found_and_not_sent_again(double, clock, mode):
    connect(double)
    row = stopped()
    double.behave(mode, row.number.e164, times=1)
    assert go(clock) == {"unsure": 1}
    assert after(row).status == "sent"
    assert row.next_try_at > clock.now
    assert go(clock) == {}  # not before its time
    clock.forward(minutes=2)
    assert go(clock) == {"verified": 1}
    assert len(double.writes()) == 1
    assert events(row) == ["busy", "read"]


@pytest.mark.parametrize("mode", ["drop_before", "login_page"])
def test_what_did_not_arrive_is_sent_again_under_the_same_key(double, clock, mode):
    connect(double)
    row = stopped()
    double.behave(mode, row.number.e164, times=1)
    assert go(clock) == {"unsure": 1}
    clock.forward(minutes=2)
    assert go(clock) == {"verified": 1}
    assert len(double.writes()) == 2
    assert [len(bodies) for bodies in double.bodies_by_key().values()] == [1]


def test_a_system_that_asks_for_patience_gets_it_as_long_as_it_asks(double, clock):
    connect(double)
    row = stopped()
    double.behave("refuse_429", times=1, seconds=600)
    assert go(clock) == {"postponed": 1}
    assert (after(row).status, row.sent_at) == ("pending", None)
    asked = clock.now + timedelta(seconds=600)
    assert abs(row.next_try_at - asked) < timedelta(seconds=1)
    connection = Connection.objects.get()
    assert abs(connection.paused_until - asked) < timedelta(seconds=1)
    assert "It asked us to wait" in connection.paused_why
    clock.forward(seconds=599)
    assert deliver.due_systems(clock.now) == []
    clock.forward(seconds=2)
    assert [system.slug for system in deliver.due_systems(clock.now)] == ["texter"]
    assert go(clock) == {"verified": 1}
    assert Connection.objects.get().paused_until is None


def test_after_many_tries_a_person_is_asked(double, clock):
    connect(double)
    row = stopped()
    double.behave("error_500", row.number.e164)
    double.behave("drop_before", row.number.e164)
    for _ in range(settings.DELIVERY["max_attempts"]):
        go(clock)
        clock.forward(hours=3)
    assert after(row).status == "parked"
    assert row.note.startswith("Tried 8 times; at last: The connection was lost")
    assert "Whether it arrived is not known" in row.note
    assert go(clock) == {}
    assert len(double.requests("PUT")) <= 8


@pytest.mark.parametrize(
    ("mode", "words"),
    [("missing", "no such record"), ("error_inside", "invalid consent state")],
)
def test_a_refusal_is_not_repeated(double, clock, mode, words):
    connect(double)
    row = stopped()
    double.behave(mode)
    assert go(clock) == {"refused": 1}
    assert (after(row).status, row.sent_at) == ("parked", None)
    assert words in row.note
    clock.forward(hours=1)
    assert go(clock) == {}


# --- Said yes, did no ------------------------------------------------------------------------------------


def test_yes_without_effect_is_found_out_and_opens_the_flag_again(double, clock):
    connect(double, settle_seconds=60)
    row = stopped()
    double.behave("ignore", row.number.e164)
    assert go(clock) == {"accepted": 1}
    assert after(row).status == "accepted"
    assert "still says “in”" in row.note
    assert Reading.objects.filter(batch=None, read_at__gte=LATER).count() == 0  # it may yet change
    for _ in range(6):
        clock.forward(seconds=30)
        go(clock)
    assert after(row).status == "reverted"
    make.weigh(row.number, now=clock.now)
    assert Flag.objects.get(code="PLATFORM_IN_AGREED_OUT", number=row.number).status == "open"
    assert len(double.writes()) == 1


def test_a_change_that_shows_a_little_later_is_waited_for(double, clock):
    connect(double, settle_seconds=600)
    row = stopped()
    double.behave("ignore", row.number.e164, times=2)
    go(clock)
    double.write(row.number.e164, "out")  # as a job of its own would
    clock.forward(minutes=3)
    assert go(clock) == {"verified": 1}


def test_a_word_that_nobody_explained_leaves_it_accepted_and_says_so(double, clock):
    connect(double, words_read={"in": "in"})
    row = stopped()
    assert go(clock) == {"accepted": 1}
    assert "read back as “out”, and nobody explained" in after(row).note
    assert go(clock) == {}
    make.weigh(row.number, now=clock.now)
    flag = Flag.objects.get(code="PLATFORM_IN_AGREED_OUT", number=row.number)
    assert flag.status == "open"  # a person hears of it
    assert "nobody explained" in flag.events.latest("pk").note
    events = flag.events.count()
    make.weigh(row.number, now=clock.now)
    assert flag.events.count() == events
    Connection.objects.update(words_read={"in": "in", "out": "out"})
    assert retry.look_again(row.system, now=clock()) == 1
    assert go(clock) == {"verified": 1}


def test_a_record_that_cannot_be_read_in_its_watch_is_asked_for_with_its_next_turn(double, clock):
    connect(double)
    row = stopped()
    go(clock)
    double.behave("error_500", row.number.e164, times=1)
    with override_settings(DELIVERY={**settings.DELIVERY, "max_reads": 1}):
        assert go(clock.forward(days=1)) == {"unread": 1}
        assert after(row).status == "verified"
        assert go(clock.forward(hours=23)) == {}
        assert go(clock.forward(hours=2)) == {"verified": 1}


def test_what_arrived_is_read_again_through_its_watch(double, clock):
    connect(double)
    row = stopped()
    go(clock)
    for _ in range(settings.WATCH_READS):
        clock.forward(hours=settings.WATCH_HOURS / settings.WATCH_READS + 0.1)
        assert go(clock) == {"verified": 1}
        make.weigh(row.number, now=clock.now)
    assert after(row).watch_over_at is not None
    clock.forward(hours=settings.WATCH_HOURS)
    assert go(clock) == {}
    assert not Flag.objects.open().filter(number=row.number, code="PLATFORM_IN_AGREED_OUT").exists()


def test_a_sync_at_night_that_brings_the_old_value_back_is_found_out(double, clock):
    connect(double)
    row = stopped()
    go(clock)
    double.nightly()
    clock.forward(hours=settings.WATCH_HOURS / settings.WATCH_READS + 0.1)
    assert go(clock) == {"reverted": 1}
    make.weigh(row.number, now=clock.now)
    assert Flag.objects.open().filter(number=row.number, code="SYNC_REGRESSION").exists()
    assert len(double.writes()) == 1  # a person finds the cause first


def test_one_that_ends_its_worker_each_time_does_not_go_on_for_ever(double, clock):
    connect(double)
    row = stopped()
    row.claim(status="sent", sent_at=clock.now, attempts=settings.DELIVERY["max_attempts"])
    lease_is_over()
    assert go(clock) == {}
    assert after(row).status == "parked"


# --- Order ---------------------------------------------------------------------------------------------------


def test_what_is_out_is_not_overtaken(double, clock):
    connect(double)
    row = stopped()
    double.behave("drop_before", row.number.e164, times=1)
    go(clock)  # nobody knows whether the opt-out arrived
    other = make.program("alerts", sender="+14155550199")
    second = WriteBack.objects.create(
        correction=row.correction, system=row.system, number=row.number, program=other, value="out",
        key="second", not_before=NOW,
    )  # fmt: skip
    assert go(clock) == {}  # waits, and has the first one looked up
    assert after(second).status == "pending"
    assert go(clock) == {"verified": 2}
    keys = [line["key"] for line in double.writes()]
    assert keys[-1] != keys[0]


def test_many_that_wait_for_another_one_do_not_hold_up_those_behind_them(double, clock):
    connect(double)
    first = [stopped() for _ in range(deliver.LOOK_AHEAD + 2)]
    WriteBack.objects.update(status="sent", sent_at=NOW, attempts=1, lease_until=Now() - timedelta(seconds=1))
    other = make.program("alerts", sender="+14155550199")
    for row in first:  # every worker ended before it knew; each number has a second opt-out
        WriteBack.objects.create(
            correction=row.correction, system=row.system, number=row.number, program=other, value="out",
            key=f"second {row.pk}", not_before=NOW,
        )  # fmt: skip
    assert go(clock) == {"verified": 2 * len(first)}


def test_an_opt_in_that_may_have_arrived_is_not_repeated_after_a_stop(double, clock):
    connect(double)
    row = permitted(double)
    double.behave("drop", row.number.e164, times=1)
    clock.forward(minutes=1)
    assert go(clock) == {"unsure": 1}
    make.stop(row.number, at=clock.now)
    make.weigh(row.number, now=clock.now)
    clock.forward(minutes=5)
    go(clock)
    assert after(row).status == "superseded"
    assert "It may have arrived" in row.note
    assert len(double.writes()) == 1


def test_an_opt_in_that_did_arrive_comes_to_light_after_a_stop(double, clock):
    connect(double)
    row = permitted(double)
    double.behave("drop", row.number.e164, times=1)
    clock.forward(minutes=1)
    go(clock)  # it arrived, and nobody knows
    make.stop(row.number, at=clock.now)
    make.weigh(row.number, now=clock.now)
    clock.forward(minutes=5)
    go(clock)
    assert [system.slug for system in deliver.due_systems(clock.now)] == ["texter"]
    assert go(clock) == {"superseded": 1}
    make.weigh(row.number, now=clock.now)
    assert make.flag("PLATFORM_IN_AGREED_OUT", row.number).status == "open"
    assert len(double.writes()) == 1
    assert go(clock.forward(days=1)) == {}


@pytest.mark.parametrize("is_lost", [False, True])
def test_an_opt_in_that_nobody_can_look_up_counts_as_arrived_after_a_stop(double, clock, is_lost):
    connect(double, read_path="", read_value="")
    row = permitted(double)
    if is_lost:
        double.behave("error_500", row.number.e164)
    clock.forward(minutes=1)
    for _ in range(settings.DELIVERY["max_attempts"] if is_lost else 1):
        go(clock)
        clock.forward(hours=3)
    assert after(row).status == ("parked" if is_lost else "accepted")
    make.stop(row.number, at=clock.now)
    make.weigh(row.number, now=clock.now)
    propagate.release(now=clock.now)  # what is parked and overtaken waits for nobody
    make.weigh(row.number, now=clock.now)
    flag = make.flag("PLATFORM_IN_AGREED_OUT", row.number)
    assert "Texter was given “in” on" in flag.why
    double.behave("ok", row.number.e164)
    [stop] = align(flag, clock.now).write_backs.all()
    assert (stop.value, stop.status) == ("out", "pending")
    assert go(clock) == {"accepted": 1}
    propagate.release(now=clock.now)
    flag.refresh_from_db()
    assert flag.status == "verifying"  # the next file shows whether it holds


def test_an_opt_in_that_did_not_arrive_is_no_regression_after_a_stop(double, clock):
    connect(double, words_read={"in": "in", "never": "never"})
    row = permitted(double)
    double.behave("drop_before", row.number.e164, times=1)
    clock.forward(minutes=1)
    go(clock)
    make.stop(row.number, at=clock.now)
    make.weigh(row.number, now=clock.now)
    clock.forward(minutes=5)
    go(clock)
    assert go(clock) == {"superseded": 1}
    make.weigh(row.number, now=clock.now)
    assert not Flag.objects.open().filter(number=row.number).exists()
    assert go(clock.forward(days=1)) == {}


def test_an_opt_in_that_was_not_read_yet_when_a_stop_came_is_read(double, clock):
    connect(double, settle_seconds=600, words_read={"in": "in", "never": "never"})
    row = permitted(double)
    double.behave("ignore", row.number.e164, times=2)
    clock.forward(minutes=1)
    go(clock)
    assert after(row).status == "accepted"
    make.stop(row.number, at=clock.now)
    make.weigh(row.number, now=clock.now)
    double.write(row.number.e164, "in")  # as a job of its own would
    assert go(clock.forward(minutes=5)) == {"accepted": 1}
    make.weigh(row.number, now=clock.now)
    assert make.flag("PLATFORM_IN_AGREED_OUT", row.number).status == "open"


def test_one_that_a_later_decision_replaced_is_not_judged_by_its_value(double, clock):
    connect(double, read_path="", read_value="")
    row = permitted(double)
    clock.forward(minutes=1)
    assert go(clock) == {"accepted": 1}
    Connection.objects.update(read_path="/numbers/{number}", read_value="sms")
    WriteBack.objects.filter(pk=row.pk).update(next_try_at=clock.now)
    WriteBack.objects.create(
        correction=row.correction, system=row.system, number=row.number, program=row.program, ref=row.ref,
        value="out", key="later", not_before=clock.now + timedelta(hours=1),
    )  # fmt: skip
    go(clock)
    assert after(row).status == "superseded"
    assert double.requests("GET", row.number.e164) == []


# --- Workers ---------------------------------------------------------------------------------------------


def test_a_row_is_taken_by_one_worker_only(double, clock):
    connection = connect(double)
    row = stopped()
    again = WriteBack.objects.get(pk=row.pk)
    assert row.claim(status="sent", sent_at=clock.now)
    assert not again.claim(status="sent", sent_at=clock.now)
    fresh = WriteBack.objects.get(pk=row.pk)
    assert not fresh.claim(sent_at=clock.now)  # the other one is still busy with it
    lease_is_over()
    assert fresh.claim(sent_at=clock.now)
    assert not row.mine().exists()
    assert not any(rows.exists() for _, rows in deliver.due(row.system, connection, clock.now))


def test_what_a_lost_worker_left_behind_is_looked_up_first(double, clock):
    connect(double)
    row = stopped()
    assert row.claim(status="sent", sent_at=clock.now, attempts=F("attempts") + 1)
    double.write(row.number.e164, "out")  # it arrived before the worker was gone
    assert go(clock) == {}
    lease_is_over()
    assert go(clock) == {"verified": 1}
    assert double.writes() == []
    assert events(row) == ["lost", "read"]


def test_who_lost_the_row_meanwhile_writes_nothing(double, clock):
    connection = connect(double)
    row = stopped()
    (taken,) = deliver._take(row.system, connection, 1, {}, clock())
    lease_is_over()
    assert go(clock) == {"verified": 1}
    outcome = errand.run(connection, taken)
    assert settle.settle(connection, outcome, clock()) == "overtaken"
    assert after(row).status == "verified"
    assert len(double.bodies_by_key()) == 1


# --- The breaker -----------------------------------------------------------------------------------------


def test_a_system_that_does_not_answer_is_left_alone_and_tried_with_one_request(double, clock):
    connect(double)
    rows = [stopped() for _ in range(8)]
    double.behave("error_500")
    counts = go(clock)
    assert counts == {"unsure": settings.DELIVERY["failures_to_pause"]}
    connection = Connection.objects.get()
    assert connection.paused_until > clock.now
    assert connection.paused_why.startswith(
        "Paused after 5 failures in a row; the last: It had an error of its own"
    )
    before = len(double.requests())
    assert go(clock) == {}
    clock.forward(minutes=2)
    assert go(clock) == {"unsure": 1}  # the one that tries
    assert len(double.requests()) <= before + 2
    again = Connection.objects.get()
    assert again.paused_until - clock.now > timedelta(seconds=100)  # doubled
    double.behave("ok")
    clock.forward(hours=1)
    go(clock)
    clock.forward(minutes=5)
    go(clock)
    assert {after(row).status for row in rows} == {"verified"}
    assert (Connection.objects.get().failures, Connection.objects.get().pauses) == (0, 0)


def test_who_is_not_let_in_stops_until_a_person_looks(double, clock):
    connect(double)
    row = stopped()
    double.behave("locked")
    assert go(clock) == {"locked_out": 1}
    assert (after(row).status, row.attempts) == ("pending", 0)
    connection = Connection.objects.get()
    assert connection.is_stopped
    assert "does not let us in" in connection.paused_why
    clock.forward(days=2)
    assert go(clock) == {}
    double.behave("ok")
    connection.try_again()
    assert go(clock) == {"verified": 1}


def test_a_slow_system_makes_way_and_does_not_hold_up_another(double, clock):
    connect(double)
    connect(double, make.system(), base_url="http://127.0.0.1:9")
    stopped()
    assert {system.slug for system in deliver.due_systems(clock.now)} == {"texter"}
    assert deliver.ring(now=clock.now) == {"queued": 1}
    assert JobRun.objects.filter(kind="consent.deliver").count() == 1  # one run per system, whoever rings
    deliver.ring(now=clock.now)
    assert JobRun.objects.filter(kind="consent.deliver").count() == 1


def test_a_system_without_a_connection_asks_a_person(clock):
    make.platform(delivery="http")
    row = stopped()
    deliver.ring(now=clock.now)
    assert after(row).status == "parked"
    assert "fill in its connection" in row.note


@pytest.mark.parametrize("became", [{"delivery": "csv"}, {"is_active": False}])
def test_what_left_for_a_system_that_is_not_called_any_more_asks_a_person(double, clock, became):
    connect(double)
    row = stopped()
    double.behave("drop_before", row.number.e164)
    assert go(clock) == {"unsure": 1}
    deliver.ring(now=clock.now)
    assert after(row).status == "sent"  # it is looked up
    System.objects.filter(pk=row.system_id).update(**became)
    deliver.ring(now=clock.now)
    assert (after(row).status, row.lease_until) == ("parked", None)
    assert "nobody knows whether it arrived" in row.note


def test_what_a_person_sends_again_may_have_arrived_the_first_time(double, clock):
    connect(double, read_path="", read_value="")
    row = permitted(double)
    clock.forward(minutes=1)
    double.behave("drop", row.number.e164)
    with override_settings(DELIVERY={**settings.DELIVERY, "max_attempts": 1}):
        assert go(clock) == {"parked": 1}
    retry.retry(row.system, by=make.staff(), now=clock())
    make.weigh(row.number, now=clock())
    double.behave("refuse_429", row.number.e164)
    assert go(clock) == {"unsure": 1}
    assert after(row).sent_at is not None


def test_what_a_person_changed_there_is_looked_up_too(double, clock):
    connect(double)
    row = stopped()
    WriteBack.objects.filter(pk=row.pk).update(status="parked")
    double.write(row.number.e164, "out")
    assert propagate.done_by_hand(after(row), by=make.staff(), now=clock())
    assert go(clock) == {"verified": 1}
    assert double.writes() == []


# --- Nothing lost, nothing twice -------------------------------------------------------------------------


def test_through_every_kind_of_trouble_each_correction_arrives_once(double, clock):
    connect(double, at_once=4)
    rows = [stopped() for _ in range(24)]
    modes = ["drop", "error_500", "drop_before", "refuse_429", "login_page", "ok"]
    for row, mode in zip(rows, modes * 4, strict=True):
        if mode != "ok":
            double.behave(mode, row.number.e164, times=1, seconds=1)
    with override_settings(DELIVERY={**settings.DELIVERY, "failures_to_pause": 50}):
        for _ in range(30):
            go(clock)
            clock.forward(hours=2)
    assert {after(row).status for row in rows} == {"verified"}
    assert set(double.values.values()) == {"out"}
    keys = double.bodies_by_key()
    assert len(keys) == len(rows)
    assert {len(bodies) for bodies in keys.values()} == {1}


def test_steps_are_never_changed(double, clock):
    connect(double)
    stopped()
    go(clock)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        QuerySet(DeliveryEvent).update(note="x")


# --- Holds -------------------------------------------------------------------------------------------------


def holding(double) -> Connection:
    return connect(
        double,
        hold_path="/holds/{number}",
        hold_method="POST",
        release_path="/holds/{number}",
        release_method="DELETE",
    )


def test_holds_are_pushed_and_released_when_none_stands_any_more(double, clock):
    holding(double)
    flag, other = make.stopped_but_texted(), make.stopped_but_texted()
    theirs = Hold.objects.filter(flag__number=other.number)
    theirs.update(number=flag.number)  # several stand for one number
    assert [system.slug for system in deliver.due_systems(clock.now)] == ["texter"]
    assert go(clock) == {"held": 1}
    assert double.held == [flag.number.e164]
    deliver.due_systems(clock.now)
    assert go(clock) == {}  # told once
    Hold.objects.filter(flag__number=flag.number).update(released_at=clock.now)
    deliver.due_systems(clock.now)
    assert go(clock) == {}
    assert double.held == [flag.number.e164]
    theirs.update(released_at=clock.now)
    deliver.due_systems(clock.now)
    assert go(clock) == {"released": 1}
    assert double.held == []


def test_a_new_hold_rings_for_the_systems_that_are_told_of_it(
    double, clock, django_capture_on_commit_callbacks
):
    holding(double)
    with django_capture_on_commit_callbacks(execute=False) as waiting:
        make.stopped_but_texted()
    for ring in waiting:
        if "partial" in repr(ring):
            ring()
    assert JobRun.objects.get(kind="consent.deliver").subject == "texter"
    assert go(clock) == {"held": 1}  # without waiting for the schedule to look


def test_a_hold_that_is_not_taken_is_tried_again_and_then_parked(double, clock):
    holding(double)
    flag = make.stopped_but_texted()
    double.behave("error_500", flag.number.e164, times=1)
    deliver.due_systems(clock.now)
    assert go(clock) == {"postponed": 1}
    clock.forward(minutes=3)
    assert go(clock) == {"held": 1}
    double.behave("missing", flag.number.e164)
    Hold.objects.update(released_at=clock.now)
    deliver.due_systems(clock.now)
    assert go(clock) == {"parked": 1}
    assert "no such record" in HoldPush.objects.get().note


def test_what_was_asked_and_answered_is_removed_when_its_time_is_over_and_not_before(
    double, clock, monkeypatch
):
    monkeypatch.setattr(outbound, "FORGOTTEN_AT_ONCE", 1)
    connect(double)
    row = stopped()
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(system=row.system, write_back=row, what="busy", at=clock.now - timedelta(days=days))
        for days in (4000, 3999)
    )
    go(clock)
    assert DeliveryEvent.objects.forget(clock.now) == 2
    assert DeliveryEvent.objects.forget(clock.now) == 0
    assert events(row) == ["accepted", "read"]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.events.all()._raw_delete("default")


def test_a_system_without_holds_is_told_of_none(double, clock):
    connect(double)
    make.stopped_but_texted()
    assert deliver.due_systems(clock.now) == []
    assert not HoldPush.objects.exists()
