"""Two results beside each other: what changed, and whether chance alone could be it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from errors.effect import Rate

# A line of a result: key, severity, precision and recall.
Line = TypeVar("Line", bound=Any)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much a share changed, between which bounds (95 of 100 such intervals hold the truth)."""

    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Chance alone would hardly do it."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Pair(Generic[Line]):
    """One line in both results; None where it held nothing."""

    before: Line | None
    after: Line | None

    @property
    def either(self) -> Line:
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def precision(self) -> Difference | None:
        return difference(self.before.precision, self.after.precision) if self.before and self.after else None

    @property
    def recall(self) -> Difference | None:
        return difference(self.before.recall, self.after.recall) if self.before and self.after else None


def difference(before: Rate, after: Rate) -> Difference | None:
    """`after` minus `before` of two shares of different sends, by Newcombe's hybrid of Wilson's intervals (1998,
    method 10); None where one has no sends."""
    if not before.settled or not after.settled:
        return None
    value = after.value - before.value
    low = math.hypot(after.value - after.low, before.high - before.value)
    high = math.hypot(after.high - after.value, before.value - before.low)
    return Difference(value, value - low, value + high)


def pairs(before: Iterable[Line], after: Iterable[Line]) -> Iterator[Pair[Line]]:
    """The lines of both, in the order of the later result, then those it no longer has."""
    old: Mapping[tuple[str, str], Line] = {(line.key, line.severity): line for line in before}
    seen = set()
    for line in after:
        seen.add((line.key, line.severity))
        yield Pair(old.get((line.key, line.severity)), line)
    for key, line in old.items():
        if key not in seen:
            yield Pair(line, None)
