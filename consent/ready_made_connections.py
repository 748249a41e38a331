"""Connections as the vendors document them, to begin from. None of them was tried against the live service: whoever
keeps a system tries it out on one number before anything leaves by itself.

What differs from account to account stands in the variables, and has to be filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.models import Connection

NOT_TRIED = "Not tried against the live service."


@dataclass(frozen=True, slots=True)
class ReadyConnection:
    """Settings of a Connection for one vendor's documented endpoint, and what to know before using them."""

    code: str
    name: str
    notes: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    documented_at: str = ""


READY_CONNECTIONS = (
    ReadyConnection(
        "twilio",
        "Twilio: Consent Management",
        "A pilot of Twilio's: the account has to be let in first, and 100 requests a minute are taken. It answers 200 "
        "and tells of refused items inside. There is no documented way to ask for one contact's consent, so the "
        "next import shows whether it holds. Fill in sender_id: a sending number or a messaging service (MG…).",
        {
            "base_url": "https://accounts.twilio.com",
            "auth": "basic",
            "auth_name": "Account SID",
            "content_type": "form",
            "variables": {"sender_id": "MG…", "source": "others"},
            "word_in": "opt-in",
            "word_out": "opt-out",
            "write_method": "POST",
            "write_path": "/v1/Consents/Bulk",
            "write_body": 'Items={"contact_id": "{number}", "correlation_id": "{key}", "sender_id": "{sender_id}", '
            '"status": "{value}", "source": "{source}", "date_of_consent": "{decided_at}"}',
            "error_path": "items.0.error_code",
        },
        "twilio.com/docs/messaging/features/consent-api",
    ),
    ReadyConnection(
        "hubspot",
        "HubSpot: a property of the contact",
        "Writes a property that your journeys look at, by default sms_opt_in (true or false): fill in its internal "
        "name. HubSpot's own subscription statuses are keyed by e-mail address, and of text messages not every "
        "account may write them. The record id is that of the contact.",
        {
            "base_url": "https://api.hubapi.com",
            "auth": "bearer",
            "variables": {"property": "sms_opt_in"},
            "word_in": "true",
            "word_out": "false",
            "write_method": "PATCH",
            "write_path": "/crm/v3/objects/contacts/{ref}",
            "write_body": '{"properties": {"{property}": "{value}"}}',
            "read_path": "/crm/v3/objects/contacts/{ref}?properties={property}",
            "read_value": "properties.{property}",
            "words_read": {"true": "in", "false": "out", "null": "unknown", "": "unknown"},
        },
        "developers.hubspot.com/docs/api-reference",
    ),
    ReadyConnection(
        "salesforce",
        "Salesforce: a field of the contact",
        "Writes a checkbox of the contact, by default the opt-out of MobileConnect: fill in the host of your "
        "organisation, the version and the field. A box that is not ticked cannot say “never asked”. The "
        "connected app needs the client credentials flow, and its user the right to edit contacts.",
        {
            "base_url": "https://{my_domain}.my.salesforce.com",
            "auth": "oauth",
            "auth_name": "Consumer key",
            "token_url": "https://{my_domain}.my.salesforce.com/services/oauth2/token",
            "variables": {
                "my_domain": "your-domain",
                "version": "v61.0",
                "field": "et4ae5__HasOptedOutOfMobile__c",
            },
            "word_in": "false",
            "word_out": "true",
            "write_method": "PATCH",
            "write_path": "/services/data/{version}/sobjects/Contact/{ref}",
            "write_body": '{"{field}": {value}}',
            "read_path": "/services/data/{version}/sobjects/Contact/{ref}?fields={field}",
            "read_value": "{field}",
            "words_read": {"false": "in", "true": "out", "null": "unknown"},
        },
        "developer.salesforce.com/docs (REST API, sObject Rows)",
    ),
    ReadyConnection(
        "klaviyo",
        "Klaviyo: SMS marketing consent",
        "Klaviyo takes the change as a job (202) and carries it out a little later, so reading back may take minutes. "
        "An unsubscribe needs no list, a subscription does: fill in list_id. Its revision stands among the headers; "
        "each is supported for two years. Opting in follows Klaviyo's own double opt-in settings.",
        {
            "base_url": "https://a.klaviyo.com",
            "auth": "header",
            "auth_name": "Authorization",
            "headers": "revision: 2025-01-15",
            "variables": {"list_id": "…", "job": "create|delete"},
            "word_in": "SUBSCRIBED",
            "word_out": "UNSUBSCRIBED",
            "write_method": "POST",
            "write_path": "/api/profile-subscription-bulk-{job}-jobs",
            "write_body": '{"data": {"type": "profile-subscription-bulk-{job}-job", "attributes": {"profiles": '
            '{"data": [{"type": "profile", "attributes": {"phone_number": "{number}", "subscriptions": '
            '{"sms": {"marketing": {"consent": "{value}"}}}}}]}}, "relationships": {"list": {"data": '
            '{"type": "list", "id": "{list_id}"}}}}}',
            "read_path": "/api/profiles?filter=equals(phone_number,%22{number}%22)"
            "&additional-fields[profile]=subscriptions",
            "read_value": "data.0.attributes.subscriptions.sms.marketing.consent",
            "words_read": {"SUBSCRIBED": "in", "UNSUBSCRIBED": "out", "NEVER_SUBSCRIBED": "never"},
            "settle_seconds": 900,
        },
        "developers.klaviyo.com/en/docs/collect_email_and_sms_consent_via_api",
    ),
    ReadyConnection(
        "brevo",
        "Brevo: block list for text messages",
        "Found by the phone number. The switch is true for who must not be texted.",
        {
            "base_url": "https://api.brevo.com",
            "auth": "header",
            "auth_name": "api-key",
            "word_in": "false",
            "word_out": "true",
            "write_method": "PUT",
            "write_path": "/v3/contacts/{number}?identifierType=phone_id",
            "write_body": '{"smsBlacklisted": {value}}',
            "read_path": "/v3/contacts/{number}?identifierType=phone_id",
            "read_value": "smsBlacklisted",
            "words_read": {"false": "in", "true": "out"},
        },
        "developers.brevo.com/reference/update-contact",
    ),
    ReadyConnection(
        "activecampaign",
        "ActiveCampaign: status on a list",
        "Sets the contact's status on one list (1 active, 2 unsubscribed): fill in the account and list_id of your SMS "
        "list. The documentation describes lists of e-mail; that the same holds for lists of text messages is an "
        "assumption.",
        {
            "base_url": "https://{account}.api-us1.com",
            "auth": "header",
            "auth_name": "Api-Token",
            "variables": {"account": "your-account", "list_id": "1"},
            "word_in": "1",
            "word_out": "2",
            "write_method": "POST",
            "write_path": "/api/3/contactLists",
            "write_body": '{"contactList": {"list": "{list_id}", "contact": "{ref}", "status": {value}}}',
            "read_path": "/api/3/contacts/{ref}/contactLists",
            "read_value": "contactLists[list={list_id}].status",
            "words_read": {"1": "in", "2": "out", "0": "pending", "3": "out"},
        },
        "developers.activecampaign.com/reference",
    ),
    ReadyConnection(
        "mailchimp",
        "Mailchimp: SMS status of a list member",
        "Fill in the data centre (the end of the API key, e.g. us21) and list_id; the record id is the member's hash. "
        "The SMS fields of members are documented for reading; that every account may write them is an assumption, "
        "and Mailchimp may refuse to opt somebody in this way.",
        {
            "base_url": "https://{dc}.api.mailchimp.com",
            "auth": "basic",
            "auth_name": "any",
            "variables": {"dc": "us21", "list_id": "…"},
            "word_in": "subscribed",
            "word_out": "unsubscribed",
            "write_method": "PATCH",
            "write_path": "/3.0/lists/{list_id}/members/{ref}",
            "write_body": '{"sms_phone_number": "{number}", "sms_subscription_status": "{value}"}',
            "read_path": "/3.0/lists/{list_id}/members/{ref}?fields=sms_subscription_status",
            "read_value": "sms_subscription_status",
            "words_read": {
                "subscribed": "in",
                "unsubscribed": "out",
                "nonsubscribed": "never",
                "pending": "pending",
            },
        },
        "mailchimp.com/developer/marketing/api/list-members",
    ),
)
BY_CODE = {ready.code: ready for ready in READY_CONNECTIONS}


def begin_from(connection: Connection, code: str) -> Connection:
    """Fill a connection with ready-made settings; what it held before is replaced, its secret goes."""
    ready = BY_CODE[code]
    blank = Connection(system=connection.system)
    kept = {"id", "system", "revision"}
    for column in Connection._meta.concrete_fields:
        if column.name not in kept:
            setattr(connection, column.name, ready.fields.get(column.name, getattr(blank, column.name)))
    connection.ready_made = code
    connection.revision += 1
    return connection
