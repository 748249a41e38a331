"""Which line is the header, and what separates its cells.

The delimiter is judged on the header line, outside quotes: rows below may be full of other candidates. The
header is the line that most looks like names of columns and fits the lines below it; titles and stamps stand
above it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from backoffice.files.lines import allow_long_cells

_SEARCHED = 40  # lines in which a header is looked for
_BELOW = 20  # rows below a candidate that it should fit
_AFTER = "\x00\x1f"  # a line of our own behind the others: a quote still open takes it in
_GOOD = 0.25  # a score that rows without a header do not reach


@dataclass(frozen=True, slots=True)
class Shape:
    """How lines split into cells.

    `line` is the header's (from 1), or 0 for none: then rows of `width` cells come after `skipped` lines.
    `score`, from 0 to 1, compares shapes of the same file.
    """

    delimiter: str
    quote: str
    line: int
    width: int = 0
    skipped: int = 0
    score: float = 0.0


def split(lines: Sequence[str], delimiter: str, quote: str, limit: int) -> list[list[str]]:
    """The first rows that these lines make, leniently, without a row that goes on beyond them."""
    allow_long_cells()
    reader = csv.reader(chain(lines, [_AFTER]), delimiter=delimiter, quotechar=quote)
    try:
        rows = list(islice(reader, limit))
    except csv.Error:
        return []
    if rows and rows[-1] and rows[-1][-1].endswith(_AFTER):
        rows.pop()
    return rows


def split_first(lines: Sequence[str], delimiter: str, quote: str) -> list[str]:
    """The cells of the row that begins on the first of these lines."""
    return next(iter(split(lines, delimiter, quote, 1)), [])


def find_header(lines: list[str], delimiters: Sequence[str], quote: str, skipped: int) -> Shape:
    """The best header among the first lines, whatever the delimiter; else rows without one."""
    first = next((at for at in range(skipped, len(lines)) if lines[at].strip()), skipped)
    shapes = [shape for each in delimiters for shape in _candidates(lines, each, quote, skipped, first)]
    if lonely := _one_column(lines, delimiters, quote, first):
        shapes.append(lonely)
    best = max(shapes, key=lambda shape: shape.score, default=None)
    if best and best.score >= _GOOD:
        return best
    return find_rows(lines, delimiters, quote, skipped, otherwise=best)


def find_rows(
    lines: list[str], delimiters: Sequence[str], quote: str, skipped: int, *, otherwise: Shape | None = None
) -> Shape:
    """Rows of one width with no names above them; else what is given; else one column."""
    best = otherwise or Shape(delimiters[0], quote, 0, width=1, skipped=skipped)
    merit = 0.0
    for each in delimiters:
        rows = [row for row in split(lines[skipped:], each, quote, _SEARCHED) if any(map(str.strip, row))]
        width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        share = count / len(rows) if rows else 0.0
        if width < 2 or share < 0.6 or share * _rich(width) <= merit:
            continue
        merit = share * _rich(width)
        above = skipped
        while above < len(lines) and len(split_first(lines[above:], each, quote)) != width:
            above += 1
        best = Shape(each, quote, 0, width=width, skipped=above if above < len(lines) else skipped)
    return best


def _rich(width: int) -> float:
    """More columns make a delimiter more likely, with diminishing returns."""
    return 1 - 1 / (width + 1)


def _candidates(lines: list[str], delimiter: str, quote: str, skipped: int, first: int) -> Iterator[Shape]:
    """Lines that could be a header of two or more columns; `first` is the first line with text."""
    above: Counter[int] = Counter()  # how many rows of each width came before
    for at in range(skipped, min(len(lines), skipped + _SEARCHED)):
        if not lines[at].strip():
            continue
        cells = split_first(lines[at:], delimiter, quote)
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) < 2:
            continue
        if _looks_like_names(filled):
            rows = split(lines[at:], delimiter, quote, _BELOW + 1)[1:]
            fit = _fit(len(cells), [row for row in rows if any(map(str.strip, row))])
            known = sum(map(_is_known, filled)) / len(filled)
            score = 0.5 * fit + 0.3 * known + 0.2 * len(filled) / len(cells)
            score *= _rich(len(cells)) * max(1 - 0.15 * above[len(cells)], 0.4)
            if at != first and not known:
                score *= 0.6
            if fit >= 0.4 or known >= 0.5:
                yield Shape(delimiter, quote, at + 1, width=len(cells), score=score)
        above[len(cells)] += 1


def _fit(width: int, rows: list[list[str]]) -> float:
    """Which share of the rows below has cells for a header of this width; 1 when there are none."""
    if not rows:
        return 1.0
    return sum(_used(row) <= width <= len(row) * 2 and len(row) > 1 for row in rows) / len(rows)


def _used(row: list[str]) -> int:
    """The width without empty cells at the end."""
    width = len(row)
    while width and not row[width - 1].strip():
        width -= 1
    return width


def _one_column(lines: list[str], delimiters: Sequence[str], quote: str, first: int) -> Shape | None:
    """A header of a single column: the line above the first value, or the first line if there is none."""
    texts = [(at, line.strip().strip(quote).strip()) for at, line in enumerate(lines[first:], first)]
    header: tuple[int, str] | None = None
    before: tuple[int, str] | None = None
    for at, text in [each for each in texts if each[1]][:_SEARCHED]:
        if _is_value(text):
            header = before
            break
        if any(each in text for each in delimiters):
            break
        before = (at, text)
        header = header or before
    if header is None:
        return None
    words = _words(header[1])
    known = 0 < len(words) <= 2 and all(word in _KNOWN for word in words)
    following = next((text for at, text in texts if at > header[0] and text), "")
    if any(each in following and any(map(_is_value, following.split(each))) for each in delimiters):
        known = False  # a title above rows of several columns
    return Shape(delimiters[0], quote, header[0] + 1, width=1, score=0.5 if known else 0.2)


def _looks_like_names(filled: list[str]) -> bool:
    """Names of columns: at most one in five could be a value, and they are mostly different."""
    values = sum(map(_is_value, filled))
    return values * 5 <= len(filled) and len({cell.casefold() for cell in filled}) * 2 >= len(filled)


_VALUE = re.compile(
    r"[-+(]?[$€£]?\s*[\d.,]+\s*%?\)?"  # a number
    r"|.*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|.*\d{1,2}:\d\d.*"  # a date, a time
    r"|[^@\s]+@[^@\s]+\.[^@\s]+|https?://.*"  # an address
    r"|yes|no|true|false|y|n|null|none|n/a|-|✓|✗",
    re.IGNORECASE | re.DOTALL,
)


def _is_value(cell: str) -> bool:
    if len(cell) > 120:
        return True
    digits = sum(map(str.isdigit, cell))
    return (digits >= 5 and digits * 2 >= len(cell)) or _VALUE.fullmatch(cell) is not None


def _words(cell: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell)
    return [word.casefold() for word in re.findall(r"[^\W\d_]+", spaced)]


def _is_known(cell: str) -> bool:
    return any(word in _KNOWN for word in _words(cell))


# Words that names of columns are made of. They only tip the scale between lines that could both be a header.
_KNOWN_TEXT = """
    accepts account action active address age birthday blacklist blacklisted body brand campaign carrier
    category cell cellphone channel city code comment comments company confirm confirmed consent contact
    country created customer date datum default delivered description direction dnc email error event
    first firstname from full gender group handy id inbound ip keyword key label language last lastname
    lead leid lifecycle line list locale mail marketing member message method mobile msisdn name nombre
    nachname note notes nummer number opt opted optin optout origin outbound owner phone postal price
    primary program province reason record region rufnummer sender segment sent sid sms source stage state
    status stop street subscribed subscriber subscription surname tag tags tel telefon telefono telephone
    text time timestamp timezone title to type unsub unsubscribe unsubscribed updated url user value
    vorname wording zip zone
"""
_KNOWN = frozenset(_KNOWN_TEXT.split())
