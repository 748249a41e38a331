"""Forms of the errors room."""

from __future__ import annotations

from django import forms


class AttemptSearch(forms.Form):
    """Anything that leads to a send. Sent by POST: numbers and names stand in no address."""

    text = forms.CharField(max_length=120, label="Number, reference, name or campaign", strip=True)
    after = forms.CharField(required=False, max_length=600, widget=forms.HiddenInput)
