"""All slices of one to three values that hold enough failures to matter, and sums over them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from errors.patterns.counts import ATTRIBUTES, Counts

Floats = NDArray[Any]
Slice = tuple[tuple[str, int], ...]  # (attribute, code in the window), in the order of ATTRIBUTES
MOST_DENSE = 8_000_000


@dataclass(frozen=True)
class Table:
    """The slices alive of one choice of attributes: their keys, ascending, and where they stand among all."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    keys: NDArray[np.int64]
    start: int

    def key_of(self, kept: Kept) -> NDArray[np.int64]:
        key = kept.codes[self.names[0]].astype(np.int64)
        for name, size in zip(self.names[1:], self.sizes[1:], strict=True):
            key = key * size + kept.codes[name]
        return key

    def place_of(self, kept: Kept) -> NDArray[Any]:
        """For each row the place of its slice in this table; `len(keys)` where that is not alive."""
        key = self.key_of(kept)
        room = int(np.prod(self.sizes))
        if room <= MOST_DENSE:
            places = np.full(room, len(self.keys), np.int32)
            places[self.keys] = np.arange(len(self.keys))
            return places[key]
        place = np.searchsorted(self.keys, key)
        place[place == len(self.keys)] = 0
        return np.where(self.keys[place] == key, place, len(self.keys))


@dataclass(frozen=True)
class Kept:
    """Rows in the codes of the values that can be part of a pattern: 1, 2, ...; 0 is any other value."""

    codes: dict[str, NDArray[Any]]
    values: dict[str, NDArray[np.int64]]  # kept code - 1 -> code in the window

    @classmethod
    def of(cls, counts: Counts, least: float) -> Kept:
        """Keep the values with at least `least` failures; blank ones are not kept."""
        values = {}
        for name in ATTRIBUTES:
            known = counts.values[name]
            failures = np.bincount(counts.codes[name], counts.failures, len(known))
            named = np.array([value != "" for value in known], bool)
            values[name] = np.flatnonzero((failures >= least) & named)
        return cls({name: _kept(counts, name, values[name]) for name in ATTRIBUTES}, values)

    def like(self, counts: Counts) -> Kept:
        """The rows of another window in the same codes."""
        return Kept({name: _kept(counts, name, self.values[name]) for name in ATTRIBUTES}, self.values)

    def where(self, rows: Any) -> Kept:
        return Kept({name: codes[rows] for name, codes in self.codes.items()}, self.values)


def _kept(counts: Counts, name: str, values: NDArray[np.int64]) -> NDArray[Any]:
    table = np.zeros(len(counts.values[name]), np.int16)
    table[values] = np.arange(1, len(values) + 1)
    return table[counts.codes[name]]


@dataclass(frozen=True)
class Slices:
    """The slices alive, and how many were looked at to find them: all of kept values with any failure."""

    tables: tuple[Table, ...]
    values: dict[str, NDArray[np.int64]]
    looked_at: int

    def __len__(self) -> int:
        return self.tables[-1].start + len(self.tables[-1].keys) if self.tables else 0

    def sums(self, kept: Kept, *weights: Floats) -> list[Floats]:
        """For each weight its sum over the rows of each slice."""
        totals = [np.zeros(len(self)) for _ in weights]
        for table in self.tables:
            place, alive = table.place_of(kept), len(table.keys)
            for total, weight in zip(totals, weights, strict=True):
                total[table.start : table.start + alive] = np.bincount(place, weight, alive + 1)[:alive]
        return totals

    def orders(self) -> NDArray[np.int64]:
        """How many attributes each slice has."""
        return np.concatenate([np.full(len(t.keys), len(t.names)) for t in self.tables])

    def kept_codes(self, index: int) -> dict[str, int]:
        """The values of a slice in kept codes."""
        table = next(t for t in reversed(self.tables) if t.start <= index)
        key, found = int(table.keys[index - table.start]), {}
        for name, size in reversed(list(zip(table.names, table.sizes, strict=True))):
            key, found[name] = divmod(key, size)
        return {name: found[name] for name in table.names}

    def codes(self, index: int) -> dict[str, int]:
        """The values of a slice in the codes of the window."""
        return {name: int(self.values[name][code - 1]) for name, code in self.kept_codes(index).items()}


def alive(kept: Kept, failures: Floats, least: float, depth: int) -> Slices:
    """The slices with at least `least` failures. What is not alive has no alive part, so few are ever counted."""
    failing = np.flatnonzero(failures)
    rows, weight = kept.where(failing), failures[failing]
    tables: list[Table] = []
    start = looked_at = 0
    living: set[tuple[str, ...]] = {()}
    for order in range(1, depth + 1):
        for names in combinations(ATTRIBUTES, order):
            if any(part not in living for part in combinations(names, order - 1)):
                continue
            table = Table(
                names, tuple(len(kept.values[name]) + 1 for name in names), np.empty(0, np.int64), start
            )
            keys, any_failure = _enough(table, rows, weight, least)
            looked_at += any_failure
            if len(keys):
                tables.append(Table(names, table.sizes, keys, start))
                start += len(keys)
                living.add(names)
    return Slices(tuple(tables), kept.values, looked_at)


def _enough(table: Table, rows: Kept, weight: Floats, least: float) -> tuple[NDArray[np.int64], int]:
    """The keys with enough failures, and how many keys have any."""
    whole = np.ones(len(weight), bool)
    for name in table.names:
        whole &= rows.codes[name] > 0
    key = table.key_of(rows)[whole]
    if np.prod([float(size) for size in table.sizes]) <= MOST_DENSE:
        failures = np.bincount(key, weight[whole])
        return np.flatnonzero(failures >= least), int(np.count_nonzero(failures))
    keys, place = np.unique(key, return_inverse=True)
    return keys[np.bincount(place, weight[whole]) >= least], len(keys)
