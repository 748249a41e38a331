"""Journeys that are paused, and because of what."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_GET

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.saved_views import keeps_views
from consent.filters import HoldFilter
from consent.models import Hold
from consent.views.evidence import people_of

ORDER = [Key("placed_at"), Key("pk")]


def narrow(query: QueryDict, user: User, now: datetime) -> tuple[HoldFilter, QuerySet[Hold]]:
    narrowed = HoldFilter(query, queryset=Hold.objects.open())
    return narrowed, narrowed.qs


@require_GET
@needs("consent.view_hold")
@keeps_views("Holds", narrow)
def hold_list(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    narrowed, holds = narrow(request.GET, request.user, timezone.now())
    listed = holds.select_related("number", "program", "flag", "flag__system", "flag__assignee")
    page = page_of(listed, request.GET, order=ORDER)
    people = people_of(hold.number_id for hold in page.rows)
    context = {
        "title": "Holds",
        "subtitle": "Automated texts to these numbers are paused until the flag behind each is settled.",
        "current": "holds",
        "filter": narrowed,
        "page": page,
        "rows": [{"hold": hold, "people": people.get(hold.number_id, [])} for hold in page.rows],
        "is_filtered": any(request.GET.get(name) for name in HoldFilter.base_filters),
        "may_export": can(request.user, "consent.add_suppressionexport"),
        "now": timezone.now(),
    }
    return render_in_admin(request, "consent/hold_list.html", context)
