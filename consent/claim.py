"""Take one correction for what it needs next, under its number's lock: to be written, looked up, or read back."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from consent import propagate
from consent.cells import Meaning
from consent.errand import Errand, Task, What
from consent.models import AgreedStatus, Connection, DeliveryEvent, Touched, WriteBack
from consent.rules import Status

W = WriteBack.Status


def claim(pk: int, connection: Connection, now: datetime) -> Errand | None:
    """Claim one row for what it needs next. None: it may not leave, or somebody else has it."""
    row = WriteBack.objects.select_related("system", "number", "program", "correction").get(pk=pk)
    if row.status == W.PENDING:
        task = _claim_to_write(row, now)
    elif row.status == W.SENT:
        task = _claim_to_resolve(row, connection, now)
    elif row.status in {W.ACCEPTED, W.VERIFIED, W.REVERTED, W.SUPERSEDED}:
        task = _claim_to_read(row)
    else:
        return None
    if task is None:
        return None
    values = connection.values(
        number=row.number.e164,
        ref=row.ref,
        program=row.program.code,
        value=row.value,
        key=row.key,
        decided_at=row.correction.decided_at.isoformat(timespec="seconds"),
    )
    return Errand(row, task, values)


def _claim_to_write(row: WriteBack, now: datetime) -> Task | None:
    if propagate.drop_outdated(WriteBack.objects.filter(pk=row.pk)):
        DeliveryEvent.log(row, What.REPLACED, "The agreed status changed before this left.")
        return None
    if row.value == Meaning.IN.value and Touched.objects.filter(number=row.number_id).exists():
        return None  # what permits sending waits until the news are weighed
    # Sent again by a person, it may have arrived the first time.
    task = Task.WRITE if row.sent_at is None else Task.RESOLVE
    try:
        with transaction.atomic():
            won = row.claim(status=W.SENT, sent_at=now, attempts=F("attempts") + 1, next_try_at=None)
    except IntegrityError:
        # Another correction for this number is out; this one has its turn after it. An opt-out does not wait for
        # the other's next try: it is looked up now.
        if row.value == Meaning.OUT.value:
            same = WriteBack.objects.filter(system=row.system_id, number=row.number_id, status=W.SENT)
            same.filter(lease_until__lt=Now()).update(next_try_at=now)
        return None
    return task if won else None


def _claim_to_resolve(row: WriteBack, connection: Connection, now: datetime) -> Task | None:
    if _is_overtaken(row):
        note = "It may have arrived. The agreed status changed since, so it is not repeated."
        # If an "in" did arrive, the system now permits what nobody agrees to: that has to come to light.
        look = now if row.value == Meaning.IN.value and connection.can_read else None
        free = WriteBack.objects.filter(WriteBack.free(), pk=row.pk, fence=row.fence, status=W.SENT)
        if free.update(status=W.SUPERSEDED, lease_until=None, next_try_at=look, reads=0, note=note):
            DeliveryEvent.log(row, What.REPLACED, note)
        return None
    if row.attempts >= settings.DELIVERY["max_attempts"]:
        # Whatever happens to it ends its worker each time: the others must not wait for it for ever.
        note = f"Tried {row.attempts} times without an end. Whether it arrived is not known."
        row.mine().update(status=W.PARKED, lease_until=None, next_try_at=None, note=note)
        return None
    was_lost = row.next_try_at is None
    if not row.claim(attempts=F("attempts") + 1, next_try_at=None):
        return None
    if was_lost:
        DeliveryEvent.log(
            row, What.LOST, "The worker that sent it ended; whether it arrived is looked up first."
        )
    return Task.RESOLVE


def _claim_to_read(row: WriteBack) -> Task | None:
    later = WriteBack.objects.filter(
        pk__gt=row.pk, system=row.system_id, number=row.number_id, program=row.program_id, ref=row.ref
    ).exclude(status=W.CANCELLED)
    if later.exists() and row.status == W.ACCEPTED:
        note = "A later decision is written over it."
        if row.mine().update(status=W.SUPERSEDED, next_try_at=None, note=note):
            DeliveryEvent.log(row, What.REPLACED, note)
        return None
    was_read = row.status in {W.VERIFIED, W.REVERTED}
    is_over = later.exists() or (was_read and row.watch_over_at is not None)
    if is_over or row.reads >= settings.DELIVERY["max_reads"]:
        row.mine().update(next_try_at=None)
        return None
    return Task.READ if row.claim(reads=F("reads") + 1, next_try_at=None) else None


def _is_overtaken(row: WriteBack) -> bool:
    agreed = AgreedStatus.objects.filter(number=row.number_id, program=row.program_id)
    return agreed.filter(status=Status.OPTED_IN).exists() != (row.value == Meaning.IN.value)
