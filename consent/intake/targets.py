"""What a column of a consent file can feed: the allow-list, by kind of system, and the usual header names."""

from __future__ import annotations

import re
import unicodedata

from backoffice.imports.importer import Target
from backoffice.models import System

K = System.Kind

_NUMBER = Target("number", "Phone number", "The first filled column counts.", required=True, several=True)
_COUNTRY = Target("country", "Country", "Decides how a number without a country code is read.", several=True)
_REF = Target("ref", "Record id", "The system's own id of the contact.")
_PERSON = (
    Target("first_name", "First name"),
    Target("last_name", "Last name"),
    Target("email", "E-mail"),
)
_AT = Target("at", "Since when", "The first filled column counts.", several=True, is_time=True)
_PROGRAM = Target("program", "Program", "Its code; leave out when the whole file is about one program.")
_STATUS = Target(
    "status",
    "SMS consent status",
    "With several columns the most restrictive counts.",
    several=True,
    has_polarity=True,
)
_EVENT = Target("event_id", "Event id", "So that the same event counts once, however often it is reported.")

TARGETS: dict[str, tuple[Target, ...]] = {
    K.CRM: (_NUMBER, _STATUS, _AT, _REF, *_PERSON, _COUNTRY, _PROGRAM),
    K.PLATFORM: (_NUMBER, _STATUS, _AT, _REF, *_PERSON, _COUNTRY, _PROGRAM),
    K.PROVIDER: (
        _NUMBER,
        _STATUS,
        Target("at", "Blocked since", several=True, is_time=True),
        Target("sender", "Sender", "The number or service that the block is for."),
        _COUNTRY,
        _PROGRAM,
    ),
    K.FORM: (
        _NUMBER,
        Target("at", "Submitted at", required=True, several=True, is_time=True),
        Target("wording", "Wording version", "The version of the opt-in text that was shown."),
        Target("status", "Box ticked", "Leave out when every row is a given consent.", has_polarity=True),
        Target("reference", "Proof", "Page, IP address or id of the submission."),
        _EVENT,
        *_PERSON,
        _COUNTRY,
        _PROGRAM,
    ),
    K.REPLIES: (
        Target(
            "direction",
            "Direction",
            "Inbound rows are replies; outbound rows give their context.",
            required=True,
        ),
        Target("from", "From", required=True),
        Target("to", "To", required=True),
        Target("text", "Message text", required=True),
        Target("at", "Time", required=True, several=True, is_time=True),
        Target("error_code", "Error code", "An outbound row refused as opted out proves an opt-out on file."),
        _EVENT,
    ),
    K.STAFF: (
        _NUMBER,
        Target("at", "Changed at", required=True, several=True, is_time=True),
        Target("status", "Changed to", required=True, has_polarity=True),
        Target("channel", "Channel", "How the person said it: call, e-mail, walk-in …"),
        Target("reference", "Reference", "Ticket or call id; with one the revocation counts fully."),
        Target("words", "What was said"),
        Target("staff", "Who wrote it down"),
        _EVENT,
        _COUNTRY,
        _PROGRAM,
    ),
    K.REASSIGNED: (
        _NUMBER,
        Target(
            "answer",
            "Answer",
            "Whether the number is gone: yes, no or no data. Leave out when every number of the list is.",
        ),
        Target("asked", "Day asked about", "A yes means: disconnected on this day or any day since."),
        Target("at", "Disconnected on", several=True, is_time=True),
        _EVENT,
        _COUNTRY,
    ),
}


def _words(text: str) -> list[str]:
    return text.split()


# Header names seen in real exports, folded to letters and digits; used for a first guess a person confirms.
USUAL_HEADERS: dict[str, list[str]] = {
    "number": _words(
        "mobilephonenumber mobilephone mobilenumber mobile smsphonenumber smsnumber sms phonenumber phone "
        "cellphone cell "
        "telephone tel msisdn mdn e164 contactphone defaultaddressphone number phonee164 recipient "
        "telephonenumber tn phone1 phone1value telefon telefono handy handynummer rufnummer mobil movil celular"
    ),
    "status": _words(
        "smsoptin smsconsent acceptssmsmarketing smsmarketing smsstatus smsblacklisted hasoptedoutofmobile "
        "optedout "
        "et4ae5hasoptedoutofmobilec smsoptout donottext smssubscription subscribedsms consent status "
        "consentstatus optin "
        "smsmarketingconsent smsmarketingstatus smsliststatus sakarioptedin sakarioptedout changedto "
        "newvalue checked agreed donotsms"
    ),
    "at": _words(
        "smsconsentdate smsconsenttimestamp consentdate consenttimestamp consentedat optedat optinat "
        "dateofconsent "
        "submittedat submitted datesent datecreated timestamp time date createdat changedat blockedsince "
        "blockedat occurredat "
        "optindate modifiedtime lastmodifieddate lastmodified lastchanged lastupdated updatedat sentat receivedat"
    ),
    "ref": _words("recordid contactid customerid id contactkey leid subscriberid profileid klaviyoid userid"),
    "first_name": _words("firstname givenname prenom nombre fname"),
    "last_name": _words("lastname surname familyname nom apellido lname name fullname"),
    "email": _words("email emailaddress mail"),
    "country": _words(
        "country countryregion countrycode defaultaddresscountrycode cc mobilecountrycode mailingcountry "
        "pais pays"
    ),
    "program": _words("program programcode subscriptiontype"),
    "wording": _words("wording wordingversion version consenttext disclosureversion formversion"),
    "event_id": _words("eventid sid messagesid messageid submissionid uuid"),
    "direction": ["direction", "type"],
    "from": ["from", "fromnumber", "sender", "source"],
    "to": ["to", "tonumber", "destination", "ournumber"],
    "text": ["body", "text", "message", "messagebody", "content"],
    "error_code": ["errorcode", "code"],
    "channel": ["channel", "via", "medium"],
    "reference": [
        "reference",
        "ticket",
        "case",
        "caseid",
        "callid",
        "proof",
        "url",
        "page",
        "pageurl",
        "ip",
        "ipaddress",
    ],
    "words": ["note", "notes", "comment", "quote", "words"],
    "staff": ["staff", "agent", "user", "changedby", "by"],
    "answer": _words("answer result response disconnected reassigned isreassigned permanentlydisconnected"),
    "asked": _words("asked dateasked querydate consentdate dateofconsent lastverifieddate lastcontactdate"),
    "sender": ["sender", "senderid", "service", "messagingservice", "ournumber", "to"],
}


def folded(header: str) -> str:
    """A header without case, accents, spaces and punctuation, for comparing only."""
    plain = unicodedata.normalize("NFKD", header).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)
