"""A text as the phone gets it: one bubble for each segment, with the places that matter marked in it.

A mark never begins or ends inside what a reader takes for one character, so emoji and accents are drawn whole.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from errors.encoding import Encoding, forcing, measure, parts
from errors.encoding.alphabets import DEFAULT
from errors.encoding.clusters import joined
from errors.encoding.header import CONCATENATION, room

Place = tuple[int, int]

# Categories of Unicode whose characters leave no ink: controls, formats, spaces, private and unassigned ones.
_NO_INK: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text under the same marks.

    `forces`: GSM-7 lacks it. `is_double`: GSM-7 carries it as two units. `notes`: the numbers of the findings that
    are about it, from 1. `code`: U+00A0, for a character that nobody would see.
    """

    text: str
    forces: bool = False
    is_double: bool = False
    notes: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()
    code: str = ""

    @property
    def is_plain(self) -> bool:
        return not (self.forces or self.is_double or self.notes or self.code)


@dataclass(frozen=True, slots=True)
class Bubble:
    """One segment: its runs, the units it takes of the `room` that a segment of this text has."""

    runs: tuple[Run, ...]
    units: int
    room: int

    @property
    def left(self) -> int:
        return self.room - self.units


def bubbles(text: str, notes: Sequence[Iterable[Place]] = ()) -> list[Bubble]:
    """The segments of a text in order. `notes`: for each finding the places in the text that it is about."""
    found = measure(text)
    in_gsm = found.encoding is Encoding.GSM_7
    most = room(found.encoding, CONCATENATION if found.segments > 1 else 0)
    marks = _marks(text, notes, in_gsm)
    made, begin = [], 0
    begun: set[int] = set()
    for part in parts(text):
        runs = tuple(_runs(part, marks[begin : begin + len(part)], begun))
        made.append(Bubble(runs, DEFAULT.septets(part) if in_gsm else _code_units(part), most))
        begin += len(part)
    return made


_FORCES, _DOUBLE, _FIRST_NOTE = 1, 2, 4


def _marks(text: str, notes: Sequence[Iterable[Place]], in_gsm: bool) -> list[int]:
    """For each character one bit per mark it is under."""
    marks = [_DOUBLE if in_gsm and char in DEFAULT.escaped else 0 for char in text]
    for char in forcing(text):
        for at in char.at:
            marks[at] |= _FORCES
    for number, places in enumerate(notes):
        for begin, end in places:
            for at in range(begin, min(end, len(text))):
                marks[at] |= _FIRST_NOTE << number
    return marks


def _runs(part: str, marks: Sequence[int], begun: set[int]) -> Iterator[Run]:
    """What is alike under the same marks is one run; a character without ink stands alone under its code."""
    for (mark, code), alike in groupby(_clusters(part, marks), key=lambda one: one[1:]):
        clusters = [cluster for cluster, *_ in alike]
        notes = _numbers(mark)
        for text in clusters if code else ["".join(clusters)]:
            begins = tuple(number for number in notes if number not in begun)
            begun.update(begins)
            yield Run(text, bool(mark & _FORCES), bool(mark & _DOUBLE), notes, begins, code)


def _numbers(mark: int) -> tuple[int, ...]:
    numbers = range((mark // _FIRST_NOTE).bit_length())
    return tuple(number + 1 for number in numbers if mark & _FIRST_NOTE << number)


def _clusters(part: str, marks: Sequence[int]) -> Iterator[tuple[str, int, str]]:
    """What a reader takes for one character, the marks on any of its pieces, its code where nobody would see it."""
    begin = 0
    for end in range(1, len(part) + 1):
        if end < len(part) and joined(part, end):
            continue
        cluster, mark = part[begin:end], 0
        for one in marks[begin:end]:
            mark |= one
        yield cluster, mark, code_of(cluster)
        begin = end


def code_of(cluster: str) -> str:
    """U+00A0 for a character that leaves no ink; empty for what can be seen, a space and a line end."""
    hidden = len(cluster) == 1 and cluster not in " \n" and unicodedata.category(cluster) in _NO_INK
    return f"U+{ord(cluster):04X}" if hidden else ""


def _code_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
