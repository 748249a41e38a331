"""Forms of the errors room."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import User

from errors import looks
from errors.catalogue import Category
from errors.desk import Mute
from errors.fix import Change
from errors.models import ErrorCode, Fix
from errors.resend import AGES, USUAL_AGE
from errors.slices import ATTRIBUTES
from errors.telling import NAMES
from errors.windows import hour_of


class AttemptSearch(forms.Form):
    """Anything that leads to a send. Sent by POST: numbers and names stand in no address."""

    text = forms.CharField(max_length=120, label="Number, reference, name or campaign", strip=True)
    after = forms.CharField(required=False, max_length=600, widget=forms.HiddenInput)


class OverviewForm(forms.Form):
    """What the overview is about: a window up to now, or days of one's own; and a slice."""

    WINDOWS = (("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days"))
    LONGEST = timedelta(days=800)

    window = forms.ChoiceField(choices=WINDOWS, required=False, widget=forms.HiddenInput)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    # The page suggests the values that it shows.
    provider = forms.CharField(
        required=False, max_length=24, widget=forms.TextInput(attrs={"list": "known-provider"})
    )
    country = forms.CharField(
        required=False, max_length=6, widget=forms.TextInput(attrs={"size": 4, "list": "known-country"})
    )
    campaign = forms.CharField(
        required=False, max_length=120, widget=forms.TextInput(attrs={"list": "known-campaign"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if until and not since and "since" not in self.errors:
            self.add_error("since", "Name the first day as well.")
        if since and until and until < since:
            self.add_error("until", "The last day lies before the first one.")
        elif since and until and until - since > self.LONGEST:
            self.add_error("until", f"At most {self.LONGEST.days} days can be shown at once.")
        for name, day in (("since", since), ("until", until)):
            if day and not 1970 <= day.year < 2200:
                self.add_error(name, "Name a day between 1970 and 2200.")
        return cleaned


# --- patterns and fixes -------------------------------------------------------------------------------------------


class NoteForm(forms.Form):
    text = forms.CharField(
        max_length=4000, widget=forms.Textarea(attrs={"rows": 2}), label="Note for colleagues"
    )


class OwnerForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.filter(is_active=True, is_staff=True), required=False, empty_label="Nobody"
    )


class MuteForm(forms.Form):
    """Why a pattern can wait, and what brings it back."""

    SPANS = (("1", "For a day"), ("3", "For 3 days"), ("7", "For a week"), ("30", "For 30 days"))
    UNTIL_FAILURES, UNTIL_VERSION = "failures", "version"
    CONDITIONS = (
        *SPANS,
        (UNTIL_FAILURES, "Until more failures in one look than"),
        (UNTIL_VERSION, "Until the next version of its template"),
    )

    condition = forms.ChoiceField(choices=CONDITIONS, label="Comes back", initial="7")
    failures = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10**9,
        label="Failures",
        help_text="For the condition about failures.",
    )
    reason = forms.CharField(
        max_length=2000, label="Why it can wait", widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("condition") == self.UNTIL_FAILURES and not cleaned.get("failures"):
            self.add_error("failures", "Say how many failures.")
        return cleaned

    def mute(self, now: datetime) -> Mute:
        given = self.cleaned_data
        condition = given["condition"]
        if condition == self.UNTIL_FAILURES:
            return Mute(failures=given["failures"])
        if condition == self.UNTIL_VERSION:
            return Mute(next_version=True)
        return Mute(until=now + timedelta(days=int(condition)))


class LookForm(forms.Form):
    """A window to look at for patterns, in whole hours on the staff's clock, and what it is compared with."""

    LONGEST = timedelta(days=31)
    AGAINST = (
        (looks.DAYS, "The same hours of the days before"),
        (looks.WEEKS, "The same days of the weeks before"),
        (looks.REST, "The rest of the same window"),
    )

    since = forms.DateTimeField(label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    until = forms.DateTimeField(label="To", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    against = forms.ChoiceField(choices=AGAINST, label="Compared with")

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until:
            if since.year < 1970 or until.year >= 2200:
                self.add_error("since", "Choose times between 1970 and 2200.")
            elif hour_of(until) <= hour_of(since):
                self.add_error("until", "The window ends at least an hour after its beginning.")
            elif until - since > self.LONGEST:
                self.add_error("until", f"At most {self.LONGEST.days} days at once.")
        return cleaned


class FixForm(forms.Form):
    """What was changed because of a pattern, and what it should lead to."""

    hypothesis = forms.CharField(
        max_length=4000,
        label="Why it fails, as far as you know",
        widget=forms.Textarea(
            attrs={"rows": 3, "placeholder": "What you think is behind it, and what speaks for it"}
        ),
    )
    changed = forms.ChoiceField(
        choices=Fix.Changed.choices, label="What was changed", widget=forms.RadioSelect
    )
    old = forms.CharField(
        required=False, max_length=2000, label="From", widget=forms.Textarea(attrs={"rows": 2})
    )
    new = forms.CharField(max_length=2000, label="To", widget=forms.Textarea(attrs={"rows": 2}))
    effective_at = forms.DateTimeField(
        label="In effect since",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="On your clock. Only sends submitted after it are measured.",
    )
    evidence = forms.CharField(
        required=False,
        max_length=2000,
        label="Ticket, link, or who confirmed it",
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    target = forms.DecimalField(
        label="Should come down to, % failed",
        min_value=Decimal("0.01"),
        max_value=Decimal("99"),
        decimal_places=2,
        help_text="It helped once the whole interval lies below this.",
    )
    days = forms.ChoiceField(
        choices=[("3", "3 days"), ("7", "7 days"), ("14", "14 days"), ("30", "30 days"), ("60", "60 days")],
        initial="14",
        label="Watched for",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    token = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, initial: dict[str, Any], scope: Mapping[str, str]) -> None:
        super().__init__(data, initial={"token": uuid.uuid4().hex, **initial})
        for name in ATTRIBUTES:
            self.fields[f"scope_{name}"] = forms.CharField(
                required=False, max_length=120, label=NAMES[name].capitalize(), initial=scope.get(name, "")
            )

    @property
    def scope_fields(self) -> list[forms.BoundField]:
        return [self[f"scope_{name}"] for name in ATTRIBUTES]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        self.scope = {
            name: value for name in ATTRIBUTES if (value := cleaned.get(f"scope_{name}", "").strip())
        }
        if not self.scope:
            self.add_error(None, "Name at least one thing that the sends it helps have in common.")
        at = cleaned.get("effective_at")
        if at and not 1970 <= at.year < 2200:
            self.add_error("effective_at", "Choose a time between 1970 and 2200.")
        return cleaned

    def change(self) -> Change:
        given = self.cleaned_data
        return Change(
            hypothesis=given["hypothesis"],
            changed=Fix.Changed(given["changed"]),
            old=given["old"],
            new=given["new"],
            effective_at=given["effective_at"],
            scope=self.scope,
            evidence=given["evidence"],
            target_rate=float(given["target"]) / 100,
            verify_until=given["effective_at"] + timedelta(days=int(given["days"])),
        )


class ResendForm(forms.Form):
    reason = forms.CharField(
        max_length=2000, label="What the list is for", widget=forms.Textarea(attrs={"rows": 2})
    )
    days = forms.TypedChoiceField(
        choices=[(days, f"{days} day{'s' if days > 1 else ''}") for days in AGES],
        coerce=int,
        initial=USUAL_AGE,
        label="Texts stay true for",
    )


class CodeNoteForm(forms.Form):
    note = forms.CharField(
        label="Note for colleagues",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you learnt about it. Empty takes the note away; what it said stays in the history.",
    )


class ClassifyForm(forms.Form):
    """`seen`: when the code had been classified last as the page showed it."""

    DEFAULT = "catalogue"  # no word of ours: the catalogue's stands, or the code is new again

    category = forms.ChoiceField(label="Counts as", error_messages={"required": "Choose what it counts as."})
    note = forms.CharField(
        label="Note for colleagues", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    reason = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Who or what says so, e.g. the provider's answer of today.",
        error_messages={"required": "Say how you know: retries and reports follow your word from now on."},
    )
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, code: ErrorCode, **kwargs: Any) -> None:
        listed = code.origin == ErrorCode.Origin.CATALOGUE
        default = (self.DEFAULT, "As the catalogue says" if listed else "Not known yet")
        kwargs["initial"] = {
            "category": code.local_category or ("" if code.is_new else self.DEFAULT),
            "note": code.local_note,
            "seen": seen_mark(code),
        }
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [  # type: ignore[attr-defined]
            ("", "Choose …") if code.is_new else default,
            *((category.value, category.label) for category in Category if category is not Category.UNKNOWN),
        ]

    def chosen(self) -> Category | None:
        """The category; None for what the catalogue says."""
        said = self.cleaned_data["category"]
        return None if said == self.DEFAULT else Category(said)


def seen_mark(code: ErrorCode) -> str:
    """Tells whether somebody classified the code after a page showed it."""
    return code.classified_at.isoformat() if code.classified_at else ""
