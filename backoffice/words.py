"""How values read: moments on the staff's clock with their zone, ages, durations, capped counts, phone
numbers."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

import phonenumbers
from django.utils import timezone
from django.utils.formats import number_format

CAP = 10_000  # lists count to here and no further
SEVERITIES = {"S1": "Urgent", "S2": "High", "S3": "Medium", "S4": "Low"}


def zone_label(moment: datetime) -> str:
    """The letters staff know ("EST"); zones that have none get their distance from UTC."""
    letters = moment.tzname() or ""
    return letters if letters[:1] not in "+-" else f"UTC{letters}"


def staff_words(moment: datetime) -> str:
    """21 Nov 2026, 14:03 EST"""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M} {zone_label(local)}"


def span(seconds: float) -> str:
    """A duration with at most two units: 45 s, 12 min, 1 h 2 min, 3 d 4 h."""
    left = max(0, int(seconds))
    if left < 60:
        return f"{left} s"
    minutes = left // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 7 else f"{days} d"


def coarse(seconds: float) -> str:
    """One unit is enough for an age: 12 min, 3 h, 5 d."""
    return " ".join(span(seconds).split()[:2])


def age(moment: datetime, now: datetime) -> str:
    """3 min ago, in 2 d, now"""
    passed = (now - moment).total_seconds()
    if abs(passed) < 1:
        return "now"
    return f"{coarse(passed)} ago" if passed > 0 else f"in {coarse(-passed)}"


def capped(count: int, cap: int = CAP) -> str:
    """1,284, or 10,000+ where counting stopped."""
    return (
        f"{number_format(cap, force_grouping=True)}+"
        if count > cap
        else number_format(count, force_grouping=True)
    )


def of_code(code: object) -> str:
    """A code of ours as words: "recheck_due" becomes "Recheck due"."""
    return str(code).replace("_", " ").replace(".", " ").capitalize()


@lru_cache(maxsize=2048)
def phone(e164: str) -> str:
    """+1 415-555-0100 for +14155550100; anything that is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
