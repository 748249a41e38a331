"""What a grant weighs, and what double opt-in and the calendar make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.ledger import (
    Act,
    Basis,
    Kind,
    WordingState,
)
from tests.consent.rule_cases import (
    ALERTS,
    EXPIRED,
    IN,
    NONE,
    NOW,
    OUT,
    PENDING,
    PROMO,
    PROMO_DOI,
    C,
    R,
    Row,
    assert_row,
    claim,
    form,
    paper,
    platform,
    record,
    revoke,
    start,
    stop,
    utc,
    void,
    yes,
)

ROWS = [
    # --- what a grant weighs
    Row("nothing at all is no consent", [], NONE, R.NONE, decided_by=()),
    Row("a start from the phone is consent", [start("2026-03-01")], IN, R.HANDSET, decided_by=("s",)),
    Row(
        "a program's keyword from the phone is consent",
        [record("k", Act.GRANT, Kind.KEYWORD, "2026-03-01", program="promo")],
        IN,
        R.HANDSET,
    ),
    Row(
        "a start that names no program counts for the pool it was sent to",
        [start("2026-03-01", program=None, sender="S1")],
        IN,
        R.HANDSET,
    ),
    Row(
        "a start that names no program is nothing to another pool",
        [start("2026-03-01", program=None, sender="S1")],
        NONE,
        R.UNPROVEN,
        program=ALERTS,
    ),
    Row("a document approved by a second person is consent", [paper("2026-03-01")], IN, R.ARTEFACT),
    Row(
        "a document without a second person proves nothing",
        [paper("2026-03-01", approved=False)],
        NONE,
        R.UNPROVEN,
    ),
    Row("a form without a time proves nothing", [form(None)], NONE, R.UNPROVEN),
    Row(
        "a box ticked beforehand proves nothing",
        [form(wording=WordingState.PRECHECKED)],
        NONE,
        R.UNPROVEN,
        [C.WORDING_MISMATCH],
    ),
    Row(
        "a form whose text nobody knows proves nothing",
        [form(wording=WordingState.UNKNOWN)],
        NONE,
        R.UNPROVEN,
        [C.WORDING_MISMATCH],
    ),
    Row(
        "an unknown text beside a good consent is no matter",
        [form(wording=WordingState.UNKNOWN), form("2026-04-01", "g2")],
        IN,
        R.FORM,
    ),
    Row(
        "a text that names another program is no consent here",
        [form(wording=WordingState.OTHER_PROGRAM)],
        NONE,
        R.NONE,
        [C.PROGRAM_SCOPE_LEAK],
    ),
    Row(
        "consent for another program used here leaks",
        [form(program="alerts")],
        NONE,
        R.NONE,
        [C.PLATFORM_IN_NO_EVIDENCE, C.PROGRAM_SCOPE_LEAK],
        [platform("in")],
    ),
    Row(
        "consent for another program that is not used here is no matter",
        [form(program="alerts")],
        NONE,
        R.NONE,
    ),
    Row("consent to all programs names none", [form(program="*")], NONE, R.UNPROVEN),
    Row(
        "a list that says in proves nothing",
        [claim(Act.ASSERT_IN, Kind.IMPORT, None)],
        NONE,
        R.UNPROVEN,
        [C.IMPORT_NO_EVIDENCE],
        decided_by=("a",),
    ),
    Row(
        "an imported grant without an act proves nothing",
        [record("i", Act.GRANT, Kind.IMPORT, "2026-03-01", program="promo")],
        NONE,
        R.UNPROVEN,
        [C.IMPORT_NO_EVIDENCE],
    ),
    Row("a synced claim proves nothing", [claim(Act.ASSERT_IN, Kind.SYNC, "2026-03-01")], NONE, R.UNPROVEN),
    Row("a staff claim proves nothing", [claim(Act.ASSERT_IN, Kind.STAFF, "2026-03-01")], NONE, R.UNPROVEN),
    Row(
        "a grant entered by staff proves nothing",
        [record("i", Act.GRANT, Kind.STAFF, "2026-03-01", program="promo")],
        NONE,
        R.UNPROVEN,
    ),
    Row(
        "a claim about another program says nothing here",
        [claim(Act.ASSERT_IN, Kind.IMPORT, None, program="alerts")],
        NONE,
        R.NONE,
    ),
    Row(
        "saying nothing either way is nothing",
        [claim(Act.ASSERT_NONE, Kind.SYNC, "2026-03-01")],
        NONE,
        R.NONE,
    ),
    Row("the latest consent decides", [form(), start("2026-02-01")], IN, R.FORM, decided_by=("g",)),
    Row("a consent declared mistaken counts no more", [form(), void("g", approved=False)], NONE, R.NONE),
    # --- double opt-in and YES
    Row("a form waits for its YES", [form("2026-11-18")], PENDING, R.DOUBLE_OPT_IN, program=PROMO_DOI),
    Row(
        "a form whose YES never came is stale",
        [form("2026-11-01")],
        PENDING,
        R.DOUBLE_OPT_IN,
        [C.DOI_STALE],
        program=PROMO_DOI,
    ),
    Row(
        "the last moment of the window is inside",
        [form("2026-11-13")],
        PENDING,
        R.DOUBLE_OPT_IN,
        program=PROMO_DOI,
    ),
    Row(
        "a YES in the window confirms",
        [form("2026-11-01"), yes("2026-11-08")],
        IN,
        R.HANDSET,
        program=PROMO_DOI,
        decided_by=("y",),
    ),
    Row(
        "a YES after the window does not",
        [form("2026-11-01"), yes("2026-11-08T00:00:01")],
        PENDING,
        R.DOUBLE_OPT_IN,
        [C.AMBIGUOUS_YES, C.DOI_STALE],
        program=PROMO_DOI,
    ),
    Row(
        "a YES before the form does not",
        [yes("2026-11-17"), form("2026-11-18")],
        PENDING,
        R.DOUBLE_OPT_IN,
        [C.AMBIGUOUS_YES],
        program=PROMO_DOI,
    ),
    Row("a YES to nothing is ambiguous", [yes("2026-11-18")], NONE, R.NONE, [C.AMBIGUOUS_YES]),
    Row(
        "a YES without double opt-in answers nothing",
        [form("2026-11-18"), yes("2026-11-18T01:00")],
        IN,
        R.FORM,
        [C.AMBIGUOUS_YES],
    ),
    Row(
        "a YES from a stopped contact is ambiguous",
        [form("2026-11-18"), stop("2026-11-18T10:00"), yes("2026-11-18T12:00")],
        OUT,
        R.STOP,
        [C.AMBIGUOUS_YES],
        program=PROMO_DOI,
    ),
    Row(
        "a YES before the STOP was good when it was said",
        [form("2026-05-01"), yes("2026-05-01T03:00"), stop("2026-06-01")],
        OUT,
        R.STOP,
        program=PROMO_DOI,
    ),
    Row(
        "a YES ends own words",
        [revoke(Kind.FREETEXT, "2026-11-18T10:00"), form("2026-11-18T12:00"), yes("2026-11-18T13:00")],
        IN,
        R.HANDSET,
        program=PROMO_DOI,
    ),
    Row(
        "a YES known to answer our question confirms", [yes("2026-11-18", answers_prompt=True)], IN, R.HANDSET
    ),
    Row(
        "a YES known to answer something else does not",
        [form("2026-11-18"), yes("2026-11-18T01:00", answers_prompt=False)],
        PENDING,
        R.DOUBLE_OPT_IN,
        [C.AMBIGUOUS_YES],
        program=PROMO_DOI,
    ),
    Row(
        "a YES for another program is no matter here",
        [form("2026-11-18"), yes("2026-11-18T01:00", program="alerts")],
        PENDING,
        R.DOUBLE_OPT_IN,
        program=PROMO_DOI,
    ),
    Row(
        "a YES by its sender alone is for the pool",
        [form("2026-11-18"), yes("2026-11-18T01:00", program=None, sender="S1")],
        IN,
        R.HANDSET,
        program=PROMO_DOI,
    ),
    Row(
        "a YES to nobody knows whom is ambiguous",
        [yes("2026-11-18T01:00", program=None)],
        NONE,
        R.NONE,
        [C.AMBIGUOUS_YES],
    ),
    Row(
        "a YES that staff report is a claim",
        [form("2026-11-18"), record("y", Act.CONFIRM, Kind.STAFF, "2026-11-18T01:00", program="promo")],
        PENDING,
        R.DOUBLE_OPT_IN,
        program=PROMO_DOI,
    ),
    Row("a start needs no YES", [start("2026-01-01")], IN, R.HANDSET, program=PROMO_DOI),
    Row(
        "a start taken back does not confirm a later form",
        [start("2026-01-01"), revoke(Kind.CHANNEL, "2026-02-01"), form("2026-11-18")],
        PENDING,
        R.DOUBLE_OPT_IN,
        program=PROMO_DOI,
    ),
    # --- consent runs out
    Row(
        "consent lasts as long as the program says",
        [form("2026-10-22")],
        IN,
        R.FORM,
        program=replace(PROMO, ttl_days=30),
    ),
    Row("then it has expired", [form("2026-10-21")], EXPIRED, R.TTL, program=replace(PROMO, ttl_days=30)),
    Row(
        "an undated document cannot show its youth",
        [paper(None)],
        EXPIRED,
        R.TTL,
        program=replace(PROMO, ttl_days=30),
    ),
    Row(
        "implied consent lasts until its day",
        [form(basis=Basis.IMPLIED, implied_until=utc("2026-11-21"))],
        IN,
        R.FORM,
    ),
    Row("then it has expired too", [form(basis=Basis.IMPLIED, implied_until=NOW)], EXPIRED, R.IMPLIED),
    Row(
        "implied consent without an end cannot be relied on", [form(basis=Basis.IMPLIED)], EXPIRED, R.IMPLIED
    ),
    Row(
        "a newer consent replaces an expired one",
        [form("2026-01-01"), form("2026-11-01", "g2")],
        IN,
        R.FORM,
        program=replace(PROMO, ttl_days=30),
    ),
    Row("a STOP never expires", [stop("2016-05-01")], OUT, R.STOP, program=replace(PROMO, ttl_days=30)),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_rule(row):
    assert_row(row)
