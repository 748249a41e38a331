"""Whether somebody had agreed when a text was sent to them: the rules of the ledger, asked about the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from consent import rules
from consent.facts import Door, Facts, policy
from consent.ledger import Act, Evidence, bare_sender
from consent.models import Number, Program
from consent.rules import Agreed, Status

REFUSED = (Status.OPTED_OUT, Status.OPTED_OUT_PRESUMED)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was agreed for one program. `known_then` rests on what had reached us before the text was submitted,
    `in_hindsight` on all we know today about that moment, `now` on today."""

    program: Program
    known_then: Agreed
    in_hindsight: Agreed
    now: Agreed
    words: str  # why, in hindsight

    @property
    def learned_later(self) -> bool:
        """Something that reached us after the sending changes what was agreed at that moment."""
        return self.known_then.status is not self.in_hindsight.status

    @property
    def was_refused(self) -> bool:
        """They had said no by then, whether we knew it or not."""
        return self.in_hindsight.status in REFUSED

    @property
    def was_known_refused(self) -> bool:
        return self.known_then.status in REFUSED


def standing(number: Number, sender: str, at: datetime, now: datetime) -> list[Standing]:
    """For each program that the sender belongs to, else each that the number has to do with. A fixed number of
    queries."""
    door, rated = Door(), policy()
    facts = door.load([number.pk])[number.pk]
    found = []
    for code in _programs(door, facts, sender):
        terms, evidence = door.terms[code], facts.about(code)
        hindsight = [record for record in evidence if _happened_by(record, at)]
        then = [record for record in evidence if record.received_at < at]
        agreed = rules.agree(terms, hindsight, rated, at)
        named = replace(terms, code=door.by_code[code].name)
        found.append(
            Standing(
                program=door.by_code[code],
                known_then=rules.agree(terms, then, rated, at),
                in_hindsight=agreed,
                now=rules.agree(terms, evidence, rated, now),
                words=rules.explain(replace(agreed, findings=()), named, hindsight, []),
            )
        )
    return found


def _programs(door: Door, facts: Facts, sender: str) -> Sequence[str]:
    return sorted(door.by_sender.get(bare_sender(sender)) or facts.programs(door.terms.values()))


def _happened_by(record: Evidence, at: datetime) -> bool:
    """A void counts whenever it was written: it says that something never was."""
    return record.act is Act.VOID or (record.occurred_at or record.received_at) <= at
