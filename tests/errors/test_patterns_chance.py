"""What chance can do: tails, many tests at once, intervals."""

import math

import numpy as np
import pytest

from errors.patterns.chance import discoveries, interval, upper_tail


def exact_tail(failures: int, expected: float, scatter: float) -> float:
    """The negative binomial, term by term."""
    size = 1 / scatter**2
    chance = size / (size + expected)
    terms = (
        math.lgamma(k + size)
        - math.lgamma(size)
        - math.lgamma(k + 1)
        + size * math.log(chance)
        + k * math.log(1 - chance)
        for k in range(failures, failures + 4000)
    )
    return math.fsum(map(math.exp, terms))


@pytest.mark.parametrize(
    ("failures", "expected", "scatter"),
    [(30, 10, 0.05), (60, 40, 0.05), (45, 40, 0.1), (300, 200, 0.05), (90, 30, 0.3)],
)
def test_the_tail_is_the_exact_one_or_a_little_more(failures, expected, scatter):
    (tail,) = upper_tail(np.array([failures]), np.array([expected]), np.array([scatter]))
    exact = exact_tail(failures, expected, scatter)
    assert 0.95 * exact < tail < 1.6 * exact


def test_rates_that_scatter_more_surprise_less():
    calm, wild = upper_tail(np.array([90.0, 90.0]), np.array([50.0, 50.0]), np.array([0.05, 0.3]))
    assert calm < wild / 100


def test_one_of_many_tests_needs_a_smaller_p_value():
    p_values = np.array([0.001, 0.2, 0.9])
    assert list(discoveries(p_values, 0.05, tests=3)) == [True, False, False]
    assert not discoveries(p_values, 0.05, tests=1000).any()


def test_a_p_value_passes_with_those_below_it():
    assert discoveries(np.array([0.04, 0.02, 0.03]), 0.05, tests=3).all()


def test_the_interval_of_a_rate_holds_it_and_stays_within_bounds():
    low, high = interval(0, 20)
    assert low == 0
    assert high == pytest.approx(0.161, abs=0.001)
    assert interval(0, 0) == (0.0, 1.0)
