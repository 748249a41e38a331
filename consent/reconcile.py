"""Make the stored agreed statuses, flags and holds match what the rules find.

Incremental: numbers with news (Touched) and those whose time has come (recheck_at). Full: every number, after a
change of the rules or the terms. Each chunk is one transaction that first takes its numbers' locks, in order, and their
news; running twice or at once changes nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Mod
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import jobs
from consent import rules
from consent.alike import Alike, Settled
from consent.difference import Difference
from consent.entangled import Entangled
from consent.facts import Door, Facts, policy
from consent.ledger import Policy
from consent.models import AgreedStatus, Number, Terms, Touched
from consent.terms import take_up

REBUILT_AT_ONCE = 100_000  # numbers in one run of a full rebuild
REBUILD_EVERY = timedelta(hours=1)
_KNOWN_CURRENT: dict[int, datetime] = {}  # when this process has seen a version of the terms everywhere
CHUNK = settings.RECONCILE_CHUNK_NUMBERS
PROVED = 5_000  # numbers read at once, without locks, to see whether anything has changed


def reconcile(
    subject: str, *, beat: jobs.Progress, shard: int = 0, shards: int = 1, **_: Any
) -> dict[str, int]:
    """Work through the numbers with news and those that are due, until none is left."""
    now = timezone.now()
    alike = None
    counts: Counter[str] = Counter()
    for number_ids in _waiting(now, shard, shards):
        alike = _alike(take_up(timezone.now()), now, alike)
        counts.update(reconcile_numbers(number_ids, now=now, alike=alike))
        beat(done=counts["numbers"], can_go_on=True)  # what is left still has news, or is still due
    return dict(counts)


def rebuild(
    subject: str, *, beat: jobs.Progress, shard: int = 0, shards: int = 1, **_: Any
) -> dict[str, int]:
    """Every number of the shard, whether it has news or not. Those that prove to be in order are only read."""
    now = timezone.now()
    alike = None
    counts: Counter[str] = Counter()
    last = 0
    while number_ids := list(_shard(Number.objects.filter(pk__gt=last), "pk", shard, shards)[:PROVED]):
        last = number_ids[-1]
        counts["numbers"] += len(number_ids)
        alike = _alike(take_up(timezone.now()), now, alike)
        if alike is not None:
            number_ids = alike.unproven(number_ids)
        for start in range(0, len(number_ids), CHUNK):
            done = reconcile_numbers(number_ids[start : start + CHUNK], now=now, alike=alike)
            counts.update(done | {"numbers": 0, "looked_at": done["numbers"]})
        # No turns: it would start over, and nothing says how far it was. `ring` makes the parts small enough.
        beat(done=counts["numbers"])
    return dict(counts)


def _alike(door: Door, now: datetime, known: Alike | None) -> Alike | None:
    if connection.vendor != "postgresql":
        return None
    return known.current(door) if known else Alike(door, policy(), now)


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
    """Whether statuses stand that were derived by other rules or under other terms than are in force, with no rebuild
    under way or just over. Until then whoever they are about is held."""
    take_up(now)
    terms = Terms.objects.get()
    seen_at = _KNOWN_CURRENT.get(terms.version)
    if seen_at is not None and now - seen_at < REBUILD_EVERY:
        return False
    since = max(terms.since, now - REBUILD_EVERY)
    if jobs.JobRun.objects.filter(kind="consent.rebuild", queued_at__gt=since).exists():
        return False
    if AgreedStatus.objects.exclude(rules_version=terms.version).exists():
        return True
    _KNOWN_CURRENT[terms.version] = now
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
    # The terms as well, once the numbers are ours: nothing of older ones is written after a rebuild was here.
    door = Door()
    if alike is not None and not alike.fits(door):
        alike = None
    entangled = Entangled.of(ids)
    difference = Difference(ids, entangled.written, door, now)
    settled = alike.settle_all(ids, entangled) if alike else {}
    rest = [number_id for number_id in ids if not _accept(difference, number_id, settled.get(number_id))]
    given = policy()
    for number_id, facts in door.load(rest, entangled).items():
        _look_at(difference, number_id, facts, given)
    return {"numbers": len(ids), **difference.save()}


def _accept(difference: Difference, number_id: int, settled: Settled | None) -> bool:
    """Take a verdict as it is; False where there is none, or where a status is stored that it says nothing of."""
    if settled is None or difference.known[number_id] - {quiet.program_id for quiet in settled.verdict}:
        return False
    for quiet in settled.verdict:
        difference.note_status(
            *(number_id, quiet.program_id, quiet.status, quiet.reason),
            *(settled.decided_by(quiet), quiet.recheck_at),
        )
    return True


def _look_at(difference: Difference, number_id: int, facts: Facts, given: Policy) -> None:
    """Let the rules weigh what is known of one number, under each program it has to do with."""
    door = difference.door
    codes = facts.programs(door.terms.values())
    codes |= {door.codes[pk] for pk in difference.known[number_id]}
    for code in sorted(codes):
        program = door.by_code[code]
        agreed = rules.derive(
            door.terms[code], facts.about(code), facts.beliefs.get(code, []), given, difference.now
        )
        difference.note_status(
            *(number_id, program.pk, agreed.status, agreed.reason),
            *(list(agreed.decided_by), agreed.recheck_at),
        )
        for finding in agreed.findings:
            difference.note_finding(number_id, program, agreed, finding)
