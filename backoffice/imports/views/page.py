"""What every page of an import has: its rights, its batch, its place among the steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from backoffice.files.sniff import Dialect
from backoffice.imports import receive as receiving
from backoffice.imports.forms import DELIMITER_NAMES
from backoffice.imports.importer import importer_of
from backoffice.imports.views.progress import step_url
from backoffice.models import ColumnMapping, IllegalMove, ImportBatch, StaleBatch

LOOK, IMPORT = "backoffice.view_importbatch", "backoffice.add_importbatch"
MAP, SUPERVISE = "backoffice.change_columnmapping", "backoffice.void_importbatch"
MOVED = (IllegalMove, StaleBatch)  # somebody or something else was faster
S = ImportBatch.Status


def batch_or_404(pk: int) -> ImportBatch:
    return get_object_or_404(
        ImportBatch.objects.select_related("system", "mapping", "uploaded_by", "confirmed_by", "mends"), pk=pk
    )


def person(request: HttpRequest) -> User:
    """Whoever is signed in: the views are guarded."""
    assert isinstance(request.user, User)
    return request.user


def moved_meanwhile(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    batch.refresh_from_db()
    messages.warning(
        request, f"The import went on in the meantime: it is now “{batch.get_status_display().lower()}”."
    )
    return redirect(step_url(batch))


def crumbs(*further: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Imports", reverse("imports:batch_list")), *further]


@dataclass(frozen=True)
class Step:
    """One step of the wizard. `url` leads there while it may be changed."""

    label: str
    state: str  # done, now or ahead
    url: str = ""


_STEPS = (
    ("upload", "Upload", ""),
    ("format", "Format", "imports:format"),
    ("mapping", "Columns", "imports:mapping"),
    ("preview", "Preview", "imports:preview"),
    ("run", "Import", ""),
)


def steps(batch: ImportBatch | None, current: str) -> list[Step]:
    at = [name for name, *_ in _STEPS].index(current)
    found = []
    for place, (_, label, page) in enumerate(_STEPS):
        state = "done" if place < at else "now" if place == at else "ahead"
        is_open = bool(page and batch is not None and batch.can_change and state == "done")
        found.append(Step(label, state, reverse(page, args=[batch.pk]) if is_open and batch else ""))
    return found


def page(batch: ImportBatch, step: str, title: str = "", **context: Any) -> dict[str, Any]:
    """Context of a step's page."""
    return {
        "title": title or batch.original_name,
        "subtitle": f"For {batch.system.name}",
        "crumbs": crumbs(),
        "current": "imports",
        "batch": batch,
        "steps": steps(batch, step),
        **context,
    }


def delimiter_name(dialect: Dialect) -> str:
    name = DELIMITER_NAMES.get(dialect.delimiter, f"“{dialect.delimiter}”").split()[0].lower()
    return f"cells separated by {name}"


def mapping_lines(batch: ImportBatch, mapping: ColumnMapping) -> list[tuple[str, str]]:
    """A mapping in words: what each target takes from this file."""
    present = set(receiving.dialect_of(batch).columns) if batch.dialect else set()
    found = []
    for target in importer_of(batch.system).targets(batch.system):
        names = [name for name in mapping.columns.get(target.name, []) if name in present]
        if names:
            found.append((target.label, ", then ".join(names)))
    for header, way in mapping.rules.get("polarity", {}).items():
        if header in present:
            found.append((f"“Yes” in {header}", "opted in" if way == "opt_in" else "opted out"))
    return found
