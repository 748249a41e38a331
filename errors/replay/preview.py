"""A look before a rule is saved: the change against the latest sends, for as long as a page may take.

Only the part of the check that the change touches is run, by the rules as they are and as they would be, over the same
sends, the newest day first. What was not reached is said.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.utils import timezone

from backoffice.patience import TookTooLong, at_most
from errors.effect import Rate
from errors.preflight import Rule, RuleBook, Severity
from errors.replay.change import Change
from errors.replay.claims import Failure, prevents
from errors.replay.judge import Judge, Line, parts_of
from errors.replay.read import Log, category_of
from errors.replay.sends import NONE, Column, Ended, Sends

DAYS: Final = 14
SECONDS: Final = 4.0
CHUNK: Final = 2_000
MOST_EXAMPLES: Final = 5
HOUR: Final = timedelta(hours=1)
NOTHING: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Effect:
    """Sends that a book holds and another does not, by what became of them."""

    stopped: int = 0
    warned: int = 0
    prevented: int = 0  # failures that the finding is meant to prevent
    failed: int = 0
    delivered: int = 0

    def __add__(self, other: Effect) -> Effect:
        return Effect(
            *(self.stopped + other.stopped, self.warned + other.warned, self.prevented + other.prevented),
            *(self.failed + other.failed, self.delivered + other.delivered),
        )

    @property
    def held(self) -> int:
        return self.stopped + self.warned

    @property
    def precision(self) -> Rate:
        return Rate(self.prevented, self.prevented + self.failed + self.delivered)


@dataclass(frozen=True, slots=True)
class Preview:
    """A change against the sends since `since`: `looked` of them, `with_text` with their text.

    `gained`: sends that would be held and are not; `lost`: those that are and would not be; `itself`: all that the
    row would hold as it would be."""

    change: str
    days: int
    looked: int
    with_text: int
    since: datetime | None
    is_whole: bool  # every send of these days was looked at
    gained: Effect
    lost: Effect
    itself: Effect
    examples: Sequence[int] = ()  # sends that would be judged otherwise

    @property
    def words(self) -> str:
        """What it covers."""
        if not self.looked:
            return f"Nothing was sent in the last {self.days} days: there is nothing to try the change on."
        assert self.since is not None
        reach = "All" if self.is_whole else "The newest"
        text = (
            "" if self.with_text == self.looked else f"; the text of {self.with_text:,} of them is still kept"
        )
        return f"{reach} {self.looked:,} sends since {self.since:%-d %b %Y, %H:%M} UTC were looked at{text}."

    @property
    def changes_nothing(self) -> bool:
        return not (self.gained.held or self.lost.held)


def preview(
    rules: Iterable[Rule], change: Change, *, now: datetime, days: int = DAYS, seconds: float = SECONDS
) -> Preview:
    """Reads only. The rules are those in force; the change is applied to them. Raises NoChange or BadRule where a book
    cannot be made of it."""
    rules, deadline = list(rules), time.monotonic() + seconds
    start, day = now - timedelta(days=days), timezone.localdate(now)
    parts = parts_of(change.kinds)
    log = Log(start, now, with_consent=False, chunk=CHUNK)
    books = (RuleBook(rules, on=day), RuleBook(change.applied(rules), on=day))
    look = _Look(*(Judge(book, log.words, parts=parts) for book in books), itself=change.now)
    since, is_whole = None, True
    for begin, end in _stretches(start, now):
        log.starts_at, log.ends_at = begin, end
        try:
            with at_most(max(0.1, deadline - time.monotonic())):
                for sends, _, _ in log.chunks():
                    look.add(sends)
                    since = begin
                    if time.monotonic() > deadline:
                        raise TookTooLong("The rest of these days was not looked at.")
        except TookTooLong:
            is_whole = False
            break
    return Preview(
        change=change.words,
        days=days,
        looked=look.looked,
        with_text=look.with_text,
        since=since,
        is_whole=is_whole,
        gained=look.gained,
        lost=look.lost,
        itself=look.itself,
        examples=look.examples[:MOST_EXAMPLES],
    )


class _Look:
    """Two books at work on the same sends."""

    def __init__(self, before: Judge, after: Judge, *, itself: Rule | None) -> None:
        self._before, self._after, self._rule = before, after, itself
        self._category = category_of()
        self.looked = self.with_text = 0
        self.gained = self.lost = self.itself = Effect()
        self.examples: list[int] = []

    def add(self, sends: Sends) -> None:
        self.looked += len(sends)
        self.with_text += int((sends.text != NONE).sum())
        before, after = (_found(judge, sends) for judge in (self._before, self._after))
        gained, lost = _without(after, before), _without(before, after)
        self.gained += self._effect(sends, gained)
        self.lost += self._effect(sends, lost)
        itself = {line: rows for line, rows in after.items() if line.rule == self._rule and self._rule}
        self.itself += self._effect(sends, itself)
        differs = [sends.pk[rows] for rows in (*gained.values(), *lost.values())]
        if differs and len(self.examples) < MOST_EXAMPLES:
            self.examples += np.unique(np.concatenate(differs))[::-1][:MOST_EXAMPLES].tolist()

    def _effect(self, sends: Sends, found: Mapping[Line, Column]) -> Effect:
        failures: list[Failure] = list(self._before.words.failure)
        grade, meant = np.zeros(len(sends), np.int8), np.zeros(len(sends), bool)
        for line, rows in found.items():
            grade[rows] = np.maximum(grade[rows], 2 if line.severity is Severity.ERROR else 1)
            named = [prevents(line.code, line.rule, one, self._category) for one in failures]
            meant[rows] |= np.array([*named, False])[sends.failure[rows]]
        held, ended = grade > 0, sends.ended
        return Effect(
            stopped=int((grade == 2).sum()),
            warned=int((grade == 1).sum()),
            prevented=int((held & meant & (ended == Ended.FAILED)).sum()),
            failed=int((held & ~meant & (ended == Ended.FAILED)).sum()),
            delivered=int((held & (ended == Ended.DELIVERED)).sum()),
        )


def _found(judge: Judge, sends: Sends) -> dict[Line, Column]:
    held = judge.judge(sends, judge.spots_of(sends))
    return {judge.lines[place]: rows for place, rows in held.items()}


def _without(some: Mapping[Line, Column], others: Mapping[Line, Column]) -> dict[Line, Column]:
    """The findings that the other book does not have of the same send. Which row says it does not matter."""
    known: dict[tuple[str, str], Column] = {}
    for line, rows in others.items():
        key = (line.code, line.severity)
        known[key] = rows if key not in known else np.union1d(known[key], rows)
    new = {
        line: np.setdiff1d(rows, known.get((line.code, line.severity), NOTHING))
        for line, rows in some.items()
    }
    return {line: rows for line, rows in new.items() if len(rows)}


def _stretches(start: datetime, now: datetime) -> list[tuple[datetime, datetime]]:
    """The newest hours first, then days: a short look sees what is being sent now."""
    edges = [now, *(now - n * HOUR for n in (1, 3, 6, 12, 24))]
    while edges[-1] > start:
        edges.append(max(start, edges[-1] - timedelta(days=1)))
    return [(begin, end) for end, begin in itertools.pairwise(edges)]
