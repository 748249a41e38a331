"""How much time is left, in the words of people who work on weekdays.

A business day is a weekday that is no US federal holiday (5 U.S.C. 6103); a holiday on a Saturday is kept on the
Friday before, one on a Sunday on the Monday after (the same section, and Executive Order 11582).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """What to show of a deadline: the time left, the moment on the staff's clock, and how pressing it is."""

    left: str
    moment: str
    tone: str  # bad: missed; warn: today; mute: later

    @property
    def words(self) -> str:
        return f"{self.left} ({self.moment})"


def deadline(due: datetime, now: datetime, zone: tzinfo) -> Deadline:
    """The time left until `due`, counted in business days of `zone` once it is more than a day."""
    local = due.astimezone(zone)
    moment = f"{local:%a} {local.day} {local:%b, %H:%M} {local.tzname()}"
    left = due - now
    if left <= timedelta(0):
        return Deadline(f"Overdue by {_span(-left)}", moment, "bad")
    if left < DAY:
        return Deadline(f"Due in {_span(left)}", moment, "warn")
    days = business_days(now.astimezone(zone).date(), local.date())
    if days == 0:
        return Deadline("Due before the next business day", moment, "warn")
    return Deadline(f"{days} business day{'s' if days > 1 else ''} left", moment, "mute")


def business_days(start: date, end: date) -> int:
    """Business days after `start`, up to and including `end`."""
    days = (start + DAY * step for step in range(1, (end - start).days + 1))
    return sum(is_business_day(day) for day in days)


def is_business_day(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in _holidays(day.year)


@lru_cache(maxsize=32)
def _holidays(year: int) -> frozenset[date]:
    # New Year's Day of the next year may be kept in this one.
    kept = {_kept(day) for day in (*_named(year), date(year + 1, 1, 1))}
    return frozenset(day for day in kept if day.year == year)


def _named(year: int) -> Iterator[date]:
    yield date(year, 1, 1)
    yield _nth(year, 1, MONDAY, 3)
    yield _nth(year, 2, MONDAY, 3)
    yield _nth(year, 6, MONDAY, 1) - 7 * DAY  # the last Monday of May
    yield date(year, 6, 19)
    yield date(year, 7, 4)
    yield _nth(year, 9, MONDAY, 1)
    yield _nth(year, 10, MONDAY, 2)
    yield date(year, 11, 11)
    yield _nth(year, 11, THURSDAY, 4)
    yield date(year, 12, 25)


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    first = date(year, month, 1)
    return first + DAY * ((weekday - first.weekday()) % 7 + 7 * (which - 1))


def _kept(day: date) -> date:
    if day.weekday() == SATURDAY:
        return day - DAY
    return day + DAY if day.weekday() == SUNDAY else day


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"
