"""Limits that a text speaks of and that were over when it was sent: "ends 3 March" sent on the 5th.

Only what is announced as an end counts, only dates that can be read one way, and only such as are not long past: a
date alone ("your order of 3 March") says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

# Older than this it was hardly meant as news; without its year the date of the next year is meant.
LONGEST: Final = timedelta(days=180)

_MONTHS: Final = {
    name: place
    for place, names in enumerate(
        (
            "january jan janvier enero januar",
            "february feb février fevrier febrero februar",
            "march mar mars marzo märz maerz",
            "april apr avril abril",
            "may mai mayo",
            "june jun juin junio juni",
            "july jul juillet julio juli",
            "august aug août aout agosto",
            "september sept sep septembre septiembre",
            "october oct octobre octubre oktober okt",
            "november nov novembre noviembre",
            "december dec décembre decembre diciembre dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_END: Final = (
    r"(?:ends?|ending|until|till|expires?|expiring|valid (?:through|until|to)|by|before|last day|deadline"
    r"|jusqu['’]au|expire le|fin le|avant le|hasta(?: el)?|vence(?: el)?|termina(?: el)?|bis(?: zum)?|endet am"
    r"|gültig bis)"
)
_DATE: Final = (
    r"(?:(?P<iso>\d{4})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)"
    r"|(?P<dotted_day>\d{1,2})\.(?P<dotted_month>\d{1,2})\.(?P<dotted_year>\d{4})"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)? (?:de )?(?P<month>{_MONTH})\b\.?(?:,? (?:de )?(?P<year>\d{{4}}))?"
    rf"|(?P<month_first>{_MONTH})\b\.? (?P<day_last>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)(?:,? (?P<year_last>\d{{4}}))?)"
)
_ANNOUNCED: Final = re.compile(
    rf"\b{_END}\s*:?\s+(?:(?:on|the|mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )*{_DATE}",
    re.IGNORECASE,
)
_IN_LINK: Final = re.compile(
    r"[?&](?:expires?|expiry|valid_?until|until|end(?:s|_?date)?)=(?P<iso>\d{4})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Over:
    """A limit that was over: the words of the text and the day they mean."""

    words: str
    day: date


def over(text: str, sent_on: date) -> Over | None:
    """The latest limit in the text, if all its limits were over on the day it was sent."""
    found = list(_limits(text, sent_on))
    if not found:
        return None
    latest = max(found, key=lambda one: one.day)
    return latest if timedelta(0) < sent_on - latest.day <= LONGEST else None


def _limits(text: str, sent_on: date) -> Iterator[Over]:
    for pattern in (_ANNOUNCED, _IN_LINK):
        for match in pattern.finditer(text):
            day = _day(match.groupdict(), sent_on)
            if day is not None:
                yield Over(" ".join(match[0].split())[:60], day)


def _day(read: dict[str, str | None], sent_on: date) -> date | None:
    """None for a day that does not exist."""
    if read.get("iso"):
        return _made(read["iso"], read["iso_month"], read["iso_day"])
    if read.get("dotted_year"):
        return _made(read["dotted_year"], read["dotted_month"], read["dotted_day"])
    month = _MONTHS[(read["month"] or read["month_first"] or "").lower()]
    day, year = read["day"] or read["day_last"], read["year"] or read["year_last"]
    if year:
        return _made(year, month, day)
    # Without its year, the one nearest to the day of sending is meant.
    near = [_made(sent_on.year + more, month, day) for more in (-1, 0, 1)]
    return min((one for one in near if one), key=lambda one: abs(one - sent_on), default=None)


def _made(year: object, month: object, day: object) -> date | None:
    try:
        return date(int(str(year)), int(str(month)), int(str(day)))
    except ValueError:
        return None
