"""Secrets of other systems (API keys, signing keys): sealed before they reach the database, never shown again.

Sealed with Fernet (AES-128-CBC and HMAC-SHA256). The keys come from SECRETS_KEYS, newest first, so that one can be
replaced: what an older key sealed stays readable and takes the newest when it is saved again. On one machine they are
made from SECRET_KEY.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models

SHOWN = 4  # characters at the end that tell two secrets apart
SHORT = 12  # characters; of a secret shorter than this nothing is shown


class CannotUnseal(Exception):
    """None of the keys opens what is stored: it was sealed with a key that is gone. Enter the secret again."""


class Secret:
    """A secret as the database keeps it. Printed, logged or put on a page it shows its last characters at most."""

    __slots__ = ("sealed",)

    def __init__(self, sealed: str = "") -> None:
        self.sealed = sealed

    @classmethod
    def of(cls, text: str) -> Secret:
        return cls(_box(_keys()).encrypt(text.encode()).decode() if text else "")

    def reveal(self) -> str:
        """The secret itself, for the call it is needed in. Raises CannotUnseal."""
        if not self.sealed:
            return ""
        try:
            return _box(_keys()).decrypt(self.sealed.encode()).decode()
        except InvalidToken as error:
            raise CannotUnseal("No key of SECRETS_KEYS opens this secret; enter it again.") from error

    def __bool__(self) -> bool:
        return bool(self.sealed)

    def __str__(self) -> str:
        if not self.sealed:
            return ""
        try:
            text = self.reveal()
        except CannotUnseal:
            return "unreadable: enter it again"
        return "•••• " + text[-SHOWN:] if len(text) >= SHORT else "••••"

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.sealed == other.sealed

    def __hash__(self) -> int:
        return hash(self.sealed)


def _keys() -> tuple[str, ...]:
    return tuple(settings.SECRETS_KEYS) or (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(list(_fernets(keys)))


def _fernets(keys: tuple[str, ...]) -> Iterator[Fernet]:
    for key in keys:
        if len(key) < 32:
            raise ImproperlyConfigured(
                "A key of SECRETS_KEYS (or SECRET_KEY, where that is not set) is shorter than 32 characters."
            )
        yield Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"secrets of systems" + key.encode()).digest()))


class SecretField(models.TextField):
    """A column of sealed text. Reads as `Secret`; takes a `Secret` or the plain text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *_: Any) -> Secret:
        return Secret(value or "")

    def to_python(self, value: Any) -> Secret:
        return value if isinstance(value, Secret) else Secret.of(value or "")

    def get_prep_value(self, value: Any) -> str:
        return self.to_python(value).sealed

    def value_to_string(self, obj: models.Model) -> str:
        """Dumps hold no secret, not even a sealed one."""
        return ""

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """What SecretFormField cleaned: empty keeps what is stored, a hyphen removes it."""
        if data:
            setattr(instance, self.name, Secret() if data == "-" else Secret.of(data))

    def formfield(self, **kwargs: Any) -> Any:
        return SecretFormField(label=kwargs.get("label"), help_text=self.help_text, required=False)


class SecretInput(forms.PasswordInput):
    """Never filled in; says whether something is stored."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        stored = str(value) if isinstance(value, Secret) and value else ""
        context["widget"]["attrs"] |= {
            "autocomplete": "off",
            "placeholder": f"Stored: {stored}" if stored else "Nothing stored",
        }
        return context


class SecretFormField(forms.CharField):
    """Write-only: left empty, what is stored stays; a single hyphen removes it."""

    widget = SecretInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 4_000)
        super().__init__(strip=True, **kwargs)
        self.help_text = f"{self.help_text} Leave it empty to keep what is stored; “-” removes it.".strip()

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, Secret) else None

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if "\n" in text or "\r" in text or "\x00" in text:
            raise ValidationError("A secret is one line; this one has a line break in it.")
        return text

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((data or "").strip())
