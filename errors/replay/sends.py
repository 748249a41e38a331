"""Sends of the log as columns of whole numbers, so that what is alike is judged once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Final

import numpy as np

Column = np.ndarray[Any, Any]
NONE: Final = -1  # no such value


class Ended(IntEnum):
    """What became of a send, as failure rates count it."""

    DELIVERED = 0
    FAILED = 1
    NEITHER = 2  # on its way, unknown, canceled or held back


class Values:
    """The values of a column: each has a number, in the order of its first appearance."""

    def __init__(self, values: Iterable[Hashable] = ()) -> None:
        self._places: dict[Any, int] = {}
        self._values: list[Any] = []
        for value in values:
            self.place(value)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __getitem__(self, place: int) -> Any:
        return self._values[place]

    def place(self, value: Hashable) -> int:
        found = self._places.setdefault(value, len(self._values))
        if found == len(self._values):
            self._values.append(value)
        return found

    def find(self, value: Hashable) -> int | None:
        return self._places.get(value)

    def places(self, values: Iterable[Hashable]) -> Column:
        return np.array([self.place(value) for value in values], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Sends:
    """Sends in the order of their submission; one place of all columns is one of them.

    Columns without a comment hold places in the Values of Judge.words. `at` and `ended_at` are seconds since 1970."""

    pk: Column
    at: Column
    ended_at: Column  # when its status was known; 0: never
    ended: Column  # Ended
    is_unknown: Column  # nobody knows whether it arrived
    was_handed_over: Column  # a send that was canceled or held back repeats nothing
    person: Column  # the number in E.164 form, else the recipient as it was written
    sender: Column
    country: Column
    provider: Column
    campaign: Column
    template: Column
    text: Column  # NONE: not kept
    same_text: Column  # body_hash, which finds the same text again; NONE: never known
    purpose: Column  # places in PURPOSES
    consent: Column  # places in CONSENTS; NONE: not looked up
    is_held: Column
    is_automatic: Column
    failure: Column  # (provider, error code) of a failure; NONE: no failure

    def __len__(self) -> int:
        return len(self.pk)

    def take(self, places: Column) -> Sends:
        return Sends(*(getattr(self, field.name)[places] for field in fields(self)))

    @staticmethod
    def joined(first: Sends, second: Sends) -> Sends:
        both = ((getattr(first, field.name), getattr(second, field.name)) for field in fields(Sends))
        return Sends(*(np.concatenate(pair) for pair in both))


def alike(*columns: Column) -> tuple[Column, Column]:
    """Rows with the same values in these columns: the place of one row of each kind, and the kind of every row."""
    kinds = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        narrowed = np.unique(column, return_inverse=True)[1]
        kinds = np.unique(kinds * (int(narrowed.max(initial=0)) + 1) + narrowed, return_inverse=True)[1]
    found = np.unique(kinds, return_index=True, return_inverse=True)
    return found[1], found[2]
