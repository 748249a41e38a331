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
from consent.rules.mismatches import REPLICAS, presumed


def watch_time(agreed: Agreed, beliefs: Sequence[Belief], policy: Policy, now: datetime) -> Agreed:
    """The same agreed status with a breach of the time allowed, if there is one, and with the moment at which time
    alone makes it one. Both only while some system would still let messages go out."""
    allowed = policy.time_allowed
    silence = _asked_first(agreed)
    if allowed is None or silence is None:
        return agreed
    still_in = sorted({b.system for b in beliefs if _lets_out(presumed(agreed, b), agreed)})
    if not still_in:
        return agreed
    own, by_law = allowed.own_end(silence.since), allowed.end_by_law(silence.since)
    coming = [end for end in (own, by_law) if end > now]
    recheck_at = min([*coming, *filter(None, [agreed.recheck_at])], default=None)
    findings = agreed.findings
    if len(coming) < 2:
        # The first that has passed is the deadline that was missed; the other one makes it worse.
        limits = sorted([(own, f"{allowed.hours} hours"), (by_law, f"{allowed.business_days} business days")])
        findings = (*findings, _breach(silence, still_in, [limit for limit in limits if limit[0] <= now]))
    return replace(agreed, recheck_at=recheck_at, findings=tuple(sorted(findings, key=Finding.by_harm)))


def due_by(agreed: Agreed, policy: Policy) -> datetime | None:
    """When a request that is in force has to be so in every system: the first limit. None: nobody asked, or no limit
    is set."""
    silence = _asked_first(agreed)
    if policy.time_allowed is None or silence is None:
        return None
    return min(policy.time_allowed.own_end(silence.since), policy.time_allowed.end_by_law(silence.since))


def _asked_first(agreed: Agreed) -> Silence | None:
    """The first request that is still in force. A system's mere claim that somebody opted out is no request."""
    asked = (s for s in agreed.background.silences if s.until is None and s.revocation.act is Act.REVOKE)
    return next(asked, None)  # they come by the time of their arrival


def _lets_out(belief: Belief, agreed: Agreed) -> bool:
    """A provider can only block for what it was told: a request in other words never reached it."""
    if belief.kind is SystemKind.PROVIDER:
        return belief.value is Value.OPEN and agreed.status is Status.OPTED_OUT
    return belief.kind in REPLICAS and belief.value is Value.IN


def _breach(silence: Silence, systems: Sequence[str], missed: Sequence[tuple[datetime, str]]) -> Finding:
    """`missed`: the limits that have passed, as (end, how long was allowed), the first one first."""
    (ended_at, allowed), *worse = missed
    also = {"also_allowed": worse[0][1], "also_ended_at": worse[0][0].isoformat()} if worse else {}
    return found(
        Code.SLA_BREACH,
        about(silence.revocation)
        | {"systems": "; ".join(systems), "allowed": allowed, "ended_at": ended_at.isoformat()}
        | also,
        evidence=(silence.revocation.id,),
    )
