"""How much time is left, in the words of people who work on weekdays, and how long a revocation may take.

A business day is a weekday that is no public holiday of the organisation's calendar: a country, or one of its parts,
as the `holidays` library knows them. In the US those of 5 U.S.C. 6103: a holiday on a Saturday is kept on the Friday
before, one on a Sunday on the Monday after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

US = "US"
DAY = timedelta(days=1)


class UnknownCalendar(ValueError):
    """Nobody keeps the holidays of a place of that name; the message says how to write one."""


@dataclass(frozen=True, slots=True)
class TimeAllowed:
    """How long a revocation may take until every system follows it. `hours`: the house's own limit. `business_days`:
    the law's (47 CFR 64.1200(a)(10): at most ten), in days of `zone` and of the calendar."""

    hours: int = 24
    business_days: int = 10
    calendar: str = US
    zone: str = "UTC"

    def own_end(self, received_at: datetime) -> datetime:
        return received_at + timedelta(hours=self.hours)

    def end_by_law(self, received_at: datetime) -> datetime:
        """The end of the last business day allowed, where the organisation is; the day of receipt does not count."""
        zone = ZoneInfo(self.zone)
        day = received_at.astimezone(zone).date()
        left = self.business_days
        while left:
            day += DAY
            left -= is_business_day(day, self.calendar)
        # Midnight on the wall: a day on which the clocks change is as long as it is.
        return datetime.combine(day + DAY, time.min, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Deadline:
    """What to show of a deadline: the time left, the moment on the staff's clock, and how pressing it is."""

    left: str
    moment: str
    tone: str  # bad: missed; warn: today; mute: later

    @property
    def words(self) -> str:
        return f"{self.left} ({self.moment})"


def deadline(due: datetime, now: datetime, zone: tzinfo, calendar: str = US) -> Deadline:
    """The time left until `due`, counted in business days of `zone` once it is more than a day."""
    local = due.astimezone(zone)
    moment = f"{local:%a} {local.day} {local:%b, %H:%M} {local.tzname()}"
    left = due - now
    if left <= timedelta(0):
        return Deadline(f"Overdue by {_span(-left)}", moment, "bad")
    if left < DAY:
        return Deadline(f"Due in {_span(left)}", moment, "warn")
    days = business_days(now.astimezone(zone).date(), local.date(), calendar)
    if days == 0:
        return Deadline("Due before the next business day", moment, "warn")
    return Deadline(f"{days} business day{'s' if days > 1 else ''} left", moment, "mute")


def business_days(start: date, end: date, calendar: str = US) -> int:
    """Business days after `start`, up to and including `end`."""
    days = (start + DAY * step for step in range(1, (end - start).days + 1))
    return sum(is_business_day(day, calendar) for day in days)


def is_business_day(day: date, calendar: str = US) -> bool:
    """Raises UnknownCalendar."""
    return day.weekday() < 5 and day not in _kept(calendar)


@lru_cache(maxsize=8)
def _kept(calendar: str) -> holidays.HolidayBase:
    """The days a place keeps: "US", "US-CA", "FR". Years are worked out when they are first asked for."""
    country, _, part = calendar.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as problem:
        raise UnknownCalendar(
            f"“{calendar}” is no place whose holidays are known. Write a country as US or FR, one of its parts as "
            "US-CA."
        ) from problem


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"
