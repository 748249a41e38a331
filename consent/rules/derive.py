"""Who may be texted: from the records of one number to its agreed status under one program."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from consent.ledger import ALL_PROGRAMS, Act, Belief, Evidence, Kind, Policy, ProgramTerms
from consent.rules.agreed import NO_BACKGROUND, Agreed, Background, Silence
from consent.rules.codes import Status
from consent.rules.doubts import doubts
from consent.rules.findings import Finding
from consent.rules.mismatches import compare
from consent.rules.overdue import watch_time
from consent.rules.ruling import Ruling, rule
from consent.rules.weigh import EXPLICIT, Case, Claim, collect, defeats, earliest


def derive(
    program: ProgramTerms,
    evidence: Sequence[Evidence],
    beliefs: Sequence[Belief],
    policy: Policy,
    now: datetime,
) -> Agreed:
    """The agreed status with all that is wrong, in the ledger itself and in what the systems believe."""
    agreed = agree(program, evidence, policy, now)
    return watch_time(with_findings(agreed, compare(agreed, beliefs, program)), beliefs, policy, now)


def agree(program: ProgramTerms, evidence: Sequence[Evidence], policy: Policy, now: datetime) -> Agreed:
    """The agreed status and what is wrong in the ledger itself. The order of the records does not matter."""
    case = collect(program, evidence, policy, now)
    ruling = rule(case, program, policy, now)
    findings = doubts(case, ruling, program, policy)
    return Agreed(
        status=ruling.status,
        reason=ruling.reason,
        decided_by=tuple([e.id for e in ruling.deciding]),
        recheck_at=_recheck_at(case, ruling),
        findings=_sorted(findings) if findings else (),
        notes=_notes(case, ruling, policy),
        deciding=tuple(ruling.deciding),
        background=_background(case, ruling, program, policy),
    )


def with_findings(agreed: Agreed, mismatches: tuple[Finding, ...]) -> Agreed:
    """The same agreed status with the systems' mismatches added to its findings."""
    if not mismatches:
        return agreed
    return Agreed(
        status=agreed.status,
        reason=agreed.reason,
        decided_by=agreed.decided_by,
        recheck_at=agreed.recheck_at,
        findings=_sorted([*agreed.findings, *mismatches]),
        notes=agreed.notes,
        deciding=agreed.deciding,
        background=agreed.background,
    )


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    """Worst first."""
    return tuple(sorted(findings, key=Finding.by_harm))


def _recheck_at(case: Case, ruling: Ruling) -> datetime | None:
    if case.widens_at is None or ruling.changes_at is None:
        return case.widens_at or ruling.changes_at
    return min(case.widens_at, ruling.changes_at)


def _background(case: Case, ruling: Ruling, program: ProgramTerms, policy: Policy) -> Background:
    elsewhere = case.elsewhere if ruling.status is Status.NO_CONSENT else []
    if not case.revocations and not elsewhere:
        return NO_BACKGROUND
    revocations = sorted(case.revocations, key=_received) if len(case.revocations) > 1 else case.revocations
    standing = [claim.evidence for claim in ruling.standing]
    return Background(
        silences=tuple([_silence(r, ruling.grants, policy) for r in revocations]),
        stop_on_record=any(_is_persons_own(claim.evidence) for claim in revocations),
        blocks=tuple([e for e in standing if e.kind is _CARRIER]),
        stop_all=tuple([e for e in standing if e.program == ALL_PROGRAMS and _is_from_elsewhere(e, program)]),
        elsewhere=tuple(sorted(elsewhere, key=lambda e: e.id)) if elsewhere else (),
    )


_CARRIER = Kind.CARRIER


def _received(claim: Claim) -> tuple[datetime, str]:
    return claim.evidence.received_at, claim.evidence.id


def _silence(revocation: Claim, grants: list[Claim], policy: Policy) -> Silence:
    ends = [earliest(g) for g in grants if defeats(g, revocation, policy)]
    return Silence(revocation.evidence, revocation.evidence.received_at, min(ends, default=None))


def _is_persons_own(record: Evidence) -> bool:
    return record.act is Act.REVOKE and record.kind is not _CARRIER


def _is_from_elsewhere(stop_all: Evidence, program: ProgramTerms) -> bool:
    """Whether it would not reach this program if it had been a mere STOP."""
    return stop_all.kind is Kind.KEYWORD and stop_all.sender not in program.senders


def _notes(case: Case, ruling: Ruling, policy: Policy) -> tuple[str, ...]:
    notes = []
    if case.boundary is not None:
        notes.append("What was recorded before the number changed hands was left out.")
    if case.waiting_voids:
        notes.append("A void by one person is waiting for a second one; until then it changes nothing.")
    if policy.form_defeats_stop and _form_ended_stop(case, ruling, policy):
        notes.append("A later form ended a STOP, because the organisation's policy allows it.")
    if case.widens_at is not None:
        notes.append(
            f"From {case.widens_at:%Y-%m-%d} on, a revocation sent to another sender counts here too."
        )
    return tuple(notes)


def _form_ended_stop(case: Case, ruling: Ruling, policy: Policy) -> bool:
    ended = [r for r in case.revocations if r.strength == EXPLICIT and r not in ruling.standing]
    return any(
        not any(g.strength == EXPLICIT and defeats(g, r, policy) for g in ruling.grants) for r in ended
    )
