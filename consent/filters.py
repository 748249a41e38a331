"""What lists can be narrowed to. Every filter is a word in the address, so that a view can be shared and kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from backoffice.filters import StrictFilterSet
from backoffice.models import System
from consent.models import Correction, Decision, Flag, Hold, Program
from consent.models.flag import FlagQuerySet
from consent.rules import CODES, Severity

SEVERITY_WORDS = {
    Severity.S1: "S1 · someone who said no is or will be texted",
    Severity.S2: "S2 · texting without proof",
    Severity.S3: "S3 · the data cannot decide",
    Severity.S4: "S4 · silent where we may speak",
}
CODE_CHOICES = [
    (code.value, facts.title) for code, facts in sorted(CODES.items(), key=lambda row: row[1].title)
]
AGES = [
    ("1", "More than a day"),
    ("3", "More than 3 days"),
    ("7", "More than a week"),
    ("30", "More than 30 days"),
]
SPANS = [("7", "Last 7 days"), ("30", "Last 30 days"), ("90", "Last 90 days")]
S = Flag.Status
MAX_KEY = 2**63 - 1


def staff_of(request: HttpRequest | None) -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=True).order_by("first_name", "username")


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_full_name() or obj.get_username())


class PersonFilter(django_filters.ModelChoiceFilter):
    field_class = PersonField


class FlagFilter(StrictFilterSet):
    """The review queue. Without `state` it holds what a person should look at now."""

    severity = django_filters.ChoiceFilter(
        choices=[(s.value, SEVERITY_WORDS[s]) for s in Severity], empty_label="Any"
    )
    code = django_filters.ChoiceFilter(choices=CODE_CHOICES, label="What is wrong", empty_label="Any")
    program = django_filters.ModelChoiceFilter(
        queryset=Program.objects.order_by("name", "pk"), empty_label="Any"
    )
    system = django_filters.ModelChoiceFilter(
        queryset=System.objects.order_by("name", "pk"), empty_label="Any"
    )
    due = django_filters.ChoiceFilter(
        choices=[("overdue", "Overdue"), ("day", "Within a day"), ("later", "Later")],
        method="narrow_due",
        label="Due",
        empty_label="Any",
    )
    age = django_filters.ChoiceFilter(choices=AGES, method="narrow_age", label="Age", empty_label="Any")
    assignee = PersonFilter(queryset=staff_of, label="Assigned to", empty_label="Any")
    country = django_filters.CharFilter(
        method="narrow_country",
        label="Country",
        max_length=2,
        widget=forms.TextInput(attrs={"placeholder": "US", "size": 3}),
    )
    state = django_filters.ChoiceFilter(
        choices=[
            ("second", "Waiting for a second person"),
            ("snoozed", "Snoozed"),
            ("moving", "Being corrected"),
            ("escalated", "Escalated"),
            ("waived", "Waived"),
            ("closed", "Closed"),
            ("open", "Open, wherever it stands"),
            ("any", "Any, closed ones too"),
        ],
        method="narrow_state",
        label="State",
        empty_label="To review",
    )
    raised = django_filters.ChoiceFilter(
        choices=SPANS, method="narrow_raised", label="Raised", empty_label="Any time"
    )
    writer = django_filters.ModelChoiceFilter(
        queryset=System.objects.order_by("name", "pk"),
        method="narrow_writer",
        label="Suspected writer",
        empty_label="Any",
    )
    batch = django_filters.NumberFilter(
        field_name="batch_id", label="From file", min_value=1, max_value=MAX_KEY, widget=forms.HiddenInput()
    )

    class Meta:
        model = Flag
        fields: list[str] = []

    def narrow_due(self, flags: QuerySet[Flag], name: str, value: str) -> QuerySet[Flag]:
        now = timezone.now()
        if value == "overdue":
            return flags.filter(due_at__lt=now)
        soon = now + timedelta(days=1)
        return (
            flags.filter(due_at__gte=now, due_at__lt=soon)
            if value == "day"
            else flags.filter(due_at__gte=soon)
        )

    def narrow_age(self, flags: QuerySet[Flag], name: str, value: str) -> QuerySet[Flag]:
        return flags.filter(raised_at__lt=timezone.now() - timedelta(days=int(value)))

    def narrow_country(self, flags: QuerySet[Flag], name: str, value: str) -> QuerySet[Flag]:
        return flags.filter(number__region=value.upper())

    def narrow_state(self, flags: QuerySet[Flag], name: str, value: str) -> QuerySet[Flag]:
        now = timezone.now()
        if value == "second":
            proposed = Correction.objects.filter(flags=OuterRef("pk"), status=Correction.Status.PROPOSED)
            return flags.filter(Exists(proposed))
        if value == "snoozed":
            return flags.filter(status__in=Flag.TO_REVIEW, snoozed_until__gt=now)
        if value == "moving":
            return flags.filter(status__in=[S.CORRECTING, S.VERIFYING])
        if value in {"open", "any"}:
            return flags.filter(status__in=Flag.OPEN) if value == "open" else flags
        return flags.filter(status={"escalated": S.ESCALATED, "waived": S.WAIVED, "closed": S.CLOSED}[value])

    def narrow_raised(self, flags: QuerySet[Flag], name: str, value: str) -> QuerySet[Flag]:
        return flags.filter(raised_at__gte=timezone.now() - timedelta(days=int(value)))

    def narrow_writer(self, flags: QuerySet[Flag], name: str, value: System) -> QuerySet[Flag]:
        """Corrections that were not kept, overwritten as this system's settings let suspect."""
        return flags.filter(params__writer=value.slug)

    def filter_queryset(self, queryset: FlagQuerySet) -> FlagQuerySet:
        if not self.form.cleaned_data.get("state"):
            queryset = queryset.waiting(timezone.now())
        return super().filter_queryset(queryset)


class CorrectionFilter(StrictFilterSet):
    status = django_filters.ChoiceFilter(choices=Correction.Status.choices, label="Status", empty_label="Any")
    decision = django_filters.ChoiceFilter(choices=Decision.choices, label="Decision", empty_label="Any")
    program = django_filters.ModelChoiceFilter(
        queryset=Program.objects.order_by("name", "pk"), empty_label="Any"
    )
    decided_by = PersonFilter(queryset=staff_of, label="Decided by", empty_label="Any")
    since = django_filters.ChoiceFilter(
        choices=[("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days")],
        method="narrow_since",
        label="When",
        empty_label="Any",
    )

    class Meta:
        model = Correction
        fields: list[str] = []

    def narrow_since(self, corrections: QuerySet[Correction], name: str, value: str) -> QuerySet[Correction]:
        return corrections.filter(decided_at__gte=timezone.now() - timedelta(days=int(value)))


class HoldFilter(StrictFilterSet):
    program = django_filters.ModelChoiceFilter(
        queryset=Program.objects.order_by("name", "pk"), empty_label="Any"
    )
    severity = django_filters.ChoiceFilter(
        field_name="flag__severity",
        choices=[(s.value, SEVERITY_WORDS[s]) for s in Severity],
        label="Severity",
        empty_label="Any",
    )
    code = django_filters.ChoiceFilter(
        field_name="flag__code", choices=CODE_CHOICES, label="Because of", empty_label="Any"
    )
    age = django_filters.ChoiceFilter(
        choices=AGES, method="narrow_age", label="Paused for", empty_label="Any"
    )

    class Meta:
        model = Hold
        fields: list[str] = []

    def narrow_age(self, holds: QuerySet[Hold], name: str, value: str) -> QuerySet[Hold]:
        return holds.filter(placed_at__lt=timezone.now() - timedelta(days=int(value)))
