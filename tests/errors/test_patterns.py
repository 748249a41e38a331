"""Patterns of failing sends: what is found, what is not, and how it is told."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from errors.patterns import ATTRIBUTES, Comparison, Counts, Limits, Pattern, find, sentence
from tests.benchmarks._send_logs import ALONE, PATTERNS, QUIET, Window, make
from tests.benchmarks.patterns import counts

SEED, ROWS = 1701, 20_000


def found_in(kind: str, seed: int = SEED) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What was planted and what is found, in the same order."""
    log = make(kind, seed, ROWS)
    before = counts(log.baseline, log.names) if log.baseline else None
    found = find(counts(log.current, log.names), before)
    return in_order(log.truth), in_order(pattern.attributes for pattern in found.patterns)


def in_order(slices: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(slices, key=lambda attributes: sorted(attributes.items()))


@pytest.mark.parametrize("kind", [*PATTERNS, *(kind for kind in ALONE if kind not in QUIET)])
def test_finds_exactly_what_was_planted(kind):
    planted, found = found_in(kind)
    assert found == planted


@pytest.mark.parametrize("kind", QUIET)
def test_reports_nothing_where_nothing_was_planted(kind):
    assert found_in(kind) == ([], [])


# --- a log of a few lines each ------------------------------------------------------------------------------

USUAL = {
    "provider": "p1",
    "country": "US",
    "carrier": "US-1",
    "campaign": "spring",
    "template": "spring-text",
    "sender": "100",
    "encoding": "GSM-7",
    "segments": "1",
    "hour": "09",
}


def some(attempts: int, failures: int, error_code: str = "30003", **values: str) -> list[dict[str, object]]:
    alike = USUAL | values
    failed = {**alike, "attempts": failures, "failures": failures, "error_code": error_code}
    return [failed, {**alike, "attempts": attempts - failures, "failures": 0, "error_code": ""}]


def shop(attempts: int = 1000, failures: int = 20, **values: str) -> list[dict[str, object]]:
    """Two providers, four countries, two campaigns and two hours, all alike."""
    return [
        row
        for provider in ("p1", "p2")
        for country in ("US", "GB", "DE", "PH")
        for campaign in ("spring", "summer")
        for hour in ("09", "10")
        for row in some(
            attempts,
            failures,
            **{
                "provider": provider,
                "country": country,
                "campaign": campaign,
                "hour": hour,
                "carrier": f"{country}-1",
                "template": f"{campaign}-text",
                **values,
            },
        )
    ]


def test_grouped_counts_and_single_attempts_give_the_same():
    log = make("two", SEED, 5000)
    single = counts(log.current, log.names)
    grouped = Counts.of(
        {
            **{name: single.values[name][single.codes[name][row]] for name in ATTRIBUTES},
            "attempts": 1,
            "failures": int(single.failures[row]),
            "error_code": single.errors[single.error[row]],
        }
        for row in range(len(single.attempts))
    )
    before = counts(log.baseline, log.names)
    one, other = (find(each, before).patterns for each in (single, grouped))
    assert one
    assert [replace(pattern, expected=0, excess=0, lift=0, p_value=0) for pattern in one] == [
        replace(pattern, expected=0, excess=0, lift=0, p_value=0) for pattern in other
    ]


def test_tells_the_numbers_of_a_pattern():
    current = Counts.of([*shop(), *some(1000, 300, "30007", country="FR", carrier="FR-1")])
    before = Counts.of([*shop(), *some(1000, 20, country="FR", carrier="FR-1")])
    (pattern,) = find(current, before).patterns
    assert pattern.attributes == {"country": "FR", "carrier": "FR-1"}
    assert set(pattern.same_as) == {"carrier"}
    assert (pattern.attempts, pattern.failures, pattern.error_code) == (1000, 300, "30007")
    assert pattern.expected == pytest.approx(20, rel=0.1)
    assert pattern.excess == pytest.approx(300 - pattern.expected)
    assert pattern.lift == pytest.approx(300 / pattern.expected)
    assert pattern.interval[0] < 0.3 < pattern.interval[1]
    assert pattern.p_value < 1e-9


def test_names_values_that_select_the_same_sends_together():
    current = Counts.of(shop() + some(1000, 300, campaign="sale", template="sale-text"))
    (pattern,) = find(current, Counts.of(shop())).patterns
    assert pattern.attributes == {"campaign": "sale", "template": "sale-text"}
    assert pattern.same_as == {"template": "sale-text"}


def test_a_provider_wide_incident_is_told_once():
    before = Counts.of(shop())
    current = Counts.of(row for row in shop() if row["provider"] == "p1")
    worse = Counts.of(
        [*(row for row in shop() if row["provider"] == "p1")]
        + [row for row in shop(failures=200) if row["provider"] == "p2"]
    )
    assert find(current, before).patterns == ()
    (pattern,) = find(worse, before).patterns
    assert pattern.attributes == {"provider": "p2"}


def test_a_provider_that_fails_for_an_hour_is_told_with_the_hour():
    rows = [row for row in shop() if not (row["provider"] == "p2" and row["hour"] == "10")]
    hit = [row for row in shop(failures=300) if row["provider"] == "p2" and row["hour"] == "10"]
    (pattern,) = find(Counts.of(rows + hit), Counts.of(shop())).patterns
    assert pattern.attributes == {"provider": "p2", "hour": "10"}


def test_what_was_always_bad_is_no_pattern():
    bad = some(1000, 300, country="FR", carrier="FR-1")
    assert find(Counts.of(shop() + bad), Counts.of(shop() + bad)).patterns == ()


def test_a_small_drift_is_absorbed_and_told():
    found = find(Counts.of(shop(failures=24)), Counts.of(shop(failures=20)))
    assert found.patterns == ()
    assert found.drift == pytest.approx(1.2, abs=0.02)


def test_too_few_failures_are_no_pattern_however_unlikely():
    current = Counts.of(shop() + some(40, 29, country="FR", carrier="FR-1"))
    before = Counts.of(shop() + some(40, 1, country="FR", carrier="FR-1"))
    assert find(current, before).patterns == ()
    assert find(current, before, limits=Limits(min_excess=20, min_share=0)).patterns


def test_a_ratio_below_the_limit_is_no_pattern_however_sure():
    current = Counts.of(shop() + some(100_000, 3000, country="FR", carrier="FR-1"))
    before = Counts.of(shop() + some(100_000, 2100, country="FR", carrier="FR-1"))
    assert find(current, before).patterns == ()


def test_without_a_baseline_says_what_it_was_compared_with():
    current = Counts.of(shop() + some(1000, 300, country="FR", carrier="FR-1"))
    found = find(current)
    assert found.compared_with is Comparison.REST
    assert "cannot be told" in found.remark
    assert [pattern.attributes["country"] for pattern in found.patterns] == ["FR"]


def test_a_baseline_without_attempts_is_none():
    assert find(Counts.of(shop()), Counts.of([])).compared_with is Comparison.REST


@pytest.mark.parametrize("rows", [[], some(1000, 0), some(500, 500)])
def test_windows_with_nothing_to_compare_have_no_pattern(rows):
    assert find(Counts.of(rows)).patterns == ()
    assert find(Counts.of(rows), Counts.of(rows)).patterns == ()


def test_a_value_that_is_not_known_is_not_named():
    current = Counts.of(shop() + some(1000, 300, carrier="", campaign="", country="FR"))
    before = Counts.of(shop() + some(1000, 20, carrier="", campaign="", country="FR"))
    (pattern,) = find(current, before).patterns
    assert pattern.attributes == {"country": "FR"}


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="more failures than attempts"):
        Counts.of([{**USUAL, "attempts": 1, "failures": 2}])


def test_rows_that_were_left_out_are_stood_for_by_others():
    log = make("one", SEED, 5000)
    whole = counts(log.current, log.names)
    thin = whole.thinned(1000)
    assert thin.failures.sum() == whole.failures.sum()
    assert thin.attempts.sum() == pytest.approx(5000)
    assert len(thin.attempts) == 1000 + whole.failures.sum()


def test_thinned_windows_are_searched_alike_and_told_in_full():
    log = make("two", SEED, ROWS)
    windows = counts(log.current, log.names), counts(log.baseline, log.names)
    (whole,), (thin,) = (find(*windows, limits=Limits(rows=rows)).patterns for rows in (ROWS * 9, 8000))
    assert (thin.attributes, thin.attempts, thin.failures) == (
        whole.attributes,
        whole.attempts,
        whole.failures,
    )
    assert thin.expected == pytest.approx(whole.expected, rel=0.1)


def test_patterns_are_ordered_by_excess():
    found = find(
        *(counts(window, log.names) for log in [make("several", SEED, ROWS)] for window in both(log))
    )
    excess = [pattern.excess for pattern in found.patterns]
    assert len(excess) > 1
    assert excess == sorted(excess, reverse=True)


def both(log) -> tuple[Window, Window]:
    return log.current, log.baseline


def test_says_a_pattern_in_one_sentence_without_a_cause():
    pattern = Pattern(
        attributes={"country": "PH", "campaign": "spring", "template": "spring-text"},
        same_as={"template": "spring-text"},
        error_code="30007",
        attempts=2026,
        failures=1080,
        expected=74.3,
        excess=1005.7,
        lift=14.5,
        p_value=1e-99,
        interval=(0.51, 0.55),
    )
    assert sentence(pattern) == (
        "Failures concentrate in sends of campaign spring to PH: 1,080 of 2,026 failed, about 74 expected, 14.5 times "
        "as many; most above what is usual: code 30007. These are nearly the same sends as those of template "
        "spring-text: this log cannot tell them apart."
    )


def test_codes_of_the_baseline_may_come_in_another_order():
    current = shop() + some(1000, 300, country="FR", carrier="FR-1")
    before = shop() + some(1000, 20, country="FR", carrier="FR-1") + some(50, 1, country="XX", carrier="XX-1")
    ahead, back = (find(Counts.of(current), Counts.of(rows)).patterns for rows in (before, before[::-1]))
    assert [pattern.attributes for pattern in ahead] == [pattern.attributes for pattern in back]
    assert np.isclose(ahead[0].expected, back[0].expected)
