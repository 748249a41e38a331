"""Faults: what makes the attempts of a slice fail more, one by one and together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors.patterns.expected import HIGHEST_RATE

Floats = NDArray[Any]
Rows = NDArray[np.int64]

# How the chance that a fault adds goes with the odds to fail without it: alike for all, in between, in proportion.
SHAPES = (0.0, 0.5, 1.0)
ROUNDS, STEADY = 12, 1e-3  # of solving for all faults, at most; ends when no size changes more than this


@dataclass
class Fault:
    """A slice on its way to being a pattern: `index` among the slices, and the rows it selects."""

    index: int
    rows: Rows
    shape: Floats  # how the chance to fail because of it differs from attempt to attempt
    size: float = 0.0
    p_value: float = 1.0

    @property
    def added(self) -> Floats:
        """The chance of each of its attempts to fail because of it."""
        return np.minimum(self.size * self.shape, HIGHEST_RATE)


def solve(faults: Sequence[Fault], n: Floats, f: Floats, chance: Floats) -> Floats:
    """Set the faults' sizes so that each explains its slice beside the others; the chance of each row not to fail.

    An attempt fails by its own `chance` or by any fault it is in, independently (noisy or). Given the others the
    size of one is what makes failures and expected failures of its slice agree.
    """
    for _ in range(ROUNDS):
        no = 1 - chance
        for fault in faults:
            no[fault.rows] *= 1 - fault.added
        change = 0.0
        for fault in faults:
            without = no[fault.rows] / (1 - fault.added)
            attempts = n[fault.rows]
            above = float(f[fault.rows].sum() - attempts @ (1 - without))
            size = max(above / max(float(attempts @ (without * fault.shape)), 1e-9), 0.0)
            change = max(change, abs(size - fault.size) / max(size, 1e-9))
            fault.size = size
            no[fault.rows] = without * (1 - fault.added)
        if change < STEADY:
            break
    return no


def hit_by(faults: Sequence[Fault]) -> Rows:
    """The rows that one of these faults selects, ascending."""
    return np.unique(np.concatenate([fault.rows for fault in faults]))


def shaped(chance: Floats, power: float) -> Floats:
    """The shape of a fault over rows with this chance to fail of their own."""
    chance = np.clip(chance, 1e-6, HIGHEST_RATE)
    return (chance / (1 - chance)) ** power


def gains(n: Floats, f: Floats, chance: Floats, own: Floats) -> list[float]:
    """For each shape how much likelier one more fault makes these failures: the gain in log likelihood.

    `chance` to fail with the faults known, `own` without any.
    """
    chance = np.clip(chance, 1e-9, HIGHEST_RATE)
    above = float(f.sum() - n @ chance)
    if above <= 0:
        return [0.0 for _ in SHAPES]
    before = f @ np.log(chance) + (n - f) @ np.log1p(-chance)
    found = []
    for power in SHAPES:
        could = (1 - chance) * shaped(own, power)
        after = np.minimum(chance + could * (above / float(n @ could)), 1 - 1e-6)
        found.append(float(f @ np.log(after) + (n - f) @ np.log1p(-after) - before))
    return found
