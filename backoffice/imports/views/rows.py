"""The rows of a batch that a person may want to see, narrowed to one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from backoffice.imports.filters import RowFilter
from backoffice.imports.importer import Importer, importer_of
from backoffice.imports.receive import dialect_of
from backoffice.keyset import Key, page_of
from backoffice.models import Bucket, ImportBatch, ImportRow

PAGE = 50


@dataclass(frozen=True)
class Reason:
    """One kind of row: how many the check counted, and the list of them."""

    code: str
    words: str
    rows: int


@dataclass(frozen=True)
class ShownRow:
    """A row with its codes in words, and its cells by column where they are kept."""

    row: ImportRow
    importer: type[Importer]
    columns: tuple[str, ...]

    @property
    def reason(self) -> str:
        return self.importer.words(self.row.reason) if self.row.reason else ""

    @property
    def tone(self) -> str:
        return {Bucket.REJECTED: "bad", Bucket.HELD: "warn", Bucket.DUPLICATE: "info"}.get(
            Bucket(self.row.bucket), "mute"
        )

    @property
    def value(self) -> str:
        return self.importer.words(self.row.value) if self.row.value else ""

    @property
    def warnings(self) -> list[str]:
        return [self.importer.words(code) for code in self.row.warnings]

    @property
    def cells(self) -> list[tuple[str, str]]:
        """Filled cells; what stands beyond the header is named by its place."""
        names = self.columns
        return [
            (names[place] if place < len(names) else f"cell {place + 1}", cell)
            for place, cell in enumerate(self.row.cells)
            if cell.strip()
        ]


def reasons_of(batch: ImportBatch, kind: str = "") -> list[Reason]:
    """What the check counted, most frequent first; `kind` is a bucket or "warning"."""
    importer = importer_of(batch.system)
    found = []
    for code, rows in batch.preview.get("reasons", {}).items():
        family, _, bare = code.partition(":")
        if (not kind or family == kind) and bare:
            found.append(Reason(code, importer.words(bare), rows))
    return found


def rows_shown(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """Context of the table of rows: filter, page, rows."""
    importer = importer_of(batch.system)
    labels = {reason.code: f"{reason.words} ({reason.rows:,})" for reason in reasons_of(batch)}
    rows = batch.rows.select_related("settled_in")
    chosen = RowFilter(request.GET, rows, reasons=labels)
    found = page_of(chosen.qs, request.GET, order=[Key("line"), Key("pk")], size=PAGE)
    columns = dialect_of(batch).columns if batch.dialect else ()
    return {
        "row_filter": chosen,
        "page": found,
        "rows": [ShownRow(row, importer, columns) for row in found.rows],
        "has_rows": bool(found.rows) or batch.rows.exists(),
    }
