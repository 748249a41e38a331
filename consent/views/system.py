"""Systems as sources of trouble: what each does to consent on its own, how fresh it is, and what it did not keep."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import capped_count
from backoffice.models import ImportBatch, System
from backoffice.overview import freshness
from consent import correct, source_settings
from consent.correct import Refused
from consent.forms import SourceSettingsForm, WaiveSettingsForm
from consent.harm import Harm, by_harm, lines_of
from consent.models import Flag
from consent.rules import Code, Severity

SHOWN = 10  # regressions and files on a system's page


@dataclass(frozen=True, slots=True)
class Shown:
    """One system's harm, with the lists that its numbers stand for."""

    harm: Harm

    def _flags(self, **narrowed: str | int) -> str:
        return f"{reverse('consent:flag_list')}?{urlencode({'state': 'any', **narrowed})}"

    @property
    def urls(self) -> dict[str, str]:
        pk = self.harm.system.pk
        not_kept: dict[str, str | int] = {"code": Code.SYNC_REGRESSION.value, "system": pk}
        written = reverse("consent:write_backs", args=[self.harm.system.slug])
        return {
            "open": self._flags(state="open", system=pk),
            "urgent": self._flags(state="open", system=pk, severity=Severity.S1.value),
            "raised": self._flags(system=pk, raised=30),
            "regressed": self._flags(**not_kept, raised=90),
            "regressed_lately": self._flags(**not_kept, raised=30),
            "suspected": self._flags(code=Code.SYNC_REGRESSION.value, writer=pk, raised=90),
            "pending": f"{written}?status=pending",
            "parked": f"{written}?status=parked",
            "watched": f"{written}?status=watched",
        }


@require_GET
@needs("backoffice.view_system")
def system_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    others = [one for one in freshness(now) if not one.system.stores_a_status]
    context = {
        "title": "Systems",
        "subtitle": "What each does to consent on its own. Look here for the root cause; the most harm comes first.",
        "current": "systems",
        "shown": [Shown(harm) for harm in by_harm(now)],
        "others": others,
        "off": System.objects.filter(is_active=False).order_by("name", "pk"),
    }
    return render_in_admin(request, "consent/system_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("backoffice.view_system")
def system(request: HttpRequest, slug: str) -> HttpResponse:
    """One system; its settings are changed here by those who may."""
    row = get_object_or_404(System, slug=slug)
    may_change = can(request.user, "backoffice.change_system")
    if request.method != "POST":
        return _page(request, row, SourceSettingsForm(instance=row) if may_change else None)
    if not may_change:
        return _page(request, row, None, status=403)
    form = SourceSettingsForm(request.POST, instance=get_object_or_404(System, pk=row.pk))
    if not form.is_valid():
        return _page(request, row, form)
    assert isinstance(request.user, User)
    chosen = {name: form.cleaned_data[name] for name in source_settings.FIELDS}
    changed = source_settings.change(
        row.pk, chosen, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now()
    )
    if changed:
        messages.success(request, "Changed. Flags that waited for it follow with the next reconciliation.")
    else:
        messages.info(request, "These are the settings it has already.")
    return redirect("consent:system", slug=row.slug)


@require_POST
@needs("consent.waive_flag")
def system_waive(request: HttpRequest, slug: str) -> HttpResponse:
    """Waive what is open about the settings of a system."""
    row = get_object_or_404(System, slug=slug)
    form = WaiveSettingsForm(request.POST)
    if not form.is_valid():
        return _page(request, row, None, waiver=form, status=400)
    assert isinstance(request.user, User)
    try:
        outcomes = correct.waive_settings(row, by=request.user, now=timezone.now(), **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, row, None, waiver=form, status=400)
    waived = sum(outcome.result == "applied" for outcome in outcomes)
    if waived:
        messages.success(request, f"{waived:,} flag{'s' if waived > 1 else ''} waived.")
    for problem in sorted({outcome.words for outcome in outcomes if outcome.result != "applied"})[:3]:
        messages.warning(request, problem)
    return redirect("consent:system", slug=row.slug)


def _waiver(request: HttpRequest, row: System, sent: WaiveSettingsForm | None) -> dict[str, Any] | None:
    """The form, with how many flags it is about; None where there is nothing to waive, or not by this person."""
    if not can(request.user, "consent.waive_flag"):
        return None
    count = capped_count(correct.about_settings(row))
    assert isinstance(request.user, User)
    begun = {"token": uuid.uuid4().hex[:24], "seen_at": timezone.now().isoformat()}
    form = sent or WaiveSettingsForm(initial=begun)
    limit = correct.bulk_limit(request.user)
    return {"form": form, "count": count, "limit": limit if count > limit else None} if count else None


def _page(
    request: HttpRequest,
    row: System,
    form: SourceSettingsForm | None,
    *,
    waiver: WaiveSettingsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    [harm] = by_harm(now, only=row)
    not_kept = list(
        Flag.objects.filter(system=row, code=Code.SYNC_REGRESSION)
        .select_related("number", "program")
        .order_by("-raised_at", "-pk")[:SHOWN]
    )
    files = lines_of(not_kept)
    writers = {
        one.slug: one
        for one in System.objects.filter(slug__in={f.params.get("writer") or "" for f in not_kept})
    }
    context: dict[str, Any] = {
        "title": row.name,
        "subtitle": row.get_kind_display(),
        "current": "systems",
        "crumbs": [("Systems", reverse("consent:system_list"))],
        "row": row,
        "shown": Shown(harm),
        "harm": harm,
        "regressions": [
            {"flag": flag, "batch": files.get(flag.pk), "writer": writers.get(flag.params.get("writer"))}
            for flag in not_kept
        ],
        "batches": ImportBatch.objects.filter(system=row).order_by("-pk")[:SHOWN],
        "form": form,
        "waiver": _waiver(request, row, waiver),
        "stores": row.stores_a_status,
        "may_configure": can(request.user, "backoffice.change_system"),
    }
    return render_in_admin(request, "consent/system.html", context, status=status)
