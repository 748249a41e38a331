"""What a page shows of a number: the ledger and the readings on one line of time, and every system's belief."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from backoffice.models import System, WebhookCall
from consent import propagate, registry, rules
from consent.facts import Door, policy
from consent.ledger import Act
from consent.models import (
    AgreedStatus,
    ConsentRecord,
    Contact,
    Number,
    Program,
    Reading,
    SystemRecord,
    WriteBack,
)
from consent.registry import Behind
from consent.rules import Agreed, Status
from consent.titles import title_of

SHOWN = 60  # of each track; the contact page shows the rest

VALUES = {
    "in": "opted in",
    "out": "opted out",
    "never": "never opted in",
    "pending": "waiting for confirmation",
    "redacted": "erased",
    "unknown": "nothing either way",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One entry on the line of time. `id` is "c12" or "r34": its anchor, and its name everywhere else."""

    id: str
    at: datetime
    title: str
    record: ConsentRecord | None = None
    reading: Reading | None = None
    decides: bool = False
    conflicts: bool = False  # the flag rests on it
    call: int | None = None  # of a provider, that it was heard by
    behind: Behind | None = None  # the text a grant rests on, or seems to by its date
    voided: bool = False  # its file does not count any more, or two people set it aside

    @property
    def says(self) -> str:
        """What a reading means, in words."""
        return VALUES.get(self.reading.value, self.reading.value) if self.reading else ""

    @property
    def is_rough(self) -> bool:
        return self.record is not None and (
            self.record.occurred_at is None or self.record.precision != "second"
        )


def timeline(
    number: Number,
    program: Program | None = None,
    *,
    deciding: Iterable[str] = (),
    conflicting: Iterable[str] = (),
    limit: int | None = SHOWN,
) -> list[Item]:
    """Everything known of the number, newest first; with `program` without readings of other programs."""
    decides, conflicts = set(deciding), set(conflicting)
    readings = Reading.objects.filter(number=number).select_related("system", "program", "batch")
    if program is not None:
        readings = readings.filter(program=program)
    listed = _records(number, limit)
    set_aside = {
        name
        for void in listed
        if void.act == Act.VOID and void.approved_by_id is not None
        for name in (f"c{void.voids_id}", f"r{void.voids_reading_id}")
    }
    texts = registry.behind(listed)
    calls = _calls(listed)
    items = [
        *(
            _of_record(row, decides, conflicts, set_aside, texts.get(row.pk), calls.get(row.pk))
            for row in listed
        ),
        *(
            _of_reading(row, decides, conflicts, set_aside)
            for row in readings.order_by("-read_at", "-pk")[:limit]
        ),
    ]
    return sorted(items, key=lambda item: (item.at, item.id), reverse=True)


def _records(number: Number, limit: int | None) -> list[ConsentRecord]:
    """The newest of the number and of whoever holds it. Asked apart, each by its index: together they would read the
    whole ledger."""
    rows = ConsentRecord.objects.select_related(
        "system", "program", "wording", "recorded_by", "approved_by", "batch", "voids", "voids_reading"
    ).order_by("-pk")
    people = list(SystemRecord.objects.filter(number=number).values_list("contact", flat=True))
    found = [*rows.filter(number=number)[:limit], *rows.filter(contact__in=people)[:limit]]
    return sorted({row.pk: row for row in found}.values(), key=lambda row: row.pk, reverse=True)[:limit]


def _calls(records: Sequence[ConsentRecord]) -> dict[int, int]:
    """The provider's calls that these records were heard by, where they are still kept: a record that no file brought
    has the moment at which its call came."""
    heard = {(row.system_id, row.received_at): row.pk for row in records if row.batch_id is None}
    kept = WebhookCall.objects.filter(received_at__in={at for _, at in heard}).order_by("pk")
    calls = kept.values_list("endpoint__system", "received_at", "pk")
    return {heard[system, at]: pk for system, at, pk in calls if (system, at) in heard}


def _of_record(
    row: ConsentRecord,
    decides: set[str],
    conflicts: set[str],
    set_aside: set[str],
    behind: Behind | None,
    call: int | None,
) -> Item:
    name = f"c{row.pk}"
    return Item(
        id=name,
        at=row.occurred_at or row.received_at,
        title=title_of(row),
        record=row,
        behind=behind,
        call=call,
        decides=name in decides,
        conflicts=name in conflicts,
        voided=name in set_aside or _file_is_void(row),
    )


def _of_reading(row: Reading, decides: set[str], conflicts: set[str], set_aside: set[str]) -> Item:
    name = f"r{row.pk}"
    return Item(
        id=name,
        at=row.read_at,
        title=f"{row.system.name} said “{row.text or row.value}”",
        reading=row,
        decides=name in decides,
        conflicts=name in conflicts,
        voided=name in set_aside or _file_is_void(row),
    )


def _file_is_void(row: ConsentRecord | Reading) -> bool:
    return row.batch is not None and row.batch.voided_at is not None


# --- What each system believes ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Belief:
    """What one record of a system says, and what is on its way to it."""

    reading: Reading
    contradicts: bool
    under_way: WriteBack | None
    may_hold: str  # what left for it since, and is not on its way any more
    is_concerned: bool  # the flag is about this system


@dataclass(slots=True)
class Side:
    """One system, side by side with the others."""

    system: System
    program: Program
    beliefs: list[Belief] = field(default_factory=list)

    @property
    def is_wrong(self) -> bool:
        return any(belief.contradicts for belief in self.beliefs)


def sides(
    number: Number, programs: Sequence[Program], agreed: dict[int, Status], concerned: int | None = None
) -> list[Side]:
    """Every system's latest belief about the number, per program; the one the flag is about comes first."""
    ids = [number.pk]
    by_program = {program.pk: program for program in programs}
    found: dict[tuple[int, int], Side] = {}
    under_way, left = propagate.under_way_to(ids, by_program), propagate.left_for(ids, by_program)
    for key, reading in sorted(propagate.latest_readings(ids, by_program).items()):
        side = found.setdefault(
            (key.program_id, key.system_id), Side(reading.system, by_program[key.program_id])
        )
        status = agreed.get(key.program_id, Status.NO_CONSENT)
        held = propagate.expected(reading, left.get(key))
        side.beliefs.append(
            Belief(
                reading=reading,
                contradicts=any(
                    propagate.contradicts(value, status, reading.system.kind)
                    for value in {reading.value, held}
                ),
                under_way=under_way.get(key),
                may_hold="" if key in under_way or held == reading.value else held,
                is_concerned=key.system_id == concerned,
            )
        )
    return sorted(
        found.values(), key=lambda side: (side.system.pk != concerned, not side.is_wrong, side.system.name)
    )


# --- The agreed status in words --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explained:
    """What is agreed for one program, why, and since when."""

    program: Program
    agreed: Agreed
    words: str
    stored: AgreedStatus | None

    @property
    def first_sentence(self) -> str:
        return self.words.split(". ")[0].rstrip(".") + "."

    @property
    def rest(self) -> str:
        return self.words[len(self.first_sentence) :].strip()


def explained(number: Number, now: datetime, program: Program | None = None) -> list[Explained]:
    """The agreed status of the number per program, weighed now by the very rules that stored it."""
    door, rated = Door(), policy()
    facts = door.load([number.pk])[number.pk]
    stored = {row.program_id: row for row in AgreedStatus.objects.filter(number=number)}
    wanted = (
        {program.pk} if program else {door.by_code[code].pk for code in facts.programs(door.terms.values())}
    )
    found = []
    for pk in sorted(wanted | (set() if program else set(stored))):
        shown = door.programs[pk]
        evidence = facts.about(shown.code)
        # Flags and systems stand beside it on the page; here only the ledger speaks, with the program's own name.
        agreed = rules.agree(door.terms[shown.code], evidence, rated, now)
        named = replace(door.terms[shown.code], code=shown.name)
        words = rules.explain(replace(agreed, findings=()), named, evidence, [])
        found.append(Explained(shown, agreed, words, stored.get(pk)))
    return found


# --- People ----------------------------------------------------------------------------------------------


def people_of(number_ids: Iterable[int]) -> dict[int, list[Contact]]:
    """Who holds these numbers, as the systems know them; one query."""
    links = (
        SystemRecord.objects.filter(number__in=list(number_ids))
        .select_related("contact")
        .order_by("number_id", "contact_id")
    )
    found: dict[int, dict[int, Contact]] = defaultdict(dict)
    for link in links:
        found[link.number_id][link.contact_id] = link.contact
    return {number_id: list(people.values()) for number_id, people in found.items()}


def halves(sentence: str) -> tuple[str, str]:
    """The two facts of a flag's sentence that conflict; the second is empty where it names only one."""
    first, but, second = sentence.partition(", but ")
    return (first, second) if but else (sentence, "")
