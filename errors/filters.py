"""What the lists of the send log can be narrowed to. Every filter is a word in the address, so that any count on
another page can link to the list that shows exactly those sends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from backoffice.filters import StrictFilterSet
from consent.filters import PersonFilter, staff_of
from consent.numbers import digits_of
from errors import life
from errors.catalogue import Category, Confidence, normal_code, provider_label, shipped
from errors.lookup import TooMany, to_fragment
from errors.models import ErrorCode, Pattern, SendAttempt
from errors.models.attempt import SendAttemptQuerySet
from errors.models.code import ErrorCodeQuerySet
from errors.slices import ATTRIBUTES, NOT_KNOWN, UnknownAttribute, inside

MAX_KEY = 2**63 - 1
# How far back is looked where no index leads to the rows that a filter wants, and nobody named a time.
USUAL_WINDOW = timedelta(days=7)
# Each of these has an index of its own; the others are looked for by walking through the time they name.
LED_BY_INDEX = frozenset({"contact", "number", "campaign", "batch"})
NEEDS_NO_WINDOW = LED_BY_INDEX | {"failed", "settled", "since", "until"}


def of_our_time(moment: datetime) -> None:
    if not 1970 <= moment.year < 2200:
        raise forms.ValidationError("Name a time between 1970 and 2200.")


class StaffMoment(forms.DateTimeInput):
    """Shows a moment on the staff's clock, in the one form that a browser's date field takes."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        moment = value if isinstance(value, datetime) else _moment(str(value or ""))
        if moment is None or not 1970 <= moment.year < 2200:
            return None
        local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
        return local.strftime("%Y-%m-%dT%H:%M:%S")


def _moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text.strip())
    except ValueError:
        return None


def _attribute(label: str, **attrs: Any) -> django_filters.CharFilter:
    """The whole value, as it was imported."""
    return django_filters.CharFilter(
        label=label, method="narrow_slice", max_length=120, widget=forms.TextInput(attrs=attrs)
    )


def _yes(label: str, method: str) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(
        label=label, choices=[("1", "Yes"), ("0", "No")], method=method, empty_label="Any"
    )


class AttemptFilter(StrictFilterSet):
    """The send log. Once filtered, `window_start` is set where a time was put in because nobody named one."""

    campaign = _attribute("Campaign")
    country = _attribute("Country", size=4, placeholder="US")
    provider = _attribute("Provider", size=10, list="known-providers")
    sender = _attribute("Sender", size=14)
    status = django_filters.ChoiceFilter(
        label="Status",
        choices=[(status.value, status.value.replace("_", " ").capitalize()) for status in life.Status],
        empty_label="Any",
    )
    code = django_filters.CharFilter(
        label="Code", method="narrow_code", max_length=80, widget=forms.TextInput(attrs={"size": 8})
    )
    category = django_filters.ChoiceFilter(
        label="Why it failed",
        choices=[(category.value, category.label) for category in Category],
        method="narrow_category",
        empty_label="Any",
    )
    since = django_filters.IsoDateTimeFilter(
        field_name="submitted_at",
        lookup_expr="gte",
        label="From",
        widget=StaffMoment,
        validators=[of_our_time],
    )
    until = django_filters.IsoDateTimeFilter(
        field_name="submitted_at",
        lookup_expr="lt",
        label="Before",
        widget=StaffMoment,
        validators=[of_our_time],
    )
    template = _attribute("Template")
    carrier = _attribute("Carrier")
    encoding = django_filters.ChoiceFilter(
        label="Encoding", choices=[("GSM-7", "GSM-7"), ("UCS-2", "UCS-2"), (NOT_KNOWN, "Not known")],
        method="narrow_slice", empty_label="Any",
    )  # fmt: skip
    segments = _attribute("Segments", size=4)
    hour = _attribute("Hour of the day, UTC", size=6, placeholder="14,15")
    failed = _yes("Failed", "narrow_failed")
    settled = _yes("Delivered or failed", "narrow_settled")
    number = django_filters.CharFilter(
        label="Digits of the number", method="narrow_number", max_length=40, widget=forms.TextInput
    )
    contact = django_filters.NumberFilter(
        field_name="number_id", label="Number", min_value=1, max_value=MAX_KEY, widget=forms.HiddenInput()
    )
    batch = django_filters.NumberFilter(
        field_name="batch_id", label="File", min_value=1, max_value=MAX_KEY, widget=forms.HiddenInput()
    )

    window_start: datetime | None = None
    problem = ""  # why a filter could not be followed

    class Meta:
        model = SendAttempt
        fields: list[str] = []

    @property
    def asked(self) -> dict[str, Any]:
        """The filters that are set, with what they are set to."""
        if not self.is_bound:
            return {}
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "")}

    def filter_queryset(self, queryset: SendAttemptQuerySet) -> SendAttemptQuerySet:
        asked = self.asked
        led = {name for name in LED_BY_INDEX & asked.keys() if asked[name] != NOT_KNOWN}
        if not led and not asked.keys() <= NEEDS_NO_WINDOW and "since" not in asked:
            self.window_start = (asked.get("until") or timezone.now()) - USUAL_WINDOW
            queryset = queryset.filter(submitted_at__gte=self.window_start)
        return super().filter_queryset(queryset)

    def narrow_slice(self, attempts: SendAttemptQuerySet, name: str, value: str) -> SendAttemptQuerySet:
        """By an attribute that patterns and counts know too, in the very words they use."""
        try:
            return attempts.filter(inside({name: "" if value == NOT_KNOWN else value}))
        except UnknownAttribute as problem:
            self.problem = str(problem)
            return attempts.none()

    def narrow_code(self, attempts: SendAttemptQuerySet, name: str, value: str) -> SendAttemptQuerySet:
        return attempts.filter(error_code="" if value == NOT_KNOWN else value)

    def narrow_failed(self, attempts: SendAttemptQuerySet, name: str, value: str) -> SendAttemptQuerySet:
        return attempts.filter(is_failed=value == "1")

    def narrow_settled(self, attempts: SendAttemptQuerySet, name: str, value: str) -> SendAttemptQuerySet:
        settled = [status.value for status in life.SETTLED]
        return attempts.settled() if value == "1" else attempts.exclude(status__in=settled)

    def narrow_category(self, attempts: SendAttemptQuerySet, name: str, value: str) -> SendAttemptQuerySet:
        """Failures whose code means this, by the catalogue of today."""
        book, wanted = ErrorCode.objects.as_catalogue(), Q(pk__in=[])
        for row in attempts.by_code():
            provider, code = row["provider"], row["error_code"]
            if book.look_up(provider, code).facts.category == value:
                wanted |= Q(provider=provider, error_code=code)
        return attempts.failed().filter(wanted)

    def narrow_number(self, attempts: SendAttemptQuerySet, name: str, value: str) -> SendAttemptQuerySet:
        try:
            return attempts & to_fragment(digits_of(value))
        except TooMany as problem:
            self.problem = str(problem)
            return attempts.none()


class PatternFilter(StrictFilterSet):
    """Patterns; which state they are in, the page's tabs say."""

    category = django_filters.ChoiceFilter(
        label="Why it fails",
        choices=[(category.value, category.label) for category in Category if category is not Category.OK],
        empty_label="Any",
    )
    value = django_filters.CharFilter(
        label="Campaign, country or other value", method="narrow_value", max_length=120
    )
    owner = PersonFilter(queryset=staff_of, label="Owner", empty_label="Any")
    is_incident = django_filters.ChoiceFilter(
        label="Kind", choices=[("1", "Incidents"), ("0", "Slices")], method="narrow_kind", empty_label="Any"
    )

    class Meta:
        model = Pattern
        fields: list[str] = []

    def narrow_value(self, patterns: QuerySet[Pattern], name: str, value: str) -> QuerySet[Pattern]:
        wanted = Q(error_code=value)
        for attribute in ATTRIBUTES:
            wanted |= Q(**{f"attributes__{attribute}": value}) | Q(**{f"same_as__{attribute}": value})
        return patterns.filter(wanted)

    def narrow_kind(self, patterns: QuerySet[Pattern], name: str, value: str) -> QuerySet[Pattern]:
        return patterns.filter(is_incident=value == "1")


def _providers() -> list[tuple[str, str]]:
    listed = {facts.provider for facts in shipped()}
    met = ErrorCode.objects.filter(origin=ErrorCode.Origin.SEEN).values_list("provider", flat=True).distinct()
    return sorted(
        ((name, provider_label(name)) for name in listed | set(met)), key=lambda row: row[1].casefold()
    )


class CodeFilter(StrictFilterSet):
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
