"""Filters of the ground floor's lists, and what the filter bar needs to know of any filter."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from backoffice import rooms, schedule
from backoffice.models import JobRun


def day_range(day: date) -> tuple[datetime, datetime]:
    """A day on the staff's clock as two moments; 23 or 25 hours long when the clocks change."""
    zone = timezone.get_current_timezone()
    start = datetime.combine(day, time.min, tzinfo=zone)
    return start, datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


class StrictFilterSet(django_filters.FilterSet):
    """A value that nobody understands selects nothing, with the reason beside its field: a list that silently shows
    everything invites people to act on everything."""

    def filter_queryset(self, queryset: Any) -> Any:
        return super().filter_queryset(queryset) if self.form.is_valid() else queryset.none()


class RunFilter(StrictFilterSet):
    LOST = "lost"

    kind = django_filters.ChoiceFilter(
        label="Work", choices=lambda: sorted(rooms.kinds().items()), empty_label="Any"
    )
    status = django_filters.ChoiceFilter(
        label="Status",
        choices=[*JobRun.Status.choices, (LOST, "Worker lost")],
        method="by_status",
        empty_label="Any",
    )
    trigger = django_filters.ChoiceFilter(
        label="Started by", choices=JobRun.Trigger.choices, empty_label="Any"
    )
    day = django_filters.DateFilter(
        label="Day", method="by_day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    quiet = django_filters.BooleanFilter(
        label="Idle rounds",
        method="with_quiet",
        widget=forms.Select(choices=[("", "Hidden"), ("true", "Shown")]),
    )

    class Meta:
        model = JobRun
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("quiet"):
            found = found.exclude(
                status=JobRun.Status.DONE, trigger=JobRun.Trigger.SCHEDULE, done=0, counts={}
            )
        return found

    def by_status(self, queryset: Any, name: str, value: str) -> Any:
        if value != self.LOST:
            return queryset.filter(status=value)
        return queryset.filter(status=JobRun.Status.RUNNING, lease_until__lt=timezone.now())

    def by_day(self, queryset: Any, name: str, value: date) -> Any:
        start, end = day_range(value)
        # A gap belongs to every day it touches.
        gap = Q(kind=schedule.GAP, started_at__lt=end, finished_at__gte=start)
        return queryset.filter(Q(queued_at__gte=start, queued_at__lt=end) | gap)

    def with_quiet(self, queryset: Any, name: str, value: bool | None) -> Any:
        return queryset


# --- the filter bar -----------------------------------------------------------------------------------------


def _names(filterset: django_filters.FilterSet) -> set[str]:
    """The parameters that the filter's own widgets send (ranges send two)."""
    names = set()
    for field in filterset.form:
        names |= {
            field.html_name,
            *(f"{field.html_name}_{end}" for end in ("min", "max", "after", "before", "0", "1")),
        }
    return names


def in_words(filterset: django_filters.FilterSet, query: QueryDict) -> str:
    """What is set, as the page shows it; what the page keeps in hidden fields by its value."""
    hidden = [
        (str(field.label), query[field.html_name])
        for field in filterset.form.hidden_fields()
        if query.get(field.html_name)
    ]
    shown = [(label, words) for label, words, _ in active(filterset, query)]
    return "; ".join(f"{label}: {words}" for label, words in shown + hidden)


def kept(filterset: django_filters.FilterSet, query: QueryDict) -> list[tuple[str, str]]:
    """What the page's address holds besides the filter: the tab, the order. A new filter starts at page
    one."""
    own = _names(filterset) | {"after", "before", "page"}
    return [(name, value) for name, values in query.lists() if name not in own for value in values]


def active(filterset: django_filters.FilterSet, query: QueryDict) -> list[tuple[str, str, str]]:
    """(label, value in words, address without it) of every filter that is set."""
    found = []
    for field in filterset.form:
        if field.field.widget.is_hidden:
            continue
        mine = [name for name in query if name in {field.html_name} | _ends(field.html_name)]
        values = [value for name in mine for value in query.getlist(name) if value != ""]
        if not values:
            continue
        rest = query.copy()
        for name in [*mine, "after", "before", "page"]:
            rest.pop(name, None)
        words = ", ".join(_words(field, value) for value in values)
        found.append((str(field.label), words, f"?{rest.urlencode()}" if rest else "?"))
    return found


def cleared(filterset: django_filters.FilterSet, query: QueryDict) -> str:
    rest = query.copy()
    for name in [*_names(filterset), "after", "before", "page"]:
        rest.pop(name, None)
    return f"?{rest.urlencode()}" if rest else "?"


def _ends(name: str) -> set[str]:
    return {f"{name}_{end}" for end in ("min", "max", "after", "before", "0", "1")}


def _words(bound: forms.BoundField, value: str) -> str:
    """A value as its control shows it."""
    if isinstance(bound.field, forms.ModelChoiceField):
        try:
            chosen: models.Model | None = bound.field.to_python(value)
        except forms.ValidationError:
            chosen = None
        return bound.field.label_from_instance(chosen) if chosen is not None else value
    for option in bound.subwidgets:
        if str(option.data.get("value")) == value and option.data.get("label"):
            return str(option.data["label"])
    return value
