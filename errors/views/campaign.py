"""One checked campaign: how far it is, what was found, what history says, and the lists behind every count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice import audit
from backoffice.access import can, needs
from backoffice.files.export import csv_chunks
from backoffice.files.unreadable import Unreadable
from backoffice.frame import render_in_admin
from backoffice.pages.jobs import Seen
from errors import campaign_check
from errors.campaign_check import (
    CODES,
    COUNTRY,
    LINE,
    NUMBER,
    PROBLEM,
    SEGMENTS,
    VERDICT,
    WRITTEN,
    results_of,
)
from errors.campaign_form import CampaignForm
from errors.campaign_tally import reasons_of
from errors.encoding import money
from errors.models import CampaignCheck
from errors.preflight import Code, Severity, Verdict
from errors.views.audience_check import LISTS

CONSENT = (
    (Code.CONSENT_OPTED_OUT, "opted out"),
    (Code.CONSENT_HELD, "on hold"),
    (Code.CONSENT_MISSING, "without consent"),
)
SHOWN_LINES = 12
# What an agent may take out at once; longer lists are for supervisors.
FEW = 5_000
HEADER = ("line", "number", "country", "number in E.164 form", "verdict", "reasons", "segments", "what to do")


@require_safe
@needs("errors.view_campaigncheck")
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _found(pk))


@require_safe
@needs("errors.view_campaigncheck")
def campaign_live(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, for the page that is open."""
    check = _found(pk)
    answer = render(request, "errors/_campaign_now.html", _now_shown(request, check))
    if check.status not in CampaignCheck.WORKING or campaign_check.is_stranded(check):
        answer["X-Live"] = "reload"
    return answer


def _found(pk: int) -> CampaignCheck:
    return get_object_or_404(CampaignCheck.objects.select_related("asked_by", "program", "before"), pk=pk)


def _now_shown(request: HttpRequest, check: CampaignCheck) -> dict[str, Any]:
    run = check.run
    return {
        "check": check,
        "seen": Seen(run, timezone.now()) if run else None,
        "is_stranded": campaign_check.is_stranded(check),
        "may_check": can(request.user, "errors.add_campaigncheck"),
    }


def _page(
    request: HttpRequest, check: CampaignCheck, *, again: CampaignForm | None = None, status: int = 200
) -> HttpResponse:
    others = CampaignCheck.objects.filter(name=check.name, status=CampaignCheck.Status.DONE).exclude(
        pk=check.pk
    )
    may_check = can(request.user, "errors.add_campaigncheck")
    context = {
        "title": check.name,
        "subtitle": f"{check.original_name}, asked by {check.asked_by.get_full_name() or check.asked_by.username}",
        "crumbs": [("Checked campaigns", reverse("errors:campaign_list"))],
        "current": "check",
        **_now_shown(request, check),
        **_results(request, check),
        "is_live": check.status in CampaignCheck.WORKING and not campaign_check.is_stranded(check),
        "others": others.defer("tally", "projection").order_by("-pk")[:8],
        "again": (again or CampaignForm(was=check)) if may_check and check.file else None,
        "again_is_open": again is not None,
        "days": settings.CAMPAIGN_FILE_DAYS,
    }
    return render_in_admin(request, "errors/campaign.html", context, status=status)


def _results(request: HttpRequest, check: CampaignCheck) -> dict[str, Any]:
    reasons = reasons_of(check.tally)
    by_code = {one.code: one.rows for one in reasons}
    lengths = [
        {"segments": int(segments), "rows": rows, "whole": int(segments) * rows}
        for segments, rows in check.tally.get("lengths", {}).items()
    ]
    may_see_texts = can(request.user, "errors.add_campaigncheck")
    return {
        "lists": [
            {"name": name, "label": label, "note": note, "tone": tone, "count": check.verdicts[name]}
            for name, label, note, tone in LISTS
        ],
        "reasons": [{"reason": one, "may_export": _may_export(request, check, one.rows)} for one in reasons],
        "may_export": {name: _may_export(request, check, count) for name, count in check.verdicts.items()},
        "consent": [(label, by_code.get(code.value, 0), code.value) for code, label in CONSENT],
        "lengths": lengths,
        "cost": money(check.price, check.segments),
        "missing": sorted(check.tally.get("missing", {}).items(), key=lambda one: (-one[1], one[0])),
        "extremes": [
            (words, check.tally[name])
            for name, words in (("longest", "Longest"), ("shortest", "Shortest"))
            if check.tally.get(name)
        ],
        "may_see_texts": may_see_texts,
        "projection": check.projection,
        "lines": [
            line
            | {
                "shown": _percent(line["rate"]),
                "bounds": f"{_percent(line['low'])} to {_percent(line['high'])}",
            }
            for line in check.projection.get("lines", [])[:SHOWN_LINES]
        ],
        "more_lines": max(0, len(check.projection.get("lines", [])) - SHOWN_LINES),
    }


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f}".removesuffix(".0") + " %"


# --- lists --------------------------------------------------------------------------------------------------


def _may_export(request: HttpRequest, check: CampaignCheck, rows: int) -> bool:
    if not check.results or not rows:
        return False
    right = "errors.add_campaigncheck" if rows <= FEW else "errors.export_campaigncheck"
    return can(request.user, right)


@require_POST
@needs("errors.add_campaigncheck")
def campaign_export(request: HttpRequest, pk: int) -> Any:
    """The rows of one verdict or with one reason, as a file. Who took it out is on record."""
    check, listed = _found(pk), request.POST.get("list", "")[:60]
    rows = {one.code: one.rows for one in reasons_of(check.tally)} | check.verdicts
    if not rows.get(listed):
        raise Http404
    if not _may_export(request, check, rows[listed]):
        raise PermissionDenied
    audit.record(request.user, "campaign.export", check, rows=rows[listed], list=listed)
    answer = StreamingHttpResponse(
        csv_chunks(HEADER, _exported(check, listed)), content_type="text/csv; charset=utf-8"
    )
    name = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in listed)
    answer["Content-Disposition"] = f'attachment; filename="campaign-{check.pk}-{name}.csv"'
    return answer


def _exported(check: CampaignCheck, listed: str) -> Iterator[list[Any]]:
    remedies = {one.code: one.remedy for one in reasons_of(check.tally)}
    for row in results_of(check):
        codes = row[CODES].split(";") if row[CODES] else []
        if listed == row[VERDICT] or listed in codes:
            to_do = row[PROBLEM] or " ".join(dict.fromkeys(remedies.get(code, "") for code in codes))
            yield [
                *(int(row[LINE]), row[WRITTEN], row[COUNTRY], row[NUMBER], row[VERDICT], "; ".join(codes)),
                *(int(row[SEGMENTS]), to_do),
            ]


# --- what people do -----------------------------------------------------------------------------------------


@require_POST
@needs("errors.add_campaigncheck")
def campaign_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    campaign_check.cancel(_found(pk), by=request.user)
    messages.success(request, "It was asked to stop. What was counted stays.")
    return redirect("errors:campaign", pk=pk)


@require_POST
@needs("errors.add_campaigncheck")
def campaign_go_on(request: HttpRequest, pk: int) -> HttpResponse:
    assert isinstance(request.user, User)
    campaign_check.go_on(_found(pk), by=request.user)
    return redirect("errors:campaign", pk=pk)


@sensitive_post_parameters()
@require_POST
@needs("errors.add_campaigncheck")
def campaign_again(request: HttpRequest, pk: int) -> HttpResponse:
    """The same list with another text or other settings."""
    check = _found(pk)
    form = CampaignForm(request.POST, was=check)
    if not form.is_valid():
        return _page(request, check, again=form, status=400)
    assert isinstance(request.user, User)
    given = form.cleaned_data
    try:
        again = campaign_check.ask_again(
            check,
            template=given["body"],
            message=form.asked(),
            program=given["program"],
            price=given["price"],
            by=request.user,
        )
    except Unreadable as problem:
        form.add_error("body", str(problem))
        return _page(request, check, again=form, status=400)
    return redirect("errors:campaign", pk=again.pk)


@require_http_methods(["GET", "HEAD"])
@needs("errors.view_campaigncheck")
def campaign_compare(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """Two checks of one campaign beside each other, the older one first."""
    before, after = sorted((_found(pk), _found(other)), key=lambda check: check.pk)
    if before.name != after.name or before.pk == after.pk:
        raise Http404
    context = {
        "title": f"{after.name}: before and after",
        "crumbs": [
            ("Checked campaigns", reverse("errors:campaign_list")),
            (after.name, reverse("errors:campaign", args=[after.pk])),
        ],
        "current": "check",
        "before": before,
        "after": after,
        **_compared(before, after),
    }
    return render_in_admin(request, "errors/campaign_compare.html", context)


def _compared(before: CampaignCheck, after: CampaignCheck) -> dict[str, list[dict[str, Any]]]:
    """Every number of both with its change; of reasons those that either has, the most frequent first. What is worse
    is told by shares: of the rows, or for each text that would go out, as another list may be longer."""
    rows = (before.rows_done, after.rows_done)
    texts = (_may_go(before), _may_go(after))
    totals = [_line("Rows", *rows)]
    for name, label, _, _ in LISTS:
        marks = {"fell": "fewer"} if name is Verdict.PASS else {"rose": "more"}
        totals.append(
            _line(label.capitalize(), before.verdicts[name], after.verdicts[name], of=rows, **marks)
        )
    totals.append(_line("Segments", before.segments, after.segments, of=texts, rose="longer"))
    if before.cost is not None and after.cost is not None:
        totals.append(_line("Cost", before.cost.normalize(), after.cost.normalize(), of=texts, rose="dearer"))
    if before.projection and after.projection:
        was, now = round(before.projection["expected"]), round(after.projection["expected"])
        totals.append(_line("Failures expected", was, now, of=texts, rose="likelier"))
    was_of = {one.code: one for one in reasons_of(before.tally)}
    now_of = {one.code: one for one in reasons_of(after.tally)}
    reasons = []
    for code in was_of.keys() | now_of.keys():
        either = now_of.get(code) or was_of[code]
        was, now = (found[code].rows if code in found else 0 for found in (was_of, now_of))
        rose = "" if either.severity is Severity.INFO else "more often"
        reasons.append({**_line(code, was, now, of=rows, rose=rose), "words": either.words})
    reasons.sort(key=lambda line: (-max(line["was"], line["now"]), line["label"]))
    return {"totals": totals, "reasons": reasons}


def _may_go(check: CampaignCheck) -> int:
    return check.verdicts[Verdict.PASS] + check.verdicts[Verdict.WARN]


def _line(
    label: str, was: Any, now: Any, *, of: tuple[int, int] = (1, 1), rose: str = "", fell: str = ""
) -> dict[str, Any]:
    """`rose` or `fell` is the word for a share of `of` that is worse for having done so."""
    old, new = (part / max(1, whole) for part, whole in zip((was, now), of, strict=True))
    mark = rose if new > old else fell if new < old else ""
    return {"label": label, "was": was, "now": now, "change": now - was, "mark": mark}
