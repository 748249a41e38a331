"""Make the stored agreed statuses, flags and holds match what the rules find.

Incremental: numbers with news (Touched) and those whose time has come (recheck_at). Full: every number, after a
change of the rules. Each chunk is one transaction that first takes its numbers' locks, in order, and their news;
running twice or at once changes nothing more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Mod
from django.utils import timezone

from backoffice import jobs
from backoffice.models import System
from consent import bulk, rules
from consent.alike import Alike, Settled
from consent.facts import Door, Facts, policy
from consent.judgements import JUDGEMENTS
from consent.models import (
    AgreedStatus,
    Correction,
    Flag,
    FlagEvent,
    Hold,
    Number,
    Program,
    Touched,
    WriteBack,
)

F = Flag.Status
REBUILT_AT_ONCE = 100_000  # numbers in one run of a full rebuild
CHUNK = settings.RECONCILE_CHUNK_NUMBERS
PROVED = 5_000  # numbers read at once, without locks, to see whether anything has changed
# How soon each severity should be looked at. S1 counts from the person's own request, not from our noticing.
DUE_AFTER = {
    rules.Severity.S1: timedelta(hours=24),
    rules.Severity.S2: timedelta(hours=72),
    rules.Severity.S3: timedelta(days=5),
    rules.Severity.S4: timedelta(days=10),
}


def reconcile(
    subject: str, *, beat: jobs.Progress, shard: int = 0, shards: int = 1, **_: Any
) -> dict[str, int]:
    """Work through the numbers with news and those that are due, until none is left."""
    now = timezone.now()
    alike = _alike(now)
    counts: Counter[str] = Counter()
    for number_ids in _waiting(now, shard, shards):
        alike = alike and alike.current()
        counts.update(reconcile_numbers(number_ids, now=now, alike=alike))
        beat(done=counts["numbers"])
    return dict(counts)


def rebuild(
    subject: str, *, beat: jobs.Progress, shard: int = 0, shards: int = 1, **_: Any
) -> dict[str, int]:
    """Every number of the shard, whether it has news or not. Those that prove to be in order are only read."""
    now = timezone.now()
    alike = _alike(now)
    counts: Counter[str] = Counter()
    last = 0
    while number_ids := list(_shard(Number.objects.filter(pk__gt=last), "pk", shard, shards)[:PROVED]):
        last = number_ids[-1]
        counts["numbers"] += len(number_ids)
        if alike is not None:
            alike = alike.current()
            number_ids = alike.unproven(number_ids)
        for start in range(0, len(number_ids), CHUNK):
            done = reconcile_numbers(number_ids[start : start + CHUNK], now=now, alike=alike)
            counts.update(done | {"numbers": 0, "looked_at": done["numbers"]})
        beat(done=counts["numbers"])
    return dict(counts)


def _alike(now: datetime) -> Alike | None:
    return Alike(Door(), policy(), now) if connection.vendor == "postgresql" else None


def ring(*, trigger: str, full: bool = False, by: Any = None) -> list[jobs.JobRun]:
    """Queue the work, one run per shard; a shard that already waits is not queued twice."""
    shards = settings.RECONCILE_SHARDS
    kind = "consent.rebuild" if full else "consent.reconcile"
    if full:
        # A run has to end well within the time that a task may take.
        shards = max(shards, -(-Number.objects.count() // REBUILT_AT_ONCE))
    return [
        jobs.start(kind, f"part {shard + 1} of {shards}", trigger=trigger, by=by, shard=shard, shards=shards)
        for shard in range(shards)
    ]


def _waiting(now: datetime, shard: int, shards: int) -> Iterator[list[int]]:
    while number_ids := list(_shard(Touched.objects.all(), "number_id", shard, shards)[:CHUNK]):
        yield number_ids
    last = 0
    while True:
        due = AgreedStatus.objects.due(now).filter(number_id__gt=last)
        number_ids = list(dict.fromkeys(_shard(due, "number_id", shard, shards)[:CHUNK]))
        if not number_ids:
            return
        yield number_ids
        last = number_ids[-1]


def _shard(rows: Any, column: str, shard: int, shards: int) -> Any:
    if shards > 1:
        rows = rows.annotate(shard=Mod(column, shards)).filter(shard=shard)
    return rows.order_by(column).values_list(column, flat=True)


@transaction.atomic
def reconcile_numbers(
    number_ids: Sequence[int], *, now: datetime, alike: Alike | None = None
) -> dict[str, int]:
    """Bring these numbers up to date in one transaction; returns what changed. With `alike`, numbers whose history
    is quiet take their verdict from there."""
    ids = sorted(set(number_ids))
    # Locks first, in one order for everybody; then the news, so that what arrives meanwhile waits for the next run.
    list(
        Number.objects.select_for_update(no_key=True).filter(pk__any_of=ids).order_by("pk").values_list("pk")
    )
    Touched.objects.filter(number_id__any_of=ids).delete()
    work = _Work(alike.door if alike else Door(), now)
    work.open(ids)
    settled = alike.settle_all(ids) if alike else {}
    rest = [number_id for number_id in ids if not work.accept(number_id, settled.get(number_id))]
    facts = work.door.load(rest)
    for number_id in rest:
        work.look_at(number_id, facts[number_id])
    return {"numbers": len(ids), **work.save()}


@dataclass
class _Work:
    """One chunk: what is stored, what is found, and the difference."""

    door: Door
    now: datetime
    states: dict[tuple[int, int], AgreedStatus] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)  # flags with a correction still on its way
    found: dict[str, _Found] = field(default_factory=dict)
    new_states: list[tuple[Any, ...]] = field(default_factory=list)
    changed_states: list[AgreedStatus] = field(default_factory=list)

    def open(self, ids: Sequence[int]) -> None:
        self.policy = policy()
        for state in AgreedStatus.objects.filter(number_id__any_of=ids):
            self.states[state.number_id, state.program_id] = state
        for flag in Flag.objects.open().filter(number_id__any_of=ids):
            self.flags[flag.key] = flag
        pks = [flag.pk for flag in self.flags.values()]
        if pks:
            self.holds = {hold.flag_id: hold for hold in Hold.objects.filter(flag_id__any_of=pks)}
            self.busy = set(
                WriteBack.objects.unsettled()
                .filter(correction__flags__any_of=pks)
                .values_list("correction__flags", flat=True)
            )
        self.known: dict[int, set[int]] = defaultdict(set)
        for number_id, program_id in self.states:
            self.known[number_id].add(program_id)

    def look_at(self, number_id: int, facts: Facts) -> None:
        codes = facts.programs(self.door.terms.values())
        codes |= {self.door.programs[pk].code for pk in self.known[number_id]}
        for code in sorted(codes):
            program = self.door.by_code[code]
            agreed = rules.derive(
                self.door.terms[code], facts.about(code), facts.beliefs.get(code, []), self.policy, self.now
            )
            self._note_state(
                number_id,
                program.pk,
                agreed.status,
                agreed.reason,
                list(agreed.decided_by),
                agreed.recheck_at,
            )
            for finding in agreed.findings:
                self._note_finding(number_id, program, agreed, finding)

    def accept(self, number_id: int, settled: Settled | None) -> bool:
        """Take a verdict as it is; False where there is none, or where a status is stored that it says nothing of."""
        if settled is None or self.known[number_id] - {quiet.program_id for quiet in settled.verdict}:
            return False
        for quiet in settled.verdict:
            decided_by = settled.decided_by(quiet)
            self._note_state(
                number_id, quiet.program_id, quiet.status, quiet.reason, decided_by, quiet.recheck_at
            )
        return True

    def _note_state(
        self,
        number_id: int,
        program_id: int,
        status: rules.Status,
        reason: rules.Reason,
        decided_by: list[str],
        recheck_at: datetime | None,
    ) -> None:
        content = (status.value, reason.value, decided_by, rules.RULES_VERSION, recheck_at)
        state = self.states.get((number_id, program_id))
        if state is None:
            self.new_states.append((number_id, program_id, *content, self.now))
            return
        if (state.status, state.reason, state.decided_by, state.rules_version, state.recheck_at) != content:
            if (state.status, state.reason) != content[:2]:
                state.changed_at = self.now
            state.status, state.reason, state.decided_by, state.rules_version, state.recheck_at = content
            self.changed_states.append(state)

    def _note_finding(
        self, number_id: int, program: Program, agreed: rules.Agreed, finding: rules.Finding
    ) -> None:
        system = self.door.by_slug.get(finding.system or "")
        key = f"{finding.code}:{number_id}:{program.pk}:{system.pk if system else ''}:"
        # Several records of one system may show the same thing; the first stands for them.
        self.found.setdefault(key, _Found(number_id, program, system, finding, agreed))

    # --- The difference -----------------------------------------------------------------------------------------

    def save(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        self._save_states(counts)
        events: list[FlagEvent] = []
        self._raise(counts)
        self._refresh(events, counts)
        self._close(events, counts)
        FlagEvent.objects.bulk_create(events, batch_size=1000)
        return dict(counts)

    def _save_states(self, counts: Counter[str]) -> None:
        bulk.pour(
            AgreedStatus,
            (
                "number_id",
                "program_id",
                "status",
                "reason",
                "decided_by",
                "rules_version",
                "recheck_at",
                "changed_at",
            ),
            self.new_states,
        )
        if self.changed_states:
            AgreedStatus.objects.bulk_update(
                self.changed_states,
                ["status", "reason", "decided_by", "rules_version", "recheck_at", "changed_at"],
                batch_size=200,
            )
        counts["statuses_new"] = len(self.new_states)
        counts["statuses_changed"] = len(self.changed_states)

    def _raise(self, counts: Counter[str]) -> None:
        new = [(key, found) for key, found in self.found.items() if key not in self.flags]
        judged = _judged({found.number_id for _, found in new})
        new = [(key, found) for key, found in new if (key, found.fingerprint) not in judged]
        names = tuple(new[0][1].row(new[0][0], self)) if new else ()
        made = bulk.append(Flag, names, [tuple(found.row(key, self).values()) for key, found in new])
        bulk.pour(
            FlagEvent, ("flag_id", "new", "note"), [(flag_id, F.OPEN.value, "Raised.") for flag_id in made]
        )
        placed = [
            (flag_id, found.number_id, found.program.pk, self.now)
            for flag_id, (_, found) in zip(made, new, strict=True)
            if found.holds
        ]
        bulk.pour(Hold, ("flag_id", "number_id", "program_id", "placed_at"), placed)
        counts["flags_raised"], counts["holds_placed"] = len(made), len(placed)

    def _refresh(self, events: list[FlagEvent], counts: Counter[str]) -> None:
        refreshed = []
        for key, flag in self.flags.items():
            found = self.found.get(key)
            if found is None:
                continue
            self._match_hold(flag, found, counts)
            if flag.fingerprint != found.fingerprint or _is_over(flag.waived_until, self.now):
                events.append(found.refresh(flag, self))
                refreshed.append(flag)
        Flag.objects.bulk_update(
            refreshed,
            [
                *("status", "severity", "version", "fingerprint", "why", "evidence", "params"),
                *("refreshed_at", "snoozed_until", "waived_until", "due_at"),
            ],
            batch_size=200,
        )
        counts["flags_refreshed"] = len(refreshed)

    def _match_hold(self, flag: Flag, found: _Found, counts: Counter[str]) -> None:
        """An S3 holds only while the agreed status is not out: its hold may come and go with the status."""
        hold = self.holds.get(flag.pk)
        if hold is None and found.holds:
            Hold.objects.create(
                flag=flag, number_id=found.number_id, program=found.program, placed_at=self.now
            )
            counts["holds_placed"] += 1
        elif hold is not None and found.holds and hold.released_at is not None:
            Hold.objects.filter(pk=hold.pk).update(released_at=None, placed_at=self.now)
            counts["holds_placed"] += 1
        elif hold is not None and not found.holds and hold.released_at is None:
            Hold.objects.filter(pk=hold.pk).update(released_at=self.now)
            counts["holds_released"] += 1

    def _close(self, events: list[FlagEvent], counts: Counter[str]) -> None:
        gone = [
            flag for key, flag in self.flags.items() if key not in self.found and flag.pk not in self.busy
        ]
        if not gone:
            return
        for flag in gone:
            events.append(FlagEvent(flag=flag, old=flag.status, new=F.CLOSED, note="No longer so."))
            flag.status, flag.version, flag.closed_at = F.CLOSED, flag.version + 1, self.now
        Flag.objects.bulk_update(gone, ["status", "version", "closed_at"], batch_size=500)
        counts["flags_closed"] = len(gone)
        counts["holds_released"] += Hold.objects.open().filter(flag__in=gone).update(released_at=self.now)


def _judged(number_ids: set[int]) -> set[tuple[str, str]]:
    """What a person has judged stays settled until its evidence changes."""
    if not number_ids:
        return set()
    decided = Flag.objects.filter(
        number_id__any_of=number_ids,
        status=F.CLOSED,
        corrections__status=Correction.Status.APPLIED,
        code__in=JUDGEMENTS,
    )
    return set(decided.values_list("key", "fingerprint"))


@dataclass
class _Found:
    number_id: int
    program: Program
    system: System | None
    finding: rules.Finding
    agreed: rules.Agreed

    @property
    def holds(self) -> bool:
        return self.finding.severity.holds(self.agreed.status)

    @cached_property
    def fingerprint(self) -> str:
        return rules.fingerprint(self.finding)

    def content(self, work: _Work) -> dict[str, Any]:
        return {
            "severity": self.finding.severity.value,
            "fingerprint": self.fingerprint,
            "why": rules.sentence(self._named()),
            "evidence": list(self.finding.evidence),
            "params": {**self.finding.params, "record": self.finding.record},
            "refreshed_at": work.now,
        }

    def _named(self) -> rules.Finding:
        """The finding with the system's name, as staff know it, instead of its slug."""
        return replace(self.finding, system=self.system.name) if self.system else self.finding

    def row(self, key: str, work: _Work) -> dict[str, Any]:
        """The columns of a new flag."""
        return {
            "code": self.finding.code.value,
            "number_id": self.number_id,
            "program_id": self.program.pk,
            "system_id": self.system.pk if self.system else None,
            "key": key,
            "raised_at": work.now,
            "due_at": self._due(work.now),
            **self.content(work),
        }

    def refresh(self, flag: Flag, work: _Work) -> FlagEvent:
        """New evidence: the flag shows it, wakes from a snooze, and a waiver no longer covers it."""
        old = flag.status
        note = "The waiver has run out." if flag.fingerprint == self.fingerprint else "New evidence."
        for name, value in self.content(work).items():
            setattr(flag, name, value)
        flag.version += 1
        flag.snoozed_until = None
        if flag.status == F.WAIVED:
            flag.status, flag.waived_until = F.OPEN, None
        return FlagEvent(flag=flag, old=old, new=flag.status, note=note)

    def _due(self, now: datetime) -> datetime:
        since = now
        if self.finding.severity is rules.Severity.S1 and self.agreed.status.is_out:
            since = min((record.received_at for record in self.agreed.deciding), default=now)
        return since + DUE_AFTER[self.finding.severity]


def _is_over(until: datetime | None, now: datetime) -> bool:
    return until is not None and until <= now
