"""Watch whether what was written stays: through several right reads of the record, and for some days.

    follow     brings corrections in line with what was read of their records: verified, reverted, over
    stopped    where a corrected value was read wrong so often that nothing more is written by itself
    due        the numbers that time alone, or a setting that was changed, may have moved on
    awaited    in words, what a number still waits for

Everything here is worked out anew from the readings. So a read counts once however often it is counted, and a file
that is voided takes back what it had settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import F, Sum

from backoffice.models import ImportBatch, System
from backoffice.words import staff_words
from consent import bulk
from consent.cells import Meaning, Polarity
from consent.facts import PROTECTIVE
from consent.models import Flag, Number, Program, Reading, WriteBack
from consent.reads import Course, Read, Span, course
from consent.rules import Code

W = WriteBack.Status
IN, OUT = Meaning.IN.value, Meaning.OUT.value
# Read back, these mean that an "out" has arrived: columns that only know yes and no say it as "no".
READ_AS_OUT = frozenset({Meaning.OUT.value, Meaning.NEVER.value, Meaning.REDACTED.value})
STOPPED_AFTER = 2  # times that it was read wrong
STORED = (
    *("status", "settled_at", "reading", "arrived_at", "reads_right", "reverts"),
    *("watch_until", "watch_over_at", "next_try_at"),
)


class Key(NamedTuple):
    """One record of one system, for one number and program."""

    number_id: int
    program_id: int
    system_id: int
    ref: str


def key_of(row: WriteBack | Reading) -> Key:
    return Key(row.number_id, row.program_id, row.system_id, row.ref)


# --- Following the reads -------------------------------------------------------------------------------


def follow(number_ids: Collection[int], *, now: datetime) -> list[WriteBack]:
    """Bring the corrections of these numbers in line with what was read since; returns those that are on their way
    or watched, the newest of each record. In the transaction of the caller, who holds the numbers."""
    newest, replaced = _live(number_ids)
    if not newest:
        return []
    reads = _reads(newest)
    changed = [row for key, row in newest.items() if _follow(row, reads.get(key, ()), now)]
    over = {key for key, row in newest.items() if row.watch_over_at is not None}
    for row in replaced:
        # The time of one that another replaced is never come, unless that other one is taken back.
        done = row.watch_over_at, row.watch_until
        row.watch_over_at, row.watch_until = (now if key_of(row) in over else None), None
        if done != (row.watch_over_at, None):
            _plan_look(row, None)
            changed.append(row)
    bulk.rewrite(WriteBack, STORED, changed)
    _park({(row.number_id, row.system_id) for row in changed if row.status == W.REVERTED})
    return [row for row in newest.values() if row.watch_over_at is None]


def _live(number_ids: Collection[int]) -> tuple[dict[Key, WriteBack], list[WriteBack]]:
    """The newest correction of each record that is on its way or watched, and those that it replaced."""
    if not number_ids:
        return {}, []
    rows = (
        WriteBack.objects.live()
        .filter(number_id__any_of=list(number_ids))
        .select_for_update(of=("self",))
        .annotate(decided_at=F("correction__decided_at"))
        .order_by("pk")
    )
    newest: dict[Key, WriteBack] = {}
    replaced = []
    for row in rows:
        key = key_of(row)
        if key in newest:
            replaced.append(newest[key])
        newest[key] = row
    return newest, replaced


def _reads(live: Mapping[Key, WriteBack]) -> dict[Key, list[Read]]:
    rows = (
        Reading.objects.effective()
        .for_numbers({key.number_id for key in live})
        .filter(
            system__in={key.system_id for key in live},
            read_at__gt=min(row.decided_at for row in live.values()),  # type: ignore[attr-defined]
        )
        .values_list("pk", "number_id", "program_id", "system_id", "ref", "value", "read_at", "batch_id")
    )
    said: dict[Key, list[tuple[int, str, datetime, int | None]]] = defaultdict(list)
    silent = set()
    for pk, number_id, program_id, system_id, ref, value, read_at, batch_id in rows:
        key = Key(number_id, program_id, system_id, ref)
        if key in live:
            said[key].append((pk, value, read_at, batch_id))
            if value == Meaning.UNKNOWN and batch_id:
                silent.add(batch_id)
    only_opt_outs = _asking_for_opt_outs_alone(silent)
    found: dict[Key, list[Read]] = {}
    for key, some in said.items():
        # Of what one system says at one moment the most protective stands, as it does for the rules.
        some.sort(key=lambda said: (said[2], PROTECTIVE.index(said[1]), said[0]))
        looks = {at: (pk, value, batch) for pk, value, at, batch in reversed(some)}
        found[key] = [
            Read(pk, at, is_right(live[key].value, value, only_opt_outs=batch in only_opt_outs))
            for at, (pk, value, batch) in looks.items()
        ]
    return found


def _asking_for_opt_outs_alone(batches: Iterable[int]) -> set[int]:
    """Those of the batches whose columns of status ask for nothing but opt-outs."""
    if not batches:
        return set()
    rules = ImportBatch.objects.filter(pk__in=batches).values_list("pk", "mapping__rules")
    asked = {pk: set((stated or {}).get("polarity", {}).values()) for pk, stated in rules}
    return {pk for pk, polarities in asked.items() if polarities == {Polarity.OPT_OUT.value}}


def is_right(written: str, value: str, *, only_opt_outs: bool = False) -> bool:
    """Whether a record that reads `value` holds what was written. A column of opt-outs cannot say "in": there,
    saying nothing is all that can be asked of it."""
    if written == OUT:
        return value in READ_AS_OUT
    return value == IN or (only_opt_outs and value == Meaning.UNKNOWN)


def _follow(row: WriteBack, reads: Iterable[Read], now: datetime) -> bool:
    """Set what the reads make of the correction; whether that changed anything."""
    before = [getattr(row, f"{name}_id" if name == "reading" else name) for name in STORED]
    fared = course(reads, span(), decided_at=row.decided_at, sent_at=row.sent_at)  # type: ignore[attr-defined]
    to = _status(row, fared)
    if to != row.status:
        row.status, row.settled_at = to.value, now if fared.last else None
    row.reading_id = fared.last.reading_id if fared.last else None
    row.arrived_at, row.reads_right, row.reverts = fared.arrived_at, fared.right, fared.reverts
    watched = fared.last is not None or row.sent_at is not None
    row.watch_until = fared.until if watched else None
    if fared.over_at is not None and fared.over_at <= now:
        row.watch_over_at = fared.over_at
    _plan_look(row, fared.last)
    return before != [getattr(row, f"{name}_id" if name == "reading" else name) for name in STORED]


def _plan_look(row: WriteBack, last: Read | None) -> None:
    """A record that is written over HTTP is asked for again by itself, so often that hours and reads end together;
    files of the system count just the same."""
    if row.status not in {W.VERIFIED, W.REVERTED} or row.accepted_at is None:
        return
    asked_for = last is not None and row.watch_over_at is None
    row.next_try_at = last.at + pause() if asked_for and last is not None else None


def pause() -> timedelta:
    """Between two looks at a record that is watched."""
    return timedelta(hours=settings.WATCH_HOURS / max(1, settings.WATCH_READS))


def span() -> Span:
    return Span(settings.WATCH_READS, settings.WATCH_HOURS)


def _status(row: WriteBack, fared: Course) -> WriteBack.Status:
    status = W(row.status)
    if fared.last is not None:
        to = W.VERIFIED if fared.last.is_right else W.REVERTED
    elif status in {W.VERIFIED, W.REVERTED}:
        to = W.SENT if row.sent_at else W.PENDING  # what had settled it was voided
    else:
        return status
    return to if to in WriteBack.MOVES.get(status, set()) else status


def anew(number_ids: Iterable[int], system: System) -> None:
    """Watch what was written to the system about these numbers again, as far as it is not over without a file that
    was voided; the next look works that out."""
    WriteBack.objects.filter(number_id__any_of=list(number_ids), system=system).update(watch_over_at=None)


def end(rows: Sequence[WriteBack], *, now: datetime) -> None:
    """The watch over these is off: what was written is no longer what is agreed."""
    WriteBack.objects.filter(pk__in=[row.pk for row in rows]).update(watch_over_at=now)


# --- A value that does not stay ------------------------------------------------------------------------


def stopped(number_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """By number and system: how often a corrected value was read wrong, where that was too often to write again."""
    rows = (
        WriteBack.objects.live()
        .filter(number_id__any_of=list(number_ids), reverts__gt=0)
        .order_by()
        .values_list("number_id", "system_id")
        .annotate(times=Sum("reverts"))
        .filter(times__gte=STOPPED_AFTER)
    )
    return {(number_id, system_id): times for number_id, system_id, times in rows}


def stopped_words(system: str, times: int) -> str:
    return (
        f"{system} did not keep the corrected value {times} times for this number, so nothing more is written to it "
        "by itself. Find out why (does it take what is written, and what else writes there?) and mend that; then send "
        "this again."
    )


def _park(reverted: set[tuple[int, int]]) -> None:
    """What waits for a system that does not keep what it is given needs a person."""
    if not reverted:
        return
    again = stopped({number_id for number_id, _ in reverted})
    for (number_id, system_id), times in again.items():
        if (number_id, system_id) in reverted:
            waiting = WriteBack.objects.filter(number=number_id, system=system_id, status=W.PENDING)
            if waiting.exists():
                name = System.objects.get(pk=system_id).name
                waiting.update(status=W.PARKED, note=stopped_words(name, times))


# --- Time, and settings --------------------------------------------------------------------------------


def due(now: datetime) -> list[int]:
    """Numbers without news whose flags may go on all the same: the watch has lasted long enough, a waiver has run
    out, the setting that a flag is about was changed."""
    watched = WriteBack.objects.live().filter(watch_until__lte=now, reads_right__gte=settings.WATCH_READS)
    waived = Flag.objects.filter(status=Flag.Status.WAIVED, waived_until__lte=now)
    harmless = System.objects.filter(overwrites_on_sync=False, subscribes_by_default=False)
    mended = Flag.objects.open().filter(code=Code.OVERWRITE_SETTING_RISK, system__in=harmless)
    found: set[int] = set()
    for rows in (watched, waived.exclude(number=None), mended):
        found.update(rows.values_list("number_id", flat=True))
    return sorted(found)


# --- In words ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing that has to happen before the flags of a number and program close."""

    words: str
    program: Program
    write_back: WriteBack | None = None
    flag: Flag | None = None  # about a setting


def awaited(number: Number, now: datetime, program: Program | None = None) -> list[Awaited]:
    """What has to happen before the flags of a number that were corrected close: each record read right for long
    enough, each setting changed or waived."""
    about = {"number": number} | ({"program": program} if program else {})
    rows = WriteBack.objects.live().filter(**about).select_related("system", "program").order_by("pk")
    newest = {key_of(row): row for row in rows}
    waiting = [Awaited(words_of(row, now), row.program, row) for row in newest.values()]
    settings_on = (
        Flag.objects.open()
        .filter(**about, code=Code.OVERWRITE_SETTING_RISK)
        .exclude(status=Flag.Status.WAIVED, waived_until__gt=now)
        .select_related("system", "program")
        .order_by("pk")
    )
    return waiting + [
        Awaited(
            f"{flag.system}: a setting of it would bring the old value back; change it, or waive it with a date.",
            flag.program,
            flag=flag,
        )
        for flag in settings_on
        if flag.program is not None
    ]


def words_of(row: WriteBack, now: datetime) -> str:
    """Where a correction stands, for staff; the system has to be loaded."""
    name = row.system.name
    if row.status == W.PENDING:
        return f"{name}: has not been given the correction yet."
    if row.status == W.PARKED:
        return f"{name}: {row.note[:1].lower()}{row.note[1:]}" if row.note else f"{name}: needs a person."
    if row.status == W.REVERTED:
        if row.arrived_at is None:
            return f"{name}: nothing shows that it took the correction; find out why, then correct it again."
        return f"{name}: the corrected value did not stay; find what writes it, then correct it again."
    if row.status != W.VERIFIED:
        return f"{name}: was given the correction and has not been read since."
    times = f"{name}: read back right {row.reads_right} of {settings.WATCH_READS} times"
    if row.reads_right > settings.WATCH_READS:
        times = f"{name}: read back right {row.reads_right} times"
    if row.watch_until is None or row.watch_until <= now:
        if row.reads_right >= settings.WATCH_READS:
            return f"{times}; the watch ends with the next look."
        return f"{times}; the hours are over, the reads are still to come."
    return f"{times}; watch until {staff_words(row.watch_until)}."
