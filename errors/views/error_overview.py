"""The errors overview: how much fails, since when, and where. Every number leads to the sends it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.words import staff_words
from errors import figures, pictures, slices
from errors.catalogue import Category
from errors.effect import TOO_FEW
from errors.figures import Figures, Tally
from errors.forms import OverviewForm
from errors.models import AttemptHour, SendAttempt
from errors.slices import NOT_KNOWN, Attributes
from errors.windows import HOUR, Pace, Window, last_days, last_hours, of_days, pace_of, pieces

SHOWN = 10  # values of one attribute; the rest is summed up
MAP_COUNTRIES, MAP_CAMPAIGNS = 8, 12
NARROWS = ("provider", "country", "campaign")
# Counts are made every minute; older news than this means that something stands still.
BEHIND = timedelta(minutes=10)


@require_safe
@needs("errors.view_sendattempt")
def error_overview(request: HttpRequest) -> HttpResponse:
    now, zone = timezone.now(), ZoneInfo(settings.TIME_ZONE)
    form = OverviewForm(request.GET)
    window, chosen = _window(form, now, zone)
    narrowed = _narrowed(form)
    parts = pieces(window, zone)
    found = figures.read(window, parts, narrowed)
    links = Links(window, narrowed)
    context = {
        "title": "Errors",
        "subtitle": f"Sends of {staff_words(window.start)} to {staff_words(window.end)}.",
        "current": "errors",
        "form": form,
        "tabs": [(value, label, value == chosen) for value, label in OverviewForm.WINDOWS],
        "chosen": chosen,
        "window": window,
        "zone": settings.TIME_ZONE,
        "narrowed": [(name, _words(name, value)) for name, value in narrowed.items()],
        "waiting": found.waiting,
        "is_behind": found.waiting is not None and now - found.waiting.since > BEHIND,
        "too_few": TOO_FEW,
    }
    context |= _shown(found, links, window, zone) if found.total.attempts else _empty(found, narrowed)
    return render_in_admin(request, "errors/error_overview.html", context)


def _window(form: OverviewForm, now: datetime, zone: ZoneInfo) -> tuple[Window, str]:
    """The window and the name of its tab, "" for days of one's own."""
    asked = form.cleaned_data if form.is_valid() else {}
    if asked.get("since"):
        return of_days(asked["since"], asked["until"] or max(asked["since"], _today(now, zone)), zone), ""
    chosen = asked.get("window") or "24h"
    if chosen == "24h":
        return last_hours(24, now), chosen
    return last_days({"7d": 7, "30d": 30}[chosen], now, zone), chosen


def _today(now: datetime, zone: ZoneInfo) -> Any:
    return now.astimezone(zone).date()


def _narrowed(form: OverviewForm) -> dict[str, str]:
    """The slice that is asked for; NOT_KNOWN asks for sends without a value."""
    asked = form.cleaned_data
    values = {name: str(asked.get(name) or "").strip() for name in NARROWS}
    return {name: "" if value == NOT_KNOWN else value for name, value in values.items() if value}


# --- what is shown ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the lists behind the numbers: the window, the slice, and what a mark adds to them."""

    window: Window
    narrowed: Attributes

    def to(self, window: Window | None = None, also: Attributes | None = None, **more: Any) -> str:
        window = window or self.window
        wanted = {**self.narrowed, **(also or {})}
        query = slices.query(wanted, since=window.start, until=window.end, **more)
        return f"{reverse('errors:attempt_list')}?{query}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of numbers, each with the address of its list."""

    name: str
    tally: Tally
    failed_url: str
    settled_url: str
    attempts_url: str
    narrow_url: str = ""
    bar: str = ""

    @property
    def is_few(self) -> bool:
        return self.tally.settled < TOO_FEW

    @property
    def rate(self) -> str:
        return pictures.percent(self.tally.rate.value) if self.tally.settled else "—"

    @property
    def interval(self) -> str:
        rate = self.tally.rate
        return f"{pictures.percent(rate.low).removesuffix(' %')}–{pictures.percent(rate.high)}"


def _row(name: str, tally: Tally, links: Links, **where: Any) -> Row:
    return Row(
        name,
        tally,
        links.to(failed=1, **where),
        links.to(settled=1, **where),
        links.to(**where),
    )


def _shown(found: Figures, links: Links, window: Window, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "total": _row("All", found.total, links),
        "open_url": links.to(settled=0),
        **over_time(found.over_time, links, window, zone),
        "categories": _categories(found.categories, links),
        # Where only one value is asked for, the whole page is about it.
        "breakdowns": [
            (name, name.capitalize(), _ranked(name, tallies, links))
            for name, tallies in found.by_attribute.items()
            if name not in links.narrowed
        ],
        "map": _map(found, links),
    }


def over_time(
    tallies: Sequence[tuple[Window, Tally]], links: Links, window: Window, zone: ZoneInfo
) -> dict[str, Any]:
    """What errors/_course.html shows: the picture of a rate over time, each piece with its lists."""
    pace = pace_of(window)
    label, tick = _LABELS[pace]
    # A day that had to begin with a full hour of UTC begins just before its date.
    named_by = timedelta(0) if pace is Pace.HOUR else HOUR - timedelta(microseconds=1)
    starts = [(piece.start + named_by).astimezone(zone) for piece, _ in tallies]
    times = [
        _row(label(at), tally, links, window=piece)
        for at, (piece, tally) in zip(starts, tallies, strict=True)
    ]
    course = pictures.course([tally.rate for _, tally in tallies])
    return {
        "course": course,
        "times": list(zip(course.marks, times, strict=True)),
        "ticks": _ticks(course, [tick(at) for at in starts]),
        "pace": pace,
    }


_LABELS: dict[Pace, Any] = {
    Pace.HOUR: (lambda at: f"{at:%a} {at.day} {at:%b}, {at:%H:%M}", lambda at: f"{at:%H:%M}"),
    Pace.QUARTER: (
        lambda at: f"{at:%a} {at.day} {at:%b}, {at:%H}:00",
        lambda at: f"{at.day} {at:%b}" if at.hour < 6 else "",
    ),
    Pace.DAY: (lambda at: f"{at:%a} {at.day} {at:%b %Y}", lambda at: f"{at.day} {at:%b}"),
    Pace.WEEK: (lambda at: f"From {at:%a} {at.day} {at:%b %Y}", lambda at: f"{at.day} {at:%b}"),
    Pace.MONTH: (lambda at: f"{at:%B %Y}", lambda at: f"{at:%b}"),
}
TICKS = 6  # as many as fit on a phone


def _ticks(course: pictures.Course, labels: Sequence[str]) -> list[tuple[str, str]]:
    """Where words stand below the picture: (place, words)."""
    named = [(mark.middle, label) for mark, label in zip(course.marks, labels, strict=True) if label]
    step = -(-len(named) // TICKS)
    return named[::step]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The values with most failures, and what the others come to."""

    rows: Sequence[Row]
    others: int
    rest: Tally


def _ranked(name: str, tallies: Mapping[str, Tally], links: Links) -> Ranking:
    ordered = sorted(tallies.items(), key=lambda item: (-item[1].failed, -item[1].settled, item[0]))
    most = max((tally.failed for tally in tallies.values()), default=0) or 1
    rows = [
        Row(
            _words(name, value),
            tally,
            links.to(also={name: value}, failed=1),
            links.to(also={name: value}, settled=1),
            links.to(also={name: value}),
            narrow_url=value or NOT_KNOWN,
            bar=pictures.share(tally.failed / most),
        )
        for value, tally in ordered[:SHOWN]
    ]
    rest = sum((tally for _, tally in ordered[SHOWN:]), Tally())
    return Ranking(rows, len(ordered) - len(rows), rest)


@dataclass(frozen=True, slots=True)
class CategoryRow:
    category: Category
    failed: int
    share: str
    bar: str
    url: str


def _categories(failures: Mapping[Category, int], links: Links) -> list[CategoryRow]:
    ordered = sorted(failures.items(), key=lambda item: (-item[1], item[0]))
    total, most = sum(failures.values()) or 1, max(failures.values(), default=1)
    return [
        CategoryRow(
            category,
            failed,
            pictures.percent(failed / total),
            pictures.share(failed / most),
            links.to(category=category.value, failed=1),
        )
        for category, failed in ordered
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    row: Row | None  # None: nothing of this campaign went there
    level: int = -1


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Failure rates by campaign (down) and country (across), the ones with most failures first."""

    countries: Sequence[str]
    lines: Sequence[tuple[str, Sequence[Cell]]]
    left_out: int


def _map(found: Figures, links: Links) -> HeatMap | None:
    """None where one of the two has a single value: the rankings say the same."""
    all_countries, all_campaigns = found.by_attribute["country"], found.by_attribute["campaign"]
    if len(all_countries) < 2 or len(all_campaigns) < 2:
        return None
    countries, campaigns = _most(all_countries, MAP_COUNTRIES), _most(all_campaigns, MAP_CAMPAIGNS)
    lines = [
        (_words("campaign", campaign), [_cell(country, campaign, found, links) for country in countries])
        for campaign in campaigns
    ]
    left_out = len(all_campaigns) - len(campaigns) + len(all_countries) - len(countries)
    return HeatMap([_words("country", country) for country in countries], lines, left_out)


def _most(tallies: Mapping[str, Tally], count: int) -> list[str]:
    ordered: Iterable[str] = sorted(
        tallies, key=lambda name: (-tallies[name].failed, -tallies[name].settled, name)
    )
    return list(ordered)[:count]


def _cell(country: str, campaign: str, found: Figures, links: Links) -> Cell:
    tally = found.cells.get((country, campaign))
    if tally is None or not tally.settled:
        return Cell(None)
    also = {"country": country, "campaign": campaign}
    name = f"{_words('campaign', campaign)} to {_words('country', country)}"
    return Cell(_row(name, tally, links, also=also), pictures.level(tally.rate))


def _words(name: str, value: str) -> str:
    return (
        value
        or {"provider": "Provider not known", "country": "Country not known", "campaign": "No campaign"}[name]
    )


def _empty(found: Figures, narrowed: Attributes) -> dict[str, Any]:
    """Why there is nothing to show."""
    latest = AttemptHour.objects.aggregate(latest=Max("hour"))["latest"]
    return {
        "nothing": "behind"
        if found.waiting
        else "log"
        if latest is None and not SendAttempt.objects.exists()
        else "slice"
        if narrowed
        else "window",
        "latest": latest,
    }
