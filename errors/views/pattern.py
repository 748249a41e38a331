"""Patterns: the list by impact, the page of one with everything known about it, and what people do about them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import F, Max, Q, QuerySet, Sum
from django.db.models import Window as Over
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, capped_count, page_of
from backoffice.models import IllegalMove
from backoffice.templatetags.frame import tone_of
from backoffice.words import capped, staff_words
from errors import desk, looks, pictures, slices, telling
from errors.catalogue import Catalogue, Category, CategoryFacts, CodeFacts, Retry, provider_label
from errors.effect import Rate
from errors.figures import Tally
from errors.filters import PatternFilter
from errors.fix import Refused
from errors.forms import LookForm, MuteForm, NoteForm, OwnerForm
from errors.models import (
    AttemptHour,
    ErrorCode,
    Fix,
    Pattern,
    PatternEvent,
    PatternRun,
    SendAttempt,
    Sighting,
    StalePattern,
)
from errors.views.attempt_list import rows_of
from errors.views.error_overview import Links, over_time
from errors.windows import HOUR, hour_of, next_hour, pieces
from errors.windows import Window as Stretch

S = Pattern.Status
ORDER = [Key("excess", descending=True), Key("recipients", descending=True), Key("pk", descending=True)]
TAB_CAP = 1_000
SEEN = 12  # sightings in a small picture
SHOWN = 5
AROUND = timedelta(days=14)  # shown before the first sighting and after the last


def tone(pattern: Pattern) -> str:
    """How the chip of its state is coloured. One that held is good news, unlike a row that is held back."""
    return "ok" if pattern.status == S.HELD else tone_of(pattern.status)


def _tabs(user: Any) -> dict[str, tuple[str, Q]]:
    return {
        "open": ("To work on", Q(status__in=Pattern.TO_WORK_ON)),
        "mine": ("Mine", Q(owner=user.pk, status__in=Pattern.LIVE)),
        "fixed": ("Being watched", Q(status=S.FIXED)),
        "held": ("Held", Q(status=S.HELD)),
        "muted": ("Muted", Q(status=S.MUTED)),
        "closed": ("Gone", Q(status=S.CLOSED)),
    }


@dataclass(frozen=True, slots=True)
class Spark:
    """A rate over the last looks as one line, 96 by 24 pixels; and where it goes."""

    points: str
    last: tuple[float, float]
    words: str
    tone: str


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
def pattern_list(request: HttpRequest) -> HttpResponse:
    tabs = _tabs(request.user)
    tab = request.GET.get("tab", "open")
    tab = tab if tab in tabs else "open"
    narrowed = PatternFilter(request.GET, queryset=Pattern.objects.select_related("owner"))
    page = page_of(narrowed.qs.filter(tabs[tab][1]), request.GET, order=ORDER)
    now = timezone.now()
    context = {
        "title": "Patterns",
        "subtitle": "Slices of sends that fail more than they should. The most failures above what is expected first.",
        "current": "patterns",
        "filter": narrowed,
        "is_filtered": any(request.GET.get(name) for name in narrowed.filters),
        "tabs": [
            (name, label, capped(capped_count(narrowed.qs.filter(wanted), TAB_CAP), TAB_CAP), name == tab)
            for name, (label, wanted) in tabs.items()
        ],
        "tab": tab,
        "page": page,
        "rows": _rows(page.rows),
        "ran": PatternRun.objects.order_by("-finished_at", "-pk").first(),
        "newest": AttemptHour.objects.aggregate(newest=Max("hour"))["newest"],
        "look_form": _look_form(now) if can(request.user, "errors.detect_pattern") else None,
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
            meaning=_meaning(pattern, book),
            window=seen[-1].run if (seen := sightings.get(pattern.pk, [])) else None,
            spark=_spark(seen),
            failures_url=_failures_url(pattern, seen[-1].run) if seen else "",
            progress=_progress_words(told.get(pattern.pk)),
        )
        for pattern in patterns
    ]


def latest_sightings(pattern_ids: Sequence[int], count: int = SEEN) -> dict[int, list[Sighting]]:
    """The last sightings of each pattern, the latest at the end. One query."""
    placed = Over(RowNumber(), partition_by="pattern", order_by=[F("run__ends_at").desc(), F("pk").desc()])
    rows = Sighting.objects.filter(pattern__in=pattern_ids).annotate(place=placed).filter(place__lte=count)
    found: dict[int, list[Sighting]] = {}
    for sighting in rows.select_related("run").order_by("pattern", "-place"):
        found.setdefault(sighting.pattern_id, []).append(sighting)
    return found


def _meaning(pattern: Pattern, book: Catalogue) -> str:
    if not pattern.provider:
        return Category(pattern.category).label if pattern.category in set(Category) else ""
    facts = book.look_up(pattern.provider, pattern.error_code).facts
    return facts.name or facts.category.label


def _failures_url(pattern: Pattern, run: PatternRun) -> str:
    query = slices.query(pattern.attributes, since=run.starts_at, until=run.ends_at, failed=1)
    return f"{reverse('errors:attempt_list')}?{query}"


def _spark(seen: Sequence[Sighting]) -> Spark | None:
    """Rates of looks at windows of different lengths can be compared; their numbers cannot."""
    if len(seen) < 2:
        return None
    rates = [sighting.failures / max(sighting.attempts, 1) for sighting in seen]
    top = max(rates) or 1.0
    places = [
        (round(2 + 92 * place / (len(rates) - 1), 1), round(22 - 20 * rate / top, 1))
        for place, rate in enumerate(rates)
    ]
    before, last = sorted(rates[:-1])[(len(rates) - 1) // 2], rates[-1]
    words, tone = "Steady", "mute"
    if last > 1.25 * before:
        words, tone = "Rising", "bad"
    elif last < 0.8 * before:
        words, tone = "Falling", "ok"
    return Spark(" ".join(f"{x},{y}" for x, y in places), places[-1], words, tone)


def _progress_words(fix: Fix | None) -> str:
    if fix is None:
        return ""
    told = max(fix.verifications.all(), key=lambda one: one.pk, default=None)
    if told is None:
        return "not measured yet"
    return f"{told.settled:,} of {told.details.get('needed', 0):,} mature sends"


# --- one pattern ----------------------------------------------------------------------------------------------


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
    book = ErrorCode.objects.as_catalogue()
    seen = latest_sightings([pattern.pk]).get(pattern.pk, [])
    last = seen[-1] if seen else None
    fixes = list(pattern.fixes.select_related("made_by").prefetch_related("verifications").order_by("-pk"))
    context: dict[str, Any] = {
        "title": telling.title(pattern.attributes, is_incident=pattern.is_incident),
        "crumbs": [("Patterns", reverse("errors:pattern_list"))],
        "current": "patterns",
        "pattern": pattern,
        "tone": tone(pattern),
        "sentence": _sentence(pattern, book),
        "expected": round(pattern.expected),
        "rate": Rate(pattern.failures, pattern.attempts),
        "rate_words": pictures.percent(pattern.failures / max(pattern.attempts, 1)),
        "expected_words": pictures.percent(pattern.expected / max(pattern.attempts, 1)),
        "interval": _interval(Rate(pattern.failures, pattern.attempts)),
        "lift": [
            telling.times(lift) for lift in (pattern.lift, pattern.lift_low or 0, pattern.lift_high or 0)
        ],
        "chance": _chance(pattern.p_value),
        "look": last.run if last else None,
        "spark": _spark(seen),
        "failures_url": _failures_url(pattern, last.run) if last else "",
        "codes": _codes(pattern, last, book),
        "kinds": _kinds(last, book),
        "same": telling.cannot_tell(pattern.attributes, pattern.same_as),
        "overlaps": _overlaps(pattern, last),
        "ruled_out": _ruled_out(pattern, last),
        "compared": _compared(last.run) if last else "",
        "examples": _examples(pattern, last),
        "similar": _similar(pattern),
        "fixes": [fix_shown(fix, now) for fix in fixes],
        "events": _events(pattern),
        "note": NoteForm(),
        "mute": mute or MuteForm(initial={"version": pattern.version}),
        "mute_is_open": mute is not None,
        "conflict": conflict,
        "may_fix": can(request.user, "errors.fix_pattern"),
        "may_mute": can(request.user, "errors.mute_pattern"),
        "may_detect": can(request.user, "errors.detect_pattern"),
        "may_assign": can(request.user, "errors.assign_pattern"),
        "again": _look_form(now),
        "can_fix": S.FIXED in Pattern.MOVES[S(pattern.status)],
        "can_mute": S.MUTED in Pattern.MOVES[S(pattern.status)],
        "staff": list(User.objects.filter(is_active=True, is_staff=True).order_by("first_name", "username")),
        **_over_time(pattern, fixes, now),
    }
    return render_in_admin(request, "errors/pattern.html", context, status=status)


def _sentence(pattern: Pattern, book: Catalogue) -> str:
    return telling.sentence(
        pattern.attributes,
        attempts=pattern.attempts,
        failures=pattern.failures,
        expected=pattern.expected,
        code=pattern.error_code,
        meaning=_meaning(pattern, book),
    )


def _interval(rate: Rate) -> str:
    return f"{pictures.percent(rate.low).removesuffix(' %')}–{pictures.percent(rate.high)}"


def _chance(p_value: float) -> str:
    """How often chance alone does this, as people say it."""
    if p_value <= 1e-9:
        return "less than once in a billion such looks"
    return (
        f"about once in {10 ** round(-math.log10(p_value)):,} such looks" if p_value < 0.05 else "not rarely"
    )


@dataclass(frozen=True, slots=True)
class Code:
    provider: str
    facts: CodeFacts
    failures: int
    share: int
    bar: str
    url: str


def _codes(pattern: Pattern, last: Sighting | None, book: Catalogue) -> list[Code]:
    """The codes of the last look, each with the list of its failures."""
    if last is None:
        return []
    most = max((row[2] for row in last.codes), default=1)
    return [
        Code(
            provider_label(provider),
            book.look_up(provider, code).facts,
            failures,
            round(100 * failures / max(last.failures, 1)),
            pictures.share(failures / most),
            _failures_url(pattern, last.run) + f"&{_code_query(pattern, provider, code)}",
        )
        for provider, code, failures in last.codes
    ]


def _code_query(pattern: Pattern, provider: str, code: str) -> str:
    """A code is one provider's; a slice that names its provider need not say it twice."""
    own = {} if "provider" in pattern.attributes else {"provider": provider}
    return slices.query({**own, "code": code})


@dataclass(frozen=True, slots=True)
class Kind:
    """A category among the failures, with what is usually done about it."""

    category: Category
    failures: int
    share: int

    @property
    def facts(self) -> CategoryFacts:
        return self.category.facts

    @property
    def retry(self) -> Retry:
        return self.category.facts.retry


def _kinds(last: Sighting | None, book: Catalogue) -> list[Kind]:
    if last is None:
        return []
    counted: Counter[Category] = Counter()
    for provider, code, failures in last.codes:
        counted[book.look_up(provider, code).category] += failures
    total = max(sum(counted.values()), 1)
    return [
        Kind(category, failures, round(100 * failures / total))
        for category, failures in counted.most_common(3)
    ]


def _counted(run: PatternRun) -> QuerySet[AttemptHour]:
    return AttemptHour.objects.between(hour_of(run.starts_at), hour_of(run.ends_at))


@dataclass(frozen=True, slots=True)
class Overlap:
    pattern: Pattern
    title: str
    shared: int
    share: int


def _overlaps(pattern: Pattern, last: Sighting | None) -> list[Overlap]:
    """Other live patterns that some of these failures belong to as well. Two queries."""
    if last is None:
        return []
    live = Pattern.objects.filter(status__in=[*Pattern.LIVE, S.HELD]).exclude(pk=pattern.pk).by_impact()[:50]
    others = [other for other in live if slices.agree(pattern.attributes, other.attributes)][:10]
    if not others:
        return []
    mine = _counted(last.run).filter(slices.inside(pattern.attributes, at="hour"))
    sums = {
        f"with_{other.pk}": Sum("failed", filter=slices.inside(other.attributes, at="hour"))
        for other in others
    }
    found = mine.aggregate(**sums)
    return [
        Overlap(
            other,
            telling.title(other.attributes, is_incident=other.is_incident),
            shared,
            round(100 * shared / max(last.failures, 1)),
        )
        for other in others
        if (shared := found[f"with_{other.pk}"] or 0)
    ]


def _ruled_out(pattern: Pattern, last: Sighting | None) -> list[str]:
    """What sends say that share everything but one attribute. One query."""
    if last is None:
        return []
    sums: dict[str, Sum] = {}
    for name in pattern.attributes:
        others = {other: value for other, value in pattern.attributes.items() if other != name}
        mine = {name: pattern.attributes[name]}
        beside = slices.inside(others, at="hour") & ~slices.inside(mine, at="hour")
        sums[f"{name}_lost"] = Sum("failed", filter=beside)
        sums[f"{name}_arrived"] = Sum("delivered", filter=beside)
    found = _counted(last.run).aggregate(**sums)
    told = []
    for name in pattern.attributes:
        lost, arrived = found[f"{name}_lost"] or 0, found[f"{name}_arrived"] or 0
        others = {other: value for other, value in pattern.attributes.items() if other != name}
        told.append(
            telling.ruled_out(name, others, Rate(last.failures, last.attempts), Rate(lost, lost + arrived))
        )
    return [words for words in told if words]


def _compared(run: PatternRun) -> str:
    """What the expected failures come from, and what is therefore no explanation."""
    if not run.baseline:
        return (
            "Compared with the rest of the same window: there was no past to compare with, so usual differences "
            "between countries, carriers or hours cannot be told from faults."
        )
    drift = ""
    if run.drift is not None and abs(run.drift - 1) > 0.02:
        more = "more" if run.drift > 1 else "less"
        drift = f" Everything failed {abs(100 * (run.drift - 1)):.0f} % {more} often than before; that is taken out."
    return (
        f"Compared with {len(run.baseline)} earlier stretches of the same length. Usual differences between countries, "
        f"carriers, providers, campaigns, senders and hours, more traffic, and a shift of traffic are taken out.{drift}"
    )


def _examples(pattern: Pattern, last: Sighting | None) -> list[Any]:
    """The latest failures with their requests."""
    if last is None:
        return []
    failed = SendAttempt.objects.failed().between(last.run.starts_at, last.run.ends_at)
    inside = failed.filter(slices.inside(pattern.attributes)).select_related("number")
    return rows_of(list(inside.latest_first()[:SHOWN]))


def _events(pattern: Pattern) -> list[tuple[PatternEvent, str]]:
    """What happened to it, the latest first; with the state it came to where that changed."""
    labels = dict(S.choices)
    events = pattern.events.select_related("by").order_by("-pk")[:30]
    return [(event, labels.get(event.new, "") if event.new != event.old else "") for event in events]


@dataclass(frozen=True, slots=True)
class Similar:
    pattern: Pattern
    title: str
    fixes: Sequence[tuple[Fix, str]]  # with the tone of its outcome
    alike: str


def _similar(pattern: Pattern) -> list[Similar]:
    """Earlier patterns with the same code, kind or values that somebody did something about. Two queries."""
    wanted = Q(category=pattern.category) if pattern.category else Q()
    for name, value in pattern.attributes.items():
        wanted |= Q(**{f"attributes__{name}": value})
    earlier = Pattern.objects.filter(wanted, fixes__isnull=False).exclude(pk=pattern.pk).distinct()
    found = []
    for other in earlier.prefetch_related("fixes").order_by("-pk")[:50]:
        shared = [value for name, value in pattern.attributes.items() if other.attributes.get(name) == value]
        same_code = bool(pattern.error_code) and (
            (other.provider, other.error_code) == (pattern.provider, pattern.error_code)
        )
        alike = [*shared, *([f"code {pattern.error_code}"] if same_code else [])]
        if not alike and other.category == pattern.category:
            alike = [Category(pattern.category).label.lower()]
        fixes = sorted(other.fixes.all(), key=lambda fix: (fix.outcome != Fix.Outcome.VERIFIED, -fix.pk))
        weight = (2 * same_code + len(shared), fixes[0].outcome == Fix.Outcome.VERIFIED)
        title = telling.title(other.attributes, is_incident=other.is_incident)
        found.append(
            (
                weight,
                Similar(other, title, [(fix, tone_of(fix.outcome)) for fix in fixes[:3]], ", ".join(alike)),
            )
        )
    return [similar for _, similar in sorted(found, key=lambda item: item[0], reverse=True)[:SHOWN]]


def fix_shown(fix: Fix, now: datetime) -> dict[str, Any]:
    """A fix with its measurements, the latest first, and how far it is."""
    told = sorted(fix.verifications.all(), key=lambda one: -one.pk)
    latest = told[0] if told else None
    needed = latest.details.get("needed", 0) if latest else 0
    return {
        "fix": fix,
        "tone": tone_of(fix.outcome),
        "is_ahead": fix.effective_at > now,
        "before": pictures.percent(fix.observed["failures"] / max(fix.observed["attempts"], 1)),
        "latest": latest,
        "told": told[:20],
        "scope": telling.slice_words(fix.scope),
        "scope_url": f"{reverse('errors:attempt_list')}?{slices.query(fix.scope, since=fix.effective_at)}",
        "target": pictures.percent(fix.target_rate),
        "needed": needed,
        "pending": latest.details.get("pending", 0) if latest else 0,
        "done": min(latest.settled, needed) if latest else 0,
        "interval": _interval(Rate(latest.failed, latest.settled)) if latest else "",
    }


def _over_time(pattern: Pattern, fixes: Iterable[Fix], now: datetime) -> dict[str, Any]:
    """The rate of the slice before, while and after it was seen, with the moments of its fixes."""
    zone = ZoneInfo(settings.TIME_ZONE)
    moments = [(fix.effective_at, fix) for fix in fixes]
    ends = max([pattern.last_seen_at, *(at for at, _ in moments)]) + AROUND
    window = Stretch(
        hour_of(pattern.first_seen_at - AROUND), next_hour(min(ends, max(now, pattern.last_seen_at)))
    )
    cut = pieces(window, zone)
    counted = AttemptHour.objects.between(window.start, window.end)
    hours = list(counted.filter(slices.inside(pattern.attributes, at="hour")).by("hour"))
    tallies: list[tuple[Stretch, Tally]] = []
    for piece in cut:
        rows = [row for row in hours if piece.start <= row["hour"] < piece.end]
        tally = Tally(*(sum(row[name] for row in rows) for name in ("attempts", "settled", "failed")))
        tallies.append((piece, tally))
    return {
        **over_time(tallies, Links(window, pattern.attributes), window, zone),
        "moments": [
            {"place": pictures.share((at - window.start) / window.length), "words": "Fix", "at": at}
            for at, _ in moments
            if window.start <= at < window.end
        ],
        "too_few": 30,
        "zone": settings.TIME_ZONE,
    }


# --- what people do -------------------------------------------------------------------------------------------


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


def _look_form(now: datetime) -> LookForm:
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
