"""The registry of wordings: versions per program, what each says and misses, and what no stored text explains."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import capped_count
from consent import registry, wording
from consent.models import Program, Wording


class WordingForm(forms.ModelForm):
    """A new version; the text is as people see it, word for word."""

    program = forms.ModelChoiceField(Program.objects.order_by("name", "pk"), empty_label="Choose one")

    class Meta:
        model = Wording
        fields = (
            *("program", "kind", "code", "text", "language", "place"),
            *("prechecked", "valid_from", "valid_until"),
        )
        labels = {"prechecked": "Box ticked beforehand", "valid_from": "First day", "valid_until": "Last day"}
        widgets = {
            "text": forms.Textarea(attrs={"rows": 8, "class": "wording-text", "dir": "auto"}),
            "valid_from": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "valid_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }


@require_GET
@needs("consent.view_wording")
def wording_list(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    programs = Program.objects.filter(is_active=True).prefetch_related("wordings").order_by("name", "pk")
    context = {
        "title": "Wording",
        "subtitle": "What people read before they agree, and where they take it back.",
        "current": "tables",
        "programs": [
            {"program": program, "rows": [_row(text, program, today) for text in _sorted(program)]}
            for program in programs
        ],
        "may_change": can(request.user, "consent.change_wording"),
    }
    return render_in_admin(request, "consent/wording_list.html", context)


def _sorted(program: Program) -> list[Wording]:
    """The kinds in their order, of each the latest version first."""
    kinds = list(wording.Kind)
    return sorted(
        program.wordings.all(),
        key=lambda text: (
            kinds.index(wording.Kind(text.kind)),
            text.language,
            text.place,
            -(text.valid_from or date.min).toordinal(),
            text.pk,
        ),
    )


def _row(text: Wording, program: Program, today: date) -> dict[str, Any]:
    read = registry.read(text.text, program=program, kind=text.kind, language=text.language)
    state, tone = _state(text, today)
    return {"wording": text, "missing": read.missing, "read": read, "state": state, "tone": tone}


def _state(text: Wording, today: date) -> tuple[str, str]:
    if text.valid_from is None:
        return "No dates", "warn"
    if text.valid_from > today:
        return "From a later day", "info"
    return ("Shown now", "ok") if wording.in_force(text.as_version(), today) else ("Of the past", "mute")


@require_GET
@needs("consent.view_wording")
def wording_page(request: HttpRequest, pk: int) -> HttpResponse:
    text = get_object_or_404(Wording.objects.select_related("program", "succeeds"), pk=pk)
    successor = Wording.objects.filter(succeeds=text).first()
    context = {
        "title": text.code,
        "subtitle": f"{text.get_kind_display()} of {text.program}",
        "crumbs": [("Wording", reverse("consent:wording_list"))],
        "current": "tables",
        "wording": text,
        "successor": successor,
        "state": _state(text, timezone.localdate()),
        "changes": wording.changes(text.succeeds.text, text.text) if text.succeeds else None,
        "grants": capped_count(text.consent_records.all()),
        "may_change": can(request.user, "consent.change_wording"),
        **_read(text.text, text.program, text.kind, text.language),
    }
    return render_in_admin(request, "consent/wording_page.html", context)


def _read(text: str, program: Program, kind: str, language: str) -> dict[str, Any]:
    """What the fragment about a text shows."""
    read = registry.read(text, program=program, kind=kind, language=language)
    places = [
        (check.start, check.end, check.about.title)
        for check in read.checks
        if check.start is not None and check.end is not None
    ]
    return {"read": read, "pieces": wording.marked(text, places)}


@require_POST
@needs("consent.view_wording")
def wording_read(request: HttpRequest) -> HttpResponse:
    """What a text that is being typed says and misses: a fragment for the page."""
    program = Program.objects.filter(pk=_key(request.POST.get("program", ""))).first()
    kind = request.POST.get("kind", "")
    text = request.POST.get("text", "")[:10_000]
    if program is None or kind not in list(wording.Kind):
        return HttpResponse("<p class='muted'>Choose the program and the kind of text.</p>")
    shown = _read(text, program, kind, request.POST.get("language", "en")[:8])
    return render(request, "consent/_wording_read.html", shown)


def _key(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@require_http_methods(["GET", "HEAD", "POST"])
@needs("consent.change_wording")
def wording_new(request: HttpRequest) -> HttpResponse:
    """A new text, or the successor of one: the old one stays as people saw it."""
    assert isinstance(request.user, User)
    before = (
        Wording.objects.select_related("program")
        .filter(pk=_key(request.POST.get("succeeds") or request.GET.get("succeeds") or ""))
        .first()
    )
    if before is not None and Wording.objects.filter(succeeds=before).exists():
        messages.info(request, f"“{before.code}” has a successor already.")
        return redirect("consent:wording_page", pk=before.pk)
    form = WordingForm(
        request.POST or None, instance=Wording(succeeds=before), initial=_initial(request, before)
    )
    if request.method == "POST" and form.is_valid():
        try:
            new = registry.publish(form.instance, by=request.user)
        except ValidationError as problem:
            for name, errors in problem.message_dict.items():
                form.add_error(name if name in form.fields else None, errors)
        else:
            messages.success(request, f"“{new.code}” is in the registry.")
            return redirect("consent:wording_page", pk=new.pk)
    program = (
        before.program
        if before
        else Program.objects.filter(pk=_key(str(form["program"].value() or ""))).first()
    )
    shown = (
        _read(
            str(form["text"].value() or ""), program, str(form["kind"].value()), str(form["language"].value())
        )
        if program and form["kind"].value() in list(wording.Kind)
        else {}
    )
    context = {
        "title": f"Successor of {before.code}" if before else "New wording",
        "subtitle": "As people see it, word for word.",
        "crumbs": [("Wording", reverse("consent:wording_list"))],
        "current": "tables",
        "form": form,
        "before": before,
        **shown,
    }
    return render_in_admin(
        request, "consent/wording_new.html", context, status=400 if request.method == "POST" else 200
    )


def _initial(request: HttpRequest, before: Wording | None) -> dict[str, Any]:
    today = timezone.localdate()
    if before is None:
        return {"valid_from": today, "program": _key(request.GET.get("program", "")) or None}
    return {
        "program": before.program_id,
        "kind": before.kind,
        "language": before.language,
        "place": before.place,
        "text": before.text,
        "valid_from": today,
    }


@require_GET
@needs("consent.view_wording")
def wording_report(request: HttpRequest) -> HttpResponse:
    report = registry.report()
    context = {
        "title": "Wordings and what systems report",
        "subtitle": "A consent by form counts only with the text that was shown.",
        "crumbs": [("Wording", reverse("consent:wording_list"))],
        "current": "tables",
        "rows": report.programs,
        "is_cut": report.is_cut,
        "looked_at": registry.LOOKED_AT,
        "unmatched": [row for row in report.programs if not row.is_matched],
        "may_change": can(request.user, "consent.change_wording"),
    }
    return render_in_admin(request, "consent/wording_report.html", context)
