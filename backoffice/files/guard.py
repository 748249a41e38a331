"""Text that a spreadsheet would run, the apostrophe that stops it, and its exact removal."""

from __future__ import annotations

import re

OWN_ERROR_COLUMNS = (
    "_line",
    "_error_code",
    "_error",
)  # what a file of rejected rows has beside its own columns

# Spreadsheets read a cell that begins like this as a formula; some also after blanks, and in the full-width
# forms.
_RUNS = "=+-@＝＋－＠﹦﹢﹣﹫"
_BREAKS = "\t\r\n\x00"
# Nothing in a phone number, a signed whole number or a dash can run, and whoever takes the file needs them as they
# are: no CRM knows '+14155550101.
_NUMBER = re.compile(r"\+[1-9][0-9 ().-]{5,24}|[+-][0-9]+|-")
_PASSED_OVER = " \u00a0\u200b\u200c\u200d\u2060\ufeff\u3000"


def is_own_error_column(name: str) -> bool:
    """Whether a header cell is one of the columns we add to rejected rows; a re-upload ignores them."""
    return name.strip().casefold() in OWN_ERROR_COLUMNS


def is_risky(text: str) -> bool:
    """Whether a spreadsheet might run this text when it opens it from a CSV file."""
    if text[:1].isalnum():
        return False
    if text[:1] in _BREAKS:
        return bool(text)
    return text.lstrip(_PASSED_OVER + _BREAKS)[:1] in _RUNS and bool(text.strip(_PASSED_OVER + _BREAKS))


def guard(text: str) -> str:
    """The text with an apostrophe before it if it is risky, or if it could be mistaken for guarded text. The one rule
    of every CSV file that leaves; numbers are left alone."""
    return f"'{text}" if is_risky(text.lstrip("'")) and not _NUMBER.fullmatch(text) else text


def unguard(text: str) -> str:
    """What `guard` was given. Text that was never guarded and does not look so comes back as it is."""
    return text[1:] if text[:1] == "'" and is_risky(text.lstrip("'")) else text
