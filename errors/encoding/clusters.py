"""What a reader takes for one character: a letter with its marks, an emoji of several, a flag, a syllable.

Extended grapheme clusters of UAX #29 as far as the Unicode tables of Python tell them, with two differences:
a line end of two characters may be cut (so do the providers), and the consonant groups of Indian scripts,
which that standard joined in 2023 only, may be too.
"""

import unicodedata
from typing import Final

_JOINER: Final = "\u200d"
_NON_JOINER: Final = "\u200c"
# Signs that stand before the digits or letter they belong to (Prepend).
_PREPENDED: Final = frozenset(
    [*map(chr, range(0x600, 0x606)), "\u06dd", "\u070f", "\u08e2", "\u0d4e", "\U000110bd", "\U000110cd"]
)
# Marks that are no Mn, Me or Mc: Thai and Lao AM, half-width voiced marks.
_MARKS: Final = frozenset("\u0e33\u0eb3\uff9e\uff9f")
_MARK_CATEGORIES: Final = frozenset({"Mn", "Me", "Mc"})


def joined(text: str, at: int) -> bool:
    """Do the characters before and at this place, which is inside the text, belong together?"""
    before, char = text[at - 1], text[at]
    if char < "\u0300" and before < "\u0300":
        return False
    if not _may_begin(before):
        return False
    if _continues(char):
        return True
    if before in _PREPENDED:
        return _may_begin(char)
    if before == _JOINER:
        return _is_pictograph(char)
    if _is_flag_half(before) and _is_flag_half(char):
        return _flag_halves_before(text, at) % 2 == 1
    return _in_one_syllable(before, char)


def _may_begin(char: str) -> bool:
    """A control character, a line end or a format character stands alone."""
    if char in (_JOINER, _NON_JOINER) or char in _PREPENDED or _is_tag(char):
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _continues(char: str) -> bool:
    return (
        unicodedata.category(char) in _MARK_CATEGORIES
        or char in (_JOINER, _NON_JOINER)
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or _is_tag(char)
        or char in _MARKS
    )


def _is_tag(char: str) -> bool:
    """The invisible letters that spell the flags of regions."""
    return "\U000e0020" <= char <= "\U000e007f"


def _is_pictograph(char: str) -> bool:
    return "\U0001f000" <= char <= "\U0001faff" or unicodedata.category(char) in ("So", "Sm")


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    first = at
    while first and _is_flag_half(text[first - 1]):
        first -= 1
    return at - first


def _in_one_syllable(before: str, char: str) -> bool:
    """Korean: a consonant joins a vowel or a syllable, which joins the vowels and consonants after it."""
    leads = "\u1100" <= before <= "\u115f"
    if "\u1100" <= char <= "\u115f" or "\uac00" <= char <= "\ud7a3":
        return leads
    if "\u1160" <= char <= "\u11a7":
        return leads or "\u1160" <= before <= "\u11a7" or _is_open_syllable(before)
    if "\u11a8" <= char <= "\u11ff":
        return "\u1160" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return False


def _is_open_syllable(char: str) -> bool:
    return "\uac00" <= char <= "\ud7a3" and (ord(char) - 0xAC00) % 28 == 0
