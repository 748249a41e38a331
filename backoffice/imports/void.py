"""A batch that should not have been: its rows stop counting, its history stays."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from backoffice import access, audit, jobs
from backoffice.imports import mend
from backoffice.imports.importer import importer_of
from backoffice.models import IllegalMove, ImportBatch

S = ImportBatch.Status


class NeedsSupervisor(Exception):
    """What the person asked for lets go of opt-outs, or permits sending: that takes a supervisor."""


@transaction.atomic
def void(batch: ImportBatch, *, by: User, reason: str) -> dict[str, int]:
    """Void a batch whose run has ended; rows it had taken over from another batch wait there again.

    Raises NeedsSupervisor, ValueError without a reason, IllegalMove for a batch that is still moving or of
    which nothing was taken in."""
    if not reason.strip():
        raise ValueError("Say why the batch is voided; the reason stays on record.")
    if batch.confirmed_at is None:
        raise IllegalMove("Nothing of this file was taken in: there is nothing to void.")
    importer = importer_of(batch.system)
    if not may_void(batch, by):
        raise NeedsSupervisor(batch)
    now = timezone.now()
    batch.move(S.VOIDED, voided_by=by, voided_at=now, void_reason=reason.strip())
    counts = importer.void(batch, now=now) | {"reopened": mend.reopen(batch)}
    audit.record(by, "import.void", batch, reason=reason.strip(), **counts)
    return counts


def may_void(batch: ImportBatch, by: User) -> bool:
    learned = importer_of(batch.system).learned_refusals(batch)
    return access.can(by, "backoffice.void_importbatch" if learned else "backoffice.add_importbatch")


def cancel(batch: ImportBatch, *, by: User) -> None:
    """Stop a batch: at once while it waits or has lost its worker, at its next committed chunk while it
    runs."""
    runs = jobs.JobRun.objects.unfinished().filter(kind__startswith="import.", subject=str(batch.pk))
    for run in runs:
        jobs.cancel(run, by)
    at_work = runs.filter(status=jobs.JobRun.Status.RUNNING, lease_until__gte=timezone.now()).exists()
    batch.refresh_from_db()
    if not at_work:
        # A worker that comes back late finds the batch moved, and rolls its chunk back.
        batch.move(S.CANCELLED, finished_at=timezone.now())
    audit.record(by, "import.cancel", batch)
