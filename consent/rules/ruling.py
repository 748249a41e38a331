"""Precedence: which revocation still stands, which consent remains, and the status that follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.ledger import EARLIEST, Basis, Evidence, Policy, ProgramTerms
from consent.rules.agreed import GRANTED_BY, REVOKED_BY, Reason
from consent.rules.codes import Status
from consent.rules.weigh import (
    EXPLICIT,
    Case,
    Claim,
    answers_prompt,
    certainly_later,
    defeats,
    earliest,
)


@dataclass(slots=True)
class Ruling:
    """The status, and what stood and fell on the way to it."""

    status: Status
    reason: Reason
    deciding: list[Evidence]  # the weightiest first
    grants: list[Claim]  # with the YESes that count
    standing: list[Claim]  # revocations that no grant ended
    stray_yeses: list[Claim]
    changes_at: datetime | None = None  # when time alone changes status or findings
    window_over: bool = False  # the time for the double opt-in has passed


def rule(case: Case, program: ProgramTerms, policy: Policy, now: datetime) -> Ruling:
    """Weigh revocations against grants. Silence wins every doubt."""
    grants = case.grants
    stray: list[Claim] = []
    standing = _standing(case.revocations, grants, policy) if case.revocations else []
    if case.yeses:
        counted, stray = _hear_yeses(case, standing, program)
        if counted:
            grants = grants + counted
            standing = _standing(standing, grants, policy)
    if standing:
        return _out(grants, standing, stray)
    if not grants:
        return _without_grant(case, stray)
    return _by_grant(case, grants, stray, program, now)


def _standing(revocations: list[Claim], grants: list[Claim], policy: Policy) -> list[Claim]:
    return [r for r in revocations if not any(defeats(g, r, policy) for g in grants)]


def _hear_yeses(case: Case, standing: list[Claim], program: ProgramTerms) -> tuple[list[Claim], list[Claim]]:
    """The YESes that count as consent from the handset, and those that answer nothing of ours."""
    explicit = [r for r in standing if r.strength == EXPLICIT]
    counted, stray = [], []
    for yes in case.yeses:
        if not answers_prompt(yes, case.grants, program):
            stray.append(yes)
        elif not explicit:
            counted.append(yes)
        elif not all(certainly_later(r, yes) for r in explicit):
            stray.append(yes)  # from a contact who had said STOP
        # else: it was good when it was said, and the STOP came after it
    return counted, stray


def _out(grants: list[Claim], standing: list[Claim], stray: list[Claim]) -> Ruling:
    standing.sort(key=_weight_then_time, reverse=True)
    top = standing[0]
    status = Status.OPTED_OUT if top.strength == EXPLICIT else Status.OPTED_OUT_PRESUMED
    reason = REVOKED_BY[top.evidence.kind]
    deciding = [r.evidence for r in standing]
    if top.strength == EXPLICIT:
        # Only forms and documents can be later than all of these: a message from the phone would have ended them.
        renewed = [g for g in grants if all(certainly_later(g, r) for r in standing)]
        if renewed:
            status, reason = Status.PENDING, Reason.NEEDS_HANDSET_START
            deciding.append(max(renewed, key=_time).evidence)
    return Ruling(status, reason, deciding, grants, standing, stray)


def _without_grant(case: Case, stray: list[Claim]) -> Ruling:
    deciding: list[Evidence] = []
    if case.weak:
        reason = Reason.UNPROVEN
        deciding = sorted(case.weak, key=lambda e: e.id)
    elif case.boundary is not None:
        reason = Reason.NUMBER_REASSIGNED
        deciding = [case.boundary.evidence]
    else:
        reason = Reason.NONE
    return Ruling(Status.NO_CONSENT, reason, deciding, [], [], stray)


def _by_grant(
    case: Case,
    grants: list[Claim],
    stray: list[Claim],
    program: ProgramTerms,
    now: datetime,
) -> Ruling:
    latest = grants[0] if len(grants) == 1 else max(grants, key=_time)
    grant = latest.evidence
    ruling = Ruling(Status.OPTED_IN, GRANTED_BY.get(grant.kind, Reason.HANDSET), [grant], grants, [], stray)
    if program.double_opt_in and not any(_confirms(g, case.revocations) for g in grants):
        ruling.status, ruling.reason = Status.PENDING, Reason.DOUBLE_OPT_IN
        end = _after(latest, program.double_opt_in_days)
        ruling.window_over = now > end
        ruling.changes_at = None if ruling.window_over else end + _MOMENT
        return ruling
    limits = _limits(latest, program)
    if limits:
        end, reason = min(limits)
        if now >= end:
            ruling.status, ruling.reason = Status.EXPIRED, reason
        else:
            ruling.changes_at = end
    return ruling


def _limits(grant: Claim, program: ProgramTerms) -> list[tuple[datetime, Reason]]:
    """When the consent runs out, and why."""
    limits = []
    implied_until = grant.evidence.implied_until
    if grant.evidence.basis is Basis.IMPLIED or implied_until is not None:
        # Implied consent always has an end; where nobody recorded it, it cannot be relied on.
        limits.append((implied_until or EARLIEST, Reason.IMPLIED))
    if program.ttl_days is not None:
        limits.append((_after(grant, program.ttl_days), Reason.TTL))
    return limits


_MOMENT = timedelta(microseconds=1)


def _confirms(grant: Claim, revocations: list[Claim]) -> bool:
    """Whether it is a message from the phone that came after everything the person took back."""
    return grant.strength == EXPLICIT and all(certainly_later(grant, r) for r in revocations)


def _after(grant: Claim, days: int) -> datetime:
    """So many days after the consent began, counted from the earliest it can have been."""
    try:
        return earliest(grant) + timedelta(days=days)
    except OverflowError:
        return grant.evidence.received_at


def _time(claim: Claim) -> tuple[datetime, datetime, int, str]:
    return claim.lo, claim.hi, claim.strength, claim.evidence.id


def _weight_then_time(claim: Claim) -> tuple[int, datetime, datetime, str]:
    return claim.strength, claim.hi, claim.lo, claim.evidence.id
