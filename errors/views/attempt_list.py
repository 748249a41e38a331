"""The send log: every attempt, newest first; narrowed by filters, or found by what somebody has in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.list_export import Columns, exported
from backoffice.models import ImportBatch
from backoffice.patience import TookTooLong, at_most
from backoffice.saved_views import keeps_views
from consent.models import Contact, Number
from consent.views.evidence import people_of
from errors.catalogue import Catalogue, provider_label
from errors.filters import USUAL_WINDOW, AttemptFilter
from errors.forms import AttemptSearch
from errors.lookup import Answer, TooMany, look_up
from errors.models import AttemptHour, ErrorCode, SendAttempt
from errors.models.attempt import SendAttemptQuerySet

ORDER = [Key("submitted_at", descending=True), Key("pk", descending=True)]
PAGE = 50
PATIENCE = 5.0  # seconds for one question to the log
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

FIELDS = (
    *("provider", "message_ref", "client_ref", "sender", "country", "carrier"),
    *("campaign", "template", "template_version", "journey", "route", "encoding", "segments", "status"),
    *("error_code", "error_text", "status_at"),
)


@require_GET
@needs("backoffice.export_list")
def attempt_export(request: HttpRequest, ending: str) -> HttpResponse:
    """The sends of the list as a file, without the texts."""
    assert isinstance(request.user, User)
    narrowed, found = _asked_for(request.GET, request.user, timezone.now())
    sends = found.select_related("number").defer("body", "request")
    book = ErrorCode.objects.as_catalogue()
    columns: Columns = {
        "submitted_at": attrgetter("submitted_at"),
        "recipient": lambda attempt: attempt.number.e164 if attempt.number else attempt.recipient,
        **{name: attrgetter(name) for name in FIELDS},
        "meaning": lambda attempt: _meaning(attempt, book),
    }
    return exported(request, ending, "errors:attempt_list", (narrowed, sends), order=ORDER, columns=columns)
