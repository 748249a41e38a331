"""Rows that are not data: blank lines, a header met again, totals, the lines that end a report.

Nobody's answer may be lost here, so each kind is narrow, and a cell that could hold a phone number is never a
footer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum


class Skip(StrEnum):
    BLANK = "blank"
    REPEATED_HEADER = "repeated_header"
    TOTALS = "totals"
    FOOTER = "footer"


_BLANKS = " \t\r\n\x0b\x0c\xa0\u2007\u200b\u202f\u3000\ufeff\x00"


def key(cells: Iterable[str]) -> tuple[str, ...]:
    """The filled cells of a row, trimmed, any case: what two lines are compared by."""
    return tuple(text for text in (cell.strip(_BLANKS).casefold() for cell in cells) if text)


def skip_of(
    filled: tuple[str, ...], header: tuple[str, ...], preamble: frozenset[tuple[str, ...]]
) -> Skip | None:
    """Which kind of no data a row is; all three arguments are keys. None for data."""
    if not filled:
        return Skip.BLANK
    if filled == header or filled in preamble:
        return Skip.REPEATED_HEADER
    if _is_totals(filled):
        return Skip.TOTALS
    if len(filled) == 1 and _is_footer(filled[0]):
        return Skip.FOOTER
    return None


def openings_of(firsts: Iterable[str]) -> frozenset[str]:
    """How the first cell of a row that may be no data begins: three characters in lower case, quick to ask.

    `firsts` are the first cells of the header and of the lines above it. A row that begins otherwise, and
    whose second cell is filled, is data.
    """
    begin = [word.strip().lower() for word in (*_WORDS, *firsts)]
    return frozenset(
        ["", *(word[:3] for word in begin), *(mark + word[:2] for word in begin for mark in _MARKS)]
    )


_MARKS = "\ufeff\u200b"  # invisible, and not taken off by str.strip
_WORDS = ("total", "grand", "sub", "sum", "count", "row", "record", "number", "page", "gesamt", "somme")
_THINGS = (
    r"(?:(?:row|record|contact|line|subscriber|customer|member|lead|message)(?:s|\(s\))?|entries|people)"
)

# Only numbers may stand beside such a word, and none as long as a phone number.
_TOTALS = re.compile(
    rf"(?:grand[ -]?|sub[ -]?|page )?totals?(?: (?:{_THINGS}|count|number|of {_THINGS}))?[\s:=]*[\d.,]*"
    r"|(?:sum|summe|gesamt|gesamtsumme|totale|totaal|suma|somme)[\s:=]*[\d.,]*"
    rf"|(?:count|(?:row|record) count|number of {_THINGS})[\s:=]*[\d.,]*"
)
_SUM = re.compile(r"[-+(]?[$€£]?\s?[\d.,' ]*\d%?\)?")
_SUM_DIGITS = 9


def _is_totals(filled: tuple[str, ...]) -> bool:
    if not _TOTALS.fullmatch(filled[0]):
        return False
    return all(_SUM.fullmatch(cell) and sum(map(str.isdigit, cell)) <= _SUM_DIGITS for cell in filled[1:])


# Asked only where one single cell of the row is filled.
_FOOTER = re.compile(
    r"[-=*_#~.·•—–\s]{3,}$"  # a rule across the page
    r"|[-=*_#~\s(<\[]*(?:end of|ende de[rs]|eof\b|end[-=*_#~\s)>\].]*$)"
    rf"|[-=*_#~\s(]*(?:\d[\d,. ]* )?{_THINGS}"
    r"(?: (?:exported|found|total|in total|listed|returned|selected|affected|read|in set))?"
    r"[\s:=]*[\d,.]*[-=*_#~\s).]*$"
    r"|(?:report|file|list|export|data)?\s*"
    r"(?:generated|exported|created|printed|downloaded|prepared|produced|run)(?:\s*:|\s+(?:by|on|at|from|with|for)\b)"
    r"|(?:report|export) (?:date|time|generated|created|run|id|end)\b"
    r"|(?:©|\(c\)|copyright|confidential|all rights reserved|powered by|disclaimer|page \d)"
    r"|(?:data )?as of \d"
    r"|(?:source|filters?|applied filters|notes?|last updated|total)\s*:"
)
# Digits that are no phone number: a date, a time, and the years of a copyright.
_MOMENT = re.compile(
    r"(?:19|20)\d\d ?[-–] ?(?:19|20)\d\d(?!\d)"
    r"|\d{4}-\d\d?-\d\d?|\d\d?[-./]\d\d?[-./]\d{2,4}|t?\d\d?:\d\d(?::\d\d)?(?:\.\d+)?"
)
_PHONE_ALIKE = re.compile(r"(?:\d[\s().+-]{0,3}){8}")


def preamble_keys(lines: Iterable[Iterable[str]]) -> frozenset[tuple[str, ...]]:
    """The keys of lines above the header that may come again where files were pasted together.

    A line that could hold a phone number is left out: with a header chosen by hand, data may stand above it.
    """
    keys = map(key, lines)
    return frozenset(filled for filled in keys if filled and not any(map(_could_be_phone, filled)))


def _could_be_phone(cell: str) -> bool:
    return _PHONE_ALIKE.search(_MOMENT.sub("|", cell)) is not None


def _is_footer(cell: str) -> bool:
    return _FOOTER.match(cell) is not None and not _could_be_phone(cell)
