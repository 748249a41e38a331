"""How a system is written to, as administrators fill it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict

from consent.cells import Meaning
from consent.models import Connection, Number
from consent.models.connection import BUILT_IN, OPERATIONS, unchanged_shape
from consent.placeholders import PLACEHOLDER

LABELS = {
    "base_url": "Base address",
    "auth": "How it lets us in",
    "auth_name": "Name for that",
    "token_url": "Address of tokens",
    "word_in": "Its word for in",
    "word_out": "Its word for out",
    "content_type": "Kind of body",
    "key_header": "Header of the key",
    "error_path": "Errors inside a success",
    "read_value": "Where the value stands",
    "not_found_means": "If the number is not found",
    "settle_seconds": "Seconds until a change shows",
    "at_once": "Requests at a time",
    **{f"{operation}_method": "Method" for operation in OPERATIONS},
    **{f"{operation}_path": "Path" for operation in OPERATIONS},
    **{f"{operation}_body": "Body" for operation in OPERATIONS},
    **{f"hold_{part}": f"{part.title()} to hold" for part in ("method", "path", "body")},
    **{f"release_{part}": f"{part.title()} to release" for part in ("method", "path", "body")},
}
NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Where, and how it lets us in",
        "Only https addresses of the public internet are called, unless the operators allow others.",
        ("base_url", "auth", "auth_name", "secret", "token_url", "headers"),
    ),
    (
        "Words",
        "What is the same for every request of this system: its variables, and its words for in and out.",
        ("variables", "word_in", "word_out"),
    ),
    (
        "Write",
        "What is sent for each correction. Placeholders: "
        + ", ".join(f"{{{name}}}" for name in BUILT_IN)
        + ", and every variable of yours.",
        ("write_method", "write_path", "content_type", "write_body", "key_header", "error_path"),
    ),
    (
        "Read back",
        "“200 OK” proves nothing: the value is asked for afterwards. Without this the next import has to show it.",
        (
            "read_method",
            "read_path",
            "read_body",
            "read_value",
            "words_read",
            "not_found_means",
            "settle_seconds",
        ),
    ),
    (
        "Holds",
        "Where the system can pause a number: told when a hold is placed, and when none stands any more.",
        ("hold_method", "hold_path", "hold_body", "release_method", "release_path", "release_body"),
    ),
    ("Pace", "", ("at_once",)),
)


class LinesField(forms.CharField):
    """A dictionary as lines of `name = value`."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return "\n".join(f"{name} = {text}" for name, text in value.items())
        return value

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        if "\x00" in (value or ""):
            raise ValidationError("There is a character in it that is no text.")
        for line in filter(None, (line.strip() for line in (value or "").splitlines())):
            name, equals, text = line.partition("=")
            if not equals:
                raise ValidationError(f"“{line[:60]}”: write one “name = value” a line.")
            found[name.strip()] = text.strip()
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


class ConnectionForm(forms.ModelForm):
    variables = LinesField(
        required=False,
        help_text="One “name = value” a line, e.g. list_id = abc. With a bar, one for in and one for out: "
        "job = create | delete",
    )
    words_read = LinesField(
        required=False,
        label="What its words mean",
        help_text="One “word = meaning” a line, e.g. SUBSCRIBED = in. Meanings: "
        + ", ".join(meaning.value for meaning in Meaning),
    )

    class Meta:
        model = Connection
        labels = LABELS
        fields = [name for _, _, names in SECTIONS for name in names]
        widgets = {
            name: forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
            for name in ("headers", *(f"{operation}_body" for operation in OPERATIONS))
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = model_to_dict(self.instance)
        for name in ("variables", "words_read"):
            self.fields[name].widget.attrs |= {"rows": 3, "spellcheck": "false"}
        self.fields["at_once"].widget.attrs |= {"min": 1, "max": 8}
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    @property
    def sections(self) -> list[dict[str, Any]]:
        return [
            {"title": title, "help": words, "fields": [self[name] for name in names]}
            for title, words, names in SECTIONS
        ]

    def clean_variables(self) -> dict[str, str]:
        given: dict[str, str] = self.cleaned_data["variables"]
        for name in given:
            if not NAME.fullmatch(name) or name in BUILT_IN:
                raise ValidationError(
                    f"“{name[:40]}” cannot be the name of a variable: small letters, digits and underscores, and "
                    "none of the built-in placeholders."
                )
        return given

    def clean_words_read(self) -> dict[str, str]:
        given: dict[str, str] = self.cleaned_data["words_read"]
        for word, meaning in given.items():
            if meaning not in {known.value for known in Meaning}:
                known = ", ".join(known.value for known in Meaning)
                raise ValidationError(f"“{word[:40]} = {meaning[:40]}”: the meaning is one of {known}.")
        return given

    def clean_at_once(self) -> int:
        at_once: int = self.cleaned_data["at_once"]
        if not 1 <= at_once <= 8:
            raise ValidationError("Between 1 and 8 requests may be on their way at the same time.")
        return at_once

    def clean(self) -> dict[str, Any]:
        """A stored secret goes only where it was entered for: else whoever may change the address could have it sent
        to themselves."""
        given = super().clean() or {}
        if self.before["secret"] and not given.get("secret") and _hosts(self.before) != _hosts(given):
            self.add_error("secret", "It would go to another host from now on: enter it again, or “-”.")
        return given

    def save(self, commit: bool = True) -> Connection:
        """What is sent differently gets new keys; settings that were changed deserve another try."""
        row: Connection = super().save(commit=False)
        if row.pk and not unchanged_shape(self.before, row):
            row.revision += 1
        row.failures, row.pauses, row.paused_until = 0, 0, None
        row.paused_why, row.is_stopped = "", False
        if commit:
            row.save()
        return row


def _hosts(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where requests go, and requests for tokens."""
    variables = given.get("variables") or {}
    found = []
    for name in ("base_url", "token_url"):
        address = PLACEHOLDER.sub(lambda match: variables.get(match[1], ""), given.get(name) or "")
        try:
            where = urlsplit(address)
        except ValueError:
            found.append(("", address))
        else:
            found.append((where.scheme, where.netloc))
    return found


class TryForm(forms.Form):
    """A read of one number, to see whether it works."""

    number = forms.CharField(
        label="Number", max_length=20, help_text="One that the system knows, like +14155550123."
    )
    ref = forms.CharField(
        label="Record id",
        max_length=80,
        required=False,
        help_text="As the system calls it, where the address needs it.",
    )

    def clean_number(self) -> str:
        given: str = self.cleaned_data["number"]
        e164 = "+" + re.sub(r"\D", "", given)
        if not Number.objects.filter(e164=e164).exists():
            raise ValidationError("This number is in no file that was imported; try one of a contact.")
        return e164
