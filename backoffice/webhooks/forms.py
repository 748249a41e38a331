"""What administrators say about an endpoint."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django import forms
from django.core.exceptions import ValidationError

from backoffice.models import System, WebhookEndpoint
from backoffice.secrets import SecretFormField

SHORTEST_SECRET = 24  # characters, of a secret that we choose ourselves
P = WebhookEndpoint.Provider


class EndpointForm(forms.ModelForm):
    address = forms.URLField(
        label="Public address",
        max_length=300,
        assume_scheme="https",
        help_text="Exactly as the provider calls it, with its port if it has one. Signatures are made over it.",
    )
    secret = SecretFormField(
        label="Secret",
        required=False,
        error_messages={"required": "Without a secret no call can be told from a forged one."},
    )
    previous_secret = SecretFormField(
        label="Secret before",
        required=False,
        help_text="While a secret is being replaced, calls signed with either are let in. Remove it afterwards.",
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("system", "provider", "address", "secret", "previous_secret", "method", "is_active")
        labels = {"method": "Signature method", "is_active": "Calls are let in"}
        help_texts = {"method": "Of the Vonage SMS API only: as chosen in its dashboard."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        system = self.fields["system"]
        assert isinstance(system, forms.ModelChoiceField)
        system.queryset = System.objects.filter(is_active=True).order_by("name", "pk")
        system.empty_label = "Choose one"
        named = (
            ("provider", "Choose one", P.choices),
            ("method", "Not needed", WebhookEndpoint.Method.choices),
        )
        for name, words, choices in named:
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", words), *choices]
        if self.instance.pk:
            # Its calls are kept, and read as this provider's.
            for name in ("system", "provider"):
                self.fields[name].disabled = True
        else:
            self.fields["address"].label = "Public address of this product"
            self.fields["address"].help_text = (
                "As it is reached from outside, e.g. https://texts.example.com. The rest of the endpoint’s address is "
                "added to it."
            )
            self.fields["secret"].required = True
            self.fields["secret"].help_text = "Which one it is for each provider is said below."
            self.fields["secret"].widget.attrs["placeholder"] = ""
            del self.fields["previous_secret"], self.fields["is_active"]

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if any(mark in address for mark in "?#"):
            raise ValidationError("Leave out what follows a “?” or “#”: it is taken from each call.")
        return address if self.instance.pk else address.rstrip("/") + self.instance.path

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        provider = given.get("provider")
        for name in ("secret", "previous_secret"):
            if given.get(name) and given[name] != "-" and (problem := _problem(provider, given[name])):
                self.add_error(name, problem)
        if given.get("method") and provider != P.VONAGE_SMS:
            self.add_error("method", "Only the Vonage SMS API has several.")
        return given


def _problem(provider: str | None, secret: str) -> str:
    """What is wrong with a secret of this provider; "" if nothing is."""
    if provider == P.TELNYX:
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(secret, validate=True))
        except (binascii.Error, ValueError):
            return "This is no public key of Telnyx: 44 characters that end with “=”."
    elif provider == P.BANDWIDTH:
        user, colon, password = secret.partition(":")
        if not (user and colon and password):
            return "Write user name and password with a colon between them: user:password."
    elif provider == P.SIGNED and len(secret) < SHORTEST_SECRET:
        return f"Choose at least {SHORTEST_SECRET} characters at random."
    return ""
