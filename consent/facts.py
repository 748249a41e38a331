"""The one door from rows to what the rules weigh.

A record of the ledger is evidence. A reading is what a system believes; where the system is a source of its own
(a CRM), what it says is an assertion as well. A messaging platform only mirrors: what it says weighs as an opt-out
when it knows since when, and never as an opt-in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.conf import settings

from backoffice.models import System
from consent.ledger import (
    ALL_PROGRAMS,
    Act,
    Belief,
    Clarification,
    Evidence,
    Kind,
    Policy,
    Precision,
    ProgramTerms,
    Scope,
    SystemKind,
    Value,
    WordingState,
)
from consent.models import ConsentRecord, Program, Reading, SystemRecord, Wording, WriteBack

BELIEVERS = {
    System.Kind.PLATFORM: SystemKind.PLATFORM,
    System.Kind.PROVIDER: SystemKind.PROVIDER,
    System.Kind.CRM: SystemKind.CRM,
}
# Of what one system says at one time, the most protective stands.
PROTECTIVE = ("out", "redacted", "never", "unknown", "pending", "in")
_PROVIDER_VALUES = {"out": Value.BLOCKED, "in": Value.OPEN}


def policy() -> Policy:
    """The organisation's dated settings as the rules take them."""
    chosen = settings.CONSENT_POLICY
    return Policy(
        stop_scope=Scope(chosen["stop_scope"]),
        revoke_all_from=_day(chosen["revoke_all_from"]),
        clock_skew_seconds=chosen["clock_skew_seconds"],
        form_defeats_stop=chosen["form_defeats_stop"],
        founded_on=_day(chosen["company_life_from"]),
    )


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


@dataclass
class Facts:
    """Everything known about one number: evidence by program code (None: for several), beliefs by program code."""

    evidence: list[Evidence] = field(default_factory=list)
    assertions: dict[str, list[Evidence]] = field(default_factory=lambda: defaultdict(list))
    beliefs: dict[str, list[Belief]] = field(default_factory=lambda: defaultdict(list))

    def about(self, program: str) -> list[Evidence]:
        return [*self.evidence, *self.assertions.get(program, ())]

    def programs(self, all_terms: Iterable[ProgramTerms]) -> set[str]:
        """The programs that the number has to do with."""
        found = set(self.assertions) | set(self.beliefs)
        senders = set()
        for record in self.evidence:
            if record.program == ALL_PROGRAMS:
                return {terms.code for terms in all_terms}
            if record.program is not None:
                found.add(record.program)
            elif record.sender is not None:
                senders.add(record.sender)
            elif record.act is Act.BOUNDARY:
                continue
        return found | {terms.code for terms in all_terms if senders & set(terms.senders)}


@dataclass
class Door:
    """The small tables, read once per run."""

    programs: dict[int, Program] = field(init=False)
    terms: dict[str, ProgramTerms] = field(init=False)
    systems: dict[int, System] = field(init=False)
    wordings: dict[int, Wording] = field(init=False)

    def __post_init__(self) -> None:
        self.programs = {p.pk: p for p in Program.objects.prefetch_related("senders")}
        self.terms = {program.code: program.terms() for program in self.programs.values()}
        self.systems = System.objects.in_bulk()
        self.wordings = Wording.objects.in_bulk()

    @cached_property
    def senders(self) -> set[str]:
        return {sender for terms in self.terms.values() for sender in terms.senders}

    @cached_property
    def by_slug(self) -> dict[str, System]:
        return {system.slug: system for system in self.systems.values()}

    @cached_property
    def by_code(self) -> dict[str, Program]:
        return {program.code: program for program in self.programs.values()}

    def load(self, number_ids: Sequence[int]) -> dict[int, Facts]:
        """The facts of these numbers, in a fixed number of queries."""
        facts: dict[int, Facts] = {number_id: Facts() for number_id in number_ids}
        for record in ConsentRecord.objects.effective().for_numbers(number_ids).order_by("pk").iterator():
            facts[record.number_id].evidence.append(self.evidence(record))
        self._person_level(number_ids, facts)
        readings = Reading.objects.effective().for_numbers(number_ids).order_by("number_id", "-read_at", "-pk")
        newest: dict[tuple[int, int, int, str], Reading] = {}
        for reading in readings.iterator():
            assertion = self.assertion(reading)
            if assertion is not None:
                facts[reading.number_id].assertions[self.programs[reading.program_id].code].append(assertion)
            key = (reading.number_id, reading.program_id, reading.system_id, reading.ref)
            known = newest.setdefault(key, reading)
            if known.read_at == reading.read_at and _rank(reading) < _rank(known):
                newest[key] = reading
        self._beliefs(newest, number_ids, facts)
        return facts

    def evidence(self, record: ConsentRecord) -> Evidence:
        return Evidence(
            id=f"c{record.pk}",
            act=Act(record.act),
            kind=Kind(record.kind),
            occurred_at=record.occurred_at,
            precision=Precision(record.precision),
            received_at=record.received_at,
            program=self._program(record),
            sender=record.sender or None,
            stream=record.stream or None,
            number=record.sequence,
            clock=record.clock or None,
            wording=self._wording(record),
            second_approver=record.approved_by_id is not None,
            voids=tuple(
                filter(
                    None,
                    [
                        record.voids_id and f"c{record.voids_id}",
                        record.voids_reading_id and f"r{record.voids_reading_id}",
                    ],
                )
            ),
            implied_until=record.implied_until,
            answers_prompt=record.answers_prompt,
            has_reference=record.has_reference,
            exempt_answer=record.exempt_answer,
            clarification=Clarification(record.clarification) if record.clarification else None,
            provider_acted=record.provider_acted,
            copied_time=record.copied_time,
            spread_seconds=record.spread_seconds,
        )

    def _program(self, record: ConsentRecord) -> str | None:
        if record.program_id:
            return self.programs[record.program_id].code
        # A STOP to a sender that no program claims must not fall between the programs: it reaches them all.
        homeless = record.act == Act.REVOKE and record.sender not in self.senders
        return ALL_PROGRAMS if record.for_all_programs or homeless else None

    def _wording(self, record: ConsentRecord) -> WordingState:
        wording = self.wordings.get(record.wording_id) if record.wording_id else None
        if wording is None:
            return WordingState.UNKNOWN if record.wording_note else WordingState.KNOWN
        if wording.program_id != record.program_id:
            return WordingState.OTHER_PROGRAM
        return WordingState.PRECHECKED if wording.prechecked else WordingState.KNOWN

    def assertion(self, reading: Reading) -> Evidence | None:
        """What the system claims by this reading, where a claim of this system weighs anything."""
        kind = self.systems[reading.system_id].kind
        is_source = kind == System.Kind.CRM
        knows_since_when = kind == System.Kind.PLATFORM and reading.claimed_at is not None
        if reading.value == "out" and (is_source or knows_since_when):
            act = Act.ASSERT_OUT
        elif reading.value == "in" and is_source:
            act = Act.ASSERT_IN
        else:
            return None
        return Evidence(
            id=f"r{reading.pk}",
            act=act,
            kind=Kind.IMPORT,
            occurred_at=reading.claimed_at,
            precision=Precision(reading.claimed_precision),
            received_at=reading.read_at,
            program=self.programs[reading.program_id].code,
        )

    def _person_level(self, number_ids: Sequence[int], facts: dict[int, Facts]) -> None:
        """What a person said for all their lines counts for each number their contact is known by."""
        links: dict[int, set[int]] = defaultdict(set)
        rows = SystemRecord.objects.filter(number_id__in=number_ids, contact__consent_records__isnull=False)
        for contact_id, number_id in rows.values_list("contact_id", "number_id").distinct():
            links[contact_id].add(number_id)
        if not links:
            return
        records = ConsentRecord.objects.effective().filter(contact_id__in=list(links)).order_by("pk")
        for record in records:
            for number_id in links[record.contact_id]:
                if record.number_id != number_id:
                    facts[number_id].evidence.append(self.evidence(record))

    def _beliefs(
        self, newest: dict[tuple[int, int, int, str], Reading], number_ids: Sequence[int], facts: dict[int, Facts]
    ) -> None:
        corrected = _corrections(number_ids)
        carried = _carried(number_ids)
        for key, reading in newest.items():
            number_id, program_id, system_id, ref = key
            system = self.systems[system_id]
            kind = BELIEVERS.get(System.Kind(system.kind))
            if kind is None or not system.is_active:
                continue
            value = Value(reading.value)
            belief = Belief(
                system=system.slug,
                kind=kind,
                value=_PROVIDER_VALUES.get(reading.value, Value.UNKNOWN) if kind is SystemKind.PROVIDER else value,
                record=ref,
                read_at=reading.read_at,
                text="",
                overwrites_on_sync=system.overwrites_on_sync,
                subscribes_by_default=system.subscribes_by_default,
                carried_from_other_number=(number_id, system_id, ref) in carried,
            )
            correction = corrected.get(key)
            if correction is not None:
                sent_as, sent_at = correction
                belief = replace(belief, corrected_value=Value(sent_as), corrected_at=sent_at)
            facts[number_id].beliefs[self.programs[program_id].code].append(belief)


def _rank(reading: Reading) -> int:
    return PROTECTIVE.index(reading.value)


def _corrections(number_ids: Sequence[int]) -> dict[tuple[int, int, int, str], tuple[str, datetime]]:
    """The last value that was handed over to each system's record, and when. Once it was read back as right, the
    value is the one that the system itself shows for it: a column of yes and no says "out" as "no"."""
    rows = (
        WriteBack.objects.filter(number_id__in=number_ids, sent_at__isnull=False)
        .exclude(status__in=[WriteBack.Status.CANCELLED, WriteBack.Status.PARKED])
        .order_by("pk")
        .values_list("number_id", "program_id", "system_id", "ref", "value", "sent_at", "status", "reading__value")
    )
    found: dict[tuple[int, int, int, str], tuple[str, Any]] = {}
    for number_id, program_id, system_id, ref, value, sent_at, status, shown in rows:
        arrived = status == WriteBack.Status.VERIFIED and shown
        found[number_id, program_id, system_id, ref] = (shown if arrived else value, sent_at)
    return found


def _carried(number_ids: Sequence[int]) -> set[tuple[int, int, str]]:
    """Records whose number was changed while the contact's old number has a history of its own."""
    rows = SystemRecord.objects.filter(
        number_id__in=number_ids, previous_number__consent_records__isnull=False
    ).values_list("number_id", "system_id", "ref")
    return set(rows.distinct())
