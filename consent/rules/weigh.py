"""Which records speak about a program, how far each reaches and how much it weighs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from consent.ledger import (
    ALL_PROGRAMS,
    EARLIEST,
    Act,
    Clarification,
    Evidence,
    Kind,
    Policy,
    Precision,
    ProgramTerms,
    Scope,
    WordingState,
    has_usable_time,
    interval,
    order,
)

EXPLICIT = 3  # from the handset, or a revocation nobody can misread
STATED = 2  # a person's act that leaves room for doubt
HEARSAY = 1  # a system says "out"
NOTHING = 0

# A message from the phone proves who holds it; the others prove what somebody wrote or said.
FROM_HANDSET = frozenset({Kind.HANDSET, Kind.KEYWORD})
_YES_FROM_HANDSET = FROM_HANDSET | {Kind.FREETEXT}

_REVOCATION_STRENGTH = {
    Kind.KEYWORD: EXPLICIT,
    Kind.HANDSET: EXPLICIT,
    Kind.CARRIER: EXPLICIT,
    Kind.FORM: EXPLICIT,
    Kind.FREETEXT: STATED,
    Kind.COMPLAINT: STATED,
    Kind.WRONG_NUMBER: STATED,
    Kind.ARTEFACT: STATED,
    Kind.RND: STATED,
    Kind.DEACTIVATED: STATED,
    # These become explicit with a reference: strength() below.
    Kind.CHANNEL: STATED,
    Kind.CHANNEL_LOGGED: STATED,
    Kind.STAFF: HEARSAY,
    Kind.IMPORT: HEARSAY,
    Kind.SYNC: HEARSAY,
}
_EXPLICIT_WITH_REFERENCE = frozenset({Kind.CHANNEL, Kind.CHANNEL_LOGGED, Kind.STAFF})

# Said in words rather than with a keyword, it means every message (47 CFR 64.1200(a)(11)).
_ABOUT_EVERYTHING = frozenset({Kind.FREETEXT, Kind.CHANNEL, Kind.COMPLAINT, Kind.WRONG_NUMBER})


class Claim(NamedTuple):
    """A record with the interval of its time and its weight."""

    lo: datetime
    hi: datetime
    strength: int
    evidence: Evidence


@dataclass(slots=True)
class Case:
    """The records that speak about one program, sorted by what they can do."""

    grants: list[Claim] = field(default_factory=list)  # strength 2 and 3, after the last boundary
    timeless: list[Claim] = field(default_factory=list)  # forms that weigh nothing for want of a time
    yeses: list[Claim] = field(default_factory=list)
    revocations: list[Claim] = field(default_factory=list)
    weak: list[Evidence] = field(default_factory=list)  # say "in" and prove nothing
    bad_wording: list[Evidence] = field(default_factory=list)
    leaked: list[Evidence] = field(default_factory=list)  # recorded here, but the text names another program
    elsewhere: list[Evidence] = field(default_factory=list)  # grants for other programs
    ended_by_boundary: list[Evidence] = field(default_factory=list)
    boundary: Claim | None = None
    resisted_voids: list[tuple[Evidence, Evidence]] = field(default_factory=list)  # (void, STOP it aims at)
    waiting_voids: list[Evidence] = field(default_factory=list)  # without a second person
    unclear: list[Evidence] = field(default_factory=list)  # replies that may be revocations
    widens_at: datetime | None = None  # revocations out of reach today reach this program from then on


def strength(evidence: Evidence, policy: Policy) -> int:
    """How much a grant or a revocation weighs, 0 to 3."""
    kind = evidence.kind
    if evidence.act is _ASSERT_OUT:
        return HEARSAY
    if evidence.act is _REVOKE:
        if evidence.has_reference and kind in _EXPLICIT_WITH_REFERENCE:
            return EXPLICIT
        return _REVOCATION_STRENGTH[kind]
    if kind in FROM_HANDSET:
        return EXPLICIT
    if evidence.wording is not _KNOWN:
        return NOTHING
    if kind is _FORM:
        # A form proves something only with its wording and its time.
        return STATED if has_usable_time(evidence, policy) else NOTHING
    if kind is _ARTEFACT:
        return STATED if evidence.second_approver else NOTHING
    return NOTHING


def certainly_later(one: Claim, other: Claim) -> bool:
    """Whether `one` came after `other` wherever in their intervals both may lie."""
    known = order(one.evidence, other.evidence)
    if known is not None:
        return known > 0
    return one.lo > other.hi


def may_overlap(grant: Claim, revocation: Claim) -> bool:
    """Whether neither certainly came first. A revocation without a time is as late as its arrival."""
    known = order(grant.evidence, revocation.evidence)
    if known is not None:
        return known == 0
    if revocation.lo == EARLIEST:
        return grant.lo <= revocation.hi <= grant.hi
    return grant.lo <= revocation.hi and revocation.lo <= grant.hi


def defeats(grant: Claim, revocation: Claim, policy: Policy) -> bool:
    """Whether this grant ends that revocation: strong enough and certainly later."""
    if revocation.strength == EXPLICIT and grant.strength < EXPLICIT:
        allowed = policy.form_defeats_stop and grant.evidence.kind is Kind.FORM
        return allowed and certainly_later(grant, revocation)
    return certainly_later(grant, revocation)


def collect(program: ProgramTerms, evidence: Sequence[Evidence], policy: Policy, now: datetime) -> Case:
    """Sort the records of one number by what they say about this program. Their order does not matter."""
    case = Case()
    records = _each_once(evidence)
    case.boundary = _last_boundary(records, policy)
    voids = [r for r in records if r.act is _VOID and _about(r, program)]
    approved, proposed = _voided_ids(voids)
    for record in records:
        act = record.act
        if act is _REVOKE or act is _ASSERT_OUT:
            _take_revocation(case, record, program, policy, now, approved, proposed, voids)
        elif act is _GRANT or act is _CONFIRM:
            # Whoever declares a consent mistaken is believed at once: silence needs no second person.
            if record.id not in approved and record.id not in proposed:
                _take_grant(case, record, program, policy)
        elif act is _ASSERT_IN and _about(record, program):
            case.weak.append(record)
        elif (
            act is _ASSERT_NONE
            and record.kind is _FREETEXT
            and record.id not in approved
            and reaches(record, program, policy, now)
        ):
            case.unclear.append(record)
    return case


# Looking a member up in its enumeration costs more than all else in a loop that runs millions of times.
_GRANT, _CONFIRM, _REVOKE = Act.GRANT, Act.CONFIRM, Act.REVOKE
_ASSERT_IN, _ASSERT_OUT, _VOID, _BOUNDARY = Act.ASSERT_IN, Act.ASSERT_OUT, Act.VOID, Act.BOUNDARY
_ASSERT_NONE, _FREETEXT = Act.ASSERT_NONE, Kind.FREETEXT
_KNOWN, _FORM, _ARTEFACT = WordingState.KNOWN, Kind.FORM, Kind.ARTEFACT


def _last_boundary(records: list[Evidence], policy: Policy) -> Claim | None:
    claims = [Claim(*interval(b, policy), NOTHING, b) for b in records if b.act is _BOUNDARY]
    return max(claims, key=lambda claim: (claim.hi, claim.lo, claim.evidence.id)) if claims else None


def _take_revocation(
    case: Case,
    record: Evidence,
    program: ProgramTerms,
    policy: Policy,
    now: datetime,
    approved: frozenset[str],
    proposed: frozenset[str],
    voids: list[Evidence],
) -> None:
    if not reaches(record, program, policy, now):
        later = policy.revoke_all_from
        if later is not None and later > now and reaches(record, program, policy, later):
            case.widens_at = later
        return
    weight = strength(record, policy)
    if record.id in approved or record.id in proposed:
        if weight == EXPLICIT:
            case.resisted_voids.extend((void, record) for void in voids if record.id in void.voids)
        elif record.id in approved:
            return
        else:
            case.waiting_voids.extend(void for void in voids if record.id in void.voids)
    lo, hi = interval(record, policy)
    # What the last holder of the number said no longer binds the new one.
    if case.boundary is None or hi >= case.boundary.lo:
        case.revocations.append(Claim(lo, hi, weight, record))


def _take_grant(case: Case, record: Evidence, program: ProgramTerms, policy: Policy) -> None:
    if not names(record, program):
        _take_unnamed(case, record, policy)
        return
    if record.wording is WordingState.OTHER_PROGRAM:
        case.leaked.append(record)
        return
    lo, hi = interval(record, policy)
    if case.boundary is not None and lo <= case.boundary.hi:
        case.ended_by_boundary.append(record)
        return
    if record.act is _CONFIRM:
        if record.kind in _YES_FROM_HANDSET:
            case.yeses.append(Claim(lo, hi, EXPLICIT, record))
        else:
            case.weak.append(record)  # somebody says that the person said yes
        return
    weight = strength(record, policy)
    if weight >= STATED:
        case.grants.append(Claim(lo, hi, weight, record))
        return
    case.weak.append(record)
    if record.wording is not WordingState.KNOWN:
        case.bad_wording.append(record)
    elif record.kind is Kind.FORM:
        case.timeless.append(Claim(lo, hi, weight, record))


def _take_unnamed(case: Case, record: Evidence, policy: Policy) -> None:
    """A grant or YES that does not say it is for this program."""
    unsaid = record.program is None or record.program == ALL_PROGRAMS
    if record.act is Act.CONFIRM:
        if unsaid and record.sender is None:
            case.yeses.append(Claim(*interval(record, policy), EXPLICIT, record))
    elif unsaid:
        case.weak.append(record)  # consent to everything is consent to nothing in particular
    elif strength(record, policy) >= STATED:
        case.elsewhere.append(record)


def reaches(record: Evidence, program: ProgramTerms, policy: Policy, now: datetime) -> bool:
    """Whether a revocation, or a claim of one, is about this program."""
    named = record.program
    if named == ALL_PROGRAMS or named == program.code:
        return True
    if record.clarification is Clarification.ANSWERED and named is not None:
        return False  # the person said which messages were meant
    if record.act is _REVOKE and (
        record.kind in _ABOUT_EVERYTHING
        or record.exempt_answer
        or record.clarification is Clarification.UNANSWERED
        or policy.stop_scope is Scope.ALL
        or (policy.revoke_all_from is not None and now >= policy.revoke_all_from)
    ):
        return True
    if record.sender is None:
        return named is None  # nobody knows what it was about: protect everything
    # A system's claim about one list is no act of the person: it does not travel along the sender pool.
    return record.sender in program.senders and (record.act is Act.REVOKE or named is None)


def names(record: Evidence, program: ProgramTerms) -> bool:
    """Whether a grant is for this program. Only a message from the phone may name it by the sender alone."""
    if record.program is not None:
        return record.program == program.code
    from_handset = record.act is Act.CONFIRM or record.kind in FROM_HANDSET
    return from_handset and record.sender is not None and record.sender in program.senders


def answers_prompt(yes: Claim, grants: Iterable[Claim], program: ProgramTerms) -> bool:
    """Whether a YES answers our own open question for this program, inside the time allowed for it."""
    if yes.evidence.answers_prompt is not None:
        return yes.evidence.answers_prompt
    if not (program.double_opt_in and names(yes.evidence, program)) or yes.lo == EARLIEST:
        return False  # nothing was asked, or the answer may be older than the question
    allowed = timedelta(days=program.double_opt_in_days)
    said = yes.hi if _is_rough(yes) else yes.evidence.occurred_at
    assert said is not None
    return any(
        asked <= said <= asked + allowed for asked in (earliest(g) for g in grants if g.strength == STATED)
    )


def earliest(claim: Claim) -> datetime:
    """When the consent began: its stated second, or the start of what its time leaves open."""
    at = claim.evidence.occurred_at
    return claim.lo if at is None or _is_rough(claim) else at


def _is_rough(claim: Claim) -> bool:
    at = claim.evidence.occurred_at
    return at is None or claim.evidence.precision is not Precision.SECOND or not claim.lo <= at <= claim.hi


def _about(record: Evidence, program: ProgramTerms) -> bool:
    return record.program is None or record.program == ALL_PROGRAMS or record.program == program.code


def _voided_ids(voids: list[Evidence]) -> tuple[frozenset[str], frozenset[str]]:
    if not voids:
        return _NO_IDS, _NO_IDS
    approved = frozenset(i for void in voids if void.second_approver for i in void.voids)
    return approved, frozenset(i for void in voids for i in void.voids) - approved


_NO_IDS: frozenset[str] = frozenset()


def _each_once(evidence: Sequence[Evidence]) -> list[Evidence]:
    once = {record.id: record for record in evidence}
    if len(once) == len(evidence):
        return list(evidence)
    for record in evidence:
        # Two contents under one id: whichever arrived first must not matter, so the text decides.
        if record != once[record.id] and repr(record) > repr(once[record.id]):
            once[record.id] = record
    return list(once.values())
