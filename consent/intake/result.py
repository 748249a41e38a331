"""What a batch left behind in the consent tables: for its page, and for whoever is about to void it."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from backoffice.imports.importer import Brought
from backoffice.models import ImportBatch
from consent.cells import Meaning
from consent.ledger import Act
from consent.models import ConsentRecord, Flag, Reading, Touched

CAP = 10_000  # flags and waiting numbers are counted to here


def brought(batch: ImportBatch) -> list[Brought]:
    records = ConsentRecord.objects.filter(batch=batch)
    readings = Reading.objects.filter(batch=batch)
    only = f"?batch__id__exact={batch.pk}"
    revoked = records.filter(act=Act.REVOKE).count()
    out = readings.filter(value=Meaning.OUT).count()
    found = [
        Brought(
            "Ledger records",
            records.count(),
            reverse("admin:consent_consentrecord_changelist") + only,
            f"{revoked:,} take consent back" if revoked else "",
        ),
        Brought(
            "Readings",
            readings.count(),
            reverse("admin:consent_reading_changelist") + only,
            f"{out:,} say opted out" if out else "what the system believed, where it was news",
        ),
    ]
    if batch.started_at is None or batch.voided_at is not None:
        return found
    about_file = Flag.objects.waiting(timezone.now()).filter(batch=batch).count()
    waiting = Touched.objects.filter(_numbers_of(batch))[: CAP + 1].count()
    about_numbers = Flag.objects.open().filter(_numbers_of(batch), raised_at__gte=batch.started_at)
    return [
        *found,
        Brought("Flags about the file", about_file, f"{reverse('consent:flag_list')}?batch={batch.pk}"),
        Brought(
            "Flags about its numbers",
            _capped(about_numbers),
            note=f"raised since; {waiting:,} numbers are still being worked out"
            if waiting
            else "raised since",
        ),
    ]


def _numbers_of(batch: ImportBatch) -> Q:
    """Whatever hangs on a number that the batch brought news of."""
    records = ConsentRecord.objects.filter(batch=batch).exclude(number=None).values("number_id")
    return Q(number_id__in=records) | Q(number_id__in=Reading.objects.filter(batch=batch).values("number_id"))


def _capped(rows: QuerySet[Flag]) -> int:
    return rows.order_by()[: CAP + 1].count()
