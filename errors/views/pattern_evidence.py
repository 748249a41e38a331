"""What is known about patterns, made ready to be shown: numbers, codes, neighbours, what was ruled out, fixes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Q, QuerySet, Sum
from django.db.models import Window as Over
from django.db.models.functions import RowNumber
from django.urls import reverse

from backoffice.templatetags.frame import tone_of
from errors import pictures, slices, telling
from errors.catalogue import Catalogue, Category, CategoryFacts, CodeFacts, Retry, provider_label
from errors.effect import Rate
from errors.figures import Tally
from errors.models import (
    AttemptHour,
    ErrorCode,
    Fix,
    Pattern,
    PatternEvent,
    PatternRun,
    SendAttempt,
    Sighting,
)
from errors.views.attempt_list import rows_of
from errors.views.error_overview import Links, over_time
from errors.windows import Window as Stretch
from errors.windows import hour_of, next_hour, pieces

S = Pattern.Status
SEEN = 12  # sightings in a small picture
SHOWN = 5
AROUND = timedelta(days=14)  # shown before the first sighting and after the last


def tone(pattern: Pattern) -> str:
    """How the chip of its state is coloured. One that held is good news, unlike a row that is held back."""
    return "ok" if pattern.status == S.HELD else tone_of(pattern.status)


@dataclass(frozen=True, slots=True)
class Spark:
    """A rate over the last looks as one line, 96 by 24 pixels; and where it goes."""

    points: str
    last: tuple[float, float]
    words: str
    tone: str


def latest_sightings(pattern_ids: Sequence[int], count: int = SEEN) -> dict[int, list[Sighting]]:
    """The last sightings of each pattern, the latest at the end. One query."""
    placed = Over(RowNumber(), partition_by="pattern", order_by=[F("run__ends_at").desc(), F("pk").desc()])
    rows = Sighting.objects.filter(pattern__in=pattern_ids).annotate(place=placed).filter(place__lte=count)
    found: dict[int, list[Sighting]] = {}
    for sighting in rows.select_related("run").order_by("pattern", "-place"):
        found.setdefault(sighting.pattern_id, []).append(sighting)
    return found


def meaning(pattern: Pattern, book: Catalogue) -> str:
    if not pattern.provider:
        return Category(pattern.category).label if pattern.category in set(Category) else ""
    facts = book.look_up(pattern.provider, pattern.error_code).facts
    unexplained = "" if facts.category is Category.UNKNOWN else facts.category.label
    return facts.name or unexplained


def failures_url(pattern: Pattern, run: PatternRun) -> str:
    query = slices.query(pattern.attributes, since=run.starts_at, until=run.ends_at, failed=1)
    return f"{reverse('errors:attempt_list')}?{query}"


def spark_of(seen: Sequence[Sighting]) -> Spark | None:
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


def evidence(pattern: Pattern, fixes: Sequence[Fix], now: datetime) -> dict[str, Any]:
    """Everything the page of a pattern shows about it; a fixed number of queries."""
    book = ErrorCode.objects.as_catalogue()
    seen = latest_sightings([pattern.pk]).get(pattern.pk, [])
    last = seen[-1] if seen else None
    rate = Rate(pattern.failures, pattern.attempts)
    return {
        "tone": tone(pattern),
        "sentence": _sentence(pattern, book),
        "expected": round(pattern.expected),
        "rate_words": pictures.percent(rate.value),
        "expected_words": pictures.percent(pattern.expected / max(pattern.attempts, 1)),
        "interval": _interval(rate),
        "lift": [
            telling.times(lift) for lift in (pattern.lift, pattern.lift_low or 0, pattern.lift_high or 0)
        ],
        "chance": _chance(pattern.p_value),
        "look": last.run if last else None,
        "spark": spark_of(seen),
        "failures_url": failures_url(pattern, last.run) if last else "",
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
        **_over_time(pattern, fixes, now),
    }


def _sentence(pattern: Pattern, book: Catalogue) -> str:
    return telling.sentence(
        pattern.attributes,
        attempts=pattern.attempts,
        failures=pattern.failures,
        expected=pattern.expected,
        code=pattern.error_code,
        meaning=meaning(pattern, book),
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
            failures_url(pattern, last.run) + f"&{_code_query(pattern, provider, code)}",
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
            {
                "place": pictures.share(place := (at - window.start) / window.length),
                "is_right": place > 0.9,  # its word stands on the other side, within the picture
                "words": "Fix",
                "at": at,
            }
            for at, _ in moments
            if window.start <= at < window.end
        ],
        "too_few": 30,
        "zone": settings.TIME_ZONE,
    }
