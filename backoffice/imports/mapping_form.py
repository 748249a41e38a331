"""The form of the import wizard's columns: which feeds what, and the questions that their cells raise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from backoffice.files.rows import Row
from backoffice.imports.importer import Guess, Importer, Question, Target, Topic
from backoffice.models import System

MAX_OPTIONS = 200  # a longer list is typed into, with suggestions
SAMPLES = 5
SAMPLED_ROWS = 500


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
