"""The careful path: phonenumbers decides whether a cell holds a valid number; this module decides when its
answer cannot be trusted, because the cell holds two numbers, a short code, or letters of unclear meaning.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from consent.numbers.cell import NumberCell, NumberWarning, Reason, warnings_about
from consent.numbers.fictitious import is_fictitious

# E.164: calling code and number together have at most 15 digits. A spreadsheet loses every digit after those.
_MOST_DIGITS: Final = 15
# phonenumbers reads no longer text; a cell beyond it is prose.
_LONGEST_TEXT: Final = 250
# Two numbers in one cell have at least this many digits between them, each at least half of it.
_TWO_NUMBERS: Final = 12

_WHY_NOT_PARSED: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: Reason.NO_COUNTRY,
    NumberParseException.NOT_A_NUMBER: Reason.NOT_A_NUMBER,
    NumberParseException.TOO_SHORT_AFTER_IDD: Reason.TOO_SHORT,
    NumberParseException.TOO_SHORT_NSN: Reason.TOO_SHORT,
    NumberParseException.TOO_LONG: Reason.TOO_LONG,
}
_WHY_NOT_VALID: Final = {
    ValidationResult.INVALID_COUNTRY_CODE: Reason.NO_COUNTRY,
    ValidationResult.TOO_SHORT: Reason.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: Reason.TOO_SHORT,
    ValidationResult.TOO_LONG: Reason.TOO_LONG,
}

_FEW_DIGITS: Final = re.compile(r"\d{3,6}|\d{3}[ -]\d{3}")
_SERVICE_CODE: Final = re.compile(r"[*#]+\d[\d*#]{0,8}")
# Day numbers of 2015 to 2030: a date that lost its format, not a short code.
_DATE_SERIAL: Final = re.compile(r"4(?:2[1-9]|[3-6]\d|7[0-7])\d\d")
_LETTER: Final = re.compile(r"[^\W\d_]")
_NUMBER_START: Final = re.compile(r"[+\d]")
_DIGIT_GROUP_END: Final = re.compile(r"(?<=\d)(?!\d)")
# phonenumbers drops one or two letters, though they may stand for digits ("26O1"). "x" begins an extension.
_LETTER_FOR_DIGIT: Final = re.compile(r"\d[a-wyz]{1,2}\d", re.IGNORECASE)
# "…2671/72", "…2671 or 2672": a second number, written as the digits in which it differs.
_OTHER_ENDING: Final = re.compile(r"(.*\d)\s*(/|&|\bor\b|\band\b)\s*(\d{1,4})", re.IGNORECASE | re.DOTALL)
_REFUSAL: Final = re.compile(
    r"\b(?:do\s*n[o'’]?t|no)\s+(?:call|text|sms|contact|disturb|message)|\bdnc\b|\bdnd\b|\bstop\b"
    r"|\bopt(?:ed)?[ -]?out\b|\bunsubscribed?\b",
    re.IGNORECASE,
)


def judge(text: str, region: str | None, found: tuple[str, ...] = ()) -> NumberCell:
    """Read a cleaned cell; `found` are the warnings that cleaning has raised."""
    number, reason = _ask(text, region)
    if number is None:
        return _second_look(text, region, found, reason)
    if _is_short_code(text, region):
        return NumberCell(None, Reason.SHORT_CODE, warnings=found)
    if _holds_another(text, number, region):
        return NumberCell(None, Reason.MULTIPLE_NUMBERS, warnings=found)
    if _LETTER.search(text):
        return _weigh_letters(text, number, region, found)
    return _accept(number, region, found)


def _ask(text: str, region: str | None) -> tuple[PhoneNumber | None, Reason]:
    """phonenumbers' verdict: a valid number, or why there is none (else ignore the reason)."""
    if len(text) > _LONGEST_TEXT:
        digits = sum(char.isdigit() for char in text)
        return None, Reason.TOO_LONG if digits > _MOST_DIGITS else Reason.NOT_A_NUMBER
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as failure:
        return None, _WHY_NOT_PARSED[failure.error_type]
    if not phonenumbers.is_valid_number(number):
        possible = phonenumbers.is_possible_number_with_reason(number)
        return None, _WHY_NOT_VALID.get(possible, Reason.NOT_VALID)
    if len(phonenumbers.format_number(number, PhoneNumberFormat.E164)) > 1 + _MOST_DIGITS:
        return None, Reason.TOO_LONG
    return number, Reason.NOT_VALID


def _accept(number: PhoneNumber, region: str | None, found: tuple[str, ...]) -> NumberCell:
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    line_type = PhoneNumberType.to_string(phonenumbers.number_type(number))
    home = phonenumbers.region_code_for_number(number)
    if number.extension:
        found = (*found, NumberWarning.EXTENSION)
    fictitious = is_fictitious(e164, str(number.country_code))
    warnings = (*found, *warnings_about(line_type, fictitious, region is not None and region != home))
    return NumberCell(e164, None, line_type, home, number.extension or None, warnings)


def _second_look(text: str, region: str | None, found: tuple[str, ...], reason: Reason) -> NumberCell:
    """There is no valid number in the whole cell. A short code, two numbers, or one number and a note?"""
    if _SERVICE_CODE.fullmatch(text) or (_FEW_DIGITS.fullmatch(text) and not _DATE_SERIAL.fullmatch(text)):
        return NumberCell(None, Reason.SHORT_CODE, warnings=found)
    if len(text) <= _LONGEST_TEXT and _is_two_numbers(text, region):
        return NumberCell(None, Reason.MULTIPLE_NUMBERS, warnings=found)
    written, note = _split_note(text)
    number = _ask(written, region)[0] if note else None
    if number is not None:
        return _accept(number, region, (*found, *_about_words(text)))
    return NumberCell(None, reason, warnings=found)


def _is_short_code(text: str, region: str | None) -> bool:
    """Is the cell six bare digits or fewer, in a country where telephones have longer numbers?

    phonenumbers finds some of them valid (+49 72266), yet a cell with no more than that is a short code.
    """
    return (
        region is not None
        and text[0] != "0"
        and _FEW_DIGITS.fullmatch(text) is not None
        and not _has_short_numbers(region)
    )


@cache
def _has_short_numbers(region: str) -> bool:
    """Do ordinary telephones in this region have numbers of six digits or fewer, as on small islands?"""
    ordinary = (
        phonenumbers.example_number_for_type(region, kind)
        for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    )
    return any(len(phonenumbers.national_significant_number(number)) <= 6 for number in ordinary if number)


def _holds_another(text: str, number: PhoneNumber, region: str | None) -> bool:
    """phonenumbers read the whole cell as one number: is a second one hidden in it?"""
    if number.extension:
        # "4155550100;4155550101": the second number passes for an extension.
        return len(number.extension) > 6 and _ask(number.extension, region)[0] is not None
    ending = _OTHER_ENDING.fullmatch(text)
    if ending and (ending[2] != "/" or len(ending[3]) < 4) and _ask(ending[1], region)[0] is not None:
        return True
    return _LETTER.search(text) is not None and _is_two_numbers(text, region)


def _is_two_numbers(text: str, region: str | None) -> bool:
    """Do the digits of a cell make two valid numbers, one after the other?"""
    if (ending := _OTHER_ENDING.fullmatch(text)) and _ask(ending[1], region)[0] is not None:
        return True
    if sum(char.isdigit() for char in text) < _TWO_NUMBERS:
        return False
    if text.lstrip("+").isdigit():
        half = (len(text) + 1) // 2 if text[0] == "+" else len(text) // 2
        return all(_ask(part, region)[0] is not None for part in (text[:half], text[half:]))
    return any(_begins_with_number(text[end:], region) for end in _number_ends(text, region))


def _begins_with_number(text: str, region: str | None) -> bool:
    return next(_number_ends(text, region), None) is not None


def _number_ends(text: str, region: str | None) -> Iterator[int]:
    """The places where a text could be cut so that what stands before is a valid number."""
    digits = 0
    last = 0
    for gap in _DIGIT_GROUP_END.finditer(text):
        digits += sum(char.isdigit() for char in text[last : gap.start()])
        last = gap.start()
        if _TWO_NUMBERS // 2 <= digits <= _MOST_DIGITS + 2 and _ask(text[:last], region)[0] is not None:
            yield last


def _weigh_letters(text: str, number: PhoneNumber, region: str | None, found: tuple[str, ...]) -> NumberCell:
    """phonenumbers dials three letters or more and drops fewer: vanity number, note or mistyped digits?"""
    start = _NUMBER_START.search(text)
    body = text[start.start() :] if start else text
    written, note = _split_note(body)
    if not phonenumbers.is_alpha_number(body):
        if _LETTER_FOR_DIGIT.search(body):
            return NumberCell(None, Reason.LETTERS, warnings=found)
        words = _about_words(text) if note or _LETTER.search(text[: -len(body)]) else ()
        return _accept(number, region, (*found, *words))
    without_note = _ask(written, region)[0] if note else None
    if without_note is None:
        return _accept(number, region, (*found, NumberWarning.VANITY))
    if note.lstrip()[0] in "([":
        return _accept(without_note, region, (*found, *_about_words(text)))
    # Valid with the letters dialled and valid without them: nobody can tell which was meant.
    return NumberCell(None, Reason.LETTERS, warnings=found)


def _split_note(text: str) -> tuple[str, str]:
    """A number and the words behind it, which hold no digits; the note is empty if there is none."""
    last = max((position for position, char in enumerate(text) if char.isdigit()), default=-1)
    written, note = text[: last + 1], text[last + 1 :]
    is_note = note[:1] in set(" \t\n([*,;:|/-") and "@" not in note and _LETTER.search(note)
    return (written, note) if is_note else (text, "")


def _about_words(text: str) -> tuple[NumberWarning, ...]:
    """Words beside a number are worth a look, a wish not to be contacted more so."""
    if _REFUSAL.search(text):
        return (NumberWarning.LABEL, NumberWarning.DO_NOT_CONTACT)
    return (NumberWarning.LABEL,)
