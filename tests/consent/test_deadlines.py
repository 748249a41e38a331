"""The time that is left, in business days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from consent.deadlines import business_days, deadline, is_business_day

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),  # New Year's Day
        date(2026, 1, 19),  # Martin Luther King
        date(2026, 2, 16),  # Washington
        date(2026, 5, 25),  # Memorial Day
        date(2026, 6, 19),  # Juneteenth
        date(2026, 7, 3),  # Independence Day falls on a Saturday
        date(2026, 9, 7),  # Labor Day
        date(2026, 10, 12),  # Columbus
        date(2026, 11, 11),  # Veterans
        date(2026, 11, 26),  # Thanksgiving
        date(2026, 12, 25),
        date(2021, 12, 31),  # New Year's Day 2022 falls on a Saturday
        date(2023, 1, 2),  # New Year's Day falls on a Sunday
        date(2026, 11, 28),  # a Saturday
    ],
)
def test_a_holiday_and_a_weekend_are_no_business_days(day):
    assert not is_business_day(day)


@pytest.mark.parametrize("day", [date(2026, 7, 6), date(2026, 11, 27), date(2022, 1, 3), date(2026, 5, 18)])
def test_other_weekdays_are(day):
    assert is_business_day(day)


def test_the_day_itself_does_not_count_and_the_last_one_does():
    # Wednesday before Thanksgiving to the Monday after it.
    assert business_days(date(2026, 11, 25), date(2026, 11, 30)) == 2


@pytest.mark.parametrize(
    ("due", "left", "moment", "tone"),
    [
        ("2026-11-30T22:00", "2 business days left", "Mon 30 Nov, 17:00 EST", "mute"),
        ("2026-11-26T02:30", "Due in 12 h", "Wed 25 Nov, 21:30 EST", "warn"),
        ("2026-11-25T15:00", "Due in 30 min", "Wed 25 Nov, 10:00 EST", "warn"),
        ("2026-11-25T14:20", "Overdue by 10 min", "Wed 25 Nov, 09:20 EST", "bad"),
        ("2026-11-20T14:30", "Overdue by 5 days", "Fri 20 Nov, 09:30 EST", "bad"),
        ("2026-11-26T22:00", "Due before the next business day", "Thu 26 Nov, 17:00 EST", "warn"),
    ],
)
def test_a_deadline_says_what_is_left_and_when_it_is(due, left, moment, tone):
    now = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
    shown = deadline(datetime.fromisoformat(due).replace(tzinfo=UTC), now, NEW_YORK)
    assert (shown.left, shown.moment, shown.tone) == (left, moment, tone)


def test_the_clocks_going_back_add_no_day():
    now = datetime(2026, 10, 30, 16, 0, tzinfo=UTC)  # Friday, the clocks change on Sunday
    shown = deadline(datetime(2026, 11, 2, 22, 0, tzinfo=UTC), now, NEW_YORK)
    assert shown.left == "1 business day left"
