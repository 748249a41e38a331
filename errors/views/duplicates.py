"""Sends that somebody may have received twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.patience import TookTooLong, at_most
from errors import duplicates as found
from errors.duplicates import SHOWN, Kind
from errors.models import AttemptHour
from errors.windows import HOUR

PATIENCE = 10.0  # seconds


class DuplicateForm(forms.Form):
    """Which days; a log comes in late, so they are counted back from its newest send."""

    SPANS = (
        ("1", "The last day of the log"),
        ("3", "The last 3 days"),
        ("7", "The last 7 days"),
        ("30", "The last 30 days"),
    )

    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in Kind], required=False)
    span = forms.ChoiceField(choices=SPANS, required=False, label="Window")
    until = forms.DateField(
        required=False,
        label="Up to and with",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day and not 1970 <= day.year < 2200:
            raise forms.ValidationError("Choose a day between 1970 and 2200.")
        return day

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        given = self.cleaned_data if self.is_valid() else {}
        newest = AttemptHour.objects.aggregate(newest=Max("hour"))["newest"]
        end = min(newest + HOUR, now) if newest else now
        if given.get("until"):
            day = datetime.combine(
                given["until"], datetime.min.time(), tzinfo=timezone.get_current_timezone()
            )
            end = day + timedelta(days=1)
        return end - timedelta(days=int(given.get("span") or 1)), end


@require_safe
@needs("errors.view_sendattempt")
def duplicates(request: HttpRequest) -> HttpResponse:
    form = DuplicateForm(request.GET)
    kind = Kind(form.cleaned_data.get("kind") or Kind.CONTENT) if form.is_valid() else Kind.CONTENT
    start, end = form.window(timezone.now())
    context: dict[str, Any] = {
        "title": "Duplicate sends",
        "subtitle": "Sends that repeat another one although that had arrived, or may have.",
        "current": "attempts",
        "form": form,
        "kind": kind,
        "kinds": list(Kind),
        "start": start,
        "end": end,
        "shown": SHOWN,
    }
    try:
        with at_most(PATIENCE):
            if kind is Kind.REPORT:
                context["again"] = found.reports_again(start, end)
            else:
                context["pairs"] = found.pairs(kind, start, end)
    except TookTooLong:
        context["too_long"] = True
    return render_in_admin(request, "errors/duplicates.html", context)
