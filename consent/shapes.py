"""From shapes back to facts: what a record or a reading says, told from the text that consent.postgres makes of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

from consent.facts import Door, Facts
from consent.ledger import Act, Belief, Evidence, Precision

Value = TypeVar("Value")


class Said(NamedTuple):
    """What a reading's shape says, beside being the system's belief."""

    act: Act | None
    is_rough: bool


class Shapes:
    """By shape, each worked out when it is first asked for: there are few."""

    def __init__(self, door: Door, now: datetime) -> None:
        self.door, self.now = door, now
        self.said = _Known(self._said)
        self.evidence = _Known(self._evidence)
        self.beliefs = _Known(self._belief)
        # The program about which a reading is a belief of the system's own.
        self.believed = _Known(self._believed)
        # The programs that a number has to do with because of one such record.
        self.programs = _Known(self._programs)

    def _said(self, shape: str) -> Said:
        program_id, system_id, value, claimed = _fields(shape)
        at = None if claimed == "never" else self.now
        assertion = self.door.assertion(
            0, int(program_id), int(system_id), value, at, Precision.SECOND, self.now
        )
        if assertion is None:
            return Said(None, False)
        self.evidence[shape] = assertion
        # An "in" proves nothing, whenever it is said.
        return Said(assertion.act, assertion.act is Act.ASSERT_OUT and claimed == "roughly")

    def _evidence(self, shape: str) -> Evidence:
        # fmt: off
        (
            act, kind, program_id, for_all, sender, wording_id, note, approved, answers, reference, exempt,
            clarification, acted, is_timeless,
        ) = _fields(shape)
        return self.door.evidence((
            0, 0, act, kind, None if is_timeless == "t" else self.now, Precision.SECOND, self.now,
            _number(program_id), for_all == "t", sender, "", None, "", _number(wording_id), note, _number(approved),
            None, None, None, _truth(answers), reference == "t", exempt == "t", clarification, _truth(acted),
            False, 0,
        ))
        # fmt: on

    def _belief(self, shape: str) -> Belief | None:
        _, system_id, value, _ = _fields(shape)
        return self.door.belief(self.door.systems[int(system_id)], value, read_at=self.now)

    def _believed(self, shape: str) -> str | None:
        return self.door.codes[int(_fields(shape)[0])] if self.beliefs[shape] is not None else None

    def _programs(self, shape: str) -> set[str]:
        facts, evidence = Facts(), self.evidence[shape]
        if shape in self.said:
            assert evidence.program is not None
            facts.assertions[evidence.program].append(evidence)
        else:
            facts.evidence.append(evidence)
        return facts.programs(self.door.terms.values())


class _Known(dict[str, Value]):
    """What was read once, and how to read what was not."""

    def __init__(self, read: Callable[[str], Value]) -> None:
        self.read = read

    def __missing__(self, shape: str) -> Value:
        value = self[shape] = self.read(shape)
        return value


def _fields(shape: str) -> list[str]:
    """The columns of a row as PostgreSQL writes it."""
    return next(csv.reader([shape[1:-1].replace("\\\\", "\\")]))


def _number(text: str) -> int | None:
    return int(text) if text else None


def _truth(text: str) -> bool | None:
    return {"t": True, "f": False}.get(text)
