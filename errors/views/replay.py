"""Rules against history: the results, one of them, and the sends behind each of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.models import JobRun
from errors.filters import of_our_time
from errors.models import (
    ReplayLine,
    RuleReplay,
    SendAttempt,
)
from errors.replay import run
from errors.replay.change import Change, NoChange
from errors.replay.compare import Pair, pairs
from errors.replay.tally import ALL
from errors.views.replay_tables import Row, gaps, sends_url_of, stale

PAGE = 50
COMPARABLE = 30  # results that one can be compared with, the latest
TABS = {"rules": "Rules", "gaps": "Failures and gaps", "stale": "Stale rules"}
ORDERS: dict[str, tuple[str, Callable[[ReplayLine], Any]]] = {
    "prevented": ("Would have prevented", lambda line: line.prevented),
    "delivered": ("Would have held of what arrived", lambda line: line.delivered),
    "precision": ("Precision", lambda line: line.precision.value),
    "recall": ("Recall", lambda line: line.recall.value),
    "looked": ("Looked at", lambda line: line.looked),
}
CAME = ("prevented", "failed", "delivered")


class ReplayForm(forms.Form):
    """Which part of the log, on the staff's clock; without times all of it."""

    since = forms.DateTimeField(
        required=False,
        label="From",
        validators=[of_our_time],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    until = forms.DateTimeField(
        required=False,
        label="To",
        validators=[of_our_time],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if bool(since) != bool(until) and not self.errors:
            self.add_error("until" if since else "since", "Give both times, or none for the whole log.")
        elif since and until and since >= until:
            self.add_error("until", "The end comes after the beginning.")
        return cleaned


@dataclass(frozen=True, slots=True)
class Listed:
    """One result of the list."""

    replay: RuleReplay
    job: JobRun | None
    change: str

    @property
    def state(self) -> tuple[str, str]:
        if self.replay.finished_at:
            return "Done", "ok"
        if self.job is None:
            return "Not started", "mute"
        return self.job.get_status_display(), "run" if self.job.is_unfinished else "bad"


@require_safe
@needs("errors.view_rulereplay")
def replay_list(request: HttpRequest) -> HttpResponse:
    page = page_of(
        RuleReplay.objects.select_related("asked_by").defer("tally"),
        request.GET,
        order=[Key("asked_at", descending=True), Key("pk", descending=True)],
    )
    jobs_of = _jobs([replay.pk for replay in page.rows])
    context = {
        "title": "Rules against history",
        "subtitle": "What the check would have held of the sends in the log, and what it would have missed.",
        "current": "rules",
        "crumbs": [("Rules", reverse("errors:rule_list"))],
        "page": page,
        "rows": [Listed(one, jobs_of.get(str(one.pk)), change_words(one)) for one in page.rows],
        "form": ReplayForm(),
        "may_run": can(request.user, "errors.run_rulereplay"),
        "has_sends": bool(page.rows) or SendAttempt.objects.exists(),
    }
    return render_in_admin(request, "errors/replay_list.html", context)


def _jobs(pks: Sequence[int]) -> dict[str, JobRun]:
    runs = JobRun.objects.filter(kind="errors.replay", subject__in=[str(pk) for pk in pks])
    return {one.subject: one for one in runs.order_by("pk")}


def change_words(replay: RuleReplay) -> str:
    """E.g. "shortener bit.ly switched off"; "" for the rules as they were."""
    if replay.change is None:
        return ""
    try:
        return Change.from_json(replay.change).words
    except NoChange:
        return "with a change that this release cannot read"


@require_POST
@needs("errors.run_rulereplay")
def replay_run(request: HttpRequest) -> HttpResponse:
    """Ask for a result: of a window or of everything, by the rules as they are or with one change."""
    form, now = ReplayForm(request.POST), timezone.now()
    if not form.is_valid():
        for problem in form.errors.values():
            messages.error(request, " ".join(map(str, problem)))
        return redirect("errors:replay_list")
    by = request.user if isinstance(request.user, User) else None
    asked_for: RuleReplay | None
    try:
        change = Change.from_text(request.POST["change"]) if request.POST.get("change") else None
        asked: dict[str, Any] = {"now": now, "trigger": JobRun.Trigger.STAFF, "by": by, "change": change}
        if form.cleaned_data["since"]:
            asked_for = run.ask(form.cleaned_data["since"], form.cleaned_data["until"], **asked)
        else:
            asked_for = run.ask_for_all(**asked)
    except NoChange as problem:
        messages.error(request, str(problem))
        return redirect("errors:replay_list")
    if asked_for is None:
        messages.info(request, "The log is empty: there is nothing to run the rules on.")
        return redirect("errors:replay_list")
    return redirect("errors:replay", asked_for.pk)


# --- one result -------------------------------------------------------------------------------------------------


@require_safe
@needs("errors.view_rulereplay")
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(RuleReplay.objects.select_related("asked_by"), pk=pk)
    tab = request.GET.get("tab", "rules")
    tab = tab if tab in TABS else "rules"
    words = change_words(found)
    context: dict[str, Any] = {
        "title": f"Rules against history, {found}",
        "subtitle": f"With a change: {words}." if words else "By the rules as they were on that day.",
        "current": "rules",
        "crumbs": [
            ("Rules", reverse("errors:rule_list")),
            ("Against history", reverse("errors:replay_list")),
        ],
        "replay": found,
        "job": found.run if not found.finished_at else None,
        "tab": tab,
        "tabs": [(name, label, _count(found, name)) for name, label in TABS.items()],
        "may_run": can(request.user, "errors.run_rulereplay"),
        "may_control": can(request.user, "backoffice.control_jobrun"),
    }
    if found.finished_at:
        context |= _coverage(found) | _TAB[tab](request, found)
    return render_in_admin(request, "errors/replay.html", context)


def _count(of: RuleReplay, tab: str) -> int:
    if tab == "gaps":
        return of.failures.filter(stopped=0, warned=0).count()
    return of.stale.count() if tab == "stale" else of.lines.exclude(code=ALL).count()


def _coverage(of: RuleReplay) -> dict[str, Any]:
    counted = of.counted
    total = counted.get("all", 0)
    return {
        "total": total,
        "failed": counted.get("failed", 0),
        "delivered": counted.get("delivered", 0),
        "without_text": total - counted.get("with_text", 0),
        "without_number": total - counted.get("with_consent", 0),
        "rate": round(total / of.seconds) if of.seconds else 0,
        "whole": {line.severity: line for line in of.lines.filter(code=ALL)},
        "sends": {
            line.severity: sends_url_of(of, line.key, line.severity) for line in of.lines.filter(code=ALL)
        },
    }


def _rules_tab(request: HttpRequest, of: RuleReplay) -> dict[str, Any]:
    order = request.GET.get("order", "prevented")
    order = order if order in ORDERS else "prevented"
    compared = _compared(request, of)
    lines = sorted(of.lines.all(), key=lambda line: (line.code, line.subject, line.severity))
    lines.sort(key=ORDERS[order][1], reverse=True)
    lines.sort(key=lambda line: line.code != ALL)
    same_sends = compared is not None and (compared.starts_at, compared.ends_at) == (of.starts_at, of.ends_at)
    both = pairs(compared.lines.all(), lines) if compared else (Pair(None, line) for line in lines)
    others = RuleReplay.objects.finished().exclude(pk=of.pk).defer("tally").latest_first()[:COMPARABLE]
    return {
        "rows": [
            Row(
                pair,
                sends_url_of(of if pair.after else compared or of, pair.either.key, pair.either.severity),
                same_sends,
            )
            for pair in both
        ],
        "order": order,
        "orders": [(name, label) for name, (label, _) in ORDERS.items()],
        "compared": compared,
        "same_sends": same_sends,
        "others": [(one, change_words(one)) for one in others],
    }


def _compared(request: HttpRequest, of: RuleReplay) -> RuleReplay | None:
    asked = request.GET.get("against", "")
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return None
    return RuleReplay.objects.finished().exclude(pk=of.pk).filter(pk=int(asked)).first()


def _gaps_tab(request: HttpRequest, of: RuleReplay) -> dict[str, Any]:
    return {"gaps": gaps(of)}


def _stale_tab(request: HttpRequest, of: RuleReplay) -> dict[str, Any]:
    return {"stale": stale(of)}


_TAB: dict[str, Callable[[HttpRequest, RuleReplay], dict[str, Any]]] = {
    "rules": _rules_tab,
    "gaps": _gaps_tab,
    "stale": _stale_tab,
}
