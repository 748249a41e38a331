"""Messages for the tests: an ordinary one, with what the test changes."""

from datetime import date, datetime
from typing import Any

from errors.preflight import Consent, Finding, Message, Purpose, RuleBook, Sent, check, rules_on

DAY = date(2026, 3, 10)  # a Tuesday
NOON = datetime(2026, 3, 10, 12)
SALE = "Acme: 20% off today at acme.example/sale. Reply STOP to opt out."

GERMAN = {"to": "+4915112345678", "country": "DE"}
BRITISH = {"to": "+447400123456", "country": "GB", "sender": "+447400654321"}
FRENCH = {"to": "+33612345678", "country": "FR", "sender": "ACME"}
INDIAN = {"to": "+919876543210", "country": "IN", "dlt_entity": "1", "dlt_template": "2"}
MARKETING = {"purpose": Purpose.MARKETING, "body": SALE}


def message(**changes: Any) -> Message:
    """A registered number of ours texts a customer in San Francisco at noon: nothing is wrong with it."""
    ordinary: dict[str, Any] = {
        "body": "Acme: your order is ready.",
        "to": "+14155552671",
        "sender": "+14155550100",
        "country": "US",
        "purpose": Purpose.TRANSACTIONAL,
        "consent": Consent.OPTED_IN,
        "provider": "twilio",
        "sender_registered": True,
        "at": NOON,
    }
    return Message(**(ordinary | changes))


def findings(
    *, rules: RuleBook | None = None, now: datetime | None = None, recent: Any = (), **changes: Any
) -> list[Finding]:
    return check(message(**changes), rules or rules_on(DAY), now=now, recent=recent)


def codes(**changes: Any) -> set[str]:
    return {finding.code.value for finding in findings(**changes)}


def sent(**changes: Any) -> Sent:
    """The sale, an hour before noon, to the same number."""
    ordinary: dict[str, Any] = {
        "to": "+14155552671",
        "sender": "+14155550100",
        "body": SALE,
        "at": datetime(2026, 3, 10, 11),
        "purpose": Purpose.MARKETING,
    }
    return Sent(**(ordinary | changes))
