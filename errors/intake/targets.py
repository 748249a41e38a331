"""What a column of a provider's log can feed: the allow-list, and the usual header names."""

from __future__ import annotations

from collections.abc import Sequence

from backoffice.imports.importer import Guess, Target
from backoffice.models import System
from consent.intake.targets import folded

# Those that consent reads too have the names it knows them by.
TARGETS = (
    Target(
        "event_id",
        "Message reference",
        "The provider's id of the message: what makes it the same in every export.",
        required=True,
        several=True,
    ),
    Target("at", "Sent at", "The first filled column counts.", required=True, several=True, is_time=True),
    Target("status", "Status", "The provider's word for how far the message came.", several=True),
    Target("status_at", "Status since", "When the provider knew the status.", several=True, is_time=True),
    Target("direction", "Direction", "Inbound rows are replies. Without it, every row is a message we sent."),
    Target("from", "From", "The sender; of a reply, the person.", several=True),
    Target("to", "To", "The recipient; of a reply, our number.", several=True),
    Target("text", "Message text", several=True),
    Target("error_code", "Error code", "As the provider writes it.", several=True),
    Target("error_text", "Error in words", "The provider's words about the error.", several=True),
    Target("provider", "Provider", "Leave out when the whole file is of one provider."),
    Target("account", "Account", "The account at the provider."),
    Target("country", "Country", "Of the recipient; else the number says it.", several=True),
    Target("carrier", "Carrier", "The recipient's network.", several=True),
    Target("campaign", "Campaign", several=True),
    Target("template", "Template"),
    Target("template_version", "Template version"),
    Target("journey", "Journey", "The automation that sent it."),
    Target("route", "Route", "Route, messaging service or product at the provider.", several=True),
    Target("client_ref", "Our reference", "The id we gave the message."),
    Target("encoding", "Encoding", "GSM-7 or UCS-2; else measured from the text."),
    Target(
        "segments", "Segments", "How many parts it was sent in; else measured from the text.", several=True
    ),
    Target("part", "Part number", "Where each part of a message has a row of its own."),
    Target("parts", "Number of parts"),
)
BY_NAME = {target.name: target for target in TARGETS}

_USUAL = {
    "event_id": "messageref sid messagesid messageuuid messageid message_id uuid id ref reference batchid",
    "at": "sentat datesent sentdate senttime submittedat messagetime timestamp datereceived receivetime "
    "publishtimeutc createdat datecreated date time at",
    "status": "status messagestatus messagestate deliverystatus state",
    "status_at": "statusat doneat completedat datefinalized statusdatetime deliveredat",
    "direction": "direction messagedirection",
    "from": "sender from fromnumber sourcetn originator cli source senderid",
    "to": "to tonumber recipient destination destinationtn destinationphonenumber cld msisdn number phone",
    "text": "body text messagebody message content",
    "error_code": "errorcode statuserrorcode errcode code error",
    "error_text": "errortext errormessage errorcodedescription errordescription statusreason reason",
    "provider": "provider",
    "account": "accountsid accountid account",
    "country": "country countrycode countryname",
    "carrier": "carrier carriername networkname network operator phonecarrier",
    "campaign": "campaign campaignname campaignid campaignreferenceid",
    "template": "template templateid templatename",
    "template_version": "templateversion version",
    "journey": "journey flow automation",
    "route": "route messagingservicesid product service",
    "client_ref": "clientref clientreference ourreference customerreference externalid",
    "encoding": "encoding charset",
    "segments": "segments numsegments segmentcount parts units smscount numberofmessageparts",
    "part": "part partnumber",
    "parts": "totalparts partcount",
}
USUAL_HEADERS = {name: [folded(word) for word in words.split()] for name, words in _USUAL.items()}


def guess(system: System, headers: Sequence[str]) -> Guess:
    """What the columns may mean, from their names; the last part of a dotted name counts where the whole says
    nothing."""
    found = Guess(rules={"provider": system.slug[:24]})
    free = list(headers)
    for name, usual in USUAL_HEADERS.items():
        fitting = [header for word in usual for header in free if folded(header) == word]
        fitting = fitting or [h for word in usual for h in free if folded(h.rpartition(".")[2]) == word]
        chosen = fitting if BY_NAME[name].is_time else fitting[:1]
        if chosen:
            found.columns[name] = list(dict.fromkeys(chosen))
            free = [header for header in free if header not in chosen]
    return found
