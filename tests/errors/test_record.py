"""Reports change attempts through one door: whatever their order, repetition and delay."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.models import Number
from errors import life
from errors.life import Event, Status
from errors.models import AttemptEvent, NumberFinding, ParkedEvent, SendAttempt, TouchedHour
from errors.record import Effect, Report, Request, Source, foresee, record

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=1)
S = Status
E = Effect


def sent(ref: str = "SM1", *, account: str = "AC1", client_ref: str = "", **request: object) -> Report:
    """An export's row that says only that the message was made."""
    made = Request(submitted_at=NOON, **request)  # type: ignore[arg-type]
    return Report("twilio", account, ref, None, client_ref=client_ref, request=made)


def said(
    status: Status,
    code: str = "",
    ref: str = "SM1",
    *,
    minutes: float | None = None,
    account: str = "AC1",
    client_ref: str = "",
    part: int = 0,
    parts: int = 0,
    event_id: str = "",
) -> Report:
    """A callback."""
    at = NOON + timedelta(minutes=minutes) if minutes is not None else None
    event = Event(status, code, at, part=part, parts=parts)
    return Report(
        "twilio", account, ref, event, client_ref=client_ref, event_id=event_id, source=Source.CALLBACK
    )


def take(*reports: Report) -> list[Effect]:
    return record(list(reports), now=NOW)


def attempt(ref: str = "SM1") -> SendAttempt:
    return SendAttempt.objects.get(message_ref=ref)


# --- One life -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [True, False])
def test_where_only_reports_tell_a_send_was_submitted_when_the_earliest_says_so(at_once: bool) -> None:
    later, earlier = (Request(NOON + timedelta(hours=hours), by_report=True) for hours in (2, 0))
    rows = [Report("twilio", "AC1", "SM1", Event(S.DELIVERED), request=later)]
    rows += [Report("twilio", "AC1", "SM1", Event(S.SENT), request=earlier)]
    for some in [rows] if at_once else [rows[:1], rows[1:]]:
        TouchedHour.objects.all().delete()
        take(*some)
    assert attempt().submitted_at == NOON
    # The hour that it left is counted again, too.
    left = {NOON + timedelta(hours=2)} if not at_once else set()
    assert set(TouchedHour.objects.values_list("hour", flat=True)) == {NOON} | left


def test_reports_out_of_order_end_in_the_furthest_and_are_all_kept() -> None:
    take(sent())
    for status in (S.DELIVERED, S.SENT, S.QUEUED):
        take(said(status))
    assert attempt().status == S.DELIVERED
    kept = AttemptEvent.objects.order_by("pk").values_list("status", flat=True)
    assert list(kept) == [S.DELIVERED, S.SENT, S.QUEUED]


def test_a_failure_after_the_delivery_is_shown_and_not_applied() -> None:
    take(sent(), said(S.DELIVERED, minutes=1))
    take(said(S.UNDELIVERED, "30008", minutes=5))
    row = attempt()
    assert (row.status, row.is_contradicted, row.is_failed) == (S.DELIVERED, True, False)


def test_a_delivery_after_the_failure_takes_it_out_of_the_failures() -> None:
    take(sent(), said(S.UNDELIVERED, "30008", minutes=1))
    assert attempt().is_failed
    TouchedHour.objects.all().delete()
    take(said(S.DELIVERED, minutes=5))
    row = attempt()
    assert (row.status, row.is_late_upgrade, row.is_failed, row.error_code) == (S.DELIVERED, True, False, "")
    assert TouchedHour.objects.get().hour == NOON


def test_a_failure_without_a_code_leaves_the_reason_that_another_gave() -> None:
    take(sent(), said(S.FAILED, "30007"))
    take(said(S.FAILED))
    assert attempt().error_code == "30007"


def test_an_empty_reason_is_filled_by_a_later_report() -> None:
    take(sent(), said(S.FAILED, minutes=1))
    take(said(S.FAILED, "30007", minutes=2))
    assert attempt().error_code == "30007"


def test_no_receipt_on_a_route_without_receipts_is_neither_success_nor_failure() -> None:
    take(sent(), said(S.ACCEPTED, minutes=0), said(S.SENT, minutes=1))
    row = attempt()
    assert row.status == S.SENT
    assert row not in SendAttempt.objects.settled()
    assert row not in SendAttempt.objects.failed()


def test_a_code_is_kept_as_it_came() -> None:
    take(sent(), said(S.FAILED, "000123"))
    assert attempt().error_code == "000123"


# --- Twice --------------------------------------------------------------------------------------------------


def test_the_same_report_twice_is_one_event() -> None:
    assert take(sent(), said(S.SENT)) == [E.CREATED, E.REPORTED]
    assert take(said(S.SENT)) == [E.KNOWN]
    assert take(said(S.DELIVERED), said(S.DELIVERED)) == [E.REPORTED, E.KNOWN]
    assert AttemptEvent.objects.count() == 2


def test_a_report_with_an_id_is_the_same_by_its_id() -> None:
    take(sent(), said(S.SENT, event_id="e1"))
    assert take(said(S.SENT, minutes=3, event_id="e1")) == [E.KNOWN]
    assert take(said(S.SENT, event_id="e2")) == [E.REPORTED]


def test_the_same_submission_again_adds_nothing_and_touches_no_hour() -> None:
    take(sent(sender="+1"))
    TouchedHour.objects.all().delete()
    assert take(sent(sender="+2")) == [E.KNOWN]
    assert attempt().sender == "+1"
    assert not TouchedHour.objects.exists()


def test_what_was_missing_of_a_request_is_filled_and_the_rest_stays() -> None:
    take(sent(sender="+1"))
    assert take(sent(sender="+2", campaign="spring", body="Hi", body_hash=7, client_ref="c1")) == [E.FILLED]
    row = attempt()
    assert (row.sender, row.campaign, row.body, row.client_ref) == ("+1", "spring", "Hi", "c1")


def test_another_file_does_not_move_the_time_of_sending() -> None:
    take(sent())
    wrong = Report("twilio", "AC1", "SM1", None, request=Request(NOON - timedelta(days=365)))
    assert take(wrong) == [E.KNOWN]
    assert attempt().submitted_at == NOON


def test_a_text_that_was_removed_does_not_come_back() -> None:
    take(sent(body="Hi", body_hash=7))
    SendAttempt.objects.update(body="")
    take(sent(body="Hi", body_hash=7, campaign="spring"))
    assert (attempt().body, attempt().campaign) == ("", "spring")


# --- Parts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([S.DELIVERED, S.DELIVERED], S.DELIVERED, ""),
        ([S.DELIVERED, S.UNDELIVERED], S.PARTIALLY_DELIVERED, "30008"),
        ([S.UNDELIVERED, S.UNDELIVERED], S.UNDELIVERED, "30008"),
        ([S.DELIVERED, S.SENT], S.SENT, ""),
    ],
)
def test_a_message_is_as_well_off_as_its_parts(parts: list[Status], status: Status, code: str) -> None:
    take(sent())
    for part, each in enumerate(parts, 1):
        take(said(each, "30008" if each is S.UNDELIVERED else "", part=part, parts=2))
    assert (attempt().status, attempt().error_code) == (status, code)


def test_one_of_two_parts_delivered_is_not_delivered_yet() -> None:
    take(sent(), said(S.DELIVERED, part=1, parts=2))
    assert attempt().status == S.SENT


# --- Before the attempt is known ----------------------------------------------------------------------------


def test_a_report_for_an_unknown_attempt_waits_for_it() -> None:
    assert take(said(S.DELIVERED)) == [E.PARKED]
    assert take(said(S.DELIVERED)) == [E.KNOWN]
    assert ParkedEvent.objects.count() == 1
    take(sent())
    assert attempt().status == S.DELIVERED
    assert not ParkedEvent.objects.exists()


def test_a_waiting_report_is_found_by_our_own_reference() -> None:
    take(said(S.DELIVERED, ref="provider-7", client_ref="order-1"))
    take(sent("other-form", client_ref="order-1"))
    assert attempt("other-form").status == S.DELIVERED
    assert not ParkedEvent.objects.exists()


@pytest.mark.parametrize(
    ("known", "reported"),
    [
        ("SM00ab", "sm00AB"),
        ("0012345", "12345"),
        ("0x1f4a", "1F4A"),
        ("255", "ff"),
        ("ff", "0255"),
        ("a1-b2-c3", "a1b2c3"),
    ],
)
@pytest.mark.parametrize("first", ["attempt", "report"])
def test_a_reference_in_another_form_is_the_same_message(known: str, reported: str, first: str) -> None:
    if first == "attempt":
        take(sent(known))
        assert take(said(S.DELIVERED, ref=reported)) == [E.REPORTED]
    else:
        take(said(S.DELIVERED, ref=reported))
        take(sent(known))
    assert attempt(known).status == S.DELIVERED
    assert not ParkedEvent.objects.exists()
    assert take(said(S.DELIVERED, ref=reported)) == [E.KNOWN]


def test_a_reference_that_could_be_two_messages_waits() -> None:
    take(sent("ab"), sent("AB"))
    assert take(said(S.FAILED, ref="Ab")) == [E.PARKED]
    assert {attempt("ab").status, attempt("AB").status} == {S.QUEUED}


def test_references_are_told_apart_by_case_where_both_are_known() -> None:
    take(sent("ab"), sent("AB"), said(S.FAILED, ref="AB"))
    assert (attempt("ab").status, attempt("AB").status) == (S.QUEUED, S.FAILED)


def test_an_export_without_its_account_is_found_by_a_callback_that_names_it() -> None:
    take(sent(account=""))
    take(said(S.DELIVERED, account="AC1"))
    assert attempt().status == S.DELIVERED


def test_another_account_has_messages_of_its_own() -> None:
    take(sent(account="AC2"))
    assert take(said(S.DELIVERED, account="AC1")) == [E.PARKED]


# --- Any order ----------------------------------------------------------------------------------------------

REFS = ("SM1", "SM2")
a_report = st.builds(
    said,
    st.sampled_from(list(S)),
    st.sampled_from(["", "30007", "30008"]),
    st.sampled_from(REFS),
    minutes=st.one_of(st.none(), st.integers(0, 3)),
    part=st.integers(0, 2),
    parts=st.sampled_from([0, 2]),
)


def picture() -> dict[str, tuple[object, ...]]:
    fields = ("status", "is_failed", "error_code", "status_at", "is_contradicted", "is_late_upgrade")
    return {row.message_ref: tuple(getattr(row, f) for f in fields) for row in SendAttempt.objects.all()}


def fresh(report: Report) -> Report:
    event = report.event
    return Report(
        report.provider,
        report.account,
        report.message_ref,
        event,
        request=report.request,
        source=report.source,
    )


def after(calls: list[list[Report]]) -> dict[str, tuple[object, ...]]:
    SendAttempt.objects.all().delete()
    ParkedEvent.objects.all().delete()
    known = set(AttemptEvent.objects.values_list("key", flat=True))
    assert not known, "the reports of an earlier picture are still there"
    for reports in calls:
        record([fresh(report) for report in reports], now=NOW)
    shown = picture()
    assert AttemptEvent.objects.count() == len(set(AttemptEvent.objects.values_list("key", flat=True)))
    return shown


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports=st.lists(a_report, max_size=6), data=st.data())
def test_any_order_twice_and_late_ends_the_same(
    reports: list[Report], data: st.DataObject, transactional_rollback
) -> None:
    everything = [sent("SM1"), sent("SM2"), *reports]
    with transactional_rollback():
        expected = after([everything])
    shuffled = data.draw(st.permutations([*everything, *data.draw(st.permutations(reports))[:3]]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    calls = [list(shuffled[a:b]) for a, b in itertools.pairwise([0, *cuts, len(shuffled)])]
    with transactional_rollback():
        assert after(calls) == expected


def test_a_report_that_knows_how_many_parts_there_are_is_not_taken_for_one_that_does_not(
    transactional_rollback,
) -> None:
    ours, theirs = (said(S.FAILED, "30007", part=1, parts=parts) for parts in (0, 2))
    shown = []
    for order in ([ours, theirs], [theirs, ours]):
        with transactional_rollback():
            take(sent(), *order, said(S.DELIVERED, part=1))
            shown.append((AttemptEvent.objects.count(), attempt().status))
    assert shown[0] == shown[1]
    assert shown[0][0] == 3


def test_a_failure_that_waited_for_its_attempt_is_known_of_its_number() -> None:
    number = Number.objects.create(e164="+12125550101")
    take(said(S.UNDELIVERED, "30005"))
    assert not NumberFinding.objects.exists()
    take(sent(number_id=number.pk))
    assert NumberFinding.objects.get().number == number


# --- Before writing -----------------------------------------------------------------------------------------


def test_foreseeing_answers_the_same_and_writes_nothing() -> None:
    take(sent("SM9"), said(S.SENT, ref="SM9"))
    reports = [sent(), said(S.SENT), said(S.SENT), said(S.SENT, ref="SM9"), said(S.FAILED, ref="SM8")]
    before = Counter(AttemptEvent.objects.values_list("key", flat=True))
    foreseen = foresee(reports)
    assert Counter(AttemptEvent.objects.values_list("key", flat=True)) == before
    assert SendAttempt.objects.count() == 1
    assert foreseen == record(reports, now=NOW)
    assert foreseen == [E.CREATED, E.REPORTED, E.KNOWN, E.KNOWN, E.PARKED]


def test_a_state_is_what_all_its_reports_amount_to() -> None:
    take(sent(), *(said(s, minutes=m) for m, s in enumerate([S.SENT, S.FAILED, S.DELIVERED, S.UNDELIVERED])))
    row = attempt()
    (events,) = AttemptEvent.objects.all().as_events().values()
    state = life.state_of(events)
    assert (row.status, row.is_contradicted, row.is_late_upgrade) == (state.status, True, True)
