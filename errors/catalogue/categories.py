"""The kinds of failure, whoever reports them: what each means for staff, what to change, who takes care of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Category(StrEnum):
    """Why a send failed. Stored; never renamed. Patterns, fixes and resends match on it, because codes change."""

    OK = "ok"
    INVALID_NUMBER = "invalid_number"
    NUMBER_INACTIVE = "number_inactive"
    NOT_SMS_CAPABLE = "not_sms_capable"
    HANDSET_UNREACHABLE = "handset_unreachable"
    OPTED_OUT = "opted_out"
    RECIPIENT_BLOCKED = "recipient_blocked"
    CONTENT_FILTERED = "content_filtered"
    CONTENT_INVALID = "content_invalid"
    CONTENT_TOO_LONG = "content_too_long"
    TEMPLATE_COMPLIANCE = "template_compliance"
    SENDER_INVALID = "sender_invalid"
    SENDER_UNREGISTERED = "sender_unregistered"
    THROTTLED = "throttled"
    QUOTA_EXCEEDED = "quota_exceeded"
    AUTH = "auth"
    ACCOUNT = "account"
    GEO_PERMISSION = "geo_permission"
    NO_ROUTE = "no_route"
    MALFORMED_REQUEST = "malformed_request"
    PROVIDER_ERROR = "provider_error"
    NETWORK_ERROR = "network_error"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    FRAUD_PROTECTION = "fraud_protection"
    WEBHOOK_CONFIG = "webhook_config"
    UNKNOWN = "unknown"

    @property
    def facts(self) -> CategoryFacts:
        return CATEGORIES[self]

    @property
    def label(self) -> str:
        return CATEGORIES[self].label


class Adjust(StrEnum):
    """What staff change so that it does not happen again."""

    NOTHING = "nothing"
    NUMBER = "number"
    CONTENT = "content"
    SENDER = "sender"
    ROUTING = "routing"
    TIMING = "timing"
    CREDENTIALS = "credentials"
    ACCOUNT = "account"
    REQUEST = "request"
    UNCLEAR = "unclear"

    @property
    def label(self) -> str:
        return _ADJUST_LABELS[self]


class Severity(StrEnum):
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def tone(self) -> str:
        """How its chip is coloured."""
        return {"critical": "bad", "high": "bad", "medium": "warn", "low": "info", "none": "mute"}[self.value]


class Signal(StrEnum):
    """How much a failure says about something else: whether the person agreed, whether the number is any good."""

    NO = "no"
    WEAK = "weak"
    MAYBE = "maybe"
    YES = "yes"


class Suppresses(StrEnum):
    """What should not be tried again because of one failure."""

    NOTHING = "nothing"
    NUMBER = "number"
    NUMBER_AND_SCOPE = "number_and_scope"
    NUMBER_AND_ROUTE = "number_and_route"

    @property
    def label(self) -> str:
        return _SUPPRESSES_LABELS[self]


class Retry(StrEnum):
    """Whether the same message may be tried again. YES to NEVER in the words of the catalogues; ONCE and
    CHECK_FIRST are ours."""

    YES = "yes"
    LATER = "later"
    ONCE = "once"
    AFTER_FIX = "after_fix"
    CHECK_FIRST = "check_first"
    NEVER = "no"

    @property
    def label(self) -> str:
        return _RETRY_LABELS[self]

    @property
    def tone(self) -> str:
        return _RETRY_TONES[self]


_RETRY_LABELS = {
    Retry.YES: "Yes, with growing pauses",
    Retry.LATER: "Later",
    Retry.ONCE: "Once, later",
    Retry.AFTER_FIX: "After a fix",
    Retry.CHECK_FIRST: "Check first",
    Retry.NEVER: "Never",
}
_RETRY_TONES = {
    Retry.YES: "ok",
    Retry.LATER: "wait",
    Retry.ONCE: "wait",
    Retry.AFTER_FIX: "info",
    Retry.CHECK_FIRST: "warn",
    Retry.NEVER: "bad",
}
_ADJUST_LABELS = {
    Adjust.NOTHING: "Nothing",
    Adjust.NUMBER: "The number",
    Adjust.CONTENT: "The content",
    Adjust.SENDER: "The sender",
    Adjust.ROUTING: "The routing",
    Adjust.TIMING: "The timing",
    Adjust.CREDENTIALS: "The credentials",
    Adjust.ACCOUNT: "The account",
    Adjust.REQUEST: "Our request",
    Adjust.UNCLEAR: "Not clear yet",
}
_SUPPRESSES_LABELS = {
    Suppresses.NOTHING: "Nothing: it does not count against the number",
    Suppresses.NUMBER: "The number, for texts",
    Suppresses.NUMBER_AND_SCOPE: "The number, for whatever the person opted out of",
    Suppresses.NUMBER_AND_ROUTE: "The number at this provider or on this route",
}


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """What staff are told about a kind of failure.

    `retry` is the advice where a code gives none. `pace` limits a retry, in words. `stops_channel`: every send
    after it fails alike, so the campaign or channel is paused after a few instead of burning all contacts."""

    label: str
    meaning: str
    remedy: str
    adjust: tuple[Adjust, ...]
    retry: Retry
    severity: Severity
    owner: str
    consent: Signal = Signal.NO
    quality: Signal = Signal.NO
    suppresses: Suppresses = Suppresses.NOTHING
    pace: str = ""
    stops_channel: bool = False


_C, _A, _R, _S = Category, Adjust, Retry, Severity
_STEWARD, _NOBODY, _CONSENT, _SUPPORT = "Data steward", "Nobody: automatic", "Consent owner", "Support"
_CAMPAIGN, _TEMPLATE, _COMPLIANCE = "Campaign owner", "Template owner", "Compliance"
_MESSAGING, _PLATFORM, _FINANCE, _SECURITY = (
    "Messaging admin",
    "Platform team",
    "Finance or admin",
    "Security",
)

CATEGORIES: Mapping[Category, CategoryFacts] = MappingProxyType(
    {
        _C.OK: CategoryFacts(
            "Not a failure",
            "The code reports success, a step on the way, or a piece of news. It looks like an error only because "
            "it stands where errors stand.",
            "Nothing to do.",
            (_A.NOTHING,),
            _R.NEVER,
            _S.NONE,
            _NOBODY,
        ),
        _C.INVALID_NUMBER: CategoryFacts(
            "Invalid number",
            "What was dialled cannot be a phone number: too short, too long, wrong prefix, or a kind of number that "
            "nobody can text.",
            "Ask the contact for the right number, or mend it where it was typed in or imported. If more than one in "
            "fifty numbers of an import fails like this, look at the import's mapping and country first.",
            (_A.NUMBER,),
            _R.NEVER,
            _S.LOW,
            _STEWARD,
            quality=Signal.YES,
            suppresses=Suppresses.NUMBER,
            pace="Only a changed number that was checked again may be tried.",
        ),
        _C.NUMBER_INACTIVE: CategoryFacts(
            "Number not in service",
            "The number is well formed, but nobody answers to it any more: disconnected, never given out, or moved "
            "to somebody else.",
            "Stop texting it and ask the contact, by another channel, for the number they use now. Consent given "
            "with the old number does not move to the new one by itself.",
            (_A.NUMBER,),
            _R.NEVER,
            _S.LOW,
            _STEWARD,
            quality=Signal.YES,
            suppresses=Suppresses.NUMBER,
            pace="One clear report is enough, or two soft ones on different days.",
        ),
        _C.NOT_SMS_CAPABLE: CategoryFacts(
            "Cannot receive texts",
            "The line exists but cannot take this kind of message: a landline, a data or machine line, or a device "
            "without the feature.",
            "Reach the person by voice or e-mail, or ask for a mobile number.",
            (_A.NUMBER,),
            _R.NEVER,
            _S.LOW,
            _STEWARD,
            quality=Signal.YES,
            suppresses=Suppresses.NUMBER,
            pace="No text to this line will arrive.",
        ),
        _C.HANDSET_UNREACHABLE: CategoryFacts(
            "Phone could not be reached",
            "The phone was off, out of coverage, abroad, busy, or its memory was full. Usually this passes.",
            "Nothing by hand. When it happens on several different days with no success between, treat the number "
            "as out of service.",
            (_A.TIMING,),
            _R.LATER,
            _S.LOW,
            _NOBODY,
            quality=Signal.WEAK,
            pace="Two or three tries, spread over one to three days and outside quiet hours; then stop.",
        ),
        _C.OPTED_OUT: CategoryFacts(
            "Opted out",
            "The person, or a register that speaks for them, told the provider to stop.",
            "Respect it everywhere, not only at this provider. To text again the person has to agree anew, with us "
            "and at the provider: there, usually only by texting START themselves.",
            (_A.NOTHING,),
            _R.NEVER,
            _S.HIGH,
            _CONSENT,
            consent=Signal.YES,
            suppresses=Suppresses.NUMBER_AND_SCOPE,
            pace="Sending again would be against the person's word.",
        ),
        _C.RECIPIENT_BLOCKED: CategoryFacts(
            "Line blocked",
            "Something between us and the person refuses messages to this line: the operator, a block list, an age "
            "or contract restriction, or the phone itself. That is not an opt-out.",
            "If the person misses our messages, have them ask their operator. Use another channel meanwhile, and do "
            "not record an opt-out because of this.",
            (_A.NUMBER, _A.NOTHING),
            _R.NEVER,
            _S.MEDIUM,
            _SUPPORT,
            consent=Signal.MAYBE,
            quality=Signal.MAYBE,
            suppresses=Suppresses.NUMBER_AND_ROUTE,
            pace="Never by itself; only after the person says the block is gone.",
        ),
        _C.CONTENT_FILTERED: CategoryFacts(
            "Filtered as spam",
            "A carrier or the provider judged the message, or the sender behind it, to be spam or forbidden.",
            "Change links (no public shorteners), wording and template first; then look at the sender's reputation "
            "and registration. Repeating the same body makes it worse.",
            (_A.CONTENT, _A.SENDER),
            _R.AFTER_FIX,
            _S.HIGH,
            _CAMPAIGN,
            pace="Not with the same body.",
        ),
        _C.CONTENT_INVALID: CategoryFacts(
            "Content not usable",
            "The message could not be read or sent as it was: empty, a placeholder left unfilled, characters or "
            "media that the channel does not take.",
            "Mend the template or its variables, look at one example as it was sent, and send a test.",
            (_A.CONTENT,),
            _R.AFTER_FIX,
            _S.MEDIUM,
            _TEMPLATE,
        ),
        _C.CONTENT_TOO_LONG: CategoryFacts(
            "Too long",
            "More characters, parts or bytes than the provider or the carrier takes. One unusual character can "
            "halve the room.",
            "Shorten the text, measured after its variables were filled in. Replace characters such as curly quotes "
            "or emoji that double its length.",
            (_A.CONTENT,),
            _R.AFTER_FIX,
            _S.LOW,
            _TEMPLATE,
        ),
        _C.TEMPLATE_COMPLIANCE: CategoryFacts(
            "Template or registration id",
            "The country or channel lets only approved templates through, and this message's template, entity or "
            "header id is missing, unknown, or does not match the text.",
            "Compare the text and its ids with what was registered, word by word. Register or correct, then send.",
            (_A.CONTENT, _A.ROUTING),
            _R.AFTER_FIX,
            _S.HIGH,
            _COMPLIANCE,
        ),
        _C.SENDER_INVALID: CategoryFacts(
            "Sender not usable",
            "The number or name we sent from is wrong, not ours, cannot text, or is not allowed in that country.",
            "Choose a sender that belongs to the account and may text that country, and set it in the campaign. "
            "Every message of the campaign fails until then.",
            (_A.SENDER,),
            _R.AFTER_FIX,
            _S.HIGH,
            _MESSAGING,
        ),
        _C.SENDER_UNREGISTERED: CategoryFacts(
            "Sender not registered",
            "The carriers want this sender registered first (10DLC, toll-free, short code or sender name), and the "
            "registration is missing, unfinished, rejected or suspended.",
            "Hold the campaign, complete or repair the registration, wait until the carriers know it, then send.",
            (_A.SENDER,),
            _R.AFTER_FIX,
            _S.HIGH,
            _COMPLIANCE,
            pace="Hold what waits until the registration stands.",
            stops_channel=True,
        ),
        _C.THROTTLED: CategoryFacts(
            "Too fast",
            "More messages at a time than the provider or carrier takes, a full queue, or a loop in which two "
            "numbers answer each other.",
            "Lower the sending rate or add senders. If it is a loop, find the two automatic answers and switch one "
            "off.",
            (_A.TIMING,),
            _R.YES,
            _S.MEDIUM,
            _PLATFORM,
            pace="With growing, uneven pauses. A loop is mended first.",
        ),
        _C.QUOTA_EXCEEDED: CategoryFacts(
            "Allowance used up",
            "A cap for the day, the month, the carrier or the money is reached.",
            "Wait for the cap to reset, or have it raised. Spread what is left over the coming days.",
            (_A.TIMING, _A.ACCOUNT),
            _R.LATER,
            _S.MEDIUM,
            _MESSAGING,
            pace="Not before the cap resets.",
            stops_channel=True,
        ),
        _C.AUTH: CategoryFacts(
            "Sign-in refused",
            "The provider did not accept our key, signature or address. Nothing gets through until that is mended.",
            "Stop the channel now. Check key, secret, signature and the list of allowed addresses, then send one "
            "test.",
            (_A.CREDENTIALS,),
            _R.AFTER_FIX,
            _S.CRITICAL,
            _PLATFORM,
            pace="Trying on only burns attempts.",
            stops_channel=True,
        ),
        _C.ACCOUNT: CategoryFacts(
            "Account problem",
            "The account at the provider is out of money, suspended, on trial, or lacks the feature.",
            "Stop the channel, settle it with the provider (pay, verify, switch the feature on), then send one test.",
            (_A.ACCOUNT,),
            _R.AFTER_FIX,
            _S.CRITICAL,
            _FINANCE,
            pace="Trying on only burns attempts.",
            stops_channel=True,
        ),
        _C.GEO_PERMISSION: CategoryFacts(
            "Country not enabled",
            "The account may not text this country or region, or the region is protected against abuse.",
            "If we mean to text there, enable the country at the provider. If not, the number may carry the wrong "
            "country code.",
            (_A.ROUTING,),
            _R.AFTER_FIX,
            _S.MEDIUM,
            _MESSAGING,
            quality=Signal.MAYBE,
        ),
        _C.NO_ROUTE: CategoryFacts(
            "No route",
            "The provider knows no way to this number: operator unknown, not connected, or confused by a number "
            "that moved between operators.",
            "Try one other route or sender if the rules allow it, and report the number range to the provider.",
            (_A.ROUTING,),
            _R.AFTER_FIX,
            _S.MEDIUM,
            _MESSAGING,
            quality=Signal.MAYBE,
            pace="One try on another route.",
        ),
        _C.MALFORMED_REQUEST: CategoryFacts(
            "Faulty request",
            "Our own request was wrong: a field missing, an id unknown, a step out of order. The person and the "
            "number have nothing to do with it.",
            "Give the platform team one example with its request; every message built alike fails alike.",
            (_A.REQUEST,),
            _R.AFTER_FIX,
            _S.HIGH,
            _PLATFORM,
        ),
        _C.PROVIDER_ERROR: CategoryFacts(
            "Fault at the provider",
            "Something broke at the provider. A few are normal; many at once are an outage.",
            "Look at the provider's status page. If it lasts, move the traffic to another route.",
            (_A.NOTHING, _A.ROUTING),
            _R.LATER,
            _S.MEDIUM,
            _PLATFORM,
            pace="With growing pauses.",
        ),
        _C.NETWORK_ERROR: CategoryFacts(
            "Fault in the carrier's network",
            "The networks between provider and phone did not work together: a signalling fault, congestion, or no "
            "answer.",
            "Wait. If one carrier or country stands out, tell the provider or use another route.",
            (_A.NOTHING, _A.ROUTING),
            _R.LATER,
            _S.MEDIUM,
            _PLATFORM,
            quality=Signal.WEAK,
        ),
        _C.EXPIRED: CategoryFacts(
            "Ran out of time",
            "The message was not delivered before its time ran out; often the phone was off for long.",
            "Send again only if what it says is still true. For urgent texts set a shorter, for others a longer time.",
            (_A.TIMING,),
            _R.LATER,
            _S.LOW,
            _CAMPAIGN,
            quality=Signal.WEAK,
            pace="Only if the content is still true.",
        ),
        _C.DUPLICATE: CategoryFacts(
            "Seen before",
            "The provider, or we, had this message already. The first one most likely went out.",
            "Look up the first message and count that one. If the second was meant, change its text or wait.",
            (_A.NOTHING,),
            _R.NEVER,
            _S.MEDIUM,
            _SUPPORT,
            pace="The first one counts until something proves otherwise.",
        ),
        _C.FRAUD_PROTECTION: CategoryFacts(
            "Stopped as suspected fraud",
            "The provider suspects that the messages only serve to earn money on expensive numbers, or another "
            "kind of abuse.",
            "Have somebody look at who asks for these messages and at the number ranges. Put a limit or a puzzle on "
            "the form that triggers them.",
            (_A.TIMING, _A.NUMBER),
            _R.LATER,
            _S.HIGH,
            _SECURITY,
            quality=Signal.YES,
            pace="After a person has looked at it; never in a loop.",
        ),
        _C.WEBHOOK_CONFIG: CategoryFacts(
            "Our own address did not answer",
            "The provider could not reach or understand our callback or template address. Reports and replies may "
            "be lost, among them STOP.",
            "Repair the address or its certificate, then fetch from the provider what was missed while it was down.",
            (_A.CREDENTIALS,),
            _R.AFTER_FIX,
            _S.HIGH,
            _PLATFORM,
        ),
        _C.UNKNOWN: CategoryFacts(
            "Not known",
            "The provider gives no reason, or one that nobody has explained yet.",
            "Look at an example and ask the provider with its reference. Once you know, classify the code here.",
            (_A.UNCLEAR,),
            _R.ONCE,
            _S.MEDIUM,
            _SUPPORT,
            pace="At most one more try.",
        ),
    }
)
