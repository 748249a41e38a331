"""A new file: which system wrote it, when, and whether we know it already."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice.access import needs
from backoffice.files.unreadable import Unreadable
from backoffice.frame import render_in_admin
from backoffice.imports import check as checks
from backoffice.imports import mapping as mappings
from backoffice.imports import receive as receiving
from backoffice.imports.forms import UploadForm
from backoffice.imports.views.page import (
    IMPORT,
    MOVED,
    batch_or_404,
    crumbs,
    moved_meanwhile,
    page,
    person,
    steps,
)
from backoffice.imports.views.progress import step_url
from backoffice.models import ImportBatch
from backoffice.overview import freshness

S = ImportBatch.Status
UPLOADS_PER_MINUTE = 30  # of one person


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Choose the system, give the file, say when it was written."""
    now = timezone.now()
    by = person(request)
    form = UploadForm(
        request.POST or None, request.FILES or None, initial={"system": request.GET.get("system")}
    )
    refusal: Unreadable | None = None
    if request.method == "POST" and form.is_valid():
        if receiving.uploads_since(by, now - timedelta(minutes=1)) >= UPLOADS_PER_MINUTE:
            form.add_error(
                None, f"You uploaded {UPLOADS_PER_MINUTE} files within a minute. Wait a little, then go on."
            )
        else:
            given = form.cleaned_data
            try:
                batch = receiving.receive(
                    given["system"],
                    given["file"],
                    given["file"].name,
                    by=by,
                    as_of=given["as_of"],
                    now=now,
                    wait=False,
                )
            except Unreadable as problem:
                refusal = problem
            else:
                return _after(request, batch)
    return render_in_admin(
        request,
        "backoffice/imports/upload.html",
        {
            "title": "Import a file",
            "subtitle": "Nothing is written before you have seen what would follow, and confirmed it.",
            "crumbs": crumbs(),
            "current": "imports",
            "steps": steps(None, "upload"),
            "form": form,
            "refusal": refusal,
            "systems": [one for one in freshness(now) if one.system.importer in settings.IMPORTERS],
            "chosen_system": str(form["system"].value() or ""),
        },
        status=422 if request.method == "POST" else 200,
    )


def _after(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """A known file is asked about; what a saved mapping reads without a question is checked at once; anything
    else begins with its format."""
    if batch.status != S.SNIFFED:
        return redirect(step_url(batch))
    if receiving.seen_before(batch) or receiving.waiting_twin(batch):
        return redirect("imports:known", pk=batch.pk)
    if not asks_about_format(batch):
        return check_or_map(request, batch)
    return redirect("imports:format", pk=batch.pk)


def asks_about_format(batch: ImportBatch) -> bool:
    """Whether the format is a guess that a person should see before anything rests on it."""
    dialect = receiving.dialect_of(batch)
    return not dialect.encoding_sure or len(dialect.sheets) > 1 or not dialect.header_line


def check_or_map(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Check at once with the mapping that fits; without one, the format is shown, then the columns."""
    try:
        saved = mappings.fitting(batch, now=timezone.now())
    except Unreadable:
        saved = None
    if saved is None:
        return redirect("imports:format", pk=batch.pk)
    mappings.use_mapping(batch, saved)
    checks.start(batch, by=person(request))
    return redirect("imports:preview", pk=batch.pk)


@needs(IMPORT)
@require_safe
def known(request: HttpRequest, pk: int) -> HttpResponse:
    """These very bytes are here already: open that import, only check, go on, or let it be."""
    batch = batch_or_404(pk)
    earlier, twin = receiving.seen_before(batch), receiving.waiting_twin(batch)
    if batch.status != S.SNIFFED or not (earlier or twin):
        return redirect(step_url(batch))
    return render_in_admin(
        request, "backoffice/imports/known.html", page(batch, "upload", earlier=earlier, twin=twin)
    )


@require_POST
@needs(IMPORT)
def check_only(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file as the earlier import of the same bytes did. It says what would be different today; it
    cannot be confirmed a second time."""
    batch = batch_or_404(pk)
    earlier = receiving.seen_before(batch)
    if earlier is None or earlier.mapping is None:
        return redirect(step_url(batch))
    try:
        if not batch.rows_file:
            batch.move(S.SNIFFED, dialect=earlier.dialect)
        mappings.use_mapping(batch, earlier.mapping)
        checks.start(batch, by=person(request))
    except MOVED:
        return moved_meanwhile(request, batch)
    return redirect("imports:preview", pk=pk)
