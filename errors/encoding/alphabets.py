"""Which characters GSM-7 carries, and for how many septets.

A character of the basic table costs one septet; one of the extension table costs two, the escape and itself.
A national language may replace the basic table (locking shift) or the extension table (single shift), at the
price of a header element in every part. Providers do that only where it was agreed: by default they send the
basic and extension tables or else UCS-2. Source: 3GPP TS 23.038, 6.2.1 and Annex A. Only which table holds a
character is kept, not its place: we count, the provider encodes.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import Final

from errors.encoding.header import SHIFT

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SMALL: Final = _LETTERS[26:]

# The escape itself is no character: a text that holds one is not carried.
BASIC: Final = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà" + _LETTERS
EXTENSION: Final = "\f^{}\\[~]|€"


class Language(StrEnum):
    """The languages that have tables of their own."""

    TURKISH = "turkish"
    SPANISH = "spanish"
    PORTUGUESE = "portuguese"
    BENGALI = "bengali"
    GUJARATI = "gujarati"
    HINDI = "hindi"
    KANNADA = "kannada"
    MALAYALAM = "malayalam"
    ORIYA = "oriya"
    PUNJABI = "punjabi"
    TAMIL = "tamil"
    TELUGU = "telugu"
    URDU = "urdu"


@dataclass(frozen=True)
class Alphabet:
    """A pair of tables; None is the default one."""

    locking: Language | None = None
    single: Language | None = None

    @property
    def elements(self) -> int:
        """Octets of header elements that name the tables."""
        return SHIFT * ((self.locking is not None) + (self.single is not None))

    def carries(self, text: str) -> bool:
        return self.foreign.search(text) is None

    def septets(self, text: str) -> int:
        """Septets of a text that the alphabet carries."""
        return len(text) + sum(map(text.count, self.escaped))

    @cached_property
    def foreign(self) -> re.Pattern[str]:
        """A character of neither table."""
        return re.compile(f"[^{''.join(map(re.escape, self._one + self._two))}]")

    @cached_property
    def escaped(self) -> str:
        """The characters that cost two septets."""
        return "".join(sorted(set(self._two) - set(self._one)))

    @property
    def _one(self) -> str:
        return _LOCKING[self.locking] if self.locking else BASIC

    @property
    def _two(self) -> str:
        return EXTENSION + (_SINGLE[self.single] if self.single else "")


DEFAULT: Final = Alphabet()


@cache
def alphabets_for(language: Language) -> tuple[Alphabet, ...]:
    """The default alphabet and those with the tables of a language, shortest header first."""
    locking = language if language in _LOCKING else None
    pairs = [(None, None), (None, language), (locking, None), (locking, language)]
    return tuple(Alphabet(*pair) for pair in dict.fromkeys(pairs))


def _ranges(written: str) -> str:
    """The characters of "0981-0983 09BC"."""
    found: list[str] = []
    for word in written.split():
        first, _, last = word.partition("-")
        found += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return "".join(found)


# Digits, signs and small letters that stand in every Indian locking table; their capitals are escaped.
_INDIAN_ONE: Final = "\n\r !(),.0123456789:;?" + _SMALL
_INDIAN_TWO: Final = "@£$¥¿\"¤%&'*+-/<=>¡_#" + _LETTERS[:26]
_DANDAS: Final = "0964-0965 "

_LOCKING: Final = {
    Language.TURKISH: BASIC.translate(str.maketrans("èìØøÆæ¡¿", "€ıĞğŞşİç")),
    Language.PORTUGUESE: "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|ÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?ÍÃÕÚÜ§~ãõ`üà"
    + _LETTERS,
} | {
    language: _INDIAN_ONE + _ranges(written)
    for language, written in {
        Language.BENGALI: "0981-0983 0985-098C 098F-0990 0993-09A8 09AA-09B0 09B2 09B6-09B9 09BC-09C4 "
        "09C7-09C8 09CB-09CE 09D7 09DC-09DD 09F0-09F1",
        Language.GUJARATI: "0A81-0A83 0A85-0A8D 0A8F-0A91 0A93-0AA8 0AAA-0AB0 0AB2-0AB3 0AB5-0AB9 0ABC-0AC5 "
        "0AC7-0AC9 0ACB-0ACD 0AD0 0AE0-0AE3 0AF1",
        Language.HINDI: "0901-0903 0905-0939 093C-094D 0950 0972 097B-097C 097E-097F",
        Language.KANNADA: "0C82-0C83 0C85-0C8C 0C8E-0C90 0C92-0CA8 0CAA-0CB3 0CB5-0CB9 0CBC-0CC4 0CC6-0CC8 "
        "0CCA-0CCD 0CD5-0CD6 0CE0-0CE3",
        Language.MALAYALAM: "0D02-0D03 0D05-0D0C 0D0E-0D10 0D12-0D28 0D2A-0D39 0D3D-0D44 0D46-0D48 0D4A-0D4D "
        "0D57 0D60-0D63 0D79",
        Language.ORIYA: "0B01-0B03 0B05-0B0C 0B0F-0B10 0B13-0B28 0B2A-0B30 0B32-0B33 0B35-0B39 0B3C-0B44 "
        "0B47-0B48 0B4B-0B4D 0B56-0B57 0B60-0B63",
        Language.PUNJABI: "0A01-0A03 0A05-0A0A 0A0F-0A10 0A13-0A28 0A2A-0A30 0A32-0A33 0A35-0A36 0A38-0A39 "
        "0A3C 0A3E-0A42 0A47-0A48 0A4B-0A4D 0A51 0A70-0A74",
        Language.TAMIL: "0B82-0B83 0B85-0B8A 0B8E-0B90 0B92-0B95 0B99-0B9A 0B9C 0B9E-0B9F 0BA3-0BA4 0BA8-0BAA "
        "0BAE-0BB9 0BBE-0BC2 0BC6-0BC8 0BCA-0BCD 0BD0 0BD7 0BF0-0BF2 0BF9",
        Language.TELUGU: "0C01-0C03 0C05-0C0C 0C0E-0C10 0C12-0C28 0C2A-0C33 0C35-0C39 0C3D-0C44 0C46-0C48 "
        "0C4A-0C4D 0C55-0C56 0C60-0C63",
        Language.URDU: "0621-0622 0627-0628 062A-0639 0641-0642 0644-0646 0648 064D 064F-0651 0653-0657 0670 "
        "0679-0681 0683-068A 068C-068D 068F 0691 0693 0696 0698-069A 06A6 06A9-06AB 06AF 06B1 06B3 06BA-06BC "
        "06BE 06C1-06C2 06C4 06CC 06D0 06D2 06D5",
    }.items()
}
_SINGLE: Final = {
    Language.TURKISH: "ĞİŞçğış",
    Language.SPANISH: "çÁÍÓÚáíóú",
    Language.PORTUGUESE: "êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ",
} | {
    language: _INDIAN_TWO + _ranges(written)
    for language, written in {
        Language.BENGALI: "09DF-09E3 09E6-09EF 09F2-09FA",
        Language.GUJARATI: _DANDAS + "0AE6-0AEF",
        Language.HINDI: _DANDAS + "0951-0954 0958-0963 0966-0971",
        Language.KANNADA: _DANDAS + "0CDE 0CE6-0CEF 0CF1-0CF2",
        Language.MALAYALAM: _DANDAS + "0D66-0D75 0D7A-0D7F",
        Language.ORIYA: _DANDAS + "0B5C-0B5D 0B5F 0B66-0B71",
        Language.PUNJABI: _DANDAS + "0A59-0A5C 0A5E 0A66-0A6F 0A75",
        Language.TAMIL: _DANDAS + "0BE6-0BEF 0BF3-0BF8 0BFA",
        Language.TELUGU: "0C58-0C59 0C66-0C6F 0C78-0C7F",
        Language.URDU: "0600-0601 060C-0614 061B 061F 0640 0652 0658 066B-066C 0672-0673 06CD 06D4 06F0-06F9",
    }.items()
}
