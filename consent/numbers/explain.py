"""Plain words for staff: what is wrong with a phone cell and how to mend it."""

import re
from typing import Final

from consent.numbers.cell import NumberCell, NumberWarning, Reason

_WHY: Final = {
    Reason.EMPTY: "The cell is empty. Fill in a number, or leave the row out.",
    Reason.NOT_A_NUMBER: (
        "{cell} is not a phone number. Write the number alone, best with its country: +14155550100."
    ),
    Reason.NO_COUNTRY: (
        "{cell} does not say which country it belongs to. Write it with a plus sign and a country code that "
        "exists, such as +1 or +44, or choose the country of the file."
    ),
    Reason.TOO_SHORT: "{cell} has {digits}, too few for a number. Add what is missing, often the area code.",
    Reason.TOO_LONG: (
        "{cell} has {digits}, too many for a number of its country. Look for digits typed twice, a second "
        "number, or another country's code without its plus sign."
    ),
    Reason.NOT_VALID: (
        "{cell} has a possible length, but no such number exists in its country. Compare it with the source: "
        "the area code or the country may be wrong."
    ),
    Reason.SCIENTIFIC_NOTATION: (
        "{cell} was shortened by a spreadsheet and the missing digits are gone from this file. Export it "
        "again with the column formatted as text."
    ),
    Reason.MULTIPLE_NUMBERS: (
        "{cell} holds more than one number. Keep the one that belongs to this consent; put the other into a "
        "row of its own."
    ),
    Reason.SHORT_CODE: (
        "{cell} is a short code or service code. It may send texts but is nobody's phone: remove it."
    ),
    Reason.LETTERS: (
        "{cell} has letters that may be mistyped digits, part of the number or a note. Write the number in "
        "digits only."
    ),
}
_DATE: Final = " It may be a date that lost its format."
_SPREADSHEET_LIMIT: Final = (
    " A spreadsheet turns every digit after the fifteenth into 0: export it again with the column formatted "
    "as text."
)

_NOTICE: Final = {
    NumberWarning.LEADING_APOSTROPHE: "an apostrophe before the number was removed",
    NumberWarning.FORMULA_CELL: "the number was taken out of a spreadsheet formula",
    NumberWarning.FLOAT_SUFFIX: "the “.0” of a spreadsheet was removed",
    NumberWarning.EXACT_SCIENTIFIC: "the number was written in scientific notation, with all its digits",
    NumberWarning.LABEL: "there were words beside the number",
    NumberWarning.DO_NOT_CONTACT: "the words may say that this person wants no contact: read them",
    NumberWarning.VANITY: "letters were read as the digits they share a key with",
    NumberWarning.EXTENSION: "extension {extension} cannot be reached by text and is kept apart",
    NumberWarning.LANDLINE: "this is a landline and probably receives no texts",
    NumberWarning.TOLL_FREE: "this is a toll-free number, usually of a company",
    NumberWarning.PREMIUM: "this is a premium-rate number, usually of a company",
    NumberWarning.SHARED_COST: "this is a shared-cost number, usually of a company",
    NumberWarning.UAN: "this is a company's central number",
    NumberWarning.PAGER: "this is a pager",
    NumberWarning.VOICEMAIL: "this is a voicemail box",
    NumberWarning.FICTITIOUS: "this number is reserved for films and examples: nobody has it",
    NumberWarning.COUNTRY_MISMATCH: "the number belongs to {region}, not to the country declared for its row",
}


def explain(cell: NumberCell, raw: str) -> str:
    """What is wrong and how to mend it, else what was noticed; empty for a number without any doubt."""
    if cell.reason is not None:
        return _refusal(cell.reason, raw)
    notices = [
        _NOTICE[NumberWarning(warning)].format(extension=cell.extension, region=_owner(cell.region))
        for warning in cell.warnings
    ]
    return f"{cell.e164}: {'; '.join(notices)}." if notices else ""


def _refusal(reason: Reason, raw: str) -> str:
    digits = "".join(char for char in raw if char.isdigit())
    count = "1 digit" if len(digits) == 1 else f"{len(digits)} digits"
    words = _WHY[reason].format(cell=_quoted(raw), digits=count)
    if reason is Reason.TOO_SHORT and (re.fullmatch(r"4\d{4}", digits) or re.search(r"\b(19|20)\d\d\b", raw)):
        words += _DATE
    if reason is Reason.TOO_LONG and len(digits) > 15 and not digits[15:].strip("0"):
        words += _SPREADSHEET_LIMIT
    return words


def _quoted(raw: str) -> str:
    """The cell as one short line: the start of a long one, line breaks as spaces."""
    line = " ".join(raw.split())
    return f"“{line[:39]}…”" if len(line) > 40 else f"“{line}”"


def _owner(region: str | None) -> str:
    return "no country" if region == "001" else str(region)
