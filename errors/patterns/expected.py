"""How many attempts should have failed: rates learnt from the baseline window, each value's own included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors.patterns.counts import ATTRIBUTES, Counts

Floats = NDArray[Any]
Term = tuple[str, ...]

SINGLE = tuple((name,) for name in ATTRIBUTES)
TERMS: tuple[Term, ...] = (*SINGLE, *combinations(ATTRIBUTES, 2))
SWEEPS = 3
HIGHEST_RATE = 0.98
# Groups of a term: one that has more is left out. Its groups are too small to teach anything of their own.
MOST_GROUPS = 2_000_000
FEWEST_PRIOR, MOST_PRIOR = 8.0, 1e6  # expected failures that the pull towards 1 weighs


@dataclass(frozen=True)
class Rates:
    """An overall rate times one factor for each value and pair of values; 1 where nothing is known."""

    overall: float
    overall_doubt: float
    factors: Mapping[Term, Floats]
    doubts: Mapping[Term, Floats]
    sizes: Mapping[str, int]

    def of(self, counts: Counts) -> tuple[Floats, Floats]:
        """The expected failure rate of each row, and the relative variance with which it is known.

        Codes must be those of the window this was learnt with.
        """
        rows = len(counts.attempts)
        rate, doubt = np.full(rows, self.overall), np.full(rows, self.overall_doubt)
        for term, factor in self.factors.items():
            group = group_of(term, counts, self.sizes)
            rate *= factor[group]
            if term in self.doubts:
                doubt += self.doubts[term][group]
        return np.minimum(rate, HIGHEST_RATE), doubt

    def doubt_of(self, name: str, count: int) -> Floats:
        """The relative variance with which the factor of each of the first `count` values is known."""
        known = self.doubts.get((name,))
        return np.zeros(count) if known is None else known[:count]


def group_of(term: Term, counts: Counts, sizes: Mapping[str, int]) -> NDArray[np.int64]:
    """For each row the number of its group: the values of the term's attributes in one number."""
    group = counts.codes[term[0]].astype(np.int64)
    for name in term[1:]:
        group = group * sizes[name] + counts.codes[name]
    return group


def flat(rate: float) -> Rates:
    """One rate for all: what there is without a baseline."""
    return Rates(rate, 0.0, {}, {}, {})


def learn(baseline: Counts, sizes: Mapping[str, int]) -> Rates:
    """Fit the factors one on top of the other, each pulled to 1 as far as its scatter is chance.

    `sizes[attribute]` is the number of codes, those of the current window included. How hard a term is pulled
    is itself estimated: the less its groups scatter beyond chance, the harder (empirical Bayes).
    """
    attempts, failures = baseline.attempts, baseline.failures
    total = float(failures.sum()) + 0.5  # a window without any failure does not make one impossible
    overall = total / (float(attempts.sum()) + 1)
    rate = np.full(len(attempts), overall)
    factors: dict[Term, Floats] = {}
    doubts: dict[Term, Floats] = {}
    for sweep in range(SWEEPS):
        for term in SINGLE if sweep == 0 else TERMS:
            count = int(np.prod([sizes[name] for name in term]))
            if count > MOST_GROUPS:
                continue
            group = group_of(term, baseline, sizes)
            old = factors.get(term, np.ones(count))
            seen = np.bincount(group, failures, count)
            meant = np.bincount(group, attempts * rate, count) / old
            prior = pull(seen, meant)
            factors[term] = (seen + prior) / (meant + prior)
            if len(term) == 1:
                doubts[term] = 1 / (seen + prior)
            rate *= (factors[term] / old)[group]
    return Rates(overall, 1 / total, factors, doubts, sizes)


def pull(seen: Floats, meant: Floats) -> float:
    """How many expected failures the pull towards 1 weighs: one over the variance that is not chance."""
    weight = np.minimum(meant, 1000.0)  # the largest groups alone should not say how all scatter
    ratio = seen / np.maximum(meant, 1e-9) - 1
    beyond = float(np.sum(weight**2 * (ratio**2 - 1 / np.maximum(meant, 1e-9)) * (meant > 0)))
    variance = beyond / max(float(np.sum(weight**2)), 1e-9)
    return float(np.clip(1 / max(variance, 1e-9), FEWEST_PRIOR, MOST_PRIOR))
