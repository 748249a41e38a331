"""Whether the senders of one campaign are one identity to those who get it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_LETTER: Final = re.compile(r"[^\W\d_]")


def identities(senders: Iterable[str], programs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Senders by who they seem to be. Numbers of one program are a pool, so one identity; a name is its own; numbers
    that no program claims are one, because nothing tells them apart. `programs`: the codes of each sender's."""
    found: dict[str, list[str]] = {}
    for sender in sorted(set(senders)):
        mine = programs.get(sender, ())
        if mine:
            who = f"program {', '.join(sorted(mine))}"
        elif _LETTER.search(sender):
            who = f"name {' '.join(sender.split()).casefold()}"
        else:
            who = "numbers of no program"
        found.setdefault(who, []).append(sender)
    return found
