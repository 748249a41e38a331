"""Which numbers somebody has ever said no for, and since when we could know: what a log of sends asks of the ledger.

Answered from indexes that hold nothing but revocations, so that a log of millions of rows may ask for each chunk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from backoffice.models import ImportBatch
from consent import bulk
from consent.cells import Meaning
from consent.ledger import Act
from consent.models import ConsentRecord, Reading


def revoked_since(number_ids: Collection[int]) -> dict[int, datetime]:
    """When the first revocation of each number was received, whether or not it is in force any more. Numbers without
    one are left out. A person who spoke for all their lines counts for each, a system's "out" as well."""
    found: dict[int, datetime] = {}
    for number_id, received_at in _revocations(number_ids):
        if number_id not in found or received_at < found[number_id]:
            found[number_id] = received_at
    return found


def touch_revoked(number_ids: Collection[int]) -> int:
    """Have those of the numbers looked at again that have a revocation on record; how many there are. Call it in the
    transaction of the sends that are news."""
    revoked = revoked_since(number_ids)
    bulk.touch(list(revoked))
    return len(revoked)


def _revocations(number_ids: Collection[int]) -> Iterator[tuple[int, datetime]]:
    if not number_ids:
        return
    voided = ImportBatch.objects.voided_keys()
    spoken = ConsentRecord.objects.effective(voided).filter(act=Act.REVOKE)
    yield from spoken.for_numbers(number_ids).order_by().values_list("number_id", "received_at")
    for_all_lines = spoken.filter(contact__records__number_id__any_of=list(number_ids))
    yield from for_all_lines.order_by().values_list("contact__records__number_id", "received_at")
    claimed = Reading.objects.effective(voided).for_numbers(number_ids).filter(value=Meaning.OUT)
    yield from claimed.order_by().values_list("number_id", "read_at")
