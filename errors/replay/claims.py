"""Which failures a rule is meant to prevent, and whether any rule could.

A row of the rule book names provider codes. What the check finds without a row (a number that cannot be, an opt-out)
is meant to prevent a whole category of the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from errors.catalogue import Category, normal_code
from errors.preflight import Code, Rule

C = Category
_RANGE: Final = re.compile(r"(\d+)-(\d+)")

# The category of each family of findings; a whole code is closer than its family.
_MEANT: Final[dict[str, frozenset[Category]]] = {
    "to.": frozenset({C.INVALID_NUMBER}),
    Code.TO_LANDLINE: frozenset({C.NOT_SMS_CAPABLE}),
    Code.TO_TOLL_FREE: frozenset({C.NOT_SMS_CAPABLE}),
    Code.TO_PREMIUM: frozenset({C.NOT_SMS_CAPABLE, C.INVALID_NUMBER}),
    Code.TO_COUNTRY_MISMATCH: frozenset({C.INVALID_NUMBER, C.GEO_PERMISSION}),
    Code.TO_BLOCKED_COUNTRY: frozenset({C.GEO_PERMISSION}),
    "sender.": frozenset({C.SENDER_INVALID}),
    Code.SENDER_REGISTRATION_REQUIRED: frozenset({C.SENDER_UNREGISTERED}),
    Code.SENDER_UNREGISTERED: frozenset({C.SENDER_UNREGISTERED}),
    "body.": frozenset({C.CONTENT_INVALID}),
    Code.BODY_TOO_LONG: frozenset({C.CONTENT_TOO_LONG}),
    Code.BODY_SEGMENTS: frozenset({C.CONTENT_TOO_LONG}),
    Code.BODY_UCS2_COSTLY: frozenset({C.CONTENT_TOO_LONG}),
    "link.": frozenset({C.CONTENT_FILTERED}),
    "content.": frozenset({C.CONTENT_FILTERED}),
    "brand.": frozenset({C.CONTENT_FILTERED}),
    "optout.": frozenset({C.CONTENT_FILTERED}),
    Code.CONSENT_OPTED_OUT: frozenset({C.OPTED_OUT}),
    Code.CONSENT_OLDER_THAN_OPTOUT: frozenset({C.OPTED_OUT}),
    Code.CONSENT_HELD: frozenset({C.OPTED_OUT}),
    "duplicate.": frozenset({C.DUPLICATE}),
    Code.LOOP: frozenset({C.THROTTLED}),
}

# What a rule before the send could do about a failure that none prevents today, in words for staff.
_COULD: Final[dict[Category, str]] = {
    C.INVALID_NUMBER: "Yes: the number can be read before it is sent to.",
    C.NUMBER_INACTIVE: "Yes: leave out numbers that were found out of service; see data quality.",
    C.NOT_SMS_CAPABLE: "Yes: leave out lines that take no texts; see data quality.",
    C.HANDSET_UNREACHABLE: "In part: leave out numbers that were unreachable on several days; see data quality.",
    C.OPTED_OUT: "Yes: the opt-out has to reach the ledger before the send.",
    C.RECIPIENT_BLOCKED: "In part: leave out numbers that the provider barred before.",
    C.CONTENT_FILTERED: "Yes: a rule about the words or the link that these texts share.",
    C.CONTENT_INVALID: "Yes: a rule about empty, garbled or unfilled texts.",
    C.CONTENT_TOO_LONG: "Yes: a limit of this provider.",
    C.TEMPLATE_COMPLIANCE: "Yes: want the registered ids before the send. The log does not have them.",
    C.SENDER_INVALID: "Yes: a rule about senders for this provider or country.",
    C.SENDER_UNREGISTERED: "Yes: want the sender registered before the send. The log does not say it.",
    C.THROTTLED: "In part: a limit on repetitions; speed is the sending system's.",
    C.QUOTA_EXCEEDED: "No: the account's limit has to grow, or the campaign to be spread.",
    C.GEO_PERMISSION: "Yes: block the country until it is enabled.",
    C.MALFORMED_REQUEST: "In part: where a parameter is always missing, want it before the send.",
    C.DUPLICATE: "Yes: a window in which the same text counts as a repetition.",
    C.EXPIRED: "In part: a longer validity, or a better hour.",
    C.FRAUD_PROTECTION: "In part: leave out the ranges of numbers that it is about.",
    C.UNKNOWN: "Nobody knows yet what the code means: classify it first.",
}
_CANNOT: Final = "No: nothing in the message says beforehand that it will fail."


@dataclass(frozen=True, slots=True)
class Failure:
    """How sends failed, as the log has it: the code as it was received, "" is none."""

    provider: str
    code: str


CategoryOf = Callable[[Failure], Category]


def prevents(code: Code, rule: Rule | None, failure: Failure, category_of: CategoryOf) -> bool:
    """Whether a finding of this code and rule is meant to prevent the failure."""
    if rule is not None and rule.prevents:
        return names(rule.prevents, failure)
    return category_of(failure) in meant(code)


def meant(code: Code) -> frozenset[Category]:
    """The categories that a finding without codes of its own is meant to prevent; none for questions of manners."""
    return _MEANT.get(code) or _MEANT.get(f"{code.partition('.')[0]}.", frozenset())


@cache
def names(prevented: tuple[str, ...], failure: Failure) -> bool:
    """Whether codes as rules name them ("twilio 30441-30477", "telnyx 40017") hold this one."""
    code = normal_code(failure.code)
    return bool(code) and any(
        provider == failure.provider and _holds(written, code)
        for provider, _, written in (one.partition(" ") for one in prevented)
    )


def _holds(written: str, code: str) -> bool:
    written = written.strip()
    if (ends := _RANGE.fullmatch(written)) and code.isdecimal():
        return int(ends[1]) <= int(code) <= int(ends[2])
    return normal_code(written) == code


def is_meant_by_any(rules: Iterable[Rule], failure: Failure, category: Category) -> bool:
    """Whether some rule, or the check without one, is meant to prevent it."""
    if any(category in categories for categories in _MEANT.values()):
        return True
    return any(names(rule.prevents, failure) for rule in rules if rule.prevents)


def could(category: Category) -> str:
    """Whether a rule before the send could prevent such failures at all."""
    return _COULD.get(category, _CANNOT)
