"""What time it is where a number is at home, told from what the check before a send goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from errors.preflight import Consent, Message, Purpose
from errors.preflight.recipient import place_of, read_recipient
from errors.preflight.rules import RuleBook
from errors.preflight.whereabouts import Area, areas_of, local_times, places


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The clock at a number's home, e.g. "Sunday 14:05" in "Chicago"; `known_by` says what tells where that is."""

    clock: str
    where: str
    known_by: str


def local_time(e164: str, rules: RuleBook, now: datetime) -> LocalTime | None:
    """None for a number of no place, such as a toll-free one."""
    message = Message(body="", to=e164, sender="", purpose=Purpose.MARKETING, consent=Consent.NONE)
    place = place_of(message, read_recipient(message))
    areas = areas_of(message, e164, place, rules)
    clocks = sorted({at for _, at in local_times(now, areas, place)})
    if not clocks:
        return None
    known_by = f"its area code {e164[2:5]}" if place in ("US", "CA") else "its country"
    return LocalTime(_words(clocks), _where(areas), known_by)


def _words(clocks: Sequence[datetime]) -> str:
    """The earliest and the latest where a place has several clocks."""
    first, last = clocks[0], clocks[-1]
    if first == last:
        return f"{first:%A %H:%M}"
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%A %H:%M}"
    return f"{first:%A %H:%M} to {until}"


def _where(areas: Sequence[Area]) -> str:
    """The city that gives the time zone its name where there is one zone, else the places."""
    zones = {area.zone for area in areas}
    if len(zones) == 1:
        return zones.pop().rpartition("/")[2].replace("_", " ")
    return ", ".join(places(list(areas)))
