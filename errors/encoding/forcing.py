"""Which characters force a text into UCS-2, and where they stand."""

import unicodedata
from dataclasses import dataclass

from errors.encoding.alphabets import DEFAULT
from errors.encoding.plainer import changes_in


@dataclass(frozen=True, slots=True)
class Forcing:
    """One character that GSM-7 lacks.

    `at`: its places, the first character of the text is 0. `instead`: what may be written for it, empty to
    leave it out; None if there is nothing, as for an emoji. `faithful`: readers would not notice the change.
    """

    char: str
    at: tuple[int, ...]
    instead: str | None
    faithful: bool

    @property
    def code(self) -> str:
        """U+2019."""
        return f"U+{ord(self.char):04X}"

    @property
    def name(self) -> str:
        """In the words of Unicode: right single quotation mark."""
        return unicodedata.name(self.char, "").lower() or _UNNAMED.get(
            unicodedata.category(self.char), "character"
        )


_UNNAMED = {"Cc": "control character", "Cs": "half of a character", "Co": "private character"}


def forcing(text: str) -> tuple[Forcing, ...]:
    """Every character that GSM-7 lacks, once each, in the order of their first places."""
    places: dict[str, list[int]] = {}
    for found in DEFAULT.foreign.finditer(text):
        places.setdefault(found[0], []).append(found.start())
    changes = {change.at + len(change.was) - 1: change for change in changes_in(text)} if places else {}
    named = []
    for char, at in places.items():
        change = changes.get(at[0])
        named.append(
            Forcing(char, tuple(at), change.instead if change else None, change.faithful if change else False)
        )
    return tuple(named)
