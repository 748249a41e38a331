"""Dates and times as they stand in the cells of an export: strict formats, nothing guessed.

A cell becomes a Moment: the instant it names, how exact that instant is, and what is doubtful about it.
A cell that cannot be read never loses its row: the time is unknown, the text is kept, a warning says why.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import lru_cache, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from consent.ledger import EASTERNMOST, FUTURE_TOLERANCE, WESTERNMOST, Precision

# The first text message was sent on this day: an older date is a filler (1900-01-01, 1970-01-01) or a
# birthday. To believe it would make an opt-out so old that every later claim beats it.
FIRST_TEXT_SENT = date(1992, 12, 3)
EPOCH = datetime.combine(date(1970, 1, 1), time.min)
SERIAL_ZERO = datetime.combine(date(1899, 12, 30), time.min)  # makes serials right from March 1900 on
SERIAL_ZERO_1904 = datetime.combine(date(1904, 1, 1), time.min)
LAST_YEAR = 9999  # the usual filler for "no end", not a time anybody claims
LONGEST_CELL = 100  # characters; longer text is prose, not a date


class TimeWarning(StrEnum):
    """What is doubtful about the time in a cell."""

    NO_TIMESTAMP = "no_timestamp"
    BAD_TIMESTAMP = "bad_timestamp"
    ORDER_NEEDED = "order_needed"
    FUTURE_TIMESTAMP = "future_timestamp"
    NONEXISTENT_LOCAL_TIME = "nonexistent_local_time"
    AMBIGUOUS_LOCAL_TIME = "ambiguous_local_time"


class DateOrder(StrEnum):
    """The order of day, month and year in a date made of numbers."""

    YMD = "ymd"  # only with a year of four digits: 25/03/14 is a day of 2014 far more often than one of 2025
    MDY = "mdy"
    DMY = "dmy"


YEAR_LAST = (DateOrder.MDY, DateOrder.DMY)


@dataclass(frozen=True, slots=True)
class Moment:
    """What one cell says about when something happened.

    `at` is aware, in UTC, or None when the time is unknown. Without a zone it is the clock read as if it
    stood in UTC, and `precision` says so (naive_date, naive_datetime). A date is the first instant of that
    day. `precision` means nothing while both `at` and `claimed_at` are None. `text` is the cell, untouched.
    `zone` is the zone or offset that was used, None if there was none. `spread_seconds`: the true instant may
    lie this far before or after `at`; it is not zero where the clocks jumped. `claimed_at` is set only when
    the cell names a time that had not come yet: a grant has no time then, but a revocation keeps this as the
    latest it can be. It is None for the filler year 9999.
    """

    at: datetime | None
    precision: Precision
    text: str
    zone: str | None = None
    warnings: tuple[str, ...] = ()
    claimed_at: datetime | None = None
    spread_seconds: int = 0


class OrderNeeded(ValueError):
    """No order was declared, and the numbers mean more than one date or the year has two digits."""


class _Clock(NamedTuple):
    """A wall clock as the cell shows it; `offset` (or its `abbreviation`) only if the cell names one."""

    local: datetime
    date_only: bool = False
    offset: timedelta | None = None
    abbreviation: str | None = None


def read_moment(
    raw: str,
    *,
    zone: ZoneInfo | None,
    order: DateOrder | None,
    now: datetime,
    excel_1904: bool = False,
) -> Moment:
    """Read one cell; never raises on its text.

    `zone` is where the file's clocks stood (None: not known). `order` settles dates made of numbers that end
    in the year, and vouches for two-digit years; a date that starts with a four-digit year needs none. `now`
    is when the file was received, aware. `excel_1904` reads serials as old Macintosh workbooks count them.
    """
    try:
        if _ISO.fullmatch(raw):
            return _place(_iso(raw), raw, zone, now)
        if found := _NUMBERS.fullmatch(raw):
            return _place(_in_numbers(found, order), raw, zone, now)
        text = plain_text(raw)
        if text in BLANK_WORDS:
            return _unread(raw, TimeWarning.NO_TIMESTAMP)
        return _place(_read_clock(text, order, excel_1904), raw, zone, now)
    except OrderNeeded:
        return _unread(raw, TimeWarning.BAD_TIMESTAMP, TimeWarning.ORDER_NEEDED)
    except (ValueError, OverflowError):  # no such format, or no such day, hour or offset
        return _unread(raw, TimeWarning.BAD_TIMESTAMP)


class MomentReader:
    """Reads one column whose zone and order are known, remembering the cells seen last."""

    read: Callable[[str], Moment]

    def __init__(
        self,
        zone: ZoneInfo | None,
        order: DateOrder | None,
        now: datetime,
        *,
        excel_1904: bool = False,
        remembered: int = 4096,
    ) -> None:
        if now.tzinfo is None:
            raise ValueError("MomentReader needs the time the file was received with its zone.")
        reading = partial(read_moment, zone=zone, order=order, now=now, excel_1904=excel_1904)
        self.read = lru_cache(maxsize=remembered)(reading)


# --- Text ---------------------------------------------------------------------------------------------------

BLANK_WORDS = frozenset(
    [
        *("", "-", "--", "---", ".", "?", "null", "(null)", "\\n", "none", "nil", "nan", "nat", "undefined"),
        *("n/a", "#n/a", "na", "n.a.", "blank", "(blank)", "empty", "(empty)", "unknown", "not set"),
    ]
)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc"), "'")


def plain_text(raw: str) -> str:
    """Lower case, plain digits, dashes and spaces, no accents, no spreadsheet wrapping."""
    text = raw
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).translate(_DASHES).translate(_QUOTES)
        text = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Mn"))
    text = " ".join(text.replace("\x00", "").split()).casefold()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.strip("\"' ")


# --- Formats ------------------------------------------------------------------------------------------------

_MONTH_NAMES = (
    "january jan janvier janv enero ene",
    "february feb fevrier fevr fev febrero",
    "march mar mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juin junio",
    "july jul juillet juil julio",
    "august aug aout agosto ago",
    "september sept sep septembre septiembre setiembre set",
    "october oct octobre octubre",
    "november nov novembre noviembre",
    "december dec decembre diciembre dic",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_WEEKDAYS = (
    "monday|mon|tuesday|tues|tue|wednesday|wed|thursday|thurs|thur|thu|friday|fri|saturday|sat|sunday|sun"
    "|lundi|lun|mardi|mar|mercredi|mer|jeudi|jeu|vendredi|ven|samedi|sam|dimanche|dim"
    "|lunes|martes|miercoles|mie|jueves|jue|viernes|vie|sabado|sab|domingo|dom"
)

# The weekday says nothing the date does not say; it is not checked against it.
_WEEKDAY = rf"(?:(?:{_WEEKDAYS})\.?,? )?"
_MONTH = rf"(?P<name>{'|'.join(MONTHS)})\.?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|o)?"
_YEAR = r"(?P<year>[0-9]{4}|'?[0-9]{2})"
_TIME = (
    r"(?P<hour>[0-9]{1,2})"
    r"(?:(?: ?h ?|:)(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?)?"
    r"(?: ?(?P<half>[ap])\.? ?m\b\.?)?"
)
_ZONE = (
    r"(?: ?(?P<utc>z|utc|gmt|ut)?(?P<offset>[+-][0-9]{1,2}(?::?[0-9]{2})?)?"
    r"|(?P<abbreviation> [a-z]{2,5}))(?: ?[(\[][^()\[\]]*[)\]])?"
)
_BETWEEN = r"(?:t| |, ?| ?, at | at | a | a las | - )"

_DATE_STYLES = (
    r"(?P<year>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})",
    r"(?P<first>[0-9]{1,2})(?P<sep>[-/.])(?P<middle>[0-9]{1,2})(?P=sep)(?P<last>[0-9]{4}|[0-9]{2})",
    rf"{_WEEKDAY}{_MONTH}[ -]{_DAY}(?:,? |,|-){_YEAR}",
    rf"{_WEEKDAY}{_DAY}(?: de | of |\. ?| |-|/){_MONTH}(?:,? | de | del |-|/){_YEAR}",
    rf"(?P<year>[0-9]{{4}})[ -]{_MONTH}[ -]{_DAY}",
)
_ONE_OFF_STYLES = (
    # ISO 8601 without separators
    r"(?P<year>(?:19|20)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    rf"(?:[t ]?(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?P<second>[0-9]{{2}})?{_ZONE})?",
    # C's ctime and date(1): the year comes after the time
    rf"{_WEEKDAY}{_MONTH} {_DAY} {_TIME}(?P<abbreviation> [a-z]{{2,5}})? (?P<year>[0-9]{{4}})",
)
_STYLES = tuple(
    re.compile(style)
    for style in (
        *(rf"{day}(?:{_BETWEEN}{_TIME}{_ZONE})?" for day in _DATE_STYLES),
        *_ONE_OFF_STYLES,
        *(rf"{_TIME}{_ZONE},? {day}" for day in _DATE_STYLES),
    )
)
# The common cases, which need no cleaning: they are read at several times the speed of the styles above.
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-5][0-9])?)?"
)
_NUMBERS = re.compile(
    r"([0-9]{1,2})(?P<sep>[-/.])([0-9]{1,2})(?P=sep)([0-9]{4})(?: ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_EPOCH = re.compile(r"(?P<seconds>[0-9]{10})(?:\.(?P<part>[0-9]{1,9}))?|(?P<thousandths>[0-9]{13})(?:\.0+)?")
_SERIAL = re.compile(r"(?P<days>[0-9]{5})(?P<part>\.[0-9]+)?")
_NUMERIC_DATE = re.compile(rf"(?:{_DATE_STYLES[1]})(?![0-9])")
_YEAR_FIRST_DATE = re.compile(rf"(?:{_DATE_STYLES[0]})(?![0-9])")

# RFC 5322 section 4.3 gives these letters a meaning; others only count if the file's own zone uses them.
_HOURS_OF = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_HOURS_OF |= {"utc": 0, "gmt": 0, "ut": 0}


def _read_clock(text: str, order: DateOrder | None, excel_1904: bool) -> _Clock:
    """The wall clock a cleaned cell shows; ValueError if no format fits or the numbers are no date."""
    if len(text) > LONGEST_CELL:
        raise ValueError("too long for a date")
    if found := _EPOCH.fullmatch(text):
        return _epoch(found)
    if found := _SERIAL.fullmatch(text):
        return _serial(found, excel_1904)
    for style in _STYLES:
        if found := style.fullmatch(text):
            return _written(found.groupdict(), order)
    raise ValueError("no known format")


def _iso(raw: str) -> _Clock:
    stated = datetime.fromisoformat(raw)
    if stated.tzinfo is None:
        return _Clock(stated, date_only=len(raw) == len("2025-03-14"))
    return _Clock(stated.replace(tzinfo=None), offset=stated.utcoffset())


def _in_numbers(found: re.Match[str], order: DateOrder | None) -> _Clock:
    first, _, middle, last, hour, minute, second = found.groups()
    day = _numeric_date((first, middle, last), order)
    if hour is None:
        return _Clock(datetime.combine(day, time.min), date_only=True)
    return _Clock(datetime.combine(day, time(int(hour), int(minute), int(second or 0))))


def _epoch(found: re.Match[str]) -> _Clock:
    """Seconds or thousandths of a second since 1970, which always count in UTC."""
    if found["thousandths"]:
        since = timedelta(milliseconds=int(found["thousandths"]))
    else:
        since = timedelta(seconds=int(found["seconds"]), microseconds=_microseconds(found["part"]))
    return _Clock(EPOCH + since, offset=timedelta(0))


def _serial(found: re.Match[str], excel_1904: bool) -> _Clock:
    """A spreadsheet's count of days; its fraction is the time of day, to the nearest second.

    Five digits reach from 1927 to 2173, well past the day in 1900 that spreadsheets invented.
    """
    start = SERIAL_ZERO_1904 if excel_1904 else SERIAL_ZERO
    part = float(found["part"] or 0)
    since = timedelta(days=int(found["days"]), seconds=round(part * 86400))
    return _Clock(start + since, date_only=part == 0)


def _written(parts: Mapping[str, str | None], order: DateOrder | None) -> _Clock:
    """A date written out, with or without a time of day and a zone."""
    day = _date(parts, order)
    if not parts.get("hour"):
        return _Clock(datetime.combine(day, time.min), date_only=True)
    hour, minute, second = _hour(parts), int(parts["minute"] or 0), int(parts["second"] or 0)
    local = datetime.combine(day, time(hour, minute, second, _microseconds(parts.get("part"))))
    if parts.get("utc") or parts.get("offset"):
        return _Clock(local, offset=_offset(parts.get("offset") or "+0"))
    return _Clock(local, abbreviation=(parts.get("abbreviation") or "").strip() or None)


def _date(parts: Mapping[str, str | None], order: DateOrder | None) -> date:
    first, middle, last = parts.get("first"), parts.get("middle"), parts.get("last")
    if first and middle and last:
        return _numeric_date((first, middle, last), order)
    year, name, month = parts["year"] or "", parts.get("name"), parts.get("month")
    if len(year) != 4:
        return date(_short_year(year, order), MONTHS[name or ""], int(parts["day"] or 0))
    return date(int(year), MONTHS[name] if name else int(month or 0), int(parts["day"] or 0))


def _short_year(year: str, order: DateOrder | None) -> int:
    """A two-digit year is of this century, if somebody vouched for the column by declaring its order."""
    if order is None or order is DateOrder.YMD:
        raise OrderNeeded
    return 2000 + int(year.lstrip("'"))


@lru_cache(maxsize=4096)  # days come again and again
def _numeric_date(numbers: tuple[str, str, str], order: DateOrder | None) -> date:
    """Three numbers as a date in the declared order.

    Its year stands last, so ymd says nothing about it. Without an order it is read if its year has four digits and
    only one date is possible.
    """
    if order in YEAR_LAST:
        return _in_order(numbers, order)
    if len(numbers[2]) < 4:
        raise OrderNeeded
    possible = set(_possible_dates(numbers).values())
    if len(possible) > 1:
        raise OrderNeeded
    if not possible:
        raise ValueError("no such day")
    return possible.pop()


def _in_order(numbers: tuple[str, str, str], order: DateOrder) -> date:
    """Numbers as a date; a two-digit year is of this century. ValueError if there is no such day."""
    first, second, year = numbers
    day, month = (first, second) if order is DateOrder.DMY else (second, first)
    return date(int(year) if len(year) == 4 else 2000 + int(year), int(month), int(day))


def starts_with_year(text: str) -> bool:
    """Whether a cell, as plain_text gives it, begins with a date whose year of four digits stands first."""
    return _YEAR_FIRST_DATE.match(text) is not None


def orders_of(text: str) -> frozenset[DateOrder]:
    """The orders in which a cell, as plain_text gives it, is a real day; empty if it is no date that depends on it."""
    found = _NUMERIC_DATE.match(text)
    if found is None:
        return frozenset()
    return frozenset(_possible_dates((found["first"], found["middle"], found["last"])))


def _possible_dates(numbers: tuple[str, str, str]) -> dict[DateOrder, date]:
    """Every order in which the numbers are a real day."""
    possible = {}
    for order in YEAR_LAST:
        try:
            possible[order] = _in_order(numbers, order)
        except ValueError:
            continue
    return possible


def _hour(parts: Mapping[str, str | None]) -> int:
    hour, half = int(parts["hour"] or 0), parts.get("half")
    if half is None:
        if parts["minute"] is None:
            raise ValueError("a bare hour needs AM or PM")
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no such hour on a twelve-hour clock")
    return hour % 12 + (12 if half == "p" else 0)


def _microseconds(part: str | None) -> int:
    return int((part or "0")[:6].ljust(6, "0"))


def _offset(text: str) -> timedelta:
    """'+0530', '-04:00', '+2' as a difference from UTC."""
    digits = text[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
    if int(minutes) > 59:
        raise ValueError("an hour has sixty minutes")
    return timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if text[0] == "-" else 1)


# --- Wall clock to instant ----------------------------------------------------------------------------------


def _place(clock: _Clock, raw: str, zone: ZoneInfo | None, now: datetime) -> Moment:
    """Put a wall clock on the time line, then see whether that time can have come yet."""
    if clock.local.date() < FIRST_TEXT_SENT:
        raise ValueError("older than text messages")
    if clock.local.year >= LAST_YEAR:
        return _unread(raw, TimeWarning.FUTURE_TIMESTAMP)
    if clock.abbreviation is not None:
        clock = clock._replace(offset=_offset_of(clock, zone))
    moment = _on_time_line(clock, raw, zone)
    return _in_the_future(moment) if _earliest(moment) > now + FUTURE_TOLERANCE else moment


def _on_time_line(clock: _Clock, raw: str, zone: ZoneInfo | None) -> Moment:
    if clock.offset is not None:
        if not -WESTERNMOST <= clock.offset <= EASTERNMOST:
            raise ValueError("no place on earth keeps this offset")
        at = (clock.local - clock.offset).replace(tzinfo=UTC)
        return Moment(at, Precision.SECOND, raw, str(timezone(clock.offset)))
    if zone is not None:
        return _in_zone(clock, raw, zone)
    precision = Precision.NAIVE_DATE if clock.date_only else Precision.NAIVE_DATETIME
    return Moment(clock.local.replace(tzinfo=UTC), precision, raw)


def _earliest(moment: Moment) -> datetime:
    """The first instant the cell can mean: a clock whose zone is unknown may have stood far in the east."""
    at = moment.at or datetime.min.replace(tzinfo=UTC)
    return at if moment.zone else at - EASTERNMOST


def _in_zone(clock: _Clock, raw: str, zone: ZoneInfo) -> Moment:
    """Local time to UTC. Where the clocks jumped, the offset before the jump counts.

    That shifts a time inside a spring gap forward by the gap, and takes the first of two readings in autumn.
    For a date it gives the true first instant of the day either way, so a date is not warned about.
    """
    before = zone.utcoffset(clock.local)
    after = zone.utcoffset(clock.local.replace(fold=1))
    if before is None or after is None:
        raise ValueError("the zone has no offset")
    at = (clock.local - before).replace(tzinfo=UTC)
    if clock.date_only:
        return Moment(at, Precision.DATE, raw, str(zone))
    if before == after:
        return Moment(at, Precision.SECOND, raw, str(zone))
    warning = TimeWarning.AMBIGUOUS_LOCAL_TIME if before > after else TimeWarning.NONEXISTENT_LOCAL_TIME
    spread = int(abs(before - after).total_seconds())
    return Moment(at, Precision.SECOND, raw, str(zone), (warning,), spread_seconds=spread)


def _offset_of(clock: _Clock, zone: ZoneInfo | None) -> timedelta:
    """The offset that letters such as EDT stand for; ValueError if nobody defines them here."""
    if zone is not None:
        for fold in (0, 1):
            there = clock.local.replace(tzinfo=zone, fold=fold)
            offset = there.utcoffset()
            if offset is not None and (there.tzname() or "").casefold() == clock.abbreviation:
                return offset
    hours = _HOURS_OF.get(clock.abbreviation or "")
    if hours is None:
        raise ValueError("unknown time zone letters")
    return timedelta(hours=hours)


def _in_the_future(moment: Moment) -> Moment:
    return Moment(
        None,
        moment.precision,
        moment.text,
        moment.zone,
        (*moment.warnings, TimeWarning.FUTURE_TIMESTAMP),
        claimed_at=moment.at,
        spread_seconds=moment.spread_seconds,
    )


def _unread(raw: str, *warnings: TimeWarning) -> Moment:
    return Moment(None, Precision.SECOND, raw, warnings=warnings)
