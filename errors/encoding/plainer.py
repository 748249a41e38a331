"""What to write instead of the characters that GSM-7 lacks. It is a suggestion: nobody's text is changed.

A faithful change is one that readers do not notice: a straight quote for a curly one, a space for another
kind of space, one character for the same in two pieces. Leaving an accent away, or writing "oe" for one
letter, changes the spelling, so it is only made when asked for.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from errors.encoding.alphabets import DEFAULT
from errors.encoding.header import Encoding
from errors.encoding.measure import Measure, measure


@dataclass(frozen=True, slots=True)
class Change:
    """`was`, from the character at `at` on (the first is 0), may be written `instead` (empty: left out)."""

    at: int
    was: str
    instead: str
    faithful: bool


@dataclass(frozen=True, slots=True)
class Plainer:
    """A text with all changes made, and what both take."""

    text: str
    changes: tuple[Change, ...]
    before: Measure
    after: Measure

    @property
    def saves(self) -> int:
        """Segments that each message costs less."""
        return self.before.segments - self.after.segments

    @property
    def is_gsm(self) -> bool:
        return self.after.encoding is Encoding.GSM_7


_FAITHFUL: Final = {
    char: instead
    for characters, instead in {
        "‘’‚‛′ʹʻʼˈ´`＇": "'",
        "“”„‟″ʺ«»＂": '"',
        "‹": "<",
        "›": ">",
        "‐‑‒–—―−－": "-",
        "…": "...",
        "•·∙●▪": "-",
        "⁄∕": "/",
        "×": "x",
        "\t": " ",
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000": " ",
        "\u2028\u2029\u0085\v": "\n",
        # Seen by nobody: soft hyphen, zero width, marks of direction.
        "\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069": "",
    }.items()
    for char in characters
} | dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))  # Greek capitals that look like Latin ones
# Letters that Unicode does not take apart into a bare letter and its mark.
_RESPELLED: Final = dict(zip("łŁđĐıħĦŧŦðŋ", "lLdDihHtTdn", strict=True)) | {
    "Þ": "Th",
    "þ": "th",
    "œ": "oe",
    "Œ": "OE",
}
# A character and its marks, or one character.
_CLUSTER: Final = re.compile("[^\u0300-\u036f][\u0300-\u036f]+|.", re.DOTALL)


def plainer(text: str, *, respelled: bool = False) -> Plainer:
    """The text with every character replaced that has a replacement; `respelled`: also without its accents.

    Characters without one stay, so `is_gsm` says whether the whole text may be sent as GSM-7.
    """
    before = measure(text)
    if before.encoding is Encoding.GSM_7:
        return Plainer(text, (), before, before)
    changes = tuple(change for change in changes_in(text) if respelled or change.faithful)
    written = _written(text, changes)
    return Plainer(written, changes, before, measure(written))


def changes_in(text: str) -> Iterator[Change]:
    """Every change that brings a character to GSM-7, in order."""
    for found in _CLUSTER.finditer(text):
        if not DEFAULT.carries(found[0]) and (change := _instead(found[0])):
            yield Change(found.start(), found[0], *change)


@cache
def _instead(cluster: str) -> tuple[str, bool] | None:
    """What to write for it and whether that is faithful; None: GSM-7 has nothing for it."""
    composed = unicodedata.normalize("NFC", cluster)
    if DEFAULT.carries(composed):
        return composed, True
    if composed in _FAITHFUL:
        return _FAITHFUL[composed], True
    spelled = unicodedata.normalize("NFKC", cluster)
    if DEFAULT.carries(spelled):
        # Full-width letters and joined letters look the same; a small raised two is no two.
        return spelled, "WIDTH" in unicodedata.name(cluster[0], "") or "LIGATURE" in unicodedata.name(
            cluster, ""
        )
    bare = "".join(_RESPELLED.get(char, char) for char in unicodedata.normalize("NFKD", cluster))
    bare = "".join(_FAITHFUL.get(char, char) for char in bare if not unicodedata.combining(char))
    return (bare, False) if bare and DEFAULT.carries(bare) else None


def _written(text: str, changes: tuple[Change, ...]) -> str:
    pieces = []
    begin = 0
    for change in changes:
        pieces += [text[begin : change.at], change.instead]
        begin = change.at + len(change.was)
    return "".join([*pieces, text[begin:]])
