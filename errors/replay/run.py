"""Replay the log through the rules: in the background, in chunks that are committed one by one.

A run that is stopped goes on behind its last chunk. If the rules have changed meanwhile it begins anew: half a result
by one book and half by another would be none.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from backoffice import jobs
from errors.models import (
    ReplayFailure,
    ReplayHits,
    ReplayLine,
    ReplayStale,
    RuleReplay,
    SendAttempt,
)
from errors.preflight import BadRule, Kind, Rule, RuleBook
from errors.replay.change import Change, NoChange, digest
from errors.replay.claims import CategoryOf, is_meant_by_any
from errors.replay.judge import Judge
from errors.replay.pack import packed, short
from errors.replay.read import CHUNK, Log, category_of
from errors.replay.results import failures_of, lines_of, stale_of
from errors.replay.sends import Column, Sends
from errors.replay.tally import Came, Cell, Tally, groups_of
from errors.rulebook import refuse, rules_in_force
from errors.windows import hour_of

STANDING_DAYS: Final = 28
HITS_OF: Final = 10  # results whose sends are kept, the latest; of others only the counts


def ask(
    starts_at: datetime,
    ends_at: datetime,
    *,
    now: datetime,
    trigger: str,
    by: User | None = None,
    change: Change | None = None,
    is_standing: bool = False,
) -> RuleReplay:
    """Queue a replay of this stretch of the log. Raises NoChange where the rule of the change is no longer so, or where
    no check could use it."""
    if change is not None:
        _changed(change, rules_in_force(timezone.localdate(now)))
        _refuse(change)
    replay = RuleReplay.objects.create(
        starts_at=starts_at,
        ends_at=ends_at,
        change=change.as_json() if change else None,
        is_standing=is_standing,
        asked_at=now,
        asked_by=by,
    )
    jobs.start("errors.replay", replay.pk, trigger=trigger, by=by)
    return replay


def ask_for_all(
    *, now: datetime, trigger: str, by: User | None = None, change: Change | None = None
) -> RuleReplay | None:
    """A replay of the whole log, up to the last full hour: what is asked within one hour looks at the same sends. None
    while there is nothing."""
    oldest = SendAttempt.objects.aggregate(oldest=Min("submitted_at"))["oldest"]
    if oldest is None or oldest >= hour_of(now):
        return None
    return ask(_midnight(oldest), hour_of(now), now=now, trigger=trigger, by=by, change=change)


def ring(*, trigger: str, now: datetime) -> RuleReplay | None:
    """The standing result: the last weeks by the rules as they are, once a day while there are sends."""
    end = _midnight(now)
    start = end - timedelta(days=STANDING_DAYS)
    if RuleReplay.objects.standing().filter(ends_at=end).exists():
        return None
    if not SendAttempt.objects.between(start, end).exists():
        return None
    return ask(start, end, now=now, trigger=trigger, is_standing=True)


def replay(subject: str, *, beat: jobs.Progress, chunk: int = CHUNK, **_: Any) -> dict[str, int]:
    """Work on the replay with this key until it is done. Safe to run twice."""
    row = RuleReplay.objects.get(pk=int(subject))
    if row.finished_at is not None:
        return {}
    day = timezone.localdate(row.asked_at)
    rules = rules_in_force(day)
    if row.change is not None:
        try:
            rules = _changed(Change.from_json(row.change), rules)
        except NoChange as problem:
            raise jobs.Refused(str(problem)) from problem
    work = _Work(row, rules, RuleBook(rules, on=day), chunk)
    work.begin()
    total = SendAttempt.objects.between(row.starts_at, row.ends_at).count()
    beat(done=row.sends, total=total)
    work.go(beat)
    work.finish()
    return {"sends": row.sends, "lines": row.lines.count()}


class _Work:
    def __init__(self, row: RuleReplay, rules: Sequence[Rule], book: RuleBook, chunk: int) -> None:
        self.row, self.rules, self.book = row, rules, book
        self.log = Log(row.starts_at, row.ends_at, chunk=chunk)
        self.judge = Judge(book, self.log.words)
        self.groups = groups_of(rules)
        self.category: CategoryOf = category_of()

    def begin(self) -> None:
        """Take up what was counted, or start over where that was by other rules."""
        known = digest(self.rules)
        if self.row.rules_digest != known:
            with transaction.atomic():
                ReplayHits.objects.filter(replay=self.row).delete()
                self.row.rules_digest, self.row.rules_count = known, len(self.rules)
                self.row.reached_at, self.row.reached_pk, self.row.tally, self.row.sends = None, 0, {}, 0
                self.row.seconds = 0
                self.row.save()
        self.tally = Tally.from_json(self.row.tally)
        for sends in self.log.before(self.row.reached_at or self.row.starts_at, self.row.reached_pk):
            self.judge.remember(sends)

    def go(self, beat: jobs.Progress) -> None:
        row = self.row
        after = (row.reached_at, row.reached_pk) if row.reached_at else None
        began = time.monotonic()
        for sends, at, pk in self.log.chunks(after):
            spots = self.judge.spots_of(sends)
            held = self.judge.judge(sends, spots)
            behind = self.tally.add(sends, spots, held, self.judge, self.groups, self.category)
            row.reached_at, row.reached_pk = at, pk
            row.tally, row.sends = self.tally.as_json(), row.sends + len(sends)
            row.seconds += time.monotonic() - began
            began = time.monotonic()
            with transaction.atomic():
                ReplayHits.objects.bulk_create(self._hits(sends, behind))
                row.save(update_fields=["reached_at", "reached_pk", "tally", "sends", "seconds"])
            self.judge.forget()
            beat(done=row.sends, can_go_on=True)

    def _hits(self, sends: Sends, behind: dict[Cell, Column]) -> list[ReplayHits]:
        return [
            ReplayHits(
                replay=self.row,
                key=short(cell.key),
                came=cell.came,
                severity=cell.severity,
                count=len(rows),
                packed=packed(sends.pk[rows]),
            )
            for cell, rows in behind.items()
            if cell.came != Came.NEITHER and len(rows)
        ]

    @transaction.atomic
    def finish(self) -> None:
        """Write what it comes to; what only counting needed goes."""
        row, every = self.row, [rule for kind in Kind for rule in self.book.all(kind)]
        change = Change.from_json(row.change) if row.change else None
        asked = [change.now] if change and change.now else []
        ReplayLine.objects.bulk_create(
            ReplayLine(replay=row, **line) for line in lines_of(self.tally, every, self.category, asked=asked)
        )
        ReplayFailure.objects.bulk_create(
            ReplayFailure(
                replay=row,
                **failure,
            )
            for failure in failures_of(
                self.tally,
                self.category,
                lambda one: is_meant_by_any(every, one, self.category(one)),
            )
        )
        ReplayStale.objects.bulk_create(
            ReplayStale(replay=row, **stale) for stale in stale_of(self.tally, self.groups, every)
        )
        row.tally = {"sends": dict(self.tally.sends)}
        row.finished_at = timezone.now()
        row.save()
        _forget_old_hits()


def _forget_old_hits() -> None:
    kept = list(
        RuleReplay.objects.finished().order_by("-finished_at", "-pk").values_list("pk", flat=True)[:HITS_OF]
    )
    old = RuleReplay.objects.finished().filter(has_hits=True).exclude(pk__in=kept)
    for replay in old:
        ReplayHits.objects.filter(replay=replay).delete()
        replay.has_hits = False
        replay.save(update_fields=["has_hits"])


def _changed(change: Change, rules: Sequence[Rule]) -> list[Rule]:
    if change.was is not None and change.was not in rules:
        raise NoChange("The rule has been changed since; open it again and look at the change anew.")
    return change.applied(rules)


def _refuse(change: Change) -> None:
    """What is not in force yet is tried as when it is saved: an expression that never ends would hold up the worker."""
    if change.now is None or (change.was is not None and change.was.value == change.now.value):
        return
    try:
        refuse(change.now)
    except BadRule as problem:
        raise NoChange(str(problem)) from problem


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
