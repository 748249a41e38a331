"""Every disagreement and incident the product knows: how bad it is, what it means, what staff should do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """Whom we may text: the agreed status, derived and never typed."""

    OPTED_IN = "OPTED_IN"
    OPTED_OUT = "OPTED_OUT"
    OPTED_OUT_PRESUMED = "OPTED_OUT_PRESUMED"
    PENDING = "PENDING"
    EXPIRED = "EXPIRED"
    NO_CONSENT = "NO_CONSENT"

    @property
    def is_out(self) -> bool:
        return self is Status.OPTED_OUT or self is Status.OPTED_OUT_PRESUMED


class Severity(StrEnum):
    """S1: someone who said no is or will be texted. S2: texting without proof, or a fix that will not hold.
    S3: the data cannot decide. S4: we are silent where we may speak."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"

    def holds(self, status: Status) -> bool:
        """Whether a finding this bad pauses automated journeys, given the agreed status."""
        return self in (Severity.S1, Severity.S2) or (self is Severity.S3 and not status.is_out)


class Code(StrEnum):
    """What can be wrong. Stored; never renamed."""

    PLATFORM_IN_AGREED_OUT = "PLATFORM_IN_AGREED_OUT"
    CARRIER_BLOCK_UNRECORDED = "CARRIER_BLOCK_UNRECORDED"
    PROVIDER_UNBLOCKED_AGREED_OUT = "PROVIDER_UNBLOCKED_AGREED_OUT"
    STOP_OVERRIDE_ATTEMPT = "STOP_OVERRIDE_ATTEMPT"
    SYNC_REGRESSION = "SYNC_REGRESSION"
    POST_STOP_SEND = "POST_STOP_SEND"
    SLA_BREACH = "SLA_BREACH"
    STOPALL_PARTIAL = "STOPALL_PARTIAL"
    NUMBER_REASSIGNED = "NUMBER_REASSIGNED"
    PER_SE_KEYWORD_MISSED = "PER_SE_KEYWORD_MISSED"
    FREETEXT_REVOCATION = "FREETEXT_REVOCATION"
    CONSENT_CARRIED_TO_NEW_NUMBER = "CONSENT_CARRIED_TO_NEW_NUMBER"
    PLATFORM_IN_NO_EVIDENCE = "PLATFORM_IN_NO_EVIDENCE"
    IMPORT_NO_EVIDENCE = "IMPORT_NO_EVIDENCE"
    PLATFORM_IN_PENDING = "PLATFORM_IN_PENDING"
    PLATFORM_IN_EXPIRED = "PLATFORM_IN_EXPIRED"
    SOURCE_IN_AGREED_OUT = "SOURCE_IN_AGREED_OUT"
    OVERWRITE_SETTING_RISK = "OVERWRITE_SETTING_RISK"
    DUPLICATE_DIVERGENCE = "DUPLICATE_DIVERGENCE"
    PROGRAM_SCOPE_LEAK = "PROGRAM_SCOPE_LEAK"
    WORDING_MISMATCH = "WORDING_MISMATCH"
    CONFIRMATION_RULE = "CONFIRMATION_RULE"
    ORDER_AMBIGUOUS = "ORDER_AMBIGUOUS"
    TIMESTAMP_SUSPECT = "TIMESTAMP_SUSPECT"
    UNEVIDENCED_OPT_OUT = "UNEVIDENCED_OPT_OUT"
    AMBIGUOUS_YES = "AMBIGUOUS_YES"
    UNCLEAR_REPLY = "UNCLEAR_REPLY"
    UNPARSEABLE_VALUE = "UNPARSEABLE_VALUE"
    UNPARSEABLE_PHONE = "UNPARSEABLE_PHONE"
    CARRIER_BLOCK = "CARRIER_BLOCK"
    DOI_STALE = "DOI_STALE"
    PLATFORM_OUT_AGREED_IN = "PLATFORM_OUT_AGREED_IN"
    PROVIDER_BLOCKED_AGREED_IN = "PROVIDER_BLOCKED_AGREED_IN"
    OPTOUT_CARRIED_TO_NEW_NUMBER = "OPTOUT_CARRIED_TO_NEW_NUMBER"


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What staff are told about a code. `sentence` names the two facts that conflict; `words` fills it."""

    severity: Severity
    title: str
    sentence: str
    advice: str


_S1, _S2, _S3, _S4 = Severity

CODES: Mapping[Code, CodeFacts] = MappingProxyType(
    {
        Code.PLATFORM_IN_AGREED_OUT: CodeFacts(
            _S1,
            "Platform would text someone who opted out",
            "{system} {says}, but {fact}.",
            "Opt the number out on the platform, look at the provider's block, then correct every other "
            "system. Find out what wrote the value.",
        ),
        Code.CARRIER_BLOCK_UNRECORDED: CodeFacts(
            _S1,
            "Provider blocks a number that the platform would text",
            "{system} {says}, but the provider reports a block{block_at}, and no revocation from "
            "this person is on record.",
            "Record the block as a revocation and opt the number out. Ask engineering why the provider's "
            "message did not arrive.",
        ),
        Code.PROVIDER_UNBLOCKED_AGREED_OUT: CodeFacts(
            _S1,
            "Provider no longer blocks someone who opted out",
            "{system} would let messages through, but {fact}.",
            "Block the number again at the provider. Look for a YES, a block that ran out, an opt-in written "
            "by a program of ours, or a sender that moved to another pool.",
        ),
        Code.STOP_OVERRIDE_ATTEMPT: CodeFacts(
            _S1,
            "Attempt to set aside a STOP",
            "{attempt}, but {fact}, and only a message from the phone itself ends that.",
            "Refuse it and explain why. Whoever wants the messages back texts START to the sender.",
        ),
        Code.SYNC_REGRESSION: CodeFacts(
            _S1,
            "A correction did not hold",
            "{system} {took} “{corrected}” on {corrected_at}, but {said} “{value}”{again}{read_at}{place}; {suspect}.",
            "Do not only correct it again. Where the value came back, first switch off or re-map what wrote it; where "
            "it never arrived, find out why the system does not take it. Then correct.",
        ),
        Code.POST_STOP_SEND: CodeFacts(
            _S1,
            "A message went out after the revocation",
            "{sends}, but {fact}.",
            "Treat it as an incident: who sent it, from which queue, how long after. Stop that queue, then tell "
            "compliance.",
        ),
        Code.SLA_BREACH: CodeFacts(
            _S1,
            "A revocation is not in force everywhere in time",
            "{systems} would still let messages go out, but {fact}, and the {allowed} allowed for it ended "
            "{ended_at}.",
            "Escalate: someone has to opt the number out by hand in these systems today, and compliance has to "
            "know that the time has run out.",
        ),
        Code.STOPALL_PARTIAL: CodeFacts(
            _S1,
            "STOP ALL did not reach every program",
            "For {program} {system} {says}, but {fact}, and that ends every program.",
            "Carry the revocation to all programs.",
        ),
        Code.NUMBER_REASSIGNED: CodeFacts(
            _S1,
            "The number belongs to someone else now",
            "The number changed hands{boundary_at}, but {before}.",
            "Take the number off the contact, or collect consent from whoever holds it now.",
        ),
        Code.PER_SE_KEYWORD_MISSED: CodeFacts(
            _S1,
            "The provider let a STOP word pass",
            "The provider {missed}, but {fact}.",
            "Opt the number out and add the word at the provider.",
        ),
        Code.FREETEXT_REVOCATION: CodeFacts(
            _S1,
            "Someone asked us to stop in their own words",
            "The words are not a keyword, but {fact}.",
            "Read it. Confirm it (the number stays out), or void it with a reason and a second person.",
        ),
        Code.CONSENT_CARRIED_TO_NEW_NUMBER: CodeFacts(
            _S1,
            "An opt-in moved to a new number",
            "{system} says “{value}” because the contact's old number said so, but {fact}.",
            "Opt the new number out. Ask for consent by form and from the phone itself.",
        ),
        Code.PLATFORM_IN_NO_EVIDENCE: CodeFacts(
            _S2,
            "Opted in without proof",
            "{system} {says}, but {fact}.",
            "Find the proof, or opt the number out. Do not text the person to ask.",
        ),
        Code.IMPORT_NO_EVIDENCE: CodeFacts(
            _S2,
            "Only an imported list says opted in",
            "An imported list says “in”, but no act of the person is on record.",
            "Ask the owner of the list for proof and decide for the whole file.",
        ),
        Code.PLATFORM_IN_PENDING: CodeFacts(
            _S2,
            "Opted in before the phone confirmed",
            "{system} {says}, but {fact}.",
            "Set it to pending and wait for the message from the phone.",
        ),
        Code.PLATFORM_IN_EXPIRED: CodeFacts(
            _S2,
            "Opted in on consent that has run out",
            "{system} {says}, but {fact}.",
            "Stop, and collect consent anew.",
        ),
        Code.SOURCE_IN_AGREED_OUT: CodeFacts(
            _S2,
            "A source system says opted in for someone who opted out",
            "{system} {says}, but {fact}.",
            "Correct it in that system too.",
        ),
        Code.OVERWRITE_SETTING_RISK: CodeFacts(
            _S2,
            "A setting will undo the correction",
            "{system} {setting} and {says}, but {fact}.",
            "Change the setting or leave the field out of the sync. Name an owner and a date.",
        ),
        Code.DUPLICATE_DIVERGENCE: CodeFacts(
            _S2,
            "Contacts that share the number disagree",
            "One record of {system} says {first}, but {others}.",
            "Align all of them with the agreed status; consider merging them.",
        ),
        Code.PROGRAM_SCOPE_LEAK: CodeFacts(
            _S2,
            "Consent for another program is used",
            "The consent names {named}, but it is used for {program}.",
            "Opt the number out of this program.",
        ),
        Code.WORDING_MISMATCH: CodeFacts(
            _S2,
            "The opt-in text does not carry the consent",
            "There is a consent on record, but {wording}.",
            "Attach the text that was shown, or treat it as no consent.",
        ),
        Code.CONFIRMATION_RULE: CodeFacts(
            _S2,
            "The opt-out confirmation broke its rules",
            "One plain confirmation of an opt-out within five minutes is allowed, but {breach}.",
            "Log it and mend the template or the queue.",
        ),
        Code.ORDER_AMBIGUOUS: CodeFacts(
            _S3,
            "Opt-in and opt-out are too close to order",
            "{fact}, and {other}, but the times do not tell which came first.",
            "Look at the originals. The number stays out meanwhile.",
        ),
        Code.TIMESTAMP_SUSPECT: CodeFacts(
            _S3,
            "A time cannot be trusted",
            "{fact}, but {doubt}.",
            "Get the true time, or leave the protective reading.",
        ),
        Code.UNEVIDENCED_OPT_OUT: CodeFacts(
            _S3,
            "Opted out by hearsay",
            "{fact}, but no act of the person is on record.",
            "Ask the owner of the source. With evidence it may be voided by two people.",
        ),
        Code.AMBIGUOUS_YES: CodeFacts(
            _S3,
            "A YES that answers nothing of ours",
            "The person wrote YES{said_at}, but {doubt}.",
            "Read the thread. It never counts as an opt-in.",
        ),
        Code.UNCLEAR_REPLY: CodeFacts(
            _S3,
            "A reply that a person has to read",
            "No rule can tell what is meant, but {fact}.",
            "Read the reply. Log the revocation if it is one; if it is not, void the record with a second person.",
        ),
        Code.UNPARSEABLE_VALUE: CodeFacts(
            _S3,
            "A status nobody has explained",
            "{system} says “{text}”, but that word has no agreed meaning.",
            "Explain the word in the system's vocabulary, or mend the file.",
        ),
        Code.UNPARSEABLE_PHONE: CodeFacts(
            _S3,
            "A phone number that cannot be read",
            "{system} gives “{text}”, but that is no complete phone number.",
            "Mend the number in the source.",
        ),
        Code.CARRIER_BLOCK: CodeFacts(
            _S3,
            "The provider blocks, nobody knows why",
            "The provider reports a block{block_at}, but no revocation from this person is on record.",
            "Treat it as a revocation; see whether a message from the person was lost.",
        ),
        Code.DOI_STALE: CodeFacts(
            _S4,
            "The confirmation never came",
            "{fact}, but the phone did not confirm within {days} days.",
            "Close it quietly; send no reminder.",
        ),
        Code.PLATFORM_OUT_AGREED_IN: CodeFacts(
            _S4,
            "Platform is silent where we may speak",
            "{system} {says}, but {fact}.",
            "Opt in only by the platform's own way; look at the provider first.",
        ),
        Code.PROVIDER_BLOCKED_AGREED_IN: CodeFacts(
            _S4,
            "Provider still blocks someone who opted in",
            "{system} still blocks the number, but {fact}.",
            "The person must text START to that very sender.",
        ),
        Code.OPTOUT_CARRIED_TO_NEW_NUMBER: CodeFacts(
            _S4,
            "An opt-out moved to a new number",
            "{system} says “{value}” because the contact's old number said so, but {fact}.",
            "Clear it only with a reason. If the person asked by e-mail or call, it is about them: keep it.",
        ),
    }
)
