"""Who it comes from: is the sender written well, may it send there, and can it be answered?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message, Purpose
from errors.preflight.recipient import number_in
from errors.preflight.rules import Kind, Rule, RuleBook, pattern

# What a network has room for: the 11 characters of an address of 7 octets (3GPP TS 23.040, 9.1.2.5).
_LONGEST_NAME: Final = 11
_SHORT_CODE: Final = re.compile(r"\d{3,6}")
_WRITTEN_NUMBER: Final = re.compile(r"(?:\+|00)[\d\s().-]+|(?=.*[\s().-])[\d\s().-]{9,}")
_TOO_FEW_DIGITS: Final = re.compile(r"\d{1,2}")
_LETTER: Final = re.compile("[A-Za-z]")


class SenderKind(StrEnum):
    """What a sender is. Only a number or a short code can be answered."""

    MISSING = "missing"
    NAME = "name"
    NUMBER = "number"
    SHORT_CODE = "short code"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender, read. `region` is the country of a number; `line_type` is phonenumbers' name of its type."""

    kind: SenderKind
    text: str
    region: str | None = None
    line_type: str | None = None

    @property
    def is_answered(self) -> bool:
        return self.kind is not SenderKind.NAME


def read_sender(message: Message, place: str | None, rules: RuleBook) -> Sender:
    text = message.sender.strip()
    if not text:
        return Sender(SenderKind.MISSING, text)
    if _WRITTEN_NUMBER.fullmatch(text):
        cell = number_in(text, place)
        if cell.e164:
            return Sender(SenderKind.NUMBER, text, cell.region, cell.line_type)
        return Sender(SenderKind.UNREADABLE, text)
    if text.startswith("+") or _TOO_FEW_DIGITS.fullmatch(text):
        return Sender(SenderKind.UNREADABLE, text)
    if _SHORT_CODE.fullmatch(text) and not _is_header(text, place, rules):
        return Sender(SenderKind.SHORT_CODE, text)
    return Sender(SenderKind.NAME, text)


def check_sender(message: Message, sender: Sender, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    """`place` is the country of the recipient, None if unknown."""
    if sender.kind is SenderKind.MISSING:
        yield Finding(Code.SENDER_EMPTY, "There is no sender.", "Choose the number or name to send from.")
    elif sender.kind is SenderKind.UNREADABLE:
        yield Finding(
            Code.SENDER_INVALID,
            f"The sender {sender.text} is no valid number, short code or name.",
            "Write a number with + and its country code, as the provider lists it.",
        )
    elif sender.kind is SenderKind.NAME:
        yield from _name_itself(message, sender.text, place, rules)
        if place and (_LETTER.search(sender.text) or _is_header(sender.text, place, rules)):
            yield from _name_there(message, sender.text, place, rules)
    elif place:
        yield from _digits_there(message, sender, place, rules)


def _is_header(text: str, place: str | None, rules: RuleBook) -> bool:
    """Six digits are a name in India."""
    return any(
        pattern(rule.value).fullmatch(text)
        for purpose in Purpose
        for rule in rules.of(Kind.SENDER_FORM, place=place or "", subject=purpose)
    )


def _name_itself(message: Message, name: str, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    if len(name) > _LONGEST_NAME:
        yield Finding(
            Code.SENDER_ALPHA_TOO_LONG,
            f"The sender {name} has {len(name)} characters; networks carry {_LONGEST_NAME}.",
            f"Shorten the name to {_LONGEST_NAME} characters.",
        )
    beyond = rules.one(
        Kind.SENDER_CHARACTERS, provider=message.provider, subject="beyond letters, digits and spaces"
    )
    allowed = beyond.value if beyond else ""
    odd = [char for char in dict.fromkeys(name) if not _is_plain(char) and char not in allowed]
    if odd:
        yield Finding(
            Code.SENDER_ALPHA_CHARSET,
            f"The sender {name} holds {' '.join(odd)}, which networks do not carry in a name.",
            "Use letters without accents, digits and spaces.",
            rule=beyond,
        )
    elif not _LETTER.search(name) and not _is_header(name, place, rules):
        yield Finding(
            Code.SENDER_ALPHA_NO_LETTER,
            f"The sender {name} has digits but no letter: neither a name nor a number.",
            "Write a number with + and its country code, or a name with a letter.",
        )
    generic = rules.one(Kind.GENERIC_SENDER, subject=name.lower())
    if generic:
        yield Finding(
            Code.SENDER_ALPHA_GENERIC,
            f"The sender {name} could be anyone; networks filter such names.",
            "Send under the name of the brand.",
            rule=generic,
        )


def _is_plain(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == " ")


def _name_there(message: Message, name: str, place: str, rules: RuleBook) -> Iterator[Finding]:
    there = rules.one(Kind.ALPHA_SENDER, place=place)
    if there and there.value == "no":
        yield Finding(
            Code.SENDER_ALPHA_UNSUPPORTED,
            f"{place} takes no names as senders{_doubt(there)}.",
            "Send from a number or short code of that country.",
            rule=there,
        )
    elif there and (there.value == "registration" or there.note.startswith("another")):
        yield from _registration(message, name, place, there)
    if any(rules.of(Kind.SENDER_FORM, place=place, subject=purpose) for purpose in Purpose):
        yield from _form(message, name, place, rules)


def _registration(message: Message, name: str, place: str, there: Rule) -> Iterator[Finding]:
    if message.sender_registered is None:
        yield Finding(
            Code.SENDER_REGISTRATION_REQUIRED,
            f"{place} wants the name {name} registered first{_doubt(there)}; nothing says that it is.",
            "Register it with the provider, or note that it is registered.",
            rule=there,
        )
    elif not message.sender_registered:
        yield Finding(
            Code.SENDER_UNREGISTERED,
            f"{place} wants the name {name} registered first{_doubt(there)}, and it is not.",
            "Register it with the provider before sending.",
            rule=there,
        )


def _form(message: Message, name: str, place: str, rules: RuleBook) -> Iterator[Finding]:
    subject = Purpose.MARKETING if message.purpose is Purpose.MARKETING else Purpose.TRANSACTIONAL
    for form in rules.of(Kind.SENDER_FORM, place=place, subject=subject):
        if not pattern(form.value).fullmatch(name):
            code = Code.SENDER_INDIA_HEADER if place == "IN" else Code.SENDER_AD_AFFIX
            yield Finding(
                code,
                f"The sender {name} is not what {place} wants of {subject} texts: {form.note}.",
                "Use the sender that was registered for this purpose.",
                rule=form,
            )


def _digits_there(message: Message, sender: Sender, place: str, rules: RuleBook) -> Iterator[Finding]:
    blocks = rules.one(Kind.FOREIGN_NUMERIC, place=place)
    if sender.kind is SenderKind.NUMBER and blocks and sender.region != place:
        yield Finding(
            Code.SENDER_FOREIGN_NUMERIC,
            f"The sender {sender.text} is a number of {sender.region}: in {place} {blocks.note}.",
            "Send from a number of that country, or under a name.",
            rule=blocks,
        )
    form = rules.one(Kind.SHORT_CODE_FORM, place=place)
    if sender.kind is SenderKind.SHORT_CODE and form and not pattern(form.value).fullmatch(sender.text):
        yield Finding(
            Code.SENDER_FOREIGN_SHORT_CODE,
            f"The sender {sender.text} is no short code of {place}: those have {form.note}.",
            "Send from a short code of that country.",
            rule=form,
        )
    wanted = rules.one(Kind.NUMERIC_REGISTRATION, place=place, subject=_number_kind(sender))
    if wanted and message.sender_registered is False:
        yield Finding(
            Code.SENDER_UNREGISTERED,
            f"The sender {sender.text} lacks its {wanted.value} for {place}; carriers block it.",
            "Finish the registration before sending.",
            rule=wanted,
        )
    elif wanted and message.sender_registered is None:
        yield Finding(
            Code.SENDER_REGISTRATION_REQUIRED,
            f"{place} wants a {wanted.value} for {sender.text}; nothing says that there is one.",
            "Register the sender, or note that it is registered.",
            rule=wanted,
        )


def _number_kind(sender: Sender) -> str:
    if sender.kind is SenderKind.SHORT_CODE:
        return "short code"
    return "toll-free" if sender.line_type == "TOLL_FREE" else "long code"


def _doubt(rule: Rule) -> str:
    return "" if rule.standing == "agreed" else f" (sources differ: {rule.note})"
