"""What a phone cell turned out to be."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Reason(StrEnum):
    """Why a cell holds no number that can be texted."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    NO_COUNTRY = "no_country"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_VALID = "not_valid"
    SCIENTIFIC_NOTATION = "scientific_notation"
    MULTIPLE_NUMBERS = "multiple_numbers"
    SHORT_CODE = "short_code"
    LETTERS = "letters"


class NumberWarning(StrEnum):
    """What is doubtful about a cell whose number was kept."""

    LEADING_APOSTROPHE = "leading_apostrophe"
    FORMULA_CELL = "formula_cell"
    FLOAT_SUFFIX = "float_suffix"
    EXACT_SCIENTIFIC = "exact_scientific"
    LABEL = "label"
    DO_NOT_CONTACT = "do_not_contact"
    VANITY = "vanity"
    EXTENSION = "extension"
    LANDLINE = "landline"
    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    UAN = "uan"
    PAGER = "pager"
    VOICEMAIL = "voicemail"
    FICTITIOUS = "fictitious"
    COUNTRY_MISMATCH = "country_mismatch"


@dataclass(frozen=True, slots=True)
class NumberCell:
    """One cell, read. Exactly one of `e164` and `reason` is set.

    `line_type` is phonenumbers' name of the type ("MOBILE", "FIXED_LINE_OR_MOBILE"), `region` the two letters
    of the country the number belongs to ("001" for none). `extension` cannot be texted and is
    kept apart.
    """

    e164: str | None
    reason: Reason | None = None
    line_type: str | None = None
    region: str | None = None
    extension: str | None = None
    warnings: tuple[str, ...] = ()


# Lines that normally receive no texts. The number is kept all the same: numbers move between types.
_UNTEXTABLE = {
    "FIXED_LINE": NumberWarning.LANDLINE,
    "TOLL_FREE": NumberWarning.TOLL_FREE,
    "PREMIUM_RATE": NumberWarning.PREMIUM,
    "SHARED_COST": NumberWarning.SHARED_COST,
    "UAN": NumberWarning.UAN,
    "PAGER": NumberWarning.PAGER,
    "VOICEMAIL": NumberWarning.VOICEMAIL,
}


@cache
def warnings_about(line_type: str, fictitious: bool, abroad: bool) -> tuple[str, ...]:
    """The warnings that follow from the number itself, however its cell was written."""
    found = [_UNTEXTABLE[line_type]] if line_type in _UNTEXTABLE else []
    if fictitious:
        found.append(NumberWarning.FICTITIOUS)
    if abroad:
        found.append(NumberWarning.COUNTRY_MISMATCH)
    return tuple(found)
