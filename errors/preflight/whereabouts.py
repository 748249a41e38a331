"""Where a recipient may be, and what time it is there."""

from datetime import datetime
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from babel.core import get_global

from errors.preflight.message import Message
from errors.preflight.rules import Kind, RuleBook

# The names of the states, and their two letters.
_STATES: Final = {
    name.upper(): code for name, code in holidays.country_holidays("US").subdivisions_aliases.items()
}


class Area(NamedTuple):
    """Where a recipient may be: a country or state, and one of its time zones."""

    place: str
    zone: str


def areas_of(message: Message, e164: str | None, place: str | None, rules: RuleBook) -> list[Area]:
    """Where the recipient may be: by area code unless another state is stored, else anywhere in the country.

    Empty for numbers of no area, such as toll-free ones.
    """
    if place is None:
        return []
    if place not in ("US", "CA"):
        return [Area(place, zone) for zone in _zones_of(place)]
    written = (message.state or "").strip().upper()
    state = _STATES.get(written, written)
    rows = rules.about(Kind.AREA, e164[2:5]) if e164 else []
    if state and place == "US" and not any(rule.place == f"US-{state}" for rule in rows):
        # The number came along from another state.
        rows = [rule for rule in rules.all(Kind.AREA) if rule.place == f"US-{state}"] or rows
    return list(dict.fromkeys(Area(rule.place, zone) for rule in rows for zone in rule.value.split(" ")))


@cache
def _zones_of(country: str) -> tuple[str, ...]:
    """The time zones of a country, from the tables of Unicode (CLDR)."""
    return tuple(zone for zone, territory in get_global("zone_territories").items() if territory == country)


def local_times(at: datetime, areas: list[Area], place: str | None) -> list[tuple[str, datetime]]:
    """The local time at each place. A time without a zone is the recipient's own, wherever that is."""
    if at.tzinfo is None:
        return [(where, at) for where in places(areas) or ([place] if place else [])]
    here = ((area.place, at.astimezone(ZoneInfo(area.zone)).replace(tzinfo=None)) for area in areas)
    return list(dict.fromkeys(here))


def places(areas: list[Area]) -> list[str]:
    return list(dict.fromkeys(area.place for area in areas))


def comparable(one: datetime, other: datetime) -> bool:
    """A local time and a moment cannot be put in order."""
    return (one.tzinfo is None) == (other.tzinfo is None)
