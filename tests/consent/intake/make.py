"""Files taken in the way the browser does it, without a browser: each step is the verb behind a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone

from backoffice.imports import check, mapping, receive, run
from backoffice.imports.importer import Outcome
from backoffice.models import ImportBatch, System


def still(**progress: Any) -> None:
    """Nobody watches."""


def upload(
    slug: str,
    content: bytes | str,
    name: str = "file.csv",
    *,
    by: User | None = None,
    as_of: datetime | None = None,
) -> ImportBatch:
    """A received file of a ready-made system."""
    content = content.encode() if isinstance(content, str) else content
    return receive.receive(
        System.objects.get(slug=slug), ContentFile(content), name, by=by, as_of=as_of, now=timezone.now()
    )


def checked(batch: ImportBatch) -> list[Outcome]:
    """Map with what fits, or with the guess, and check; returns every row's outcome."""
    saved = mapping.fitting(batch, now=timezone.now())
    if saved is not None:
        mapping.use_mapping(batch, saved)
    else:
        guess, _ = mapping.suggest(batch)
        mapping.save_mapping(batch, guess.columns, guess.rules, by=None, now=timezone.now())
    return check_again(batch)


def check_again(batch: ImportBatch) -> list[Outcome]:
    batch.move(ImportBatch.Status.CHECKING)
    outcomes: list[Outcome] = []
    check.check(str(batch.pk), beat=still, watch=outcomes.extend)
    batch.refresh_from_db()
    return outcomes


def taken_in(batch: ImportBatch, by: User | None = None) -> list[Outcome]:
    """Check, confirm and run; returns every row's outcome."""
    checked(batch)
    run.confirm(batch, batch.confirm_token, by=by, now=timezone.now(), queue=False)
    outcomes: list[Outcome] = []
    run.run(str(batch.pk), beat=still, watch=outcomes.extend)
    batch.refresh_from_db()
    return outcomes
