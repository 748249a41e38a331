"""Short ways to write down records and beliefs for the tests of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.ledger import (
    Act,
    Belief,
    Evidence,
    Kind,
    Policy,
    Precision,
    ProgramTerms,
    SystemKind,
    Value,
)
from consent.rules import Agreed, Code, Reason, Status, derive

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PROMO = ProgramTerms("promo", senders=("S1",))
PROMO_DOI = replace(PROMO, double_opt_in=True)
ALERTS = ProgramTerms("alerts", senders=("S2",))
POLICY = Policy()


def utc(text: str) -> datetime:
    """2026-05-01, 2026-05-01T15:00 or 2026-05-01T15:00:05, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def record(id: str, act: Act, kind: Kind, at: str | None, **more: Any) -> Evidence:
    occurred_at = utc(at) if at else None
    more.setdefault("received_at", occurred_at or NOW - timedelta(days=1))
    if isinstance(more["received_at"], str):
        more["received_at"] = utc(more["received_at"])
    return Evidence(id, act, kind, occurred_at, more.pop("precision", Precision.SECOND), **more)


def form(at: str | None = "2026-03-01T10:00", id: str = "g", **more: Any) -> Evidence:
    return record(id, Act.GRANT, Kind.FORM, at, **{"program": "promo"} | more)


def start(at: str | None, id: str = "s", **more: Any) -> Evidence:
    return record(id, Act.GRANT, Kind.HANDSET, at, **{"program": "promo"} | more)


def paper(at: str | None, id: str = "p", approved: bool = True, **more: Any) -> Evidence:
    more = {"program": "promo", "second_approver": approved} | more
    return record(id, Act.GRANT, Kind.ARTEFACT, at, **more)


def yes(at: str | None, id: str = "y", **more: Any) -> Evidence:
    return record(id, Act.CONFIRM, Kind.HANDSET, at, **{"program": "promo"} | more)


def stop(at: str | None = "2026-05-01T15:00", id: str = "r", **more: Any) -> Evidence:
    return record(id, Act.REVOKE, Kind.KEYWORD, at, **{"sender": "S1"} | more)


def revoke(kind: Kind, at: str | None = "2026-05-01T15:00", id: str = "r", **more: Any) -> Evidence:
    return record(id, Act.REVOKE, kind, at, **more)


def claim(act: Act, kind: Kind, at: str | None, id: str = "a", **more: Any) -> Evidence:
    return record(id, act, kind, at, **{"program": "promo"} | more)


def void(*ids: str, approved: bool = True, id: str = "v", at: str = "2026-05-02T09:00") -> Evidence:
    return record(id, Act.VOID, Kind.STAFF, at, voids=ids, second_approver=approved)


def boundary(at: str | None = "2026-06-01", kind: Kind = Kind.RND, id: str = "b", **more: Any) -> Evidence:
    return record(id, Act.BOUNDARY, kind, at, **more)


def platform(value: str, **more: Any) -> Belief:
    return Belief("platform", SystemKind.PLATFORM, Value(value), **more)


def crm(value: str, **more: Any) -> Belief:
    return Belief("crm", SystemKind.CRM, Value(value), **more)


def provider(value: str, **more: Any) -> Belief:
    return Belief("provider", SystemKind.PROVIDER, Value(value), **more)


def sent(at: str | None = None, **more: Any) -> Belief:
    return Belief("send", SystemKind.SEND, Value.SENT, read_at=utc(at) if at else None, **more)


@dataclass
class Row:
    """What goes in and what must come out; `decided_by` only where the row is about it."""

    name: str
    evidence: Sequence[Evidence]
    status: Status
    reason: Reason
    flags: Sequence[Code] = ()
    beliefs: Sequence[Belief] = ()
    program: ProgramTerms = PROMO
    policy: Policy = POLICY
    now: datetime = NOW
    decided_by: tuple[str, ...] | None = None


IN, OUT, PRESUMED = Status.OPTED_IN, Status.OPTED_OUT, Status.OPTED_OUT_PRESUMED
PENDING, EXPIRED, NONE = Status.PENDING, Status.EXPIRED, Status.NO_CONSENT
C, R = Code, Reason
DAY_OF_STOP = "2026-05-01T15:00"


def codes(agreed: Agreed) -> list[str]:
    return sorted({finding.code for finding in agreed.findings})


def assert_row(row: Row) -> None:
    agreed = derive(row.program, row.evidence, row.beliefs, row.policy, row.now)
    assert (agreed.status, agreed.reason, codes(agreed)) == (row.status, row.reason, sorted(row.flags))
    if row.decided_by is not None:
        assert agreed.decided_by == row.decided_by
