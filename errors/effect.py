"""Did a change help? Rates before and after it, with what chance alone could do, and an answer in words.

Counts are of settled sends, each person once for each message they were meant to get. An interval is Wilson's (1927),
which is honest for few sends and for none that failed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

CONFIDENT = 1.959964  # standard deviations: 95 of 100 such intervals hold the true rate
# A fix that held is measured again and again; what calls it broken must not be the one bad week in forty.
SURE = 3.0
TOO_FEW = 30  # sends; no rate is judged on fewer
FEWEST_FAILED = 5  # people; fewer do not make a regression
VANISHED = 0.1  # of the sends a day there were before
GONE = 0.1  # share of today's sends that still carry what failed
MOST_OF_FAILURES = 0.8


class Answer(StrEnum):
    WAITING = "waiting"
    VERIFIED = "verified"
    NOT_FIXED = "not_fixed"
    INCONCLUSIVE = "inconclusive"
    REGRESSED = "regressed"


@dataclass(frozen=True, slots=True)
class Rate:
    """Failures among settled sends."""

    failed: int = 0
    settled: int = 0

    @property
    def value(self) -> float:
        return self.failed / self.settled if self.settled else 0.0

    def interval(self, deviations: float = CONFIDENT) -> tuple[float, float]:
        """Between which rates the true one lies; (0, 1) where nothing was sent."""
        if not self.settled:
            return 0.0, 1.0
        square = deviations * deviations / self.settled
        middle = (self.value + square / 2) / (1 + square)
        spread = self.value * (1 - self.value) / self.settled + square / (4 * self.settled)
        half = deviations * math.sqrt(spread) / (1 + square)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def low(self) -> float:
        return self.interval()[0]

    @property
    def high(self) -> float:
        return self.interval()[1]


Strata = Mapping[str, Rate]  # by the value of one attribute


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was sent in a stretch of time: how long it was, and the rates by the values of some attributes."""

    days: float = 0.0
    total: Rate = Rate()
    by: Mapping[str, Strata] = field(default_factory=dict)

    @property
    def daily(self) -> float:
        return self.total.settled / self.days if self.days > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, its one sentence, and of how many sends it is known out of how many it needs."""

    answer: Answer
    why: str
    rate: Rate
    needed: int
    pending: int = 0


def needed(target: float, failed: int = 0) -> int:
    """The fewest settled sends, `failed` of them failures, that show a rate below `target`: the upper end of the
    interval has to be below it. A target of 0 can never be shown; neither can one below what failed."""
    if not 0 < target < 1:
        return TOO_FEW if target >= 1 else 10**9
    low, high = max(TOO_FEW, failed), 10**9
    while low < high:
        middle = (low + high) // 2
        if Rate(failed, middle).high < target:
            high = middle
        else:
            low = middle + 1
    return low


def judge(
    rate: Rate,
    *,
    target: float,
    pending: int = 0,
    is_over: bool = False,
    before: Traffic | None = None,
    after: Traffic | None = None,
    content: str = "",
) -> Outcome:
    """What is known of a change that takes effect.

    `rate` counts the mature sends since, inside its scope; `pending` are too young to tell. `before` and `after`
    tell whether the same things are still sent; `content` names the attribute whose values are what people read,
    "" where the change was about just that. Until the time is over a doubt only makes it wait."""
    enough = needed(target, rate.failed)
    shown = _shown(rate)
    outcome = _Outcomes(rate, enough, pending, is_over)
    if rate.settled >= TOO_FEW and rate.low > target:
        better = _better(rate, before)
        return outcome.of(Answer.NOT_FIXED, f"{shown}; it should be below {_percent(target)}. {better}")
    if rate.settled >= TOO_FEW and rate.high < target:
        doubt = _doubt(target, before, after, content) if before and after else ""
        if not doubt:
            return outcome.of(Answer.VERIFIED, f"{shown}: below {_percent(target)}, as it should be.")
        return outcome.unsure(f"{shown}, but {doubt}")
    if is_over and before and after and after.daily < VANISHED * before.daily and rate.settled < enough:
        return outcome.unsure(
            f"{shown}; hardly anything is sent any more: {after.daily:,.0f} a day, {before.daily:,.0f} before."
        )
    if rate.settled < enough:
        return outcome.unsure(
            f"{shown}; at least {enough:,} are needed to show less than {_percent(target)}."
        )
    return outcome.unsure(f"{shown}; that is neither clearly below nor clearly above {_percent(target)}.")


def judge_later(rate: Rate, *, target: float, verified_why: str = "") -> Outcome:
    """Whether what was verified still holds, by the sends since. Only what is nearly sure says that it does not."""
    low, _ = rate.interval(SURE)
    back = rate.settled >= TOO_FEW and rate.failed >= FEWEST_FAILED and low > target
    shown = f"{_shown(rate)} after it had been verified"
    if back:
        return Outcome(Answer.REGRESSED, f"{shown}; it should be below {_percent(target)}.", rate, TOO_FEW)
    return Outcome(Answer.VERIFIED, verified_why or f"{shown}: it holds.", rate, TOO_FEW)


@dataclass(frozen=True, slots=True)
class _Outcomes:
    rate: Rate
    needed: int
    pending: int
    is_over: bool

    def of(self, answer: Answer, why: str) -> Outcome:
        return Outcome(answer, why.strip(), self.rate, self.needed, self.pending)

    def unsure(self, why: str) -> Outcome:
        """Waiting while there is time, without an answer after it."""
        return self.of(Answer.INCONCLUSIVE if self.is_over else Answer.WAITING, why)


def _better(rate: Rate, before: Traffic | None) -> str:
    if before is None or before.total.settled < TOO_FEW:
        return ""
    if rate.high < before.total.low:
        return f"Better than the {_percent(before.total.value)} before, but not enough."
    return f"Before it was {_percent(before.total.value)}."


def _doubt(target: float, before: Traffic, after: Traffic, content: str) -> str:
    """Why a low rate need not be the change's doing; "" if nothing speaks against it, or nothing is known of before."""
    if before.total.settled < TOO_FEW:
        return ""
    if content and content in before.by:
        share = _share_of_what_failed(before.by[content], after.by.get(content, {}))
        if share < GONE:
            return f"what failed is hardly sent any more ({_percent(share)} of the sends since)."
    for name in sorted(before.by.keys() & after.by.keys() - {content}):
        would = as_before(before.by[name], after.by[name], before.total)
        if would < target:
            return (
                f"the mix of sends changed ({name}): with the rates of before, the sends since would have failed at "
                f"only {_percent(would)} as well."
            )
    return ""


def _share_of_what_failed(before: Strata, after: Strata) -> float:
    """Which part of the sends since carries what most failures carried before. 1 where nobody knows."""
    failures = sum(rate.failed for rate in before.values())
    sent = sum(rate.settled for rate in after.values())
    if not failures or not sent or set(before) == {""}:
        return 1.0
    most: set[str] = set()
    covered = 0
    for value, rate in sorted(before.items(), key=lambda item: -item[1].failed):
        if covered >= MOST_OF_FAILURES * failures:
            break
        most.add(value)
        covered += rate.failed
    return sum(rate.settled for value, rate in after.items() if value in most) / sent


def as_before(before: Strata, after: Strata, overall: Rate) -> float:
    """The rate that today's mix would have had with the rates of before (direct standardisation); a value that was
    not sent before counts as they did on the whole."""
    sent = sum(rate.settled for rate in after.values())
    if not sent:
        return overall.value
    meant = 0.0
    for value, rate in after.items():
        known = before.get(value)
        meant += rate.settled * (known.value if known and known.settled else overall.value)
    return meant / sent


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f} %" if rate >= 0.1 else f"{100 * rate:.1f}".removesuffix(".0") + " %"


def _shown(rate: Rate) -> str:
    if not rate.settled:
        return "Nothing has ended yet of what was sent since"
    said = f"{rate.failed:,} of {rate.settled:,} failed"
    return f"{said} (between {_percent(rate.low)} and {_percent(rate.high)})"
