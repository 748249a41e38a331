"""What time it is where a number is at home."""

from datetime import UTC, datetime

import pytest

from errors.local_time import LocalTime, local_time
from errors.preflight import rules_on

AT = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("e164", "clock", "where", "known_by"),
    [
        ("+13125550157", "Sunday 14:05", "Chicago", "its area code 312"),
        ("+14165550123", "Sunday 15:05", "Toronto", "its area code 416"),
        ("+12085550123", "Sunday 12:05 to 13:05", "US-ID", "its area code 208"),  # two zones, one code
        ("+4917604069070", "Sunday 21:05", "DE", "its country"),
        ("+918012345678", "Monday 01:35", "Kolkata", "its country"),
        ("+61491579212", "Monday 04:05 to 07:05", "AU", "its country"),
        ("+79161234567", "Sunday 22:05 to Monday 08:05", "RU", "its country"),
    ],
)
def test_the_clock_of_a_number_is_that_of_its_place(e164, clock, where, known_by):
    assert local_time(e164, rules_on(AT.date()), AT) == LocalTime(clock, where, known_by)


@pytest.mark.parametrize("e164", ["+18005550157", "+88212345678"])
def test_a_number_of_no_place_has_no_clock(e164):
    assert local_time(e164, rules_on(AT.date()), AT) is None
