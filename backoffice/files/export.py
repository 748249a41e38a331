"""Rows to files that a spreadsheet shows and never runs.

CSV: an apostrophe before every risky cell that is no number (guard). XLSX: every text is typed as text and marked so
that editing the cell does not turn it into a formula; nothing is prefixed.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any, TextIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from backoffice.files.guard import OWN_ERROR_COLUMNS, guard, is_own_error_column, is_risky

__all__ = [
    "OWN_ERROR_COLUMNS",
    "RejectedRows",
    "SafeCsvWriter",
    "csv_chunks",
    "is_own_error_column",
    "text_of",
    "write_csv",
    "write_xlsx",
]

Cell = str | int | float | bool | Decimal | datetime | date | time | None

MAX_XLSX_CELL = 32_767  # UTF-16 units, the format's limit
MAX_XLSX_ROWS = 1_048_576
_CHUNK = 65_536
_BOM = "\ufeff"
# Lone surrogates, C0 controls but tab, LF and CR, and the two non-characters that XML forbids.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ESCAPE_ALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def text_of(value: Cell) -> str:
    """One cell as text: nothing is empty, moments are ISO 8601, what no file can hold becomes U+FFFD."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _UNWRITABLE.sub("\ufffd", str(value))


class SafeCsvWriter:
    """Writes CSV rows (comma, CR LF, quotes where needed) to a text stream opened with newline=""."""

    def __init__(self, stream: TextIO, *, bom: bool = True) -> None:
        if bom:
            stream.write(_BOM)
        self._writer = csv.writer(stream)

    def writerow(self, cells: Iterable[Cell]) -> None:
        self._writer.writerow([guard(text_of(cell)) for cell in cells])

    def writerows(self, rows: Iterable[Iterable[Cell]]) -> None:
        for row in rows:
            self.writerow(row)


def write_csv(
    stream: TextIO, header: Sequence[str], rows: Iterable[Iterable[Cell]], *, bom: bool = True
) -> None:
    """A whole table; `bom` tells Excel that it is UTF-8."""
    writer = SafeCsvWriter(stream, bom=bom)
    writer.writerow(header)
    writer.writerows(rows)


def csv_chunks(header: Sequence[str], rows: Iterable[Iterable[Cell]], *, bom: bool = True) -> Iterator[bytes]:
    """The same table in UTF-8 pieces, for a response that is streamed."""
    buffer = io.StringIO(newline="")
    writer = SafeCsvWriter(buffer, bom=bom)
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
        if buffer.tell() >= _CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


class RejectedRows:
    """Writes rejected rows: the file's own columns, then where each row stood and why it was refused.

    The result can be mended and uploaded again: its reader drops our columns (is_own_error_column) and our
    apostrophes. Our columns from an earlier round are not written twice. Cells beyond the header follow at
    the end, so that the row is as wrong as it was until somebody mends it.
    """

    def __init__(self, stream: TextIO, header: Sequence[str], *, bom: bool = True) -> None:
        self._kept = [at for at, name in enumerate(header) if not is_own_error_column(name)]
        self._width = len(header)
        self._writer = SafeCsvWriter(stream, bom=bom)
        self._writer.writerow([*(header[at] for at in self._kept), *OWN_ERROR_COLUMNS])

    def write(self, line: int, cells: Sequence[str], *, code: str, error: str) -> None:
        own = [cells[at] if at < len(cells) else "" for at in self._kept]
        self._writer.writerow([*own, line, code, error, *cells[self._width :]])


def write_xlsx(
    stream: IO[bytes], header: Sequence[str], rows: Iterable[Iterable[Cell]], *, title: str = "Export"
) -> None:
    """A workbook, written row by row; when a sheet is full, the next one goes on under the same header.

    Numbers stay numbers; phone numbers are text and must come as str. A text longer than a cell can be is
    cut, and says so.
    """
    book = Workbook(write_only=True)
    title = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip(" '")[:25] or "Export"
    page: Any = None
    count = sheets = 0
    for row in rows:
        if page is None or count >= MAX_XLSX_ROWS:
            sheets += 1
            page = book.create_sheet(title if sheets == 1 else f"{title} {sheets}")
            page.append([_xlsx_cell(page, name) for name in header])
            count = 1
        page.append([_xlsx_cell(page, value) for value in row])
        count += 1
    if page is None:
        page = book.create_sheet(title)
        page.append([_xlsx_cell(page, name) for name in header])
    book.save(stream)


def _xlsx_cell(page: Any, value: Cell) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return _text_cell(page, text_of(value))
    if -(10**15) < value < 10**15:  # beyond, a spreadsheet would round
        return value
    return _text_cell(page, text_of(value))


def _text_cell(page: Any, text: str) -> Any:
    text = _ESCAPE_ALIKE.sub("_x005F_", text.replace("\r\n", "\n").replace("\r", "\n"))
    cell = WriteOnlyCell(page, value=_fitting(text))
    cell.data_type = "s"  # openpyxl would make a formula of "=…" and an error of "#REF!"
    if is_risky(text):
        cell.quotePrefix = True
    return cell


def _fitting(text: str) -> str:
    """The text, or as much of it as a cell can hold with a note on how long it was."""
    if len(text) * 2 <= MAX_XLSX_CELL or len(text.encode("utf-16-le")) // 2 <= MAX_XLSX_CELL:
        return text
    note = f" … [cut: {len(text):,} characters]"
    kept = text.encode("utf-16-le")[: (MAX_XLSX_CELL - len(note)) * 2]
    return kept.decode("utf-16-le", "ignore") + note
