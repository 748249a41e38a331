"""When it arrives: the recipient's local time, quiet hours, Sundays, holidays, and how often."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from babel.core import get_global

from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message, Purpose, Sent
from errors.preflight.rules import Hours, Kind, Rule, RuleBook, Standing, hours

_A_DAY: Final = timedelta(hours=24)
_WEEK: Final = ("mon-fri",) * 5 + ("sat", "sun")


class Allowed(IntEnum):
    """What the claims about one moment come to."""

    YES = 0
    DOUBTFUL = 1
    NO = 2


class Ruling(NamedTuple):
    """What holds at one local moment, and the row that decided; `day` is the kind of day."""

    allowed: Allowed
    day: str = ""
    rule: Rule | None = None


def check_hours(
    message: Message, e164: str | None, place: str | None, rules: RuleBook, now: datetime | None
) -> Iterator[Finding]:
    at = message.at or now
    if message.at and now and _comparable(message.at, now) and message.at < now:
        yield Finding(
            Code.TIME_PAST,
            f"The time of sending, {message.at:%Y-%m-%d %H:%M}, is over.",
            "Choose a time to come, and check that the text is still true then.",
        )
    if at is None or message.purpose is Purpose.OTP:
        return
    areas = areas_of(message, e164, place, rules)
    local = _local_times(at, areas)
    if message.purpose is not Purpose.MARKETING:
        yield from _unsocial(local, rules)
    elif not local or (not areas and not place):
        yield Finding(
            Code.TIME_ZONE_UNKNOWN,
            "Where the recipient is cannot be told from the number, so neither can the local time.",
            "Fill in the recipient's country and state.",
        )
    else:
        yield from _quiet_hours(local, rules)


def check_frequency(
    message: Message,
    e164: str | None,
    place: str | None,
    rules: RuleBook,
    now: datetime | None,
    recent: Sequence[Sent],
) -> Iterator[Finding]:
    """How many marketing texts the number got in the day before this one."""
    at = message.at or now
    if at is None or e164 is None or message.purpose is not Purpose.MARKETING:
        return
    earlier = [
        sent
        for sent in recent
        if sent.to == e164
        and sent.purpose is Purpose.MARKETING
        and _comparable(sent.at, at)
        and timedelta(0) <= at - sent.at < _A_DAY
    ]
    caps = [
        rules.one(Kind.DAILY_CAP, place=where) for where in _places(areas_of(message, e164, place, rules))
    ]
    rule = next(filter(None, caps), None) or rules.one(Kind.DAILY_CAP)
    if rule and len(earlier) >= int(rule.value):
        yield Finding(
            Code.TIME_FREQUENCY,
            f"The number got {len(earlier)} marketing texts within 24 hours; the limit is {rule.value}.",
            "Wait, or leave the recipient out of this campaign.",
            rule=rule,
        )


class Area(NamedTuple):
    """Where a recipient may be: a country or state, and one of its time zones (None: not needed)."""

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
    state = (message.state or "").strip().upper()
    rows = rules.about(Kind.AREA, e164[2:5]) if e164 else []
    if state and place == "US" and not any(rule.place == f"US-{state}" for rule in rows):
        # The number came along from another state.
        rows = [rule for rule in rules.all(Kind.AREA) if rule.place == f"US-{state}"] or rows
    return list(dict.fromkeys(Area(rule.place, zone) for rule in rows for zone in rule.value.split(" ")))


@cache
def _zones_of(country: str) -> tuple[str, ...]:
    """The time zones of a country, from the tables of Unicode (CLDR)."""
    return tuple(zone for zone, territory in get_global("zone_territories").items() if territory == country)


def _local_times(at: datetime, areas: list[Area]) -> list[tuple[str, datetime]]:
    """The local time at each place. A time without a zone is the recipient's own."""
    if at.tzinfo is None:
        return [(where, at) for where in _places(areas)]
    return list(
        dict.fromkeys((area.place, at.astimezone(ZoneInfo(area.zone)).replace(tzinfo=None)) for area in areas)
    )


def _places(areas: list[Area]) -> list[str]:
    return list(dict.fromkeys(area.place for area in areas))


def _comparable(one: datetime, other: datetime) -> bool:
    return (one.tzinfo is None) == (other.tzinfo is None)


def _unsocial(local: list[tuple[str, datetime]], rules: RuleBook) -> Iterator[Finding]:
    rule = rules.one(Kind.UNSOCIAL_HOURS)
    if rule and local and not any(hours(rule.value).allow(at.time()) for _, at in local):
        _, at = local[0]
        yield Finding(
            Code.TIME_QUIET_HOURS_WARN,
            f"It is {at:%H:%M} where the recipient is; texts are expected from {hours(rule.value).words}.",
            "Wait until the morning there, unless it cannot wait.",
            rule=rule,
        )


def _quiet_hours(local: list[tuple[str, datetime]], rules: RuleBook) -> Iterator[Finding]:
    rulings = [(where, at, _ruling(where, at, rules)) for where, at in local]
    worst = max(rulings, key=lambda one: one[2].allowed)
    where, at, ruling = worst
    if ruling.allowed is Allowed.YES:
        if not any(rules.all(Kind.HOURS) and _claims(place, at, rules) for place, at in local):
            yield from _unsocial(local, rules)
        return
    if ruling.allowed is Allowed.NO and min(one[2].allowed for one in rulings) < Allowed.NO:
        yield Finding(
            Code.TIME_ZONE_UNKNOWN,
            f"The recipient may be where it is {at:%H:%M}, when marketing is not allowed, or in another time zone.",
            "Fill in the recipient's state, or choose a time that is allowed in all of them.",
            rule=ruling.rule,
        )
        return
    assert ruling.rule is not None
    window = hours(ruling.rule.value)
    when = f"{at:%A} {at:%H:%M}" + (f", {_holiday(where, at.date())}," if ruling.day == "holiday" else "")
    if ruling.allowed is Allowed.DOUBTFUL:
        yield Finding(
            Code.TIME_QUIET_HOURS_WARN,
            f"{when} in {where} is outside {window.words}, which {ruling.rule.source} gives; sources differ or only "
            "one says so.",
            "Choose a time that all of them allow.",
            rule=ruling.rule,
        )
        return
    yield Finding(
        _code(ruling.day, window),
        f"{when} in {where}: marketing is allowed {_allowed_words(ruling.day, window)} there.",
        "Choose a time that is allowed.",
        rule=ruling.rule,
        all_agree=True,
    )


def _code(day: str, window: Hours) -> Code:
    if window.opens is None and day in ("sun", "holiday"):
        return Code.TIME_SUNDAY if day == "sun" else Code.TIME_HOLIDAY
    return Code.TIME_QUIET_HOURS


def _allowed_words(day: str, window: Hours) -> str:
    days = {
        "mon-fri": "on weekdays",
        "sat": "on Saturdays",
        "sun": "on Sundays",
        "holiday": "on public holidays",
    }
    return f"{window.words} {days[day]}" if window.opens is None else f"from {window.words} {days[day]}"


def _ruling(where: str, at: datetime, rules: RuleBook) -> Ruling:
    """The worst of what the country and the state say of this local moment."""
    return max((_claimed(place, at, rules) for place in _levels(where)), key=lambda ruling: ruling.allowed)


def _levels(where: str) -> list[str]:
    """US-TX also obeys US."""
    return [where.partition("-")[0], where] if "-" in where else [where]


def _claimed(place: str, at: datetime, rules: RuleBook) -> Ruling:
    claims = _claims(place, at, rules)
    against = [rule for rule in claims if not hours(rule.value).allow(at.time())]
    if not against:
        return Ruling(Allowed.YES)
    sure = [rule for rule in against if rule.standing is not Standing.UNCONFIRMED]
    if len(against) == len(claims) and sure:
        return Ruling(Allowed.NO, sure[0].subject, sure[0])
    return Ruling(Allowed.DOUBTFUL, against[0].subject, against[0])


def _claims(place: str, at: datetime, rules: RuleBook) -> list[Rule]:
    """What the rows say of the kind of day that it is there."""
    on_holidays = rules.of(Kind.HOURS, place=place, subject="holiday")
    if on_holidays and _holiday(place, at.date()):
        return on_holidays
    return rules.of(Kind.HOURS, place=place, subject=_WEEK[at.weekday()])


def _holiday(place: str, day: date) -> str | None:
    """The name of a public holiday of a country or state."""
    return _holidays_of(place, day.year).get(day)


@cache
def _holidays_of(place: str, year: int) -> dict[date, str]:
    country, _, state = place.partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=state or None, years=year).items())
    except NotImplementedError:
        return {}
