"""What a person has to do in a system that nothing else can write to: which record, which field, which value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.db.models import Q, QuerySet

from backoffice.models import System
from consent import propagate
from consent.cells import Meaning
from consent.corrections_file import cells_of
from consent.models import WriteBack


@dataclass(frozen=True, slots=True)
class Instruction:
    """One change to make in a system's own screens."""

    words: str
    url: str  # of the record's page; empty where nobody said what it is


W = WriteBack.Status


def for_people(rows: QuerySet[WriteBack], now: datetime) -> QuerySet[WriteBack]:
    """Those that a person may carry out now. What permits sending waits for its time and for its number's news here
    as everywhere, and what the agreed status has overtaken is nobody's task."""
    theirs = Q(status=W.PARKED) | Q(status=W.PENDING, system__delivery=System.Delivery.BY_HAND)
    return propagate.still_holds(rows.filter(theirs, not_before__lte=now))


def instructions(rows: Iterable[WriteBack]) -> dict[int, Instruction]:
    """Write-back → what to do; system, number and program have to be loaded. A few queries per system and program,
    however many rows."""
    typed: dict[tuple[int, int, str], list[tuple[str, str]]] = {}
    found = {}
    for row in rows:
        key = (row.system_id, row.program_id, row.value)
        if key not in typed:
            typed[key] = cells_of(row.system, row.program, row.value)
        found[row.pk] = Instruction(_words(row, typed[key]), _url(row))
    return found


def _words(row: WriteBack, cells: Iterable[tuple[str, str]]) -> str:
    has_record = bool(row.ref) and row.ref != row.number.e164
    record = f"record {row.ref}" if has_record else f"the record of {row.number.e164}"
    changes = [f"set “{column}” to “{word}”" for column, word in cells]
    if not changes:
        wanted = "opted in" if row.value == Meaning.IN.value else "opted out"
        changes = [f"set text messages to {wanted}"]
    return f"Open {record} in {row.system.name} and {' and '.join(changes)} ({row.program})."


def _url(row: WriteBack) -> str:
    template = row.system.record_url
    return template.replace("{ref}", quote(row.ref or row.number.e164, safe="")) if template else ""
