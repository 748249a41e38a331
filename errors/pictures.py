"""Where marks stand in a picture. Horizontal places are shares of the width, so that a picture fits any screen while
its words keep their size; vertical ones are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from errors.effect import TOO_FEW, Rate

HEIGHT = 168  # of the part with rates
VOLUME = 36  # of the part with numbers of sends, below it
GAP = 10
# Where a scale may end: the eye reads halves of these.
TOPS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
# From which rate on a cell of the heat map has the next deeper colour.
LEVELS = (0.01, 0.03, 0.1, 0.25, 0.5)


def share(value: float) -> str:
    """A share as SVG takes it: 0.125 is 12.5%."""
    return f"{100 * value:.3f}%"


def percent(value: float) -> str:
    """A rate for reading: 3.5 %, 0.04 %, 12 %."""
    shown = 100 * value
    digits = 0 if shown >= 10 or shown == 0 else 1 if shown >= 1 else 2
    text = f"{shown:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if digits else text} %"


def level(rate: Rate) -> int:
    """How deep a colour a rate has: 0 to 5; -1 where there are too few to tell."""
    return -1 if rate.settled < TOO_FEW else sum(rate.value >= step for step in LEVELS)


@dataclass(frozen=True, slots=True)
class Mark:
    """One piece of time: a strip to hit, a point with its interval, a bar of how many were settled."""

    left: str
    width: str
    middle: str
    y: float | None  # None: nothing was settled
    low: float | None  # ends of the interval; None where too few were settled to tell
    high: float | None
    bar_y: float
    bar_height: float


@dataclass(frozen=True, slots=True)
class Line:
    x1: str
    y1: float
    x2: str
    y2: float


@dataclass(frozen=True, slots=True)
class Scale:
    """One line of the scale and what it stands for."""

    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Course:
    """A rate over time."""

    marks: Sequence[Mark]
    lines: Sequence[Line]  # between neighbours that can both be judged
    scale: Sequence[Scale]
    height: int = HEIGHT + GAP + VOLUME
    strip: int = HEIGHT + GAP // 2  # what belongs to the rate


def course(rates: Sequence[Rate]) -> Course:
    top = _top(rates)
    most = max((rate.settled for rate in rates), default=0) or 1
    marks = [_mark(place, len(rates), rate, top, most) for place, rate in enumerate(rates)]
    return Course(marks, _lines(marks), [Scale(_y(step, top), percent(step)) for step in (top, top / 2, 0.0)])


def _top(rates: Sequence[Rate]) -> float:
    """The end of the scale: room for what can be judged; a handful of sends must not flatten the rest."""
    sure = [rate for rate in rates if rate.settled >= TOO_FEW]
    highest = max((min(rate.high, 2 * rate.value) for rate in sure), default=0.0)
    if not sure:
        highest = max((rate.value for rate in rates), default=0.0)
    return next((top for top in TOPS if top >= highest), 1.0)


def _mark(place: int, places: int, rate: Rate, top: float, most: int) -> Mark:
    judged = rate.settled >= TOO_FEW
    bar = VOLUME * rate.settled / most
    bar = max(bar, 1.5) if rate.settled else 0.0
    return Mark(
        left=share(place / places),
        width=share(1 / places),
        middle=share((place + 0.5) / places),
        y=_y(rate.value, top) if rate.settled else None,
        low=_y(rate.low, top) if judged else None,
        high=_y(rate.high, top) if judged else None,
        bar_y=round(HEIGHT + GAP + VOLUME - bar, 1),
        bar_height=round(bar, 1),
    )


def _y(value: float, top: float) -> float:
    """Values beyond the scale stand at its end. The topmost pixels are for marks that touch it."""
    return round(HEIGHT - (HEIGHT - 8) * min(1.0, value / top), 1)


def _lines(marks: Sequence[Mark]) -> list[Line]:
    return [
        Line(one.middle, one.y, other.middle, other.y)
        for one, other in pairwise(marks)
        if one.y is not None and other.y is not None and one.low is not None and other.low is not None
    ]
