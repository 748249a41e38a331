"""What the findings over a log come to: per line what it would have prevented and held, and what no rule held.

prevented   sends that failed with a code the line is meant to prevent
failed      sends that failed with another code
delivered   sends that arrived: what the line would have cost
neither     sends without an end; in no share
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np

from errors.effect import Rate
from errors.preflight import Code, Kind, Purpose, Rule, Severity
from errors.replay.claims import CategoryOf, Failure, names, prevents
from errors.replay.judge import (
    CODES_OF_TEXT,
    OF_MARKETING,
    OF_TEXT,
    PURPOSES,
    Held,
    Judge,
    Line,
    Spot,
    is_judged,
)
from errors.replay.sends import NONE, Column, Ended, Sends


class Came(StrEnum):
    """What became of a send that a line has."""

    PREVENTED = "prevented"
    FAILED = "failed"
    DELIVERED = "delivered"
    NEITHER = "neither"


ALL: Final = "*"  # the whole check: what any line stops or warns of


class Scope(NamedTuple):
    """What decides whether a row of the book looks at a send."""

    provider: str
    places: tuple[str, ...]
    has_text: bool
    is_marketing: bool


class Cell(NamedTuple):
    """A count: of what, how it came, and whether it would have been stopped ("error") or warned of ("warn")."""

    key: str
    came: str
    severity: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of the book that say the same of a provider and place, checked on the same day."""

    kind: Kind
    provider: str
    place: str
    prevents: tuple[str, ...]
    last_checked: date

    @property
    def key(self) -> str:
        return "|".join(
            (self.kind, self.provider, self.place, ";".join(self.prevents), str(self.last_checked))
        )

    def looks_at(self, scope: Scope) -> bool:
        return _looks_at(self.kind, self.provider, self.place, scope)


@dataclass(frozen=True, slots=True)
class Missed:
    """A failure that a group of rows is meant to prevent and passed, since the rows were last checked."""

    group: Group
    failure: Failure
    count: int
    first_at: datetime
    last_at: datetime
    example: int


def rule_key(rule: Rule | None) -> str:
    """Which row it is, whatever its value: the same as in RuleBook."""
    return "|".join(rule.about) if rule else ""


def line_key(line: Line) -> str:
    return f"{line.code}|{rule_key(line.rule)}" if line.rule else line.code.value


@dataclass
class Tally:
    """Counts that grow chunk by chunk. Keys are texts, so that they outlive the worker."""

    sends: Counter[str] = field(default_factory=Counter)  # all, settled, failed, with_text, with_consent …
    scopes: Counter[Scope] = field(default_factory=Counter)
    failures: Counter[tuple[Scope, Failure]] = field(default_factory=Counter)
    cells: Counter[Cell] = field(default_factory=Counter)
    caught: Counter[tuple[Failure, str]] = field(default_factory=Counter)  # by severity, "" for none
    last: dict[Failure, tuple[int, int]] = field(default_factory=dict)  # when, which send
    missed: dict[tuple[str, Failure], list[int]] = field(default_factory=dict)  # count, first, last, send

    # --- growing ------------------------------------------------------------------------------------------------

    def add(
        self,
        sends: Sends,
        spots: Column,
        held: Held,
        judge: Judge,
        groups: Sequence[Group],
        category: CategoryOf,
    ) -> dict[Cell, Column]:
        """Count a chunk; the sends (places) behind each count that pages link to."""
        failures: list[Failure] = list(judge.words.failure)
        self._count_sends(sends, spots, judge, failures)
        behind: dict[Cell, Column] = {}
        caught = np.zeros(len(sends), np.int8)  # 1 warned of, 2 stopped, by a line that is meant to
        worst = np.zeros(len(sends), np.int8)  # by any
        for place, rows in held.items():
            line: Line = judge.lines[place]
            grade = 2 if line.severity is Severity.ERROR else 1
            meant = np.array([prevents(line.code, line.rule, one, category) for one in failures] + [False])
            is_meant = meant[sends.failure[rows]]
            caught[rows[is_meant]] = np.maximum(caught[rows[is_meant]], grade)
            worst[rows] = np.maximum(worst[rows], grade)
            self._count_rows(behind, line_key(line), line.severity, sends, rows, is_meant)
        for grade, severity in ((2, Severity.ERROR), (1, Severity.WARN)):
            rows = np.flatnonzero(worst == grade)
            self._count_rows(behind, ALL, severity, sends, rows, caught[rows] > 0)
        self._count_failures(behind, sends, caught, failures)
        self._count_missed(behind, sends, spots, caught, judge, groups, failures)
        return behind

    def _count_sends(self, sends: Sends, spots: Column, judge: Judge, failures: list[Failure]) -> None:
        self.sends["all"] += len(sends)
        self.sends["failed"] += int((sends.ended == Ended.FAILED).sum())
        self.sends["delivered"] += int((sends.ended == Ended.DELIVERED).sum())
        self.sends["with_text"] += int((sends.text != NONE).sum())
        self.sends["with_consent"] += int((sends.consent != NONE).sum())
        has_text, is_marketing = sends.text != NONE, sends.purpose == PURPOSES.index(Purpose.MARKETING)
        key = ((sends.provider * len(judge.spots) + spots) * 2 + has_text) * 2 + is_marketing
        kinds, first, of = np.unique(key, return_index=True, return_inverse=True)
        scopes = [_scope(sends, spots, judge, int(row)) for row in first]
        for scope, count in zip(scopes, np.bincount(of, minlength=len(kinds)).tolist(), strict=True):
            self.scopes[scope] += count
        lost = np.flatnonzero(sends.failure != NONE)
        pairs, counts = np.unique(of[lost] * (len(failures) + 1) + sends.failure[lost], return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            kind, failure = divmod(pair, len(failures) + 1)
            self.failures[scopes[kind], failures[failure]] += count

    def _count_rows(
        self,
        behind: dict[Cell, Column],
        key: str,
        severity: Severity,
        sends: Sends,
        rows: Column,
        is_meant: Column,
    ) -> None:
        ended = sends.ended[rows]
        of = {
            Came.PREVENTED: rows[(ended == Ended.FAILED) & is_meant],
            Came.FAILED: rows[(ended == Ended.FAILED) & ~is_meant],
            Came.DELIVERED: rows[ended == Ended.DELIVERED],
            Came.NEITHER: rows[ended == Ended.NEITHER],
        }
        for came, some in of.items():
            if len(some):
                cell = Cell(key, came.value, severity.value)
                self.cells[cell] += len(some)
                behind[cell] = some

    def _count_failures(
        self, behind: dict[Cell, Column], sends: Sends, caught: Column, failures: list[Failure]
    ) -> None:
        for place in np.unique(sends.failure[sends.failure != NONE]).tolist():
            rows, failure = np.flatnonzero(sends.failure == place), failures[place]
            for grade, name in ((0, ""), (1, "warn"), (2, "error")):
                some = rows[caught[rows] == grade]
                self.caught[failure, name] += len(some)
                if len(some):
                    behind[Cell(failure_key(failure), "caught" if name else "missed", name)] = some
            # Sends come in order: the last row is the latest.
            self.last[failure] = (int(sends.at[rows[-1]]), int(sends.pk[rows[-1]]))

    def _count_missed(
        self,
        behind: dict[Cell, Column],
        sends: Sends,
        spots: Column,
        caught: Column,
        judge: Judge,
        groups: Sequence[Group],
        failures: list[Failure],
    ) -> None:
        """What failed though some rows are meant to prevent it, and nothing that is meant to held it."""
        lost = np.flatnonzero((sends.failure != NONE) & (caught == 0))
        if not len(lost):
            return
        there = np.unique(sends.failure[lost]).tolist()
        scopes: dict[tuple[int, ...], Scope] = {}
        for group in groups:
            wanted = [place for place in there if names(group.prevents, failures[place])]
            rows = lost[
                np.isin(sends.failure[lost], wanted) & (sends.at[lost] >= _midnight(group.last_checked))
            ]
            seen = [
                row for row in rows.tolist() if group.looks_at(_scope_of(scopes, sends, spots, judge, row))
            ]
            for place in np.unique(sends.failure[seen]).tolist() if seen else ():
                some = np.array([row for row in seen if sends.failure[row] == place], np.int64)
                self._miss(group, failures[place], sends, some)
                behind[Cell(stale_key(group.key, failures[place]), "missed", "")] = some

    def _miss(self, group: Group, failure: Failure, sends: Sends, rows: Column) -> None:
        first, last = int(sends.at[rows[0]]), int(sends.at[rows[-1]])
        known = self.missed.setdefault((group.key, failure), [0, first, 0, 0])
        known[0] += len(rows)
        known[2:] = [last, int(sends.pk[rows[-1]])]

    # --- reading ------------------------------------------------------------------------------------------------

    def looked(self, code: Code, rule: Rule | None) -> int:
        """How many sends the line looked at."""
        return sum(count for scope, count in self.scopes.items() if looks_at(code, rule, scope))

    def meant(self, code: Code, rule: Rule | None, category: CategoryOf) -> int:
        """How many of these failed with a code that it is meant to prevent."""
        return sum(
            count
            for (scope, failure), count in self.failures.items()
            if prevents(code, rule, failure, category) and looks_at(code, rule, scope)
        )

    def of(self, key: str, severity: str) -> dict[Came, int]:
        return {came: self.cells[Cell(key, came.value, severity)] for came in Came}

    def stale(self, groups: Sequence[Group]) -> Iterator[Missed]:
        by_key = {group.key: group for group in groups}
        for (key, failure), (count, first, last, example) in self.missed.items():
            yield Missed(by_key[key], failure, count, _moment(first), _moment(last), example)

    # --- keeping ------------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        return {
            "sends": dict(self.sends),
            "scopes": [[*scope, count] for scope, count in self.scopes.items()],
            "failures": [
                [*scope, failure.provider, failure.code, count]
                for (scope, failure), count in self.failures.items()
            ],
            "cells": [[*cell, count] for cell, count in self.cells.items()],
            "caught": [[f.provider, f.code, name, count] for (f, name), count in self.caught.items()],
            "last": [[f.provider, f.code, *when] for f, when in self.last.items()],
            "missed": [[key, f.provider, f.code, *told] for (key, f), told in self.missed.items()],
        }

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> Tally:
        if not kept:
            return Tally()
        return Tally(
            sends=Counter(kept["sends"]),
            scopes=Counter({_read_scope(row): row[4] for row in kept["scopes"]}),
            failures=Counter(
                {(_read_scope(row), Failure(row[4], row[5])): row[6] for row in kept["failures"]}
            ),
            cells=Counter({Cell(*row[:3]): row[3] for row in kept["cells"]}),
            caught=Counter({(Failure(row[0], row[1]), row[2]): row[3] for row in kept["caught"]}),
            last={Failure(row[0], row[1]): (row[2], row[3]) for row in kept["last"]},
            missed={(row[0], Failure(row[1], row[2])): row[3:] for row in kept["missed"]},
        )


def precision(of: Mapping[Came, int]) -> Rate:
    """Of the sends with an end that it would have held: how many failed as it says. Rate.failed counts these."""
    held = of[Came.PREVENTED] + of[Came.FAILED] + of[Came.DELIVERED]
    return Rate(of[Came.PREVENTED], held)


def looks_at(code: Code, rule: Rule | None, scope: Scope) -> bool:
    if rule is None:
        return scope.has_text or not code.startswith(CODES_OF_TEXT)
    return _looks_at(rule.kind, rule.provider, rule.place, scope)


def _looks_at(kind: Kind, provider: str, place: str, scope: Scope) -> bool:
    return (
        provider in ("", scope.provider)
        and (not place or place in scope.places)
        and (scope.has_text or kind not in OF_TEXT)
        and (scope.is_marketing or kind not in OF_MARKETING)
    )


def groups_of(rules: Sequence[Rule]) -> list[Group]:
    """Rows that name codes and that the log can be held against, those alike together, in the order of the rows."""
    named = (
        Group(rule.kind, rule.provider, rule.place, rule.prevents, rule.last_checked)
        for rule in rules
        if rule.prevents and is_judged(rule)
    )
    return list(dict.fromkeys(named))


def failure_key(failure: Failure) -> str:
    return f"failure|{failure.provider}|{failure.code}"


def stale_key(group: str, failure: Failure) -> str:
    return f"stale|{group}|{failure.provider}|{failure.code}"


def _scope(sends: Sends, spots: Column, judge: Judge, row: int) -> Scope:
    spot: Spot = judge.spots[spots[row]]
    return Scope(
        judge.words.provider[sends.provider[row]],
        spot.names,
        bool(sends.text[row] != NONE),
        PURPOSES[sends.purpose[row]] is Purpose.MARKETING,
    )


def _scope_of(
    known: dict[tuple[int, ...], Scope], sends: Sends, spots: Column, judge: Judge, row: int
) -> Scope:
    key = (int(sends.provider[row]), int(spots[row]), int(sends.text[row] != NONE), int(sends.purpose[row]))
    if key not in known:
        known[key] = _scope(sends, spots, judge, row)
    return known[key]


def _read_scope(row: Sequence[Any]) -> Scope:
    return Scope(row[0], tuple(row[1]), row[2], row[3])


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
