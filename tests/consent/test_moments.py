"""Dates in cells: what each format means, what is refused, and that nothing ever raises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent.ledger import Precision
from consent.moments import (
    DateOrder,
    Moment,
    MomentReader,
    TimeWarning,
    read_moment,
)

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HALF_PAST_NINE = "2025-03-14T13:30:00Z"  # half past nine in New York
UTC_TEXT = "%Y-%m-%dT%H:%M:%SZ"


def read(raw: str, *, zone=NEW_YORK, order=DateOrder.MDY, now=NOW, **options) -> Moment:
    return read_moment(raw, zone=zone, order=order, now=now, **options)


def in_utc(moment: Moment) -> str | None:
    return moment.at and moment.at.strftime(UTC_TEXT)


SAME_INSTANT = [
    ("ISO, no seconds", "2025-03-14 09:30"),
    ("ISO, seconds", "2025-03-14 09:30:00"),
    ("ISO, T", "2025-03-14T09:30:00"),
    ("ISO, lower case", "2025-03-14t09:30"),
    ("ISO, fraction", "2025-03-14 09:30:00.000"),
    ("ISO, comma fraction", "2025-03-14T09:30:00,000"),
    ("ISO, nanoseconds", "2025-03-14T09:30:00.000000000"),
    ("ISO, Z", "2025-03-14T13:30:00Z"),
    ("ISO, milliseconds and Z", "2025-03-14T13:30:00.000Z"),
    ("ISO, offset with colon", "2025-03-14T09:30:00-04:00"),
    ("ISO, offset without colon", "2025-03-14 09:30:00 -0400"),
    ("ISO, offset of hours", "2025-03-14 13:30:00+00"),
    ("ISO, half-hour offset", "2025-03-14 19:00 +0530"),
    ("ISO, the letters UTC", "2025-03-14 13:30:00 UTC"),
    ("ISO, without separators", "20250314T133000Z"),
    ("ISO, without separators, local", "20250314T0930"),
    ("fourteen digits", "20250314093000"),
    ("ISO with a bracketed zone after the offset", "2025-03-14T09:30-04:00[America/New_York]"),
    ("year first, slashes", "2025/03/14 09:30"),
    ("year first, dots, one digit", "2025.3.14 9:30"),
    ("American, twelve hours", "3/14/2025 9:30 AM"),
    ("American, attached am", "03/14/2025 9:30am"),
    ("American, narrow no-break space", "3/14/2025, 9:30\u202fAM"),
    ("American, dashes", "03-14-2025 09:30"),
    ("American, short year", "3/14/25 9:30"),
    ("American, time first", "09:30:00 03/14/2025"),
    ("month name first", "Mar 14, 2025 9:30 AM"),
    ("month name first, no comma", "Mar 14 2025 9:30 AM"),
    ("long month, ordinal, at", "March 14th, 2025 at 9:30 a.m."),
    ("month name first, zone letters", "Mar 14, 2025 9:30 AM EDT"),
    ("day first", "14 Mar 2025 09:30"),
    ("day first, dashes", "14-Mar-2025 09:30"),
    ("day first, short year", "14-Mar-25 09:30"),
    ("day first, weekday", "Friday, 14 March 2025 09:30"),
    ("upper case", "14 MARCH 2025 09:30"),
    ("RFC 2822", "Fri, 14 Mar 2025 13:30:00 +0000"),
    ("RFC 2822, GMT", "Fri, 14 Mar 2025 13:30:00 GMT"),
    ("RFC 2822, American letters", "Fri, 14 Mar 2025 09:30:00 EDT"),
    ("JavaScript", "Fri Mar 14 2025 09:30:00 GMT-0400 (Eastern Daylight Time)"),
    ("ctime", "Fri Mar 14 09:30:00 2025"),
    ("date(1)", "Fri Mar 14 13:30:00 UTC 2025"),
    ("French", "14 mars 2025 à 09h30"),
    ("French, weekday that is also a month", "mar. 14 mars 2025 09:30"),
    ("Spanish", "14 de marzo de 2025, 9:30 a. m."),
    ("epoch seconds", "1741959000"),
    ("epoch seconds with a fraction", "1741959000.000"),
    ("epoch milliseconds", "1741959000000"),
    ("Excel serial", "45730.3958333333"),
    ("full-width digits", "２０２５-０３-１４ ０９:３０"),
    ("zero-width space and no-break space", "\u200b2025-03-14\u00a009:30"),
    ("typographic dashes", "2025‑03‑14 09:30"),
    ("Excel text formula", '="2025-03-14 09:30"'),
    ("leading apostrophe", "'2025-03-14 09:30"),
    ("outer blanks", "  2025-03-14 09:30\t"),
]


@pytest.mark.parametrize("raw", [case[1] for case in SAME_INSTANT], ids=[case[0] for case in SAME_INSTANT])
def test_reads_one_instant_in_every_format(raw):
    moment = read(raw)
    assert in_utc(moment) == HALF_PAST_NINE
    assert (moment.precision, moment.warnings, moment.text) == (Precision.SECOND, (), raw)
    assert moment.claimed_at is None


DATES = [
    ("ISO", "2025-03-14", "2025-03-14"),
    ("eight digits", "20250314", "2025-03-14"),
    ("American", "3/14/2025", "2025-03-14"),
    ("long French month", "1er août 2025", "2025-08-01"),
    ("damaged accent", "3 fevrier 2025", "2025-02-03"),
    ("French december", "24 décembre 2025", "2025-12-24"),
    ("Spanish january", "6 de enero de 2026", "2026-01-06"),
    ("Spanish short", "1 ago 2025", "2025-08-01"),
    ("year, name, day", "2025-Mar-14", "2025-03-14"),
    ("Excel serial", "46143", "2026-05-01"),
    ("Excel serial as a float", "46143.0", "2026-05-01"),
    ("leap day", "2/29/2024", "2024-02-29"),
]


@pytest.mark.parametrize(("raw", "day"), [case[1:] for case in DATES], ids=[case[0] for case in DATES])
def test_a_date_is_the_first_instant_of_that_day_in_its_zone(raw, day):
    moment = read(raw)
    assert moment.at is not None
    assert moment.at == datetime.fromisoformat(day).replace(tzinfo=NEW_YORK)
    assert (moment.precision, moment.zone, moment.warnings) == (Precision.DATE, "America/New_York", ())


def test_twelve_hour_clock_turns_at_noon_and_midnight():
    turns = {"12:05 AM": "00:05", "12:05 PM": "12:05", "1:05 PM": "13:05", "11:59 PM": "23:59"}
    for said, meant in turns.items():
        assert read(f"3/14/2025 {said}").at == read(f"2025-03-14 {meant}").at


def test_epoch_needs_no_zone_and_keeps_its_fraction():
    moment = read("1741959000123", zone=None)
    assert moment.at == datetime(2025, 3, 14, 13, 30, 0, 123000, tzinfo=UTC)
    assert (moment.precision, moment.zone) == (Precision.SECOND, "UTC")


def test_macintosh_serials_count_from_1904():
    assert read("44681", excel_1904=True).at == read("46143").at


def test_serial_fraction_is_rounded_to_the_second():
    assert in_utc(read("45730.99999999")) == "2025-03-15T04:00:00Z"


NOT_TIMES = [
    ("empty", "", TimeWarning.NO_TIMESTAMP),
    ("blanks", " \t\u00a0", TimeWarning.NO_TIMESTAMP),
    ("NULL", "NULL", TimeWarning.NO_TIMESTAMP),
    ("database null", r"\N", TimeWarning.NO_TIMESTAMP),
    ("not available", "N/A", TimeWarning.NO_TIMESTAMP),
    ("spreadsheet error", "#N/A", TimeWarning.NO_TIMESTAMP),
    ("dash", "—", TimeWarning.NO_TIMESTAMP),
    ("none", "None", TimeWarning.NO_TIMESTAMP),
    ("words", "not sure", TimeWarning.BAD_TIMESTAMP),
    ("month 13, day 40", "2025-13-40 09:00", TimeWarning.BAD_TIMESTAMP),
    ("hour 25", "2025-03-14 25:61", TimeWarning.BAD_TIMESTAMP),
    ("hour 24", "2025-03-14 24:00", TimeWarning.BAD_TIMESTAMP),
    ("minute 60", "2025-03-14 09:60", TimeWarning.BAD_TIMESTAMP),
    ("31 February", "02/31/2025", TimeWarning.BAD_TIMESTAMP),
    ("no leap year", "2025-02-29", TimeWarning.BAD_TIMESTAMP),
    ("the spreadsheet's day zero", "1900-01-00", TimeWarning.BAD_TIMESTAMP),
    ("the database's day zero", "0000-00-00 00:00:00", TimeWarning.BAD_TIMESTAMP),
    ("filler of 1900", "1900-01-01", TimeWarning.BAD_TIMESTAMP),
    ("filler of 1970", "1970-01-01T00:00:00Z", TimeWarning.BAD_TIMESTAMP),
    ("epoch zero", "0000000000", TimeWarning.BAD_TIMESTAMP),
    ("birthday", "4/1/1985", TimeWarning.BAD_TIMESTAMP),
    ("contradicts the declared order", "14/03/2025", TimeWarning.BAD_TIMESTAMP),
    ("mixed separators", "2025-03/14", TimeWarning.BAD_TIMESTAMP),
    ("thirteen o'clock PM", "3/14/2025 13:05 PM", TimeWarning.BAD_TIMESTAMP),
    ("bare hour", "2025-03-14 9", TimeWarning.BAD_TIMESTAMP),
    ("a year alone", "2025", TimeWarning.BAD_TIMESTAMP),
    ("month and year", "March 2025", TimeWarning.BAD_TIMESTAMP),
    ("a zip code", "10001", TimeWarning.BAD_TIMESTAMP),
    ("scientific notation", "1.7146E+12", TimeWarning.BAD_TIMESTAMP),
    ("offset nobody keeps", "2025-03-14 09:30 +1500", TimeWarning.BAD_TIMESTAMP),
    ("offset nobody keeps, pure ISO", "2025-03-14T09:30:00-23:00", TimeWarning.BAD_TIMESTAMP),
    ("offset of 75 minutes", "2025-03-14 09:30 +01:75", TimeWarning.BAD_TIMESTAMP),
    ("zone letters nobody defined", "2025-03-14 09:30 IST", TimeWarning.BAD_TIMESTAMP),
    ("text behind the date", "2025-03-14 by phone", TimeWarning.BAD_TIMESTAMP),
    ("two dates", "2025-03-14, 2025-03-15", TimeWarning.BAD_TIMESTAMP),
    ("hashes of a narrow column", "########", TimeWarning.BAD_TIMESTAMP),
    ("eastern arabic digits", "٢٠٢٥-٠٣-١٤", TimeWarning.BAD_TIMESTAMP),
    ("a date with a story", f"2025-03-14 09:30 ({'as told ' * 20})", TimeWarning.BAD_TIMESTAMP),
    ("a novel", "2025-03-14" + " 1" * 5000, TimeWarning.BAD_TIMESTAMP),
    ("more digits than a number may have", "1" * 5000, TimeWarning.BAD_TIMESTAMP),
]


@pytest.mark.parametrize(("raw", "warning"), [c[1:] for c in NOT_TIMES], ids=[c[0] for c in NOT_TIMES])
def test_what_is_no_time_is_unknown_and_keeps_its_text(raw, warning):
    moment = read(raw)
    assert (moment.at, moment.claimed_at, moment.text) == (None, None, raw)
    assert moment.warnings == (warning,)


# --- Order --------------------------------------------------------------------------------------------------

ORDERS = [
    ("American", "3/4/2025", DateOrder.MDY, "2025-03-04"),
    ("British", "3/4/2025", DateOrder.DMY, "2025-04-03"),
    ("German", "3.4.2025", DateOrder.DMY, "2025-04-03"),
    ("day-first export with dashes", "12-04-2022", DateOrder.DMY, "2022-04-12"),
    ("short year, day first", "25/03/14", DateOrder.DMY, "2014-03-25"),
    ("ISO whatever was declared", "2025-03-04", DateOrder.DMY, "2025-03-04"),
    ("only one reading, none declared", "14/03/2025", None, "2025-03-14"),
    ("both readings are the same day", "3/3/2025", None, "2025-03-03"),
    ("year first says nothing about 14/03", "14/03/2025", DateOrder.YMD, "2025-03-14"),
]


@pytest.mark.parametrize(("raw", "order", "day"), [c[1:] for c in ORDERS], ids=[c[0] for c in ORDERS])
def test_numbers_are_read_in_the_declared_order(raw, order, day):
    moment = read(raw, order=order, zone=None)
    assert moment.at == datetime.fromisoformat(day).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "order"),
    [
        ("3/4/2025", None),
        ("3/4/2025 09:30", DateOrder.YMD),
        ("3/14/25", None),
        ("03/04/25", DateOrder.YMD),
        ("25/03/14", DateOrder.YMD),
        ("14-Mar-25", None),
        ("14-Mar-25", DateOrder.YMD),
    ],
)
def test_without_an_order_ambiguous_numbers_are_not_guessed(raw, order):
    moment = read(raw, order=order)
    assert moment.at is None
    assert moment.warnings == (TimeWarning.BAD_TIMESTAMP, TimeWarning.ORDER_NEEDED)


# --- Zones --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "precision", "at"),
    [
        ("2025-03-14 09:30", Precision.NAIVE_DATETIME, datetime(2025, 3, 14, 9, 30, tzinfo=UTC)),
        ("2025-03-14", Precision.NAIVE_DATE, datetime(2025, 3, 14, tzinfo=UTC)),
        ("46143", Precision.NAIVE_DATE, datetime(2026, 5, 1, tzinfo=UTC)),
        ("46143.5", Precision.NAIVE_DATETIME, datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2025-03-14 09:30 -0400", Precision.SECOND, datetime(2025, 3, 14, 13, 30, tzinfo=UTC)),
    ],
)
def test_without_a_zone_the_clock_is_kept_as_if_in_utc_and_says_so(raw, precision, at):
    moment = read(raw, zone=None)
    assert (moment.at, moment.precision) == (at, precision)
    assert (moment.zone is None) is (precision is not Precision.SECOND)


SHIFTS = [
    # name, zone, cell, UTC, warning, spread
    (
        "New York, never happened",
        "America/New_York",
        "2025-03-09 02:30",
        "2025-03-09T07:30:00Z",
        TimeWarning.NONEXISTENT_LOCAL_TIME,
        3600,
    ),
    (
        "New York, happened twice",
        "America/New_York",
        "2025-11-02 01:30",
        "2025-11-02T05:30:00Z",
        TimeWarning.AMBIGUOUS_LOCAL_TIME,
        3600,
    ),
    (
        "Berlin, never happened",
        "Europe/Berlin",
        "30.03.2025 02:15",
        "2025-03-30T01:15:00Z",
        TimeWarning.NONEXISTENT_LOCAL_TIME,
        3600,
    ),
    (
        "Lord Howe jumps half an hour",
        "Australia/Lord_Howe",
        "2025-04-06 01:45",
        "2025-04-05T14:45:00Z",
        TimeWarning.AMBIGUOUS_LOCAL_TIME,
        1800,
    ),
]


@pytest.mark.parametrize(
    ("zone", "raw", "at", "warning", "spread"), [c[1:] for c in SHIFTS], ids=[c[0] for c in SHIFTS]
)
def test_where_clocks_jumped_the_time_is_kept_with_the_spread_it_has(zone, raw, at, warning, spread):
    moment = read(raw, zone=ZoneInfo(zone), order=DateOrder.DMY)
    assert in_utc(moment) == at
    assert moment.warnings == (warning,)
    assert (moment.precision, moment.spread_seconds, moment.zone) == (Precision.SECOND, spread, zone)


@pytest.mark.parametrize(
    "raw", ["2025-03-09 01:59:59", "2025-03-09 03:00", "2025-11-02 00:59", "2025-11-02 02:00"]
)
def test_beside_the_jump_nothing_is_doubtful(raw):
    moment = read(raw)
    assert (moment.warnings, moment.spread_seconds) == ((), 0)


def test_an_offset_in_the_cell_settles_a_time_that_happened_twice():
    for said, meant in {"EDT": 5, "EST": 6, "-0400": 5, "-05:00": 6}.items():
        moment = read(f"2025-11-02 01:30 {said}")
        assert moment.at == datetime(2025, 11, 2, meant, 30, tzinfo=UTC)
        assert (moment.warnings, moment.spread_seconds) == ((), 0)


def test_zone_letters_mean_what_the_declared_zone_means_by_them():
    shanghai = read("2025-03-14 09:30 CST", zone=ZoneInfo("Asia/Shanghai"))
    assert in_utc(shanghai) == "2025-03-14T01:30:00Z"
    assert in_utc(read("2025-03-14 09:30 CST")) == "2025-03-14T15:30:00Z"
    assert in_utc(read("2025-03-14 09:30 CET", zone=ZoneInfo("Europe/Berlin"))) == "2025-03-14T08:30:00Z"


def test_a_day_whose_midnight_never_happened_starts_when_it_started():
    moment = read("2018-11-04", zone=ZoneInfo("America/Sao_Paulo"))
    assert in_utc(moment) == "2018-11-04T03:00:00Z"
    assert (moment.precision, moment.warnings, moment.spread_seconds) == (Precision.DATE, (), 0)


# --- Future -------------------------------------------------------------------------------------------------


def test_a_time_that_has_not_come_is_unknown_but_keeps_its_claim():
    moment = read("2031-01-01 10:00")
    assert moment.at is None
    assert moment.claimed_at == datetime(2031, 1, 1, 15, 0, tzinfo=UTC)
    assert (moment.precision, moment.zone) == (Precision.SECOND, "America/New_York")
    assert (moment.warnings, moment.text) == ((TimeWarning.FUTURE_TIMESTAMP,), "2031-01-01 10:00")


def test_five_minutes_ahead_is_clock_drift_and_one_second_more_is_not():
    drift = (NOW + timedelta(minutes=5)).strftime(UTC_TEXT)
    beyond = (NOW + timedelta(minutes=5, seconds=1)).strftime(UTC_TEXT)
    assert read(drift).warnings == ()
    assert read(beyond).warnings == (TimeWarning.FUTURE_TIMESTAMP,)


def test_without_a_zone_only_what_is_in_the_future_everywhere_counts_as_future():
    assert (
        read("2026-11-21 02:00", zone=None).warnings == ()
    )  # noon in UTC is two in the morning on Kiritimati
    assert read("2026-11-21 02:06", zone=None).warnings == (TimeWarning.FUTURE_TIMESTAMP,)


def test_a_future_time_inside_a_jump_keeps_both_doubts():
    moment = read("2027-03-14 02:30")
    assert moment.warnings == (TimeWarning.NONEXISTENT_LOCAL_TIME, TimeWarning.FUTURE_TIMESTAMP)
    assert moment.spread_seconds == 3600


@pytest.mark.parametrize(
    "raw", ["9999-12-31", "9999-12-31 23:59:59", "12/31/9999", "9999-12-31T23:59:59-05:00"]
)
def test_the_filler_for_no_end_claims_no_time(raw):
    moment = read(raw)
    assert (moment.at, moment.claimed_at, moment.warnings) == (None, None, (TimeWarning.FUTURE_TIMESTAMP,))


# --- Any text -----------------------------------------------------------------------------------------------

ZONES = st.sampled_from(
    [None, *map(ZoneInfo, ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])]
)
ORDER = st.sampled_from([None, *DateOrder])
DATE_LIKE = st.text(alphabet="0123456789-/.: TZ+apmMarJunie,'=\"()[]\u202f\u0660１é", max_size=40)


@given(raw=st.text() | DATE_LIKE | st.integers().map(str) | st.floats().map(str), zone=ZONES, order=ORDER)
@example(raw="9999-12-31T23:59:59-12:00", zone=None, order=None)
@example(raw="\ud800", zone=None, order=None)
@example(raw="1992-12-03 00:00", zone=ZoneInfo("Asia/Kathmandu"), order=None)
def test_any_text_gives_a_moment_in_utc_or_a_warning(raw, zone, order):
    moment = read_moment(raw, zone=zone, order=order, now=NOW)
    assert moment.text == raw
    for instant in (moment.at, moment.claimed_at):
        assert instant is None or instant.tzinfo is UTC
    if moment.at is None:
        assert moment.warnings
    else:
        assert moment.at <= NOW + timedelta(minutes=5) or moment.zone is None


PAST = st.datetimes(datetime(1993, 1, 1), datetime(2026, 11, 18))
ISO_TEXT = st.builds(
    lambda at, form, zone: at.strftime(form) + zone,
    PAST,
    st.sampled_from(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"]),
    st.sampled_from(["", "Z", "+00:00", "-0400", "+05:45", "+19:00", "-00:75"]),
) | st.builds(lambda at: at.strftime("%Y-%m-%d"), PAST)


@given(raw=ISO_TEXT, zone=ZONES)
def test_the_short_way_through_iso_agrees_with_the_long_one(raw, zone):
    short = read_moment(raw, zone=zone, order=None, now=NOW)
    long = read_moment(f" {raw}", zone=zone, order=None, now=NOW)
    assert (short.at, short.precision, short.zone) == (long.at, long.precision, long.zone)
    assert (short.warnings, short.spread_seconds) == (long.warnings, long.spread_seconds)


@given(
    at=PAST.map(lambda at: at.replace(microsecond=0)),
    form=st.sampled_from(
        [
            "%Y-%m-%dT%H:%M:%S",
            "%m/%d/%Y %I:%M:%S %p",
            "%b %d, %Y %I:%M:%S %p",
            "%d %B %Y %H:%M:%S",
            "%A, %d %b %Y %H:%M:%S",
            "%a %b %d %H:%M:%S %Y",
            "%Y%m%dT%H%M%S",
        ]
    ),
)
def test_what_a_format_writes_is_read_back(at, form):
    moment = read(at.strftime(form), zone=None)
    assert moment.at == at.replace(tzinfo=UTC)


@given(
    day=st.tuples(st.integers(0, 32), st.sampled_from("-/."), st.integers(0, 13)),
    year=st.sampled_from(["1991", "2024", "2025", "9999", "25"]),
    clock=st.sampled_from(["", " 9:30", " 02:30:59", " 2:30", " 24:00", " 9:60", " 9:30:61", " 9"]),
    order=st.sampled_from([None, *DateOrder]),
)
@example(day=(3, "/", 9), year="2025", clock=" 2:30", order=DateOrder.MDY)  # a time that never was
def test_a_date_of_plain_numbers_reads_as_one_that_needs_cleaning(day, year, clock, order):
    first, mark, middle = day
    raw = f"{first}{mark}{middle}{mark}{year}{clock}"
    assert replace(read(f" {raw}", order=order), text=raw) == read(raw, order=order)


# --- Reader -------------------------------------------------------------------------------------------------


def test_the_reader_reads_as_the_function_does_and_remembers_a_bounded_number():
    reader = MomentReader(NEW_YORK, DateOrder.MDY, NOW, remembered=2)
    for raw in ["3/4/2025", "2025-03-14", "", "3/4/2025", "not sure"] * 3:
        assert reader.read(raw) == read(raw)
    assert reader.read.cache_info().currsize == 2
    assert reader.read("2025-03-14") is reader.read("2025-03-14")


def test_the_reader_refuses_a_time_of_arrival_without_zone():
    with pytest.raises(ValueError, match="with its zone"):
        MomentReader(NEW_YORK, None, datetime(2026, 11, 20))
