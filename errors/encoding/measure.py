"""How many messages a text takes: what the network counts, and what the provider charges for."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from errors.encoding.alphabets import BASIC, DEFAULT, Alphabet, Language, alphabets_for
from errors.encoding.clusters import joined
from errors.encoding.header import CONCATENATION, WIDE_CONCATENATION, Encoding, room


class Measure(NamedTuple):
    """What a text takes. An empty text takes one message of no units.

    `units` are septets in GSM-7 and UTF-16 code units in UCS-2, without the header and without what stays
    empty at the end of a part. More than 255 `segments` fit no message. `alphabet` names the national tables,
    where some were allowed and are worth their header.
    """

    encoding: Encoding
    segments: int
    units: int
    alphabet: Alphabet = DEFAULT


# Bound once: an import measures the body of every row.
_GSM_7: Final = Encoding.GSM_7
_UCS_2: Final = Encoding.UCS_2
_SINGLE_GSM: Final = room(_GSM_7, 0)
_PART_GSM: Final = room(_GSM_7, CONCATENATION)
_SINGLE_UCS: Final = room(_UCS_2, 0)
_BASIC_ASCII: Final = "".join(filter(str.isascii, BASIC)).encode("ascii")
_foreign = DEFAULT.foreign.search


def measure(text: str, *, language: Language | None = None, wide_reference: bool = False) -> Measure:
    """Encoding, parts and units of a text as it is handed to the provider.

    `language` allows its national tables, where the provider agreed to use them. `wide_reference`: the parts
    are tied together by two octets instead of one (152 and 66 units in a part).
    """
    if language is None and not wide_reference:
        return _measure(text)
    reference = WIDE_CONCATENATION if wide_reference else CONCATENATION
    alphabets = alphabets_for(language) if language else (DEFAULT,)
    fitting = [_in_gsm(text, alphabet, reference) for alphabet in alphabets if alphabet.carries(text)]
    # Of equals the first stays: the shortest header.
    return min(fitting, key=lambda found: found.segments, default=None) or _in_ucs(text, reference)


def parts(text: str, *, language: Language | None = None) -> list[str]:
    """The text of each message, in order; together they are the text."""
    found = measure(text, language=language)
    if found.segments == 1:
        return [text]
    if found.encoding is _GSM_7:
        ends = _gsm_ends(text, found.alphabet, CONCATENATION)
    else:
        ends = _ucs_ends(text, CONCATENATION)
    places = [0, *ends]
    return [text[begin:end] for begin, end in pairwise(places)]


def money(price: Decimal | None, segments: int) -> str:
    """What so many segments cost, in the currency of the price; empty without one."""
    return f"{(price * segments).normalize():f}" if price is not None else ""


def _measure(text: str) -> Measure:
    """The default tables. Nearly every text is ASCII, and one run through its octets decides it."""
    if text.isascii() and not text.encode("ascii").translate(None, _BASIC_ASCII):
        length = len(text)
        return Measure(_GSM_7, 1 if length <= _SINGLE_GSM else -(-length // _PART_GSM), length)
    return _in_ucs(text, CONCATENATION) if _foreign(text) else _in_gsm(text, DEFAULT, CONCATENATION)


def _in_gsm(text: str, alphabet: Alphabet, reference: int) -> Measure:
    units = alphabet.septets(text)
    if units <= room(_GSM_7, alphabet.elements):
        return Measure(_GSM_7, 1, units, alphabet)
    return Measure(_GSM_7, sum(1 for _ in _gsm_ends(text, alphabet, reference)), units, alphabet)


def _in_ucs(text: str, reference: int) -> Measure:
    units = _code_units(text)
    if units <= _SINGLE_UCS:
        return Measure(_UCS_2, 1, units)
    return Measure(_UCS_2, sum(1 for _ in _ucs_ends(text, reference)), units)


def _code_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _gsm_ends(text: str, alphabet: Alphabet, reference: int) -> Iterator[int]:
    """Where each part ends; an escape and its character stay together."""
    return _ends(text, room(_GSM_7, reference + alphabet.elements), alphabet.septets)


def _ucs_ends(text: str, reference: int) -> Iterator[int]:
    """Where each part ends; what is read as one character stays together if a part can hold it."""
    return _ends(text, room(_UCS_2, reference), _code_units, whole=joined)


def _ends(
    text: str, part: int, units: Callable[[str], int], whole: Callable[[str, int], bool] | None = None
) -> Iterator[int]:
    """Where each part ends, as full as it can be. A character takes one or two units."""
    begin, length = 0, len(text)
    while begin < length:
        end = min(begin + part, length)
        while (over := units(text[begin:end]) - part) > 0:
            end -= (over + 1) // 2
        if whole and end < length:
            full = end
            while end > begin and whole(text, end):
                end -= 1
            # Longer than a part: cut between code points.
            end = end if end > begin else full
        yield end
        begin = end
