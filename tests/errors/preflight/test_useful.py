"""Rules that people write: sentences about them, and expressions that would hold a check up."""

import time

import pytest

from errors.preflight import BadRule, Kind, written_rules
from errors.preflight.kinds import FORMS, told
from errors.preflight.regular import hard_texts, refuse_endless
from errors.preflight.trial import MOST_SECONDS, refuse_slow
from errors.preflight.useful import refuse_useless


def test_every_kind_can_be_written_and_every_rule_of_the_files_is_of_use():
    assert set(FORMS) == set(Kind)
    for rule in written_rules():
        refuse_useless(rule, by_staff=False)
        assert "{" not in told(rule).replace(rule.value, "")


@pytest.mark.parametrize(
    "expression",
    [
        r"(a+)+$",
        r"(\w+\s?)*$",
        r"(a|aa)+$",
        r"(x+x+)+y",
        r"(?:(?:ab)*)*c",
        r"(?:a{1,30}){1,30}b",
        r"(.)\1",
        r"(",
        r"[z-a]",
        "(" * 5000,
    ],
)
def test_an_expression_that_may_never_end_or_is_none_is_refused_by_its_form(expression):
    started = time.process_time()
    with pytest.raises(BadRule):
        refuse_endless(expression)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("expression", [r".*.*.*x", r"a*?a*?a*?b", r"\s*\s*\s*x", r"(?:aa?){1,20}b"])
def test_an_expression_that_takes_too_long_is_found_by_trying_it(expression):
    refuse_endless(expression)
    started = time.monotonic()
    with pytest.raises(BadRule, match="longer than"):
        refuse_slow(expression)
    assert time.monotonic() - started < MOST_SECONDS + 30  # for ever, if it were not cut off


@pytest.mark.parametrize(
    "expression",
    [r"\bfree\b", r"(?i)\bwin(?:ner)?s?\b", r"[a-z]+@[a-z]+\.com", r"free\s+money", r"\d{3}-\d{4}"],
)
def test_ordinary_expressions_are_taken(expression):
    refuse_endless(expression)
    refuse_slow(expression)


def test_an_expression_of_endless_length_takes_no_room():
    grown = "a"
    for _ in range(9):
        grown = f"(?:{grown}){{20}}"  # together 20 to the power of 9 letters
    texts = hard_texts(grown + "b*")
    assert max(map(len, texts)) <= 5_000
