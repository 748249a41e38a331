"""One pattern: the page with everything known about it, and what people do about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.models import IllegalMove
from errors import desk, telling
from errors.fix import Refused
from errors.forms import MuteForm, NoteForm, OwnerForm
from errors.models import (
    Pattern,
    PatternEvent,
    StalePattern,
)
from errors.views.pattern_evidence import evidence
from errors.views.pattern_list import look_form

S = Pattern.Status


@require_safe
@needs("errors.view_pattern")
def pattern(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, _found(pk))


def _found(pk: int) -> Pattern:
    return get_object_or_404(Pattern.objects.select_related("owner"), pk=pk)


def page(
    request: HttpRequest,
    pattern: Pattern,
    *,
    mute: MuteForm | None = None,
    conflict: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a pattern; with a form as it was sent, where that could not be done."""
    now = timezone.now()
    fixes = list(pattern.fixes.select_related("made_by").prefetch_related("verifications").order_by("-pk"))
    context: dict[str, Any] = {
        "title": telling.title(pattern.attributes, is_incident=pattern.is_incident),
        "crumbs": [("Patterns", reverse("errors:pattern_list"))],
        "current": "patterns",
        "pattern": pattern,
        "note": NoteForm(),
        "mute": mute or MuteForm(initial={"version": pattern.version}),
        "mute_is_open": mute is not None,
        "conflict": conflict,
        "may_fix": can(request.user, "errors.fix_pattern"),
        "may_mute": can(request.user, "errors.mute_pattern"),
        "may_detect": can(request.user, "errors.detect_pattern"),
        "may_assign": can(request.user, "errors.assign_pattern"),
        "can_fix": S.FIXED in Pattern.MOVES[S(pattern.status)],
        "can_mute": S.MUTED in Pattern.MOVES[S(pattern.status)],
        "again": look_form(now),
        "staff": list(User.objects.filter(is_active=True, is_staff=True).order_by("first_name", "username")),
        **evidence(pattern, fixes, now),
    }
    return render_in_admin(request, "errors/pattern.html", context, status=status)


@require_POST
@needs("errors.fix_pattern")
def pattern_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a pattern, give it back, or hand it to somebody."""
    found, form = _found(pk), OwnerForm(request.POST)
    assert isinstance(request.user, User)
    to = form.cleaned_data["to"] if form.is_valid() else None
    mine = to == request.user or (to is None and found.owner_id == request.user.pk)
    if not form.is_valid() or not (mine or can(request.user, "errors.assign_pattern")):
        messages.error(request, "Only a supervisor hands patterns to others.")
    else:
        desk.assign(found, to=to, by=request.user)
        messages.success(
            request, f"{to.get_full_name() or to.username} has it." if to else "Nobody has it now."
        )
    return redirect("errors:pattern", pk)


@require_POST
@needs("errors.fix_pattern")
def pattern_note(request: HttpRequest, pk: int) -> HttpResponse:
    """A note for colleagues; it is never sent to anybody outside."""
    found, form = _found(pk), NoteForm(request.POST)
    assert isinstance(request.user, User)
    if form.is_valid():
        desk.note(found, text=form.cleaned_data["text"], by=request.user)
        messages.success(request, "Noted for colleagues.")
    else:
        messages.error(request, "Write something first.")
    return redirect(f"{reverse('errors:pattern', args=[pk])}#history")


@require_POST
@needs("errors.mute_pattern")
def pattern_mute(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a pattern aside until something happens."""
    found, form = _found(pk), MuteForm(request.POST)
    assert isinstance(request.user, User)
    if not form.is_valid():
        return page(request, found, mute=form, status=400)
    now = timezone.now()
    try:
        desk.mute(
            found,
            form.mute(now),
            reason=form.cleaned_data["reason"],
            by=request.user,
            seen=form.cleaned_data["version"],
            now=now,
        )
    except (Refused, IllegalMove) as refusal:
        form.add_error(None, str(refusal))
        return page(request, found, mute=form, status=409)
    except StalePattern:
        found = _found(pk)
        typed = request.POST.copy()
        typed["version"] = str(found.version)
        return page(
            request,
            found,
            mute=MuteForm(typed),
            conflict=conflict_of(found, form.cleaned_data["version"]),
            status=409,
        )
    messages.success(request, "Muted. It comes back by itself, at the latest when it gets more severe.")
    return redirect("errors:pattern", pk)


@require_POST
@needs("errors.mute_pattern")
def pattern_unmute(request: HttpRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    assert isinstance(request.user, User)
    try:
        desk.unmute(found, by=request.user, seen=found.version)
        messages.success(request, "Back among those to work on.")
    except (IllegalMove, StalePattern):
        messages.warning(request, "It is not muted any more.")
    return redirect("errors:pattern", pk)


def conflict_of(pattern: Pattern, seen: int) -> dict[str, Any]:
    """What happened to a pattern since somebody opened the page."""
    events = PatternEvent.objects.filter(pattern=pattern).select_related("by").order_by("-pk")
    return {"theirs": list(events[: max(1, min(10, pattern.version - seen))])}
