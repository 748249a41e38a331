"""When a number is given up for texts, and when it comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors.catalogue import Category as C
from errors.reach import Try, judge

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
ARRIVED = None


def tries(*sends: tuple[float, C | None]) -> list[Try]:
    """(day, category) each."""
    return [Try(START + timedelta(days=day), category, "twilio", str(category)) for day, category in sends]


@pytest.mark.parametrize("category", [C.INVALID_NUMBER, C.NUMBER_INACTIVE, C.NOT_SMS_CAPABLE])
def test_a_failure_about_the_number_itself_counts_at_once(category: C) -> None:
    found = judge(tries((0, ARRIVED), (1, category)))
    assert found is not None
    assert (found.category, found.failures, found.decided.at) == (category, 1, START + timedelta(days=1))
    assert found.arrived_at is None


@pytest.mark.parametrize(
    "category",
    [C.OPTED_OUT, C.CONTENT_FILTERED, C.AUTH, C.ACCOUNT, C.RECIPIENT_BLOCKED, C.UNKNOWN, C.THROTTLED],
)
def test_other_failures_say_nothing_about_the_number(category: C) -> None:
    assert judge(tries(*((day, category) for day in range(10)))) is None


def test_an_unreachable_phone_is_given_up_on_the_third_day() -> None:
    soft = [(0, C.HANDSET_UNREACHABLE), (3, C.EXPIRED), (9, C.NETWORK_ERROR)]
    assert judge(tries(*soft[:2])) is None
    found = judge(tries(*soft))
    assert found is not None
    assert (found.category, found.days, found.decided.at) == (C.NUMBER_INACTIVE, 3, START + timedelta(days=9))


def test_many_failures_on_one_day_are_one_day() -> None:
    assert judge(tries(*((hour / 24, C.HANDSET_UNREACHABLE) for hour in range(12)))) is None


def test_failures_too_far_apart_do_not_add_up() -> None:
    assert judge(tries((0, C.EXPIRED), (8, C.EXPIRED), (16, C.EXPIRED))) is None


def test_a_delivery_in_between_begins_the_count_anew() -> None:
    assert judge(tries((0, C.EXPIRED), (1, C.EXPIRED), (2, ARRIVED), (3, C.EXPIRED), (4, C.EXPIRED))) is None


def test_a_delivery_lifts_what_was_found_and_a_new_failure_finds_it_again() -> None:
    found = judge(tries((0, C.INVALID_NUMBER), (5, ARRIVED)))
    assert found is not None
    assert found.arrived_at == START + timedelta(days=5)
    again = judge(tries((0, C.INVALID_NUMBER), (5, ARRIVED), (6, C.NUMBER_INACTIVE)))
    assert again is not None
    assert (again.category, again.arrived_at, again.failures) == (C.NUMBER_INACTIVE, None, 1)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([*C, None])), max_size=8), st.randoms())
def test_the_order_of_arrival_does_not_matter(sends, rng) -> None:  # type: ignore[no-untyped-def]
    expected = judge(tries(*sends))
    shuffled = tries(*sends)
    rng.shuffle(shuffled)
    found = judge(shuffled)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert (found.failures, found.days, found.decided.at) == (
            expected.failures,
            expected.days,
            expected.decided.at,
        )
