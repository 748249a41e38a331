"""When it arrives: quiet hours, Sundays and holidays by the recipient's own clock."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import IntEnum
from functools import cache
from typing import Final, NamedTuple

import holidays

from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message, Purpose
from errors.preflight.rules import Hours, Kind, Rule, RuleBook, Standing, hours
from errors.preflight.whereabouts import Area, comparable, local_times

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
    message: Message,
    e164: str | None,
    place: str | None,
    areas: list[Area],
    rules: RuleBook,
    now: datetime | None,
) -> Iterator[Finding]:
    """`areas`: where the recipient may be; `place`: the country, if that is all one knows."""
    at = message.at or now
    if message.at and now and comparable(message.at, now) and message.at < now:
        yield Finding(
            Code.TIME_PAST,
            f"The time of sending, {message.at:%Y-%m-%d %H:%M}, is over.",
            "Choose a time to come, and check that the text is still true then.",
        )
    if at is None or message.purpose is Purpose.OTP:
        return
    local = local_times(at, areas, place)
    if message.purpose is not Purpose.MARKETING:
        yield from _unsocial(local, rules)
        return
    if e164 and not areas:
        yield Finding(
            Code.TIME_ZONE_UNKNOWN,
            "Where the recipient is cannot be told from the number, so neither can the local time.",
            "Fill in the recipient's country and state.",
        )
    if local:
        yield from _quiet_hours(local, rules)


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
    where, at, ruling = max(rulings, key=lambda one: one[2].allowed)
    if ruling.allowed is Allowed.YES:
        if not any(_claims(level, at, rules) for where, at in local for level in _levels(where)):
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
            f"{when} in {where} is outside the hours that {ruling.rule.source} name ({window.words}); sources "
            "differ, or only one says so.",
            "Choose a time that all of them allow.",
            rule=ruling.rule,
        )
        return
    yield Finding(
        _code(ruling.day, window),
        f"{when} in {where}: {_allowed_words(ruling.day, window)} there.",
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
    if window.opens is None:
        return f"no marketing is allowed {days[day]}"
    return f"marketing is allowed from {window.words} {days[day]}"


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
        return dict(
            holidays.country_holidays(country, subdiv=state or None, years=year, language="en_US").items()
        )
    except NotImplementedError:
        return {}
