"""Who may be texted again after a pattern was dealt with. The list leaves as a file; nothing is sent from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import can, needs
from backoffice.files.export import csv_chunks
from backoffice.frame import render_in_admin
from backoffice.patience import TookTooLong, at_most
from consent.models import Number
from errors import resend, telling
from errors.fix import Refused
from errors.forms import ResendForm
from errors.models import Pattern, SendAttempt
from errors.resend import USUAL_AGE, ResendList

SHOWN = 50
PATIENCE = 20.0  # seconds
COLUMNS = (
    *("number", "campaign", "template", "sender", "failed_at", "provider", "error_code", "category"),
    *("advice", "attempt"),
)


@require_safe
@needs("errors.view_pattern")
def resend_list(request: HttpRequest, pk: int) -> HttpResponse:
    pattern = get_object_or_404(Pattern, pk=pk)
    days = request.GET.get("days", "")
    form = ResendForm(initial={"days": int(days) if days in map(str, resend.AGES) else USUAL_AGE})
    return _page(request, pattern, form)


@require_POST
@needs("errors.export_resends")
def resend_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The list as a file, with a trace of who took it and why."""
    pattern, form = get_object_or_404(Pattern, pk=pk), ResendForm(request.POST)
    if not form.is_valid():
        return _page(request, pattern, form, status=400)
    assert isinstance(request.user, User)
    given = form.cleaned_data
    try:
        found = resend.export(
            pattern, days=given["days"], reason=given["reason"], by=request.user, now=timezone.now()
        )
    except Refused as refusal:
        form.add_error("reason", str(refusal))
        return _page(request, pattern, form, status=400)
    content = b"".join(csv_chunks(COLUMNS, _cells(found)))
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="resend-pattern-{pattern.pk}.csv"'
    return answer


def _cells(found: ResendList) -> Iterator[list[Any]]:
    for start in range(0, len(found.lines), 1000):
        some = found.lines[start : start + 1000]
        numbers = Number.objects.in_bulk([line.intent.number_id for line in some])
        for line in some:
            yield [
                numbers[line.intent.number_id or 0].e164,
                line.intent.campaign,
                line.intent.template,
                line.sender,
                line.submitted_at,
                line.provider,
                line.code,
                line.category.value,
                line.retry.value,
                line.attempt_id,
            ]


def _page(request: HttpRequest, pattern: Pattern, form: ResendForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    title = telling.title(pattern.attributes, is_incident=pattern.is_incident)
    context: dict[str, Any] = {
        "title": "Who may be texted again",
        "subtitle": title,
        "crumbs": [
            ("Patterns", reverse("errors:pattern_list")),
            (title, reverse("errors:pattern", args=[pattern.pk])),
        ],
        "current": "patterns",
        "pattern": pattern,
        "form": form,
        "ages": [(days, days == _days(form)) for days in resend.AGES],
        "fix": resend.fix_in_effect(pattern, now),
        "may_export": can(request.user, "errors.export_resends"),
    }
    try:
        with at_most(PATIENCE):
            context |= _shown(resend.resend_list(pattern, days=_days(form), now=now))
    except TookTooLong:
        context["too_long"] = True
    return render_in_admin(request, "errors/resend_list.html", context, status=status)


def _days(form: ResendForm) -> int:
    given = form.cleaned_data.get("days") if form.is_bound and form.is_valid() else form.initial.get("days")
    return int(given or USUAL_AGE)


def _shown(found: ResendList) -> dict[str, Any]:
    first = found.lines[:SHOWN]
    sends = SendAttempt.objects.select_related("number").in_bulk([line.attempt_id for line in first])
    return {
        "found": found,
        "lines": [(line, sends[line.attempt_id]) for line in first if line.attempt_id in sends],
        "excluded": [(why, count, found.examples.get(why, [])) for why, count in found.excluded.items()],
        "shown": SHOWN,
    }
