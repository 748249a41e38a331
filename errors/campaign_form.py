"""The form of a campaign check: the form of one message, with a list instead of a recipient."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from errors.message_form import MessageCheckForm
from errors.models import CampaignCheck

WORDS_OF_FIELDS = (
    "Fields stand in double braces: Hi {{first_name|there}}. Empty: the list has each recipient's own text."
)


class CampaignForm(MessageCheckForm):
    """`was`: the check whose list is checked again; then no file is asked for."""

    name = forms.CharField(
        label="Campaign",
        max_length=120,
        help_text="Checks of one name can be compared.",
        error_messages={"required": "Give it a name, best the one it has in the send log."},
    )
    file = forms.FileField(
        label="List of recipients",
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        help_text="CSV with a column “number”, and where you have them “country”, “state”, and one for each field of "
        "the text; or “text” with each recipient's own. At most a million rows.",
        error_messages={"required": "Choose the list.", "empty": "The file is empty."},
    )
    field_order = ("name", "file", "body", "sender", "purpose", "program", "country", "at", "clock", "price")

    def __init__(self, *args: Any, was: CampaignCheck | None = None, **kwargs: Any) -> None:
        if was is not None:
            kwargs["initial"] = initial_of(was) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        del self.fields["to"]
        self.fields["country"].label = "Country of numbers without one"
        self.fields["state"].label = "State of those without one"
        self.fields["sender"].required = True
        self.fields["sender"].error_messages["required"] = "Write the sender: most rules hang on it."
        self.fields["body"].label = "Text for all"
        self.fields["body"].help_text = WORDS_OF_FIELDS
        if was is not None:
            del self.fields["file"]
            del self.fields["name"]

    def asked(self) -> dict[str, Any]:
        """The message as errors.asked reads it, without text and recipient."""
        given = self.cleaned_data
        found = {
            "sender": given["sender"],
            "purpose": given["purpose"],
            "consent": given["consent"],
            "country": given["country"],
            "state": given["state"].upper(),
            "provider": given["provider"],
            "sender_registered": {"yes": True, "no": False}.get(given["sender_registered"]),
            "at": given["at"].isoformat() if given["at"] else "",
            "brand": given["brand"],
            "dlt_entity": given["dlt_entity"],
            "dlt_template": given["dlt_template"],
        }
        return {name: value for name, value in found.items() if value not in ("", None)}


def initial_of(was: CampaignCheck) -> dict[str, Any]:
    said = was.message
    at, clock = _as_entered(said.get("at", ""))
    registered = {True: "yes", False: "no"}.get(said.get("sender_registered"), "")
    return {
        **said,
        "body": was.template,
        "sender_registered": registered,
        "program": was.program_id,
        "price": was.price,
        "at": at,
        "clock": clock,
    }


def _as_entered(at: str) -> tuple[str, str]:
    """A moment by the office's clock; a time without a zone was by the recipient's."""
    if not at:
        return "", MessageCheckForm.OURS
    entered = datetime.fromisoformat(at)
    if timezone.is_naive(entered):
        return at, MessageCheckForm.THEIRS
    return timezone.localtime(entered).replace(tzinfo=None).isoformat(), MessageCheckForm.OURS
