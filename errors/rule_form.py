"""The form of a rule: each kind asks for what its check needs, and says at the field what no check could use."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from errors import rulebook
from errors.models import PreflightRule
from errors.preflight import BadRule, Kind, Rule, Standing
from errors.preflight.kinds import FORMS

_PREVENTED = re.compile(r"[a-z0-9_]{2,40} \S{1,40}")


def _day(label: str, *, required: bool = False, **more: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        **more,
    )


class RuleForm(forms.Form):
    """One rule of one kind. `was` is the version that it would follow; without one it is a new rule."""

    provider = forms.CharField(
        required=False, max_length=24, help_text="Empty: every provider without a rule of its own."
    )
    place = forms.CharField(
        label="Country or state",
        required=False,
        max_length=6,
        widget=forms.TextInput(attrs={"placeholder": "US-TX"}),
    )
    subject = forms.CharField(required=False, max_length=80)
    value = forms.CharField(required=False, max_length=10_000, strip=False)
    standing = forms.ChoiceField(
        label="How sure",
        choices=PreflightRule.Standing.choices,
        help_text="What is not agreed only warns; it stops no message.",
    )
    valid_from = _day("In force from", help_text="Empty: since always.")
    valid_until = _day("Last day in force", help_text="Empty: without end.")
    last_checked = _day("Last checked", required=True)
    source = forms.CharField(
        max_length=300,
        help_text="Who says so: a page of the provider, a law, or the house.",
        error_messages={"required": "Say who says so; in a year somebody will ask."},
    )
    prevents = forms.CharField(
        label="Codes that it prevents",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "twilio 30007; twilio 30441-30477"}),
        help_text="With a semicolon between. One of them on a message that passed makes the rule stale.",
    )
    note = forms.CharField(required=False, max_length=300)
    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stands in the history beside your name.",
        error_messages={"required": "Say why: checks of every message follow your word from now on."},
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: Kind, was: PreflightRule | None = None, **kwargs: Any) -> None:
        self.kind, self.was, self.shape = kind, was, FORMS[kind]
        kwargs["initial"] = (initial_of(was) if was else {"last_checked": timezone.localdate()}) | kwargs.get(
            "initial", {}
        )
        super().__init__(*args, **kwargs)
        shape = self.shape
        if was is not None or not shape.provider:
            del self.fields["provider"]
        if was is not None or shape.place is None:
            del self.fields["place"]
        elif shape.place:
            self.fields["place"].required = True
        else:
            self.fields["place"].help_text = "Empty: everywhere."
        self._shape_subject()
        self._shape_value()
        if shape.note:
            self.fields["note"].required = True
            self.fields["note"].help_text = f"{shape.note}."

    def _shape_subject(self) -> None:
        shape = self.shape
        if self.was is not None or not shape.subject:
            del self.fields["subject"]
        elif shape.subjects:
            choices = [(word, word) for word in shape.subjects]
            self.fields["subject"] = forms.ChoiceField(label=shape.subject, choices=choices)
        else:
            self.fields["subject"].label = shape.subject
            self.fields["subject"].required = True

    def _shape_value(self) -> None:
        shape = self.shape
        if shape.fixed_value:
            del self.fields["value"]
        elif shape.values:
            choices = [(word, word.replace("_", " ")) for word in shape.values]
            self.fields["value"] = forms.ChoiceField(label=shape.value, choices=choices)
        else:
            self.fields["value"].label = shape.value
            self.fields["value"].required = self.kind is not Kind.SENDER_CHARACTERS
            self.fields["value"].error_messages["required"] = "Write the value."
            if shape.is_pattern:
                self.fields["value"].widget = forms.Textarea(
                    attrs={"rows": 4, "class": "mono", "spellcheck": "false"}
                )
                self.fields[
                    "value"
                ].help_text = (
                    "As Python writes them; (?i) at the beginning: capitals or not, \\b: the edge of a word."
                )

    def clean_place(self) -> str:
        place: str = self.cleaned_data["place"].strip().upper()
        if place and not re.fullmatch(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", place):
            raise forms.ValidationError("Write two letters, such as DE, or a state, such as US-TX.")
        return place

    def clean_provider(self) -> str:
        provider: str = self.cleaned_data["provider"].strip().lower()
        if provider and not re.fullmatch(r"[a-z0-9_]+", provider):
            raise forms.ValidationError("Write the provider as the send log does, such as twilio.")
        return provider

    def clean_value(self) -> str:
        value: str = self.cleaned_data["value"].replace("\r\n", "\n").strip("\n")
        return value if self.shape.is_pattern or self.kind is Kind.SENDER_CHARACTERS else value.strip()

    def clean_prevents(self) -> tuple[str, ...]:
        written = re.split(r"[;\n]", self.cleaned_data["prevents"])
        codes = tuple(dict.fromkeys(" ".join(one.split()) for one in written if one.strip()))
        for code in codes:
            if not _PREVENTED.fullmatch(code):
                raise forms.ValidationError(f"“{code[:40]}”: write provider and code, such as twilio 30007.")
        return codes

    def clean_last_checked(self) -> date:
        day: date = self.cleaned_data["last_checked"]
        if not date(2000, 1, 1) <= day <= timezone.localdate():
            raise forms.ValidationError("Name a day that is over, or today.")
        return day

    def clean(self) -> dict[str, Any]:
        for name in ("valid_from", "valid_until"):
            day = self.cleaned_data.get(name)
            if day and not 1970 <= day.year < 2200:
                self.add_error(name, "Name a day between 1970 and 2200.")
        if not self.errors:
            try:
                rulebook.refuse(self.rule(), was=self.was)
            except BadRule as problem:
                self.refuse(problem)
        return self.cleaned_data

    def refuse(self, problem: BadRule) -> None:
        self.add_error(problem.field if problem.field in self.fields else None, str(problem))

    def rule(self) -> Rule:
        """What the form says."""
        given, was = self.cleaned_data, self.was
        return Rule(
            self.kind,
            was.provider if was else given.get("provider", ""),
            was.place if was else given.get("place", ""),
            was.subject if was else given.get("subject", "").strip(),
            given.get("value", self.shape.fixed_value),
            Standing(given["standing"]),
            given["valid_from"],
            given["last_checked"],
            given["source"],
            given["prevents"],
            given["note"],
            given["valid_until"],
            str(was.series) if was else "",
        )


def initial_of(row: PreflightRule) -> dict[str, Any]:
    names = ("value", "standing", "valid_from", "valid_until", "last_checked", "source", "note")
    return {name: getattr(row, name) for name in names} | {
        "prevents": "; ".join(row.prevents),
        "seen": row.version,
    }


class SwitchForm(forms.Form):
    """Stands on a page with the form of the rule, so its fields have ids of their own."""

    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why: checks of every message follow your word from now on."},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_switch_%s", **kwargs})
