"""Only the phone itself ends a STOP: who tries another way is refused, and the attempt is on record."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from consent.correct.choice import Choice, Refused, StopStands, Subject
from consent.correct.lines import lock
from consent.facts import Door, policy
from consent.ledger import Act, Evidence, Kind, Precision
from consent.models import AgreedStatus, ConsentRecord, Contact, Decision, Number, Program, Reading
from consent.reconcile import reconcile_numbers
from consent.rules import Reason, Status
from consent.rules.weigh import EXPLICIT, strength

# What two people may declare mistaken. "assert_none" is how a reply that nobody understood is kept.
VOIDABLE = frozenset({Act.REVOKE, Act.ASSERT_OUT, Act.ASSERT_NONE})


def stop_stands(number: Number, program: Program) -> bool:
    """Whether an explicit revocation is in force that only the phone itself can end."""
    agreed = AgreedStatus.objects.filter(number=number, program=program).first()
    return agreed is not None and (
        agreed.status == Status.OPTED_OUT or agreed.reason == Reason.NEEDS_HANDSET_START
    )


def guard_stop(subject: Subject, choice: Choice) -> None:
    assert subject.number is None or subject.program is not None
    if subject.number is None or subject.program is None:
        return
    if choice.decision == Decision.PROOF and stop_stands(subject.number, subject.program):
        raise StopStands(
            "This person said STOP in a way that nobody can misread. No paper sets that aside: only a "
            "message from the phone itself does. If they want the messages back, give them the instructions to text "
            "START. Your attempt is on record; nothing was changed."
        )
    if choice.decision == Decision.VOID:
        _guard_void(subject.number, choice.voids)


def _guard_void(number: Number, voids: str) -> None:
    target = evidence_row(voids)
    if target is None or not _belongs(target, number):
        raise Refused("What you chose to void is not in this number's history any more; look again.")
    if isinstance(target, Reading):
        return
    if target.act not in VOIDABLE:
        raise Refused("Only a revocation, or a reply that may be one, can be voided here.")
    if strength_of(target) >= EXPLICIT:
        raise StopStands(
            "This is an explicit revocation: a STOP, a provider's block or a logged call with its reference. "
            "It cannot be voided by anybody here; a message from the phone itself ends it. Your attempt is "
            "on record; nothing was changed."
        )


def evidence_row(evidence_id: str) -> ConsentRecord | Reading | None:
    """The row behind an id of the rules: "c12" a record, "r34" a reading."""
    kind, digits = evidence_id[:1], evidence_id[1:19]
    if not (digits.isascii() and digits.isdecimal()):
        return None
    if kind == "c":
        return ConsentRecord.objects.filter(pk=int(digits)).first()
    return Reading.objects.filter(pk=int(digits)).first() if kind == "r" else None


def evidence_id(row: ConsentRecord | Reading) -> str:
    return f"{'c' if isinstance(row, ConsentRecord) else 'r'}{row.pk}"


def _belongs(row: ConsentRecord | Reading, number: Number) -> bool:
    if row.number_id == number.pk:
        return True
    people = Contact.objects.filter(records__number=number)
    return isinstance(row, ConsentRecord) and row.contact_id is not None and row.contact in people


def strength_of(record: ConsentRecord) -> int:
    return strength(Door().evidence_of(record), policy())


def voidable(number: Number) -> list[ConsentRecord | Reading]:
    """What two people may set aside: revocations that leave room for doubt, and systems' claims of "out"."""
    facts, rated = Door().load([number.pk])[number.pk], policy()
    known = [*facts.evidence, *(claim for claims in facts.assertions.values() for claim in claims)]
    done = {
        name for record in known if record.act is Act.VOID and record.second_approver for name in record.voids
    }
    weak = {
        record.id
        for record in known
        if (record.act in {Act.REVOKE, Act.ASSERT_OUT} or _is_unclear(record))
        and strength(record, rated) < EXPLICIT
        and record.id not in done
    }
    rows = (
        *ConsentRecord.objects.filter(pk__in=_keys(weak, "c")).order_by("-pk"),
        *Reading.objects.filter(pk__in=_keys(weak, "r")).select_related("system").order_by("-pk"),
    )
    return [row for row in rows if row.number_id == number.pk]


def _is_unclear(record: Evidence) -> bool:
    """A reply that nobody understood."""
    return record.act is Act.ASSERT_NONE and record.kind is Kind.FREETEXT


def _keys(names: set[str], kind: str) -> list[int]:
    return [int(name[1:]) for name in names if name[0] == kind]


def record_attempt(subject: Subject, choice: Choice, *, by: User, now: datetime) -> None:
    """Put a refused attempt against a STOP on the ledger: it weighs nothing, and the rules flag it."""
    assert subject.number is not None
    assert subject.program is not None
    with transaction.atomic():
        lock([subject.number.pk], now)
        target = evidence_row(choice.voids) if choice.decision == Decision.VOID else None
        ConsentRecord.objects.create(
            number=subject.number,
            program=subject.program,
            act=Act.VOID if target is not None else Act.ASSERT_IN,
            kind=Kind.STAFF,
            occurred_at=now,
            precision=Precision.SECOND,
            received_at=now,
            voids=target if isinstance(target, ConsentRecord) else None,
            words=f"Refused: {choice.reason.label}. {choice.words.strip()}".strip(),
            recorded_by=by,
            source_event_id=f"attempt-{subject.number.pk}-{now.isoformat()}",
        )
        audit.record(
            by,
            "correction.refused_by_stop",
            subject.number,
            reason=choice.words,
            decision=choice.decision.value,
            program=subject.program.code,
        )
        reconcile_numbers([subject.number.pk], now=now)
