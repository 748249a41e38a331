"""What people had agreed to when they were texted, as the ledger knew it at that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from consent import rules
from consent.facts import Door, Facts, policy
from consent.ledger import bare_sender
from consent.models import Hold, Program
from consent.rules import Status
from errors.preflight import Consent
from errors.recipients import MOST_CAREFUL, Said, weighed

AT_ONCE = 2_000  # numbers


class Asked(NamedTuple):
    """A send whose consent is asked for. `place` is the caller's."""

    place: int
    number_id: int
    sender: str
    at: datetime


class Answer(NamedTuple):
    place: int
    consent: Consent
    is_held: bool


class _Known(NamedTuple):
    """A status, and until when it stands if nothing new is heard."""

    records: int
    status: Status
    since: datetime
    until: datetime | None


@dataclass
class Ledger:
    """The ledger asked about the past: only what had reached us before a send counts, as errors.standing has it."""

    door: Door = field(default_factory=Door)

    def __post_init__(self) -> None:
        self._policy = policy()
        self._by_sender: dict[str, list[str]] = defaultdict(list)
        for code, terms in self.door.terms.items():
            if self.door.by_code[code].is_active:
                for sender in terms.senders:
                    self._by_sender[bare_sender(sender)].append(code)

    def answer(self, asked: Sequence[Asked]) -> Iterator[Answer]:
        """One answer for each; a few queries for every AT_ONCE numbers."""
        by_number: dict[int, list[Asked]] = defaultdict(list)
        for one in asked:
            by_number[one.number_id].append(one)
        numbers = sorted(by_number)
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            facts, holds = self.door.load(some), _holds(some)
            for number_id in some:
                yield from self._of_number(by_number[number_id], facts[number_id], holds.get(number_id, []))

    def _of_number(
        self, asked: Sequence[Asked], facts: Facts, holds: Sequence[tuple[int, datetime, datetime | None]]
    ) -> Iterator[Answer]:
        known: dict[str, _Known] = {}
        theirs: list[str] | None = None
        for one in sorted(asked, key=lambda one: one.at):
            codes = self._by_sender.get(bare_sender(one.sender))
            if not codes:
                theirs = theirs if theirs is not None else sorted(facts.programs(self.door.terms.values()))
                codes = theirs
            held = {
                program for program, begun, over in holds if begun <= one.at and (not over or over > one.at)
            }
            said = []
            for code in codes:
                program: Program = self.door.by_code[code]
                said.append(Said(program, self._status(code, facts, one.at, known), program.pk in held))
            consents = [weighed(each) for each in said] or [Consent.NONE]
            yield Answer(one.place, min(consents, key=MOST_CAREFUL.index), any(each.is_held for each in said))

    def _status(self, code: str, facts: Facts, at: datetime, known: dict[str, _Known]) -> Status:
        evidence = facts.about(code)
        if not evidence:
            return Status.NO_CONSENT
        then = [record for record in evidence if record.received_at < at]
        last = known.get(code)
        if last and last.records == len(then) and (last.until is None or at < last.until):
            return last.status
        agreed = rules.agree(self.door.terms[code], then, self._policy, at)
        known[code] = _Known(len(then), agreed.status, at, agreed.recheck_at)
        return agreed.status


def _holds(numbers: Sequence[int]) -> dict[int, list[tuple[int, datetime, datetime | None]]]:
    found: dict[int, list[tuple[int, datetime, datetime | None]]] = defaultdict(list)
    rows = Hold.objects.filter(number__any_of=list(numbers))
    for number_id, program_id, begun, over in rows.values_list(
        "number_id", "program_id", "placed_at", "released_at"
    ):
        found[number_id].append((program_id, begun, over))
    return found
