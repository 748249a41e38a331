"""The sends behind a number of a result."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from backoffice.access import needs
from backoffice.frame import render_in_admin
from errors.models import ReplayFailure, ReplayLine, ReplayStale, RuleReplay, SendAttempt
from errors.replay.behind import Behind
from errors.replay.compare import Pair
from errors.views.attempt_list import rows_of
from errors.views.replay_tables import Row

PAGE = 50
CAME = ("prevented", "failed", "delivered")


@require_safe
@needs("errors.view_sendattempt")
def replay_sends(request: HttpRequest, pk: int) -> HttpResponse:
    """Exactly the sends that a count counted, as far as they are still in the log."""
    of = get_object_or_404(RuleReplay.objects.defer("tally"), pk=pk)
    key, came, severity = (request.GET.get(name, "") for name in ("key", "came", "severity"))
    what = _told(of, key, came, severity)
    if what is None:
        raise Http404("This result has no such number.")
    severities = ["", "warn", "error"] if came == "caught" else [severity]
    behind = Behind(of, key, CAME[:2] if came == "lost" else [came], severities)
    page = _page(request.GET.get("page", ""))
    keys = behind.page((page - 1) * PAGE, PAGE)
    there = SendAttempt.objects.select_related("number").in_bulk(keys)
    total = behind.count
    context = {
        "title": what,
        "subtitle": f"{total:,} sends of {of}, the latest first.",
        "current": "rules",
        "crumbs": [
            ("Rules", reverse("errors:rule_list")),
            ("Against history", reverse("errors:replay_list")),
            (str(of), reverse("errors:replay", args=[of.pk])),
        ],
        "replay": of,
        "total": total,
        "rows": rows_of([there[one] for one in keys if one in there]),
        "gone": len(keys) - len(there),
        "page": page,
        "previous": page - 1,
        "next": page + 1,
        "has_more": page * PAGE < total,
    }
    return render_in_admin(request, "errors/replay_sends.html", context)


def _page(written: str) -> int:
    return max(1, int(written)) if written.isascii() and written.isdecimal() and len(written) < 8 else 1


_ENDS = {
    "prevented": "failures it is meant to prevent",
    "failed": "other failures",
    "lost": "failures",
    "delivered": "what arrived",
}


def _told(of: RuleReplay, key: str, came: str, severity: str) -> str | None:
    """What the number counts; None where the result has no such number."""
    if came in _ENDS:
        line = ReplayLine.objects.filter(replay=of, key=key, severity=severity).first()
        held = "would stop" if severity == "error" else "would warn of"
        return f"{Row(Pair(None, line), '').title}: {_ENDS[came]} that it {held}" if line else None
    if came not in ("caught", "missed"):
        return None
    by = "a rule that is meant to" if came == "caught" else "no rule that is meant to"
    failure = ReplayFailure.objects.filter(replay=of, key=key).first()
    if failure:
        return f"{failure}: held by {by}"
    late = ReplayStale.objects.filter(replay=of, key=key).first()
    return (
        f"{late.provider_label} {late.code}: passed by rules that are meant to prevent it" if late else None
    )
