"""Systems that ship with the product: the logs of the usual providers, ready to import.

Column names follow the providers' documentation or exports seen in public; one system takes all of a provider's forms
of export. Shipping twice adds what is missing and changes nothing else."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from backoffice.models import ColumnMapping, System
from consent.ready_made import DEFAULT_PROGRAM


class ReadyMade(NamedTuple):
    slug: str
    name: str
    columns: dict[str, list[str]]
    rules: dict[str, Any]
    time_zone: str = ""  # of times that name none; "" is the office's own
    notes: str = ""


READY_MADE = (
    ReadyMade(
        "twilio",
        "Twilio message log",
        # Console exports old and new, the API's messages, bulk export: one set of names in several spellings.
        {
            "event_id": ["Sid", "MessageSid"],
            "account": ["AccountSid"],
            "direction": ["Direction"],
            "from": ["From"],
            "to": ["To"],
            "text": ["Body"],
            "at": ["DateSent", "SentDate", "DateCreated"],
            "status": ["Status"],
            "error_code": ["ErrorCode"],
            "error_text": ["ErrorMessage"],
            "segments": ["NumSegments"],
            "route": ["MessagingServiceSid"],
        },
        {"provider": "twilio", "date_order": "ymd"},
    ),
    ReadyMade(
        "send-log",
        "Send log",
        {
            "event_id": ["message_ref"],
            "at": ["sent_at"],
            "status_at": ["status_at"],
            "provider": ["provider"],
            "account": ["account"],
            "direction": ["direction"],
            "country": ["country"],
            "carrier": ["carrier"],
            "campaign": ["campaign"],
            "template": ["template"],
            "template_version": ["template_version"],
            "journey": ["journey"],
            "from": ["sender", "from"],
            "to": ["to", "recipient"],
            "text": ["body"],
            "segments": ["segments"],
            "encoding": ["encoding"],
            "status": ["status"],
            "error_code": ["error_code"],
            "error_text": ["error_text"],
            "route": ["route"],
            "client_ref": ["client_ref"],
            "part": ["part"],
            "parts": ["parts"],
        },
        {"date_order": "ymd", "provider": "own"},
        "",
        "For logs of your own: name the columns as in the first line, leave out what you do not have.",
    ),
)


def ship_systems() -> int:
    """Add the ready-made systems and their mappings; returns how many systems were added."""
    now = timezone.now()
    added = 0
    for ready in READY_MADE:
        system, is_new = System.objects.get_or_create(
            slug=ready.slug,
            defaults={
                "name": ready.name,
                "kind": System.Kind.REPLIES,
                "importer": "errors",
                "default_region": "US",
                "time_zone": ready.time_zone or settings.TIME_ZONE,
                "notes": ready.notes,
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
