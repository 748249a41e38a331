"""Which of two acts came later, where the times allow an answer."""

from __future__ import annotations

import pytest

from consent.ledger import (
    Policy,
    Precision,
)
from tests.consent.rule_cases import (
    IN,
    NONE,
    OUT,
    PENDING,
    C,
    R,
    Row,
    assert_row,
    form,
    start,
    stop,
    utc,
)

ROWS = [
    Row(
        "a start inside the clocks' tolerance is not certainly later",
        [stop(), start("2026-05-01T15:04")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS],
    ),
    Row("a start outside the clocks' tolerance is", [stop(), start("2026-05-01T15:04:01")], IN, R.HANDSET),
    Row(
        "one clock needs no tolerance",
        [stop(clock="tw"), start("2026-05-01T15:00:05", clock="tw")],
        IN,
        R.HANDSET,
    ),
    Row(
        "two clocks do",
        [stop(clock="tw"), start("2026-05-01T15:00:05", clock="pl")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS],
    ),
    Row(
        "a copied time is no time of that clock",
        [stop(clock="tw"), start("2026-05-01T15:00:05", clock="tw", copied_time=True)],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS, C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "the same second on one clock is a tie",
        [stop(clock="tw"), start("2026-05-01T15:00", clock="tw")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS],
    ),
    Row(
        "a start earlier on one clock has an order",
        [stop(clock="tw"), start("2026-05-01T14:59:59", clock="tw")],
        OUT,
        R.STOP,
    ),
    Row(
        "the message counter goes before the time",
        [stop(stream="tw", number=12), start("2026-05-01T15:30", stream="tw", number=11)],
        OUT,
        R.STOP,
    ),
    Row(
        "the counter of another stream says nothing",
        [stop(stream="tw", number=12), start("2026-05-01T15:01", stream="pl", number=13)],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS],
    ),
    Row(
        "the day after is later than a day",
        [stop("2026-05-01", precision=Precision.DATE), start("2026-05-02T00:02:01")],
        IN,
        R.HANDSET,
    ),
    Row(
        "the same day is not",
        [stop("2026-05-01", precision=Precision.DATE), start("2026-05-01T23:00")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS],
    ),
    Row(
        "a day without a zone lasts until noon of the next",
        [stop("2026-05-01", precision=Precision.NAIVE_DATE), start("2026-05-02T11:00")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS, C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "after that the start is later",
        [stop("2026-05-01", precision=Precision.NAIVE_DATE), start("2026-05-02T12:03")],
        IN,
        R.HANDSET,
    ),
    Row(
        "a clock without a zone may be fourteen hours ahead",
        [stop(), form("2026-05-02T04:00", precision=Precision.NAIVE_DATETIME)],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS, C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "beyond that the form is a renewal",
        [stop(), form("2026-05-02T06:00", precision=Precision.NAIVE_DATETIME)],
        PENDING,
        R.NEEDS_HANDSET_START,
        [C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "consent that rests on a day without a zone is suspect",
        [form("2026-03-01", precision=Precision.NAIVE_DATE)],
        IN,
        R.FORM,
        [C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "a suspect time nothing rests on is no matter",
        [form("2026-03-01", precision=Precision.NAIVE_DATE), start("2026-04-01")],
        IN,
        R.HANDSET,
    ),
    Row(
        "an undated grant never beats a STOP",
        [stop(), form(None, received_at="2026-06-01")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS],
    ),
    Row(
        "an undated grant that was here before the STOP is earlier",
        [stop(), form(None, received_at="2026-04-01")],
        OUT,
        R.STOP,
    ),
    Row(
        "an undated STOP is as recent as its arrival",
        [start("2026-05-19"), stop(None, received_at="2026-05-20")],
        OUT,
        R.STOP,
    ),
    Row(
        "a start after that arrival ends it",
        [start("2026-05-21"), stop(None, received_at="2026-05-20")],
        IN,
        R.HANDSET,
    ),
    Row(
        "a grant from the future has no time",
        [form("2027-03-01", received_at="2026-06-01")],
        NONE,
        R.UNPROVEN,
        [C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "a start from the future never beats a STOP",
        [stop(), start("2027-03-01", received_at="2026-06-01")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS, C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "a STOP from the future may be as late as it says",
        [stop("2026-05-09", received_at="2026-05-01"), start("2026-05-08")],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS, C.TIMESTAMP_SUSPECT],
    ),
    Row(
        "five minutes ahead is no future",
        [form("2026-03-01T10:05", received_at="2026-03-01T10:00")],
        IN,
        R.FORM,
    ),
    Row(
        "a time before the company is no time",
        [form("1970-01-01")],
        NONE,
        R.UNPROVEN,
        [C.TIMESTAMP_SUSPECT],
        policy=Policy(founded_on=utc("2015-01-01")),
    ),
    Row(
        "a STOP from before the company is as recent as its arrival",
        [form(), stop("1970-01-01", received_at="2026-05-01")],
        OUT,
        R.STOP,
        [C.TIMESTAMP_SUSPECT],
        policy=Policy(founded_on=utc("2015-01-01")),
    ),
    Row(
        "the import's own time is no time", [form(copied_time=True)], NONE, R.UNPROVEN, [C.TIMESTAMP_SUSPECT]
    ),
    Row(
        "a local time that happened twice is an hour wide",
        [stop(), start("2026-05-01T15:30", spread_seconds=3600)],
        OUT,
        R.STOP,
        [C.ORDER_AMBIGUOUS],
    ),
    Row(
        "arrival does not order: January's form in June is earlier than March's STOP",
        [stop("2026-03-10"), form("2026-01-05", received_at="2026-06-01")],
        OUT,
        R.STOP,
    ),
    Row(
        "a late STOP is not dropped for being late",
        [form(), stop("2026-05-01", received_at="2026-05-03")],
        OUT,
        R.STOP,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_rule(row):
    assert_row(row)
