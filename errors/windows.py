"""Stretches of time that the log is counted over.

Counts are kept by whole hours of UTC, so every window begins and ends with one: what a picture counts and what the
list behind it shows are then the same attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


def hour_of(moment: datetime) -> datetime:
    """The beginning of the UTC hour that a moment lies in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def next_hour(moment: datetime) -> datetime:
    """The first full hour that is not before the moment."""
    start = hour_of(moment)
    return start if start == moment else start + HOUR


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` on and before `end`, both full hours of UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def last_hours(count: int, now: datetime) -> Window:
    """Up to now, the present hour included."""
    end = hour_of(now) + HOUR
    return Window(end - count * HOUR, end)


def last_days(count: int, now: datetime, zone: ZoneInfo) -> Window:
    """Today and the days before it on the clock of a zone, up to the present hour."""
    first = now.astimezone(zone).date() - timedelta(days=count - 1)
    return Window(_midnight(first, zone), hour_of(now) + HOUR)


def of_days(first: date, last_day: date, zone: ZoneInfo) -> Window:
    """Whole days on the clock of a zone, both included."""
    return Window(_midnight(first, zone), _midnight(last_day + timedelta(days=1), zone))


class Pace(StrEnum):
    """How long one piece of a picture is."""

    HOUR = "by hour"
    QUARTER = "every 6 hours"
    DAY = "by day"
    WEEK = "by week"
    MONTH = "by month"


# A picture has at most about this many pieces: each can still be hit with a finger on a phone's full width.
PIECES = 32
_LENGTHS = {
    Pace.HOUR: HOUR,
    Pace.QUARTER: 6 * HOUR,
    Pace.DAY: timedelta(days=1),
    Pace.WEEK: timedelta(days=7),
}


def pace_of(window: Window) -> Pace:
    return next((pace for pace, length in _LENGTHS.items() if window.length <= PIECES * length), Pace.MONTH)


def pieces(window: Window, zone: ZoneInfo) -> list[Window]:
    """The window cut at the hours, days, weeks (Monday) or months of a zone's clock; nothing left out, nothing twice.

    Days are as long as the clock makes them. Where a zone's midnight is no full hour of UTC, its days begin with the
    full hour before."""
    pace = pace_of(window)
    edges = [window.start]
    while (following := _next_edge(edges[-1], pace, zone)) < window.end:
        edges.append(following)
    return [Window(start, end) for start, end in pairwise([*edges, window.end])]


def _next_edge(edge: datetime, pace: Pace, zone: ZoneInfo) -> datetime:
    if pace is Pace.HOUR:
        return edge + HOUR
    # An edge that was moved back to a full hour still lies in the day before.
    day = (edge + HOUR - timedelta(microseconds=1)).astimezone(zone).date()
    if pace is Pace.QUARTER:
        quarters = [_at(day, hour, zone) for hour in (6, 12, 18)]
        return next(
            (moment for moment in quarters if moment > edge), _midnight(day + timedelta(days=1), zone)
        )
    days = {Pace.DAY: 1, Pace.WEEK: 7 - day.weekday()}.get(pace)
    if days is None:
        return _midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    return _midnight(day + timedelta(days=days), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return _at(day, 0, zone)


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return hour_of(datetime.combine(day, time(hour), zone))
