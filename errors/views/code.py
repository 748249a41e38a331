"""Error codes: the list, one code in plain words, the queue of new ones, what staff add to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, capped_count, page_of
from backoffice.models import AuditEntry
from backoffice.saved_views import keeps_views
from errors.catalogue import Advice, Category, CodeFacts, Phase, Retry, names_of, shipped
from errors.classify import annotate, classify
from errors.filters import CodeFilter
from errors.forms import ClassifyForm, CodeNoteForm, seen_mark
from errors.models import ErrorCode, SendAttempt, StaleCode
from errors.models.code import ErrorCodeQuerySet

TABS = {"all": "All", "met": "Met here", "new": "New", "warned": "Contradicted", "ours": "Decided here"}
BY_CODE = [Key("provider"), Key("place"), Key("pk")]
BY_FIRST_SIGHT = [Key("first_seen_at"), Key("pk")]
TAB_CAP = 10_000
ELSEWHERE = 12  # readings at other providers that are shown


# --- the list -----------------------------------------------------------------------------------------------


def _tab(query: QueryDict) -> str:
    tab = query.get("tab", "all")
    return tab if tab in TABS else "all"


def _by_tab(found: ErrorCodeQuerySet) -> dict[str, ErrorCodeQuerySet]:
    return {
        "all": found,
        "met": found.met(),
        "new": found.new(),
        "warned": found.warned(),
        "ours": found.exclude(classified_at=None) | found.exclude(local_note=""),
    }


def _narrowed(query: QueryDict, user: User, now: datetime) -> tuple[CodeFilter, ErrorCodeQuerySet]:
    narrowed = CodeFilter(query, queryset=ErrorCode.objects.all())
    return narrowed, _by_tab(narrowed.qs)[_tab(query)]


@require_GET
@needs("errors.view_errorcode")
@keeps_views("Error codes", _narrowed, tabs=TABS)
def code_list(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    tab = _tab(request.GET)
    narrowed, found = _narrowed(request.GET, request.user, timezone.now())
    views = _by_tab(narrowed.qs)
    page = page_of(found, request.GET, order=BY_FIRST_SIGHT if tab == "new" else BY_CODE)
    context = {
        "title": "Error codes",
        "subtitle": "What providers say when a send fails, and what to do about it.",
        "current": "codes",
        "filter": narrowed,
        "page": page,
        "rows": [{"code": code, "facts": code.as_facts()} for code in page.rows],
        "tabs": [
            {
                "name": name,
                "label": label,
                "count": capped_count(views[name], TAB_CAP),
                "is_current": name == tab,
            }
            for name, label in TABS.items()
        ],
        "tab": tab,
        "is_filtered": any(request.GET.get(name) for name in CodeFilter.base_filters),
    }
    return render_in_admin(request, "errors/code_list.html", context)


# --- one code -----------------------------------------------------------------------------------------------


@require_GET
@needs("errors.view_errorcode")
def code(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(ErrorCode.objects.select_related("classified_by"), pk=pk))


def _page(
    request: HttpRequest,
    row: ErrorCode,
    *,
    note: CodeNoteForm | None = None,
    decision: ClassifyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    facts = row.as_facts()
    context = {
        "title": f"{row.provider_label} {row.code}",
        "subtitle": row.name,
        "crumbs": [("Error codes", reverse("errors:code_list"))],
        "current": "codes",
        "code": row,
        "facts": facts,
        "kind": facts.kind,
        "told": row.explanation,
        "advice": _advice(facts),
        "catalogue_category": Category(row.category),
        "related": _related(facts),
        "elsewhere": _elsewhere(facts),
        "in_the_log": _in_the_log(request, row),
        "history": AuditEntry.objects.filter(object_type="errorcode", object_id=str(row.pk))
        .select_related("actor")
        .order_by("-pk"),
        "note_form": note or CodeNoteForm(initial={"note": row.local_note}),
        "classify_form": decision or ClassifyForm(code=row),
        "may_note": can(request.user, "errors.note_errorcode"),
        "may_classify": can(request.user, "errors.classify_errorcode"),
    }
    return render_in_admin(request, "errors/code.html", context, status=status)


def _advice(facts: CodeFacts) -> list[tuple[str, Advice]]:
    """What to do about the same message, by whether it had been accepted; one line where that does not matter."""
    refused, accepted = facts.advice(Phase.SUBMIT), facts.advice(Phase.DELIVERY)
    if refused.retry is accepted.retry is Retry.NEVER:
        return [("Send it again?", accepted)]
    return [
        ("Send again, if the request was refused", refused),
        ("Send again, after it was accepted", accepted),
    ]


def _related(facts: CodeFacts) -> list[dict[str, Any]]:
    """Other readings of the code at this provider, codes that differ by lost zeros, older and newer ones."""
    book = shipped()
    meaning = book.look_up(facts.provider, facts.code)
    how = "another reading" if meaning.is_known else "differs by leading zeros only"
    readings = (meaning.facts, *meaning.others) if meaning.is_known else meaning.others
    found = [(how, reading) for reading in readings if reading.key != facts.key]
    found += [("older and wider", book.look_up(facts.provider, code).facts) for code in facts.split_from]
    found += [("split off it", book.look_up(facts.provider, code).facts) for code in facts.split_into]
    return [{"how": how, "facts": other, "url": url} for how, other, url in _linked(found)]


def _elsewhere(facts: CodeFacts) -> dict[str, Any]:
    found = shipped().elsewhere(facts)
    rows = [{"facts": f, "url": url} for _, f, url in _linked([("", f) for f in found[:ELSEWHERE]])]
    return {"rows": rows, "more": max(0, len(found) - ELSEWHERE)}


def _linked(listed: Sequence[tuple[str, CodeFacts]]) -> list[tuple[str, CodeFacts, str]]:
    """Each with the address of its own page; one query."""
    rows = ErrorCode.objects.filter(code__in={facts.code for _, facts in listed})
    pks = {(row.provider, row.product, row.phase, row.code): row.pk for row in rows}
    return [
        (how, facts, reverse("errors:code", args=[pks[facts.key]]) if facts.key in pks else "")
        for how, facts in listed
    ]


def _in_the_log(request: HttpRequest, row: ErrorCode) -> dict[str, Any] | None:
    """How many failures carry it, and the way to them; None for those who may not see the log."""
    if not can(request.user, "errors.view_sendattempt"):
        return None
    sample = SendAttempt.objects.filter(pk=row.sample).first() if row.sample else None
    spellings = row.as_facts().spellings | {row.code_normal}
    failed = SendAttempt.objects.failed().filter(
        provider__in=names_of(row.provider, row.product), error_code__in=spellings
    )
    like = (sample.provider, sample.error_code) if sample else (row.provider, row.code)
    query = {"provider": like[0], "code": like[1], "failed": "1"}
    if row.first_seen_at:
        query["since"] = row.first_seen_at.isoformat()
    return {
        "count": capped_count(failed),
        "url": f"{reverse('errors:attempt_list')}?{urlencode(query)}",
        "sample": sample,
    }


# --- what staff add -----------------------------------------------------------------------------------------


@require_POST
@needs("errors.note_errorcode")
def code_note(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ErrorCode.objects.select_related("classified_by"), pk=pk)
    assert isinstance(request.user, User)
    form = CodeNoteForm(request.POST)
    if not form.is_valid():
        return _page(request, row, note=form, status=400)
    if annotate(row, form.cleaned_data["note"], by=request.user):
        messages.success(request, "Noted for colleagues.")
    return redirect("errors:code", pk=row.pk)


@require_POST
@needs("errors.classify_errorcode")
def code_classify(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ErrorCode.objects.select_related("classified_by"), pk=pk)
    assert isinstance(request.user, User)
    form = ClassifyForm(request.POST, code=row)
    if not form.is_valid():
        return _page(request, row, decision=form, status=400)
    said = form.cleaned_data
    try:
        if said["seen"] != seen_mark(row):
            raise StaleCode(row)
        category = form.chosen()
        classify(row, category, note=said["note"], reason=said["reason"], by=request.user, now=timezone.now())
    except StaleCode:
        row.refresh_from_db()
        messages.warning(
            request, "Somebody classified it since you opened the page. Look at what they said first."
        )
        # What was typed stays; what was seen is what is shown now.
        kept = ClassifyForm({**request.POST.dict(), "seen": seen_mark(row)}, code=row)
        return _page(request, row, decision=kept, status=409)
    words = row.effective_category.label if category else "what the catalogue says"
    messages.success(request, f"{row} counts as {words} from now on.")
    if row.origin == ErrorCode.Origin.SEEN and category:
        following = ErrorCode.objects.new().order_by("first_seen_at", "pk").first()
        if following is not None and request.POST.get("next"):
            return redirect("errors:code", pk=following.pk)
    return redirect("errors:code", pk=row.pk)
