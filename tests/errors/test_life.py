"""The state of an attempt is a function of the set of its reports."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import life
from errors.life import RANK, Event, State, Status, state_of

S = Status
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(minutes: float | None) -> datetime | None:
    return NOON + timedelta(minutes=minutes) if minutes is not None else None


def event(
    status: Status,
    code: str = "",
    minutes: float | None = None,
    part: int = 0,
    parts: int = 0,
    text: str = "",
) -> Event:
    return Event(status, code, at(minutes), at(60), part, parts, text)


a_whole_report = st.builds(
    event,
    st.sampled_from(list(S)),
    st.sampled_from(["", "1", "2"]),
    st.one_of(st.none(), st.integers(0, 4)),
    text=st.sampled_from(["", "x", "y"]),
)
a_report = st.builds(
    event,
    st.sampled_from(list(S)),
    st.sampled_from(["", "1", "2"]),
    st.one_of(st.none(), st.integers(0, 4)),
    st.integers(0, 3),
    st.sampled_from([0, 3]),
    st.sampled_from(["", "x"]),
)

# --- Any reports --------------------------------------------------------------------------------------------


@given(st.lists(a_report, max_size=7), st.randoms())
def test_neither_order_nor_repetition_matters(events: list[Event], rng: random.Random) -> None:
    shuffled = [*events, *rng.sample(events, k=len(events) // 2)]
    rng.shuffle(shuffled)
    assert state_of(shuffled) == state_of(events)


@given(a_whole_report, st.integers(0, 1))
def test_one_report_is_what_it_says(one: Event, part: int) -> None:
    one = replace(one, part=part, parts=part)
    assert state_of([one]) == State(one.status, one.code, one.text, one.at or one.received_at)
    # The same report twice takes the longer way to the same end.
    assert state_of([one, one]) == state_of([one])


@given(st.lists(a_whole_report, min_size=1, max_size=6), a_whole_report)
def test_another_report_never_takes_a_message_back(events: list[Event], one: Event) -> None:
    before, after = state_of(events), state_of([*events, one])
    assert after.rank >= before.rank
    if before.is_delivered:
        assert after.is_delivered


@given(st.lists(a_whole_report, min_size=1, max_size=6), a_whole_report)
def test_a_reason_is_never_wiped_out(events: list[Event], one: Event) -> None:
    before, after = state_of(events), state_of([*events, one])
    if before.is_failure and before.code and after.is_failure:
        assert after.code


@given(st.lists(a_whole_report, min_size=1, max_size=6))
def test_nothing_is_both_a_success_and_a_failure(events: list[Event]) -> None:
    state = state_of(events)
    assert not (state.is_delivered and state.is_failure)
    assert (state.status in life.SETTLED) == (state.is_delivered or state.is_failure)
    if state.is_contradicted or state.is_late_upgrade:
        assert state.is_delivered
        assert any(one.is_failure for one in events)


@given(st.lists(a_report, max_size=7))
def test_a_message_is_delivered_only_if_somebody_said_so(events: list[Event]) -> None:
    if state_of(events).is_delivered:
        assert any(one.status in life.SUCCEEDED for one in events)


# --- Named cases --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], State(S.QUEUED), id="nothing reported yet"),
        pytest.param(
            [event(S.DELIVERED), event(S.SENT), event(S.QUEUED)],
            State(S.DELIVERED, at=at(60)),
            id="backwards",
        ),
        pytest.param(
            [event(S.DELIVERED, minutes=1), event(S.UNDELIVERED, "30008", 5)],
            State(S.DELIVERED, at=at(1), is_contradicted=True),
            id="failure after the delivery",
        ),
        pytest.param(
            [event(S.UNDELIVERED, "30008", 1), event(S.DELIVERED, minutes=5)],
            State(S.DELIVERED, at=at(5), is_late_upgrade=True),
            id="delivery after the failure",
        ),
        pytest.param(
            [event(S.FAILED, "30007", 1), event(S.FAILED, minutes=2)],
            State(S.FAILED, "30007", at=at(1)),
            id="a second failure without a code",
        ),
        pytest.param(
            [event(S.FAILED, minutes=1), event(S.UNDELIVERED, "30007", 2, text="spam")],
            State(S.FAILED, "30007", "spam", at(1)),
            id="the code came later",
        ),
        pytest.param(
            [event(S.FAILED, "30007", 1), event(S.FAILED, "30008", 2)],
            State(S.FAILED, "30007", at=at(1)),
            id="the first reason stands",
        ),
        pytest.param(
            [event(S.FAILED, "30007", 2), event(S.FAILED, "30008", 1)],
            State(S.FAILED, "30008", at=at(1)),
            id="the first by the provider's clock, not by arrival",
        ),
        pytest.param(
            [event(S.DELIVERY_UNKNOWN, minutes=10), event(S.DELIVERED, minutes=90)],
            State(S.DELIVERED, at=at(90)),
            id="a late receipt",
        ),
        pytest.param(
            [event(S.SUBMIT_UNKNOWN), event(S.ACCEPTED, minutes=3)],
            State(S.ACCEPTED, at=at(3)),
            id="found after an unanswered request",
        ),
        pytest.param(
            [event(S.SENT, minutes=30), event(S.DELIVERED, minutes=-30)],
            State(S.DELIVERED, at=at(-30)),
            id="a clock that is an hour wrong takes nothing back",
        ),
        pytest.param(
            [event(S.DELIVERED, minutes=1), event(S.READ, minutes=9), event(S.FAILED, "1", 5)],
            State(S.READ, at=at(9), is_contradicted=True),
            id="failed between delivery and reading",
        ),
        pytest.param(
            [event(S.UNMAPPED), event(S.SENT)], State(S.SENT, at=at(60)), id="a word nobody explained"
        ),
    ],
)
def test_the_state_that_reports_amount_to(events: list[Event], expected: State) -> None:
    assert state_of(events) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([S.DELIVERED] * 3, S.DELIVERED),
        ([S.READ, S.READ, S.DELIVERED], S.DELIVERED),
        ([S.DELIVERED, S.UNDELIVERED, S.DELIVERED], S.PARTIALLY_DELIVERED),
        ([S.DELIVERED, S.CANCELED, S.DELIVERED], S.PARTIALLY_DELIVERED),
        ([S.UNDELIVERED, S.FAILED, S.UNDELIVERED], S.FAILED),
        ([S.DELIVERED, S.DELIVERED], S.SENT),  # nobody reported on the third
        ([S.DELIVERED, S.ACCEPTED, S.DELIVERED], S.ACCEPTED),
        ([S.SENT, S.UNDELIVERED], S.UNDELIVERED),
        ([S.DELIVERED, S.DELIVERED, S.DELIVERY_UNKNOWN], S.DELIVERY_UNKNOWN),
    ],
)
def test_a_message_of_three_parts(parts: list[Status], expected: Status) -> None:
    events = [event(status, part=place, parts=3) for place, status in enumerate(parts, 1)]
    assert state_of(events).status is expected


def test_the_last_part_to_arrive_does_not_hide_that_another_failed() -> None:
    events = [event(S.UNDELIVERED, "30008", 1, 1, 2), event(S.DELIVERED, "", 2, 2, 2)]
    assert state_of(events) == State(S.PARTIALLY_DELIVERED, "30008", at=at(1))


def test_what_the_parts_say_counts_beside_a_report_on_the_whole() -> None:
    parts = [event(S.DELIVERED, "", 2, part, 2) for part in (1, 2)]
    assert state_of([*parts, event(S.SENT, minutes=1)]).status is S.DELIVERED
    assert state_of([*parts, event(S.FAILED, "1", 1)]) == State(S.DELIVERED, at=at(2), is_late_upgrade=True)
    assert state_of([parts[0], event(S.DELIVERED, minutes=3)]).status is S.DELIVERED


def test_every_status_has_a_rank_and_finals_stand_above_the_rest() -> None:
    assert set(RANK) == set(S)
    assert all(RANK[status] >= life.FINAL_RANK for status in life.SETTLED)
    assert RANK[S.SENT] < RANK[S.DELIVERY_UNKNOWN] < RANK[S.FAILED] < RANK[S.DELIVERED] < RANK[S.READ]


# --- Keys ---------------------------------------------------------------------------------------------------


def test_an_attempt_is_the_same_whatever_the_case_of_its_provider() -> None:
    key = life.attempt_key
    assert key("Twilio", "AC1", "SM1") == key("twilio", "AC1", "SM1")
    different = {key("twilio", "AC1", "SM1"), key("twilio", "AC1", "sm1"), key("twilio", "AC2", "SM1")}
    assert len(different | {key("vonage", "AC1", "SM1"), key("twilio", "AC1S", "M1")}) == 5


def test_reports_differ_by_what_they_say_or_by_their_id() -> None:
    attempt = life.attempt_key("twilio", "", "SM1")
    said = [
        event(S.FAILED),
        event(S.FAILED, "1"),
        event(S.SENT),
        event(S.FAILED, "", 1),
        event(S.FAILED, part=1),
    ]
    assert len({life.event_key(attempt, one) for one in said}) == len(said)
    assert life.event_key(attempt, said[0], "e1") == life.event_key(attempt, said[1], "e1")


@pytest.mark.parametrize(
    ("one", "other"),
    [("SM00Ab", "sm00ab"), ("0012", "12"), ("0x1F", "1f"), ("255", "ff"), ("A-B", "ab"), ("12 34", "1234")],
)
def test_forms_of_one_reference_meet(one: str, other: str) -> None:
    assert life.plain_ref(one) in life.other_forms(other) or life.plain_ref(other) in life.other_forms(one)


@given(st.text(max_size=30))
def test_every_reference_has_a_form_that_fits_the_index(ref: str) -> None:
    assert -(2**63) <= life.ref_number(ref) < 2**63
    assert life.plain_ref(ref) in life.other_forms(ref)
