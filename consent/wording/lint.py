"""What a text says of what it has to say, and where it says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consent.wording.elements import ABOUT, LANGUAGES, NEEDED, OF_MARKETING, About, Element, Kind, written
from consent.wording.plain import Plain, plain

# The law names no single way: a text that does is wrong even where it is complete.
_ONLY_WAY = re.compile(
    r"\bonly (?:way|by|be (?:stopped|cancelled|canceled)|(?:opt[- ]?out|unsubscribe|cancel|stop)\b[^.!?]{0,20}\bby)\b"
    r"[^.!?]{0,40}\bSTOP\b|\bSTOP\b[^.!?]{0,40}\bonly way\b"
    r"|\b(?:opt[- ]?outs?|requests?)\b[^.!?]{0,40}\b(?:not|never|cannot) (?:be )?(?:accepted|honou?red|processed)\b"
    r"|\b(?:solo|sólo|solamente|únicamente)\b[^.!?]{0,40}\b(?:STOP|ALTO|BAJA)\b"
    r"|\b(?:seulement|uniquement)\b[^.!?]{0,40}\b(?:STOP|ARR[EÊ]T)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One element: where in the text it stands (characters), or that it is missing. What is not `needed` is advised."""

    element: Element
    needed: bool
    start: int | None = None
    end: int | None = None

    @property
    def is_there(self) -> bool:
        return self.start is not None

    @property
    def about(self) -> About:
        return ABOUT[self.element]


@dataclass(frozen=True, slots=True)
class Linted:
    """A text, read: its elements in the order of the law, how plain it is, and what it must not say."""

    checks: tuple[Check, ...]
    plain: Plain
    warnings: tuple[str, ...]

    @property
    def missing(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.needed and not check.is_there)

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.warnings and self.plain.is_plain


def lint(
    text: str, *, kind: Kind, language: str, sellers: Sequence[str], is_marketing: bool = True
) -> Linted:
    """Reads a text. `sellers`: the names that tell people who sends, e.g. the brand and the program."""
    needed = NEEDED[kind] - (frozenset() if is_marketing else OF_MARKETING)
    shown = _ALL_OF[kind]
    checks = tuple(
        Check(element, element in needed, *(_place(element, text, language, sellers) or (None, None)))
        for element in shown
    )
    warnings = []
    if only := _ONLY_WAY.search(text):
        warnings.append(f"“{only.group()}” calls one way the only one; any reasonable way to say no counts.")
    return Linted(checks, plain(text, language), tuple(warnings))


_ALL_OF = {kind: [each for each in Element if kind is Kind.OPT_IN or each in NEEDED[kind]] for kind in Kind}


def _place(element: Element, text: str, language: str, sellers: Sequence[str]) -> tuple[int, int] | None:
    if element is Element.SELLER:
        return _named(text, sellers)
    own = language.split("-")[0].casefold()
    for tried in sorted(LANGUAGES, key=lambda each: each != own):
        pattern = written(element, tried)
        if pattern and (found := pattern.search(text)):
            return found.span()
    return None


def _named(text: str, sellers: Sequence[str]) -> tuple[int, int] | None:
    """Where one of the names stands as a whole; the longest first."""
    for name in sorted((seller.strip() for seller in sellers if seller.strip()), key=len, reverse=True):
        if found := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            return found.span()
    return None
