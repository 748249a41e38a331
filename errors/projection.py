"""How many sends of a campaign will fail, going by what happened to sends like them.

For each group of recipients the narrowest slice of the last weeks that has enough settled sends speaks: the same
sender, country and carrier; country and carrier; sender and country; the country alone. Its rate p is failed / settled,
without the hours and slices of patterns, which are counted apart. Days differ more than chance allows, so the slice
counts as fewer sends than it has: settled / s, where s is how much its daily rates scatter beyond chance (Pearson's
chi-square over its days, at least 1). The interval of p is Wilson's for failed / s of settled / s.

Recipients inside an open pattern fail as its sends did when it was last seen. Expected failures are the sum of rows
times rate; the interval adds, in quadrature over slices, rows times the half-width of p's interval and the chance of
the sending itself, 1.96 x the root of rows x p x (1 - p) x s. Slices are taken as independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from errors.campaign_tally import Group
from errors.effect import CONFIDENT, Rate

LEAST: Final = 300  # settled sends with which a slice speaks before a wider one
FEWEST: Final = 30  # below, nothing is said (as on every page of this room)

Key = tuple[str, str, str]  # sender, country, carrier; "*" is any


@dataclass(frozen=True, slots=True)
class Past:
    """What became of the sends of one slice: (failed, settled) of each day that had any."""

    days: tuple[tuple[int, int], ...]

    @property
    def rate(self) -> Rate:
        return Rate(sum(failed for failed, _ in self.days), sum(settled for _, settled in self.days))

    @property
    def scatter(self) -> float:
        """How much more the days differ than chance alone would have it; 1 is chance."""
        rate = self.rate
        if len(self.days) < 2 or not 0 < rate.value < 1:
            return 1.0
        chi = sum(
            (failed - settled * rate.value) ** 2 / (settled * rate.value * (1 - rate.value))
            for failed, settled in self.days
            if settled
        )
        return max(1.0, chi / (len(self.days) - 1))

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval, of as many sends as its scatter leaves it."""
        return wilson(self.rate.value, self.rate.settled / self.scatter)


@dataclass(frozen=True, slots=True)
class Open:
    """A pattern that is not over, as far as recipients can be in it."""

    pk: int
    words: str
    attributes: Mapping[str, str]
    failures: int
    attempts: int

    def holds(self, group: Group, own: Mapping[str, str]) -> bool:
        """Whether the group's sends are in its slice. `own`: what all sends of the campaign have, such as its sender.
        What nobody knows before the sending is in none."""
        mine = {
            **own,
            "country": group.country,
            "carrier": group.carrier,
            "encoding": group.encoding,
            "segments": str(group.segments),
        }
        return all(mine.get(name) == value for name, value in self.attributes.items())


@dataclass(frozen=True, slots=True)
class Line:
    """The rows of a campaign that one slice of the past speaks for."""

    words: str
    rows: int
    rate: float
    low: float
    high: float
    settled: int
    scatter: float
    pattern: int | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """`unknown`: rows of which too little is known to say anything; they are in no number."""

    rows: int
    expected: float
    low: float
    high: float
    unknown: int
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def project(
    groups: Mapping[Group, int],
    past: Mapping[Key, Past],
    patterns: Sequence[Open],
    *,
    own: Mapping[str, str],
) -> Projection:
    """`past`: what became of the sends of every slice that might speak. `own`: as for Open.holds."""
    told: dict[Key | int, int] = {}
    unknown = 0
    by_pk = {one.pk: one for one in patterns}
    for group, rows in groups.items():
        inside = [one for one in patterns if one.holds(group, own)]
        key: Key | int | None
        if inside:
            key = max(inside, key=lambda one: (one.failures / max(one.attempts, 1), one.pk)).pk
        else:
            key = slice_of(group, past, own.get("sender", ""))
        if key is None:
            unknown += rows
        else:
            told[key] = told.get(key, 0) + rows
    lines = [
        _of_pattern(by_pk[key], rows) if isinstance(key, int) else _of_past(key, past[key], rows)
        for key, rows in told.items()
    ]
    lines.sort(key=lambda line: (-line.rows * line.rate, line.words))
    expected = sum(line.rows * line.rate for line in lines)
    below = math.sqrt(sum(_spread(line, line.rate - line.low) for line in lines))
    above = math.sqrt(sum(_spread(line, line.high - line.rate) for line in lines))
    rows = sum(line.rows for line in lines)
    return Projection(
        rows, expected, max(0.0, expected - below), min(float(rows), expected + above), unknown, tuple(lines)
    )


def slice_of(group: Group, past: Mapping[Key, Past], sender: str) -> Key | None:
    """The narrowest slice that has enough to say; where none has, the one with most, unless that is too little."""
    keys = [key for key in keys_of(group, sender) if key in past]
    for key in keys:
        if past[key].rate.settled >= LEAST:
            return key
    most = max(keys, key=lambda key: past[key].rate.settled, default=None)
    return most if most is not None and past[most].rate.settled >= FEWEST else None


def keys_of(group: Group, sender: str) -> list[Key]:
    """The slices that could speak for a group, the narrowest first."""
    found: list[Key] = []
    if group.carrier:
        found += [(sender, group.country, group.carrier), ("*", group.country, group.carrier)]
    found += [(sender, group.country, "*"), ("*", group.country, "*")]
    return [key for key in found if key[0]]


def wilson(rate: float, settled: float) -> tuple[float, float]:
    """95 % interval of a rate seen in so many sends (Wilson 1927); (0, 1) of none."""
    if settled <= 0:
        return 0.0, 1.0
    square = CONFIDENT * CONFIDENT / settled
    middle = (rate + square / 2) / (1 + square)
    half = CONFIDENT * math.sqrt(rate * (1 - rate) / settled + square / (4 * settled)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def _spread(line: Line, half: float) -> float:
    """The square of how far the failures of one line may lie off: its rate is not known exactly, and sends are few."""
    chance = CONFIDENT**2 * line.rows * line.rate * (1 - line.rate) * line.scatter
    return (line.rows * half) ** 2 + chance


def _of_past(key: Key, past: Past, rows: int) -> Line:
    sender, country, carrier = key
    named = [
        country or "no country",
        carrier if carrier != "*" else "",
        sender if sender != "*" else "any sender",
    ]
    low, high = past.interval
    rate = past.rate
    return Line(", ".join(filter(None, named)), rows, rate.value, low, high, rate.settled, past.scatter)


def _of_pattern(pattern: Open, rows: int) -> Line:
    rate = Rate(pattern.failures, pattern.attempts)
    return Line(pattern.words, rows, rate.value, rate.low, rate.high, rate.settled, 1.0, pattern.pk)
