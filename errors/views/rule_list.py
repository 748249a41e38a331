"""The rules of the check before the send: all of them, and what stands out."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, capped_count, page_of
from errors.models import PreflightRule
from errors.rule_filter import RuleFilter
from errors.views.rule_preview import stale

TABS = {
    "all": "In use",
    "own": "Our own",
    "changed": "Changed here",
    "doubted": "Only warn",
    "stale": "Stale",
    "old": "Not checked lately",
    "off": "Switched off",
}
OLD = timedelta(days=180)


@require_safe
@needs("errors.view_preflightrule")
def rule_list(request: HttpRequest) -> HttpResponse:
    tab = request.GET.get("tab", "all")
    tab = tab if tab in TABS else "all"
    narrowed = RuleFilter(request.GET, queryset=PreflightRule.objects.in_use().readable())
    stale_now = stale()
    views = _views(narrowed.qs, stale_now)
    page = page_of(views[tab], request.GET, order=[Key("place_in_book"), Key("pk")])
    context = {
        "title": "Rules",
        "subtitle": "What the check before the send holds a message against, who says so, and since when.",
        "current": "rules",
        "filter": narrowed,
        "page": page,
        "rows": [{"rule": row, "is_stale": str(row.series) in stale_now} for row in page.rows],
        "tabs": [
            {"name": name, "label": label, "count": capped_count(views[name]), "is_current": name == tab}
            for name, label in TABS.items()
        ],
        "tab": tab,
        "is_filtered": any(request.GET.get(name) for name in RuleFilter.base_filters),
        "may_change": can(request.user, "errors.change_preflightrule"),
    }
    return render_in_admin(request, "errors/rule_list.html", context)


def _views(found: QuerySet[PreflightRule], stale_now: set[str]) -> dict[str, QuerySet[PreflightRule]]:
    active = found.filter(is_active=True)
    return {
        "all": active,
        "own": found.filter(shipped__isnull=True),
        "changed": found.filter(is_changed=True),
        "doubted": active.exclude(standing=PreflightRule.Standing.AGREED),
        "stale": active.filter(series__in=stale_now),
        "old": active.filter(last_checked__lt=timezone.localdate() - OLD),
        "off": found.filter(is_active=False),
    }
