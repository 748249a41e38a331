"""Countries as people write them; one finding for each shortened link; rules that end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from errors.preflight import Kind, Purpose, RuleBook, written_rules
from errors.preflight.recipient import country_of
from tests.errors.preflight.make import DAY, codes, findings


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("UK", "GB"),
        (" uk ", "GB"),
        ("GB", "GB"),
        ("EL", "GR"),
        ("usa", "US"),
        ("", None),
        (None, None),
        ("XX", "XX"),
        ("001", None),
    ],
)
def test_a_country_is_known_by_the_letters_that_people_write(written, meant):
    assert country_of(written) == meant


@pytest.mark.parametrize("country", ["XX", "AQ", "001", "\ud800"])
def test_a_country_without_numbers_of_its_own_stops_no_check(country):
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert "to.empty" in codes(to="", country=country, at=at, purpose=Purpose.MARKETING)


def test_a_number_is_read_as_one_of_the_united_kingdom():
    found = codes(to="07400123456", country="UK", sender="ACME")
    assert not found & {"to.no_country", "to.invalid", "to.country_mismatch"}
    assert codes(to="07400123456", country="UK", sender="ACME") == codes(
        to="07400123456", country="GB", sender="ACME"
    )


def test_each_shortened_link_gets_a_finding_of_its_own():
    text = "Acme: see https://bit.ly/a, www.bit.ly/b and https://acme.example/bit.ly"
    found = [one for one in findings(body=text) if one.code == "link.shortener"]
    assert [text[slice(*one.places[0])] for one in found] == ["https://bit.ly/a", "www.bit.ly/b"]


def test_a_rule_counts_up_to_its_last_day():
    rules = [
        replace(rule, valid_until=DAY) if rule.kind is Kind.SHORTENER else rule for rule in written_rules()
    ]
    assert RuleBook(rules, on=DAY).all(Kind.SHORTENER)
    assert not RuleBook(rules, on=DAY + timedelta(days=1)).all(Kind.SHORTENER)


def test_a_rule_with_an_end_gives_way_to_the_one_before_it():
    short = [rule for rule in written_rules() if rule.kind is Kind.HOUSE_SEGMENTS]
    week = replace(short[0], value="9", valid_from=date(2026, 3, 9), valid_until=date(2026, 3, 15))
    assert RuleBook([*short, week], on=date(2026, 3, 12)).one(Kind.HOUSE_SEGMENTS).value == "9"
    assert RuleBook([*short, week], on=date(2026, 3, 16)).one(Kind.HOUSE_SEGMENTS).value == "3"
