"""What our own records say about the people a text is meant for: what they agreed to, what holds them, what they
got lately. Reads only; the same few queries for one number and for thousands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from consent import rules
from consent.facts import Door, policy
from consent.ledger import bare_sender
from consent.models import AgreedStatus, Hold, Number, Program, Touched
from consent.rules import Status
from consent.terms import in_force
from errors import life
from errors.models import SendAttempt
from errors.preflight import Consent, Message, Outcome, Purpose, Sent

RECENT = timedelta(hours=48)  # longer than every window in which a repetition counts
UNKNOWN = frozenset({life.Status.SUBMIT_UNKNOWN, life.Status.DELIVERY_UNKNOWN, life.Status.UNMAPPED})
NOT_SENT = [life.Status.CANCELED.value, life.Status.BLOCKED.value]

_CONSENT = {
    Status.OPTED_IN: Consent.OPTED_IN,
    Status.OPTED_OUT: Consent.OPTED_OUT,
    Status.OPTED_OUT_PRESUMED: Consent.OPTED_OUT,
    Status.PENDING: Consent.PENDING,
    Status.EXPIRED: Consent.NONE,
    Status.NO_CONSENT: Consent.NONE,
}
# Of several programs the one that forbids most decides.
MOST_CAREFUL = (Consent.OPTED_OUT, Consent.NONE, Consent.PENDING, Consent.TRANSACTIONAL, Consent.OPTED_IN)


@dataclass(frozen=True, slots=True)
class Said:
    """What was agreed for one program; a program that the number has nothing to do with has no consent."""

    program: Program
    status: Status
    is_held: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """A number that we know. `consent` and `held` are what the programs in `said` come to."""

    number_id: int
    said: tuple[Said, ...]
    consent: Consent
    held: bool
    recent: tuple[Sent, ...] = ()


def programs_of(sender: str) -> list[Program]:
    """The programs that a sender belongs to, as an audience's sender is written: with or without its plus sign."""
    return programs_by_sender().get(bare_sender(sender), [])


def programs_by_sender() -> dict[str, list[Program]]:
    """The active programs that have a sender, by its bare form."""
    found: dict[str, list[Program]] = defaultdict(list)
    for program in Program.objects.filter(is_active=True).prefetch_related("senders").order_by("name", "pk"):
        for sender in {bare_sender(one.address) for one in program.senders.all()}:
            found[sender].append(program)
    return dict(found)


def branded(message: Message, programs: Sequence[Program]) -> Message:
    """Unless a brand was typed, the program's must be in the text."""
    return (
        message if message.brand or len(programs) != 1 else replace(message, brand=programs[0].brand or None)
    )


def recipients(e164s: Collection[str], programs: Sequence[Program], *, now: datetime) -> dict[str, Recipient]:
    """Those of the numbers that we know, judged for these programs; without any, for all they have to do with."""
    known = dict(Number.objects.filter(e164__any_of=list(e164s)).values_list("pk", "e164"))
    if not known:
        return {}
    every = {program.pk: program for program in programs} or Program.objects.in_bulk()
    statuses = agreed(list(known), unweighed(list(known), now), now)
    paused = held(list(known))
    recent = _recent(known, now)
    found = {}
    for pk, e164 in known.items():
        about = every if programs else statuses[pk].keys() | paused[pk]
        said = tuple(
            Said(every[one], statuses[pk].get(one, Status.NO_CONSENT), one in paused[pk])
            for one in sorted(about, key=lambda one: (every[one].name, one))
        )
        consents = [weighed(one) for one in said] or [Consent.NONE]
        found[e164] = Recipient(
            number_id=pk,
            said=said,
            consent=min(consents, key=MOST_CAREFUL.index),
            held=any(one.is_held for one in said),
            recent=tuple(recent[pk]),
        )
    return found


def weighed(said: Said) -> Consent:
    """An opt-in to service texts is none to marketing."""
    consent = _CONSENT[said.status]
    if consent is Consent.OPTED_IN and said.program.purpose == Program.Purpose.TRANSACTIONAL:
        return Consent.TRANSACTIONAL
    return consent


def unweighed(ids: Collection[int], now: datetime) -> set[int]:
    """Those of the numbers about whom the stored statuses may be wrong: with news, with a time that has come, or by
    earlier rules or terms."""
    rows, terms = AgreedStatus.objects.filter(number__any_of=list(ids)), in_force()
    outdated = rows if terms is None else rows.due(now) | rows.exclude(rules_version=terms)
    news = Touched.objects.filter(number__any_of=list(ids))
    return {*outdated.values_list("number_id", flat=True), *news.values_list("number_id", flat=True)}


def agreed(ids: Collection[int], anew: Collection[int], now: datetime) -> dict[int, dict[int, Status]]:
    """Statuses by number and program, as they are stored; those of the numbers in `anew` as the ledger has it now."""
    found: dict[int, dict[int, Status]] = defaultdict(dict)
    rows = AgreedStatus.objects.filter(number__any_of=list(ids))
    for number_id, program_id, status in rows.values_list("number_id", "program_id", "status"):
        found[number_id][program_id] = Status(status)
    if anew:
        door, rated = Door(), policy()
        for number_id, facts in door.load(sorted(anew)).items():
            for code in facts.programs(door.terms.values()):
                answer = rules.agree(door.terms[code], facts.about(code), rated, now)
                found[number_id][door.by_code[code].pk] = answer.status
    return found


def held(ids: Collection[int]) -> dict[int, set[int]]:
    """The programs that open flags pause, by number."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Hold.objects.open().filter(number__any_of=list(ids))
    for number_id, program_id in rows.values_list("number_id", "program_id"):
        found[number_id].add(program_id)
    return found


def _recent(known: dict[int, str], now: datetime) -> dict[int, list[Sent]]:
    """What each number got lately, the latest first."""
    loud = marketing_senders()
    sends = SendAttempt.objects.between(now - RECENT, now).filter(number__any_of=list(known))
    found: dict[int, list[Sent]] = defaultdict(list)
    for number_id, sender, body, at, status, campaign, template in (
        sends.exclude(status__in=NOT_SENT)
        .latest_first()
        .values_list("number_id", "sender", "body", "submitted_at", "status", "campaign", "template")
    ):
        purpose = Purpose.MARKETING if bare_sender(sender) in loud else Purpose.TRANSACTIONAL
        found[number_id].append(
            Sent(
                to=known[number_id],
                sender=sender,
                body=body,
                at=at,
                purpose=Purpose.OTP if template in settings.MAY_REPEAT_TEMPLATES else purpose,
                outcome=_outcome(life.Status(status)),
                campaign=campaign or None,
                step=template or None,
            )
        )
    return found


def marketing_senders() -> set[str]:
    loud = Program.objects.filter(purpose=Program.Purpose.MARKETING, senders__isnull=False)
    return set(map(bare_sender, loud.values_list("senders__address", flat=True)))


def _outcome(status: life.Status) -> Outcome:
    if status in life.FAILED:
        return Outcome.FAILED
    return Outcome.UNKNOWN if status in UNKNOWN else Outcome.SENT
