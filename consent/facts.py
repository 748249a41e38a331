"""The one door from rows to what the rules weigh.

A record of the ledger is evidence. A reading is what a system believes; where the system is a source of its own
(a CRM), what it says is an assertion as well. A messaging platform only mirrors: what it says weighs as an opt-out
when it knows since when, and never as an opt-in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef

from backoffice.models import ImportBatch, System
from consent.deadlines import TimeAllowed
from consent.entangled import Entangled
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
    bare_sender,
)
from consent.models import (
    ConsentRecord,
    Program,
    Reading,
    SendAfterStop,
    SystemRecord,
    Terms,
    Wording,
    WriteBack,
)
from consent.rules import RULES_VERSION

BELIEVERS = {
    System.Kind.PLATFORM: SystemKind.PLATFORM,
    System.Kind.PROVIDER: SystemKind.PROVIDER,
    System.Kind.CRM: SystemKind.CRM,
}
# Of what one system says at one time, the most protective stands.
PROTECTIVE = ("out", "redacted", "never", "unknown", "pending", "in")
_W = WriteBack.Status
_PROVIDER_VALUES = {"out": Value.BLOCKED, "in": Value.OPEN}


def policy() -> Policy:
    """The organisation's dated settings as the rules take them."""
    chosen: dict[str, Any] = settings.CONSENT_POLICY
    return Policy(
        stop_scope=Scope(chosen["stop_scope"]),
        revoke_all_from=_day(chosen["revoke_all_from"]),
        clock_skew_seconds=chosen["clock_skew_seconds"],
        form_defeats_stop=chosen["form_defeats_stop"],
        founded_on=_day(chosen["company_life_from"]),
        time_allowed=_time_allowed(chosen),
    )


def _time_allowed(chosen: dict[str, Any]) -> TimeAllowed | None:
    if chosen["in_force_within_hours"] is None:
        return None
    return TimeAllowed(
        hours=chosen["in_force_within_hours"],
        business_days=chosen["in_force_within_business_days"],
        calendar=chosen["business_calendar"],
        zone=settings.TIME_ZONE,
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

    def named(self) -> set[str]:
        """The programs that a record or a system names."""
        told = {record.program for record in self.evidence if record.program not in (None, ALL_PROGRAMS)}
        return set(self.assertions) | set(self.beliefs) | {code for code in told if code is not None}

    def programs(self, all_terms: Iterable[ProgramTerms]) -> set[str]:
        """The programs that the number has to do with."""
        found = set(self.assertions) | set(self.beliefs)
        senders = set()
        for record in self.evidence:
            if record.program == ALL_PROGRAMS or record.exempt_answer:
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
        self.wordings = Wording.objects.only("program_id", "kind", "prechecked").in_bulk()

    @cached_property
    def content(self) -> dict[str, str]:
        """What results depend on besides records and readings, by name. What a system does on its own to consent makes
        flags and no status; consent.watch follows it."""
        rules = {"rules": str(RULES_VERSION), "policy": repr(policy())}
        programs = {f"program {pk}": repr(program.terms()) for pk, program in self.programs.items()}
        systems = {f"system {pk}": f"{row.kind} {row.is_active}" for pk, row in self.systems.items()}
        wordings = {
            f"wording {pk}": f"{row.program_id} {row.kind} {row.prechecked}"
            for pk, row in self.wordings.items()
        }
        return rules | programs | systems | wordings

    @cached_property
    def version(self) -> int:
        """The version of the terms read here; Terms.UNKNOWN while nobody has taken them up."""
        return Terms.objects.version_of(self.content)

    @cached_property
    def codes(self) -> dict[int, str]:
        return {pk: program.code for pk, program in self.programs.items()}

    @cached_property
    def senders(self) -> set[str]:
        return {sender for terms in self.terms.values() for sender in terms.senders}

    @cached_property
    def exempt(self) -> set[str]:
        """Senders of exempted informational texts. Nobody knows which text a STOP to one of them answered, where it
        also sends others: it stops everything then too."""
        exempt = [terms.senders for terms in self.terms.values() if terms.exempt_informational]
        return {sender for senders in exempt for sender in senders}

    @cached_property
    def by_sender(self) -> dict[str, set[str]]:
        """Codes of the programs that share a sender."""
        found: dict[str, set[str]] = defaultdict(set)
        for code, terms in self.terms.items():
            for sender in terms.senders:
                found[bare_sender(sender)].add(code)
        return dict(found)

    @cached_property
    def by_slug(self) -> dict[str, System]:
        return {system.slug: system for system in self.systems.values()}

    @cached_property
    def by_code(self) -> dict[str, Program]:
        return {program.code: program for program in self.programs.values()}

    def load(self, number_ids: Sequence[int], entangled: Entangled | None = None) -> dict[int, Facts]:
        """The facts of these numbers, in a fixed number of queries; `entangled` are those among them, if known."""
        facts: dict[int, Facts] = {number_id: Facts() for number_id in number_ids}
        if not facts:
            return facts
        if entangled is None:
            entangled = Entangled.of(number_ids)
        voided = ImportBatch.objects.voided_keys()
        for row in self._records(ConsentRecord.objects.effective(voided).for_numbers(number_ids)):
            facts[row[0]].evidence.append(self.evidence(row))
        links = _links(entangled.linked & facts.keys())
        self._person_level([link for link in links if link.spoke], facts)
        newest: dict[tuple[int, int, int, str], _Said] = {}
        readings = (
            Reading.objects.effective(voided)
            .for_numbers(number_ids)
            .order_by("number_id", "-read_at", "-pk")
            .values_list(*_READING)
        )
        # Plain tuples: making a model object of every row costs more than all the rules.
        for (
            pk,
            number_id,
            program_id,
            system_id,
            ref,
            value,
            claimed_at,
            precision,
            read_at,
            batch_id,
            line,
        ) in readings:
            assertion = self.assertion(pk, program_id, system_id, value, claimed_at, precision, read_at)
            if assertion is not None:
                facts[number_id].assertions[self.codes[program_id]].append(assertion)
            said = _Said(value, read_at, batch_id, line)
            known = newest.setdefault((number_id, program_id, system_id, ref), said)
            if known.read_at == read_at and said.rank < known.rank:
                newest[number_id, program_id, system_id, ref] = said
        carried = {(link.number_id, link.system_id, link.ref) for link in links if link.carried}
        self._beliefs(newest, entangled.written & facts.keys(), carried, facts)
        self._sends(entangled.sent & facts.keys(), facts)
        return facts

    def _records(self, records: Any) -> Iterable[tuple[Any, ...]]:
        rows: Iterable[tuple[Any, ...]] = records.order_by("pk").values_list(*_RECORD)
        return rows

    def evidence_of(self, record: ConsentRecord) -> Evidence:
        """One record, stored or still to be stored, as the rules take it."""
        return self.evidence(tuple(getattr(record, name) for name in _RECORD))

    def evidence(self, row: tuple[Any, ...]) -> Evidence:
        # fmt: off
        (
            _number_id, pk, act, kind, occurred_at, precision, received_at, program_id, for_all, sender, stream,
            sequence, clock, wording_id, wording_note, approved_by_id, voids_id, voids_reading_id, implied_until,
            answers_prompt, has_reference, exempt, clarification, provider_acted, copied, spread,
        ) = row
        # fmt: on
        voids = (f"c{voids_id}",) if voids_id else ()
        return Evidence(
            id=f"c{pk}",
            act=Act(act),
            kind=Kind(kind),
            occurred_at=occurred_at,
            precision=Precision(precision),
            received_at=received_at,
            program=self._program(program_id, for_all, act, sender),
            sender=sender or None,
            stream=stream or None,
            number=sequence,
            clock=clock or None,
            wording=self._wording(wording_id, wording_note, program_id),
            second_approver=approved_by_id is not None,
            voids=(*voids, f"r{voids_reading_id}") if voids_reading_id else voids,
            implied_until=implied_until,
            answers_prompt=answers_prompt,
            has_reference=has_reference,
            exempt_answer=exempt or (act == Act.REVOKE and sender in self.exempt),
            clarification=Clarification(clarification) if clarification else None,
            provider_acted=provider_acted,
            copied_time=copied,
            spread_seconds=spread,
        )

    def _program(self, program_id: int | None, for_all: bool, act: str, sender: str) -> str | None:
        if program_id:
            return self.codes[program_id]
        # A STOP to a sender that no program claims must not fall between the programs: it reaches them all.
        homeless = act in _HEARD_BY_SENDER and sender not in self.senders
        return ALL_PROGRAMS if for_all or homeless else None

    def _wording(self, wording_id: int | None, note: str, program_id: int | None) -> WordingState:
        wording = self.wordings.get(wording_id) if wording_id else None
        if wording is None:
            return WordingState.UNKNOWN if note else WordingState.KNOWN
        if wording.kind != Wording.Kind.OPT_IN:
            return WordingState.UNKNOWN  # an answer to HELP, say: nobody agrees to anything with it
        if wording.program_id != program_id:
            return WordingState.OTHER_PROGRAM
        return WordingState.PRECHECKED if wording.prechecked else WordingState.KNOWN

    def assertion(
        self,
        pk: int,
        program_id: int,
        system_id: int,
        value: str,
        claimed_at: datetime | None,
        precision: str,
        read_at: datetime,
    ) -> Evidence | None:
        """What the system claims by a reading, where a claim of this system weighs anything."""
        kind = self.systems[system_id].kind
        is_source = kind == System.Kind.CRM
        if value == "out" and (is_source or (kind == System.Kind.PLATFORM and claimed_at is not None)):
            act = Act.ASSERT_OUT
        elif value == "in" and is_source:
            act = Act.ASSERT_IN
        else:
            return None
        return Evidence(
            id=f"r{pk}",
            act=act,
            kind=Kind.IMPORT,
            occurred_at=claimed_at,
            precision=Precision(precision),
            received_at=read_at,
            program=self.codes[program_id],
        )

    def belief(self, system: System, value: str, *, ref: str = "", read_at: datetime) -> Belief | None:
        """What one record of the system says now; None where what this system says is no belief of its own."""
        kind = BELIEVERS.get(System.Kind(system.kind))
        if kind is None or not system.is_active:
            return None
        is_provider = kind is SystemKind.PROVIDER
        return Belief(
            system=system.slug,
            kind=kind,
            value=_PROVIDER_VALUES.get(value, Value.UNKNOWN) if is_provider else Value(value),
            record=ref,
            read_at=read_at,
            overwrites_on_sync=system.overwrites_on_sync,
            subscribes_by_default=system.subscribes_by_default,
        )

    def _person_level(self, links: Sequence[_Link], facts: dict[int, Facts]) -> None:
        """What a person said for all their lines counts for each number their contact is known by."""
        if not links:
            return
        known_by: dict[int, set[int]] = defaultdict(set)
        for link in links:
            known_by[link.contact_id].add(link.number_id)
        records = ConsentRecord.objects.effective().filter(contact_id__in=list(known_by))
        whose = dict(records.values_list("pk", "contact_id"))
        for row in self._records(records):
            for number_id in known_by[whose[row[1]]]:
                if row[0] != number_id:
                    facts[number_id].evidence.append(self.evidence(row))

    def _beliefs(
        self,
        newest: dict[tuple[int, int, int, str], _Said],
        written: Collection[int],
        carried: set[tuple[int, int, str]],
        facts: dict[int, Facts],
    ) -> None:
        corrected = _corrections(written)
        for key, said in newest.items():
            number_id, program_id, system_id, ref = key
            belief = self.belief(self.systems[system_id], said.value, ref=ref, read_at=said.read_at)
            if belief is None:
                continue
            if (number_id, system_id, ref) in carried:
                belief = replace(belief, carried_from_other_number=True)
            correction = corrected.get(key)
            if correction is not None:
                belief = replace(
                    belief,
                    corrected_value=Value(correction.value),
                    corrected_at=correction.at,
                    arrived=correction.arrived,
                    watch_over_at=correction.watch_over_at,
                    batch=said.batch_id,
                    line=said.line,
                )
            facts[number_id].beliefs[self.codes[program_id]].append(belief)

    def _sends(self, number_ids: Collection[int], facts: dict[int, Facts]) -> None:
        """Messages that went out after a revocation, to the programs whose sender they left from. One that left from
        a sender nobody assigned counts for the programs that the number is known to, by name; it must not get lost."""
        if not number_ids:
            return
        rows = SendAfterStop.objects.for_numbers(number_ids).order_by("number_id", "sent_at", "pk")
        for send in rows:
            about = facts[send.number_id]
            concerned = about.programs(self.terms.values())
            pool = self.by_sender.get(bare_sender(send.sender)) or about.named() or set(sorted(concerned)[:1])
            belief = Belief(
                system=send.provider,
                kind=SystemKind.SEND,
                value=Value.SENT,
                record=send.message_ref,
                read_at=send.sent_at,
                is_confirmation=send.is_confirmation,
                has_marketing=send.has_marketing,
                sender=send.sender,
                went_through=send.went_through,
            )
            for code in sorted(concerned & pool):
                about.beliefs[code].append(belief)


_HEARD_BY_SENDER = (Act.REVOKE, Act.ASSERT_NONE)


class _Said(NamedTuple):
    value: str
    read_at: datetime
    batch_id: int | None
    line: int | None

    @property
    def rank(self) -> int:
        return PROTECTIVE.index(self.value)


_RECORD = (
    *(
        "number_id",
        "pk",
        "act",
        "kind",
        "occurred_at",
        "precision",
        "received_at",
        "program_id",
        "for_all_programs",
    ),
    *("sender", "stream", "sequence", "clock", "wording_id", "wording_note", "approved_by_id", "voids_id"),
    *(
        "voids_reading_id",
        "implied_until",
        "answers_prompt",
        "has_reference",
        "exempt_answer",
        "clarification",
    ),
    *("provider_acted", "copied_time", "spread_seconds"),
)
_READING = (
    *(
        "pk",
        "number_id",
        "program_id",
        "system_id",
        "ref",
        "value",
        "claimed_at",
        "claimed_precision",
        "read_at",
        "batch_id",
        "line",
    ),
)


class _Correction(NamedTuple):
    """The last value that one record of a system was given."""

    value: str
    at: datetime
    arrived: bool
    watch_over_at: datetime | None


# Whatever such a one reads as, it did not fail to stay: it waits for a person, or is not wanted any more.
_UNWATCHED = (_W.PENDING, _W.PARKED, _W.SUPERSEDED, _W.CANCELLED)


def _corrections(number_ids: Collection[int]) -> dict[tuple[int, int, int, str], _Correction]:
    """What each system's record may have taken last, or had changed there meanwhile. Once it was read back as right,
    the value is the one that the system itself shows for it: a column of yes and no says "out" as "no"."""
    if not number_ids:
        return {}
    rows = (
        WriteBack.objects.filter(number_id__any_of=list(number_ids))
        .may_have_arrived()
        .values_list(
            *("number_id", "program_id", "system_id", "ref", "value", "since"),
            *("status", "reading__value", "arrived_at", "watch_over_at"),
        )
    )
    found = {}
    for number_id, program_id, system_id, ref, value, since, status, shown, arrived_at, over_at in rows:
        found[number_id, program_id, system_id, ref] = _Correction(
            shown if status == _W.VERIFIED and shown else value,
            since,
            arrived_at is not None,
            since if status in _UNWATCHED else over_at,
        )
    return found


class _Link(NamedTuple):
    """A system's record of a number, through which more is known than was said of the number itself."""

    number_id: int
    contact_id: int
    system_id: int
    ref: str
    spoke: bool  # its contact spoke for all their lines
    carried: bool  # its number was changed, and the old one has a history of its own


def _links(number_ids: Collection[int]) -> list[_Link]:
    if not number_ids:
        return []
    spoke = Exists(ConsentRecord.objects.filter(contact=OuterRef("contact")))
    carried = Exists(ConsentRecord.objects.filter(number=OuterRef("previous_number")))
    rows = SystemRecord.objects.filter(spoke | carried, number_id__any_of=list(number_ids))
    return [
        _Link(*row) for row in rows.values_list("number_id", "contact_id", "system_id", "ref", spoke, carried)
    ]
