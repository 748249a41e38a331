"""Sends by what somebody has in hand: a message reference, a number or some of its digits, a campaign, a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consent.models import Number
from consent.numbers import FRAGMENT, digits_of, looks_like_number
from errors import life
from errors.models import SendAttempt
from errors.models.attempt import SendAttemptQuerySet

NUMBERS_AT_ONCE = 5_000


class TooMany(Exception):
    """So many numbers fit that nobody would find theirs; the message says what to type."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood, and the sends it is about."""

    words: str
    attempts: SendAttemptQuerySet


def look_up(text: str) -> Answer | None:
    """The first meaning of the text that has sends; None where none has. Raises TooMany."""
    for meaning in _BY_DIGITS if looks_like_number(text) else _BY_WORDS:
        answer = meaning(text)
        if answer is not None and answer.attempts.exists():
            return answer
    return None


def to_fragment(digits: str) -> SendAttemptQuerySet:
    """Sends to numbers that contain these digits.

    Raises TooMany for fewer than FRAGMENT digits, or more than NUMBERS_AT_ONCE numbers."""
    if len(digits) < FRAGMENT:
        raise TooMany(f"Type at least {FRAGMENT} digits of the number.")
    ids = list(Number.objects.fragment(digits).values_list("pk", flat=True)[: NUMBERS_AT_ONCE + 1])
    if len(ids) > NUMBERS_AT_ONCE:
        raise TooMany(f"More than {NUMBERS_AT_ONCE:,} numbers contain {digits}. Type more digits.")
    return SendAttempt.objects.filter(number__any_of=ids)


def of_reference(text: str) -> SendAttemptQuerySet:
    """Sends with this message reference, the provider's in whatever form it was written down, or our own."""
    forms = life.other_forms(text)
    alike = SendAttempt.objects.filter(ref_number__any_of=[life.number_of(form) for form in forms])
    found = alike.order_by("pk").values_list("pk", "message_ref")[:200]
    ids = [pk for pk, ref in found if life.plain_ref(ref) in forms]
    ids += SendAttempt.objects.filter(client_ref=text).order_by("pk").values_list("pk", flat=True)[:200]
    return SendAttempt.objects.filter(pk__in=ids)


def _number(text: str) -> Answer | None:
    digits = digits_of(text)
    return Answer(f"Sends to numbers that contain {digits}", to_fragment(digits)) if digits else None


def _reference(text: str) -> Answer | None:
    return Answer(f"Sends with the message reference {text}", of_reference(text))


def _campaign(text: str) -> Answer | None:
    return Answer(f"Sends of the campaign {text}", SendAttempt.objects.filter(campaign=text))


def _person(text: str) -> Answer | None:
    ids = list(Number.objects.named(text).values_list("pk", flat=True)[: NUMBERS_AT_ONCE + 1])
    if len(ids) > NUMBERS_AT_ONCE:
        raise TooMany(f"More than {NUMBERS_AT_ONCE:,} people are called {text}. Type more of the name.")
    return Answer(f"Sends to people called {text}", SendAttempt.objects.filter(number__any_of=ids))


Meaning = Callable[[str], Answer | None]
# A reference of digits alone is rarer than a part of a number, and longer.
_BY_DIGITS: tuple[Meaning, ...] = (_number, _reference, _campaign)
_BY_WORDS: tuple[Meaning, ...] = (_reference, _campaign, _person)
