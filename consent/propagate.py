"""Carry a decision to every system that says otherwise, and take in what they say then.

    preview            what would be written where; the page shows exactly what `plan` then stores
    plan               stores it as write-backs, later decisions replacing earlier ones that did not leave
    hand_over          marks what may leave as sent; consent.corrections_file writes the file of that moment
    settle             a file of a system was read: what it says of corrections to that system
    read_back          one record of a system was read by itself
    release            drops what is no longer true before it leaves, parks what nobody can deliver

Whether a value stays is the matter of consent.watch.

Nothing here calls out of the house: a person or consent.drop carries the file, consent.deliver takes the same rows
over HTTP.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from backoffice import audit, jobs
from backoffice.models import ColumnMapping, ImportBatch, JobRun, System
from consent import bulk, watch
from consent.cells import Meaning
from consent.ledger import Precision
from consent.models import (
    AgreedStatus,
    Correction,
    Flag,
    Number,
    Program,
    Reading,
    Touched,
    WriteBack,
)
from consent.rules import Status
from consent.watch import IN, OUT, Key, key_of

W = WriteBack.Status
# What contradicts each agreed value. A plain "no" does not contradict an opt-out: nothing is sent on it.
# Someone waiting for a confirmation could still become opted in, so an opt-out is written over that.
CONTRADICTS_OUT = frozenset({Meaning.IN.value, Meaning.PENDING.value})
CONTRADICTS_IN = frozenset({Meaning.OUT.value, Meaning.NEVER.value})
DELIVER = "consent.deliver"  # the run that carries what is written over HTTP
BY_HAND = "Changed by hand in the system."
_SLICE = 1_000  # keys per statement; SQLite takes no more than some thousand


class NothingToHandOver(Exception):
    """No correction for the system and program may leave now."""


@dataclass(frozen=True, slots=True)
class Step:
    """One value on its way to one record of one system."""

    number: Number
    program: Program
    system: System
    ref: str
    current: str  # cells.Meaning
    text: str  # the cell as the system wrote it
    value: str  # "in" or "out"

    @property
    def words(self) -> str:
        says = f"“{self.text}”" if self.text else self.current
        record = f", record {self.ref}" if self.ref and self.ref != self.number.e164 else ""
        becomes = "opted out" if self.value == OUT else "opted in"
        return f"{self.system.name}{record}: now {says}, becomes {becomes} for {self.program.name}"

    @property
    def key(self) -> Key:
        return Key(self.number.pk, self.program.pk, self.system.pk, self.ref)


# --- What would be written -----------------------------------------------------------------------------


def preview(number: Number, program: Program, agreed: Status) -> list[Step]:
    """What has to be written so that every system says what is agreed; empty when none contradicts it."""
    return preview_all([number], [program], lambda _number, _program: agreed)


def preview_all(
    lines: Sequence[Number], programs: Sequence[Program], agreed: Callable[[int, int], Status]
) -> list[Step]:
    """The same for several numbers and programs at once, in the order number, program, system, record."""
    by_number = {number.pk: number for number in lines}
    by_program = {program.pk: program for program in programs}
    believed = latest_readings(by_number, by_program)
    under_way, left = under_way_to(by_number, by_program), left_for(by_number, by_program)
    steps = []
    for key, reading in sorted(believed.items()):
        wanted = agreed(key.number_id, key.program_id)
        value = expected(reading, left.get(key))
        target = wanted_value(wanted)
        waiting = under_way.get(key)
        if waiting and waiting.status == W.PENDING and waiting.value == target:
            continue
        if contradicts(value, wanted, reading.system.kind):
            steps.append(
                Step(
                    number=by_number[key.number_id],
                    program=by_program[key.program_id],
                    system=reading.system,
                    ref=key.ref,
                    current=value,
                    text=reading.text if value == reading.value else "",
                    value=target,
                )
            )
    return steps


def wanted_value(agreed: Status) -> str:
    """What a system should hold: whoever did not opt in is out."""
    return IN if agreed is Status.OPTED_IN else OUT


def contradicts(value: str, agreed: Status, kind: str) -> bool:
    """Whether a system that says `value` has to be written to. Only the phone itself lifts a provider's
    block."""
    if agreed is Status.OPTED_IN:
        return kind != System.Kind.PROVIDER and value in CONTRADICTS_IN
    if agreed.is_out:
        return value in CONTRADICTS_OUT
    return value == IN


def latest_readings(lines: Iterable[int], programs: Iterable[int]) -> dict[Key, Reading]:
    """What each record of each system said last, batches that were voided left out."""
    rows = (
        Reading.objects.filter(number__in=lines, program__in=programs)
        .filter(system__is_active=True, system__kind__in=System.STORES)
        .filter(Q(batch=None) | Q(batch__voided_at=None))
        .select_related("system")
        .order_by("read_at", "pk")
    )
    return {key_of(row): row for row in rows}


def under_way_to(lines: Iterable[int], programs: Iterable[int]) -> dict[Key, WriteBack]:
    """The newest write-back per record that may still change it."""
    rows = (
        WriteBack.objects.unsettled()
        .filter(number__in=lines, program__in=programs)
        .exclude(status=W.PARKED)
        .order_by("pk")
    )
    return {key_of(row): row for row in rows}


def left_for(lines: Iterable[int], programs: Iterable[int]) -> dict[Key, WriteBack]:
    """The last write-back that left for each record and that it may have taken."""
    rows = WriteBack.objects.filter(number__in=lines, program__in=programs, sent_at__isnull=False)
    return {key_of(row): row for row in rows.may_have_arrived()}


def expected(reading: Reading, left: WriteBack | None) -> str:
    """What the record will hold: what left for it after the reading counts more than the reading."""
    if left is not None and left.sent_at is not None and left.sent_at >= reading.read_at:
        return left.value
    return reading.value


# --- Storing it ----------------------------------------------------------------------------------------


def plan(
    correction: Correction, steps: Sequence[Step], *, now: datetime, permits_at: datetime
) -> list[WriteBack]:
    """Store the steps of a correction, in the caller's transaction. What stops sending may leave `now`; what
    permits it not before `permits_at`. Safe to run twice: a step's key exists once. Systems that are written to
    over HTTP are rung for once it is committed; the schedule finds what a lost ring forgot."""
    for slug in sorted({step.system.slug for step in steps if step.system.delivery == System.Delivery.HTTP}):
        ring = partial(jobs.start, DELIVER, slug, trigger=JobRun.Trigger.SCHEDULE)
        transaction.on_commit(ring, robust=True)
    lines = {step.number.pk for step in steps}
    _replace_parked(correction, lines, {step.key for step in steps})
    stopped = watch.stopped(lines)
    return WriteBack.objects.bulk_create(
        [
            WriteBack(
                **_first_state(step, stopped),
                correction=correction,
                system=step.system,
                number=step.number,
                program=step.program,
                ref=step.ref,
                value=step.value,
                key=f"{correction.pk}:{step.system.pk}:{step.number.pk}:{step.program.pk}:{step.ref}",
                not_before=now if step.value == OUT else permits_at,
            )
            for step in steps
        ],
        ignore_conflicts=True,
    )


def _replace_parked(correction: Correction, lines: Iterable[int], keys: Collection[Key]) -> None:
    """What waited for a person at the same records need not be sent as well."""
    parked = WriteBack.objects.filter(number__in=list(lines), status=W.PARKED).exclude(correction=correction)
    same = [row.pk for row in parked if key_of(row) in keys]
    parked.filter(pk__in=same).update(status=W.SUPERSEDED, note=f"Replaced by decision {correction.pk}.")


def _first_state(step: Step, stopped: Mapping[tuple[int, int], int]) -> dict[str, Any]:
    """Nothing more goes by itself to a system that does not keep what it is given."""
    times = stopped.get((step.number.pk, step.system.pk))
    if times is None:
        return {"status": W.PENDING}
    return {"status": W.PARKED, "note": watch.stopped_words(step.system.name, times)}


def supersede(
    lines: Iterable[int], programs: Iterable[int], agreed: Callable[[int, int], Status], note: str
) -> int:
    """Replace corrections that have not left and say something else than what is agreed now."""
    waiting = WriteBack.objects.filter(
        number__in=list(lines), program__in=list(programs), status__in=[W.PENDING, W.PARKED]
    )
    outdated = [row.pk for row in waiting if row.value != wanted_value(agreed(row.number_id, row.program_id))]
    return waiting.filter(pk__in=outdated).update(status=W.SUPERSEDED, note=note)


def agreed_of(lines: Iterable[int]) -> Mapping[tuple[int, int], AgreedStatus]:
    """The stored agreed status per (number, program)."""
    rows = AgreedStatus.objects.filter(number__in=list(lines))
    return {(row.number_id, row.program_id): row for row in rows}


# --- Handing over --------------------------------------------------------------------------------------


def overtaken(rows: QuerySet[WriteBack]) -> QuerySet[WriteBack]:
    """Those that say something else than is agreed by now. A missing agreed status permits nothing."""
    agreed = AgreedStatus.objects.filter(number=OuterRef("number"), program=OuterRef("program"))
    opted_in = Exists(agreed.filter(status=Status.OPTED_IN))
    return rows.annotate(opted_in=opted_in).filter(Q(value=IN, opted_in=False) | Q(value=OUT, opted_in=True))


def still_holds(rows: QuerySet[WriteBack]) -> QuerySet[WriteBack]:
    """Those that say what is agreed, as far as anybody knows yet."""
    rows = rows.exclude(_awaits_news())
    return rows.exclude(pk__in=overtaken(rows).values("pk"))


def drop_outdated(rows: QuerySet[WriteBack]) -> int:
    """What the agreed status has overtaken never leaves, nor does a person have to see to it."""
    return _drop(list(overtaken(rows).values_list("pk", flat=True)))


def _drop(keys: Collection[int]) -> int:
    return WriteBack.objects.filter(pk__in=keys, status__in=[W.PENDING, W.PARKED]).update(
        status=W.SUPERSEDED, note="The agreed status changed before this left."
    )


def may_leave(system: System, program: Program, now: datetime) -> QuerySet[WriteBack]:
    """What the next file of a system and program would hold. What permits sending waits while its number has
    news that was not weighed yet."""
    due = WriteBack.objects.to_deliver(now).filter(system=system, program=program)
    return due.exclude(_awaits_news())


def must_wait(system: System, program: Program, now: datetime) -> QuerySet[WriteBack]:
    """All others that are pending: what `may_leave` leaves out."""
    pending = WriteBack.objects.filter(system=system, program=program, status=W.PENDING)
    return pending.filter(Q(not_before__gt=now) | _awaits_news())


def _awaits_news() -> Q:
    return Q(value=IN) & Q(Exists(Touched.objects.filter(number=OuterRef("number"))))


@transaction.atomic
def hand_over(system: System, program: Program, *, by: User | None, now: datetime) -> datetime:
    """Mark everything that may leave as sent at this moment, which names the file from then on. `by=None`: the
    schedule, into the system's drop folder.

    Nothing is lost when the download breaks: the file of a moment can be fetched again. Two people at once
    get two files without a common row. Raises NothingToHandOver."""
    lines = may_leave(system, program, now).values("number")
    # Holding the numbers keeps a revocation that is just being logged from being overtaken by an older "in".
    list(Number.objects.select_for_update().filter(pk__in=lines).order_by("pk").values_list("pk", flat=True))
    drop_outdated(may_leave(system, program, now))
    leaving = list(may_leave(system, program, now).values_list("pk", flat=True))
    sent = 0
    for some in _slices(leaving):
        sent += WriteBack.objects.filter(pk__in=some, status=W.PENDING).update(
            status=W.SENT, sent_at=now, attempts=0, next_try_at=None
        )
    if not sent:
        raise NothingToHandOver(f"Nothing waits for {system.name} ({program.name}).")
    _follow(Correction.objects.filter(write_backs__system=system, write_backs__sent_at=now))
    audit.record(by, "write_back.hand_over", system, program=program.code, rows=sent, sent_at=now.isoformat())
    return now


@transaction.atomic
def done_by_hand(write_back: WriteBack, *, by: User, now: datetime) -> bool:
    """A person changed the value in the system itself; the next reading shows whether it is so. Of what was overtaken
    meanwhile it is kept that it was done, so that it comes to light. False: somebody else was faster."""
    if write_back.status == W.PARKED:
        write_back.move(W.PENDING)
    if write_back.status == W.SUPERSEDED:
        done = WriteBack.objects.filter(pk=write_back.pk, sent_at=None).update(sent_at=now, note=BY_HAND)
    else:
        done = write_back.move(W.SENT, sent_at=now, note=BY_HAND)
    if not done:
        return False
    if write_back.system.delivery == System.Delivery.HTTP:
        write_back.move(W.ACCEPTED, accepted_at=now, next_try_at=now)  # it can be looked up at once
    bulk.touch([write_back.number_id])  # what the system may hold now
    _follow(Correction.objects.filter(pk=write_back.correction_id))
    audit.record(by, "write_back.by_hand", write_back)
    return True


class HandedOver(NamedTuple):
    """One file of the past: fetched by its moment."""

    program: Program
    sent_at: datetime
    rows: int


def handed_over(system: System, limit: int = 20) -> list[HandedOver]:
    """The files of a system, newest first."""
    moments = (
        WriteBack.objects.filter(system=system, sent_at__isnull=False, attempts=0)
        .exclude(Q(note=BY_HAND) | Q(status=W.PENDING))  # no file ever, or to be sent again
        .values("program", "sent_at")
        .annotate(rows=Count("pk"))
        .order_by("-sent_at", "program")[:limit]
    )
    programs = Program.objects.in_bulk({moment["program"] for moment in moments})
    return [
        HandedOver(programs[row["program"]], row["sent_at"], row["rows"]) for row in moments if row["sent_at"]
    ]


# --- Reading back --------------------------------------------------------------------------------------


@transaction.atomic
def settle(batch: ImportBatch, *, now: datetime | None = None) -> dict[str, int]:
    """Compare what a file of a system says with what was last written to that system. Safe to run twice; returns how
    many corrections were verified and reverted by it."""
    now = now or timezone.now()
    done: Counter[str] = Counter()
    for some in _slices(sorted(set(_read_again(batch).values_list("number", flat=True)))):
        lock_lines(some)
        before = dict(
            WriteBack.objects.live().filter(number__in=some, system=batch.system).values_list("pk", "status")
        )
        watch.follow(some, now=now)
        after = WriteBack.objects.filter(pk__in=before).order_by("pk")
        moved = [row for row in after if row.status != before[row.pk]]
        done.update(row.status for row in moved)
        _follow(Correction.objects.filter(write_backs__in=[row.pk for row in moved]))
    return {"verified": done[W.VERIFIED], "reverted": done[W.REVERTED]}


def _read_again(batch: ImportBatch) -> QuerySet[WriteBack]:
    """Corrections whose record stands in the batch."""
    same_record = {"number": OuterRef("number"), "program": OuterRef("program"), "ref": OuterRef("ref")}
    read = Reading.objects.filter(batch=batch, **same_record)
    return WriteBack.objects.live().filter(Exists(read), system=batch.system)


def lock_lines(lines: Sequence[int]) -> None:
    """Keep these numbers to ourselves until the end of the transaction; everybody takes them in one order."""
    list(Number.objects.select_for_update(no_key=True).filter(pk__in=lines).order_by("pk").values_list("pk"))


@transaction.atomic
def read_back(write_back: WriteBack, *, value: Meaning, text: str, now: datetime) -> WriteBack.Status:
    """One record of one system was read directly, not from a file: keep what it said and settle the correction by
    the same rules as a file does. Returns the correction's status after it. Safe to run twice: the same read of the
    same moment is kept once. Once its watch is over, only another value is news."""
    lock_lines([write_back.number_id])
    write_back.refresh_from_db()
    _keep_read(write_back, value, text, now)
    watch.follow([write_back.number_id], now=now)
    write_back.refresh_from_db()
    _follow(Correction.objects.filter(pk=write_back.correction_id))
    return W(write_back.status)


def _keep_read(write_back: WriteBack, value: Meaning, text: str, now: datetime) -> None:
    same_record = {
        "number_id": write_back.number_id,
        "program_id": write_back.program_id,
        "system_id": write_back.system_id,
        "ref": write_back.ref,
    }
    said = Reading.objects.effective().filter(**same_record).order_by("read_at", "pk").last()
    is_known = said is not None and (write_back.sent_at is None or said.read_at > write_back.sent_at)
    if said is not None and is_known and said.value == value and write_back.watch_over_at is not None:
        return
    _, is_new = Reading.objects.get_or_create(
        **same_record,
        value=value.value,
        text=text[:80],
        read_at=now,
        batch=None,
        defaults={"claimed_precision": Precision.SECOND},
    )
    if is_new:
        bulk.touch([write_back.number_id])


def _follow(corrections: QuerySet[Correction]) -> None:
    """Flags whose corrections all left, those of earlier decisions too, wait for proof; consent.reconcile closes them
    when there is."""
    out = Q(status=W.SENT, lease_until__isnull=False)  # a request is
    kept_back = WriteBack.objects.filter(
        Q(status__in=[W.PENDING, W.PARKED]) | out, correction__flags=OuterRef("pk")
    )
    applied = corrections.filter(status=Correction.Status.APPLIED)
    left = Flag.objects.filter(~Exists(kept_back), corrections__in=applied)
    left.filter(status=Flag.Status.CORRECTING).move_all(
        Flag.Status.VERIFYING, note="Every system has been given the correction."
    )


def _slices(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _SLICE):
        yield keys[start : start + _SLICE]


# --- In between ----------------------------------------------------------------------------------------


@transaction.atomic
def release(*, now: datetime) -> dict[str, int]:
    """Look after what waits: drop what the agreed status has overtaken, park what nobody can deliver, have another
    look at the numbers whose time has come. Safe to run twice. Returns how many of each, and how many are ready to
    leave."""
    ready = WriteBack.objects.to_deliver(now)
    outdated = list(overtaken(WriteBack.objects.filter(status=W.PARKED)))
    # What may have arrived all the same is compared with what is agreed from now on.
    may_hold = {row.number_id for row in outdated if row.value == IN and row.sent_at is not None}
    dropped = drop_outdated(ready) + _drop([row.pk for row in outdated])
    _follow(Correction.objects.filter(flags__status=Flag.Status.CORRECTING))
    stuck = Flag.objects.filter(
        status=Flag.Status.CORRECTING, number__isnull=False, corrections__write_backs__status=W.PARKED
    )
    # What is parked needs a person, who looks at the queue of flags.
    bulk.touch(due := sorted({*watch.due(now), *stuck.values_list("number", flat=True), *may_hold}))
    Flag.objects.filter(number=None, status=Flag.Status.WAIVED, waived_until__lte=now).move_all(
        Flag.Status.OPEN, note="The waiver has run out.", waived_until=None
    )
    parked = ready.filter(system__is_active=False).update(
        status=W.PARKED,
        note="The system is switched off: change the value there by hand, or switch it on again.",
    )
    by_file = [System.Delivery.CSV, System.Delivery.DROP]
    unmapped = ready.filter(system__delivery__in=by_file).exclude(
        Exists(ColumnMapping.objects.in_use().filter(system=OuterRef("system")))
    )
    parked += unmapped.update(
        status=W.PARKED,
        note="No column mapping says what the system's own columns are: import a file of it once, or change "
        "the value by hand.",
    )
    return {"dropped": dropped, "parked": parked, "due": len(due), "ready": ready.count()}
