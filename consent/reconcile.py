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
from django.db.models import Q
from django.db.models.functions import Mod
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import jobs
from backoffice.models import System
from consent import bulk, rules, watch
from consent.alike import Alike, Settled
from consent.closing import RAN_OUT, Standing, Step, next_step
from consent.facts import Door, Facts, policy
from consent.judgements import ABOUT_SETTINGS, JUDGEMENTS, PUT_ASIDE
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
REBUILD_EVERY = timedelta(hours=1)
_KNOWN_CURRENT: set[int] = set()  # versions of the rules that this process has seen everywhere
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


def is_outdated(now: datetime) -> bool:
    """Whether statuses stand that an earlier version of the rules derived, with no rebuild under way or just over.
    Until then whoever they are about is held."""
    if rules.RULES_VERSION in _KNOWN_CURRENT:
        return False
    lately = jobs.JobRun.objects.filter(kind="consent.rebuild", queued_at__gt=now - REBUILD_EVERY)
    if lately.exists():
        return False
    if AgreedStatus.objects.exclude(rules_version=rules.RULES_VERSION).exists():
        return True
    _KNOWN_CURRENT.add(rules.RULES_VERSION)  # every write is of this version: no need to look again
    return False


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
    import_string(settings.SENDS_AFTER_STOP)(ids)
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
    corrected: set[int] = field(default_factory=set)  # flags with a decision that wrote something, or would
    proposed: set[int] = field(default_factory=set)  # flags whose decision waits for its second person
    live: dict[tuple[int, int], list[WriteBack]] = field(default_factory=dict)  # on their way, or watched
    stopped: dict[tuple[int, int], int] = field(default_factory=dict)
    agreed: dict[tuple[int, int], rules.Status] = field(default_factory=dict)
    found: dict[str, _Found] = field(default_factory=dict)
    new_states: list[tuple[Any, ...]] = field(default_factory=list)
    changed_states: list[AgreedStatus] = field(default_factory=list)

    def open(self, ids: Sequence[int]) -> None:
        self.policy = policy()
        for row in watch.follow(ids, now=self.now):
            self.live.setdefault((row.number_id, row.program_id), []).append(row)
        if self.live:
            self.stopped = watch.stopped(ids)
        for state in AgreedStatus.objects.filter(number_id__any_of=ids):
            self.states[state.number_id, state.program_id] = state
        for flag in Flag.objects.open().filter(number_id__any_of=ids):
            self.flags[flag.key] = flag
        pks = [flag.pk for flag in self.flags.values()]
        if pks:
            self.holds = {hold.flag_id: hold for hold in Hold.objects.filter(flag_id__any_of=pks)}
            decided = Correction.flags.through.objects.filter(flag_id__any_of=pks)
            for flag_id, status, decision in decided.values_list(
                "flag_id", "correction__status", "correction__decision"
            ):
                if status == Correction.Status.PROPOSED:
                    self.proposed.add(flag_id)
                elif status == Correction.Status.APPLIED and decision not in PUT_ASIDE:
                    self.corrected.add(flag_id)
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
        self.agreed[number_id, program_id] = status
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
        self._move_on(events, counts)
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
            FlagEvent,
            ("flag_id", "new", "note"),
            [
                (flag_id, found.status(self).value, "Raised.")
                for flag_id, (_, found) in zip(made, new, strict=True)
            ],
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

    def _move_on(self, events: list[FlagEvent], counts: Counter[str]) -> None:
        """Close what is over, and let what is not go its way: see consent.closing."""
        if not self.flags:
            return
        moved, closed = [], []
        settings_on = self._settings_that_stand()
        self._end_overtaken()
        # Flags about settings first: the others wait for those.
        for key, flag in sorted(self.flags.items(), key=lambda item: item[1].code not in ABOUT_SETTINGS):
            step = self._escalation(flag) or next_step(flag, self._standing(key, flag, settings_on), self.now)
            if flag.code in ABOUT_SETTINGS and (
                (step and step.to == F.CLOSED)
                or (flag.status == F.WAIVED and not _is_over(flag.waived_until, self.now))
            ):
                settings_on.discard((*_pair(flag), flag.system_id))
            if step is None:
                continue
            events.append(FlagEvent(flag=flag, old=flag.status, new=step.to, note=step.note))
            flag.status, flag.version = step.to, flag.version + 1
            moved.append(flag)
            if step.to == F.CLOSED:
                flag.closed_at = self.now
                closed.append(flag)
            if step.to == F.OPEN:
                flag.waived_until = None
        Flag.objects.bulk_update(
            moved, ["status", "version", "closed_at", "waived_until", "params"], batch_size=500
        )
        counts["flags_closed"] = len(closed)
        counts["holds_released"] += Hold.objects.open().filter(flag__in=closed).update(released_at=self.now)

    def _standing(self, key: str, flag: Flag, settings_on: set[tuple[Any, ...]]) -> Standing:
        pair = _pair(flag)
        if flag.code in ABOUT_SETTINGS:
            stands = (*pair, flag.system_id) in settings_on
        else:
            stands = any(setting[:2] == pair for setting in settings_on)
        return Standing(
            is_found=key in self.found,
            is_corrected=flag.pk in self.corrected,
            is_proposed=flag.pk in self.proposed,
            live=self.live.get(pair, ()),
            setting_stands=stands,
            system=self.door.systems[flag.system_id].name if flag.system_id else "",
        )

    def _settings_that_stand(self) -> set[tuple[Any, ...]]:
        """(number, program, system) of the flags about settings that are as they were, where they could still undo
        an opt-out that was written."""
        about = [flag for flag in self.flags.values() if flag.code in ABOUT_SETTINGS]
        if not about:
            return set()
        written = set(
            WriteBack.objects.filter(number_id__any_of={flag.number_id for flag in about}, value=watch.OUT)
            .filter(Q(sent_at__isnull=False) | Q(status=WriteBack.Status.VERIFIED))
            .exclude(status__in=[WriteBack.Status.SUPERSEDED, WriteBack.Status.CANCELLED])
            .values_list("number_id", "program_id", "system_id")
        )
        stands = set()
        for flag in about:
            system = self.door.systems[flag.system_id]  # type: ignore[index]
            is_on = system.is_active and (system.overwrites_on_sync or system.subscribes_by_default)
            place = (*_pair(flag), flag.system_id)
            is_in = self.agreed.get(_pair(flag)) == rules.Status.OPTED_IN
            if flag.key in self.found or (is_on and place in written and not is_in):
                stands.add(place)
        return stands

    def _end_overtaken(self) -> None:
        """What was written and is no longer what is agreed need not stay: the person has decided otherwise since."""
        over = []
        for pair, rows in self.live.items():
            status = self.agreed.get(pair)
            is_in = status == rules.Status.OPTED_IN
            left = [
                row for row in rows if row.status not in {WriteBack.Status.PENDING, WriteBack.Status.PARKED}
            ]
            if status is not None:
                over += [row for row in left if (row.value == watch.IN) is not is_in]
        if over:
            watch.end(over, now=self.now)
            gone = {row.pk for row in over}
            self.live = {pair: [r for r in rows if r.pk not in gone] for pair, rows in self.live.items()}

    def _escalation(self, flag: Flag) -> Step | None:
        """A value that came back too often is for somebody who can stop what writes it."""
        found = self.found.get(flag.key)
        times = self.stopped.get((flag.number_id or 0, flag.system_id or 0), 0)
        if found is None or flag.code != rules.Code.SYNC_REGRESSION or times <= flag.params.get("reverts", 0):
            return None
        flag.params = {**flag.params, "reverts": times}
        if F.ESCALATED not in Flag.MOVES[F(flag.status)] or flag.pk in self.proposed:
            return None
        assert found.system is not None
        return Step(F.ESCALATED, watch.stopped_words(found.system.name, times))


def _pair(flag: Flag) -> tuple[int, int]:
    """Number and program; all flags here have both."""
    return flag.number_id or 0, flag.program_id or 0


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
            "why": rules.sentence(self._named(work.door)),
            "evidence": list(self.finding.evidence),
            "params": {**self.finding.params, "record": self.finding.record},
            "refreshed_at": work.now,
        }

    def _named(self, door: Door) -> rules.Finding:
        """The finding with the systems' names, as staff know them, instead of their slugs."""
        finding = replace(self.finding, system=self.system.name) if self.system else self.finding
        slugs = {name: finding.params[name] for name in ("systems", "writer") if finding.params.get(name)}
        names = {
            name: "; ".join(door.by_slug[slug].name for slug in str(text).split("; "))
            for name, text in slugs.items()
        }
        return replace(finding, params={**finding.params, **names}) if names else finding

    def _reverts(self, work: _Work) -> dict[str, int]:
        """How often the value came back, where that was too often."""
        if self.finding.code != rules.Code.SYNC_REGRESSION or self.system is None:
            return {}
        times = work.stopped.get((self.number_id, self.system.pk))
        return {"reverts": times} if times else {}

    def status(self, work: _Work) -> Flag.Status:
        """Of a new flag."""
        return F.ESCALATED if self._reverts(work) else F.OPEN

    def row(self, key: str, work: _Work) -> dict[str, Any]:
        """The columns of a new flag."""
        content = self.content(work)
        return {
            "code": self.finding.code.value,
            "number_id": self.number_id,
            "program_id": self.program.pk,
            "system_id": self.system.pk if self.system else None,
            "key": key,
            "status": self.status(work).value,
            "raised_at": work.now,
            "due_at": self._due(work.now),
            **content,
            "params": content["params"] | self._reverts(work),
        }

    def refresh(self, flag: Flag, work: _Work) -> FlagEvent:
        """New evidence: the flag shows it, wakes from a snooze, and a waiver no longer covers it."""
        old = flag.status
        note = RAN_OUT if flag.fingerprint == self.fingerprint else "New evidence."
        known = {"reverts": flag.params["reverts"]} if "reverts" in flag.params else {}
        for name, value in self.content(work).items():
            setattr(flag, name, value)
        flag.params |= known
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
