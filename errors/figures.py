"""What the counts say of a stretch of time: the figures of the overview, read in a fixed number of questions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from errors.catalogue import Category
from errors.effect import Rate
from errors.models import AttemptHour, ErrorCode, SendAttempt, TouchedHour
from errors.slices import Attributes, inside
from errors.windows import Window


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts, and how many of them failed among those that were settled."""

    attempts: int = 0
    settled: int = 0
    failed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.attempts + other.attempts, self.settled + other.settled, self.failed + other.failed)

    @property
    def rate(self) -> Rate:
        return Rate(self.failed, self.settled)

    @property
    def open(self) -> int:
        """Neither delivered nor failed: on their way, unknown, canceled, or held back."""
        return self.attempts - self.settled


@dataclass(frozen=True, slots=True)
class Waiting:
    """Hours of the window that their counts do not know yet."""

    hours: int
    since: datetime  # the oldest news


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the overview shows of one window and slice."""

    total: Tally
    over_time: Sequence[tuple[Window, Tally]]
    by_attribute: Mapping[str, Mapping[str, Tally]]  # provider, country, campaign
    cells: Mapping[tuple[str, str], Tally]  # by country and campaign
    categories: Mapping[Category, int]  # failures, from the failed rows themselves
    waiting: Waiting | None


def read(window: Window, pieces: Sequence[Window], narrowed: Attributes) -> Figures:
    """Six queries, however much was sent."""
    hours = AttemptHour.objects.between(window.start, window.end).filter(inside(narrowed, at="hour"))
    by_hour = {row["hour"]: _tally(row) for row in hours.by("hour")}
    cells = {(row["country"], row["campaign"]): _tally(row) for row in hours.by("country", "campaign")}
    return Figures(
        total=_sum(by_hour.values()),
        over_time=_over_time(by_hour, pieces),
        by_attribute={
            "provider": {row["provider"]: _tally(row) for row in hours.by("provider")},
            "country": _along(0, cells),
            "campaign": _along(1, cells),
        },
        cells=cells,
        categories=_categories(window, narrowed),
        waiting=_waiting(window),
    )


def _tally(row: Mapping[str, int]) -> Tally:
    return Tally(row["attempts"], row["settled"], row["failed"])


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def _over_time(by_hour: Mapping[datetime, Tally], pieces: Sequence[Window]) -> list[tuple[Window, Tally]]:
    return [
        (piece, _sum(tally for hour, tally in by_hour.items() if piece.start <= hour < piece.end))
        for piece in pieces
    ]


def _along(place: int, cells: Mapping[tuple[str, str], Tally]) -> dict[str, Tally]:
    found: defaultdict[str, Tally] = defaultdict(Tally)
    for key, tally in cells.items():
        found[key[place]] += tally
    return dict(found)


def _categories(window: Window, narrowed: Attributes) -> dict[Category, int]:
    """Failures by what their codes mean here and today, staff's classification before the catalogue's."""
    failed = SendAttempt.objects.between(window.start, window.end).filter(inside(narrowed)).by_code()
    book = ErrorCode.objects.as_catalogue()
    found: Counter[Category] = Counter()
    for row in failed:
        found[book.look_up(row["provider"], row["error_code"]).category] += row["failures"]
    return dict(found)


def _waiting(window: Window) -> Waiting | None:
    touched = TouchedHour.objects.filter(hour__gte=window.start, hour__lt=window.end)
    found = touched.aggregate(hours=Count("pk"), since=Min("at"))
    return Waiting(**found) if found["hours"] else None
