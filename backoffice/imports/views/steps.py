"""From the recognised file to the confirmation: format, columns, preview.

Every page can be left and found again by its address; a page whose batch has gone on leads to where it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import can, needs
from backoffice.files.unreadable import Unreadable
from backoffice.frame import render_in_admin
from backoffice.imports import check as checks
from backoffice.imports import mapping as mappings
from backoffice.imports import receive as receiving
from backoffice.imports import run as runs
from backoffice.imports.forms import FormatForm
from backoffice.imports.importer import MappingProblem, importer_of
from backoffice.imports.mapping_form import MappingForm
from backoffice.imports.views.page import (
    IMPORT,
    LOOK,
    MAP,
    MOVED,
    batch_or_404,
    delimiter_name,
    mapping_lines,
    moved_meanwhile,
    page,
    person,
)
from backoffice.imports.views.progress import parts, step_url, work_on
from backoffice.imports.views.rows import reasons_of, rows_shown
from backoffice.imports.views.upload import check_or_map
from backoffice.imports.void import NeedsSupervisor
from backoffice.models import ColumnMapping, ImportBatch

S = ImportBatch.Status
FIRST_ROWS = 8
SHOWN_COLUMNS = 30  # of the first rows; a wider file is told by its count

# --- Format -------------------------------------------------------------------------------------------------


@needs(LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def batch_format(request: HttpRequest, pk: int) -> HttpResponse:
    """What was recognised, with the first rows as they would be read; every guess can be changed."""
    batch = batch_or_404(pk)
    if not batch.can_change or not batch.dialect:
        return redirect("imports:batch", pk=pk)
    dialect = receiving.dialect_of(batch)
    may_change = can(request.user, IMPORT)
    form = FormatForm(dialect, request.POST if request.method == "POST" and may_change else None)
    refusal: Unreadable | None = None
    if form.is_bound and form.is_valid():
        try:
            return _apply_format(request, batch, form)
        except Unreadable as problem:
            refusal = problem
        except MOVED:
            return moved_meanwhile(request, batch)
    return render_in_admin(
        request,
        "backoffice/imports/format.html",
        page(
            batch,
            "format",
            form=form,
            refusal=refusal,
            dialect=dialect,
            may_change=may_change,
            seen=receiving.seen_before(batch),
            named_twice=[(place, dialect.columns[place - 1]) for place in dialect.duplicates],
            nameless=[(place, dialect.columns[place - 1]) for place in dialect.blanks],
            **_first_rows(batch),
        ),
        status=422 if form.is_bound else 200,
    )


def _apply_format(request: HttpRequest, batch: ImportBatch, form: FormatForm) -> HttpResponse:
    """Read the file as the form says. "Look" shows it again, "go" leads on. Raises Unreadable."""
    if form.other_sheet is not None:
        receiving.recognise_later(batch, by=person(request), sheet=form.other_sheet)
        return redirect("imports:batch", pk=batch.pk)
    wants_look = request.POST.get("action") == "look"
    # Said by a person, an encoding is no longer a guess, even if it stays the same.
    if wants_look or form.changes or not form.dialect.encoding_sure:
        receiving.recognise(batch, **form.overrides())
    if wants_look:
        return redirect("imports:format", pk=batch.pk)
    if batch.status == S.SNIFFED and mappings.fitting(batch, now=timezone.now()) is not None:
        return check_or_map(request, batch)
    return redirect("imports:mapping", pk=batch.pk)


def _first_rows(batch: ImportBatch) -> dict[str, Any]:
    """The first rows as they are read now, or why they cannot be: a fault among the rows that the next page
    looks at is said here already."""
    try:
        rows = receiving.sample(batch, mappings.GUESS_ROWS)[:FIRST_ROWS]
    except Unreadable as problem:
        return {"unreadable": problem}
    columns = receiving.dialect_of(batch).columns
    return {
        "columns": columns[:SHOWN_COLUMNS],
        "more_columns": max(0, len(columns) - SHOWN_COLUMNS),
        "first_rows": [(row.line, row.cells[: min(SHOWN_COLUMNS, len(columns))]) for row in rows],
    }


# --- Columns ------------------------------------------------------------------------------------------------


@needs(LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def batch_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Which column feeds what, and how its cells are read. Who may not keep mappings can look."""
    batch = batch_or_404(pk)
    if not batch.can_change or not batch.dialect:
        return redirect("imports:batch", pk=pk)
    try:
        rows = receiving.sample(batch, mappings.GUESS_ROWS)
    except Unreadable as problem:
        messages.error(request, str(problem))
        return redirect("imports:format", pk=pk)
    proposal, saved = mappings.proposal(batch, rows)
    may_map = can(request.user, IMPORT) and can(request.user, MAP)
    posted = request.method == "POST" and may_map
    form = MappingForm(
        importer_of(batch.system),
        batch.system,
        receiving.dialect_of(batch).columns,
        rows,
        proposal,
        now=timezone.now(),
        unread=_unread(batch),
        name=saved.name if saved else "standard",
        data=request.POST if posted else None,
        look=request.POST.get("action") == "look",
    )
    problem_words = form.tampering
    if posted and not problem_words and form.is_bound and form.is_valid():
        try:
            return _confirm_mapping(request, batch, form, saved)
        except MappingProblem as problem:
            problem_words = str(problem)
        except MOVED:
            return moved_meanwhile(request, batch)
    return render_in_admin(
        request,
        "backoffice/imports/mapping.html",
        page(
            batch,
            "mapping",
            form=form,
            saved=saved,
            notes=proposal.notes,
            problem=problem_words,
            asks_again=posted and form.is_stale and request.POST.get("action") != "look",
            may_map=may_map,
            rows_looked_at=len(rows),
        ),
        status=400 if form.tampering else 422 if form.is_bound else 200,
    )


def _confirm_mapping(
    request: HttpRequest, batch: ImportBatch, form: MappingForm, saved: ColumnMapping | None
) -> HttpResponse:
    """Save the mapping and check the file with it. Raises MappingProblem."""
    columns = form.chosen
    if saved is not None and saved.name == form.cleaned_data["name"]:
        # Another export of the system has other names for the same thing: they stay known.
        for target, names in mappings.kept_names(saved, form.headers).items():
            if names and (target in columns or target not in {one.name for one in form.targets}):
                columns[target] = [*columns[target], *names]
    mappings.save_mapping(
        batch,
        columns,
        form.rules(),
        by=person(request),
        now=timezone.now(),
        name=form.cleaned_data["name"],
    )
    checks.start(batch, by=person(request))
    return redirect("imports:preview", pk=batch.pk)


def _unread(batch: ImportBatch) -> list[str]:
    """Words that a check met and nobody explained: of this file, or of the one its held rows are from."""
    found = dict(batch.preview.get("unread", {}))
    if batch.mends is not None:
        found |= batch.mends.preview.get("unread", {})
    return list(found)


# --- Preview ------------------------------------------------------------------------------------------------


@needs(LOOK)
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What confirming would mean, in numbers and rows, before anything is written."""
    batch = batch_or_404(pk)
    if batch.status not in {S.CHECKING, S.PREVIEWED}:
        return redirect(
            step_url(batch) if batch.status != S.MAPPED else reverse("imports:mapping", args=[pk])
        )
    work = work_on(batch, timezone.now())
    if batch.status == S.CHECKING:
        return render_in_admin(
            request,
            "backoffice/imports/checking.html",
            page(batch, "preview", work=work, may_import=can(request.user, IMPORT)),
        )
    importer, dialect = importer_of(batch.system), receiving.dialect_of(batch)
    consequences = batch.preview.get("consequences", {})
    counts = batch.preview.get("counts", {})
    may_import = can(request.user, IMPORT)
    permits = importer.permits(consequences)
    return render_in_admin(
        request,
        "backoffice/imports/preview.html",
        page(
            batch,
            "preview",
            counts=counts,
            parts=[part for part in parts(counts) if part.rows],
            consequences=[(importer.words(code), rows) for code, rows in consequences.items() if rows],
            permits=permits,
            changes=counts.get("created", 0) + counts.get("updated", 0) + counts.get("duplicate", 0),
            skipped=[(importer.words(code), rows) for code, rows in batch.preview.get("skipped", {}).items()],
            unread=batch.preview.get("unread", {}),
            warnings=reasons_of(batch, "warning"),
            dialect=dialect,
            delimiter_name=delimiter_name(dialect),
            mapping_lines=mapping_lines(batch, batch.mapping) if batch.mapping else [],
            twin=runs.twin_of(batch),
            seen=receiving.seen_before(batch),
            may_import=may_import,
            may_confirm=may_import and runs.may_confirm(batch, person(request)),
            checked_at=work.run.finished_at if work.run else None,
            **rows_shown(request, batch),
        ),
    )


@require_POST
@needs(IMPORT)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Read every row once more, against what is known now."""
    batch = batch_or_404(pk)
    try:
        checks.start(batch, by=person(request))
    except MOVED:
        return moved_meanwhile(request, batch)
    return redirect("imports:preview", pk=pk)


@require_POST
@needs(IMPORT)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to exactly what the preview showed."""
    batch = batch_or_404(pk)
    try:
        runs.confirm(batch, request.POST.get("token", ""), by=person(request), now=timezone.now())
    except runs.NotWhatWasShown:
        messages.warning(
            request,
            "The file, its columns or the preview changed since the page was loaded. Nothing was written: "
            "look at "
            "what is shown now, then confirm.",
        )
        return redirect(step_url(batch))
    except runs.TakenInBefore as repeated:
        address = reverse("imports:batch", args=[repeated.batch.pk])
        messages.warning(
            request,
            format_html(
                'This file was taken in already, read the same way: <a href="{}">import {}</a>. Nothing was '
                "added.",
                address,
                repeated.batch.pk,
            ),
        )
        return redirect(step_url(batch))
    except NeedsSupervisor:
        messages.error(
            request,
            "This import brings proof of consent, which permits sending: a supervisor confirms it. Nothing "
            "was "
            "written.",
        )
        return redirect("imports:preview", pk=pk)
    except MOVED:
        return moved_meanwhile(request, batch)
    return redirect("imports:batch", pk=pk)
