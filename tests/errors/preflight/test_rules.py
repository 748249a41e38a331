"""Rows: the files of the package, rows from elsewhere, and rows that cannot be used."""

from dataclasses import replace
from datetime import date

import pytest

from errors.preflight import (
    BadRule,
    Kind,
    Rule,
    RuleBook,
    Severity,
    Standing,
    rules_in,
    rules_on,
    written_rules,
)
from tests.errors.preflight.make import DAY, GERMAN, findings

HOUSE = Rule(Kind.HOUSE_SEGMENTS, "", "", "", "1", Standing.AGREED, None, date(2026, 1, 1), "house rule")


def test_every_row_of_the_files_is_understood_and_says_where_it_is_from():
    rules = written_rules()
    RuleBook(rules, on=DAY)
    assert len(rules) > 900
    assert all(rule.source and rule.last_checked <= date(2026, 11, 22) for rule in rules)
    assert set(Kind) == {rule.kind for rule in rules}


def test_rows_from_elsewhere_make_a_book_too():
    long = {"body": "Acme: " + "x" * 200}
    book = RuleBook([HOUSE], on=DAY)
    assert [finding.rule for finding in findings(**long, rules=book) if finding.code == "body.segments"] == [
        HOUSE
    ]
    assert not [finding for finding in findings(**long) if finding.code == "body.segments"]


def test_the_newest_row_in_force_counts():
    later = replace(HOUSE, value="2", valid_from=date(2026, 3, 1))
    book = RuleBook([later, HOUSE, replace(HOUSE, value="9", valid_from=date(2026, 4, 1))], on=DAY)
    assert book.one(Kind.HOUSE_SEGMENTS) == later
    assert RuleBook([later, HOUSE], on=date(2026, 2, 1)).one(Kind.HOUSE_SEGMENTS) == HOUSE


def test_a_law_to_come_stops_nothing_yet():
    sender = {"to": "+61412345678", "country": "AU", "sender": "ACME", "sender_registered": False}
    (before,) = findings(**sender, rules=rules_on(date(2026, 6, 30)))
    (after,) = findings(**sender, rules=rules_on(date(2026, 7, 1)))
    assert before.code == after.code == "sender.unregistered"
    assert (before.severity, after.severity) == (Severity.WARN, Severity.ERROR)


def test_a_provider_with_rows_of_its_own_does_not_follow_the_others():
    book = rules_on(DAY)
    assert (
        book.one(Kind.SENDER_CHARACTERS, provider="telnyx", subject="beyond letters, digits and spaces").value
        == ""
    )
    assert (
        book.one(Kind.SENDER_CHARACTERS, provider="other", subject="beyond letters, digits and spaces").value
        == "-_&+."
    )


def test_what_sources_dispute_or_nobody_confirmed_only_warns():
    mexico = {"to": "+525512345678", "country": "MX", "sender": "ACME"}
    (finding,) = findings(**mexico)
    assert (finding.code, finding.severity) == ("sender.alpha_unsupported", Severity.WARN)
    assert "sources differ" in finding.message
    (long,) = [one for one in findings(body="a" * 1601, provider="somebody") if one.code == "body.too_long"]
    assert long.severity is Severity.WARN


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.HOURS, "8-21"),
        (Kind.HOURS, "21:00-08:00"),
        (Kind.HOURS, ""),
        (Kind.MOST_UNITS, "many"),
        (Kind.CONTENT, "(unclosed"),
        (Kind.REPEAT, "a day"),
        (Kind.REPEAT, "2 weeks"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_place(kind, value):
    with pytest.raises(BadRule, match=f"{kind} FR sun: .*not understood"):
        RuleBook([replace(HOUSE, kind=kind, place="FR", subject="sun", value=value)], on=DAY)


def test_a_file_with_a_bad_row_says_which(tmp_path):
    head = (
        "kind\tprovider\tplace\tsubject\tvalue\tstanding\tvalid_from\tlast_checked\tsource\tprevents\tnote\n"
    )
    path = tmp_path / "mine.tsv"
    path.write_text(f"# a comment\n{head}hours\t\tFR\tsun\tnone\tagreed\t\tsoon\tme\t\t\n")
    with pytest.raises(BadRule, match=r"mine\.tsv, hours FR sun: .*soon"):
        list(rules_in(path))


def test_places_without_rows_are_let_through():
    assert findings(**GERMAN, rules=RuleBook([], on=DAY)) == []
