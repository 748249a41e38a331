"""What a reconfirmation or confirmation must say, and what it must not: one plain thing, nothing for sale."""

# ruff: noqa: E501 - patterns are kept as they read

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consent.notices.situations import Situation

LONGEST_PARTS = 2

_STOP = re.compile(
    r"(?<!-)\b(?:STOP|ARR[EÊ]T|ALTO|BAJA)\b|\b(?i:reply|text|send|responda|mande|r[ée]pondez|envoyez) [\"'“«]?\s?stop\b"
)
_START = re.compile(r"\bSTART\b|\bUNSTOP\b")
_ASKS = re.compile(
    r"\b(?i:repl(?:y|ying)|answer(?:ing)?|text(?:ing)?|send(?:ing)?|respond[ae]|conteste|mande|env[ií]e|r[ée]pond(?:ez|re)|envoyez|textez)"
    r"(?: (?:back|with|con|par))?\s+[\"“«']?\s?(YES|Y|SI|SÍ|OUI|OK|1|CONFIRM)\b"
)
_SELLS = re.compile(
    r"\b(?:sale|deals?|offers?|discounts?|coupons?|save (?:\d|\$|up|big|on|now|money)|(?<!feel )(?<!toll[- ])free|gift|shop now|buy"
    r"|limited time|last chance|half price|hurry|don['’]t miss|exclusives?|rewards?|use code|order now|new (?:arrivals|collection|styles)"
    r"|win|bonus"
    r"|promo(?:s|tions?|ciones|ción|cion)?|ofertas?|descuentos?|cup[oó]n(?:es)?|gratis|compre|aproveche|regalo|rebajas?"
    r"|offres?|rabais|soldes?|r[eé]ductions?|gratuite?s?|achetez|profitez|cadeaux?|\d ?(?:x|-for-) ?\d)\b"
    r"|\d+ ?% ?(?:off|de descuento|de rabais)?|[$€£] ?\d+",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"https?://\S+|\bwww\.\S+|\b[\w-]+\.(?:com|net|org|ly|co|me|io|link|shop|store)(?:/\S*)?\b", re.IGNORECASE
)
_LOUD = re.compile(
    r"!{2,}|\b(?!START\b|STOP\b|HELP\b|YES\b|UNSTOP\b|ARRET\b|ALTO\b|BAJA\b|AYUDA\b|AIDE\b)[A-ZÉÈÀÑ]{4,}\b|!"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a text and where (characters; both 0 if something is missing). Some is only advice."""

    words: str
    is_error: bool = True
    start: int = 0
    end: int = 0


def lint(text: str, situation: Situation, *, names: Sequence[str], parts: int | None) -> tuple[Problem, ...]:
    """Problems of a filled-in text, in reading order of importance. `names` tell who sends; `parts` is its length in
    segments, None if nobody can measure it."""
    return (
        *_says_who(text, names),
        *_says_how_to_stop(text, situation),
        *_one_thing(text, situation),
        *_sells_nothing(_without(text, names)),
        *_links_nowhere(text),
        *_is_calm(_without(text, names)),
        *_length(parts, situation),
    )


def _without(text: str, names: Sequence[str]) -> str:
    """The text with the names blanked, every other character in its place: a program may be called “Offers”."""
    return _whole(names).sub(lambda found: " " * len(found.group()), text)


def _says_who(text: str, names: Sequence[str]) -> list[Problem]:
    if _whole(names).search(text):
        return []
    return [Problem("It does not say who sends it; begin with {program} or {brand}.")]


def _whole(names: Sequence[str]) -> re.Pattern[str]:
    """One of the names, the longest first, and not as a piece of another word: “Ace” does not stand in “place”."""
    given = sorted({name.strip() for name in names if name.strip()}, key=len, reverse=True)
    # Without any name nothing matches.
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, given)) or '(?!)'})(?!\w)", re.IGNORECASE)


def _says_how_to_stop(text: str, situation: Situation) -> list[Problem]:
    problems = []
    # The person has just said STOP and needs no lesson in it; to an e-mail or a call nobody replies STOP.
    needless = {Situation.STOP_CONFIRMED, Situation.WRONG_NUMBER}
    if situation not in needless and not _STOP.search(text):
        problems.append(Problem("It does not say how to opt out; add “Reply STOP to opt out.”"))
    if situation in {Situation.STOP_CONFIRMED, Situation.PRESUMED, Situation.START_HOW} and not _START.search(
        text
    ):
        problems.append(
            Problem(
                "It does not say how to come back: “text START”.", is_error=situation is Situation.START_HOW
            )
        )
    return problems


def _one_thing(text: str, situation: Situation) -> list[Problem]:
    asks = list(_ASKS.finditer(text))
    if situation in {Situation.PENDING, Situation.EXPIRED}:
        if not asks:
            return [Problem("It asks for nothing: say which word confirms, “reply YES”.")]
        return [
            Problem("It asks for a confirmation more than once; once is enough.", True, *again.span())
            for again in asks[1:]
        ]
    return [
        Problem("It asks for a YES; this text only tells what is the case.", True, *ask.span())
        for ask in asks
    ]


def _sells_nothing(text: str) -> list[Problem]:
    return [
        Problem(
            f"“{found.group().strip()}” sells something; such a text carries no marketing.",
            True,
            *found.span(),
        )
        for found in _SELLS.finditer(text)
    ]


def _links_nowhere(text: str) -> list[Problem]:
    return [
        Problem("A link makes it look like an advertisement or a fraud; leave it out.", True, *found.span())
        for found in _LINK.finditer(text)
    ]


def _is_calm(text: str) -> list[Problem]:
    return [Problem("It shouts; write it calmly.", False, *found.span()) for found in _LOUD.finditer(text)]


def _length(parts: int | None, situation: Situation) -> list[Problem]:
    if parts is None or parts <= LONGEST_PARTS or not situation.by_text:
        return []
    return [
        Problem(
            f"It has {parts} segments; {LONGEST_PARTS} are the most that reads at a glance.", is_error=False
        )
    ]
