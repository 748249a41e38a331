"""Revocations that should be in force everywhere by now, and are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from consent.ledger import Act, Belief, Policy, SystemKind, Value
from consent.rules.agreed import Agreed, Silence
from consent.rules.codes import Code, Status
from consent.rules.doubts import about
from consent.rules.findings import Finding, found
from consent.rules.mismatches import REPLICAS


def watch_time(agreed: Agreed, beliefs: Sequence[Belief], policy: Policy, now: datetime) -> Agreed:
    """The same agreed status with a breach of the time allowed, if there is one, and with the moment at which time
    alone makes it one. Both only while some system would still let messages go out."""
    allowed = policy.time_allowed
    silence = _asked_first(agreed)
    if allowed is None or silence is None:
        return agreed
    still_in = sorted({b.system for b in beliefs if _lets_out(b, agreed)})
    if not still_in:
        return agreed
    own, by_law = allowed.own_end(silence.since), allowed.end_by_law(silence.since)
    coming = [end for end in (own, by_law) if end > now]
    recheck_at = min([*coming, *filter(None, [agreed.recheck_at])], default=None)
    findings = agreed.findings
    if len(coming) < 2:
        # The later of the two that have passed: first the house's, then the law's, or the other way round.
        ended_at, is_law = max((end, end is by_law) for end in (own, by_law) if end <= now)
        findings = (*findings, _breach(silence, still_in, policy, ended_at, is_law=is_law))
    return replace(agreed, recheck_at=recheck_at, findings=tuple(sorted(findings, key=Finding.by_harm)))


def _asked_first(agreed: Agreed) -> Silence | None:
    """The first request that is still in force. A system's mere claim that somebody opted out is no request."""
    asked = (s for s in agreed.background.silences if s.until is None and s.revocation.act is Act.REVOKE)
    return next(asked, None)  # they come by the time of their arrival


def _lets_out(belief: Belief, agreed: Agreed) -> bool:
    """A provider can only block for what it was told: a request in other words never reached it."""
    if belief.kind is SystemKind.PROVIDER:
        return belief.value is Value.OPEN and agreed.status is Status.OPTED_OUT
    return belief.kind in REPLICAS and belief.value is Value.IN


def _breach(
    silence: Silence, systems: Sequence[str], policy: Policy, ended_at: datetime, *, is_law: bool
) -> Finding:
    assert policy.time_allowed is not None
    allowed = policy.time_allowed
    return found(
        Code.SLA_BREACH,
        about(silence.revocation)
        | {
            "systems": "; ".join(systems),
            "allowed": f"{allowed.business_days} business days" if is_law else f"{allowed.hours} hours",
            "ended_at": ended_at.isoformat(),
        },
        evidence=(silence.revocation.id,),
    )
