"""The number it goes to: can a text arrive there at all, and is it the number that was meant?"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from consent.numbers import NumberCell, NumberWarning, Reason, UnknownRegion, read_number
from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message
from errors.preflight.rules import Kind, RuleBook

_TWO_LETTERS: Final = re.compile("[A-Z]{2}")
# Countries as people and the European Union write them, by their two letters of ISO 3166.
_WRITTEN: Final = {"UK": "GB", "USA": "US", "EL": "GR"}

# What phonenumbers says of numbers that belong to no country.
_NOWHERE: Final = "001"

_UNREADABLE: Final = {
    Reason.EMPTY: (Code.TO_EMPTY, "There is no number to send to.", "Give the recipient's mobile number."),
    Reason.MULTIPLE_NUMBERS: (
        Code.TO_MULTIPLE,
        "{to} holds more than one number.",
        "Send one message to each number, or choose one.",
    ),
    Reason.SHORT_CODE: (
        Code.TO_SHORT_CODE,
        "{to} is a short code or service number, which receives no texts from us.",
        "Give the recipient's mobile number.",
    ),
    Reason.SCIENTIFIC_NOTATION: (
        Code.TO_SCIENTIFIC,
        "{to} is what a spreadsheet made of a number; digits are lost.",
        "Take the number from its source again, as text.",
    ),
    Reason.TOO_SHORT: (Code.TO_INVALID, "{to} has too few digits.", "Ask for the whole number."),
    Reason.TOO_LONG: (Code.TO_INVALID, "{to} has too many digits.", "Check the number with its owner."),
    Reason.LETTERS: (Code.TO_INVALID, "{to} holds letters.", "Write the number in digits."),
    Reason.NOT_A_NUMBER: (Code.TO_INVALID, "{to} is no phone number.", "Give the recipient's mobile number."),
    Reason.NOT_VALID: (
        Code.TO_INVALID,
        "{to} is no number that is in use in its country.",
        "Check the number with its owner.",
    ),
    Reason.NO_COUNTRY: (
        Code.TO_NO_COUNTRY,
        "{to} has no country code, and the recipient's country is not known.",
        "Write the number with + and its country code, or fill in the country.",
    ),
}

_DOUBTFUL: Final = {
    NumberWarning.LANDLINE: (
        Code.TO_LANDLINE,
        "{to} is a landline. Outside North America most providers refuse it; there, some carriers read it out.",
        "Ask for a mobile number, or use another channel.",
    ),
    NumberWarning.TOLL_FREE: (
        Code.TO_TOLL_FREE,
        "{to} is a toll-free number, which belongs to a company's switchboard.",
        "Give the recipient's mobile number.",
    ),
    NumberWarning.PREMIUM: (
        Code.TO_PREMIUM,
        "{to} is a premium-rate number.",
        "Give the recipient's mobile number.",
    ),
    NumberWarning.SHARED_COST: (
        Code.TO_LANDLINE,
        "{to} is a service number with shared cost.",
        "Ask for a mobile number.",
    ),
    NumberWarning.UAN: (Code.TO_LANDLINE, "{to} is a company's service number.", "Ask for a mobile number."),
    NumberWarning.PAGER: (Code.TO_LANDLINE, "{to} is a pager.", "Ask for a mobile number."),
    NumberWarning.VOICEMAIL: (Code.TO_LANDLINE, "{to} is a voice mailbox.", "Ask for a mobile number."),
    NumberWarning.FICTITIOUS: (
        Code.TO_FICTITIOUS,
        "{to} is kept for films and examples: nobody is there.",
        "Ask for the real number.",
    ),
    NumberWarning.EXTENSION: (
        Code.TO_EXTENSION,
        "{to} has an extension, which cannot be texted; the text would go to the main number.",
        "Ask for a number without an extension.",
    ),
    NumberWarning.EXACT_SCIENTIFIC: (
        Code.TO_SCIENTIFIC,
        "{to} is what a spreadsheet made of a number.",
        "Take the number from its source again, as text.",
    ),
    NumberWarning.COUNTRY_MISMATCH: (
        Code.TO_COUNTRY_MISMATCH,
        "{to} belongs to another country than the recipient's, {country}.",
        "Check both: one of them is wrong, or the person moved.",
    ),
}


def read_recipient(message: Message) -> NumberCell:
    """The number in E.164 form or why there is none."""
    return number_in(message.to, message.country)


def number_in(cell: str, country: str | None) -> NumberCell:
    """A number as it was written in a country. One that nobody knows counts as none."""
    try:
        return read_number(cell, country_of(country))
    except UnknownRegion:
        return read_number(cell, None)


def country_of(written: str | None) -> str | None:
    """The country in two capitals; None if it was not written in letters that anybody uses for it."""
    code = (written or "").strip().upper()
    code = _WRITTEN.get(code, code)
    return code if _TWO_LETTERS.fullmatch(code) else None


def place_of(message: Message, number: NumberCell) -> str | None:
    """The country where the text goes: the number's, else the one that was given."""
    if number.region and number.region != _NOWHERE:
        return number.region
    return None if number.e164 else country_of(message.country)


def check_recipient(message: Message, number: NumberCell, rules: RuleBook) -> Iterator[Finding]:
    if number.reason:
        yield _unreadable(message, number.reason)
    for warning in number.warnings:
        if warning in _DOUBTFUL:
            code, words, remedy = _DOUBTFUL[NumberWarning(warning)]
            yield Finding(code, words.format(to=message.to.strip(), country=message.country), remedy)
    place = place_of(message, number)
    blocked = rules.one(Kind.ALPHA_SENDER, place=place) if place else None
    if blocked and blocked.value == "blocked":
        yield Finding(
            Code.TO_BLOCKED_COUNTRY,
            f"Providers do not send to {place}.",
            "Leave this recipient out, or use another channel.",
            rule=blocked,
        )
    if is_itself(message, number, place):
        yield Finding(
            Code.TO_SAME_AS_SENDER,
            f"The recipient {number.e164} is the sender itself.",
            "Correct the recipient or the sender.",
        )


def _unreadable(message: Message, reason: Reason) -> Finding:
    if reason is Reason.NO_COUNTRY and message.to.strip().startswith("+"):
        return Finding(
            Code.TO_INVALID,
            f"{message.to.strip()} begins with a country code that does not exist.",
            "Check the number with its owner.",
        )
    code, words, remedy = _UNREADABLE[reason]
    return Finding(code, words.format(to=message.to.strip()), remedy)


def is_itself(message: Message, number: NumberCell, place: str | None) -> bool:
    """Whether a text to this number, which is in `place`, goes to its own sender."""
    return number.e164 is not None and number.e164 == sender_in_full(message.sender, place)


@lru_cache(maxsize=256)
def sender_in_full(sender: str, place: str | None) -> str | None:
    """A sender that is a number, in E.164 form, whichever way it was written; the same few send to everybody."""
    return number_in(sender, place).e164
