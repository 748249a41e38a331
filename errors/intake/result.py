"""What a batch left behind in the send log: for its page, and for whoever is about to void it."""

from __future__ import annotations

from django.urls import reverse

from backoffice.imports.importer import Brought
from backoffice.models import ImportBatch
from consent.intake import result as consent_result
from errors.models import AttemptEvent, SendAttempt


def brought(batch: ImportBatch) -> list[Brought]:
    attempts = SendAttempt.objects.filter(batch=batch)
    failed = attempts.failed().count()
    reports = AttemptEvent.objects.filter(batch=batch).count()
    return [
        Brought(
            "Sends",
            attempts.count(),
            f"{reverse('errors:attempt_list')}?batch={batch.pk}",
            f"{failed:,} failed" if failed else "",
        ),
        Brought("Reports about sends", reports, note="each is kept, whatever became of its message"),
        *consent_result.brought(batch),
    ]
