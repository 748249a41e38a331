"""What is wrong in the ledger itself, whatever the systems believe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consent.ledger import (
    EARLIEST,
    Doubt,
    Evidence,
    Kind,
    Policy,
    ProgramTerms,
    WordingState,
    doubt_of,
    interval,
)
from consent.rules.agreed import Reason
from consent.rules.codes import Code, Severity, Status
from consent.rules.findings import Finding, Plain, found
from consent.rules.ruling import Ruling
from consent.rules.weigh import EXPLICIT, HEARSAY, NOTHING, Case, Claim, certainly_later, may_overlap


def doubts(case: Case, ruling: Ruling, program: ProgramTerms, policy: Policy) -> list[Finding]:
    """Findings that need no system's belief, in no particular order."""
    findings: list[Finding] = []
    if ruling.standing:
        findings.extend(_of_revocations(case, ruling, policy))
    elif ruling.status is Status.NO_CONSENT or ruling.status is Status.EXPIRED:
        findings.extend(_of_missing_consent(case, ruling, program))
    if case.boundary is not None and not ruling.grants:
        findings.append(_number_reassigned(case, case.boundary.evidence))
    if ruling.stray_yeses:
        findings.append(_ambiguous_yes(ruling))
    if case.unclear:
        first = min(case.unclear, key=lambda e: e.id)
        findings.append(found(Code.UNCLEAR_REPLY, about(first), evidence=_sorted(case.unclear)))
    if ruling.window_over:
        findings.append(_doi_stale(ruling.deciding[0], program))
    suspects = _suspects(case, ruling, policy)
    if suspects:
        findings.append(_timestamp_suspect(suspects))
    return findings


def about(record: Evidence, prefix: str = "") -> dict[str, Plain]:
    """What a sentence needs of a record, as plain values."""
    at = record.occurred_at
    return {
        f"{prefix}act": record.act.value,
        f"{prefix}kind": record.kind.value,
        f"{prefix}at": at.isoformat() if at else None,
        f"{prefix}precision": record.precision.value,
        f"{prefix}received_at": record.received_at.isoformat(),
        f"{prefix}sender": record.sender,
    }


def _of_revocations(case: Case, ruling: Ruling, policy: Policy) -> Iterator[Finding]:
    standing = ruling.standing
    overlaps = [(r, g) for r in standing for g in ruling.grants + case.timeless if may_overlap(g, r)]
    if overlaps:
        yield _order_ambiguous(overlaps)
    explicit = [r for r in standing if r.strength == EXPLICIT]
    if explicit:
        attempts = _override_attempts(case, explicit, policy)
        if attempts:
            yield _stop_override(attempts, explicit)
    in_words = _ids(r for r in standing if r.evidence.kind is Kind.FREETEXT)
    if in_words:
        yield _with_fact(Code.FREETEXT_REVOCATION, in_words, standing)
    if all(r.strength == HEARSAY for r in standing):
        yield _with_fact(Code.UNEVIDENCED_OPT_OUT, _ids(standing), standing)
    missed = [r for r in standing if r.evidence.kind is Kind.KEYWORD and r.evidence.provider_acted is False]
    if missed:
        yield _with_fact(Code.PER_SE_KEYWORD_MISSED, _ids(missed), missed)
    blocks = [r for r in standing if r.evidence.kind is Kind.CARRIER]
    if blocks and all(r.evidence.kind is Kind.CARRIER or r.strength == HEARSAY for r in standing):
        yield found(Code.CARRIER_BLOCK, about(blocks[0].evidence, "block_"), evidence=_ids(blocks))


def _of_missing_consent(case: Case, ruling: Ruling, program: ProgramTerms) -> Iterator[Finding]:
    if case.leaked:
        params: dict[str, Plain] = {"named": None, "program": program.code}
        yield found(Code.PROGRAM_SCOPE_LEAK, params, evidence=_sorted(case.leaked))
    if case.bad_wording:
        prechecked = any(e.wording is WordingState.PRECHECKED for e in case.bad_wording)
        yield found(
            Code.WORDING_MISMATCH,
            {"wording": (WordingState.PRECHECKED if prechecked else WordingState.UNKNOWN).value},
            evidence=_sorted(case.bad_wording),
            severity=Severity.S2 if prechecked else Severity.S3,
        )
    imported = [e for e in case.weak if e.kind is Kind.IMPORT]
    if imported and ruling.reason is Reason.UNPROVEN:
        yield found(Code.IMPORT_NO_EVIDENCE, evidence=_sorted(imported))


def _order_ambiguous(overlaps: list[tuple[Claim, Claim]]) -> Finding:
    involved = {claim.evidence.id for pair in overlaps for claim in pair}
    revocation, grant = min(overlaps, key=lambda pair: (pair[0].evidence.id, pair[1].evidence.id))
    return found(
        Code.ORDER_AMBIGUOUS,
        about(revocation.evidence) | about(grant.evidence, "other_"),
        evidence=tuple(involved),
    )


def _override_attempts(case: Case, explicit: list[Claim], policy: Policy) -> list[Evidence]:
    """Staff acts that would end a STOP if anybody let them. An approved artefact leads to PENDING instead."""
    standing_ids = {r.evidence.id for r in explicit}
    voids = [void for void, stop in case.resisted_voids if stop.id in standing_ids]
    acts = [
        e
        for e in case.weak
        if (e.kind is Kind.STAFF or e.kind is Kind.ARTEFACT)
        and any(_not_before(Claim(*interval(e, policy), NOTHING, e), r) for r in explicit)
    ]
    return voids + acts


def _not_before(act: Claim, revocation: Claim) -> bool:
    if revocation.lo == EARLIEST:
        return act.hi >= revocation.hi  # without a time, the revocation is as late as its arrival
    return not certainly_later(revocation, act)


def _stop_override(attempts: list[Evidence], explicit: list[Claim]) -> Finding:
    first = min(attempts, key=lambda e: e.id)
    ids = {e.id for e in attempts} | {explicit[0].evidence.id}
    return found(
        Code.STOP_OVERRIDE_ATTEMPT,
        about(explicit[0].evidence) | about(first, "attempt_"),
        evidence=tuple(ids),
    )


def _number_reassigned(case: Case, boundary: Evidence) -> Finding:
    ended = case.ended_by_boundary
    return found(
        Code.NUMBER_REASSIGNED,
        about(boundary, "boundary_") | {"ended": len(ended)},
        evidence=(boundary.id, *_sorted(ended)),
    )


def _ambiguous_yes(ruling: Ruling) -> Finding:
    first = min((y.evidence for y in ruling.stray_yeses), key=lambda e: e.id)
    stopped = any(r.strength == EXPLICIT for r in ruling.standing)
    return found(
        Code.AMBIGUOUS_YES,
        about(first, "said_") | {"doubt": "stopped" if stopped else "no_prompt"},
        evidence=_ids(ruling.stray_yeses),
    )


def _doi_stale(grant: Evidence, program: ProgramTerms) -> Finding:
    return found(Code.DOI_STALE, about(grant) | {"days": program.double_opt_in_days}, evidence=(grant.id,))


def _suspects(case: Case, ruling: Ruling, policy: Policy) -> list[tuple[Evidence, Doubt]]:
    """Records whose doubtful time bears on the status. Where consent stands, only the time behind it does."""
    if ruling.status is Status.OPTED_IN:
        concerned: Iterable[Evidence] = ruling.deciding
    else:
        boundary = [case.boundary] if case.boundary else []
        claims = case.revocations + ruling.grants + case.timeless + ruling.stray_yeses + boundary
        concerned = [claim.evidence for claim in claims]
    return [(e, doubt) for e in concerned if (doubt := doubt_of(e, policy))]


def _timestamp_suspect(suspects: list[tuple[Evidence, Doubt]]) -> Finding:
    first, doubt = min(suspects, key=lambda suspect: suspect[0].id)
    ids = {e.id for e, _ in suspects}
    return found(Code.TIMESTAMP_SUSPECT, about(first) | {"doubt": doubt.value}, evidence=tuple(ids))


def _with_fact(code: Code, ids: tuple[str, ...], claims: list[Claim]) -> Finding:
    return found(code, about(claims[0].evidence), evidence=ids)


def _ids(claims: Iterable[Claim]) -> tuple[str, ...]:
    return tuple(claim.evidence.id for claim in claims)


def _sorted(records: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(sorted(e.id for e in records))
