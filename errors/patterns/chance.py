"""What chance alone can do: tails of scattered counts and the control of many tests at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]


def upper_tail(failures: Floats, expected: Floats, scatter: Floats) -> Floats:
    """Chance of this many failures or more where rates scatter: the tail of a negative binomial.

    `scatter` is the relative standard deviation of the rate, so the variance is expected + (scatter x
    expected) squared. Taken from the signed root of the deviance with a continuity correction, which gives
    the exact tail or up to half as much again and needs no table (McCullagh and Nelder, Generalized
    Linear Models, 2.4).
    """
    size = 1 / np.maximum(scatter, 1e-6) ** 2
    mean = np.maximum(expected, 1e-9)
    seen = np.maximum(failures - 0.5, 1e-9)
    deviance = 2 * (seen * np.log(seen / mean) - (seen + size) * np.log((seen + size) / (mean + size)))
    root = np.sign(seen - mean) * np.sqrt(np.maximum(deviance, 0))
    return normal_tail(root)


def normal_tail(z: Floats) -> Floats:
    return np.array([0.5 * math.erfc(value / math.sqrt(2)) for value in np.atleast_1d(z)])


def discoveries(p_values: Floats, rate: float, tests: int) -> NDArray[np.bool_]:
    """Which of `tests` tests stand, at most this share of them by chance (Benjamini and Hochberg 1995).

    `p_values` are those of the tests that were not given up before.
    """
    order = np.argsort(p_values)
    passed = p_values[order] <= rate * np.arange(1, len(order) + 1) / max(tests, 1)
    last = np.flatnonzero(passed)
    stands = np.zeros(len(p_values), bool)
    if len(last):
        stands[order[: last[-1] + 1]] = True
    return stands


def interval(failures: float, attempts: float) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927)."""
    if not attempts:
        return 0.0, 1.0
    z = 1.959964
    rate, square = failures / attempts, z * z / attempts
    middle = (rate + square / 2) / (1 + square)
    half = z * math.sqrt(rate * (1 - rate) / attempts + square / (4 * attempts)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)
