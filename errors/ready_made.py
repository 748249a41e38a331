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
        "vonage",
        "Vonage report",
        {
            "event_id": ["message_id"],
            "account": ["account_id"],
            "client_ref": ["client_ref"],
            "direction": ["direction"],
            "from": ["from"],
            "to": ["to"],
            "text": ["message_body"],
            "carrier": ["network_name", "network"],
            "country": ["country", "country_name"],
            "at": ["date_received"],
            "status_at": ["date_finalized"],
            "status": ["status"],
            "error_code": ["error_code"],
            "error_text": ["error_code_description"],
        },
        {"provider": "vonage", "date_order": "ymd", "is_international": "yes"},
        notes="The report on outbound texts (csv_sms_outbound), as it comes or inside its zip archive.",
    ),
    ReadyMade(
        "plivo",
        "Plivo message records",
        {
            "event_id": ["message_uuid"],
            "direction": ["message_direction"],
            "from": ["from_number"],
            "to": ["to_number"],
            "text": ["message", "text"],
            "at": ["message_sent_time", "message_time"],
            "status": ["message_state"],
            "segments": ["units"],
            "error_code": ["error_code"],
            "error_text": ["error_message"],
            "campaign": ["powerpack_id"],
        },
        {"provider": "plivo", "date_order": "ymd", "is_international": "yes"},
        notes="Its times name an offset that is not always that of UTC.",
    ),
    ReadyMade(
        "telnyx",
        "Telnyx detail records",
        {
            "event_id": ["uuid", "id"],
            "direction": ["direction"],
            "from": ["cli"],
            "to": ["cld"],
            "at": ["sent_at", "created_at"],
            "status_at": ["completed_at"],
            "status": ["status", "delivery_status"],
            "error_code": ["errors.0.code", "errors"],
            "error_text": ["errors.0.title", "errors.0.detail"],
            "segments": ["parts"],
            "carrier": ["carrier"],
            "country": ["country_code"],
            "route": ["profile_name", "profile_id"],
            "campaign": ["tags"],
        },
        {"provider": "telnyx", "date_order": "ymd", "is_international": "yes"},
        "UTC",
        "A report may lack the last four hours; the next one brings them.",
    ),
    ReadyMade(
        "bandwidth",
        "Bandwidth messages",
        {
            "event_id": ["messageId"],
            "account": ["accountId"],
            "direction": ["messageDirection"],
            "from": ["sourceTn"],
            "to": ["destinationTn"],
            "at": ["receiveTime"],
            "status": ["messageStatus"],
            "error_code": ["errorCode"],
            "segments": ["segmentCount"],
            "carrier": ["carrierName"],
            "route": ["campaignId"],
        },
        {"provider": "bandwidth", "date_order": "ymd", "is_international": "yes"},
        "UTC",
        "Lists of messages hold no texts.",
    ),
    ReadyMade(
        "infobip",
        "Infobip logs",
        {
            "event_id": ["messageId"],
            "from": ["from", "sender"],
            "to": ["to", "destination"],
            "text": ["text", "content.text"],
            "at": ["sentAt"],
            "status_at": ["doneAt"],
            "status": ["status.groupName"],
            "error_code": ["error.name", "status.name"],
            "error_text": ["error.description", "status.description"],
            "segments": ["smsCount", "messageCount"],
            "carrier": ["mccMnc"],
            "route": ["applicationId", "platform.applicationId"],
            "campaign": ["campaignReferenceId"],
        },
        {"provider": "infobip", "date_order": "ymd", "is_international": "yes"},
        "UTC",
        "Its delivery reports can be fetched only once: keep the file.",
    ),
    ReadyMade(
        "aws-sns",
        "Amazon SNS texts",
        # The usage report (one row for each part) and the delivery log of CloudWatch (JSON).
        {
            "event_id": ["MessageId", "notification.messageId"],
            "to": ["DestinationPhoneNumber", "delivery.destination"],
            "at": ["PublishTimeUTC", "notification.timestamp"],
            "status": ["DeliveryStatus", "status"],
            "error_code": ["delivery.providerResponse"],
            "carrier": ["delivery.phoneCarrier"],
            "segments": ["delivery.numberOfMessageParts"],
            "route": ["MessageType", "delivery.smsType"],
            "part": ["PartNumber"],
            "parts": ["TotalParts"],
        },
        {
            "provider": "aws_sns",
            "date_order": "ymd",
            "is_international": "yes",
            "time_zone": "UTC",
            "vocabulary": {"Message has been accepted by phone carrier": "delivered"},
        },
        "UTC",
        "Messages to people on its opt-out list are missing from the usage report.",
    ),
    ReadyMade(
        "aws-sms",
        "AWS End User Messaging events",
        {
            "event_id": ["messageId"],
            "from": ["originationPhoneNumber"],
            "to": ["destinationPhoneNumber"],
            "at": ["eventTimestamp"],
            "status_at": ["eventTimestamp"],
            "status": ["eventType"],
            "error_text": ["messageStatusDescription"],
            "country": ["isoCountryCode"],
            "segments": ["totalMessageParts"],
            "route": ["messageType"],
        },
        {"provider": "aws_eum", "date_order": "ymd", "is_international": "yes"},
        "UTC",
    ),
    ReadyMade(
        "sinch",
        "Sinch delivery reports",
        {
            "event_id": ["batch_id"],
            "to": ["recipient"],
            "at": ["at", "operator_status_at"],
            "status_at": ["at"],
            "status": ["status"],
            "error_code": ["code"],
            "client_ref": ["client_reference"],
        },
        {
            "provider": "sinch",
            "date_order": "ymd",
            "is_international": "yes",
            "is_per_recipient": "yes",
        },
        "UTC",
    ),
    ReadyMade(
        "messagebird",
        "MessageBird reports",
        {
            "event_id": ["id"],
            "from": ["originator"],
            "to": ["recipient"],
            "text": ["body"],
            "at": ["createdDatetime", "statusDatetime"],
            "status_at": ["statusDatetime"],
            "status": ["status"],
            "error_code": ["statusErrorCode"],
            "error_text": ["statusReason"],
            "client_ref": ["reference"],
        },
        {
            "provider": "messagebird",
            "date_order": "ymd",
            "is_international": "yes",
            "is_per_recipient": "yes",
        },
        "UTC",
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
