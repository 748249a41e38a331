"""Phone numbers as they stand in the cells of an export.

    raw cell → clean (what spreadsheets did) → fast (certain shapes) or judge (phonenumbers) → NumberCell

phonenumbers decides what is a valid number; nothing here overrules it towards "valid". What this package
adds is caution: a cell with two numbers, lost digits or letters of unclear meaning is refused, never guessed.
"""

from consent.numbers.cell import NumberCell, NumberWarning, Reason
from consent.numbers.explain import explain
from consent.numbers.fragment import FRAGMENT, digits_of, looks_like_number
from consent.numbers.read import NumberReader, read_number
from consent.numbers.regions import UnknownRegion

__all__ = [
    "FRAGMENT",
    "NumberCell",
    "NumberReader",
    "NumberWarning",
    "Reason",
    "UnknownRegion",
    "digits_of",
    "explain",
    "looks_like_number",
    "read_number",
]
