"""A file of the send log that should not have been: what it said stops counting, what others said stays."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from backoffice.models import ImportBatch
from errors import after_stop, life, postgres, rollup
from errors.models import AttemptEvent, ParkedEvent, SendAttempt
from errors.record import bring_up_to_date
from errors.suspect import suspect

AT_ONCE = 5_000


class _Left(NamedTuple):
    """A report that counts without the file. `batch`: the other file that it came with, None for callbacks."""

    pk: int
    batch: int | None
    line: int | None


@transaction.atomic
def void(batch: ImportBatch) -> dict[str, int]:
    """Take back what a voided batch brought: its reports stay on record and count no more.

    Attempts that only this file knew leave the log; what providers reported about them waits for them to come again.
    Attempts that another file reported, too, go over to that one. Safe to run twice."""
    keys = set(SendAttempt.objects.filter(batch=batch).values_list("key", flat=True))
    keys.update(AttemptEvent.objects.filter(batch=batch).values_list("attempt_key", flat=True))
    ordered = sorted(keys)
    counts: Counter[str] = Counter()
    for start in range(0, len(ordered), AT_ONCE):
        counts.update(_void(batch, ordered[start : start + AT_ONCE]))
    return dict(counts)


def _void(batch: ImportBatch, keys: Sequence[UUID]) -> dict[str, int]:
    found = SendAttempt.objects.filter(key__any_of=keys)
    # Whoever takes attempts away has the turn, as those who bring them.
    postgres.take_turn(
        {name.casefold() for name in found.order_by().values_list("provider", flat=True).distinct()}
    )
    attempts = {
        a.key: a for a in found.defer("body", "request").select_for_update(no_key=True).order_by("pk")
    }
    left = _left(attempts)
    gone, stay = [], []
    for key, attempt in attempts.items():
        others = [one for one in left[key] if one.batch is not None]
        if attempt.batch_id == batch.pk and not others:
            gone.append(attempt)
            continue
        stay.append(attempt)
        if attempt.batch_id == batch.pk:
            attempt.batch_id, attempt.line = others[0].batch, others[0].line
    postgres.update(SendAttempt, ("batch_id", "line"), [(a.pk, a.batch_id, a.line) for a in stay])
    past = AttemptEvent.objects.of_attempts([a.key for a in stay]).as_events()
    nothing: list[life.Event] = []
    changed = bring_up_to_date({a: past.get(a.key, nothing) for a in stay})
    _remove(gone, left)
    rollup.touch(a.submitted_at for a in attempts.values())
    suspect([a.number_id for a in attempts.values() if a.number_id is not None], ())
    after_stop.take_back(gone)
    after_stop.follow(a.number_id for a in stay)
    return {"attempts removed": len(gone), "attempts changed": changed}


def _left(attempts: dict[UUID, SendAttempt]) -> dict[UUID, list[_Left]]:
    left: dict[UUID, list[_Left]] = defaultdict(list)
    events = AttemptEvent.objects.effective().of_attempts(attempts).order_by("pk")
    for key, *rest in events.values_list("attempt_key", "pk", "batch_id", "line"):
        left[key].append(_Left(*rest))
    return left


def _remove(gone: Sequence[SendAttempt], left: dict[UUID, list[_Left]]) -> None:
    waiting = [(one.pk, attempt) for attempt in gone for one in left[attempt.key]]
    ParkedEvent.objects.bulk_create(
        [
            ParkedEvent(
                event_id=pk,
                provider=attempt.provider,
                account=attempt.account,
                message_ref=attempt.message_ref,
                ref_number=attempt.ref_number,
                client_ref=attempt.client_ref,
            )
            for pk, attempt in waiting
        ],
        batch_size=AT_ONCE,
    )
    pks = [attempt.pk for attempt in gone]
    SendAttempt.objects.filter(parent__any_of=pks).update(parent=None)
    SendAttempt.objects.filter(pk__any_of=pks).delete()
