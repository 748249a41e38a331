"""What the list of imports, and the rows of one import, can be narrowed to. Kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import django_filters
from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict

from backoffice.filters import StrictFilterSet, day_range
from backoffice.models import Bucket, ImportBatch, ImportRow, System

PEOPLE = 200  # more are never offered in one list


def _uploaders() -> list[tuple[str, str]]:
    known = ImportBatch.objects.exclude(uploaded_by=None).order_by().values("uploaded_by").distinct()
    people = User.objects.filter(pk__in=known).order_by("username")[:PEOPLE]
    named = [(str(person.pk), person.get_full_name() or person.get_username()) for person in people]
    return [*named, ("0", "The command line")]


class BatchFilter(StrictFilterSet):
    system = django_filters.ModelChoiceFilter(
        queryset=System.objects.order_by("name", "pk"), label="System", empty_label="Any"
    )
    status = django_filters.ChoiceFilter(
        choices=ImportBatch.Status.choices, label="Status", empty_label="Any"
    )
    day = django_filters.DateFilter(
        label="Uploaded on",
        method="by_day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    by = django_filters.ChoiceFilter(
        choices=_uploaders, label="Uploaded by", method="by_person", empty_label="Anybody"
    )

    class Meta:
        model = ImportBatch
        fields: list[str] = []

    def by_day(self, batches: QuerySet[ImportBatch], name: str, value: date) -> QuerySet[ImportBatch]:
        start, end = day_range(value)
        return batches.filter(uploaded_at__gte=start, uploaded_at__lt=end)

    def by_person(self, batches: QuerySet[ImportBatch], name: str, value: str) -> QuerySet[ImportBatch]:
        return batches.filter(uploaded_by=None if value == "0" else int(value))


class RowFilter(StrictFilterSet):
    """Rows of one import by what became of them. The choices are what the check counted."""

    why = django_filters.ChoiceFilter(label="Which rows", method="by_why", empty_label="All that need a look")
    number = django_filters.CharFilter(label="Number contains", method="by_number", max_length=20)

    class Meta:
        model = ImportRow
        fields: list[str] = []

    def __init__(self, data: QueryDict, queryset: QuerySet[ImportRow], *, reasons: Mapping[str, str]) -> None:
        super().__init__(data, queryset)
        buckets = [(bucket.value, bucket.label) for bucket in Bucket]
        self.filters["why"].extra["choices"] = [*buckets, ("warning", "With a warning"), *reasons.items()]

    def by_why(self, rows: QuerySet[ImportRow], name: str, value: str) -> QuerySet[ImportRow]:
        bucket, _, reason = value.partition(":")
        if bucket == "warning":
            # A list stored as JSON text: the quotes keep one code apart from another that contains it.
            return rows.filter(warnings__icontains=f'"{reason}"') if reason else rows.exclude(warnings=[])
        return rows.filter(bucket=bucket, reason=reason) if reason else rows.filter(bucket=bucket)

    def by_number(self, rows: QuerySet[ImportRow], name: str, value: str) -> QuerySet[ImportRow]:
        digits = "".join(sign for sign in value if sign.isdigit())
        return rows.filter(number__contains=digits) if digits else rows.none()
