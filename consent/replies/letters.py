"""Letters as they are meant: drawn and look-alike letters, accents, and the signs that belong to a word."""

import re
import unicodedata
from functools import lru_cache

from consent.replies.words import HELP_WORDS, START_WORDS, STOP_ALL, STOP_WORDS

# Letters drawn as white on black: U+1F150 to 1F169 (round) and U+1F170 to 1F189 (square); NFKC leaves them alone.
_ENCLOSED = {start + i: chr(ord("a") + i) for start in (0x1F150, 0x1F170) for i in range(26)}

# What looks Latin in other alphabets (Greek, Cyrillic, Armenian, Cherokee, Lisu, Coptic): some keyboards and
# pranksters mix them in.
_LOOKS_LIKE = {
    "a": "ΑαАаᎪꓮⲀⲁ", "b": "ΒВвЬьᏴᏏꓐⲂ", "c": "ϹϲСсᏟꓚⲤⲥ", "d": "ԀԁᎠᏧꓓ", "e": "ΕεЕеᎬꓰⲈⲉ", "f": "ꓝ", "g": "ցԌᏀꓖ",
    "h": "ΗНнһհᎻᏂꓧⲎ", "i": "ΙιІіӀᎥꓲⲒ", "j": "ЈјյᎫꓙ", "k": "ΚκКкᏦꓗⲔⲕ", "l": "ԼᏞꓡ", "m": "ΜМмᎷꓟⲘ", "n": "ΝηոꓠⲚ",
    "o": "ΟοОоՕօᎾꓳⲞⲟ", "p": "ΡρРрᏢꓑⲢⲣ", "q": "Ԛԛգզ", "r": "гᎡᏒꓣⲅ", "s": "ΣσςЅѕՏᏚᏕꓢ", "t": "ΤτТтᎢꓔⲦⲧ", "u": "υՍսꓴ",
    "v": "νѴѵᏙꓦ", "w": "ԜԝᎳᏔꓪ", "x": "ΧχХхꓫⲬⲭ", "y": "ΥУуҮүᎩᎽꓬⲨ", "z": "ΖᏃꓜⲌ",
}  # fmt: skip
_LOOK_ALIKE = str.maketrans({alike: latin for latin, row in _LOOKS_LIKE.items() for alike in row})
_WORD = re.compile(r"[^\W_]+")
_OURS = STOP_WORDS | STOP_ALL | START_WORDS | HELP_WORDS | {"opt", "out", "all"}

# Strokes through a letter, dots that vary it, Hebrew and Arabic vowel points, accents above and below. The marks of the
# other classes are vowels, tones and joiners without which a word is another one.
_ACCENTS = frozenset((1, 7, *range(10, 37), *range(200, 241)))
# The Latin letters whose stroke, hook or size Unicode does not take apart: \u0142, \u0131, \u1d1b.
_NAMED_LATIN = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:DOTLESS |SCRIPT |SMALL CAPITAL )?([A-Z])(?: WITH .+)?"
)
# Letters that Persian and Arabic keyboards write differently, and the one that only stretches a word.
_ARABIC = str.maketrans({"\u06cc": "\u064a", "\u0649": "\u064a", "\u06a9": "\u0643", "\u0640": None})

# The signs, no letters themselves, that scripts from Syriac to Khmer write between and after letters.
_SIGNS = "".join(
    sign
    for block in (range(0x700, 0x1D00), range(0xA800, 0xAC00), range(0x10A00, 0x12000))
    for sign in map(chr, block)
    if unicodedata.category(sign) in ("Mn", "Mc")
)
PIECE = re.compile(rf"[^\W_]+(?:[{_SIGNS}]+[^\W_]*)*|[.,]")
"""A word of folded letters with their signs, or a mark between words."""


def unified(text: str) -> str:
    """Drawn letters as letters, compatibility forms unified (NFKC), look-alikes of Latin letters as those.

    Look-alikes count in words that mix alphabets and in words that they spell a keyword with: a Russian word stays.
    """
    text = unicodedata.normalize("NFKC", text.translate(_ENCLOSED))
    return text if text.isascii() else _WORD.sub(lambda word: _latin(word.group()), text)


def lowered(text: str) -> str:
    """Case folded, accents dropped."""
    text = text.casefold()
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    plain = "".join(_plain(letter) for letter in apart if unicodedata.combining(letter) not in _ACCENTS)
    return unicodedata.normalize("NFC", plain.translate(_ARABIC))  # Korean syllables come together again


def _latin(word: str) -> str:
    drawn = word.translate(_LOOK_ALIKE)
    mixed = any(letter.isascii() for letter in word)
    return drawn if mixed or drawn.casefold() in _OURS else word


@lru_cache(maxsize=1024)
def _plain(letter: str) -> str:
    """The bare letter of a Latin one, "" for a circle around one, any other as it is."""
    if unicodedata.category(letter) == "Me":
        return ""
    named = _NAMED_LATIN.fullmatch(unicodedata.name(letter, ""))
    return named[1].casefold() if named else letter
