"""The send log: every attempt, newest first; narrowed by filters, or found by what somebody has in hand."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.access import needs
from backoffice.exchange import MAX_EXPORT_ROWS
from backoffice.files.export import write_csv, write_xlsx
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.models import AuditEntry, ImportBatch
from backoffice.patience import TookTooLong, at_most
from backoffice.saved_views import keeps_views
from consent.models import Contact, Number
from consent.views.evidence import people_of
from errors.catalogue import Catalogue, provider_label
from errors.filters import USUAL_WINDOW, AttemptFilter
from errors.forms import AttemptSearch
from errors.models import AttemptHour, ErrorCode, SendAttempt
from errors.models.attempt import SendAttemptQuerySet
from errors.views.lookup import Answer, TooMany, look_up

ORDER = [Key("submitted_at", descending=True), Key("pk", descending=True)]
PAGE = 50
PATIENCE = 5.0  # seconds for one question to the log
EXPORT_PATIENCE = 60.0
SUGGESTED_FROM = timedelta(days=2)
FURTHER_BACK = (("a month", 30), ("three months", 91), ("a year", 366))


@dataclass(frozen=True, slots=True)
class Row:
    """One send of the list, with who got it and what its code means."""

    attempt: SendAttempt
    people: Sequence[Contact]
    meaning: str

    @property
    def provider(self) -> str:
        return provider_label(self.attempt.provider)


def _asked_for(query: QueryDict, user: User, now: datetime) -> tuple[AttemptFilter, SendAttemptQuerySet]:
    narrowed = AttemptFilter(query, queryset=SendAttempt.objects.all())
    return narrowed, narrowed.qs


@require_http_methods(["GET", "HEAD", "POST"])
@needs("errors.view_sendattempt")
@keeps_views("Send log", _asked_for, personal=frozenset({"number", "contact"}))
def attempt_list(request: HttpRequest) -> HttpResponse:
    """Filters travel in the address; a search comes by POST, so that no personal data stands in one."""
    now = timezone.now()
    context: dict[str, Any] = {
        "title": "Send log",
        "subtitle": "Every text that was handed to a provider, the newest first, and what became of it.",
        "current": "attempts",
        "form": AttemptSearch(),
        "more": MORE,
    }
    try:
        with at_most(PATIENCE):
            context |= _searched(request) if request.method == "POST" else _narrowed(request, now)
    except TookTooLong:
        narrowed = AttemptFilter(request.GET, queryset=SendAttempt.objects.none())
        context |= {"filter": narrowed, "rows": [], "too_long": True, "spans": _spans(now)}
    return render_in_admin(request, "errors/attempt_list.html", context)


def _narrowed(request: HttpRequest, now: datetime) -> dict[str, Any]:
    assert isinstance(request.user, User)
    narrowed, found = _asked_for(request.GET, request.user, now)
    page = page_of(found.select_related("number"), request.GET, order=ORDER, size=PAGE)
    asked = narrowed.asked
    return {
        "filter": narrowed,
        "page": page,
        "rows": rows_of(page.rows),
        "is_filtered": bool(asked),
        "more_is_asked": any(name in asked for name in MORE),
        "window_start": narrowed.window_start,
        "window": USUAL_WINDOW,
        "tab": _tab(asked),
        "spans": _spans(now),
        "providers": _known_providers(now),
        "about": _about(asked),
        "nothing_yet": not page.rows and not asked and not SendAttempt.objects.exists(),
    }


def _tab(asked: dict[str, Any]) -> str:
    """Which of the page's three views the filters amount to."""
    return {("1", None): "failed", ("0", "1"): "fine", (None, None): "all"}.get(
        (asked.get("failed"), asked.get("settled")), ""
    )


# Filters that the page keeps folded away until one of them is used.
MORE = ("sender", "template", "carrier", "encoding", "segments", "hour", "settled", "failed", "number")


def _searched(request: HttpRequest) -> dict[str, Any]:
    form = AttemptSearch(request.POST)
    context: dict[str, Any] = {"form": form, "searched": True, "rows": []}
    if not form.is_valid():
        return context
    try:
        answer = look_up(form.cleaned_data["text"])
    except TooMany as problem:
        form.add_error("text", str(problem))
        return context
    return context | (_answered(form, answer) if answer else {"nothing_found": True})


def _answered(form: AttemptSearch, answer: Answer) -> dict[str, Any]:
    cursor = {"after": form.cleaned_data["after"]} if form.cleaned_data["after"] else {}
    page = page_of(answer.attempts.select_related("number"), cursor, order=ORDER, size=PAGE)
    following = QueryDict(page.next_url.removeprefix("?")).get("after", "") if page.next_url else ""
    again = AttemptSearch(initial={"text": form.cleaned_data["text"], "after": following})
    return {
        "answer": answer,
        "count": page.count,
        "rows": rows_of(page.rows),
        "next": again if following else None,
    }


def rows_of(attempts: Sequence[SendAttempt]) -> list[Row]:
    """Two queries, whatever the number of sends: who holds the numbers, and what codes mean here."""
    book = ErrorCode.objects.as_catalogue()
    people = people_of(attempt.number_id for attempt in attempts if attempt.number_id)
    return [
        Row(attempt, people.get(attempt.number_id or 0, []), _meaning(attempt, book)) for attempt in attempts
    ]


def _meaning(attempt: SendAttempt, book: Catalogue) -> str:
    """What the code of a send says, in a few words; empty where it has none and did not fail."""
    if not attempt.error_code and not attempt.is_failed:
        return ""
    facts = book.look_up(attempt.provider, attempt.error_code, title=attempt.error_text).facts
    return facts.name or facts.category.label


def _known_providers(now: datetime) -> list[str]:
    """Who was sent through lately, from the hourly counts."""
    lately = AttemptHour.objects.filter(hour__gte=now - SUGGESTED_FROM)
    return list(lately.order_by("provider").values_list("provider", flat=True).distinct())


def _spans(now: datetime) -> list[dict[str, str]]:
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [
        {"label": label, "since": (hour - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for label, days in FURTHER_BACK
    ]


def _about(asked: dict[str, Any]) -> list[str]:
    """What the filters that are no fields on the page narrow it to."""
    found = []
    if "contact" in asked:
        number = Number.objects.filter(pk=int(asked["contact"])).first()
        found.append(f"to {number}" if number else "to a number that is not known")
    if "batch" in asked:
        batch = ImportBatch.objects.filter(pk=int(asked["batch"])).first()
        found.append(f"from the file {batch.original_name}" if batch else "from a file that is not known")
    return found


# --- as a file ------------------------------------------------------------------------------------------------

COLUMNS = (
    *("submitted_at", "recipient", "provider", "message_ref", "client_ref", "sender", "country", "carrier"),
    *("campaign", "template", "template_version", "journey", "route", "encoding", "segments", "status"),
    *("error_code", "error_text", "status_at"),
)
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_GET
@needs("errors.view_sendattempt")
def attempt_export(request: HttpRequest, ending: str) -> HttpResponse:
    """The sends of the list as a file, without the texts. Who took it out is on record."""
    if ending not in TYPES:
        raise Http404(f"There is no export as {ending}.")
    narrowed = AttemptFilter(request.GET, queryset=SendAttempt.objects.all())
    address = f"{reverse('errors:attempt_list')}?{request.GET.urlencode()}"
    try:
        with at_most(EXPORT_PATIENCE):
            found = narrowed.qs.select_related("number").order_by("-submitted_at", "-pk")
            attempts = list(found.defer("body", "request")[: MAX_EXPORT_ROWS + 1])
    except TookTooLong:
        messages.error(request, "That took too long. Narrow the list by time or campaign, then export it.")
        return redirect(address)
    if len(attempts) > MAX_EXPORT_ROWS:
        messages.error(
            request, f"This list has more than {MAX_EXPORT_ROWS:,} sends. Narrow it, then export each part."
        )
        return redirect(address)
    file = io.BytesIO()
    header, cells = [*COLUMNS, "meaning"], _cells(attempts)
    if ending == "csv":
        with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            write_csv(text, header, cells)
            text.flush()
            content = file.getvalue()
    else:
        write_xlsx(file, header, cells, title="Send log")
        content = file.getvalue()
    AuditEntry.objects.create(
        actor=request.user if isinstance(request.user, User) else None,
        action="attempts.export",
        object_type="sendattempt",
        details={"rows": len(attempts), "filters": sorted(narrowed.asked), "format": ending},
    )
    answer = HttpResponse(content, content_type=TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="send-log.{ending}"'
    return answer


def _cells(attempts: Sequence[SendAttempt]) -> Iterator[list[Any]]:
    book = ErrorCode.objects.as_catalogue()
    for attempt in attempts:
        plain = {name: getattr(attempt, name) for name in COLUMNS if name != "recipient"}
        plain["recipient"] = attempt.number.e164 if attempt.number else attempt.recipient
        yield [*(_cell(plain[name]) for name in COLUMNS), _meaning(attempt, book)]


def _cell(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
