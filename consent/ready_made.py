"""Rows that ship with the product: systems most organisations have, ready to import from, and reason codes.

Column names follow the vendors' documentation or exports seen in public; staff confirm each mapping in the wizard
the first time it meets a file with other headers. Shipping twice adds what is missing and changes nothing else.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from backoffice.models import ColumnMapping, System
from consent.models import Decision, Program, ReasonCode

K = System.Kind
DEFAULT_PROGRAM = "marketing"


class ReadyMade(NamedTuple):
    slug: str
    name: str
    kind: System.Kind
    columns: dict[str, list[str]]
    rules: dict[str, Any]
    settings: dict[str, Any]
    notes: str = ""


def _column(header: str, polarity: str = "opt_in") -> dict[str, Any]:
    return {"polarity": {header: polarity}}


PERSON = {"first_name": ["First Name"], "last_name": ["Last Name"], "email": ["Email"]}

READY_MADE = (
    ReadyMade(
        "hubspot",
        "HubSpot",
        K.CRM,
        {
            "ref": ["Record ID"],
            "number": ["Mobile Phone Number", "Phone Number"],
            "status": ["SMS Opt-In"],
            "at": ["SMS Consent Date"],
            "country": ["Country/Region"],
            **PERSON,
        },
        {**_column("SMS Opt-In"), "date_order": "ymd"},
        {},
        "A blank means never asked. Its own opt-out lists are keyed by e-mail and say nothing about texts.",
    ),
    ReadyMade(
        "salesforce",
        "Salesforce",
        K.CRM,
        {
            "ref": ["Id", "Contact ID"],
            "number": ["MobilePhone", "Mobile", "Phone"],
            "status": ["et4ae5__HasOptedOutOfMobile__c"],
            "at": ["LastModifiedDate"],
            "country": ["MailingCountry", "et4ae5__Mobile_Country_Code__c"],
            "first_name": ["FirstName"],
            "last_name": ["LastName"],
            "email": ["Email"],
        },
        {**_column("et4ae5__HasOptedOutOfMobile__c", "opt_out"), "date_order": "ymd"},
        {},
        "A false check box cannot say whether somebody was ever asked: it is read as no information.",
    ),
    ReadyMade(
        "shopify",
        "Shopify",
        K.CRM,
        {
            "ref": ["Customer ID"],
            "number": ["Phone", "Default Address Phone"],
            "status": ["Accepts SMS Marketing"],
            "country": ["Default Address Country Code"],
            **PERSON,
        },
        _column("Accepts SMS Marketing"),
        {"subscribes_by_default": False},
        "“no” covers never asked and withdrawn alike.",
    ),
    ReadyMade(
        "mailchimp",
        "Mailchimp",
        K.PLATFORM,
        {
            "ref": ["LEID"],
            "number": ["SMS Phone Number", "SMS Phone", "Phone Number", "Phone"],
            "status": ["SMS Status"],
            "at": ["SMS Status Changed", "LAST_CHANGED"],
            "country": ["CC"],
            "email": ["Email Address"],
            "first_name": ["First Name"],
            "last_name": ["Last Name"],
        },
        {**_column("SMS Status"), "date_order": "ymd"},
        {"subscribes_by_default": True},
        "Where an export has its status in the file name only, map none and give the status for the whole file.",
    ),
    ReadyMade(
        "klaviyo",
        "Klaviyo",
        K.PLATFORM,
        {
            "ref": ["Klaviyo ID", "Profile ID"],
            "number": ["Phone Number"],
            "status": ["SMS Consent"],
            "at": ["SMS Consent Timestamp"],
            "country": ["Country"],
            **PERSON,
        },
        {**_column("SMS Consent"), "date_order": "ymd"},
        {},
    ),
    ReadyMade(
        "brevo",
        "Brevo",
        K.PLATFORM,
        {
            "number": ["SMS"],
            "status": ["SMS_BLACKLISTED"],
            "at": ["MODIFIED_TIME"],
            "email": ["EMAIL"],
            "first_name": ["FIRSTNAME"],
            "last_name": ["LASTNAME"],
        },
        {**_column("SMS_BLACKLISTED", "opt_out"), "date_order": "dmy"},
        {},
        "Numbers come without a plus sign; dates put the day first.",
    ),
    ReadyMade(
        "activecampaign",
        "ActiveCampaign",
        K.CRM,
        {
            "number": ["Phone"],
            "status": ["SMS Status", "Status"],
            "at": ["Date Created"],
            **PERSON,
        },
        {"polarity": {"SMS Status": "opt_in", "Status": "opt_in"}, "date_order": "ymd"},
        {},
        "“Active” is a status of one list; a bounce says nothing about consent and is held for a person.",
    ),
    ReadyMade(
        "crm",
        "CRM dump",
        K.CRM,
        {
            "number": ["phone"],
            "status": ["sms_opt_in"],
            "at": ["opted_at"],
            "country": ["country", "country (2)"],
            "last_name": ["name"],
        },
        {**_column("sms_opt_in"), "date_order": "mdy"},
        {},
        "For lists made by hand: name, phone, sms_opt_in, opted_at, country.",
    ),
    ReadyMade(
        "web-form",
        "Web form",
        K.FORM,
        {
            "number": ["phone"],
            "at": ["submitted_at"],
            "wording": ["wording_version"],
            "status": ["sms_checkbox"],
            "reference": ["page_url"],
            "event_id": ["submission_id"],
            "first_name": ["first_name"],
            "last_name": ["last_name"],
            "email": ["email"],
            "country": ["country"],
            "program": ["program"],
        },
        {**_column("sms_checkbox"), "date_order": "ymd"},
        {},
    ),
    ReadyMade(
        "staff-log",
        "Staff change log",
        K.STAFF,
        {
            "number": ["phone"],
            "at": ["changed_at"],
            "status": ["changed_to"],
            "channel": ["channel"],
            "reference": ["reference"],
            "words": ["note"],
            "staff": ["agent"],
            "event_id": ["change_id"],
        },
        {**_column("changed_to"), "date_order": "ymd"},
        {},
    ),
    ReadyMade(
        "provider-blocks",
        "Provider block list",
        K.PROVIDER,
        {"number": ["phone_number"], "sender": ["sender"], "at": ["blocked_at"]},
        {"status": "out", "date_order": "ymd"},
        {},
    ),
    ReadyMade(
        "reassigned-numbers",
        "Reassigned Numbers Database",
        K.REASSIGNED,
        {"number": ["phone_number"], "asked": ["date_of_consent"], "answer": ["disconnected"]},
        {"region": "US"},
        {"expected_every_hours": 24 * 31},
        "Answers of the US database: yes, no or no data for a number and the day it was asked about. Only a yes is "
        "news: whatever was agreed until the answer came may have been agreed by somebody else.",
    ),
    ReadyMade(
        "deactivated-numbers",
        "Carrier deactivations",
        K.REASSIGNED,
        {"number": ["phone_number"], "at": ["deactivated_on"]},
        {"region": "US", "date_order": "ymd"},
        {},
        "The carriers' daily lists of numbers that were given up. Numbers we do not know are passed over. A list "
        "without a header line needs one: phone_number.",
    ),
)


D = Decision
# code, decision, label, and what it needs: words, proof, a second person.
REASON_CODES = (
    ("follows-ledger", D.ALIGN, "The evidence is clear; the systems should follow it", False, False, False),
    ("sync-overwrote", D.ALIGN, "A sync or import overwrote the right value", False, False, False),
    (
        "person-came-back",
        D.ALIGN,
        "The person opted in again from the phone itself",
        True,
        False,
        False,
    ),
    ("asked-by-call", D.REVOKE, "The person asked us to stop by phone", True, False, False),
    (
        "asked-in-writing",
        D.REVOKE,
        "The person asked us to stop by e-mail, chat or letter",
        True,
        False,
        False,
    ),
    ("asked-in-person", D.REVOKE, "The person asked us to stop in person", True, False, False),
    ("reply-means-stop", D.REVOKE, "A reply means stop", True, False, False),
    ("wrong-person", D.REVOKE, "The number belongs to somebody else", True, False, False),
    ("signed-form", D.PROOF, "A signed form or contract names the program", True, True, True),
    ("form-record", D.PROOF, "The form's own record shows the consent", True, True, True),
    ("recorded-call", D.PROOF, "A recorded call contains the consent", True, True, True),
    ("misread-reply", D.VOID, "The reply meant something else", True, False, True),
    ("system-error", D.VOID, "The system that claimed it was wrong", True, True, True),
    ("other-person", D.VOID, "It was said by or about somebody else", True, True, True),
    ("accepted-risk", D.WAIVE, "Known, harmless for now, owner named", True, False, False),
    ("being-fixed", D.WAIVE, "The source is being repaired until the date given", True, False, False),
    ("needs-compliance", D.ESCALATE, "Compliance has to decide", True, False, False),
    ("needs-engineering", D.ESCALATE, "A connection has to be repaired first", True, False, False),
)


def ship_reason_codes() -> int:
    """Add the reason codes that are missing; returns how many were added."""
    added = 0
    for code, decision, label, words, proof, second in REASON_CODES:
        _, is_new = ReasonCode.objects.get_or_create(
            code=code,
            defaults={
                "decision": decision,
                "label": label,
                "needs_words": words,
                "needs_proof": proof,
                "needs_second_person": second,
            },
        )
        added += is_new
    return added


def ship_systems() -> int:
    """Add the ready-made systems and their mappings; returns how many systems were added."""
    now = timezone.now()
    Program.objects.get_or_create(code=DEFAULT_PROGRAM, defaults={"name": "Marketing texts"})
    added = 0
    for ready in READY_MADE:
        system, is_new = System.objects.get_or_create(
            slug=ready.slug,
            defaults={
                "name": ready.name,
                "kind": ready.kind,
                "default_region": "US",
                "time_zone": settings.TIME_ZONE,
                "notes": ready.notes,
                **ready.settings,
            },
        )
        added += is_new
        if not system.mappings.exists():
            ColumnMapping.objects.create(
                system=system,
                columns=ready.columns,
                rules={"program": DEFAULT_PROGRAM, **ready.rules},
                confirmed_at=now,
            )
    return added
