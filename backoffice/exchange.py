"""Configuration tables as files: the formats, and how a row of a file becomes a row of a table and back.

django-import-export reads, previews and writes; here is what it leaves open: cells that a spreadsheet
would run, files
too large for a web request, values that only the model's own validation refuses."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import tablib
from diff_match_patch import diff_match_patch  # type: ignore[import-untyped]
from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from import_export import resources, widgets
from import_export.formats.base_formats import Format, TextFormat
from import_export.forms import ImportForm

from backoffice.access import can
from backoffice.files.export import write_csv, write_xlsx
from backoffice.files.guard import unguard

MAX_IMPORT_ROWS = 2_000
MAX_IMPORT_BYTES = 5_000_000
MAX_EXPORT_ROWS = 50_000
FEW_ROWS = 5_000  # as many may everybody take along who works with the rows
# What stands for a row of another table in a file, in order of preference: a name people know, never a
# bare id.
_NAMES = ("slug", "code", "address", "username", "e164", "name")


def longest_export(user: User | AnonymousUser) -> int:
    """The rows that this person may take along in one file."""
    if can(user, "backoffice.export_long_list"):
        return MAX_EXPORT_ROWS
    return min(FEW_ROWS, MAX_EXPORT_ROWS) if can(user, "backoffice.export_list") else 0


def too_long(user: User | AnonymousUser) -> str:
    """What to tell them of a longer list."""
    limit = longest_export(user)
    more = f" Supervisors may take up to {MAX_EXPORT_ROWS:,}." if limit < MAX_EXPORT_ROWS else ""
    return f"This list has more than {limit:,} rows. Narrow it, then export each part.{more}"


class Unusable(ValueError):
    """The file cannot be taken in or written; the message says what to mend."""


class SafeCsv(Format):
    """CSV for spreadsheets: UTF-8 with a mark, and an apostrophe before what would run."""

    def get_title(self) -> str:
        return "CSV"

    def can_export(self) -> bool:
        return True

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        text = io.StringIO(newline="")
        write_csv(text, dataset.headers or [], dataset)
        return text.getvalue().encode()


class SafeXlsx(SafeCsv):
    """A workbook in which every text is typed as text."""

    def get_title(self) -> str:
        return "Excel workbook"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        file = io.BytesIO()
        write_xlsx(file, dataset.headers or [], dataset)
        return file.getvalue()


class GuardedCsv(TextFormat):
    """CSV as we export it: our apostrophes come off again, so that a round trip changes nothing."""

    TABLIB_MODULE = "tablib.formats._csv"
    CONTENT_TYPE = "text/csv"

    def get_title(self) -> str:
        return "csv"

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> tablib.Dataset:
        text = in_stream.decode(self.encoding or "utf-8-sig") if isinstance(in_stream, bytes) else in_stream
        if "\x00" in text:
            raise Unusable("The file holds NUL characters, so it is no text. Save it as CSV (UTF-8).")
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [name.strip() for name in next(lines, [])]
        if not any(header):
            raise Unusable("The first line has no column names.")
        dataset = tablib.Dataset(headers=header)
        for cells in lines:
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise Unusable(
                    f"Line {lines.line_num} has {len(cells)} cells, the first line has {len(header)}. "
                    "Put text with commas in quotes."
                )
            if len(dataset) >= MAX_IMPORT_ROWS:
                raise Unusable(
                    f"The file has more than {MAX_IMPORT_ROWS:,} rows. Split it and import the parts."
                )
            dataset.append([unguard(cell) for cell in cells])
        return dataset


FORMATS = [SafeCsv, SafeXlsx]
IMPORT_FORMATS = [GuardedCsv]


class SmallFile(ImportForm):
    """The upload form: refuses what is too large before it is read."""

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > MAX_IMPORT_BYTES:
            raise forms.ValidationError(
                f"The file has {file.size:,} bytes, {MAX_IMPORT_BYTES:,} is the most. "
                "Split it and import the parts."
            )
        return file


class PlainDiff(resources.Diff):
    """What an import changes, as <del> and <ins> without the styles that a strict policy refuses."""

    _TAGS = {-1: "del", 1: "ins"}

    def as_html(self) -> list[SafeString]:
        differ = diff_match_patch()
        cells = []
        for old, new in zip(self.left, self.right, strict=True):
            parts = differ.diff_main("" if self.new else str(old), str(new))
            differ.diff_cleanupSemantic(parts)
            marked = ((self._marked(kind, words),) for kind, words in parts)
            cells.append(format_html_join("", "{}", marked))
        return cells

    def _marked(self, kind: int, words: str) -> str:
        tag = self._TAGS.get(kind)
        return format_html("<{}>{}</{}>", tag, words, tag) if tag else words


class TableResource(resources.ModelResource):
    """A table as a file. Rows are checked by the model's own rules; rows that say the same are left alone."""

    class Meta:
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_diff_class(self) -> type[resources.Diff]:
        return PlainDiff

    @classmethod
    def get_fk_widget(cls, field: models.Field[Any, Any]) -> Any:
        related: type[models.Model] = field.related_model  # type: ignore[assignment]
        unique = {column.name for column in related._meta.fields if column.unique and not column.primary_key}
        named = next((name for name in _NAMES if name in unique), "pk")
        return lambda **kwargs: widgets.ForeignKeyWidget(related, field=named, **kwargs)


def resource_for(
    model: type[models.Model],
    *,
    key: str = "id",
    fields: Sequence[str] | None = None,
    excludes: Sequence[str] = (),
) -> type[resources.ModelResource]:
    """The file of one table: `fields` in this order (all but `excludes` when None); `key` finds a line's
    row."""
    wanted = list(fields) if fields is not None else [field.name for field in model._meta.fields]
    wanted = [name for name in wanted if name not in excludes and (name != "id" or key == "id")]
    meta = type(
        "Meta",
        (TableResource.Meta,),
        {
            "model": model,
            "fields": wanted,
            "export_order": wanted,
            "import_order": wanted,
            "import_id_fields": [key],
        },
    )
    return type(f"{model.__name__}Resource", (TableResource,), {"Meta": meta})
