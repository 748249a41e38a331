"""Corrections as a file in a system's own columns and words: its column mapping, read backwards."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Max

from backoffice.files.export import write_csv
from backoffice.files.guard import guard
from backoffice.files.rows import read_rows
from backoffice.imports.receive import dialect_of, rows_path
from backoffice.models import ColumnMapping, ImportBatch, System
from consent import cells, numbers, propagate
from consent.cells import Meaning, Polarity
from consent.models import Number, Program, Reading, WriteBack

IN, OUT = Meaning.IN.value, Meaning.OUT.value


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file to upload into a system: its own columns, its own words."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_csv(self) -> bytes:
        """UTF-8; the mark that Excel looks for stands before it only where it is needed, because strict readers
        take it for a part of the first header. Cells that a spreadsheet would run are guarded, as in every file."""
        stream = io.StringIO(newline="")
        write_csv(stream, self.header, self.rows, bom=False)
        text = stream.getvalue()
        return text.encode("ascii" if text.isascii() else "utf-8-sig")


def corrections_file(system: System, program: Program, sent_at: datetime) -> Sheet:
    """The file of one hand-over, however often it is asked for: the same, but for what is no longer agreed."""
    given = WriteBack.objects.filter(system=system, program=program, sent_at=sent_at, attempts=0)
    rows = list(propagate.still_holds(given).select_related("number").order_by("pk"))
    mapping = mapping_for(system, program)
    columns = _Columns.of(mapping)
    words = Words(system, program, mapping)
    written = _as_it_came(system, program, rows)
    name = f"corrections-{system.slug}-{program.code}-{sent_at:%Y%m%dT%H%M%S}.csv"
    return Sheet(name, columns.header, tuple(columns.row(row, written, words, program) for row in rows))


def header_of(system: System, program: Program) -> tuple[str, ...]:
    """The columns that the file would have."""
    return _Columns.of(mapping_for(system, program)).header


def cells_of(system: System, program: Program, value: str) -> list[tuple[str, str]]:
    """What a person would type: (column, word) for each column of the status. Empty without a mapping."""
    mapping = mapping_for(system, program)
    words = Words(system, program, mapping)
    return [(header, words.word(value, polarity)) for header, polarity in _Columns.of(mapping).statuses]


def mapping_for(system: System, program: Program) -> ColumnMapping | None:
    """The mapping in use that reads this program from the system's files."""
    found = list(system.mappings.in_use().order_by("name", "pk"))
    for mapping in found:
        if mapping.rules.get("program") == program.code:
            return mapping
    for mapping in found:
        if "program" in mapping.columns:
            return mapping
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class _Columns:
    ref: str | None
    number: str
    program: str | None
    statuses: tuple[tuple[str, Polarity], ...]

    @classmethod
    def of(cls, mapping: ColumnMapping | None) -> _Columns:
        columns: Mapping[str, list[str]] = mapping.columns if mapping else {}
        polarity = mapping.rules.get("polarity", {}) if mapping else {}
        return cls(
            ref=_first(columns.get("ref")),
            number=_first(columns.get("number")) or "Phone",
            program=_first(columns.get("program")),
            statuses=tuple(
                (header, Polarity(polarity.get(header, Polarity.OPT_IN)))
                for header in columns.get("status", [])
            ),
        )

    @property
    def header(self) -> tuple[str, ...]:
        fixed = [name for name in (self.ref, self.number, self.program) if name]
        return (*fixed, *(header for header, _ in self.statuses))

    def row(
        self, write_back: WriteBack, written: Mapping[int, str], words: Words, program: Program
    ) -> tuple[str, ...]:
        cells = [write_back.ref] if self.ref else []
        cells.append(written.get(write_back.pk, write_back.number.e164))
        if self.program:
            cells.append(program.code)
        return (*cells, *(words.word(write_back.value, polarity) for _, polarity in self.statuses))


def _first(headers: Sequence[str] | None) -> str | None:
    return headers[0] if headers else None


class Words:
    """A system's words for "in" and "out": those it used itself, those a person explained, else yes and
    no."""

    SEEN = 2_000  # readings looked at; the usual words turn up long before

    def __init__(self, system: System, program: Program, mapping: ColumnMapping | None) -> None:
        explained = mapping.rules.get("vocabulary", {}) if mapping else {}
        self.vocabulary = {word: Meaning(meaning) for word, meaning in explained.items()}
        latest = Reading.objects.filter(system=system, program=program).exclude(text="").order_by("-pk")
        used = Counter(latest.values_list("text", flat=True)[: self.SEEN])
        self.candidates = [*(word for word, _ in used.most_common()), *self.vocabulary, "Yes", "No"]

    def word(self, value: str, polarity: Polarity) -> str:
        """The first word that the importer would read as `value` in such a column."""
        for meaning in _READ_AS[value, polarity]:
            for word in self.candidates:
                cell = cells.read_status(word, polarity, self.vocabulary)
                if cell.meaning is meaning and cell.warning is None:
                    return word
        raise AssertionError(f"no word for {value} in a column of polarity {polarity}")


# In a column that asks for opt-outs "in" can only be said as "not out", which reads as unknown.
_READ_AS: Mapping[tuple[str, Polarity], tuple[Meaning, ...]] = {
    (OUT, Polarity.OPT_IN): (Meaning.OUT, Meaning.NEVER),
    (OUT, Polarity.OPT_OUT): (Meaning.OUT,),
    (IN, Polarity.OPT_IN): (Meaning.IN,),
    (IN, Polarity.OPT_OUT): (Meaning.UNKNOWN,),
}


def _as_it_came(system: System, program: Program, rows: Sequence[WriteBack]) -> dict[int, str]:
    """Write-back → its number as the system's own file wrote it. Where the file is gone, or would have it guarded as
    a formula, nothing."""
    last = (
        Reading.objects.filter(system=system, program=program, number__in={row.number_id for row in rows})
        .exclude(batch=None)
        .values("number", "ref")
        .annotate(last=Max("pk"))
    )
    readings = Reading.objects.filter(pk__in=[row["last"] for row in last]).select_related("batch__mapping")
    wanted = {(row.number_id, row.ref): row for row in rows}
    found: dict[int, str] = {}
    in_order = sorted(readings, key=lambda reading: (reading.batch_id or 0, reading.line or 0))
    for _, of_batch in groupby(in_order, key=lambda reading: reading.batch_id):
        some = list(of_batch)
        batch = some[0].batch
        assert batch is not None
        written = dict(_number_cells(batch, {reading.line for reading in some if reading.line}))
        for reading in some:
            row = wanted.get((reading.number_id, reading.ref))
            text = written.get(reading.line or 0)
            if row is not None and text and guard(text) == text and _is_same(text, row.number, system):
                found[row.pk] = text
    return found


def _number_cells(batch: ImportBatch, lines: set[int]) -> Iterator[tuple[int, str]]:
    if batch.mapping is None or not lines:
        return
    dialect = dialect_of(batch)
    # A mapping names the columns of every export of the system; this one need not have them all.
    named = [name for name in batch.mapping.columns.get("number", []) if name in dialect.columns]
    positions = [dialect.columns.index(name) for name in named]
    try:
        for row in read_rows(rows_path(batch), dialect, start_line=min(lines)):
            if row.line in lines:
                yield row.line, next((row.cells[at] for at in positions if row.cells[at].strip()), "")
            if row.line >= max(lines):
                return
    except (FileNotFoundError, ValueError):
        return  # tidied away after its time: the number in its standard form does as well


def _is_same(text: str, number: Number, system: System) -> bool:
    """Whether the cell still reads as this number by itself, without the country its row may have named."""
    return numbers.read_number(text, system.default_region or number.region or None).e164 == number.e164
