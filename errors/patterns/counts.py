"""Send attempts of one window, counted: what the search for patterns reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ATTRIBUTES = (
    *("provider", "country", "carrier", "campaign", "template", "sender", "encoding", "segments", "hour"),
)
Codes = NDArray[Any]  # one whole number for each row: which of the values it has


@dataclass(frozen=True)
class Counts:
    """Settled attempts of one window in rows; a row may count one attempt or many that are alike.

    `codes[attribute][row]` is an index into `values[attribute]`; every attribute of ATTRIBUTES is there. A
    blank value says that it is not known; it is never named as a pattern. `attempts` and `failures` are
    counts for each row, failures at most attempts. Where people can be told apart, count each person once a
    row. `error[row]` is an index into `errors`, the code all failures of the row bear; None if not known.
    """

    codes: Mapping[str, Codes]
    values: Mapping[str, Sequence[str]]
    attempts: NDArray[Any]
    failures: NDArray[Any]
    error: Codes | None = None
    errors: Sequence[str] = ()

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Counts:
        """From grouped rows: ATTRIBUTES (a missing one is blank), attempts, failures and, if known, error_code.

        Raises ValueError for counts that cannot be.
        """
        columns: dict[str, list[int]] = {name: [] for name in (*ATTRIBUTES, "error_code")}
        seen: dict[str, dict[str, int]] = {name: {} for name in columns}
        totals: list[tuple[int, int]] = []
        for row in rows:
            for name, column in columns.items():
                value = row.get(name)
                known = seen[name]
                column.append(known.setdefault("" if value is None else str(value), len(known)))
            totals.append((row["attempts"], row["failures"]))
        attempts, failures = np.array(totals, np.int64).reshape(-1, 2).T
        if (failures < 0).any() or (failures > attempts).any():
            raise ValueError("a row counts more failures than attempts, or less than none; mend the counts")
        return cls(
            codes={name: np.array(columns[name], np.int32) for name in ATTRIBUTES},
            values={name: tuple(seen[name]) for name in ATTRIBUTES},
            attempts=attempts,
            failures=failures,
            error=np.array(columns["error_code"], np.int32),
            errors=tuple(seen["error_code"]),
        )

    def thinned(self, rows: int) -> Counts:
        """Every failure and an even draw of the rest, at most about so many rows, each standing for more attempts.

        The draw is the same each time. Rows that count several attempts are drawn by the row.
        """
        sound = np.flatnonzero(self.failures == 0)
        if len(sound) <= rows:
            return self
        drawn = np.sort(np.random.default_rng(0).choice(sound, rows, replace=False, shuffle=False))
        weight = self.attempts[sound].sum() / max(self.attempts[drawn].sum(), 1)
        kept = np.concatenate([np.flatnonzero(self.failures), drawn])
        attempts = self.attempts[kept].astype(float)
        attempts[-rows:] *= weight
        return self.only(kept, attempts)

    def only(self, rows: Any, attempts: NDArray[Any] | None = None) -> Counts:
        """These rows alone."""
        return Counts(
            {name: codes[rows] for name, codes in self.codes.items()},
            self.values,
            self.attempts[rows] if attempts is None else attempts,
            self.failures[rows],
            None if self.error is None else self.error[rows],
            self.errors,
        )

    def recoded(self, values: Mapping[str, Sequence[str]]) -> Counts:
        """The same rows in the codes of another window; values it does not have get codes behind its own."""
        codes, merged = {}, {}
        for name in ATTRIBUTES:
            position = {value: code for code, value in enumerate(values[name])}
            table = np.array(
                [position.setdefault(value, len(position)) for value in self.values[name]], np.int32
            )
            codes[name] = table[self.codes[name]] if len(table) else self.codes[name]
            merged[name] = tuple(position)
        return Counts(codes, merged, self.attempts, self.failures, self.error, self.errors)
