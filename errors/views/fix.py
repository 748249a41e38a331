"""Document what was changed because of a pattern, and have it measured."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access import needs
from backoffice.frame import render_in_admin
from errors import pictures, telling, verify
from errors.catalogue import Adjust, Category
from errors.fix import Refused
from errors.fix import fix as document
from errors.forms import FixForm
from errors.models import Fix, Pattern, StalePattern
from errors.views.pattern import conflict_of

CHANGED = {
    Adjust.NUMBER: Fix.Changed.NUMBER,
    Adjust.CONTENT: Fix.Changed.CONTENT,
    Adjust.SENDER: Fix.Changed.SENDER,
    Adjust.ROUTING: Fix.Changed.ROUTE,
    Adjust.TIMING: Fix.Changed.TIMING,
    Adjust.CREDENTIALS: Fix.Changed.CREDENTIALS,
    Adjust.ACCOUNT: Fix.Changed.CREDENTIALS,
    Adjust.REQUEST: Fix.Changed.CREDENTIALS,
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs("errors.fix_pattern")
def fix(request: HttpRequest, pk: int) -> HttpResponse:
    pattern = get_object_or_404(Pattern.objects.select_related("owner"), pk=pk)
    now = timezone.now()
    if request.method != "POST":
        return _page(request, pattern, form_for(pattern, now))
    form = form_for(pattern, now, request.POST)
    if not form.is_valid():
        return _page(request, pattern, form, status=400)
    assert isinstance(request.user, User)
    given = form.cleaned_data
    try:
        document(
            pattern, form.change(), by=request.user, token=given["token"], seen=given["version"], now=now
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, pattern, form, status=409)
    except StalePattern:
        return _conflict(request, pattern, given["version"], now)
    verify.ring(trigger="staff", by=request.user)
    messages.success(request, "Documented. Sends submitted after it are measured from now on.")
    return redirect("errors:pattern", pk)


def form_for(pattern: Pattern, now: datetime, data: Any = None) -> FixForm:
    """The form with what the pattern itself suggests."""
    suggested = suggested_change(pattern)
    return FixForm(
        data,
        scope=pattern.attributes,
        initial={
            "version": pattern.version,
            "changed": suggested.value if suggested else None,
            "old": pattern.attributes.get("sender", "") if suggested == Fix.Changed.SENDER else "",
            "effective_at": timezone.localtime(now).replace(second=0, microsecond=0),
            "target": f"{100 * suggested_target(pattern):.2f}".rstrip("0").rstrip("."),
        },
    )


def suggested_change(pattern: Pattern) -> Fix.Changed | None:
    """What this kind of failure usually asks for."""
    if pattern.category not in set(Category):
        return None
    return next(
        (CHANGED[adjust] for adjust in Category(pattern.category).facts.adjust if adjust in CHANGED), None
    )


def suggested_target(pattern: Pattern) -> float:
    """Half as much again as expected, at least 1 %, and clearly below what it is now."""
    sends = max(pattern.attempts, 1)
    return min(max(1.5 * pattern.expected / sends, 0.01), 0.6 * pattern.failures / sends)


def _conflict(request: HttpRequest, pattern: Pattern, seen: int, now: datetime) -> HttpResponse:
    """Somebody was faster. Nothing was overwritten; the typed words are still there."""
    pattern = Pattern.objects.select_related("owner").get(pk=pattern.pk)
    typed = request.POST.copy()
    typed["version"], typed["token"] = str(pattern.version), uuid.uuid4().hex
    form = form_for(pattern, now, typed)
    return _page(request, pattern, form, conflict=conflict_of(pattern, seen), status=409)


def _page(
    request: HttpRequest,
    pattern: Pattern,
    form: FixForm,
    *,
    conflict: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    title = telling.title(pattern.attributes, is_incident=pattern.is_incident)
    sends = max(pattern.attempts, 1)
    context = {
        "title": "Document a fix",
        "subtitle": title,
        "crumbs": [
            ("Patterns", reverse("errors:pattern_list")),
            (title, reverse("errors:pattern", args=[pattern.pk])),
        ],
        "current": "patterns",
        "pattern": pattern,
        "form": form,
        "conflict": conflict,
        "can_fix": Pattern.Status.FIXED in Pattern.MOVES[Pattern.Status(pattern.status)],
        "kind": Category(pattern.category).facts if pattern.category in set(Category) else None,
        "now_rate": pictures.percent(pattern.failures / sends),
        "usual_rate": pictures.percent(pattern.expected / sends),
    }
    return render_in_admin(request, "errors/fix.html", context, status=status)


@require_POST
@needs("errors.fix_pattern")
def fix_measure(request: HttpRequest, pk: int) -> HttpResponse:
    """Measure now what is measured every hour anyway."""
    get_object_or_404(Pattern, pk=pk)
    assert isinstance(request.user, User)
    run = verify.ring(trigger="staff", by=request.user)
    if run is None:
        messages.info(request, "No fix is being watched.")
        return redirect("errors:pattern", pk)
    messages.info(request, "Measuring every fix that is watched.")
    return redirect("jobs:run", run.pk)
