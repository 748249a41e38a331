"""Local time: where the recipient may be, which claims count, and what the unsure ones do."""

from datetime import UTC, date, datetime

import pytest

from errors.preflight import Code, Kind, Rule, RuleBook, Severity, Standing, rules_on
from errors.preflight.whereabouts import areas_of
from tests.errors.preflight.make import DAY, MARKETING, codes, findings, message


def hours(value: str, standing: Standing = Standing.AGREED, *, source: str = "a", place: str = "US") -> Rule:
    return Rule(Kind.HOURS, "", place, "mon-fri", value, standing, None, date(2026, 1, 1), source)


AREA = Rule(
    Kind.AREA, "", "US-CA", "415", "America/Los_Angeles", Standing.AGREED, None, date(2026, 1, 1), "a"
)


def found(*rules: Rule, at: datetime) -> list[tuple[Code, Severity]]:
    book = RuleBook([AREA, *rules], on=DAY)
    times = [one for one in findings(**MARKETING, at=at, rules=book) if one.code.startswith("time.")]
    return [(one.code, one.severity) for one in times]


LATE = datetime(2026, 3, 10, 20, 30)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([hours("08:00-20:00")], [(Code.TIME_QUIET_HOURS, Severity.ERROR)]),
        ([hours("08:00-21:00")], []),
        ([hours("08:00-20:00", Standing.UNCONFIRMED)], [(Code.TIME_QUIET_HOURS_WARN, Severity.WARN)]),
        (
            [hours("08:00-20:00", Standing.DISPUTED), hours("08:00-21:00", Standing.DISPUTED, source="b")],
            [(Code.TIME_QUIET_HOURS_WARN, Severity.WARN)],
        ),
        (
            [hours("08:00-20:00", Standing.DISPUTED), hours("09:00-19:00", Standing.DISPUTED, source="b")],
            [(Code.TIME_QUIET_HOURS, Severity.ERROR)],
        ),
        # A state may be stricter than its country, never more generous.
        (
            [hours("08:00-21:00"), hours("08:00-20:00", place="US-CA")],
            [(Code.TIME_QUIET_HOURS, Severity.ERROR)],
        ),
        (
            [hours("08:00-20:00"), hours("08:00-22:00", place="US-CA")],
            [(Code.TIME_QUIET_HOURS, Severity.ERROR)],
        ),
        ([hours("none")], [(Code.TIME_QUIET_HOURS, Severity.ERROR)]),
        ([], []),
    ],
)
def test_sending_stops_only_where_every_claim_agrees(rules, expected):
    assert found(*rules, at=LATE) == expected


@pytest.mark.parametrize(
    ("changes", "zones"),
    [
        ({}, ["America/Los_Angeles"]),
        ({"to": "+18505552671"}, ["America/New_York", "America/Chicago"]),
        # An area code that was laid over another one spans what that one spans.
        ({"to": "+14485552671"}, ["America/New_York", "America/Chicago"]),
        ({"to": "+16895552671"}, ["America/New_York"]),
        # A Californian number in Texas: the stored state decides.
        ({"state": "tx"}, ["America/Chicago", "America/Denver"]),
        ({"state": " Texas"}, ["America/Chicago", "America/Denver"]),
        ({"to": "+18003569377"}, []),
        ({"to": "+447400123456", "country": "GB"}, ["Europe/London"]),
    ],
)
def test_where_the_recipient_may_be(changes, zones):
    asked = message(**changes)
    place = "GB" if asked.country == "GB" else "US"
    assert [area.zone for area in areas_of(asked, asked.to, place, rules_on(DAY))] == zones


def test_a_moment_counts_by_the_recipients_clock_not_ours():
    at = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)  # 07:30 in San Francisco, 10:30 in New York
    assert "time.quiet_hours" in codes(**MARKETING, at=at)
    assert "time.quiet_hours" not in codes(**MARKETING, at=at, to="+12125552671")


def test_summer_time_counts():
    assert "time.quiet_hours" in codes(**MARKETING, at=datetime(2026, 3, 7, 15, 30, tzinfo=UTC))
    assert "time.quiet_hours" not in codes(**MARKETING, at=datetime(2026, 3, 8, 15, 30, tzinfo=UTC))


def test_without_a_time_of_its_own_a_message_goes_now():
    night = datetime(2026, 3, 10, 11, tzinfo=UTC)
    assert "time.quiet_hours" in codes(**MARKETING, at=None, now=night)
    assert not {code for code in codes(**MARKETING, at=None) if code.startswith("time.")}


def test_a_number_that_cannot_be_read_is_still_checked_against_its_country():
    assert "time.quiet_hours" in codes(**MARKETING, to="", at=datetime(2026, 3, 10, 22))
    assert "time.zone_unknown" not in codes(**MARKETING, to="")


def test_the_finding_names_the_day_the_place_and_the_window():
    (finding,) = findings(**MARKETING, at=datetime(2026, 7, 14, 12), to="+33612345678", country="FR")[-1:]
    assert finding.code == Code.TIME_HOLIDAY
    assert "in FR" in finding.message
    assert finding.rule.source == "CALLR, Acoustic"
