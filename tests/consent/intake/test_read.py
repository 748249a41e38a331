"""One row at a time: what its words say to the person who has to mend it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backoffice.files.rows import Row
from backoffice.imports.importer import Outcome
from backoffice.models import System
from consent.intake.plan import compile_plan
from consent.intake.read import LONGEST_ID, kept_id, read_row

K = System.Kind
HEADERS = ("phone", "status", "country", "at")
NOW = datetime(2026, 3, 14, tzinfo=UTC)


def outcome(kind: str, *cells: str) -> Outcome:
    plan = compile_plan(
        System(kind=kind, default_region="US", time_zone="UTC"),
        {"number": ["phone"], "status": ["status"], "country": ["country"], "at": ["at"]},
        {"polarity": {"status": "opt_in"}},
        HEADERS,
        NOW,
    )
    read = read_row(plan, Row(2, cells, len(cells), None, None, ()))
    assert isinstance(read, Outcome)
    return read


@pytest.mark.parametrize(
    ("country", "is_said"), [("Narnia", True), ("N/A", False), ("US", False), ("", False)]
)
def test_a_number_refused_under_a_country_nobody_knows_says_so(country: str, *, is_said: bool) -> None:
    read = outcome(K.CRM, "07400 123456", "Yes", country, "")
    assert read.reason == "phone_too_long"
    assert ("“Narnia” is not understood" in read.detail) is is_said


@pytest.mark.parametrize("kind", [K.CRM, K.FORM, K.STAFF])
def test_a_word_nobody_explained_says_how_to_go_on(kind: str) -> None:
    read = outcome(kind, "4155550100", "sort of", "US", "2026-03-01")
    assert read.reason == "status_unrecognised"
    assert read.detail.startswith("“sort of” ")
    assert "vocabulary" in read.detail


def test_ids_that_begin_alike_stay_two_however_long():
    long = "wamid." + "A" * 120
    assert kept_id("SM1") == "SM1"
    assert kept_id(f"{long}1") != kept_id(f"{long}2")
    assert len(kept_id(long)) <= LONGEST_ID
