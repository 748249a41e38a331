"""The second person: another one, who looks at the evidence as it is now."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from backoffice.access import can
from backoffice.models import IllegalMove
from consent.correct.choice import Choice, Moment, Refused, SamePerson, StopStands, Subject, TooLate
from consent.correct.decide import apply
from consent.correct.lines import lines_of, lock, take_in_news
from consent.correct.stop import guard_stop, record_attempt
from consent.ledger import Precision
from consent.models import AgreedStatus, Correction, Decision, Flag, StaleFlag, Wording


def mark_of(correction: Correction) -> str:
    """Changes when the agreed status or what decided it changes: what the second person's page showed."""
    agreed = AgreedStatus.objects.filter(number=correction.number_id, program=correction.program_id).first()
    said = [agreed.status, agreed.reason, *agreed.decided_by] if agreed else []
    return hashlib.sha256("|".join(said).encode()).hexdigest()[:16]


def approve(correction_id: int, *, by: User, words: str, mark: str, now: datetime) -> Correction:
    """The second person agrees: the decision is applied as proposed. Approving twice changes nothing more.

    Raises SamePerson, TooLate, StopStands, StaleFlag when the evidence is not what `mark` says."""
    take_in_news(lines_of(Correction.objects.select_related("number").get(pk=correction_id)), now)
    try:
        with transaction.atomic():
            return _approve(correction_id, by=by, words=words, mark=mark, now=now)
    except StopStands:
        correction = Correction.objects.select_related("number", "program", "reason").get(pk=correction_id)
        record_attempt(Subject(correction.number, correction.program), choice_of(correction), by=by, now=now)
        raise
    except IllegalMove as problem:
        raise Refused(str(problem)) from problem


def _approve(correction_id: int, *, by: User, words: str, mark: str, now: datetime) -> Correction:
    lock(lines_of(Correction.objects.select_related("number").get(pk=correction_id)), now)
    correction = proposed(correction_id)
    if correction.status == Correction.Status.APPLIED and correction.second_by_id == by.pk:
        return correction
    if correction.status != Correction.Status.PROPOSED:
        raise TooLate(f"This decision is “{correction.get_status_display()}” already.")
    if correction.decided_by_id == by.pk:
        raise SamePerson("You proposed this decision; another person has to agree to it.")
    if not can(by, "consent.approve_correction"):
        raise Refused("Your role cannot be the second person of a decision.")
    if mark != mark_of(correction):
        raise StaleFlag(correction)
    assert correction.number is not None
    assert correction.program is not None
    flag = correction.flags.select_related("number", "program", "system").order_by("pk").first()
    guard_stop(Subject(correction.number, correction.program, flag), choice_of(correction))
    settle(correction, Correction.Status.APPLIED, second_by=by, second_at=now, second_words=words.strip())
    apply(correction, Subject(correction.number, correction.program, flag), now)
    audit.record(
        by,
        "correction.approve",
        correction,
        reason=words.strip(),
        by_first=correction.decided_by_id,
        write_backs=correction.write_backs.count(),
    )
    return correction


def proposed(correction_id: int) -> Correction:
    return (
        Correction.objects.select_for_update(of=("self",))
        .select_related("number", "program", "reason", "decided_by")
        .get(pk=correction_id)
    )


def settle(correction: Correction, to: Correction.Status, **changes: Any) -> None:
    """Move a decision on. Raises TooLate when another request did since it was read."""
    if not correction.move(to, **changes):
        raise TooLate("Somebody settled this decision a moment ago; load the page again.")


def choice_of(correction: Correction) -> Choice:
    """What was chosen, as it was put on record."""
    details = correction.details
    at = details.get("at")
    return Choice(
        decision=Decision(correction.decision),
        reason=correction.reason,
        words=correction.words,
        proof_link=correction.proof_link,
        moment=Moment(
            datetime.fromisoformat(at) if at else None,
            Precision(details.get("precision", Precision.SECOND)),
            details.get("time_text", ""),
            details.get("zone", ""),
        ),
        channel=details.get("channel", ""),
        reference=details.get("reference", ""),
        said=details.get("said", ""),
        for_all_programs=details.get("for_all_programs", True),
        for_whole_person=details.get("for_whole_person", False),
        wording=Wording.objects.filter(pk=details.get("wording")).first(),
        voids=details.get("voids", ""),
    )


@transaction.atomic
def refuse(correction_id: int, *, by: User, words: str, now: datetime) -> Correction:
    """The second person does not agree, or the author takes it back. The flag waits for a decision again.

    Raises TooLate, Refused without words or right."""
    correction = proposed(correction_id)
    withdrawn = correction.decided_by_id == by.pk
    if correction.status != Correction.Status.PROPOSED:
        raise TooLate(f"This decision is “{correction.get_status_display()}” already.")
    if not withdrawn and not can(by, "consent.approve_correction"):
        raise Refused("Your role cannot be the second person of a decision.")
    if not withdrawn and not words.strip():
        raise Refused("Say why you do not agree; the author will read it.")
    said = words.strip() or "Withdrawn by its author."
    second = {} if withdrawn else {"second_by": by, "second_at": now}
    settle(correction, Correction.Status.REFUSED, second_words=said, **second)
    for flag in correction.flags.filter(status=Flag.Status.IN_REVIEW):
        flag.move(Flag.Status.OPEN, by=by, note=said, assignee_id=correction.decided_by_id)
    verb = "correction.withdraw" if withdrawn else "correction.refuse"
    audit.record(by, verb, correction, reason=said)
    return correction
