"""The forms of the import wizard but the one of the columns: upload, format, voiding."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from backoffice.files.container import Kind
from backoffice.files.encoding import ENCODINGS
from backoffice.files.sniff import Dialect
from backoffice.models import System
from backoffice.words import staff_words

DELIMITER_NAMES = {",": "Comma  ,", ";": "Semicolon  ;", "\t": "Tab", "|": "Pipe  |"}


class UploadForm(forms.Form):
    system = forms.ModelChoiceField(
        queryset=System.objects.none(),
        widget=forms.RadioSelect,
        label="Which system is the file from?",
        error_messages={"required": "Choose the system that wrote the file."},
    )
    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.json,.jsonl,.ndjson,.gz,.zip"}),
        error_messages={
            "required": "Choose a file, or drop one here.",
            "empty": "The file is empty. Export it again and check that it holds rows.",
        },
        max_length=1000,
    )
    as_of = forms.DateTimeField(
        label="When was it exported?",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "Write the time like 2026-03-14 09:30, or leave it empty for now."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].queryset = System.objects.filter(  # type: ignore[attr-defined]
            is_active=True, importer__in=list(settings.IMPORTERS)
        ).order_by("name", "pk")
        self.fields["file"].help_text = (
            f"CSV, TSV or XLSX, at most {settings.IMPORT_MAX_BYTES / 1e6:,.0f} MB and "
            f"{settings.IMPORT_MAX_ROWS:,} rows."
        )
        now = staff_words(timezone.now())
        self.fields["as_of"].help_text = (
            f"{settings.TIME_ZONE} time; it is {now} there. What the file says counts from this moment. "
            "Left empty: the moment of upload."
        )

    def clean_as_of(self) -> datetime | None:
        as_of: datetime | None = self.cleaned_data["as_of"]
        if as_of is not None and as_of > timezone.now():
            raise forms.ValidationError("This is in the future. When did the system write the file?")
        return as_of


class FormatForm(forms.Form):
    """How the file is read, each guess open to correction."""

    sheet = forms.ChoiceField(label="Sheet")
    encoding = forms.ChoiceField(label="Characters", help_text="How letters are stored.")
    delimiter = forms.ChoiceField(label="Cells are separated by")
    header_line = forms.IntegerField(
        label="Line with the column names",
        min_value=0,
        max_value=100_000,
        help_text="As an editor counts lines. 0: the file has no names.",
        error_messages={"invalid": "Write the number of the line, or 0 if there is none."},
    )

    def __init__(self, dialect: Dialect, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=self.present(dialect))
        self.dialect = dialect
        if dialect.kind is Kind.JSON:
            self.fields.clear()  # there is nothing to choose
            return
        if dialect.sheets:
            for name in ("encoding", "delimiter"):
                del self.fields[name]
            self.fields["sheet"].choices = [(name, name) for name in dialect.sheets]  # type: ignore[attr-defined]
            self.fields["header_line"].label = "Row with the column names"
            return
        del self.fields["sheet"]
        encodings = {dialect.encoding: dialect.encoding, **ENCODINGS}
        self.fields["encoding"].choices = list(encodings.items())  # type: ignore[attr-defined]
        delimiters = {dialect.delimiter: dialect.delimiter, **DELIMITER_NAMES}
        self.fields["delimiter"].choices = list(delimiters.items())  # type: ignore[attr-defined]

    @staticmethod
    def present(dialect: Dialect) -> dict[str, Any]:
        return {
            "sheet": dialect.sheet,
            "encoding": dialect.encoding,
            "delimiter": dialect.delimiter,
            "header_line": dialect.header_line,
        }

    @property
    def changes(self) -> bool:
        """Whether the answers differ from how the file is read now."""
        present = self.present(self.dialect)
        return any(self.cleaned_data[name] != present[name] for name in self.cleaned_data)

    @property
    def other_sheet(self) -> str | None:
        sheet: str | None = self.cleaned_data.get("sheet")
        return sheet if sheet is not None and sheet != self.dialect.sheet else None

    def overrides(self) -> dict[str, Any]:
        """What to tell the recognition. Where the header stands is looked for again when the rest changed and
        nobody said it."""
        given: dict[str, Any] = {
            name: self.cleaned_data[name] for name in ("encoding", "delimiter") if name in self.fields
        }
        if not self.fields:
            return {}
        present = self.present(self.dialect)
        header_line = self.cleaned_data["header_line"]
        rest_changed = any(given[name] != present[name] for name in given) or self.other_sheet
        if header_line != present["header_line"] or not rest_changed:
            given["header_line"] = header_line
        return given


class VoidForm(forms.Form):
    reason = forms.CharField(
        label="Why is it voided?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stays on record with your name.",
        error_messages={"required": "Say why: the reason stays on record."},
    )
