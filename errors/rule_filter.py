"""What the list of rules can be narrowed to."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q

from backoffice.filters import StrictFilterSet
from errors.catalogue import provider_label
from errors.models import PreflightRule
from errors.preflight.kinds import FORMS


def _kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind, form in FORMS.items():
        groups.setdefault(form.group, []).append((kind.value, form.label))
    return list(groups.items())


def _providers() -> list[tuple[str, str]]:
    named = PreflightRule.objects.in_use().exclude(provider="").values_list("provider", flat=True).distinct()
    return sorted((name, provider_label(name)) for name in named)


class RuleFilter(StrictFilterSet):
    text = django_filters.CharFilter(
        method="narrow_text",
        label="Words or code",
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": "bit.ly, 30007, 21:00 …", "type": "search"}),
    )
    kind = django_filters.ChoiceFilter(choices=_kinds, label="Kind", empty_label="Any")
    place = django_filters.CharFilter(
        method="narrow_place",
        label="Country or state",
        max_length=6,
        widget=forms.TextInput(attrs={"size": 5, "placeholder": "US-TX"}),
    )
    provider = django_filters.ChoiceFilter(choices=_providers, label="Provider", empty_label="Any")
    standing = django_filters.ChoiceFilter(
        choices=PreflightRule.Standing.choices, label="How sure", empty_label="Any"
    )

    class Meta:
        model = PreflightRule
        fields: list[str] = []

    def narrow_text(self, rules: Any, name: str, value: str) -> Any:
        return rules.saying(value)

    def narrow_place(self, rules: Any, name: str, value: str) -> Any:
        """A country with its states."""
        place = value.strip().upper()
        return rules.filter(Q(place=place) | Q(place__startswith=f"{place}-"))
