"""One sheet of a checked workbook to a CSV file. Runs as a program of its own, never imported by the others.

    python -I sheet.py WORKBOOK SHEET OUT MEMORY_BYTES CPU_SECONDS OUT_BYTES

The limits come first, so that a workbook made to exhaust a machine exhausts this process. Exit 0 and one JSON
object on standard output: {"rows": int, "width": int}; or exit 3 and {"what": str}. Everything else is a
crash.

Every sheet row becomes one line, blank ones too; a line break inside a cell becomes U+001E (see
rows.CELL_BREAK).
"""

from __future__ import annotations

import csv
import json
import os
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

LAST_ROW = 1_048_576
REFUSED = 3


class Refused(Exception):
    """Something about the sheet that the person who uploaded it should know."""


def main(workbook: str, sheet: str, out: str, memory: str, cpu: str, size: str) -> int:
    _limit(resource.RLIMIT_AS, int(memory))
    _limit(resource.RLIMIT_CPU, int(cpu))
    _limit(resource.RLIMIT_FSIZE, int(size))
    _limit(resource.RLIMIT_CORE, 0)
    sys.modules["numpy"] = None  # type: ignore[assignment]  # not needed, and it reserves memory per processor
    # Its parser is pure Python, five times slower; what it guards against is refused by _refuse_declarations.
    os.environ["OPENPYXL_DEFUSEDXML"] = "False"
    warnings.simplefilter("ignore")  # about styles and extensions; nothing here depends on them
    try:
        _refuse_declarations(workbook)
        answer: dict[str, Any] = convert(workbook, sheet, out)
        status = 0
    except Refused as refused:
        answer, status = {"what": str(refused)}, REFUSED
    except MemoryError:
        answer, status = {"what": "The workbook needs too much memory"}, REFUSED
    sys.stdout.write(json.dumps(answer))
    return status


def _limit(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(what, (value, value))


def convert(workbook: str, sheet: str, out: str) -> dict[str, int]:
    """Write the sheet's rows as UTF-8 CSV; how many rows and how wide the widest is."""
    rows = width = 0
    with open(
        os.open(out, os.O_WRONLY | os.O_TRUNC), "w", encoding="utf-8", errors="replace", newline=""
    ) as file:
        writer = csv.writer(file, lineterminator="\n")
        for cells in texts(workbook, sheet):
            rows += 1
            if rows > LAST_ROW:
                raise Refused(f"The sheet has more than {LAST_ROW:,} rows")
            writer.writerow(cells)
            width = max(width, len(cells))
    return {"rows": rows, "width": width}


def texts(workbook: str, sheet: str) -> Iterator[list[str]]:
    """The cells of every row as text, without empty cells at the end."""
    from openpyxl import load_workbook  # after the limits are set
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    # Left alone, opening reads every sheet without a declared size to its end, only to learn that size.
    ReadOnlyWorksheet._get_size = lambda self: None
    book = load_workbook(workbook, read_only=True, data_only=True, keep_links=False)
    page = _page(book, sheet)
    render = Renderer(book)
    # A formula that was never calculated has no stored value and would read as an empty cell.
    formulas: Iterator[Any] | None = None
    if _has_formulas(workbook, page._worksheet_path):
        formulas = _rows(_page(load_workbook(workbook, read_only=True, keep_links=False), sheet))
    for row in _rows(page):
        cells = [render(cell) for cell in row]
        if formulas is not None:
            cells = [
                text
                if text or cell.data_type != "f"
                else _one_line(str(getattr(cell.value, "text", cell.value)))
                for text, cell in zip(cells, next(formulas), strict=True)
            ]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _page(book: Any, sheet: str) -> Any:
    return book[sheet]


def _rows(page: Any) -> Iterator[Any]:
    return page.iter_rows(min_row=1, min_col=1)


def _refuse_declarations(workbook: str) -> None:
    """Entities, the one dangerous part of XML, need a document type; no workbook has one.

    XML parsers here read ASCII-compatible encodings and UTF-16, so these three spellings are all there are.
    """
    declaration = re.compile(
        b"|".join(re.escape("<!DOCTYPE".encode(name)) for name in ("ascii", "utf-16-le", "utf-16-be"))
    )
    with zipfile.ZipFile(workbook) as archive:
        for part in archive.namelist():
            if part.lower().endswith((".xml", ".rels")) and _contains(archive, part, declaration):
                raise Refused("The workbook declares a document type, which no spreadsheet program does")


def _contains(archive: zipfile.ZipFile, part: str, wanted: re.Pattern[bytes]) -> bool:
    with archive.open(part) as source:
        rest = b""
        while block := source.read(1 << 20):
            if wanted.search(rest + block):
                return True
            rest = block[-64:]
    return False


def _has_formulas(workbook: str, part: str) -> bool:
    with zipfile.ZipFile(workbook) as archive:
        return _contains(archive, part, re.compile(rb"<(?:\w+:)?f[\s/>]"))


class Renderer:
    """A cell's value as the text a person would have typed.

    Numbers keep the fifteen digits a spreadsheet has, without an exponent or `.0` that only storage added;
    leading zeros that only the format shows are written out. Dates and times are ISO 8601.
    """

    def __init__(self, book: Any) -> None:
        self.formats: dict[int, str] = {}
        self.book = book

    def __call__(self, cell: Any) -> str:
        value = cell.value
        if value is None:
            return ""
        if isinstance(value, str):
            return _one_line(value)
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, (int, float)):
            return self._padded(number(value), cell)
        if isinstance(value, datetime):
            return self._moment(value, cell)
        if isinstance(value, (date, time)):
            return value.isoformat()
        if isinstance(value, timedelta):
            return _duration(value)
        return _one_line(str(value))

    def _format(self, cell: Any) -> str:
        style = cell._style_id
        if style not in self.formats:
            self.formats[style] = cell.number_format or "General"
        return self.formats[style]

    def _padded(self, text: str, cell: Any) -> str:
        if not cell._style_id or not text.isdigit():
            return text
        shown = self._format(cell)
        return text.zfill(len(shown)) if shown.strip("0") == "" else text

    def _moment(self, value: datetime, cell: Any) -> str:
        midnight = not (value.hour or value.minute or value.second or value.microsecond)
        shown = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", self._format(cell)).lower()
        if midnight and "h" not in shown and "s" not in shown:
            return value.date().isoformat()
        return value.isoformat(timespec="seconds")


def number(value: int | float) -> str:
    """4255550177.0 is 4255550177, 0.1 + 0.2 is 0.3; whole numbers below 10**15 are written in full."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return format(value, ".15g")


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _one_line(text: str) -> str:
    """Undo the format's own escapes (`_x000D_`), then mark line breaks so that the row stays one line."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    text = text.replace("\x1e", "")
    if "\n" in text or "\r" in text:
        text = text.replace("\r\n", "\x1e").replace("\r", "\x1e").replace("\n", "\x1e")
    return text


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
