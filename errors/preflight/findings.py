"""What the check can find: codes, how bad each is, and a finding with its place in the text and its remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from errors.preflight.rules import Rule, Standing


class Severity(StrEnum):
    """An error would fail or must not be sent, a warning may, an information costs or looks bad."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"


class Verdict(StrEnum):
    """What the findings of one message come to."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    BLOCK = "block"


class Code(StrEnum):
    """What can be wrong with a message before it is sent. Never renamed: scripts and statistics use them."""

    TO_EMPTY = "to.empty"
    TO_INVALID = "to.invalid"
    TO_NO_COUNTRY = "to.no_country"
    TO_MULTIPLE = "to.multiple"
    TO_SHORT_CODE = "to.short_code"
    TO_SCIENTIFIC = "to.scientific"
    TO_LANDLINE = "to.landline"
    TO_TOLL_FREE = "to.toll_free"
    TO_PREMIUM = "to.premium"
    TO_FICTITIOUS = "to.fictitious"
    TO_EXTENSION = "to.extension"
    TO_COUNTRY_MISMATCH = "to.country_mismatch"
    TO_BLOCKED_COUNTRY = "to.blocked_country"
    TO_SAME_AS_SENDER = "to.same_as_sender"
    SENDER_EMPTY = "sender.empty"
    SENDER_INVALID = "sender.invalid"
    SENDER_ALPHA_TOO_LONG = "sender.alpha_too_long"
    SENDER_ALPHA_CHARSET = "sender.alpha_charset"
    SENDER_ALPHA_NO_LETTER = "sender.alpha_no_letter"
    SENDER_ALPHA_UNSUPPORTED = "sender.alpha_unsupported"
    SENDER_ALPHA_GENERIC = "sender.alpha_generic"
    SENDER_REGISTRATION_REQUIRED = "sender.registration_required"
    SENDER_UNREGISTERED = "sender.unregistered"
    SENDER_FOREIGN_NUMERIC = "sender.foreign_numeric"
    SENDER_FOREIGN_SHORT_CODE = "sender.foreign_short_code"
    SENDER_AD_AFFIX = "sender.ad_affix"
    SENDER_INDIA_HEADER = "sender.india_header"
    SENDER_ONE_WAY = "sender.one_way"
    BODY_EMPTY = "body.empty"
    BODY_TOO_LONG = "body.too_long"
    BODY_SEGMENTS = "body.segments"
    BODY_UCS2 = "body.ucs2"
    BODY_UCS2_COSTLY = "body.ucs2_costly"
    BODY_INVISIBLE = "body.invisible"
    BODY_CONTROL = "body.control"
    BODY_ILL_FORMED = "body.ill_formed"
    BODY_PLACEHOLDER = "body.placeholder"
    BODY_BLANK_MERGE = "body.blank_merge"
    BODY_MOJIBAKE = "body.mojibake"
    BODY_CAPS = "body.caps"
    BODY_SPAMMY = "body.spammy"
    LINK_SHORTENER = "link.shortener"
    LINK_MALFORMED = "link.malformed"
    LINK_INSECURE = "link.insecure"
    LINK_IP = "link.ip"
    LINK_IDN = "link.idn"
    LINK_CREDENTIALS = "link.credentials"
    LINK_LOCALHOST = "link.localhost"
    OPTOUT_MISSING = "optout.missing"
    OPTOUT_UNREACHABLE = "optout.unreachable"
    OPTOUT_FR_SHORT_CODE = "optout.fr_short_code"
    BRAND_MISSING = "brand.missing"
    CONTENT_SEX = "content.sex"
    CONTENT_ALCOHOL = "content.alcohol"
    CONTENT_FIREARMS = "content.firearms"
    CONTENT_TOBACCO = "content.tobacco"
    CONTENT_CANNABIS = "content.cannabis"
    CONTENT_GAMBLING = "content.gambling"
    CONTENT_LOANS = "content.loans"
    CONTENT_CRYPTO = "content.crypto"
    CONTENT_SENSITIVE = "content.sensitive"
    TIME_QUIET_HOURS = "time.quiet_hours"
    TIME_QUIET_HOURS_WARN = "time.quiet_hours_warn"
    TIME_SUNDAY = "time.sunday"
    TIME_HOLIDAY = "time.holiday"
    TIME_ZONE_UNKNOWN = "time.zone_unknown"
    TIME_PAST = "time.past"
    TIME_FREQUENCY = "time.frequency"
    CONSENT_OPTED_OUT = "consent.opted_out"
    CONSENT_MISSING = "consent.missing"
    CONSENT_PENDING = "consent.pending"
    CONSENT_OLDER_THAN_OPTOUT = "consent.older_than_optout"
    CONSENT_WRONG_CHANNEL = "consent.wrong_channel"
    CONSENT_TRANSACTIONAL_ONLY = "consent.transactional_only"
    CONSENT_HELD = "consent.held"
    MMS_TOO_MANY = "mms.too_many"
    MMS_TOO_BIG = "mms.too_big"
    MMS_MAYBE_TOO_BIG = "mms.maybe_too_big"
    MMS_UNSUPPORTED = "mms.unsupported"
    MMS_TYPE = "mms.type"
    DLT_MISSING = "dlt.missing"
    DUPLICATE_COMMAND = "duplicate.same_command"
    DUPLICATE_INTENT = "duplicate.same_intent"
    DUPLICATE_CONTENT = "duplicate.same_content"
    DUPLICATE_AUTOMATIC = "duplicate.automatic"
    DUPLICATE_PERSON = "duplicate.same_person"
    DUPLICATE_UNSETTLED = "duplicate.check_first"
    LOOP = "loop.too_many"


_INFORMATION: Final = {Code.BODY_UCS2, Code.BODY_CAPS, Code.BODY_SPAMMY, Code.LINK_INSECURE}
_WARNINGS: Final = {
    Code.TO_LANDLINE,
    Code.TO_FICTITIOUS,
    Code.TO_EXTENSION,
    Code.TO_COUNTRY_MISMATCH,
    Code.SENDER_ALPHA_GENERIC,
    Code.SENDER_REGISTRATION_REQUIRED,
    Code.SENDER_ONE_WAY,
    Code.BODY_SEGMENTS,
    Code.BODY_UCS2_COSTLY,
    Code.BODY_INVISIBLE,
    Code.BODY_BLANK_MERGE,
    Code.BODY_MOJIBAKE,
    Code.LINK_SHORTENER,
    Code.LINK_MALFORMED,
    Code.LINK_IP,
    Code.LINK_IDN,
    Code.OPTOUT_MISSING,
    Code.OPTOUT_FR_SHORT_CODE,
    Code.BRAND_MISSING,
    Code.CONTENT_ALCOHOL,
    Code.CONTENT_FIREARMS,
    Code.CONTENT_TOBACCO,
    Code.CONTENT_GAMBLING,
    Code.CONTENT_CRYPTO,
    Code.TIME_QUIET_HOURS_WARN,
    Code.TIME_ZONE_UNKNOWN,
    Code.TIME_FREQUENCY,
    Code.CONSENT_PENDING,
    Code.MMS_MAYBE_TOO_BIG,
    Code.MMS_UNSUPPORTED,
    Code.DLT_MISSING,
    Code.DUPLICATE_CONTENT,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in words for staff.

    `message` says what and where, `remedy` what to do. `places` are (begin, end) in the text, the first
    character is 0. `rule` is the row that decided, if one did; `all_agree`: every row says so, though they
    differ elsewhere.
    """

    code: Code
    message: str
    remedy: str
    places: tuple[tuple[int, int], ...] = ()
    rule: Rule | None = None
    all_agree: bool = False

    @property
    def severity(self) -> Severity:
        """What sources dispute, or what nobody confirmed, only warns."""
        if self.code in _INFORMATION:
            return Severity.INFO
        doubted = self.rule and self.rule.standing is not Standing.AGREED and not self.all_agree
        return Severity.WARN if self.code in _WARNINGS or doubted else Severity.ERROR


_TOPICS: Final = {"to": "Number", "body": "Text", "optout": "Way out", "dlt": "India", "mms": "Picture"}


def in_words(code: str) -> str:
    """A code as a line of a list: "Number: country mismatch"; also for codes of lists, which the check has not."""
    topic, _, what = code.partition(".")
    said = what.replace("ucs2", "UCS-2").replace("_", " ")
    return f"{_TOPICS.get(topic, topic.capitalize())}: {said}" if what else "No finding"


def joined(places: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Places in order, those that overlap made one."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(places):
        if found and begin < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return tuple(found)


def verdict(findings: Iterable[Finding]) -> Verdict:
    """The worst of the findings; information alone passes."""
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return Verdict.BLOCK
    return Verdict.WARN if Severity.WARN in severities else Verdict.PASS
