"""The list of patterns by impact, and looking for them on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, capped_count, page_of
from backoffice.saved_views import keeps_views
from backoffice.words import capped, staff_words
from errors import looks, pictures, telling
from errors.filters import PatternFilter
from errors.forms import LookForm
from errors.models import (
    AttemptHour,
    ErrorCode,
    Fix,
    Pattern,
    PatternRun,
)
from errors.views.pattern_evidence import Spark, failures_url, latest_sightings, meaning, spark_of, tone
from errors.windows import HOUR, hour_of

ORDER = [Key("excess", descending=True), Key("recipients", descending=True), Key("pk", descending=True)]
TAB_CAP = 1_000
S = Pattern.Status


TABS = {
    "open": "To work on",
    "mine": "Mine",
    "fixed": "Being watched",
    "held": "Held",
    "muted": "Muted",
    "closed": "Gone",
}


def _tab(query: QueryDict) -> str:
    tab = query.get("tab", "open")
    return tab if tab in TABS else "open"


def _by_tab(patterns: QuerySet[Pattern], user: User) -> dict[str, QuerySet[Pattern]]:
    return {
        "open": patterns.filter(status__in=Pattern.TO_WORK_ON),
        "mine": patterns.filter(owner=user.pk, status__in=Pattern.LIVE),
        "fixed": patterns.filter(status=S.FIXED),
        "held": patterns.filter(status=S.HELD),
        "muted": patterns.filter(status=S.MUTED),
        "closed": patterns.filter(status=S.CLOSED),
    }


def _narrowed(query: QueryDict, user: User, now: datetime) -> tuple[PatternFilter, QuerySet[Pattern]]:
    narrowed = PatternFilter(query, queryset=Pattern.objects.all())
    return narrowed, _by_tab(narrowed.qs, user)[_tab(query)]


@dataclass(frozen=True, slots=True)
class Row:
    """One pattern of the list. `window`: the look that its numbers are from."""

    pattern: Pattern
    title: str
    meaning: str
    window: PatternRun | None
    spark: Spark | None
    failures_url: str
    progress: str = ""

    @property
    def rate(self) -> str:
        return pictures.percent(self.pattern.failures / max(self.pattern.attempts, 1))

    @property
    def excess(self) -> int:
        return round(self.pattern.excess)

    @property
    def tone(self) -> str:
        return tone(self.pattern)

    @property
    def times(self) -> str:
        return telling.times(self.pattern.lift)


@require_safe
@needs("errors.view_pattern")
@keeps_views("Patterns", _narrowed, tabs=TABS)
def pattern_list(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    now = timezone.now()
    tab = _tab(request.GET)
    narrowed, found = _narrowed(request.GET, request.user, now)
    page = page_of(found.select_related("owner"), request.GET, order=ORDER)
    by_tab = _by_tab(narrowed.qs, request.user)
    context = {
        "title": "Patterns",
        "subtitle": "Slices of sends that fail more than they should. The most failures above what is expected first.",
        "current": "patterns",
        "filter": narrowed,
        "is_filtered": any(request.GET.get(name) for name in narrowed.filters),
        "tabs": [
            (name, label, capped(capped_count(by_tab[name], TAB_CAP), TAB_CAP), name == tab)
            for name, label in TABS.items()
        ],
        "tab": tab,
        "page": page,
        "rows": _rows(page.rows),
        "ran": PatternRun.objects.order_by("-finished_at", "-pk").first(),
        "newest": AttemptHour.objects.aggregate(newest=Max("hour"))["newest"],
        "look_form": look_form(now) if can(request.user, "errors.detect_pattern") else None,
    }
    return render_in_admin(request, "errors/pattern_list.html", context)


def _rows(patterns: Sequence[Pattern]) -> list[Row]:
    """Four queries, however many patterns."""
    book = ErrorCode.objects.as_catalogue()
    sightings = latest_sightings([pattern.pk for pattern in patterns])
    waiting = Fix.objects.filter(pattern__in=patterns, outcome=Fix.Outcome.WAITING).order_by("pk")
    told = {fix.pattern_id: fix for fix in waiting.prefetch_related("verifications")}
    return [
        Row(
            pattern=pattern,
            title=telling.title(pattern.attributes, is_incident=pattern.is_incident),
            meaning=meaning(pattern, book),
            window=seen[-1].run if (seen := sightings.get(pattern.pk, [])) else None,
            spark=spark_of(seen),
            failures_url=failures_url(pattern, seen[-1].run) if seen else "",
            progress=_progress_words(told.get(pattern.pk)),
        )
        for pattern in patterns
    ]


def _progress_words(fix: Fix | None) -> str:
    if fix is None:
        return ""
    told = max(fix.verifications.all(), key=lambda one: one.pk, default=None)
    if told is None:
        return "not measured yet"
    return f"{told.settled:,} of {told.details.get('needed', 0):,} mature sends"


def look_form(now: datetime) -> LookForm:
    """A look at the newest day of the log."""
    newest = AttemptHour.objects.aggregate(newest=Max("hour"))["newest"]
    end = min(newest + HOUR, hour_of(now)) if newest else hour_of(now)
    local = "%Y-%m-%dT%H:%M"
    return LookForm(
        initial={
            "since": timezone.localtime(end - timedelta(days=1)).strftime(local),
            "until": timezone.localtime(end).strftime(local),
            "against": looks.DAYS,
        }
    )


@require_POST
@needs("errors.detect_pattern")
def pattern_detect(request: HttpRequest) -> HttpResponse:
    """Have a window looked at; the run's own page shows how far it is."""
    form = LookForm(request.POST)
    assert isinstance(request.user, User)
    if not form.is_valid():
        for said in form.errors.values():
            messages.error(request, " ".join(str(error) for error in said))
        return redirect("errors:pattern_list")
    given = form.cleaned_data
    run = looks.ask(given["since"], given["until"], given["against"], by=request.user)
    messages.info(request, f"Looking at {staff_words(given['since'])} to {staff_words(given['until'])}.")
    return redirect("jobs:run", run.pk)
