"""Undo what spreadsheets, CSV writers and web pages do to a phone number on its way into a cell.

Only the wrapping is removed, never a digit of the number. What cannot be undone (digits lost to scientific
notation) is refused.
"""

import re
import unicodedata
from typing import Final, NamedTuple

from consent.numbers.cell import NumberWarning, Reason


class Cleaned(NamedTuple):
    """The text inside the wrapping, what was found around it, and why nothing can be made of it, if so."""

    text: str
    found: tuple[NumberWarning, ...]
    refused: Reason | None


class _PlainCharacters(dict[int, str | int | None]):
    """For str.translate: other scripts' digits, full-width forms, odd spaces, hyphens and invisible marks.

    Not NFKC: that would turn a footnote mark ("²") into one more digit of the number.
    """

    def __missing__(self, codepoint: int) -> str | int | None:
        plain = self[codepoint] = _plain(chr(codepoint))
        return plain


def _plain(char: str) -> str | int | None:
    """The character phonenumbers and the patterns below understand; None removes it."""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if "！" <= char <= "～":
        return ord(char) - 0xFEE0
    if category == "Zs":
        return " "
    if category == "Pd" or char == "−":
        return "-"
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Cf" or (category == "Cc" and not char.isspace()):
        return None
    return char


_PLAIN: Final = _PlainCharacters()

# Straight, curly, prime and modifier-letter apostrophes: all are used to make a cell "text".
_APOSTROPHES: Final = "'’‘‛`´ʹʼ′"
_FORMULA_TEXT: Final = re.compile(r'=\s*"+([^"]*)"+')
_FORMULA_SIGN: Final = re.compile(r"=\s*(?=[+\d(])")
_QUOTED: Final = re.compile(r'"+([^"]*)"+')
_LINK: Final = re.compile(r"(?:tel|sms|smsto|mms|mmsto|callto):(?://)?\s*([^?]*)(?:\?.*)?", re.IGNORECASE)
_INTEGRAL_FLOAT: Final = re.compile(r"(\+?\d{5,})[.,]0{1,2}")
_SCIENTIFIC: Final = re.compile(r"\+?(\d+)(?:[.,](\d*))?\s?[eE]([+-]?\d{1,3})")


def clean(raw: str) -> Cleaned:
    """The cell without its wrapping."""
    found: list[NumberWarning] = []
    text = _unwrapped(raw, found)
    if not text:
        return Cleaned("", (), Reason.EMPTY)
    if match := _INTEGRAL_FLOAT.fullmatch(text):
        text = match[1]
        found.append(NumberWarning.FLOAT_SUFFIX)
    elif match := _SCIENTIFIC.fullmatch(text):
        digits = _exact_digits(match)
        if digits is None:
            return Cleaned(text, tuple(found), Reason.SCIENTIFIC_NOTATION)
        text = digits
        found.append(NumberWarning.EXACT_SCIENTIFIC)
    return Cleaned(text, tuple(found), None)


def _unwrapped(raw: str, found: list[NumberWarning]) -> str:
    text = raw.strip() if raw.isascii() and raw.isprintable() else raw.translate(_PLAIN).strip()
    text = _without_apostrophe(text, found)
    if text[:1] == "=":
        text = _without_formula(text, found)
    if match := _QUOTED.fullmatch(text):
        text = match[1].strip()
    text = _without_apostrophe(text, found)
    if match := _LINK.fullmatch(text):
        text = match[1].strip()
    return text


def _without_apostrophe(text: str, found: list[NumberWarning]) -> str:
    """'4155550100  (typed so that Excel keeps the cell as text)"""
    bare = text.lstrip(_APOSTROPHES)
    if bare == text:
        return text
    if bare and NumberWarning.LEADING_APOSTROPHE not in found:
        found.append(NumberWarning.LEADING_APOSTROPHE)
    return bare.strip()


def _without_formula(text: str, found: list[NumberWarning]) -> str:
    """="4155550100", =4155550100, =+14155550100: made to keep the digits, or by a plus sign."""
    bare = text
    if match := _FORMULA_TEXT.fullmatch(text):
        bare = match[1].strip()
    elif match := _FORMULA_SIGN.match(text):
        bare = text[match.end() :]
    if bare != text:
        found.append(NumberWarning.FORMULA_CELL)
    return bare


def _exact_digits(match: re.Match[str]) -> str | None:
    """The digits of a number whose mantissa carries every one of them; None if some are lost.

    1.4155550177E+10 has eleven digits, all of them there; 1.41556E+10 has eleven, six of them there. Lost
    digits are never filled up with zeros.
    """
    whole, fraction, places = match[1], match[2] or "", int(match[3])
    if places < 0 or len(fraction) < places or fraction[places:].strip("0"):
        return None
    return (whole + fraction[:places]).lstrip("0") or None
