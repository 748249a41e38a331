"""A batch that should not have been: its rows stop counting, its history stays."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from backoffice import access, audit, jobs
from backoffice.imports.importer import importer_of
from backoffice.models import ImportBatch

S = ImportBatch.Status


class NeedsSupervisor(Exception):
    """Opt-outs were learned from the batch; letting go of them takes a supervisor and a reason."""


@transaction.atomic
def void(batch: ImportBatch, *, by: User, reason: str) -> dict[str, int]:
    """Void a batch whose run has ended. Raises NeedsSupervisor, ValueError without a reason, IllegalMove for a
    batch that is still moving."""
    if not reason.strip():
        raise ValueError("Say why the batch is voided; the reason stays on record.")
    importer = importer_of(batch.system)
    if importer.learned_refusals(batch) and not access.can(by, "backoffice.void_importbatch"):
        raise NeedsSupervisor(batch)
    now = timezone.now()
    batch.move(S.VOIDED, voided_by=by, voided_at=now, void_reason=reason.strip())
    counts = importer.void(batch, now=now)
    audit.record(by, "import.void", batch, reason=reason.strip(), **counts)
    return counts


def cancel(batch: ImportBatch, *, by: User) -> None:
    """Stop a batch: at once while it waits, at its next committed chunk while it runs."""
    for run in jobs.JobRun.objects.unfinished().filter(kind__startswith="import.", subject=str(batch.pk)):
        jobs.cancel(run, by)
    batch.refresh_from_db()
    if batch.status not in {S.CHECKING, S.RUNNING}:
        batch.move(S.CANCELLED)
    audit.record(by, "import.cancel", batch)
