"""Records in a few words, as headings."""

from __future__ import annotations

from consent.ledger import Act, Kind
from consent.models import ConsentRecord

_TITLES = {
    (Act.GRANT, Kind.HANDSET): "Opt-in from the phone",
    (Act.GRANT, Kind.KEYWORD): "Keyword from the phone",
    (Act.GRANT, Kind.FORM): "Opt-in by form",
    (Act.GRANT, Kind.ARTEFACT): "Proof of consent filed",
    (Act.CONFIRM, Kind.HANDSET): "YES from the phone",
    (Act.REVOKE, Kind.HANDSET): "STOP from the phone",
    (Act.REVOKE, Kind.KEYWORD): "STOP from the phone",
    (Act.REVOKE, Kind.FREETEXT): "Asked us to stop in their own words",
    (Act.REVOKE, Kind.CARRIER): "The provider reports a block",
    (Act.REVOKE, Kind.FORM): "Opted out by form",
    (Act.REVOKE, Kind.CHANNEL): "Asked us to stop",
    (Act.REVOKE, Kind.CHANNEL_LOGGED): "Asked us to stop, logged with its reference",
    (Act.REVOKE, Kind.COMPLAINT): "Complained",
    (Act.REVOKE, Kind.WRONG_NUMBER): "Wrong number",
}
_BY_ACT = {
    Act.GRANT: "Opt-in",
    Act.CONFIRM: "YES",
    Act.REVOKE: "Opt-out",
    Act.ASSERT_IN: "Claim: opted in",
    Act.ASSERT_OUT: "Claim: opted out",
    Act.ASSERT_NONE: "Claim: no consent",
    Act.VOID: "Declared mistaken",
    Act.BOUNDARY: "The number changed hands",
}


def title_of(row: ConsentRecord) -> str:
    """What happened, in words."""
    return _TITLES.get((Act(row.act), Kind(row.kind))) or _BY_ACT[Act(row.act)]
