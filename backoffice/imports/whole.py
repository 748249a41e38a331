"""A whole file taken in without a question, for data that ships with the product and is known to fit."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.core.files.base import File

from backoffice import jobs
from backoffice.imports import check, mapping, receive, run
from backoffice.models import ImportBatch, System


def take_in(system: System, path: Path, *, as_of: datetime, now: datetime) -> ImportBatch:
    """Receive, check and write every row of a file, by the very steps that the wizard takes.

    Raises ValueError where the system's saved mapping does not read the file."""
    with path.open("rb") as file:
        batch = receive.receive(system, File(file), path.name, by=None, as_of=as_of, now=now)
    _, saved = mapping.suggest(batch)
    if saved is None:
        raise ValueError(f"{path.name} does not fit the mapping shipped for {system.slug}.")
    mapping.use_mapping(batch, saved)
    batch.move(ImportBatch.Status.CHECKING)
    check.check(str(batch.pk), beat=jobs.unwatched)
    batch.refresh_from_db()
    run.confirm(batch, batch.confirm_token, by=None, now=now, queue=False)
    run.run(str(batch.pk), beat=jobs.unwatched)
    batch.refresh_from_db()
    return batch
