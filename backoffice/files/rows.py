"""Lines to numbered rows: each is data (perhaps with warnings), no data (with the kind), or a problem.

What a row is depends on that row and the dialect alone, never on the rows around it: reading can start again
at any line and gives the same answer.

Widths: empty cells too many, or cells missing at the end, are kept with a warning (whether a missing cell
matters, only the mapping of the columns knows: see `Row.found` and `wrong_width`); other widths are a
problem.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from backoffice.files.guard import unguard
from backoffice.files.lines import MARKED, MAX_LINE, Lines, allow_long_cells, count_lines
from backoffice.files.skips import Skip, key, openings_of, preamble_keys, skip_of
from backoffice.files.sniff import Dialect
from backoffice.files.unreadable import Unreadable

__all__ = ["Code", "Problem", "Row", "Skip", "Unreadable", "Warned", "read_rows", "wrong_width"]

MAX_CELL = 131_072  # characters
KEPT_OF_LONG_CELL = 32_767  # what a spreadsheet can show of it
CELL_BREAK = "\x1e"  # stands for a line break inside a cell in a converted file, where one line is one row
BROKEN = "\x1d"  # stands before a line of the original that could not be converted, and before the reason


class Code(StrEnum):
    """Why a row cannot be taken as it is."""

    WRONG_WIDTH = "wrong_width"
    UNDECODABLE = "undecodable_byte"
    CELL_TOO_LONG = "cell_too_long"
    STRAY_QUOTE = "stray_quote"
    SWALLOWED_ROWS = "swallowed_rows"
    BROKEN_RECORD = "broken_record"


class Warned(StrEnum):
    """What was mended or left alone in a row that is kept."""

    EXTRA_CELLS = "extra_cells"
    SHORT_ROW = "short_row"
    CONTROL_CHARACTER = "control_character"
    STRAY_QUOTE = "stray_quote"


class Problem(NamedTuple):
    """Why this row alone is refused: for programs, for people, and what to do about it."""

    code: Code
    what: str
    mend: str


class Row(NamedTuple):
    """One row of the file.

    `line`: its first physical line, counted from 1 as an editor counts them, line breaks inside cells
    included; in a workbook, the row of the sheet. `cells`: at least as many as the dialect has columns,
    missing ones empty; a row with a problem keeps the cells beyond. `found`: how many cells the file had.
    `problem` and `skip` are None for data.
    """

    line: int
    cells: tuple[str, ...]
    found: int
    problem: Problem | None
    skip: Skip | None
    warnings: tuple[Warned, ...]


def wrong_width(expected: int, found: int) -> Problem:
    """The problem of a row with too many filled cells, or too few for the columns that are mapped."""
    return Problem(
        Code.WRONG_WIDTH,
        f"expected {expected} cells, got {found}",
        "Look for a separator that should stand inside quotes, or for a missing cell.",
    )


def read_rows(path: Path, dialect: Dialect, *, start_line: int = 0) -> Iterator[Row]:
    """The rows below the header, in order, from the first one that begins at or after `start_line`.

    Memory does not grow with the file. Raises Unreadable where the rest of the file cannot be told apart any
    more: a quote that is never closed, or closed on another line in the middle of a cell. Raises ValueError
    for the dialect of a workbook that is not converted yet.
    """
    if not dialect.columns:
        raise ValueError("A dialect without columns: a workbook is converted first, then read.")
    allow_long_cells()
    beyond_header = start_line > dialect.first_line
    with Lines(
        path, dialect.encoding, skip_to=start_line if beyond_header else 0, quote=dialect.quote
    ) as lines:
        yield from _rows(lines, _Reading.of(path, dialect), dialect, max(start_line, dialect.first_line))


def _rows(lines: Lines, reading: _Reading, dialect: Dialect, first: int) -> Iterator[Row]:
    texts = iter(lines)
    above = max((dialect.header_line or dialect.first_line) - lines.start, 0)
    for _ in islice(texts, above):
        pass
    offset = lines.start - 1 + above
    reader = reading.reader(texts)
    if offset + 1 == dialect.header_line:
        reading.pass_header(reader)

    # Our own file of rejected rows, and a single column, are looked at cell by cell: no width is plain there.
    width = -1 if reading.is_guarded or reading.width == 1 else reading.width
    openings = reading.openings
    new = tuple.__new__  # a named tuple's own constructor costs more than all the checks below
    following = offset + reader.line_num + 1
    while True:
        try:
            for cells in reader:
                line = following
                end = offset + reader.line_num
                following = end + 1
                if line < first:
                    continue
                found = len(cells)
                if (
                    found == width
                    and end == line
                    and not lines.suspect
                    and cells[1]
                    and cells[0].strip()[:3].lower() not in openings
                ):
                    yield new(Row, (line, tuple(cells), found, None, None, ()))
                else:
                    if lines.suspect:
                        yield reading.inspect_suspect(cells, line, several=end > line)
                        lines.suspect = lines.block_suspect
                    else:
                        yield reading.inspect(cells, line, several=end > line)
            return
        except csv.Error as error:
            line, end = following, offset + reader.line_num
            following = end + 1
            reading.refuse_open_quote(error, line, end)
            if line >= first:
                yield reading.stray_quote(lines.line(line), line)
            lines.suspect = lines.block_suspect


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known before the first row, made ready for asking quickly."""

    path: Path
    dialect: Dialect
    width: int
    openings: frozenset[str]
    header: tuple[str, ...]
    preamble: frozenset[tuple[str, ...]]
    is_converted: bool
    is_guarded: bool

    @classmethod
    def of(cls, path: Path, dialect: Dialect) -> _Reading:
        header = key(dialect.header)
        raw = csv.reader(dialect.preamble, delimiter=dialect.delimiter, quotechar=dialect.quote)
        preamble = preamble_keys(_lenient(raw))
        firsts = [*(dialect.header[:1] if header else ()), *(filled[0] for filled in preamble)]
        return cls(
            path=path,
            dialect=dialect,
            width=dialect.width,
            openings=openings_of(firsts),
            header=header,
            preamble=preamble,
            is_converted=dialect.is_converted,
            is_guarded=dialect.is_own_rejects,
        )

    def reader(self, texts: Iterable[str], *, strict: bool = True) -> Any:
        return csv.reader(
            texts,
            delimiter=self.dialect.delimiter,
            quotechar=self.dialect.quote,
            skipinitialspace=self.dialect.skip_space,
            strict=strict,
        )

    def pass_header(self, reader: Any) -> None:
        """The dialect has read it; here only a quote that would swallow the rows matters."""
        try:
            next(reader, None)
        except csv.Error as error:
            line = self.dialect.header_line
            self.refuse_open_quote(error, line, line + reader.line_num - 1)

    def inspect_suspect(self, cells: list[str], line: int, *, several: bool = False) -> Row:
        """A row that may hold bad bytes, control characters or a cell that is too long."""
        if self.is_converted and cells[:1] and cells[0].startswith(BROKEN):
            return self._broken(cells[0], line)
        warnings: tuple[Warned, ...] = ()
        problem = self._undecodable(cells) or self._too_long(cells)
        cleaned = [self._clean(cell) for cell in cells]
        if any(map(_CONTROL.search, cells)) and any(map(_CONTROL.search, map(self._with_breaks, cells))):
            warnings = (Warned.CONTROL_CHARACTER,)
        return self.inspect(cleaned, line, several=several, problem=problem, warnings=warnings)

    def _broken(self, cell: str, line: int) -> Row:
        what, text = cell[1:].split(BROKEN, 1)
        cells = (self._clean(text), *[""] * (self.width - 1))
        mend = "Export it again, or mend the line in a text editor."
        return Row(line, cells, self.width, Problem(Code.BROKEN_RECORD, what, mend), None, ())

    def inspect(
        self,
        cells: list[str],
        line: int,
        *,
        several: bool = False,
        problem: Problem | None = None,
        warnings: tuple[Warned, ...] = (),
    ) -> Row:
        """A row that is not plainly data: what is it?"""
        found, width = len(cells), self.width
        if self.is_guarded:
            cells = [unguard(cell) for cell in cells]
        skip = None if self._is_plain(cells) else skip_of(key(cells), self.header, self.preamble)
        if found < width:
            cells = cells + [""] * (width - found)
            if self.is_converted:
                found = width if found else 0  # a sheet has every cell; its empty ones are not stored
            elif not skip:
                warnings += (Warned.SHORT_ROW,)
        elif found > width and skip is None and problem is None:
            # In a sheet each cell has its own column; what stands beyond the header is no damage.
            if any(map(str.strip, cells[width:])) and not self.is_converted:
                problem = wrong_width(width, found)
            else:
                cells = cells[:width]
                warnings += (Warned.EXTRA_CELLS,)
        if several and skip is None and problem is None:
            problem = self._swallowed(cells)
        return Row(line, tuple(cells), found, None if skip else problem, skip, warnings)

    def _is_plain(self, cells: list[str]) -> bool:
        """Whether a row is data at first glance. It must agree with the quick question in _rows."""
        if self.width == 1 or len(cells) < 2 or cells[0].strip()[:3].lower() in self.openings:
            return False
        return bool(cells[1]) or any(map(str.strip, cells[2:]))

    def stray_quote(self, text: str, line: int) -> Row:
        """A line with a quote inside a cell, read as spreadsheets do; kept if that gives the right width."""
        cells: list[str] = next(self.reader([text], strict=False), [])
        row = self.inspect_suspect(cells, line)
        if row.skip or (row.problem and row.problem.code is not Code.WRONG_WIDTH):
            return row
        if row.problem or row.found != self.width:
            width = wrong_width(self.width, row.found)
            what = f"a quote stands in the middle of a cell; {width.what}"
            return row._replace(
                problem=Problem(Code.STRAY_QUOTE, what, "Double each quote that belongs to the text."),
                warnings=(),
            )
        return row._replace(warnings=(*row.warnings, Warned.STRAY_QUOTE))

    def refuse_open_quote(self, error: csv.Error, line: int, end: int) -> None:
        """Raises Unreadable unless the error is confined to one line."""
        if "field larger" in str(error):
            raise Unreadable(
                f"A cell goes on for more than {MAX_LINE:,} characters; a quote is probably not closed",
                f"line {line}",
                "Close the quote, or double it if it belongs to the text.",
            )
        if "unexpected end" in str(error) or end > line:
            raise Unreadable(
                "A quote is opened and not closed where its cell ends; the rows below would vanish in it",
                f"line {self._opened_at(line, end)}",
                "Close the quote, or double it if it belongs to the text; then upload the file again.",
            )

    def _opened_at(self, line: int, end: int) -> int:
        """The line on which the cell began that runs on to line `end`."""
        with Lines(self.path, self.dialect.encoding) as source:
            try:
                cells: list[str] = next(self.reader(islice(source, line - 1, end), strict=False), [])
            except csv.Error:
                return line
        at = line
        for cell in cells:
            lines = count_lines(cell)
            if at + lines >= end:
                break
            at += lines
        return at

    def _undecodable(self, cells: list[str]) -> Problem | None:
        for position, cell in enumerate(cells):
            if bad := MARKED.search(cell):
                column = self.dialect.columns[position] if position < self.width else f"cell {position + 1}"
                return Problem(
                    Code.UNDECODABLE,
                    f"byte 0x{ord(bad[0]) - 0xDC00:02X} in “{column}” is not {self.dialect.encoding} text",
                    "Type the character again, or save the file as UTF-8.",
                )
        return None

    def _too_long(self, cells: list[str]) -> Problem | None:
        longest = max(map(len, cells), default=0)
        if longest <= MAX_CELL:
            return None
        return Problem(
            Code.CELL_TOO_LONG,
            f"a cell has {longest:,} characters; the limit is {MAX_CELL:,}",
            f"Shorten it; here only the first {KEPT_OF_LONG_CELL:,} are kept.",
        )

    def _clean(self, cell: str) -> str:
        if len(cell) > MAX_CELL:
            cell = cell[:KEPT_OF_LONG_CELL]
        return MARKED.sub("\ufffd", _CONTROL.sub("", self._with_breaks(cell)))

    def _with_breaks(self, cell: str) -> str:
        return cell.replace(CELL_BREAK, "\n") if self.is_converted else cell

    def _swallowed(self, cells: list[str]) -> Problem | None:
        """A cell whose inner lines are themselves rows with a number in them: a quote was missing above."""
        if self.width < 3:
            return None
        for cell in cells:
            inner = re.split(r"\r\n|\r|\n", cell)[1:]
            for text in inner:
                if text.count(self.dialect.delimiter) >= self.width - 1 and _LONG_NUMBER.search(text):
                    return Problem(
                        Code.SWALLOWED_ROWS,
                        "one cell holds what looks like further rows",
                        "Close or remove the quote at which that cell begins.",
                    )
        return None


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONG_NUMBER = re.compile(r"(?:\d[ ().-]{0,2}){7}")


def _lenient(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        return
