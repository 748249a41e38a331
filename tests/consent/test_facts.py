"""What the rows mean that the rules do not see as they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from consent.facts import _RECORD, Door, Facts
from consent.ledger import Act, Evidence, Kind, Precision, ProgramTerms

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TERMS = [
    ProgramTerms("promo", senders=("S1",)),
    ProgramTerms("alerts", senders=("S2", "S3"), exempt_informational=True),
    ProgramTerms("news", senders=("S3",)),
]


@pytest.mark.parametrize(
    ("act", "sender", "stops_everything"),
    [
        (Act.REVOKE, "S1", False),
        (Act.REVOKE, "S2", True),
        (Act.REVOKE, "S3", True),  # it may have answered either program's text
        (Act.REVOKE, "", False),
        (Act.GRANT, "S2", False),
    ],
)
def test_a_stop_to_a_sender_of_exempted_texts_stops_everything(
    act: Act, sender: str, stops_everything: bool
) -> None:
    record = _evidence(act=act, sender=sender)
    assert record.exempt_answer is stops_everything
    if stops_everything:
        assert Facts(evidence=[record]).programs(TERMS) == {"promo", "alerts", "news"}


def _evidence(**fields: Any) -> Evidence:
    door = object.__new__(Door)  # the small tables, without a database
    door.programs, door.systems, door.wordings = {}, {}, {}
    door.terms = {terms.code: terms for terms in TERMS}
    row = {
        **dict.fromkeys(_RECORD),
        "pk": 1,
        "kind": Kind.KEYWORD,
        "occurred_at": NOW,
        "received_at": NOW,
        "precision": Precision.SECOND,
        "exempt_answer": False,
    }
    return door.evidence(tuple((row | fields).values()))
