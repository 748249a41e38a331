"""A reviewer's decision: checked against what the page showed, documented, and applied or proposed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Q

from backoffice import audit
from backoffice.models import IllegalMove
from consent import bulk, propagate
from consent.correct.choice import (
    Choice,
    NothingToWrite,
    Refused,
    Seen,
    StopStands,
    Subject,
    check_complete,
    details_of,
)
from consent.correct.lines import lines_of, lines_of_choice, lock, same_question, take_in_news
from consent.correct.outlook import Pair, pairs_of, statuses, steps_of
from consent.correct.records import add_to_ledger
from consent.correct.stop import guard_stop, record_attempt
from consent.judgements import ABOUT_ALL_SYSTEMS, ABOUT_SETTINGS, JUDGEMENTS, PUT_ASIDE
from consent.models import AgreedStatus, Correction, Decision, Flag, Hold, StaleFlag, WriteBack
from consent.propagate import Step
from consent.reconcile import reconcile_numbers
from consent.rules import Code, Status


def decide(
    subject: Subject, choice: Choice, *, by: User, token: str, seen: Seen | None, now: datetime
) -> Correction:
    """Take a decision. The same form again (`token`) returns the decision that it made.

    Raises Refused and its kinds with nothing changed (an attempt against a STOP is recorded), StaleFlag when
    the flag or its evidence is not what `seen` says."""
    earlier = of_form(token, by)
    if earlier is not None:
        return earlier
    check_complete(choice, now)
    take_in_news(lines_of_choice(subject, choice), now)
    try:
        with transaction.atomic():
            return _decide(subject, choice, by=by, token=token, seen=seen, now=now)
    except StopStands:
        record_attempt(subject, choice, by=by, now=now)
        raise
    except IllegalMove as problem:
        raise Refused(str(problem)) from problem
    except IntegrityError:
        earlier = of_form(token, by)  # a double click: the other request was faster
        if earlier is None:
            raise
        return earlier


def of_form(token: str, by: User) -> Correction | None:
    return Correction.objects.filter(token=token, decided_by=by).first()


def _decide(
    subject: Subject, choice: Choice, *, by: User, token: str, seen: Seen | None, now: datetime
) -> Correction:
    lock(lines_of_choice(subject, choice), now)
    flag = _as_seen(subject.flag, seen)
    subject = subject._replace(flag=flag)
    if subject.number is None and choice.decision not in {Decision.WAIVE, Decision.ESCALATE}:
        raise Refused("This flag is about a whole file; decide about single numbers from their own flags.")
    guard_stop(subject, choice)
    correction = _document(subject, choice, by=by, token=token, now=now)
    if choice.needs_two:
        _propose(correction, by)
    else:
        apply(correction, subject, now)
    audit.record(
        by,
        f"correction.{'propose' if choice.needs_two else 'apply'}",
        correction,
        reason=choice.words,
        decision=choice.decision.value,
        code=choice.reason.code,
        flag=flag.pk if flag else None,
        write_backs=correction.write_backs.count(),
    )
    return correction


def _as_seen(flag: Flag | None, seen: Seen | None) -> Flag | None:
    if flag is None:
        return None
    now_is = (
        Flag.objects.select_for_update(of=("self",))
        .select_related("number", "program", "system")
        .get(pk=flag.pk)
    )
    if seen is None or now_is.version != seen.version or now_is.fingerprint != seen.fingerprint:
        raise StaleFlag(now_is)
    if now_is.status not in Flag.TO_REVIEW:
        raise StaleFlag(now_is)
    if now_is.corrections.filter(status=Correction.Status.PROPOSED).exists():
        raise Refused("A decision on this flag waits for its second person; settle that one first.")
    return now_is


def _document(subject: Subject, choice: Choice, *, by: User, token: str, now: datetime) -> Correction:
    correction = Correction(
        number=subject.number,
        program=subject.program,
        token=token,
        decision=choice.decision,
        status=Correction.Status.PROPOSED if choice.needs_two else Correction.Status.APPLIED,
        reason=choice.reason,
        words=choice.words.strip(),
        proof_link=choice.proof_link,
        details=details_of(choice),
        decided_by=by,
        decided_at=now,
    )
    if choice.proof is not None:
        correction.proof_sha256 = sha256_of(choice.proof)
        correction.proof.save(_stored_name(choice.proof, correction.proof_sha256), choice.proof, save=False)
    correction.save()
    if subject.flag is not None:
        same = same_question(subject.flag) if choice.decision not in PUT_ASIDE else []
        correction.flags.add(subject.flag, *same)
    return correction


def sha256_of(file: File[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _stored_name(file: File[bytes], sha256: str) -> str:
    """Ours, never the one that was sent; the ending says how to open it."""
    ending = (file.name or "").rsplit(".", 1)[-1].lower() if "." in (file.name or "") else "bin"
    return f"{sha256[:24]}.{ending}"


def _propose(correction: Correction, by: User) -> None:
    for flag in correction.flags.exclude(status=Flag.Status.IN_REVIEW).order_by("pk"):
        flag.move(
            Flag.Status.IN_REVIEW, by=by, note=f"{correction}: waits for a second person.", lease_until=None
        )


def apply(correction: Correction, subject: Subject, now: datetime) -> None:
    by, flag = correction.second_by or correction.decided_by, subject.flag
    if correction.decision == Decision.WAIVE:
        _set_aside(
            flag,
            Flag.Status.WAIVED,
            correction,
            by,
            waived_until=datetime.fromisoformat(correction.details["until"]),
        )
    elif correction.decision == Decision.ESCALATE:
        _set_aside(flag, Flag.Status.ESCALATED, correction, by, assignee_id=correction.details["to"])
    else:
        lines = lines_of(correction)
        before = statuses(lines)
        add_to_ledger(correction, now)
        if correction.record_id is not None:
            reconcile_numbers(lines, now=now)
        after = statuses(lines)
        about = list(correction.flags.order_by("pk"))
        steps = steps_of(correction, lines, before, after, pairs_of(about))
        _replace_outdated(correction, lines, after)
        permits_at = now + timedelta(seconds=settings.UNDO_SECONDS)
        propagate.plan(correction, steps, now=now, permits_at=permits_at)
        _move_flags(correction, about, steps, by, now)


def _set_aside(flag: Flag | None, to: Flag.Status, correction: Correction, by: User, **changes: Any) -> None:
    if flag is None:
        raise Refused("There is no flag to put aside.")
    flag.move(to, by=by, note=correction.words, lease_until=None, snoozed_until=None, **changes)
    if flag.number_id is not None:
        bulk.touch([flag.number_id])  # others may have waited for this


def _replace_outdated(correction: Correction, lines: Sequence[int], after: Mapping[Pair, Status]) -> None:
    """Corrections that have not left and no longer say what is agreed are replaced by this decision."""
    programs = {program for _, program in after}
    propagate.supersede(
        lines,
        programs,
        lambda number, program: after.get((number, program), Status.NO_CONSENT),
        note=f"Replaced by decision {correction.pk}.",
    )


def _move_flags(
    correction: Correction, about: Sequence[Flag], steps: Sequence[Step], by: User, now: datetime
) -> None:
    """The flags decided on, and those about values that are being written, go their way."""
    decided = {flag.pk for flag in about}
    written: dict[Pair, set[int]] = defaultdict(set)
    for step in steps:
        written[step.number.pk, step.program.pk].add(step.system.pk)
    for other in _open_flags(set(written), decided):
        pair = (other.number_id, other.program_id)
        systems = written[pair]  # type: ignore[index]
        touched = (
            other.system_id in systems or (bool(systems) and other.code in ABOUT_ALL_SYSTEMS)
        ) and other.code not in JUDGEMENTS | ABOUT_SETTINGS
        if other.pk in decided:
            _move_decided(correction, other, bool(systems), by, now)
        elif touched and not other.corrections.filter(status=Correction.Status.PROPOSED).exists():
            correction.flags.add(other)
            other.move(
                Flag.Status.CORRECTING, by=by, note=f"{correction}: written with it.", lease_until=None
            )


def _open_flags(pairs: set[Pair], decided: set[int]) -> list[Flag]:
    wanted = Q(pk__in=decided)
    for number_id, program_id in pairs:
        wanted |= Q(number=number_id, program=program_id)
    return list(Flag.objects.filter(wanted, status__in=Flag.TO_REVIEW).order_by("pk"))


def _move_decided(correction: Correction, flag: Flag, is_written: bool, by: User, now: datetime) -> None:
    on_its_way = WriteBack.objects.unsettled().filter(number=flag.number_id, program=flag.program_id)
    if flag.code not in ABOUT_ALL_SYSTEMS:
        on_its_way = on_its_way.filter(system=flag.system_id)
    said = f"{correction}: {correction.reason.label}. {correction.words}".strip()
    if is_written:
        flag.move(Flag.Status.CORRECTING, by=by, note=said, lease_until=None)
    elif flag.code in JUDGEMENTS:
        _check_judgement(correction, flag)
        flag.move(Flag.Status.CLOSED, by=by, note=said, lease_until=None, closed_at=now)
        Hold.objects.open().filter(flag=flag).update(released_at=now)
    elif (flag.system_id is not None or flag.code in ABOUT_ALL_SYSTEMS) and on_its_way.exists():
        for earlier in Correction.objects.filter(write_backs__in=on_its_way).distinct():
            earlier.flags.add(flag)
        flag.move(Flag.Status.CORRECTING, by=by, note=f"{said} It is on its way already.", lease_until=None)
    elif correction.decision == Decision.ALIGN:
        raise NothingToWrite(
            "Every system that can be written to says what is agreed already, so writing would not settle "
            "this. Log what you learned, waive it with a date, or escalate it."
        )


def _check_judgement(correction: Correction, flag: Flag) -> None:
    """Settling a doubt where consent stands lets messages go out again: that is explained, and a reply that may
    have been a refusal is not waved through by one person."""
    agreed = AgreedStatus.objects.filter(number=flag.number_id, program=flag.program_id).first()
    if correction.decision != Decision.ALIGN or agreed is None or agreed.status != Status.OPTED_IN:
        return
    if flag.code == Code.UNCLEAR_REPLY:
        raise Refused(
            "Messages would go out again to someone whose reply nobody understood. Log the revocation if it was "
            "one; if it was not, void the reply with a second person."
        )
    if not correction.words:
        raise Refused("Messages will go out again after this; say in a sentence why that is right.")
