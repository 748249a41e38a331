"""What the text is about: content that carriers filter or forbid, and data that no text should carry."""

import re
from collections.abc import Iterator
from typing import Final

from errors.preflight.body import Place, quoted
from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message, Purpose
from errors.preflight.rules import Kind, Rule, RuleBook, pattern

_ABOUT: Final = {
    Code.CONTENT_SEX: ("sexual content, which carriers block", "Leave it out: it is not carried by text."),
    Code.CONTENT_ALCOHOL: (
        "alcohol",
        "Send it only to recipients whose age was checked, with the provider's consent.",
    ),
    Code.CONTENT_FIREARMS: (
        "weapons",
        "Send it only to recipients whose age was checked, with the provider's consent.",
    ),
    Code.CONTENT_TOBACCO: (
        "tobacco or vaping",
        "Send it only where carriers allow it, to recipients of age.",
    ),
    Code.CONTENT_CANNABIS: (
        "cannabis or CBD, which carriers there block even where it is legal",
        "Leave it out.",
    ),
    Code.CONTENT_GAMBLING: ("gambling", "Send it only where it is licensed and the provider agreed."),
    Code.CONTENT_LOANS: ("high-risk loans or debt relief, which carriers block", "Leave it out."),
    Code.CONTENT_CRYPTO: (
        "crypto currency, which filters take for fraud",
        "Say it without the words, or leave it out.",
    ),
}

CATEGORIES: Final = tuple(_ABOUT)

# First digits and lengths of payment cards (ISO/IEC 7812 ranges of the large schemes).
_CARD: Final = re.compile(
    r"(?<![\w-])(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6(?:011|5\d\d|4[4-9]\d)|35\d\d)(?:[ -]?\d{4}){3}(?![\w-])"
    r"|(?<![\w-])4\d{12}(?![\w-])"
    r"|(?<![\w-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\w-])|(?<![\w-])3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4}(?![\w-])"
)


def check_content(message: Message, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    yield from _categories(message.body, place, rules)
    yield from _sensitive(message, rules)


def _categories(text: str, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    for rule in rules.all(Kind.CONTENT):
        if rule.place and rule.place != place:
            continue
        found = [match.span() for match in pattern(rule.value).finditer(text)]
        if found:
            innocent = list(_innocent(text, rule, rules))
            found = [place for place in found if not any(_overlap(place, other) for other in innocent)]
        if found:
            about, remedy = _ABOUT[Code(rule.subject)]
            yield Finding(
                Code(rule.subject), f"{quoted(text, found[0])} is about {about}.", remedy, tuple(found), rule
            )


def _innocent(text: str, rule: Rule, rules: RuleBook) -> Iterator[Place]:
    """Words that only look like what the rule is about."""
    for unless in rules.of(Kind.CONTENT_UNLESS, place=rule.place, subject=rule.subject):
        for match in pattern(unless.value).finditer(text):
            yield match.span()


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _sensitive(message: Message, rules: RuleBook) -> Iterator[Finding]:
    text = message.body
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _checks_out(digits):
            yield _private(match.span(), "a card number", match.start())
            return
    for rule, match in rules.search(Kind.SENSITIVE, text):
        if message.purpose is Purpose.OTP and rule.note == "not in one-time codes":
            continue
        yield _private(match.span(), f"a {rule.subject}", match.start())
        return


def _private(place: Place, what: str, at: int) -> Finding:
    """The words themselves are not repeated: findings are stored and shown."""
    return Finding(
        Code.CONTENT_SENSITIVE,
        f"The text holds {what} (character {at + 1}); texts are not secret.",
        "Leave it out, or show the last four characters.",
        (place,),
    )


def _checks_out(digits: str) -> bool:
    """The check digit of card numbers (Luhn, ISO/IEC 7812-1)."""
    doubled = [int(digit) * 2 if place % 2 else int(digit) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
