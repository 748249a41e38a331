"""Only the phone itself ends a STOP: who tries another way is refused, and the attempt is on record."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from consent.correct.choice import Choice, Refused, StopStands, Subject
from consent.correct.lines import lock
from consent.facts import Door, policy
from consent.ledger import Act, Kind, Precision
from consent.models import AgreedStatus, ConsentRecord, Contact, Decision, Number, Program, Reading
from consent.reconcile import reconcile_numbers
from consent.rules import Reason, Status
from consent.rules.weigh import EXPLICIT, strength


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
    if target.act != Act.REVOKE and target.act != Act.ASSERT_OUT:
        raise Refused("Only a revocation can be voided here.")
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
    return strength(Door().evidence(record), policy())


def voidable(number: Number) -> list[ConsentRecord | Reading]:
    """What two people may set aside: revocations that leave room for doubt, and systems' claims of "out"."""
    door, rated = Door(), policy()
    records = ConsentRecord.objects.effective().filter(number=number, act__in=[Act.REVOKE, Act.ASSERT_OUT])
    weak = [row for row in records.order_by("-pk") if strength(door.evidence(row), rated) < EXPLICIT]
    readings = Reading.objects.effective().filter(number=number, value="out").select_related("system")
    claims = [row for row in readings.order_by("-pk") if door.assertion(row) is not None]
    done = ConsentRecord.objects.effective().filter(number=number, act=Act.VOID, approved_by__isnull=False)
    voided = {pk for pair in done.values_list("voids", "voids_reading") for pk in _ids(*pair)}
    return [row for row in (*weak, *claims) if evidence_id(row) not in voided]


def _ids(record_id: int | None, reading_id: int | None) -> list[str]:
    return [f"c{record_id}"] * (record_id is not None) + [f"r{reading_id}"] * (reading_id is not None)


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
