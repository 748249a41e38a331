"""What is stored about a chunk of numbers, what was found, and the difference, which is written.

Flags that are found again are refreshed; whether one that is not found closes is a matter of its own: consent.closing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from consent import bulk, hold_pushes, rules, watch
from consent.closing import Standing, Step, next_step
from consent.facts import Door
from consent.found import Found
from consent.judgements import ABOUT_SETTINGS, JUDGEMENTS, PUT_ASIDE
from consent.models import (
    AgreedStatus,
    Correction,
    Flag,
    FlagEvent,
    Hold,
    Program,
    WriteBack,
)

F = Flag.Status
CONTENT = ("status", "reason", "decided_by", "rules_version", "recheck_at")  # of an agreed status


class Difference:
    """Reads what is stored of the numbers when it is made; to some of them corrections were `written`. Then note what
    is found of each, and save."""

    def __init__(
        self, number_ids: Sequence[int], written: Collection[int], door: Door, now: datetime
    ) -> None:
        self.door, self.now = door, now
        # Corrections on their way or watched, and where the old value came back too often.
        self.live: dict[tuple[int, int], list[WriteBack]] = defaultdict(list)
        for row in watch.follow(written, now=now):
            self.live[row.number_id, row.program_id].append(row)
        self.stopped = watch.stopped(written) if self.live else {}
        self.states = {
            (state.number_id, state.program_id): state
            for state in AgreedStatus.objects.filter(number_id__any_of=number_ids)
        }
        # The programs that each number has a status for.
        self.known: dict[int, set[int]] = defaultdict(set)
        for number_id, program_id in self.states:
            self.known[number_id].add(program_id)
        self._read_flags(number_ids)
        self.agreed: dict[tuple[int, int], rules.Status] = {}
        self.found: dict[str, Found] = {}
        self.new_states: list[tuple[Any, ...]] = []
        self.changed_states: list[AgreedStatus] = []

    def _read_flags(self, number_ids: Sequence[int]) -> None:
        self.flags = {flag.key: flag for flag in Flag.objects.open().filter(number_id__any_of=number_ids)}
        self.holds: dict[int, Hold] = {}
        self.corrected: set[int] = set()  # flags with a decision that wrote something, or would
        self.proposed: set[int] = set()  # flags whose decision waits for its second person
        pks = [flag.pk for flag in self.flags.values()]
        if not pks:
            return
        self.holds = {hold.flag_id: hold for hold in Hold.objects.filter(flag_id__any_of=pks)}
        decided = Correction.flags.through.objects.filter(flag_id__any_of=pks)
        for flag_id, status, decision in decided.values_list(
            "flag_id", "correction__status", "correction__decision"
        ):
            if status == Correction.Status.PROPOSED:
                self.proposed.add(flag_id)
            elif status == Correction.Status.APPLIED and decision not in PUT_ASIDE:
                self.corrected.add(flag_id)

    # --- What is found ------------------------------------------------------------------------------------------

    def note_status(
        self,
        number_id: int,
        program_id: int,
        status: rules.Status,
        reason: rules.Reason,
        decided_by: list[str],
        recheck_at: datetime | None,
    ) -> None:
        self.agreed[number_id, program_id] = status
        content = (status.value, reason.value, decided_by, self.door.version, recheck_at)
        state = self.states.get((number_id, program_id))
        if state is None:
            self.new_states.append((number_id, program_id, *content, self.now))
            return
        if (state.status, state.reason, state.decided_by, state.rules_version, state.recheck_at) != content:
            if (state.status, state.reason) != content[:2]:
                state.changed_at = self.now
            state.status, state.reason, state.decided_by, state.rules_version, state.recheck_at = content
            self.changed_states.append(state)

    def note_finding(
        self, number_id: int, program: Program, agreed: rules.Agreed, finding: rules.Finding
    ) -> None:
        system = self.door.by_slug.get(finding.system or "")
        key = f"{finding.code}:{number_id}:{program.pk}:{system.pk if system else ''}:"
        times = 0
        if system is not None and finding.code == rules.Code.SYNC_REGRESSION:
            times = self.stopped.get((number_id, system.pk), 0)
        # Several records of one system may show the same thing; the first stands for them.
        self.found.setdefault(key, Found(number_id, program, system, finding, agreed, times))

    # --- What is written ----------------------------------------------------------------------------------------

    def save(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        self._save_states(counts)
        events: list[FlagEvent] = []
        self._raise(counts)
        self._refresh(events, counts)
        self._move_on(events, counts)
        FlagEvent.objects.bulk_create(events, batch_size=1000)
        if counts["holds_placed"] or counts["holds_released"]:
            hold_pushes.ring()
        return dict(counts)

    def _save_states(self, counts: Counter[str]) -> None:
        bulk.pour(AgreedStatus, ("number_id", "program_id", *CONTENT, "changed_at"), self.new_states)
        bulk.rewrite(AgreedStatus, (*CONTENT, "changed_at"), self.changed_states)
        counts["statuses_new"] = len(self.new_states)
        counts["statuses_changed"] = len(self.changed_states)

    def _raise(self, counts: Counter[str]) -> None:
        new = [(key, found) for key, found in self.found.items() if key not in self.flags]
        judged = _judged({found.number_id for _, found in new})
        new = [(key, found) for key, found in new if (key, found.fingerprint) not in judged]
        names = tuple(new[0][1].row(new[0][0], self.door, self.now)) if new else ()
        made = bulk.append(
            Flag, names, [tuple(found.row(key, self.door, self.now).values()) for key, found in new]
        )
        bulk.pour(
            FlagEvent,
            ("flag_id", "new", "note"),
            [(flag_id, found.status.value, "Raised.") for flag_id, (_, found) in zip(made, new, strict=True)],
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
                events.append(found.refresh(flag, self.door, self.now))
                refreshed.append(flag)
        bulk.rewrite(
            Flag,
            (
                *("status", "severity", "version", "fingerprint", "why", "evidence", "params"),
                *("refreshed_at", "snoozed_until", "waived_until", "due_at"),
            ),
            refreshed,
        )
        counts["flags_refreshed"] = len(refreshed)

    def _match_hold(self, flag: Flag, found: Found, counts: Counter[str]) -> None:
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
        bulk.rewrite(Flag, ("status", "version", "closed_at", "waived_until", "params"), moved)
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


def _is_over(until: datetime | None, now: datetime) -> bool:
    return until is not None and until <= now
