"""Claims and events → rows, a chunk at a time: look up what is there, decide each row's bucket, write what is
new.

With `write` off nothing is written and the buckets are the same: that is the preview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Q
from django.db.models.functions import Coalesce

from backoffice.imports.importer import Outcome
from backoffice.models import Bucket, ImportBatch, System
from consent import bulk
from consent.cells import Meaning
from consent.intake.copied import Seconds
from consent.intake.read import Claim, Event
from consent.ledger import Act, Kind, Precision
from consent.models import (
    AgreedStatus,
    ConsentRecord,
    Contact,
    Number,
    Program,
    Reading,
    SystemRecord,
    Wording,
    WriteBack,
)
from consent.models.correction import LIVE
from consent.moments import Moment
from consent.numbers import NumberCell
from consent.rules import Status

SAID_ALREADY = {"same_number_again", "another_record"}
_W = WriteBack.Status
OUT_STATUSES = {Status.OPTED_OUT, Status.OPTED_OUT_PRESUMED}


class Numbered(Protocol):
    """Whatever is about a phone number."""

    number: NumberCell


@dataclass(slots=True)
class Latest:
    """What the system said last of one key: at one time it may have said several things."""

    read_at: datetime
    said: set[tuple[str, str]]  # (value, its time as written)


@dataclass
class Store:
    """The database as one batch needs it. Keeps the small tables; looks the large ones up per chunk."""

    batch: ImportBatch
    system: System
    programs: dict[str, Program]
    wordings: dict[str, Wording]
    zone: str
    usual_program: str | None  # for a message to a sender that no program names
    # What the file said of a number so far: {program: {value: {digits: line}}}; a hundred bytes a row, for a
    # million rows.
    seen: dict[int, dict[str, dict[int, int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    seen_events: dict[str, int] = field(default_factory=dict)
    seen_out: set[str | None] = field(default_factory=set)  # of a preview
    seconds: Seconds = field(default_factory=Seconds)

    # --- Look up --------------------------------------------------------------------------------------------

    def numbers(self, items: Iterable[Numbered], *, write: bool) -> dict[str, int]:
        """Primary keys by E.164 of every number in the chunk; unknown ones are created, or missing in a
        preview."""
        cells = {item.number.e164: item.number for item in items}
        known = self._known_numbers(cells)
        if write and len(known) < len(cells):
            rows = [
                (e164, cell.region or "", cell.line_type or "")
                for e164, cell in cells.items()
                if e164 is not None and e164 not in known
            ]
            bulk.insert_missing(Number, "e164", ("e164", "region", "line_type"), rows)
            known.update(self._known_numbers([row[0] for row in rows]))
        return known

    def _known_numbers(self, wanted: Iterable[str | None]) -> dict[str, int]:
        return dict(Number.objects.filter(e164__any_of=set(wanted)).values_list("e164", "pk"))

    def latest_readings(self, number_ids: Iterable[int]) -> dict[tuple[int, int, str], Latest]:
        """What the system believed at this file's time, by (number, program, ref). A file older than what is
        known is compared with what was known then."""
        rows = (
            Reading.objects.effective()
            .for_numbers(number_ids)
            .filter(system=self.system, read_at__lte=self.batch.as_of)
            .exclude(batch=self.batch)
            .order_by("number_id", "program_id", "ref", "-read_at", "-pk")
            .values_list("number_id", "program_id", "ref", "value", "claimed_text", "read_at")
        )
        latest: dict[tuple[int, int, str], Latest] = {}
        for number_id, program_id, ref, value, claimed_text, read_at in rows.iterator():
            newest = latest.setdefault((number_id, program_id, ref), Latest(read_at, set()))
            if newest.read_at == read_at:
                newest.said.add((value, claimed_text))
        return latest

    def watched(
        self, number_ids: Iterable[int], latest: dict[tuple[int, int, str], Latest]
    ) -> dict[tuple[int, int, str], datetime]:
        """Keys whose correction left, or arrived without, and since when: the next reading is news even when the
        value did not change, until their watch is over. An opt-in that left without one has to be read once."""
        left = Q(sent_at__isnull=False)
        rows = (
            WriteBack.objects.filter(number_id__any_of=set(number_ids), system=self.system)
            .filter(LIVE & (left | Q(status=_W.VERIFIED)) | left & Q(value=Meaning.IN))
            .annotate(since=Coalesce("sent_at", "correction__decided_at"), is_live=LIVE)
            .order_by("-since")
            .values_list("number_id", "program_id", "ref", "since", "is_live")
        )
        found = {}
        for number_id, program_id, ref, since, is_live in rows:
            before = latest.get((number_id, program_id, ref))
            if is_live or before is None or before.read_at <= since:
                found[number_id, program_id, ref] = since
        return found

    def agreed_out(self, number_ids: Iterable[int]) -> set[tuple[int, int]]:
        return set(
            AgreedStatus.objects.filter(
                number_id__any_of=set(number_ids), status__in=OUT_STATUSES
            ).values_list("number_id", "program_id")
        )

    # --- Claims ---------------------------------------------------------------------------------------------

    def take_claims(self, claims: Sequence[Claim], *, write: bool) -> list[Outcome]:
        numbers = self.numbers(claims, write=write)
        ids = list(numbers.values())
        latest = self.latest_readings(ids)
        watched = self.watched(ids, latest)
        agreed_out = self.agreed_out(ids) if not write else set()
        as_of = self.batch.as_of
        outcomes: list[Outcome] = []
        readings: list[tuple[Claim, int, Program]] = []
        for claim in claims:
            program = self._program(claim.program)
            if program is None:
                outcomes.append(self._unknown_program(claim, claim.program))
                continue
            number_id = numbers.get(claim.number.e164 or "")
            key = (number_id or 0, program.id, claim.ref)
            before = latest.get(key)
            news = before is None or (claim.meaning.value, claim.moment.text[:80]) not in before.said
            outcome = self._claim_outcome(claim, program, before, news)
            asked_again = before is not None and watched.get(key, as_of) < as_of
            if (news and outcome.reason != "same_number_again") or asked_again:
                readings.append((claim, number_id or 0, program))
            if not write and outcome.reason not in SAID_ALREADY:
                outcome.consequences = _consequences(claim, (number_id, program.pk) in agreed_out, news)
            outcomes.append(outcome)
        if write and readings:
            self._write_readings(readings)
            self._link_people(readings)
            bulk.touch([number_id for _, number_id, _ in readings])
        return outcomes

    def _claim_outcome(self, claim: Claim, program: Program, before: Latest | None, news: bool) -> Outcome:
        outcome = _outcome(claim, str(claim.meaning))
        earlier = self._keep_in_mind(claim, program)
        if earlier is not None:
            line, value = earlier
            outcome.bucket = Bucket.DUPLICATE
            if value == outcome.value:
                outcome.reason = "same_number_again"
                outcome.detail = f"The number stands in line {line} already, with the same status."
                if claim.ref:
                    outcome.reason = "another_record"
                    outcome.detail = (
                        f"The number stands in line {line} already, in another record of the system."
                    )
            else:
                outcome.reason = "conflicting_duplicate"
                outcome.detail = (
                    f"Line {line} says “{value}” of the same number. Both are kept as what the system says; "
                    "until it is settled the more protective one counts."
                )
            return outcome
        if before is not None:
            outcome.bucket = Bucket.UPDATED if news else Bucket.UNCHANGED
        return outcome

    def remember(self, items: Iterable[Claim | Event]) -> None:
        """Rows an earlier worker committed: only what later rows of the file need to know of them."""
        items = list(items)
        self.seconds.copied(item for item in items if isinstance(item, Event))
        for item in items:
            if isinstance(item, Event):
                self.seen_events.setdefault(item.event_id, item.line)
                continue
            program = self._program(item.program)
            if program is not None:
                self._keep_in_mind(item, program)

    def has_spoken_of(self, program: Program, e164: str) -> bool:
        """Whether the file has said anything of the number so far."""
        return any(int(e164[1:]) in lines for lines in self.seen[program.pk].values())

    def _keep_in_mind(self, claim: Claim, program: Program) -> tuple[int, str] | None:
        """The line that spoke of the number before, and what it said; None if this is the first."""
        digits = int((claim.number.e164 or "+0")[1:])
        seen = self.seen[program.id]
        for value, lines in seen.items():
            if digits in lines:
                return lines[digits], value
        seen[str(claim.meaning)][digits] = claim.line
        return None

    def _write_readings(self, rows: Sequence[tuple[Claim, int, Program]]) -> None:
        system_id, batch_id, as_of = self.system.pk, self.batch.pk, self.batch.as_of
        bulk.pour(
            Reading,
            (
                *("number_id", "program_id", "system_id", "ref", "value", "text"),
                *("claimed_at", "claimed_precision", "claimed_text", "read_at", "batch_id", "line"),
            ),
            [
                (
                    number_id,
                    program.id,
                    system_id,
                    claim.ref,
                    claim.meaning,
                    claim.text,
                    _known_time(claim.moment, claim.meaning),
                    claim.moment.precision,
                    claim.moment.text[:80],
                    as_of,
                    batch_id,
                    claim.line,
                )
                for claim, number_id, program in rows
            ],
        )

    # --- People ---------------------------------------------------------------------------------------------

    def _link_people(self, rows: Sequence[tuple[Claim, int, Program]]) -> None:
        """Keep each system record's contact and number. A number's first record of this system joins the
        contact the number already has; a second record of the same system is a contact of its own."""
        by_ref = {claim.ref or claim.number.e164 or "": (claim, number_id) for claim, number_id, _ in rows}
        existing = {
            record.ref: record
            for record in SystemRecord.objects.filter(system=self.system, ref__any_of=set(by_ref))
        }
        self._follow_number_changes({ref: by_ref[ref][1] for ref in existing}, existing)
        new = {ref: row for ref, row in by_ref.items() if ref not in existing}
        if not new:
            return
        number_ids = {number_id for _, number_id in new.values()}
        contacts: dict[int, int] = {}
        ours: set[int] = set()
        linked = SystemRecord.objects.filter(number_id__any_of=number_ids).order_by("pk")
        for number_id, contact_id, system_id in linked.values_list("number_id", "contact_id", "system_id"):
            contacts.setdefault(number_id, contact_id)
            if system_id == self.system.pk:
                ours.add(number_id)
        fresh: list[tuple[str, Claim, int]] = []
        records: list[tuple[int, str, int, int]] = []
        joined: dict[int, tuple[str, str, str]] = {}
        for ref, (claim, number_id) in new.items():
            if number_id in contacts and number_id not in ours:
                records.append((self.system.pk, ref, contacts[number_id], number_id))
                joined[contacts[number_id]] = claim.person
            else:
                fresh.append((ref, claim, number_id))
            ours.add(number_id)
        self._name(joined)
        made = bulk.append(
            Contact, ("first_name", "last_name", "email"), [claim.person for _, claim, _ in fresh]
        )
        records += [
            (self.system.pk, ref, contact_id, number_id)
            for (ref, _, number_id), contact_id in zip(fresh, made, strict=True)
        ]
        bulk.pour(SystemRecord, ("system_id", "ref", "contact_id", "number_id"), records)

    def _name(self, people: dict[int, tuple[str, str, str]]) -> None:
        """A contact that nobody could name so far takes the name that this system knows."""
        named = {contact_id: person for contact_id, person in people.items() if any(person)}
        nameless = list(Contact.objects.filter(pk__any_of=set(named), first_name="", last_name="", email=""))
        for contact in nameless:
            contact.first_name, contact.last_name, contact.email = named[contact.pk]
        Contact.objects.bulk_update(nameless, ["first_name", "last_name", "email"], batch_size=500)

    def _follow_number_changes(self, numbers: dict[str, int], existing: dict[str, SystemRecord]) -> None:
        moved = []
        for ref, record in existing.items():
            number_id = numbers[ref]
            if record.number_id != number_id:
                record.previous_number_id, record.number_id = record.number_id, number_id
                record.number_changed_at = self.batch.as_of
                moved.append(record)
        SystemRecord.objects.bulk_update(
            moved, ["previous_number", "number", "number_changed_at"], batch_size=500
        )

    # --- Events ---------------------------------------------------------------------------------------------

    def take_events(self, events: Sequence[Event], *, write: bool) -> list[Outcome]:
        strangers = self._strangers(events)
        numbers = self.numbers([e for e in events if e.number.e164 not in strangers], write=write)
        copied = self.seconds.copied(events)
        free_ids = self._free_ids(events)
        by_sender = self._programs_by_sender()
        # A revocation is for whom its sender reaches; only of others is asked what the person had to do with.
        asked = {numbers.get(e.number.e164 or "", 0) for e in events if e.act is not Act.REVOKE}
        agreed = self._programs_of(asked) if by_sender and asked else {}
        out = {number_id for number_id, _ in self.agreed_out(numbers.values())} if not write else set()
        outcomes: list[Outcome] = []
        rows: list[tuple[Any, ...]] = []
        touched: list[int] = []
        for event in events:
            outcome = _outcome(event, event.act.value)
            outcomes.append(outcome)
            earlier = self.seen_events.setdefault(event.event_id, event.line)
            if earlier != event.line:
                outcome.bucket, outcome.reason = Bucket.DUPLICATE, "same_event_again"
                outcome.detail = f"The same event stands in line {earlier} already."
                continue
            if event.number.e164 in strangers:
                outcome.bucket, outcome.reason = Bucket.UNCHANGED, "not_ours"
                outcome.detail = "No system and no person ever told us of this number."
                continue
            is_copied = event.kind is Kind.FORM and event.moment.at in copied
            if is_copied:
                outcome.warnings = (*outcome.warnings, "copied_time")
            free_id = free_ids.get(event.event_id)
            if free_id is None:
                outcome.bucket = Bucket.UNCHANGED
                continue
            number_id = numbers.get(event.number.e164 or "", 0)
            programs = self._event_programs(event, by_sender, agreed.get(number_id, set()))
            if programs is None:
                outcomes[-1] = self._unknown_program(event, event.program)
                continue
            if not write:
                outcome.consequences = self._event_consequences(event, number_id in out)
                continue
            rows += [
                self._record(
                    event,
                    number_id,
                    program,
                    f"{free_id}#{place}"[:100] if place else free_id,
                    is_copied=is_copied,
                )
                for place, program in enumerate(programs)
            ]
            touched.append(number_id)
        if write and rows:
            bulk.pour(ConsentRecord, _RECORD_FIELDS, rows)
            bulk.touch(touched)
        return outcomes

    def _strangers(self, events: Sequence[Event]) -> set[str | None]:
        """Numbers on a list of disconnected ones that nobody ever told us of: they are none of our business."""
        listed = {event.number.e164 for event in events if event.act is Act.BOUNDARY}
        return listed - self._known_numbers(listed).keys() if listed else set()

    def _free_ids(self, events: Sequence[Event]) -> dict[str, str]:
        """For each event that does not count yet, the id under which it can be written.

        What came only with voided batches may come again: the old record keeps its id, the new one gets the next."""
        tried = {event.event_id: event.event_id for event in events}
        free: dict[str, str] = {}
        turn = 0
        while tried:
            turn += 1
            rows = ConsentRecord.objects.filter(
                system=self.system, source_event_id__any_of=list(tried.values())
            ).values_list("source_event_id", "batch__voided_at")
            found = dict(rows)
            free |= {event_id: at for event_id, at in tried.items() if at not in found}
            tried = {
                event_id: f"{event_id[:90]}~{turn}"
                for event_id, at in tried.items()
                if at in found and found[at] is not None
            }
        return free

    def _event_programs(
        self, event: Event, by_sender: dict[str, list[Program]], agreed: set[int]
    ) -> list[Program | None] | None:
        """The programs a record is for: [None] where sender or "all" decides later, None where it cannot be
        told.

        A grant never reaches further than its wording: a START sent to a sender that several programs share
        counts for those the person already had to do with, and for none if there is none."""
        if event.for_all_programs:
            return [None]
        if event.program:
            named = self._program(event.program)
            return [named] if named else None
        if event.act is Act.REVOKE or event.act is Act.BOUNDARY:
            return [None]  # its sender decides, or nothing does and it reaches every program
        pool = by_sender.get(event.sender, [])
        if len(pool) == 1:
            return [pool[0]]
        if pool:
            return [program for program in pool if program.pk in agreed] or None
        usual = self._program(self.usual_program)
        return [usual] if usual else None

    def _event_consequences(self, event: Event, is_out: bool) -> tuple[str, ...]:
        if event.act is Act.REVOKE:
            # The second STOP of the same person in one file makes nobody opted out.
            is_first = event.number.e164 not in self.seen_out
            self.seen_out.add(event.number.e164)
            return ("becomes_out",) if is_first and not is_out else ("out_again",)
        if event.act in {Act.GRANT, Act.CONFIRM}:
            return ("adds_evidence",)
        if event.act is Act.BOUNDARY:
            return ("changes_hands",)
        return ("claims_in_without_proof",) if event.act is Act.ASSERT_IN else ()

    def _programs_by_sender(self) -> dict[str, list[Program]]:
        by_sender: dict[str, list[Program]] = defaultdict(list)
        for program in self.programs.values():
            for sender in program.senders.all():
                by_sender[sender.address].append(program)
        return by_sender

    def _programs_of(self, number_ids: Iterable[int]) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for model in (ConsentRecord, Reading):
            rows = (
                model.objects.for_numbers(number_ids)
                .exclude(program=None)
                .values_list("number_id", "program_id")
            )
            for number_id, program_id in rows.distinct():
                found[number_id].add(program_id)
        return found

    def _record(
        self, event: Event, number_id: int, program: Program | None, event_id: str, *, is_copied: bool
    ) -> tuple[Any, ...]:
        wording = self.wordings.get(event.wording)
        moment = event.moment
        return (
            number_id,
            event.act.value,
            event.kind.value,
            program.pk if program else None,
            event.for_all_programs,
            event.sender,
            moment.at or moment.claimed_at,
            moment.precision.value,
            moment.text[:80],
            self.zone,
            moment.spread_seconds,
            event.known_at or (self.batch.as_of if is_copied else _received(moment, self.batch.as_of)),
            f"{self.system.slug}" if event.clock else "",
            wording.pk if wording else None,
            _wording_note(event, wording),
            bool(event.reference),
            event.reference,
            event.words,
            self.system.pk,
            event_id,
            self.batch.pk,
            event.line if self.batch.pk else None,
            event.provider_acted,
            is_copied,
        )

    # --- Programs -------------------------------------------------------------------------------------------

    def _program(self, code: str | None) -> Program | None:
        if code is None:
            return next(iter(self.programs.values())) if len(self.programs) == 1 else None
        return self.programs.get(code)

    def _unknown_program(self, item: Claim | Event, code: str | None) -> Outcome:
        outcome = _outcome(item, "")
        outcome.bucket, outcome.reason = Bucket.HELD, "program_unknown"
        outcome.detail = (
            f"There is no program “{code}”. Add it under Programs, or name the program for the whole file "
            "in the mapping."
            if code
            else "Nothing says which program this is about: map a column to Program, name one for the whole file, "
            "or add the sender to its program."
        )
        return outcome


_RECORD_FIELDS = (
    *("number_id", "act", "kind", "program_id", "for_all_programs", "sender", "occurred_at", "precision"),
    *("occurred_text", "zone", "spread_seconds", "received_at", "clock", "wording_id", "wording_note"),
    *("has_reference", "reference", "words", "system_id", "source_event_id", "batch_id", "line"),
    *("provider_acted", "copied_time"),
)


def _wording_note(event: Event, wording: Wording | None) -> str:
    """Why no wording of ours stands behind a form grant; the rules treat it as unknown wording."""
    if event.kind is not Kind.FORM or event.act is not Act.GRANT or wording is not None:
        return ""
    return event.wording or "not given"


def _received(moment: Moment, as_of: datetime) -> datetime:
    """When it reached us, or whoever takes messages, forms and calls for us: they arrive when they are made. Where
    nobody knows the second, it is the file that brought it."""
    is_exact = moment.precision is Precision.SECOND and not moment.spread_seconds
    return min(moment.at, as_of) if moment.at is not None and is_exact else as_of


def _known_time(moment: Moment, meaning: Meaning) -> datetime | None:
    """A claim of "out" keeps a time in the future as its later bound; a claim of "in" loses it."""
    return moment.at or (moment.claimed_at if meaning is Meaning.OUT else None)


def _outcome(item: Claim | Event, value: str) -> Outcome:
    return Outcome(
        item.line,
        Bucket.CREATED,
        warnings=item.warnings,
        number=item.number.e164 or "",
        value=value,
        at=item.moment.at,
    )


def _consequences(claim: Claim, is_out: bool, news: bool) -> tuple[str, ...]:
    """What confirming this row would mean, in the words of the preview."""
    if not news:
        return ()
    found = []
    if claim.meaning is Meaning.OUT:
        found.append("out_again" if is_out else "becomes_out")
    if claim.meaning is Meaning.IN:
        found.append("claims_in_without_proof")
        if is_out:
            found.append("conflicts_with_opt_out")
    return tuple(found)
