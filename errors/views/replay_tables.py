"""Numbers of a result as pages and files show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.http import urlencode

from errors.catalogue import Category
from errors.effect import Rate
from errors.models import ReplayFailure, ReplayLine, ReplayStale, RuleReplay
from errors.pictures import percent
from errors.preflight import Kind, in_words
from errors.preflight.kinds import FORMS
from errors.replay.claims import could
from errors.replay.compare import Difference, Pair
from errors.replay.tally import ALL

_KINDS: Final = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Shown:
    """A share in words, with its bounds, and how it differs from the other result."""

    value: str
    bounds: str
    of: int
    change: str = ""
    is_sure: bool = False


def shown(rate: Rate, change: Difference | None = None, *, same_sends: bool = False) -> Shown | None:
    """None where nothing was counted. Of the same sends a difference is no estimate: it has no bounds."""
    if not rate.settled:
        return None
    bounds = f"{100 * rate.low:.0f} to {100 * rate.high:.0f}"
    if change is None:
        return Shown(percent(rate.value), bounds, rate.settled)
    if same_sends:
        return Shown(
            percent(rate.value), bounds, rate.settled, f"{100 * change.value:+.1f} points", change.value != 0
        )
    words = f"{100 * change.value:+.1f} points ({100 * change.low:+.1f} to {100 * change.high:+.1f})"
    return Shown(percent(rate.value), bounds, rate.settled, words, change.is_sure)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, with the same line of the result it is compared with."""

    pair: Pair[ReplayLine]
    sends_url: str  # "" where the sends are not kept
    same_sends: bool = False  # both results looked at the same

    @property
    def line(self) -> ReplayLine:
        return self.pair.either

    @property
    def precision(self) -> Shown | None:
        return shown(self.line.precision, self.pair.precision, same_sends=self.same_sends)

    @property
    def recall(self) -> Shown | None:
        return shown(self.line.recall, self.pair.recall, same_sends=self.same_sends)

    @property
    def is_gone(self) -> bool:
        return self.pair.after is None

    @property
    def title(self) -> str:
        if self.line.code == ALL:
            return "All rules together"
        form = FORMS.get(Kind(self.line.kind)) if self.line.kind in _KINDS else None
        named = " ".join(filter(None, (self.line.provider, self.line.place, self.line.subject)))
        return (
            f"{form.label}: {named}" if form and named else form.label if form else in_words(self.line.code)
        )


def sends_url_of(of: RuleReplay, key: str, severity: str) -> str:
    """Without what it came to: the page adds it."""
    if not of.has_hits:
        return ""
    return f"{reverse('errors:replay_sends', args=[of.pk])}?{urlencode({'key': key, 'severity': severity})}"


@dataclass(frozen=True, slots=True)
class Gap:
    """A code of the log, what the rules made of it, and whether a rule could do more."""

    failure: ReplayFailure
    could: str
    held_url: str
    missed_url: str

    @property
    def state(self) -> tuple[str, str]:
        failure = self.failure
        if failure.stopped + failure.warned == failure.failures:
            return "Held", "ok"
        if failure.stopped or failure.warned:
            return "Held in part", "warn"
        return ("Rules held none", "bad") if failure.is_meant else ("No rule", "bad")


def gaps(of: RuleReplay) -> list[Gap]:
    """What nothing held first, by how many that were."""
    found = sorted(of.failures.all(), key=lambda one: (-one.missed, one.provider, one.code))
    return [
        Gap(
            one,
            could(Category(one.category)),
            failure_url_of(of, one.key, "caught"),
            failure_url_of(of, one.key, "missed"),
        )
        for one in found
    ]


def failure_url_of(of: RuleReplay, key: str, came: str) -> str:
    if not of.has_hits:
        return ""
    return f"{reverse('errors:replay_sends', args=[of.pk])}?{urlencode({'key': key, 'came': came})}"


@dataclass(frozen=True, slots=True)
class Stale:
    """Rows that are meant to prevent a code which still occurs."""

    found: ReplayStale
    sends_url: str

    @property
    def label(self) -> str:
        return FORMS[Kind(self.found.kind)].label if self.found.kind in _KINDS else self.found.kind


def stale(of: RuleReplay) -> list[Stale]:
    """The most failures first."""
    found = of.stale.order_by("-failures", "pk")
    return [Stale(one, failure_url_of(of, one.key, "missed")) for one in found]
