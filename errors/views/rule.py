"""One rule: what it does, who says so, what it said before; and how supervisors change it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from errors import rulebook
from errors.models import PreflightRule, StaleRule
from errors.preflight import BadRule, Kind
from errors.preflight.kinds import FORMS
from errors.rule_form import RuleForm, SwitchForm
from errors.rulebook import content_of, differences
from errors.views.rule_preview import stale, tried

WORDS = {
    "value": "Value",
    "standing": "How sure",
    "valid_from": "In force from",
    "valid_until": "Last day in force",
    "source": "Source",
    "prevents": "Codes that it prevents",
    "note": "Note",
}
_LINK = re.compile(r"https?://\S+")
CHANGED_MEANWHILE = "Somebody changed the rule since you opened the page. Look at what they did first."


@require_safe
@needs("errors.view_preflightrule")
def rule(request: HttpRequest, series: uuid.UUID) -> HttpResponse:
    return _page(request, _in_use(series))


def _versions(series: uuid.UUID) -> list[PreflightRule]:
    """The newest first."""
    versions = list(
        PreflightRule.objects.filter(series=series, kind__in=[kind.value for kind in Kind])
        .select_related("saved_by")
        .order_by("-version")
    )
    if not versions:
        raise Http404
    return versions


def _in_use(series: uuid.UUID) -> PreflightRule:
    return _versions(series)[0]


def _page(
    request: HttpRequest,
    row: PreflightRule,
    *,
    form: RuleForm | None = None,
    switch: SwitchForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    versions = _versions(row.series)
    row = versions[0]
    today = timezone.localdate()
    context = {
        "title": row.form.label,
        "subtitle": " · ".join(filter(None, (row.provider, row.place, row.subject))),
        "crumbs": [("Rules", reverse("errors:rule_list"))],
        "current": "rules",
        "rule": row,
        "link": _link(row.source),
        "prevented": _prevented(row.prevents),
        "is_stale": str(row.series) in stale(),
        "is_over": bool(row.valid_until and row.valid_until < today),
        "is_to_come": bool(row.valid_from and row.valid_from > today),
        "release": _against_release(row),
        "others": _others(row),
        "history": _history(versions),
        "form": form or RuleForm(kind=Kind(row.kind), was=row),
        "switch_form": switch or SwitchForm(initial={"seen": row.version}),
        "may_change": can(request.user, "errors.change_preflightrule"),
        **more,
    }
    return render_in_admin(request, "errors/rule.html", context, status=status)


def _link(source: str) -> str:
    found = _LINK.search(source)
    return found[0] if found else ""


def _prevented(codes: Sequence[str]) -> list[tuple[str, str]]:
    """(code, address of the list that shows it); a range has none."""
    found = []
    for named in codes:
        provider, _, code = named.partition(" ")
        url = "" if "-" in code else f"{reverse('errors:code_list')}?text={code}"
        found.append((f"{provider} {code}", url))
    return found


def _said(name: str, value: Any) -> str:
    if name == "prevents":
        return ", ".join(value) or "none"
    if name == "standing":
        return str(PreflightRule.Standing(value).label)
    if isinstance(value, date):
        value = value.isoformat()
    return str(value or {"valid_from": "always", "valid_until": "without end"}.get(name, "nothing"))


def _against_release(row: PreflightRule) -> list[tuple[str, str, str]]:
    """Where what is in use says something else than the release: (field, here, the release)."""
    if row.shipped is None:
        return []
    found = differences(content_of(row.as_rule()), row.shipped)
    return [(WORDS[name], _said(name, here), _said(name, there)) for name, (here, there) in found.items()]


def _others(row: PreflightRule) -> list[PreflightRule]:
    """Other claims about the same: other sources, or other days from which they hold."""
    same = PreflightRule.objects.in_use().filter(
        kind=row.kind, provider=row.provider, place=row.place, subject=row.subject
    )
    return list(same.exclude(pk=row.pk).in_order()[:10])


def _history(versions: Sequence[PreflightRule]) -> list[dict[str, Any]]:
    told = []
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        changes: list[tuple[str, str, str]] = []
        if before is not None:
            found = differences(content_of(version.as_rule()), content_of(before.as_rule()))
            changes = [
                (WORDS[name], _said(name, was), _said(name, now)) for name, (now, was) in found.items()
            ]
            if version.is_active != before.is_active:
                changes.append(("Use", *(("off", "on") if version.is_active else ("on", "off"))))
        told.append({"version": version, "changes": changes, "is_in_use": version.replaced_at is None})
    return told


# --- changes ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@needs("errors.change_preflightrule")
def rule_new(request: HttpRequest) -> HttpResponse:
    """First the kind, then what a rule of that kind needs."""
    kinds = {kind.value: kind for kind in Kind}
    kind = kinds.get(request.GET.get("kind", ""))
    if kind is None:
        groups: dict[str, list[tuple[str, Any]]] = {}
        for one, shape in FORMS.items():
            groups.setdefault(shape.group, []).append((one.value, shape))
        return _new_page(request, {"groups": groups})
    form = RuleForm(request.POST or None, kind=kind)
    shown: dict[str, Any] = {"kind": kind, "shape": FORMS[kind], "form": form}
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        now = timezone.now()
        if "try" in request.POST:
            return _new_page(request, shown | tried(None, form.rule(), now))
        try:
            row = rulebook.add(form.rule(), reason=form.cleaned_data["reason"], by=request.user, now=now)
        except BadRule as problem:
            form.refuse(problem)
        else:
            messages.success(request, "Every check follows the new rule from now on.")
            return redirect("errors:rule", series=row.series)
    return _new_page(request, shown, status=400 if form.errors else 200)


def _new_page(request: HttpRequest, shown: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {
        "title": "New rule",
        "subtitle": shown["shape"].label if "shape" in shown else "What is it about?",
        "crumbs": [("Rules", reverse("errors:rule_list"))],
        "current": "rules",
        "narrow": "kind" in shown,
        **shown,
    }
    return render_in_admin(request, "errors/rule_new.html", context, status=status)


@require_POST
@needs("errors.change_preflightrule")
def rule_change(request: HttpRequest, series: uuid.UUID) -> HttpResponse:
    row = _in_use(series)
    form = RuleForm(request.POST, kind=Kind(row.kind), was=row)
    if not form.is_valid():
        return _page(request, row, form=form, status=400)
    if "try" in request.POST:
        return _page(request, row, form=form, **tried(row, form.rule(), timezone.now()))
    if content_of(form.rule()) == content_of(row.as_rule()):
        messages.info(request, "Nothing was changed: it says what it said before.")
        return redirect("errors:rule", series=series)

    def save(by: User) -> None:
        reason, now = form.cleaned_data["reason"], timezone.now()
        rulebook.change(row, form.rule(), reason=reason, by=by, now=now)

    return _done(request, row, form, save, "Every check follows the changed rule from now on.")


@require_POST
@needs("errors.change_preflightrule")
def rule_checked(request: HttpRequest, series: uuid.UUID) -> HttpResponse:
    row = _in_use(series)

    def save(by: User) -> None:
        rulebook.checked(row, by=by, now=timezone.now())

    return _done(request, row, _Seen(request), save, "Noted: you checked it today.")


@require_POST
@needs("errors.change_preflightrule")
def rule_switch(request: HttpRequest, series: uuid.UUID) -> HttpResponse:
    row, form = _in_use(series), SwitchForm(request.POST)
    if not form.is_valid():
        return _page(request, row, switch=form, status=400)

    def save(by: User) -> None:
        reason, now = form.cleaned_data["reason"], timezone.now()
        rulebook.switch(row, on=not row.is_active, reason=reason, by=by, now=now)

    words = "It is off: no check uses it." if row.is_active else "It is on: every check follows it."
    return _done(request, row, form, save, words)


@require_POST
@needs("errors.change_preflightrule")
def rule_back(request: HttpRequest, series: uuid.UUID) -> HttpResponse:
    """What an older version said, or what the release says."""
    versions = _versions(series)
    row, wanted = versions[0], request.POST.get("version", "")
    older = next((one for one in versions[1:] if str(one.version) == wanted), None)
    if older is not None:
        content, reason = content_of(older.as_rule()), f"Back to version {older.version}."
    elif wanted == "release" and row.shipped is not None:
        content, reason = row.shipped, "Back to what the release says."
    else:
        raise Http404

    def save(by: User) -> None:
        rulebook.back_to(row, content, reason=reason, by=by, now=timezone.now())

    return _done(request, row, _Seen(request), save, reason)


class _Seen:
    """The version that the page showed, of a form that has nothing else."""

    def __init__(self, request: HttpRequest) -> None:
        self.cleaned_data = {"seen": request.POST.get("seen", "")}

    def refuse(self, problem: BadRule) -> None:
        """Nothing to say it at."""


def _done(
    request: HttpRequest, row: PreflightRule, form: Any, save: Callable[[User], None], words: str
) -> HttpResponse:
    """Save what was asked, unless the rule is another one than the page showed."""
    assert isinstance(request.user, User)
    try:
        if str(form.cleaned_data["seen"]) != str(row.version):
            raise StaleRule(row)
        save(request.user)
    except StaleRule:
        messages.warning(request, CHANGED_MEANWHILE)
        return redirect("errors:rule", series=row.series)
    except BadRule as problem:
        messages.error(request, str(problem))
        return redirect("errors:rule", series=row.series)
    messages.success(request, words)
    return redirect("errors:rule", series=row.series)
