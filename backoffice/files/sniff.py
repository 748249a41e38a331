"""A first look at a file: how to read it, every guess shown and open to correction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

from backoffice.files.container import MAX_BYTES, WHOLE, Kind, check_workbook, kind_of
from backoffice.files.encoding import SampleReading, find_encoding
from backoffice.files.guard import OWN_ERROR_COLUMNS
from backoffice.files.header import Shape, find_header, find_rows, split_first
from backoffice.files.lines import MARKED, Lines
from backoffice.files.unreadable import Unreadable

__all__ = ["Dialect", "Kind", "SampleReading", "Unreadable", "sniff"]

DELIMITERS = ",;\t|"
MAX_COLUMNS = 2_000

_SAMPLE_LINES = 200
_SAMPLE_CHARS = 2_000_000
_PREAMBLE_LINES = 200  # shown; a header chosen further down may have all of a file above it


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one file is read.

    Lines are physical lines of the file, counted from 1 as an editor counts them (for a workbook: rows of the
    sheet). `header_line` 0 means that the file has no header. `header` has the cells as written; `columns`
    their addresses: trimmed, the second of two equal names is `country (2)`, one without a name is `column
    5`. `duplicates` and `blanks` are the positions (from 1) of such columns. `preamble` has the lines before
    the data that are not the header. `encoding_sure` is false when Windows-1252 was the last resort; then
    `sample_readings` shows lines both ways. `bad_bytes` are lines with bytes that the encoding does not know.
    `skip_space`: cells are quoted after a blank (`a, "b"`).
    """

    kind: Kind
    encoding: str = "utf-8"
    encoding_sure: bool = True
    sample_readings: tuple[SampleReading, ...] = ()
    bad_bytes: tuple[int, ...] = ()
    delimiter: str = ","
    quote: str = '"'
    skip_space: bool = False
    header_line: int = 0
    preamble: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    duplicates: tuple[int, ...] = ()
    blanks: tuple[int, ...] = ()
    sheet: str | None = None
    sheets: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many cells a row should have."""
        return len(self.columns)

    @property
    def first_line(self) -> int:
        """The first line that can hold a row."""
        return (self.header_line or len(self.preamble)) + 1

    @property
    def is_converted(self) -> bool:
        """Whether rows are read from a CSV file that we made: every row has every cell, empty ones are not stored,
        and one line of it is one row of the original."""
        return self.kind is not Kind.CSV

    @property
    def is_own_rejects(self) -> bool:
        """Whether we wrote this file of rejected rows: its cells carry our guard against formulas."""
        return set(OWN_ERROR_COLUMNS) <= set(self.columns)

    def as_json(self) -> dict[str, Any]:
        """Only what JSON knows: to be stored beside the batch."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What as_json gave, after a journey through JSON."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()
        }
        fields["kind"] = Kind(fields["kind"])
        fields["sample_readings"] = tuple(SampleReading(**reading) for reading in fields["sample_readings"])
        return cls(**fields)


def sniff(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    header_line: int | None = None,
    max_bytes: int = MAX_BYTES,
    max_columns: int = MAX_COLUMNS,
) -> Dialect:
    """How to read this file. What is given overrides what would be guessed; `header_line=0` says there is no
    header.

    A workbook's answer has only its sheets: convert_workbook makes the CSV file that is then read. JSON is made a
    table by convert_records, an archive opened by unpack. Raises Unreadable.
    """
    kind = kind_of(path, max_bytes=max_bytes)
    if kind in (Kind.XLSX, Kind.ZIP):
        sheets = check_workbook(path)
        chosen = next((sheet for sheet in sheets if not sheet.hidden), sheets[0])
        return Dialect(Kind.XLSX, sheet=chosen.name, sheets=tuple(sheet.name for sheet in sheets))
    if kind is not Kind.CSV:
        raise Unreadable(
            f"This is {'JSON' if kind is Kind.JSON else 'a gzip archive'}, not a table",
            WHOLE,
            "Unpack it, or have it made a table first.",
        )
    found = find_encoding(path, encoding)
    sample = _sample(path, found.name)
    if not any(line.strip() for line in sample):
        raise Unreadable("The file holds no text", WHOLE, "Export it again and check that it holds rows.")
    shape = _shape(path, found.name, sample, _one_character(delimiter), _one_character(quote), header_line)
    spaced = _is_spaced(sample, shape)
    header = _header(path, found.name, shape, spaced)
    if len(header) > max_columns:
        raise Unreadable(
            f"The header has {len(header):,} columns; the limit is {max_columns:,}",
            f"line {shape.line}",
            "Export only the columns that are needed.",
        )
    columns, duplicates, blanks = address(header)
    return Dialect(
        kind=Kind.CSV,
        encoding=found.name,
        encoding_sure=found.sure,
        sample_readings=found.readings,
        bad_bytes=found.bad_lines,
        delimiter=shape.delimiter,
        quote=shape.quote,
        skip_space=spaced,
        header_line=shape.line,
        preamble=_preamble(path, found.name, shape.line - 1 if shape.line else shape.skipped),
        header=header,
        columns=columns,
        duplicates=duplicates,
        blanks=blanks,
    )


def address(header: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
    """Unique names for a header's columns; and the positions (from 1) of repeated and of nameless ones."""
    names = [" ".join(re.sub(r"[\x00-\x1f\x7f\u200b\ufeff]", " ", cell).split()) for cell in header]
    taken = set(names)
    seen: Counter[str] = Counter()
    columns, duplicates, blanks = [], [], []
    for position, name in enumerate(names, 1):
        seen[name] += 1
        if not name:
            blanks.append(position)
            name = _unused(f"column {position}", 2, taken)
        elif seen[name] > 1:
            duplicates.append(position)
            name = _unused(f"{name} ({seen[name]})", seen[name], taken)
        columns.append(name)
    return tuple(columns), tuple(duplicates), tuple(blanks)


def _unused(name: str, count: int, taken: set[str]) -> str:
    """The name, or the name with the next number that no column has."""
    stem = name.removesuffix(f" ({count})")
    while name in taken:
        count += 1
        name = f"{stem} ({count})"
    taken.add(name)
    return name


def _one_character(given: str | None) -> str | None:
    if not given:
        return None
    given = "\t" if given in ("\\t", "tab") else given
    if not _can_separate(given):
        raise Unreadable(f"{given[:10]!r} cannot separate or quote cells", WHOLE, "Choose , ; | or a tab.")
    return given


def _can_separate(text: str) -> bool:
    return text == "\t" or (len(text) == 1 and text.isprintable() and not text.isalnum() and text != " ")


def _sample(path: Path, encoding: str, line: int = 1) -> list[str]:
    """Some lines from this one on, as many as fit a sensible size."""
    lines: list[str] = []
    size = 0
    with Lines(path, encoding) as source:
        for text in islice(source, line - 1, line - 1 + _SAMPLE_LINES):
            size += len(text)
            if size > _SAMPLE_CHARS and lines:
                break
            lines.append(text)
    return lines


_SEP = re.compile(r'"?sep=(.)"?[,;\t|]*\s*$', re.IGNORECASE)  # Excel's own hint, on the first line
_APOSTROPHES = re.compile(r"\s*'[^']*'(?:[,;\t|]'[^']*')+\s*$")


def _shape(
    path: Path,
    encoding: str,
    sample: list[str],
    delimiter: str | None,
    quote: str | None,
    header_line: int | None,
) -> Shape:
    declared = _SEP.match(sample[0])
    skipped = 1 if declared else 0
    if declared and delimiter is None and declared[1] != '"' and _can_separate(declared[1]):
        delimiter = declared[1]
    if header_line:
        sample, skipped = _from_line(path, encoding, header_line), 0
    if quote is None:
        quote = "'" if any(map(_APOSTROPHES.match, sample[skipped : skipped + 5])) else '"'
    if delimiter == quote:
        raise Unreadable(f"{quote} cannot both separate and quote cells", WHOLE, "Choose another separator.")
    delimiters = [delimiter] if delimiter else list(DELIMITERS)
    if header_line:
        # A header that a quote leaves open has no cells; it still beats a delimiter that is not there at all.
        best = max(delimiters, key=lambda each: len(split_first(sample, each, quote)) or 2)
        return Shape(best, quote, header_line)
    if header_line == 0:
        return find_rows(sample, delimiters, quote, skipped)
    return find_header(sample, delimiters, quote, skipped)


def _from_line(path: Path, encoding: str, number: int) -> list[str]:
    lines = _sample(path, encoding, number) if number > 0 else []
    if not lines or not lines[0].strip():
        raise Unreadable(
            "There is nothing on the line chosen as the header",
            f"line {number}",
            "Choose the line with the names.",
        )
    return lines


def _is_spaced(sample: list[str], shape: Shape) -> bool:
    """Whether quoted cells stand behind a blank, which is then no part of the cell."""
    between = re.compile(f"{re.escape(shape.delimiter)} +{re.escape(shape.quote)}")
    tight = f"{shape.delimiter}{shape.quote}"
    return any(map(between.search, sample)) and not any(tight in line for line in sample)


def _header(path: Path, encoding: str, shape: Shape, spaced: bool) -> tuple[str, ...]:
    """The cells of the header as written; bytes that do not decode become U+FFFD."""
    if not shape.line:
        return ("",) * max(shape.width, 1)
    lines = _sample(path, encoding, shape.line)
    if spaced:
        lines[0] = re.sub(f"{re.escape(shape.delimiter)} +", shape.delimiter, lines[0])
    cells = split_first(lines, shape.delimiter, shape.quote)
    if not cells:
        raise Unreadable(
            "A quote is opened in the header and not closed",
            f"line {shape.line}",
            "Close the quote or remove it.",
        )
    return tuple(MARKED.sub("\ufffd", cell).replace("\x00", "") for cell in cells)


def _preamble(path: Path, encoding: str, count: int) -> tuple[str, ...]:
    with Lines(path, encoding) as source:
        lines = list(islice(source, min(max(count, 0), _PREAMBLE_LINES)))
    return tuple(MARKED.sub("\ufffd", line.rstrip("\r\n")) for line in lines)
