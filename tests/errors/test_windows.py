"""Windows are whole hours, and their pieces leave nothing out and count nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import windows
from errors.windows import HOUR, Pace, Window

NEW_YORK, KOLKATA, HAVANA = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/Havana")
NOW = datetime(2026, 6, 10, 15, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def starts(window: Window, zone: ZoneInfo) -> list[str]:
    return [f"{piece.start.astimezone(zone):%a %d %H:%M}" for piece in windows.pieces(window, zone)]


def test_the_last_hours_end_with_the_present_one():
    window = windows.last_hours(24, NOW)
    assert window == Window(NOW.replace(day=9, hour=16, minute=0), NOW.replace(hour=16, minute=0))
    assert windows.pace_of(window) is Pace.HOUR
    assert len(windows.pieces(window, NEW_YORK)) == 24


def test_a_full_hour_belongs_to_the_hour_it_begins():
    full = NOW.replace(minute=0)
    assert (windows.hour_of(full), windows.next_hour(full)) == (full, full)
    assert (windows.hour_of(NOW), windows.next_hour(NOW)) == (full, full + HOUR)


def test_the_last_days_begin_at_the_staffs_midnight():
    window = windows.last_days(7, NOW, NEW_YORK)
    assert window.start == datetime(2026, 6, 4, 4, tzinfo=UTC)
    assert starts(window, NEW_YORK)[:5] == [
        "Thu 04 00:00",
        "Thu 04 06:00",
        "Thu 04 12:00",
        "Thu 04 18:00",
        "Fri 05 00:00",
    ]


def test_the_day_the_clock_is_put_forward_has_23_hours():
    window = windows.of_days(date(2026, 3, 1), date(2026, 3, 31), NEW_YORK)
    days = windows.pieces(window, NEW_YORK)
    lengths = {piece.start.astimezone(NEW_YORK).day: piece.length for piece in days}
    assert len(days) == 31
    assert [day for day, length in lengths.items() if length != DAY] == [8]
    assert lengths[8] == 23 * HOUR


def test_days_that_begin_within_an_hour_begin_with_that_hour():
    window = windows.of_days(date(2026, 6, 1), date(2026, 6, 30), KOLKATA)
    assert starts(window, KOLKATA)[:3] == ["Sun 31 23:30", "Mon 01 23:30", "Tue 02 23:30"]
    assert len(windows.pieces(window, KOLKATA)) == 30


def test_long_windows_are_cut_at_mondays_and_longer_ones_at_months():
    quarter = windows.of_days(date(2026, 4, 1), date(2026, 6, 30), NEW_YORK)
    assert starts(quarter, NEW_YORK)[:3] == ["Wed 01 00:00", "Mon 06 00:00", "Mon 13 00:00"]
    year = windows.of_days(date(2025, 6, 15), date(2026, 6, 14), NEW_YORK)
    assert [piece.start.astimezone(NEW_YORK).day for piece in windows.pieces(year, NEW_YORK)] == [
        15,
        *[1] * 12,
    ]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.integers(1, 24 * 400),
    st.sampled_from([NEW_YORK, KOLKATA, HAVANA, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_pieces_fill_the_window(start: datetime, hours: int, zone: ZoneInfo):
    begin = windows.hour_of(start.replace(tzinfo=UTC))
    window = Window(begin, begin + hours * HOUR)
    pieces = windows.pieces(window, zone)
    assert (pieces[0].start, pieces[-1].end) == (window.start, window.end)
    assert all(piece.length > timedelta(0) for piece in pieces)
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert all(windows.hour_of(piece.start) == piece.start for piece in pieces)
    assert len(pieces) <= windows.PIECES + 4


@pytest.mark.parametrize(
    ("hours", "pace"),
    [
        (1, Pace.HOUR),
        (32, Pace.HOUR),
        (33, Pace.QUARTER),
        (24 * 8, Pace.QUARTER),
        (24 * 8 + 1, Pace.DAY),
        (24 * 32 + 1, Pace.WEEK),
        (24 * 7 * 32 + 1, Pace.MONTH),
    ],
)
def test_the_longer_the_window_the_longer_its_pieces(hours: int, pace: Pace):
    window = Window(NOW.replace(minute=0), NOW.replace(minute=0) + hours * HOUR)
    assert windows.pace_of(window) is pace
