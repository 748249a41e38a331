"""Whether texts reach a number at all, judged from what became of the sends to it.

A failure that is about the number itself counts at once. One that passes by itself counts only when it happened on
several days within two weeks and nothing arrived in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from errors.catalogue import Category

C = Category
HARD = frozenset({C.INVALID_NUMBER, C.NUMBER_INACTIVE, C.NOT_SMS_CAPABLE})
SOFT = frozenset({C.HANDSET_UNREACHABLE, C.EXPIRED, C.NETWORK_ERROR})
SOFT_DAYS = 3
WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Try:
    """One send to a number that was settled. `category` None: it arrived."""

    at: datetime
    category: Category | None
    provider: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why texts should not be tried on a number any more. `decided` is the failure that settled it, `arrived_at` the
    delivery that has lifted it since."""

    category: Category
    failures: int
    days: int
    first_at: datetime
    last_at: datetime
    decided: Try
    arrived_at: datetime | None = None


def judge(tries: Sequence[Try]) -> Verdict | None:
    """The latest verdict that the sends to one number amount to; None if there never was one."""
    found: Verdict | None = None
    since: list[Try] = []  # failures since the last delivery
    for one in sorted(tries, key=lambda one: (one.at, one.category is not None, one.provider, one.code)):
        if one.category is None:
            if found is not None and found.arrived_at is None:
                found = _lifted(found, one.at)
            since = []
        elif one.category in HARD or one.category in SOFT:
            since.append(one)
            found = _verdict(since) or found
    return found


def _verdict(failures: Sequence[Try]) -> Verdict | None:
    """Of failures with no delivery between them, the last one new."""
    hard = [one for one in failures if one.category in HARD]
    decided = hard[0] if hard else _worn_out(failures)
    if decided is None:
        return None
    category = hard[-1].category if hard else C.NUMBER_INACTIVE
    assert category is not None
    days = len({one.at.date() for one in failures})
    return Verdict(category, len(failures), days, failures[0].at, failures[-1].at, decided)


def _worn_out(failures: Sequence[Try]) -> Try | None:
    """The failure with which enough days within two weeks had come together."""
    for end, last in enumerate(failures):
        recent = {one.at.date() for one in failures[: end + 1] if last.at - one.at <= WITHIN}
        if len(recent) >= SOFT_DAYS:
            return last
    return None


def _lifted(verdict: Verdict, at: datetime) -> Verdict:
    return Verdict(
        *(verdict.category, verdict.failures, verdict.days, verdict.first_at, verdict.last_at),
        *(verdict.decided, at),
    )
