"""The forms of the import wizard: upload, format, columns, voiding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from backoffice.files.container import Kind
from backoffice.files.encoding import ENCODINGS
from backoffice.files.rows import Row
from backoffice.files.sniff import Dialect
from backoffice.imports.importer import Guess, Importer, Question, Target, Topic
from backoffice.models import System
from backoffice.words import staff_words

DELIMITER_NAMES = {",": "Comma  ,", ";": "Semicolon  ;", "\t": "Tab", "|": "Pipe  |"}
MAX_OPTIONS = 200  # a longer list is typed into, with suggestions
SAMPLES = 5
SAMPLED_ROWS = 500


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


# --- Columns ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One column of the file: its address and some of its cells."""

    name: str
    samples: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name with a cell beside it, for lists to choose from."""
        return f"{self.name} · {self.samples[0][:30]}" if self.samples else f"{self.name} · empty"


def columns_of(headers: Sequence[str], rows: Sequence[Row]) -> list[Column]:
    """Each column with its first different filled cells."""
    found = []
    for place, name in enumerate(headers):
        samples: dict[str, None] = {}
        for row in rows[:SAMPLED_ROWS]:
            if text := " ".join(row.cells[place].split()):
                samples[text[:80]] = None
                if len(samples) == SAMPLES:
                    break
        found.append(Column(name, tuple(samples)))
    return found


class Selects(forms.SelectMultiple):
    """Several lists in a row: the first choice, then the next one. A very wide file is typed into instead."""

    def __init__(self, columns: Sequence[Column], *, several: bool) -> None:
        super().__init__()
        self.columns = columns
        self.several = several

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for value in data.getlist(name) if value]

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = list(value or [])
        places = [*chosen, ""] if self.several or not chosen else chosen
        return render_to_string(
            "backoffice/imports/_selects.html",
            {
                "name": name,
                "places": places,
                "columns": self.columns,
                "typed": len(self.columns) > MAX_OPTIONS,
                "id": (attrs or {}).get("id", name),
            },
        )


class ColumnsField(forms.Field):
    """The columns that feed one target, in the order in which they count."""

    def __init__(self, target: Target, columns: Sequence[Column]) -> None:
        super().__init__(
            required=target.required,
            label=target.label,
            help_text=target.help,
            widget=Selects(columns, several=target.several),
            error_messages={"required": f"Choose the column with: {target.label}."},
        )
        self.target = target
        self.known = {column.name for column in columns}

    def clean(self, value: list[str]) -> list[str]:
        chosen = list(dict.fromkeys(value))
        for name in chosen:
            if name not in self.known:
                raise forms.ValidationError(f"The file has no column “{name[:80]}”.", code="unknown")
        if len(chosen) > 1 and not self.target.several:
            raise forms.ValidationError(f"{self.target.label} takes one column, not {len(chosen)}.")
        if self.required and not chosen:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return chosen


@dataclass(frozen=True)
class Asked:
    """A question with its field, as the page shows it."""

    question: Question
    field: BoundField


@dataclass(frozen=True)
class AskedTopic:
    topic: Topic
    asked: list[Asked]
    confirm: BoundField | None


class MappingForm(forms.Form):
    """Which column feeds what, and what a person decides about the cells. Two halves on one page: the
    questions are about the columns chosen, so a choice of other columns asks anew."""

    name = forms.CharField(
        label="Save as",
        max_length=80,
        initial="standard",
        help_text="A system whose exports come in several shapes has a mapping for each.",
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        importer: type[Importer],
        system: System,
        headers: Sequence[str],
        rows: Sequence[Row],
        proposal: Guess,
        *,
        now: datetime,
        unread: Sequence[str] = (),
        name: str = "standard",
        data: QueryDict | None = None,
        look: bool = False,
    ) -> None:
        """`look`: the choices in `data` are only to be shown with their questions, not judged yet. So they
        are when the questions on the page were about other columns."""
        self.importer, self.system, self.headers = importer, system, headers
        self.targets = list(importer.targets(system))
        self.columns = columns_of(headers, rows)
        self.proposal = proposal
        chosen = self._chosen(data) if data is not None else proposal.columns
        self.topics = importer.topics(
            system, chosen, self._rules_so_far(data), headers, rows, unread, now=now
        )
        self.is_stale = data is not None and data.get("shown") != self._mark(chosen)
        self.tampering = self._tampering(data) if data is not None else ""
        look = look or (self.is_stale and not self.tampering)
        initial: dict[str, Any] = {
            "name": name,
            **{f"column-{target}": names for target, names in chosen.items()},
        }
        if data is not None and look:
            initial |= {key: data.get(key) for key in data if not key.startswith(("column-", "confirm-"))}
        super().__init__(None if look else data, initial=initial)
        self.initial["shown"] = self._mark(chosen)
        self._add_fields()

    def _chosen(self, data: QueryDict) -> dict[str, list[str]]:
        """What was posted, as far as it can be."""
        known = set(self.headers)
        found = {}
        for target in self.targets:
            names = [name for name in data.getlist(f"column-{target.name}") if name in known]
            found[target.name] = list(dict.fromkeys(names))
        return {target: names for target, names in found.items() if names}

    def _rules_so_far(self, data: QueryDict | None) -> dict[str, Any]:
        """The proposal with what was chosen on the page, so that words are shown as they would be read."""
        rules = dict(self.proposal.rules)
        if data is None:
            return rules
        polarity = dict(rules.get("polarity", {}))
        for place, header in enumerate(self.headers):
            if (answer := data.get(f"polarity-{place}")) in {"opt_in", "opt_out"}:
                polarity[header] = answer
        return rules | ({"polarity": polarity} if polarity else {})

    def _add_fields(self) -> None:
        for target in self.targets:
            self.fields[f"column-{target.name}"] = ColumnsField(target, self.columns)
        for place, topic in enumerate(self.topics):
            for question in topic.questions:
                self.fields[question.name] = _field_of(question)
                self.initial.setdefault(question.name, question.answer)
            if topic.confirm:
                self.fields[f"confirm-{place}"] = forms.BooleanField(
                    label=topic.confirm, error_messages={"required": "Look at the rows, then tick this."}
                )

    @staticmethod
    def _mark(columns: Mapping[str, list[str]]) -> str:
        """Of the columns that questions are about."""
        return hashlib.sha256(json.dumps(sorted(columns.items())).encode()).hexdigest()[:16]

    def _tampering(self, data: QueryDict) -> str:
        """What was posted that no page of ours offers, in words; empty if nothing was."""
        offered = {f"column-{target.name}" for target in self.targets}
        for name, values in data.lists():
            if not name.startswith("column-"):
                continue
            if name not in offered:
                return f"“{name[7:87]}” is nothing a column can feed for {self.system.name}."
            for value in values:
                if value and value not in self.headers and len(self.headers) <= MAX_OPTIONS:
                    return f"The file has no column “{value[:80]}”."
        return ""

    @property
    def chosen(self) -> dict[str, list[str]]:
        found = {target.name: self.cleaned_data.get(f"column-{target.name}") or [] for target in self.targets}
        return {target: names for target, names in found.items() if names}

    def rules(self) -> dict[str, Any]:
        """The proposal's rules with the answers in their places; an empty answer takes its rule out."""
        rules: dict[str, Any] = json.loads(json.dumps(self.proposal.rules))
        for topic in self.topics:
            for question in topic.questions:
                _put(rules, question, self.cleaned_data.get(question.name))
        if "status" in self.chosen:
            rules.pop("status", None)  # a column says it, row by row
        return {name: rule for name, rule in rules.items() if rule not in ({}, [], "")}

    # --- for the page ---------------------------------------------------------------------------------------

    def by_target(self) -> list[tuple[Target, BoundField, list[Column]]]:
        """Each target with its field and the columns chosen for it."""
        by_name = {column.name: column for column in self.columns}
        found = []
        for target in self.targets:
            field = self[f"column-{target.name}"]
            names = [name for name in field.value() or [] if name in by_name]
            found.append((target, field, [by_name[name] for name in names]))
        return found

    def ignored(self) -> list[Column]:
        used = {column.name for *_, columns in self.by_target() for column in columns}
        return [column for column in self.columns if column.name not in used]

    def by_topic(self) -> list[AskedTopic]:
        return [
            AskedTopic(
                topic,
                [Asked(question, self[question.name]) for question in topic.questions],
                self[f"confirm-{place}"] if topic.confirm else None,
            )
            for place, topic in enumerate(self.topics)
        ]


def _field_of(question: Question) -> forms.Field:
    common: dict[str, Any] = {
        "label": question.label,
        "help_text": question.help,
        "required": question.required,
        "error_messages": {"required": "Choose one." if question.choices else "Fill this in."},
    }
    if not question.choices:
        attrs = {"list": f"suggestions-{question.name}"} if question.suggestions else {}
        return forms.CharField(max_length=200, widget=forms.TextInput(attrs=attrs), **common)
    if question.proof is not None and question.required:
        return forms.ChoiceField(
            choices=[choice for choice in question.choices if choice[0]], widget=forms.RadioSelect, **common
        )
    return forms.ChoiceField(choices=question.choices, **common)


def _put(rules: dict[str, Any], question: Question, answer: Any) -> None:
    place = rules
    for name in question.rule[:-1]:
        place = place.setdefault(name, {})
    text = str(answer or "").strip()
    value = [part for part in text.replace(",", " ").split() if part] if question.several else text
    if value:
        place[question.rule[-1]] = value
    else:
        place.pop(question.rule[-1], None)


class VoidForm(forms.Form):
    reason = forms.CharField(
        label="Why is it voided?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stays on record with your name.",
        error_messages={"required": "Say why: the reason stays on record."},
    )
