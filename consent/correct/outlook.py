"""What follows from a decision: the agreed status after it, and what is written where. Asked before, done
after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User

from consent import propagate, rules
from consent.correct.choice import Choice, Subject, details_of
from consent.correct.lines import lines_of_choice, same_question
from consent.correct.records import drafts
from consent.facts import Door, policy
from consent.judgements import PUT_ASIDE
from consent.ledger import Evidence
from consent.models import AgreedStatus, ConsentRecord, Correction, Flag, Number, Program
from consent.propagate import Step
from consent.rules import Status

Pair = tuple[int, int]  # number, program


class Outlook(NamedTuple):
    """What a decision would do: shown before, and exactly what is done."""

    steps: list[Step]
    before: Mapping[Pair, Status]
    after: Mapping[Pair, Status]

    @property
    def changes(self) -> list[Pair]:
        """The numbers and programs whose agreed status would be another one."""
        return sorted(
            pair for pair, status in self.after.items() if self.before.get(pair) not in {None, status}
        )

    @property
    def permits(self) -> bool:
        return any(step.value == propagate.IN for step in self.steps)


def outlook(subject: Subject, choice: Choice, *, by: User, now: datetime) -> Outlook:
    """What `decide` (and, where needed, `approve`) would do with the facts of this moment. Writes nothing."""
    if subject.number is None or choice.decision in PUT_ASIDE:
        return Outlook([], {}, {})
    lines = lines_of_choice(subject, choice)
    before = statuses(lines)
    correction = Correction(
        number=subject.number,
        program=subject.program,
        decision=choice.decision,
        details=details_of(choice),
        decided_by=by,
        second_by=by if choice.needs_two else None,
        proof_link=choice.proof_link,
    )
    after = _statuses_with(drafts(correction, now), lines, before, now)
    same = pairs_of(same_question(subject.flag)) if choice.decision not in PUT_ASIDE else set()
    return Outlook(steps_of(correction, lines, before, after, same), before, after)


def statuses(lines: Sequence[int]) -> dict[Pair, Status]:
    agreed = AgreedStatus.objects.filter(number__in=lines).values_list("number", "program", "status")
    return {(number_id, program_id): Status(status) for number_id, program_id, status in agreed}


def _statuses_with(
    added: Sequence[ConsentRecord], lines: Sequence[int], before: Mapping[Pair, Status], now: datetime
) -> dict[Pair, Status]:
    """What the rules would say with these records on the ledger as well."""
    after = dict(before)
    if not added:
        return after
    door, rated = Door(), policy()
    extra = [door.evidence_of(record) for record in added]
    # Records that are not saved share the name of no row.
    extra = [_renamed(record, place) for place, record in enumerate(extra)]
    for number_id, known in door.load(lines).items():
        known.evidence.extend(extra)
        codes = known.programs(door.terms.values())
        codes |= {door.programs[program].code for number, program in before if number == number_id}
        for code in codes:
            agreed = rules.agree(door.terms[code], known.about(code), rated, now)
            after[number_id, door.by_code[code].pk] = agreed.status
    return after


def _renamed(evidence: Evidence, place: int) -> Evidence:
    values = {name: getattr(evidence, name) for name in evidence.__slots__}
    return Evidence(**{**values, "id": f"new{place}"})


def steps_of(
    correction: Correction,
    lines: Sequence[int],
    before: Mapping[Pair, Status],
    after: Mapping[Pair, Status],
    also: Set[Pair],
) -> list[Step]:
    """What has to be written because of the decision: where it changed the status, and what it is about."""
    assert correction.number_id is not None
    assert correction.program_id is not None
    pairs = {pair for pair in after if pair[0] in lines and before.get(pair) != after[pair]}
    pairs |= {(correction.number_id, correction.program_id), *also}
    if correction.details.get("for_all_programs"):
        pairs |= {pair for pair, status in after.items() if pair[0] in lines and status.is_out}
    numbers = Number.objects.filter(pk__in={number for number, _ in pairs}).order_by("pk")
    programs = Program.objects.filter(pk__in={program for _, program in pairs}).order_by("pk")
    steps = propagate.preview_all(
        list(numbers),
        list(programs),
        lambda number, program: after.get((number, program), Status.NO_CONSENT),
    )
    return [step for step in steps if (step.number.pk, step.program.pk) in pairs]


def pairs_of(flags: Iterable[Flag]) -> set[Pair]:
    return {(flag.number_id, flag.program_id) for flag in flags if flag.number_id and flag.program_id}
