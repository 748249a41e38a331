"""What the list of codes can be narrowed to."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q

from errors.catalogue import Category, Confidence, normal_code, provider_label, shipped
from errors.models import ErrorCode
from errors.models.code import ErrorCodeQuerySet


def _providers() -> list[tuple[str, str]]:
    listed = {facts.provider for facts in shipped()}
    met = ErrorCode.objects.filter(origin=ErrorCode.Origin.SEEN).values_list("provider", flat=True).distinct()
    return sorted(
        ((name, provider_label(name)) for name in listed | set(met)), key=lambda row: row[1].casefold()
    )


class CodeFilter(django_filters.FilterSet):
    text = django_filters.CharFilter(
        method="narrow_text",
        label="Code or words",
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": "30007, landline …", "type": "search"}),
    )
    provider = django_filters.ChoiceFilter(choices=_providers, label="Provider", empty_label="Any")
    category = django_filters.ChoiceFilter(
        choices=[(category.value, category.label) for category in Category],
        method="narrow_category",
        label="Counts as",
        empty_label="Any",
    )
    confidence = django_filters.ChoiceFilter(
        choices=[(confidence.value, confidence.label) for confidence in Confidence],
        label="How sure",
        empty_label="Any",
    )

    class Meta:
        model = ErrorCode
        fields: list[str] = []

    def narrow_text(self, codes: ErrorCodeQuerySet, name: str, value: str) -> Any:
        """A code in any form, or words: of the provider's title, of our notes, of the category's label."""
        kinds = [category.value for category in Category if value.casefold() in category.label.casefold()]
        wanted = (
            Q(code__istartswith=value)
            | Q(code_normal=normal_code(value))
            | Q(name__icontains=value)
            | Q(local_note__icontains=value)
            | Q(local_category="", category__in=kinds)
            | Q(local_category__in=kinds)
        )
        return codes.filter(wanted)

    def narrow_category(self, codes: ErrorCodeQuerySet, name: str, value: str) -> Any:
        return codes.of_category(value)
