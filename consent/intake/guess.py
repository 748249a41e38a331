"""What the columns of a file nobody has mapped yet may be: by the usual names, else by header and cells together.

Only ever a proposal. A column about another channel, or one that says when, where or why somebody agreed, is not
the answer to whether we may text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from backoffice.imports.importer import Guess, Target
from backoffice.models import System
from consent.cells import Polarity, guess_polarity, is_about_other_channel, is_about_texts, read_status
from consent.date_order import learn_order
from consent.intake.targets import TARGETS, USUAL_HEADERS, folded
from consent.moments import TimeWarning, read_moment
from consent.numbers import read_number

# Behind a usual name: what the second of two equal names got, and the clock of a time.
_ASIDE = re.compile(r" ?[(\[](?:\d+|utc|gmt)[)\]]$", re.IGNORECASE)
_UTC = re.compile(r"\b(?:utc|gmt)\b", re.IGNORECASE)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # a time to come is a time too


def guess(system: System, headers: Sequence[str], samples: Sequence[Sequence[str]]) -> Guess:
    """A target's columns, best first; `samples` are cells in the order of the headers."""
    found = Guess()
    free = {
        header: [cells[place] for cells in samples if cells[place].strip()]
        for place, header in enumerate(headers)
    }
    for target in TARGETS[system.kind]:
        usual = USUAL_HEADERS.get(target.name, [])
        place_of = {header: folded(_ASIDE.sub("", header)) for header in free}
        fitting = sorted((h for h in free if place_of[h] in usual), key=lambda h: usual.index(place_of[h]))
        if target.has_polarity and len(fitting) > 1:
            # The stage of a sale is called a status too.
            fitting = [header for header in fitting if _tells_a_status(header, free[header])] or fitting
        if not fitting:
            fitting = [header for header in free if _is_answered(system, target, header, free[header])]
            fitting = sorted(fitting, key=lambda header: not is_about_texts(header))[:1]
        chosen = fitting if target.several else fitting[:1]
        if chosen:
            found.columns[target.name] = chosen
            _learn(found, target, {header: free.pop(header) for header in chosen})
    if "answer" in found.columns and "asked" not in found.columns and "at" in found.columns:
        # Whoever answers with yes and no was asked about a day; that it happened on that day nobody said.
        found.columns["asked"] = found.columns.pop("at")[:1]
    return found


def _is_answered(system: System, target: Target, header: str, cells: Sequence[str]) -> bool:
    """Whether the header asks for the target and most of its filled cells answer."""
    answers = _question(system, target, header)
    return answers is not None and 2 * sum(map(answers, cells)) > len(cells)


def _question(system: System, target: Target, header: str) -> Callable[[str], bool] | None:
    """What an answer is, where the header may ask for the target at all."""
    if target.name == "number":
        # Only a plus sign tells a number from any other.
        return lambda cell: cell.strip().startswith("+") and read_number(cell, None).e164 is not None
    polarity = guess_polarity(header, []).polarity
    if system.stores_a_status and is_about_other_channel(header):
        return None
    if target.name == "status" and polarity is not None:
        return lambda cell: read_status(cell, polarity).recognised
    if target.name == "at" and (polarity is not None or is_about_texts(header)):
        return _is_time
    return None


def _tells_a_status(header: str, cells: Sequence[str]) -> bool:
    polarity = guess_polarity(header, []).polarity or Polarity.OPT_IN
    return 2 * sum(read_status(cell, polarity).recognised for cell in cells) >= len(cells)


def _is_time(cell: str) -> bool:
    warnings = read_moment(cell, zone=None, order=None, now=_LATEST).warnings
    return TimeWarning.BAD_TIMESTAMP not in warnings or TimeWarning.ORDER_NEEDED in warnings


def _learn(found: Guess, target: Target, columns: dict[str, list[str]]) -> None:
    """Which way round a yes goes, how dates are written and by which clock, as far as headers and cells say."""
    if target.name == "at" and all(map(_UTC.search, columns)):
        found.rules["time_zone"] = "UTC"
    for header, cells in columns.items():
        if target.name == "status":
            thought = guess_polarity(header, cells)
            if thought.polarity is not None:
                found.rules.setdefault("polarity", {})[header] = thought.polarity.value
            found.notes.append(f"{header}: {thought.why}")
        if target.name == "at" and (order := learn_order(cells).order) is not None:
            found.rules.setdefault("date_order", order.value)
