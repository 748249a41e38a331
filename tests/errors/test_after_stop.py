"""Messages that went out after a STOP: told to the ledger whichever came first, taken back with their file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consent.models import Flag, Number, SendAfterStop, Touched
from consent.reconcile import reconcile_numbers
from errors import life
from errors.after_stop import notice_sends
from errors.models import SendAttempt
from errors.record import Report, Request, record
from errors.void import void
from tests.consent import make
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
STOPPED = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SENDER = "+14155550100"
HEADER = "Sid,DateCreated,DateSent,Direction,From,To,Body,Status,ErrorCode\n"
PERSON = "+12125550101"
CONFIRMATION = "You have successfully been unsubscribed. Reply START to resubscribe."


def out(ref: str, at: datetime, body: str = "Sale today", status: str = "delivered", code: str = "") -> str:
    return f"{ref},{at:%FT%TZ},{at:%FT%TZ},outbound-api,{SENDER},{PERSON},{body},{status},{code}\n"


def stop(ref: str = "IN1", at: datetime = STOPPED, word: str = "STOP") -> str:
    return f"{ref},{at:%FT%TZ},{at:%FT%TZ},inbound,{PERSON},{SENDER},{word},received,\n"


def take(*rows: str) -> Any:
    make.program()
    batch = upload("twilio", HEADER + "".join(rows), as_of=NOW)
    taken_in(batch)
    assert batch.adds_up
    return batch


def look(now: datetime = NOW) -> None:
    reconcile_numbers(list(Number.objects.values_list("pk", flat=True)), now=now)


def raised(code: str = "POST_STOP_SEND") -> Flag | None:
    return Flag.objects.open().filter(code=code).first()


def why(code: str = "POST_STOP_SEND") -> str:
    flag = raised(code)
    assert flag is not None
    return flag.why


def test_a_message_after_the_stop_is_an_incident_of_the_program_it_came_from() -> None:
    make.program("alerts", sender="+18885550100")
    take(stop(), out("M1", STOPPED + 30 * MINUTE))
    look()
    assert why() == (
        "A message was sent on 20 May 2026, 15:30 UTC, but the phone sent STOP to +14155550100 on 20 May 2026, "
        "15:00 UTC."
    )
    assert [flag.program.code for flag in Flag.objects.filter(code="POST_STOP_SEND")] == ["promo"]
    assert raised().severity == "S1"
    assert raised().hold.released_at is None


@pytest.mark.parametrize("stop_first", [True, False])
def test_the_log_and_the_stop_may_come_in_either_order(stop_first: bool) -> None:
    rows = [stop(), out("M1", STOPPED + 30 * MINUTE)]
    for row in rows if stop_first else reversed(rows):
        take(row)
        assert Touched.objects.filter(number__e164=PERSON).exists() or row == rows[1]
        look()
    assert raised()


def test_sends_to_numbers_nobody_stopped_wake_nobody() -> None:
    take(out("M1", STOPPED))
    assert not Touched.objects.exists()
    look()
    assert not SendAfterStop.objects.exists()


@pytest.mark.parametrize(
    ("status", "code", "left"),
    [
        ("delivered", "", True),
        ("sent", "", True),
        ("undelivered", "30003", True),
        ("failed", "21610", False),
        ("undelivered", "21610", False),  # held back because of the STOP itself
        ("failed", "21211", False),
        ("canceled", "", False),
        ("scheduled", "", False),
    ],
)
def test_only_what_left_us_counts(status: str, code: str, left: bool) -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE, status=status, code=code))
    look()
    assert (raised() is not None) is left


def test_messages_before_the_stop_and_after_a_start_are_fine() -> None:
    back = STOPPED + timedelta(days=2)
    take(
        out("M1", STOPPED - MINUTE),
        stop(),
        stop("IN2", back, "START"),
        out("M2", back + MINUTE),
    )
    look()
    assert not raised()


def test_one_plain_confirmation_is_allowed() -> None:
    take(stop(), out("M1", STOPPED + MINUTE, CONFIRMATION))
    look()
    assert not raised()
    assert not raised("CONFIRMATION_RULE")


@pytest.mark.parametrize(
    ("rows", "breach"),
    [
        (
            [out("M1", STOPPED + MINUTE, CONFIRMATION), out("M2", STOPPED + 2 * MINUTE, CONFIRMATION)],
            "a second one went out",
        ),
        ([out("M1", STOPPED + MINUTE, "You are unsubscribed. Before you go: 20% off")], "tried to sell"),
        ([out("M1", STOPPED + 6 * MINUTE, CONFIRMATION)], "it went out later than that"),
    ],
)
def test_a_confirmation_that_breaks_its_rules_is_told(rows: list[str], breach: str) -> None:
    take(stop(), *rows)
    look()
    assert breach in why("CONFIRMATION_RULE")


def test_where_nobody_knows_the_text_the_first_message_at_once_is_the_confirmation() -> None:
    take(stop(), out("M1", STOPPED + MINUTE, ""), out("M2", STOPPED + 2 * MINUTE, ""))
    look()
    assert raised().params["count"] == 1
    assert SendAfterStop.objects.filter(is_confirmation=None).count() == 2


def test_a_text_that_comes_later_is_judged_then() -> None:
    take(stop(), out("M1", STOPPED + MINUTE, ""))
    look()
    assert not raised()
    take(out("M1", STOPPED + MINUTE, "Sale today"))
    look()
    assert raised()


def test_new_messages_make_it_another_incident() -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE))
    look()
    before = raised()
    take(out("M2", STOPPED + timedelta(days=1)))
    look()
    after = raised()
    assert after.pk == before.pk
    assert after.fingerprint != before.fingerprint
    assert after.why.startswith(
        "2 messages were sent, the first on 20 May 2026, 15:30 UTC and the last on 21 May 2026, 15:00 UTC, but"
    )


def test_a_provider_that_hands_a_message_on_did_not_act_on_the_word() -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE))
    look()
    assert why("PER_SE_KEYWORD_MISSED") == (
        "The provider let a message through on 20 May 2026, 15:30 UTC, but the phone sent STOP to +14155550100 on "
        "20 May 2026, 15:00 UTC."
    )


def test_what_was_under_way_proves_nothing_about_the_provider() -> None:
    take(stop(), out("M1", STOPPED + 3 * MINUTE))
    look()
    assert raised()
    assert not raised("PER_SE_KEYWORD_MISSED")


def test_a_later_callback_takes_the_incident_back_when_nothing_had_left() -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE, status="sent"))
    look()
    assert raised()
    event = life.Event(life.Status.FAILED, "21610", STOPPED + 31 * MINUTE)
    record([Report("twilio", "", "M1", event, source="callback")], now=NOW)
    look()
    assert not raised()
    assert not SendAfterStop.objects.exists()


def test_a_callback_can_also_be_the_first_news_of_an_incident() -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE, status="scheduled"))
    look()
    assert not raised()
    event = life.Event(life.Status.DELIVERED, "", STOPPED + 31 * MINUTE)
    record([Report("twilio", "", "M1", event, source="callback")], now=NOW)
    assert Touched.objects.filter(number__e164=PERSON).exists()
    look()
    assert raised()


def test_a_voided_log_takes_its_incidents_back() -> None:
    take(stop())
    log = take(out("M1", STOPPED + 30 * MINUTE))
    look()
    assert raised()
    log.move(log.Status.VOIDED, voided_at=NOW, void_reason="Wrong file")
    void(log)
    assert Touched.objects.filter(number__e164=PERSON).exists()
    look()
    assert not raised()
    assert not SendAfterStop.objects.exists()


def test_an_incident_outlives_the_row_of_the_log() -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE))
    look()
    SendAttempt.objects.all().delete()
    look()
    assert raised()


def test_numbers_that_got_nothing_since_they_said_stop_take_one_question(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    take(out("M1", STOPPED - MINUTE), stop())
    ids = list(Number.objects.values_list("pk", flat=True))
    with django_assert_num_queries(1):
        assert notice_sends(ids) == {}


def test_twice_changes_nothing() -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE))
    look()
    ids = list(Number.objects.values_list("pk", flat=True))
    assert notice_sends(ids) == {}
    assert notice_sends([]) == {}


def test_somebody_who_spoke_for_all_their_lines_is_covered_on_each() -> None:
    line, other = make.number(PERSON), make.number()
    make.program()
    person = make.contact(line, ref="1")
    make.SystemRecord.objects.create(system=make.system(), ref="2", contact=person, number=other)
    make.record(other, "revoke", "channel", STOPPED, contact=person, for_all_programs=True)
    take(out("M1", STOPPED + 30 * MINUTE))
    look()
    assert raised().number == line


def test_a_sender_is_the_same_with_and_without_its_plus() -> None:
    make.program()
    line = make.number(PERSON)
    make.stop(line, STOPPED)
    request = Request(STOPPED + 30 * MINUTE, number_id=line.pk, sender="14155550100", body="Sale")
    record([Report("twilio", "", "M1", life.Event(life.Status.DELIVERED), request=request)], now=NOW)
    look()
    assert raised()


def test_a_notice_has_the_time_that_the_log_has_now() -> None:
    make.program()
    line = make.number(PERSON)
    make.stop(line, STOPPED)
    for minutes in (30, 10):
        request = Request(STOPPED + minutes * MINUTE, by_report=True, number_id=line.pk, sender=SENDER)
        event = life.Event(life.Status.DELIVERED, at=request.submitted_at)
        record([Report("twilio", "", "M1", event, request=request)], now=NOW)
        look()
    assert SendAfterStop.objects.get().sent_at == STOPPED + 10 * MINUTE


def test_a_sender_that_no_program_has_counts_for_each_the_person_has_to_do_with() -> None:
    make.program()
    line = make.number(PERSON)
    make.form(line, STOPPED - timedelta(days=9))
    make.record(line, "revoke", "freetext", STOPPED, for_all_programs=True, words="no more")
    request = Request(STOPPED + 30 * MINUTE, number_id=line.pk, sender="99999", body="Sale")
    record([Report("twilio", "", "M1", life.Event(life.Status.DELIVERED), request=request)], now=NOW)
    look()
    assert [flag.program.code for flag in Flag.objects.filter(code="POST_STOP_SEND")] == ["promo"]


def test_the_page_of_the_incident_shows_each_message_with_its_send(browser: Any) -> None:
    take(stop(), out("M1", STOPPED + 30 * MINUTE))
    look()
    client: Client = browser("Agent")
    page = client.get(reverse("consent:flag_review", args=[raised().pk])).content.decode()
    attempt = SendAttempt.objects.get()
    assert reverse("errors:attempt", args=[attempt.pk]) in page
    assert "30 min after" in page
