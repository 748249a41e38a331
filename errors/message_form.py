"""The form of the check before the send: one text, and what is known about its sending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import phonenumbers
from babel import Locale
from django import forms
from django.forms.utils import from_current_timezone
from django.utils import timezone

from consent.models import Program
from errors.catalogue import provider_label
from errors.preflight import Consent, Kind, Message, Purpose
from errors.rulebook import in_force


def _countries() -> list[tuple[str, str]]:
    """Every country that has phone numbers, by its name."""
    names = Locale("en").territories
    regions = ((region, names.get(region, region)) for region in phonenumbers.SUPPORTED_REGIONS)
    return [
        ("", "By the number"),
        *((code, f"{name} ({code})") for code, name in sorted(regions, key=lambda one: one[1])),
    ]


def _providers() -> list[tuple[str, str]]:
    """The providers whose limits are known."""
    known = {rule.provider for rule in in_force(timezone.localdate()).all(Kind.MOST_UNITS)} - {""}
    return [
        ("", "Any other"),
        *sorted(((name, provider_label(name)) for name in known), key=lambda one: one[1]),
    ]


class MessageCheckForm(forms.Form):
    """One text and what is known about its sending. Nothing of it is kept."""

    LONGEST = 5_000
    OURS, THEIRS = "ours", "theirs"
    CONSENTS = (
        (Consent.NONE, "Not recorded"),
        (Consent.OPTED_IN, "Opted in"),
        (Consent.TRANSACTIONAL, "Service texts only"),
        (Consent.PENDING, "Double opt-in not finished"),
        (Consent.OTHER_CHANNEL, "Another channel only"),
        (Consent.OPTED_OUT, "Opted out"),
    )

    # The provider gets spaces at the ends as well, so they are counted.
    body = forms.CharField(
        label="Text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto", "spellcheck": "true"}),
    )
    to = forms.CharField(
        label="Recipient's number",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"inputmode": "tel", "placeholder": "+1 415 555 2671"}),
    )
    country = forms.ChoiceField(label="Recipient's country", required=False, choices=_countries)
    state = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label="Recipient's state",
        required=False,
        error_messages={"invalid": "Write the two letters of a US state, e.g. TX."},
        widget=forms.TextInput(attrs={"maxlength": 2, "placeholder": "TX"}),
    )
    sender = forms.CharField(
        label="Sender",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"list": "check-senders", "placeholder": "+1 415 555 0100"}),
    )
    sender_registered = forms.ChoiceField(
        label="Is the sender registered?",
        required=False,
        choices=[("", "Not known"), ("yes", "Yes"), ("no", "No")],
    )
    provider = forms.ChoiceField(label="Provider", required=False, choices=_providers)
    purpose = forms.ChoiceField(
        label="Purpose",
        choices=[
            (Purpose.MARKETING, "Marketing"),
            (Purpose.TRANSACTIONAL, "Transactional"),
            (Purpose.OTP, "One-time code"),
        ],
        initial=Purpose.MARKETING,
    )
    program = forms.ModelChoiceField(
        Program.objects.filter(is_active=True).order_by("name", "pk"),
        label="Program",
        required=False,
        empty_label="By the sender",
    )
    consent = forms.ChoiceField(
        label="Consent of a number we do not know", required=False, choices=CONSENTS, initial=Consent.NONE
    )
    brand = forms.CharField(label="Brand that the text must name", required=False, max_length=80)
    at = forms.CharField(
        label="Sent at",
        required=False,
        max_length=40,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    clock = forms.ChoiceField(
        label="By the clock of",
        required=False,
        choices=[(OURS, "the office"), (THEIRS, "the recipient")],
    )
    dlt_entity = forms.CharField(label="India: entity id (DLT)", required=False, max_length=40)
    dlt_template = forms.CharField(label="India: template id (DLT)", required=False, max_length=40)
    price = forms.DecimalField(
        label="Price of a segment",
        required=False,
        min_value=0,
        max_value=1000,
        max_digits=10,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "0.0079"}),
    )

    def clean_body(self) -> str:
        """Browsers send two characters for a line end; the text that goes out has one."""
        body: str = self.cleaned_data["body"].replace("\r\n", "\n").replace("\r", "\n")
        if len(body) > self.LONGEST:
            raise forms.ValidationError(
                f"The text has {len(body):,} characters; at most {self.LONGEST:,} can be checked. Take out "
                f"{len(body) - self.LONGEST:,}: no provider would send so many."
            )
        return body

    def clean_at(self) -> datetime | None:
        """Without a zone; clean() adds it."""
        written = self.cleaned_data["at"].strip()
        try:
            at = datetime.fromisoformat(written) if written else None
        except ValueError:
            raise forms.ValidationError("Write day and time, e.g. 2026-11-22T14:30.") from None
        if at and (at.tzinfo or not 1970 <= at.year < 2200):
            raise forms.ValidationError(
                "Write day and time without a zone, e.g. 2026-11-22T14:30, in this century."
            )
        return at

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("at") and cleaned.get("clock") != self.THEIRS:
            try:
                cleaned["at"] = from_current_timezone(cleaned["at"])
            except forms.ValidationError as problem:
                self.add_error("at", problem)
        return cleaned

    def message(self) -> Message:
        """As it is typed; what the records say about the recipient is not in it."""
        given = self.cleaned_data
        return Message(
            body=given["body"],
            to=given["to"],
            country=given["country"] or None,
            state=given["state"].upper() or None,
            sender=given["sender"],
            sender_registered={"yes": True, "no": False}.get(given["sender_registered"]),
            provider=given["provider"],
            purpose=Purpose(given["purpose"]),
            consent=Consent(given["consent"] or Consent.NONE),
            brand=given["brand"] or None,
            at=given["at"],
            dlt_entity=given["dlt_entity"] or None,
            dlt_template=given["dlt_template"] or None,
        )
