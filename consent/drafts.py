"""Drafts of short texts that ask again or confirm: written, counted and handed over as a file, never sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from backoffice import audit, rooms
from consent import notices, rules
from consent.corrections_file import Sheet
from consent.facts import Door, policy
from consent.models import AgreedStatus, ConsentRecord, Hold, Notice, Number, Program, SystemRecord, Touched
from consent.notices import Channel, Refusal, Situation, Standing
from consent.rules import Code, Reason, Status

MOST = 10_000  # drafts of one file
_SLICE = 1_000
COLUMNS = ("number", "channel", "email", "program", "situation", "language", "text", "segments", "note")
_STRANGERS = (Reason.WRONG_NUMBER, Reason.NUMBER_REASSIGNED, Reason.RND, Reason.DEACTIVATED)
# Whom a situation may be about; what else forbids it, consent.notices says.
_ABOUT: dict[Situation, Q] = {
    Situation.PENDING: Q(status=Status.PENDING),
    Situation.EXPIRED: Q(status=Status.EXPIRED),
    Situation.PRESUMED: Q(status=Status.OPTED_OUT_PRESUMED),
    Situation.WRONG_NUMBER: Q(reason__in=_STRANGERS),
}
IN_BULK = tuple(_ABOUT)


@dataclass(frozen=True, slots=True)
class Draft:
    """One text for one person, and through what it may reach them."""

    number: Number
    channel: Channel
    text: str
    segments: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one person: a draft, or why there is none."""

    number: Number
    draft: Draft | None
    refusal: str = ""


def text_for(situation: Situation, language: str, program: Program | None) -> str:
    """The program's own text, else the house's, else the ready-made one; fields not filled in."""
    rows = Notice.objects.filter(Q(program=program) | Q(program=None), situation=situation, language=language)
    stored = {row.program_id: row.text for row in rows}
    own = stored.get(program.pk) if program is not None else None
    return own or stored.get(None) or notices.READY_MADE[situation, language]


def fields_of(program: Program | None) -> dict[str, str]:
    if program is None:
        return {"program": "Program", "brand": "Brand", "sender": "+1 415 555 0100"}
    senders = sorted(sender.address for sender in program.senders.all())
    return {
        "program": program.name,
        "brand": program.brand or program.name,
        "sender": senders[0] if senders else "the number we texted you from",
    }


def names_of(program: Program | None) -> list[str]:
    return [name for name in (fields_of(program)["program"], fields_of(program)["brand"]) if name]


def read(text: str, situation: Situation, program: Program | None) -> tuple[notices.Problem, ...]:
    """Problems of a text whose fields are filled in."""
    length = rooms.length_of(text)
    return notices.lint(
        text, situation, names=names_of(program), parts=length.segments if length is not None else None
    )


def for_one(agreed: AgreedStatus, situation: Situation, language: str, now: datetime) -> Outcome:
    """The draft for one person and program, or why there is none."""
    return next(iter(_outcomes([agreed], agreed.program, situation, language, now)))


def for_many(
    program: Program, situation: Situation, language: str, *, region: str = "", now: datetime
) -> Iterator[Outcome]:
    """Drafts for everybody of a program who is in a situation, the longest in it first; MOST at the most.

    Raises Refusal for what is never drafted for many: an instruction that nobody asked for is a nuisance."""
    about = _ABOUT.get(situation)
    if about is None:
        raise Refusal("This text is for single people who ask for it; open the contact.")
    rows = AgreedStatus.objects.filter(about, program=program)
    if region:
        rows = rows.filter(number__region=region.upper())
    wanted = list(rows.order_by("changed_at", "pk").values_list("pk", flat=True)[:MOST])
    for start in range(0, len(wanted), _SLICE):
        some = AgreedStatus.objects.filter(pk__in=wanted[start : start + _SLICE]).select_related("number")
        yield from _outcomes(list(some.order_by("changed_at", "pk")), program, situation, language, now)


def _outcomes(
    rows: Sequence[AgreedStatus], program: Program, situation: Situation, language: str, now: datetime
) -> Iterator[Outcome]:
    text = notices.filled(text_for(situation, language, program), fields_of(program))
    length = rooms.length_of(text)
    held = set(
        Hold.objects.open()
        .filter(number__in=[row.number_id for row in rows], program=program)
        .values_list("number", flat=True)
    )
    news = set(
        Touched.objects.filter(number__in=[row.number_id for row in rows]).values_list("number", flat=True)
    )
    since = _revoked_at(rows) if situation is Situation.PRESUMED else {}
    stale = _too_late_to_confirm(rows, now) if situation is Situation.PENDING else set()
    for row in rows:
        standing = Standing(
            Status(row.status),
            Reason(row.reason),
            since.get(row.pk),
            row.number_id in held,
            row.number.region,
            has_news=row.number_id in news,
            is_stale=row.pk in stale,
        )
        try:
            channel = notices.channel_for(situation, standing, now)
        except Refusal as refusal:
            yield Outcome(row.number, None, str(refusal))
            continue
        note = _note(situation, channel, is_held=standing.is_held)
        yield Outcome(row.number, Draft(row.number, channel, text, length.segments if length else None, note))


def _note(situation: Situation, channel: Channel, *, is_held: bool) -> str:
    notes = []
    if channel is Channel.TEXT:
        notes.append(
            "The one confirmation: within five minutes of the request."
            if situation is Situation.PRESUMED
            else "Once only; no second text without an answer."
        )
    else:
        notes.append("Not by text.")
    if is_held:
        notes.append("Texts to this number are paused by an open flag.")
    return " ".join(notes)


def _revoked_at(rows: Sequence[AgreedStatus]) -> dict[int, datetime]:
    """When the deciding revocation was received, by agreed status: the latest of several."""
    keys = {int(name[1:]) for row in rows for name in row.decided_by if name.startswith("c")}
    received = dict(ConsentRecord.objects.filter(pk__in=sorted(keys)).values_list("pk", "received_at"))
    found = {}
    for row in rows:
        times = [received[int(name[1:])] for name in row.decided_by if name[1:].isdecimal() and name[0] == "c"
                 and int(name[1:]) in received]  # fmt: skip
        if times:
            found[row.pk] = max(times)
    return found


def _too_late_to_confirm(rows: Sequence[AgreedStatus], now: datetime) -> set[int]:
    """Those of the agreed statuses whose sign-up could no longer be confirmed with a YES, by its record alone: what
    is stored of it may be older than the end of that time."""
    signed_up = {row.pk: int(row.decided_by[0][1:]) for row in rows if row.reason == Reason.DOUBLE_OPT_IN}
    if not signed_up:
        return set()
    door, given = Door(), policy()
    records = ConsentRecord.objects.in_bulk(signed_up.values())
    found = set()
    for row in rows:
        if row.pk in signed_up:
            evidence = [door.evidence_of(records[signed_up[row.pk]])]
            agreed = rules.agree(door.terms[door.codes[row.program_id]], evidence, given, now)
            if any(finding.code is Code.DOI_STALE for finding in agreed.findings):
                found.add(row.pk)
    return found


@dataclass(frozen=True, slots=True)
class Handed:
    """A file of drafts, and how many got none, by reason."""

    sheet: Sheet
    refused: Counter[str]


def hand_over(
    program: Program, situation: Situation, language: str, *, region: str, by: User, now: datetime
) -> Handed:
    """The drafts as a file for the messaging platform or the mail program; on record who took them."""
    outcomes = list(for_many(program, situation, language, region=region, now=now))
    refused = Counter(outcome.refusal for outcome in outcomes if outcome.draft is None)
    drafts = [outcome.draft for outcome in outcomes if outcome.draft is not None]
    emails = _emails([draft.number.pk for draft in drafts if draft.channel is Channel.OTHER])
    rows = [
        [
            draft.number.e164,
            draft.channel.value,
            emails.get(draft.number.pk, ""),
            program.name,
            situation.value,
            language,
            draft.text,
            str(draft.segments or "") if draft.channel is Channel.TEXT else "",
            draft.note,
        ]
        for draft in drafts
    ]
    name = f"drafts-{program.code}-{situation.value}-{language}.csv"
    audit.record(
        by,
        "notice.hand_over",
        program,
        situation=situation.value,
        language=language,
        region=region,
        drafts=len(rows),
        refused=refused.total(),
    )
    return Handed(Sheet(name, COLUMNS, tuple(tuple(row) for row in rows)), refused)


def _emails(number_ids: Sequence[int]) -> dict[int, str]:
    """One address of whoever holds each number, where exactly one person does."""
    found: dict[int, set[str]] = {}
    for start in range(0, len(number_ids), _SLICE):
        some = number_ids[start : start + _SLICE]
        held = SystemRecord.objects.filter(number__in=some).exclude(contact__email="")
        for number, email in held.values_list("number", "contact__email").distinct():
            found.setdefault(number, set()).add(email)
    return {number: next(iter(emails)) for number, emails in found.items() if len(emails) == 1}


def situation_of(agreed: AgreedStatus) -> Situation | None:
    """Which text fits where a person stands; None where none does."""
    status, reason = Status(agreed.status), Reason(agreed.reason)
    if status is Status.OPTED_OUT or reason is Reason.NEEDS_HANDSET_START:
        return Situation.START_HOW
    if reason in _STRANGERS:
        return Situation.WRONG_NUMBER
    fitting = {
        Status.PENDING: Situation.PENDING,
        Status.EXPIRED: Situation.EXPIRED,
        Status.OPTED_OUT_PRESUMED: Situation.PRESUMED,
    }
    return fitting.get(status)
