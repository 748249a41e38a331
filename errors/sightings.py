"""What a search found in one window, made ready to be stored: people counted beside sends, the codes behind it, the
hours of one incident told as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from errors import patterns, slices
from errors.effect import Rate
from errors.looks import Span, Window, during
from errors.models import SendAttempt

MOST_CODES = 12
# So many failures for each person are retries: then the people are compared, not the sends.
MANY_TRIES = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """One found pattern. `attributes` are without those of `same_as`, which select the same sends."""

    attributes: dict[str, str]
    same_as: dict[str, str]
    attempts: int
    failures: int
    expected: float
    p_value: float
    recipients: int = 0  # distinct people among the failures
    codes: tuple[tuple[str, str, int], ...] = ()  # provider, code, failures; most above what is usual first

    @property
    def key(self) -> str:
        if self.is_incident:  # one per provider, whatever its hours
            return slices.key_of({"incident": self.attributes.get("provider", "")})
        return slices.key_of(self.attributes)

    @property
    def is_incident(self) -> bool:
        """A whole provider, or everything, for a time."""
        return self.attributes.keys() <= {"provider", "hour"}

    @property
    def whole(self) -> dict[str, str]:
        return {**self.attributes, **self.same_as}

    def numbers(self) -> dict[str, Any]:
        """The columns of a pattern that say how it stands."""
        expected = max(self.expected, 0.1)
        low, high = Rate(self.failures, self.attempts).interval()
        provider, code = self.codes[0][:2] if self.codes else ("", "")
        return {
            "attributes": self.attributes,
            "same_as": self.same_as,
            "provider": provider,
            "error_code": code,
            "attempts": self.attempts,
            "failures": self.failures,
            "recipients": self.recipients,
            "expected": self.expected,
            "excess": self.failures - self.expected,
            "lift": self.failures / expected,
            "lift_low": low * self.attempts / expected,
            "lift_high": high * self.attempts / expected,
            "p_value": self.p_value,
            "is_incident": self.is_incident,
        }


def seen_in(window: Window, found: Iterable[patterns.Pattern]) -> list[Seen]:
    """What was found, without what only a few people are behind. A few queries for each."""
    by_key: dict[str, Seen] = {}
    for pattern in found:
        same = {name: str(value) for name, value in pattern.same_as.items()}
        own = {name: str(value) for name, value in pattern.attributes.items() if name not in same}
        one = Seen(own, same, pattern.attempts, pattern.failures, pattern.expected, pattern.p_value)
        by_key[one.key] = _one_incident(by_key[one.key], one) if one.key in by_key else one
    counted = [_with_people(one, window) for one in by_key.values()]
    return [one for one in counted if _is_of_many(one, window)]


def _one_incident(one: Seen, other: Seen) -> Seen:
    """Two stretches of one incident: the hours of both, or the larger of the two where one is not about hours."""
    if not ("hour" in one.attributes and "hour" in other.attributes):
        return max(one, other, key=lambda part: part.attempts)
    hours = {*one.attributes["hour"].split(","), *other.attributes["hour"].split(",")}
    return replace(
        one,
        attributes={**one.attributes, "hour": ",".join(sorted(hours))},
        same_as={name: value for name, value in one.same_as.items() if other.same_as.get(name) == value},
        attempts=one.attempts + other.attempts,
        failures=one.failures + other.failures,
        expected=one.expected + other.expected,
        p_value=min(one.p_value, other.p_value),
    )


def _with_people(one: Seen, window: Window) -> Seen:
    failures = SendAttempt.objects.between(*window.span).failed().filter(slices.inside(one.attributes))
    return replace(one, recipients=people(failures), codes=_codes(one, failures, window.baseline))


def people(attempts: QuerySet[SendAttempt]) -> int:
    """How many different people these attempts were for; those for nobody we can tell count one each."""
    found = attempts.aggregate(
        numbers=Count("number", distinct=True),
        others=Count("recipient", distinct=True, filter=Q(number=None) & ~Q(recipient="")),
        unknown=Count("pk", filter=Q(number=None, recipient="")),
    )
    return sum(found.values())


def _codes(
    one: Seen, failures: QuerySet[SendAttempt], baseline: Sequence[Span]
) -> tuple[tuple[str, str, int], ...]:
    """The codes of the failures: first the one most above what is expected of it, then by number."""
    now = _by_code(failures)
    past = {}
    if baseline:
        before = SendAttempt.objects.filter(during(baseline, "submitted_at")).failed()
        past = _by_code(before.filter(slices.inside(one.attributes)))
    usual = one.expected / max(sum(past.values()), 1)
    ranked = sorted(now, key=lambda code: (-now[code], code))
    ranked.sort(key=lambda code: usual * past.get(code, 0) - now[code])
    first = ranked[:1]
    rest = sorted((code for code in ranked[1:]), key=lambda code: (-now[code], code))
    return tuple((provider, code, now[provider, code]) for provider, code in [*first, *rest][:MOST_CODES])


def _by_code(failures: QuerySet[SendAttempt]) -> dict[tuple[str, str], int]:
    counted = failures.order_by().values("provider", "error_code").annotate(failures=Count("*"))
    return {(row["provider"], row["error_code"]): row["failures"] for row in counted}


def _is_of_many(one: Seen, window: Window) -> bool:
    """Whether enough different people are behind it. Where few people were tried again and again, those who failed
    have to be more than their share of all who were tried."""
    if one.recipients < settings.PATTERNS["min_people"]:
        return False
    if one.failures <= MANY_TRIES * one.recipients:
        return True
    tried = people(SendAttempt.objects.between(*window.span).settled().filter(slices.inside(one.attributes)))
    usual = tried * one.expected / max(one.attempts, 1)
    return (
        one.recipients >= settings.PATTERNS["min_ratio"] * usual
        and one.recipients - usual >= settings.PATTERNS["min_people"]
    )
