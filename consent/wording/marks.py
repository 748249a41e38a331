"""Texts cut into pieces for a page: what was found in them, and what changed from one version to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text. `label` says what it is, empty for the rest."""

    text: str
    label: str = ""


def marked(text: str, places: Iterable[tuple[int, int, str]]) -> list[Piece]:
    """The text in pieces, with the places (start, end, label) marked; where two overlap, the first one counts."""
    pieces: list[Piece] = []
    at = 0
    for start, end, label in sorted(places):
        if start < at or end <= start:
            continue
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], label))
        at = end
    if text[at:]:
        pieces.append(Piece(text[at:]))
    return pieces


def changes(before: str, after: str) -> list[Piece]:
    """Both texts in one, word by word: label "gone", "new" or empty for what stayed."""
    old, new = _words(before), _words(after)
    pieces: list[Piece] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece("".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece("".join(old[a:b]), "gone"))
        if d > c:
            pieces.append(Piece("".join(new[c:d]), "new"))
    return pieces


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)
