"""What is looked for and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Limits:
    """What counts as a pattern, and how it is looked for.

    `min_excess` failures, or this share of the attempts, above what is expected, and `min_ratio` times as many.
    `scatter` is the least by which rates are taken to move from day to day with nothing wrong (relative
    standard deviation): at 5 % the largest windows rang for what was only a bad day. `attributes` and `patterns` at
    most, `rows` of each window at most beside its failures. A drift within its bounds is absorbed.
    """

    min_excess: float = 30
    min_share: float = 0.0005
    min_ratio: float = 1.5
    false_discoveries: float = 0.01
    scatter: float = 0.09
    attributes: int = 3
    patterns: int = 8
    least_drift: float = 0.8
    most_drift: float = 1.25
    rows: int = 500_000

    def least_excess(self, attempts: float) -> float:
        return max(self.min_excess, self.min_share * attempts)


DEFAULTS = Limits()


class Comparison(StrEnum):
    """What the current window was compared with."""

    BASELINE = "baseline"
    REST = "rest"


REMARKS = {
    Comparison.BASELINE: "Expected failures are those of the baseline window for the same traffic.",
    Comparison.REST: (
        "Compared with the rest of the same window, for want of a baseline: a value that has always "
        "failed more cannot be told from one that began to."
    ),
}


@dataclass(frozen=True)
class Pattern:
    """A slice of the current window that fails more than expected.

    `attributes` name -> value, those of `same_as` included: values of other attributes that select (nearly) the same
    attempts as one of the rest. `expected` failures are those of the same traffic without any fault, `excess` is
    failures minus expected, `lift` failures over expected. `interval` is that of the failure rate, 95 %.
    `p_value` is the chance to see so many failures beside the other patterns. `error_code` is the code most above
    what is expected, None where no code is known.
    """

    attributes: dict[str, str]
    same_as: dict[str, str]
    error_code: str | None
    attempts: int
    failures: int
    expected: float
    excess: float
    lift: float
    p_value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Found:
    """`patterns` by excess, largest first; `drift`, the factor by which all rates moved and that was absorbed;
    `tests`, how many slices were looked at."""

    patterns: tuple[Pattern, ...]
    drift: float
    tests: int
    compared_with: Comparison

    @property
    def remark(self) -> str:
        return REMARKS[self.compared_with]
