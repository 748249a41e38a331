"""Taking a decision back while nothing of it has left the house."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from backoffice import audit
from backoffice.access import can
from consent.correct.choice import Refused, TooLate
from consent.correct.lines import lines_of, lock
from consent.correct.second import proposed, settle
from consent.ledger import Act, Kind, Precision
from consent.models import ConsentRecord, Correction, Decision, Flag, Hold, WriteBack
from consent.reconcile import reconcile_numbers


def can_undo(correction: Correction, by: User) -> bool:
    """Whether `undo` would work for this person now; the page asks before it shows the button."""
    return not _why_not_undo(correction, by)


def undo(correction_id: int, *, by: User, now: datetime) -> Correction:
    """Take a decision back while nothing of it has left the house. What was added to the ledger stays
    there and is answered by another record. Undoing twice changes nothing more. Raises TooLate, Refused."""
    try:
        with transaction.atomic():
            return _undo(correction_id, by=by, now=now)
    except IntegrityError as problem:
        raise TooLate("The same thing was flagged again meanwhile; decide on the new flag.") from problem


def _undo(correction_id: int, *, by: User, now: datetime) -> Correction:
    unlocked = Correction.objects.select_related("number").get(pk=correction_id)
    lines = lines_of(unlocked)
    lock(lines, now)
    correction = proposed(correction_id)
    if correction.status == Correction.Status.UNDONE:
        return correction
    why_not = _why_not_undo(correction, by)
    if why_not is not None:
        raise why_not
    correction.write_backs.filter(status__in=[WriteBack.Status.PENDING, WriteBack.Status.PARKED]).update(
        status=WriteBack.Status.CANCELLED, settled_at=now, note="Undone before it left."
    )
    settle(correction, Correction.Status.UNDONE)
    _answer(correction, by, now)
    for flag in correction.flags.exclude(status__in=[Flag.Status.OPEN, Flag.Status.IN_REVIEW]).order_by("pk"):
        flag.move(Flag.Status.OPEN, by=by, note=f"{correction}: undone.", waived_until=None, closed_at=None)
        Hold.objects.filter(flag=flag).update(released_at=None)
    if lines:
        reconcile_numbers(lines, now=now)
    audit.record(by, "correction.undo", correction)
    return correction


def _why_not_undo(correction: Correction, by: User) -> Refused | None:
    mine = by.pk in {correction.decided_by_id, correction.second_by_id}
    if correction.status != Correction.Status.APPLIED:
        return TooLate(f"This decision is “{correction.get_status_display()}”.")
    if not mine and not can(by, "consent.approve_correction"):
        return Refused("Only who decided, or a supervisor, takes a decision back.")
    if correction.decision == Decision.REVOKE:
        return Refused(
            "A revocation that was logged stays: nobody is texted by mistake because of it. If it was logged "
            "for the wrong number, propose to void it with a second person, or have the person text START."
        )
    if correction.write_backs.filter(sent_at__isnull=False).exists():
        return TooLate("A system has been given this correction already; take a new decision instead.")
    return None


def _answer(correction: Correction, by: User, now: datetime) -> None:
    """Records are never taken away: a consent is declared mistaken, a voided revocation is logged again."""
    record = correction.record
    if record is None:
        return
    answer = ConsentRecord(
        number_id=correction.number_id,
        program_id=record.program_id,
        for_all_programs=record.for_all_programs,
        act=Act.VOID,
        kind=Kind.STAFF,
        occurred_at=now,
        precision=Precision.SECOND,
        received_at=now,
        voids=record,
        words=f"Decision {correction.pk} was undone.",
        recorded_by=by,
        source_event_id=f"undo-{correction.pk}",
    )
    if correction.decision == Decision.VOID:
        target = record.voids or record.voids_reading
        assert target is not None
        answer.voids = None
        answer.act, answer.kind = Act.ASSERT_OUT, Kind.STAFF
        if isinstance(target, ConsentRecord):
            answer.act, answer.kind = target.act, target.kind
            answer.occurred_at, answer.precision = target.occurred_at, target.precision
            answer.program_id, answer.for_all_programs = target.program_id, target.for_all_programs
            answer.sender, answer.clarification = target.sender, target.clarification
        else:
            answer.occurred_at, answer.precision = target.claimed_at, target.claimed_precision
    answer.save()
