"""One batch: how far it is, what came of it, its rows and files, and the ways to stop, resume and void it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice import audit
from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.imports import mend
from backoffice.imports import receive as receiving
from backoffice.imports import run as runs
from backoffice.imports import void as voiding
from backoffice.imports.forms import VoidForm
from backoffice.imports.importer import importer_of
from backoffice.imports.views.page import (
    IMPORT,
    LOOK,
    MOVED,
    SUPERVISE,
    batch_or_404,
    crumbs,
    delimiter_name,
    mapping_lines,
    moved_meanwhile,
    page,
    person,
    steps,
)
from backoffice.imports.views.progress import Work, parts, step_url, work_on
from backoffice.imports.views.rows import reasons_of, rows_shown
from backoffice.models import AuditEntry, Bucket, ImportBatch

S = ImportBatch.Status
ON_ITS_WAY = {S.SNIFFED, S.MAPPED, S.CHECKING, S.PREVIEWED}
HISTORY = 50

_ACTS = {
    "import.upload": "uploaded the file",
    "import.confirm": "confirmed the import",
    "import.done": "the import ended",
    "import.cancel": "stopped the import",
    "import.resume": "let the import go on",
    "import.void": "voided the import",
    "import.take_again": "took the held rows in again",
    "import.download": "downloaded the uploaded file",
    "import.rows_out": "downloaded rows to mend",
    "import.tidy": "removed what is kept for a time only",
}


@needs(LOOK)
@require_safe
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """The batch as it stands. One that waits for a person leads to the step where it waits."""
    found = batch_or_404(pk)
    if found.status in ON_ITS_WAY and found.file:
        return redirect(step_url(found))
    work = work_on(found, timezone.now())
    step = "run" if found.confirmed_at else "format" if found.status == S.UPLOADED else "preview"
    context: dict[str, Any] = {
        **page(found, step, work=work, history=_history(found)),
        "mapping_lines": mapping_lines(found, found.mapping) if found.mapping else [],
        **_format(found),
        **_rights(request, found, work),
        **_result(found),
        **rows_shown(request, found),
    }
    context["steps"] = steps(found, step) if work.is_under_way else []
    return render_in_admin(request, "backoffice/imports/batch.html", context)


def _rights(request: HttpRequest, found: ImportBatch, work: Work) -> dict[str, bool]:
    may_import = can(request.user, IMPORT)
    ended_badly = found.status in {S.FAILED, S.CANCELLED}
    return {
        "may_import": may_import,
        "may_cancel": may_import and work.is_under_way and not work.is_stopping,
        "may_resume": may_import
        and found.confirmed_at is not None
        and bool(found.file)
        and (ended_badly or work.is_stranded),
        "may_check": may_import
        and found.confirmed_at is None
        and bool(found.file)
        and found.mapping_id is not None
        and (ended_badly or work.is_stranded),
        "may_see_void": may_import
        and found.confirmed_at is not None
        and found.status not in {*ImportBatch.WORKING, S.VOIDED},
        "may_download": can(request.user, SUPERVISE) and bool(found.file),
    }


def _result(found: ImportBatch) -> dict[str, Any]:
    """What the file became: the sum of its buckets, what was left behind, and the rows that wait."""
    if found.confirmed_at is None:
        return {}
    waiting = found.rows.waiting()
    rejected = waiting.filter(bucket=Bucket.REJECTED)
    held = waiting.filter(bucket=Bucket.HELD)
    importer = importer_of(found.system)
    return {
        "parts": parts(found.counts),
        "brought": importer.brought(found),
        "rejected": rejected.count(),
        "rejected_kept": rejected.exclude(cells=[]).count(),
        "rejected_reasons": reasons_of(found, Bucket.REJECTED),
        "held": held.count(),
        "held_kept": held.exclude(cells=[]).count(),
        "held_reasons": reasons_of(found, Bucket.HELD),
        "taken_over": found.rows.to_mend().exclude(settled_at=None).count(),
        "mended_by": list(found.mended_by.exclude(status=S.CANCELLED).order_by("pk")[:20]),
        "skipped": [
            (importer.words(code), rows) for code, rows in found.preview.get("skipped", {}).items() if rows
        ],
    }


def _format(found: ImportBatch) -> dict[str, Any]:
    if not found.dialect:
        return {}
    dialect = receiving.dialect_of(found)
    return {"dialect": dialect, "delimiter_name": delimiter_name(dialect)}


def _history(found: ImportBatch) -> list[tuple[AuditEntry, str]]:
    entries = AuditEntry.objects.filter(object_type="importbatch", object_id=str(found.pk))
    latest = entries.select_related("actor").order_by("-pk")[:HISTORY]
    return [(entry, _ACTS.get(entry.action, entry.action)) for entry in latest]


@needs(LOOK)
@require_safe
def batch_live(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, for a page that is open; when it has ended, the page loads once more."""
    found = batch_or_404(pk)
    work = work_on(found, timezone.now())
    shown = {"batch": found, "work": work, **_rights(request, found, work)}
    response = render(request, "backoffice/imports/_progress.html", shown)
    if not work.is_under_way or work.is_stranded:
        response["X-Live"] = "reload"
    return response


# --- Stop, go on, take again --------------------------------------------------------------------------------


@require_POST
@needs(IMPORT)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    found = batch_or_404(pk)
    was_confirmed = found.confirmed_at is not None
    try:
        voiding.cancel(found, by=person(request))
    except MOVED:
        return moved_meanwhile(request, found)
    messages.success(
        request,
        "The import was asked to stop. What it has committed stays; it can go on later, or be voided."
        if was_confirmed
        else "The import was stopped. Nothing of the file was written.",
    )
    return redirect("imports:batch", pk=pk)


@require_POST
@needs(IMPORT)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    found = batch_or_404(pk)
    try:
        runs.resume(found, by=person(request))
    except runs.TakenInBefore as repeated:
        address = reverse("imports:batch", args=[repeated.batch.pk])
        messages.warning(
            request,
            format_html(
                'The same file was taken in meanwhile: <a href="{}">import {}</a>.',
                address,
                repeated.batch.pk,
            ),
        )
    except MOVED:
        return moved_meanwhile(request, found)
    else:
        messages.success(request, f"The import goes on after row {found.rows_done:,}.")
    return redirect("imports:batch", pk=pk)


@require_POST
@needs(IMPORT)
def take_held(request: HttpRequest, pk: int) -> HttpResponse:
    """The held rows as an import of their own: its columns page asks what their words mean."""
    found = batch_or_404(pk)
    try:
        again = mend.take_again(found, by=person(request), now=timezone.now())
    except mend.NothingHeld as nothing:
        messages.warning(request, str(nothing))
        return redirect("imports:batch", pk=pk)
    return redirect("imports:mapping" if again.status == S.SNIFFED else "imports:batch", pk=again.pk)


# --- Files --------------------------------------------------------------------------------------------------


@needs(IMPORT)
@require_safe
def rows_file(request: HttpRequest, pk: int, bucket: str) -> Any:
    """Rejected or held rows with the file's own columns, to be mended and brought back."""
    found = batch_or_404(pk)
    if not found.dialect:
        raise Http404("Nothing was read of this file yet.")
    audit.record(person(request), "import.rows_out", found, bucket=bucket)
    pieces = (piece.encode() for piece in mend.rows_pieces(found, bucket))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    return _as_download(response, f"{_plain_name(found)}.{bucket}-{found.pk}.csv")


@needs(SUPERVISE)
@require_safe
def raw_file(request: HttpRequest, pk: int) -> Any:
    """The upload as it came. It holds personal data, so taking it out is on record."""
    found = batch_or_404(pk)
    if not found.file:
        raise Http404("The uploaded file was removed.")
    audit.record(person(request), "import.download", found)
    ending = str(found.file.name).rsplit(".", 1)[-1]
    response = FileResponse(found.file.open("rb"), content_type="application/octet-stream")
    return _as_download(response, f"{_plain_name(found)}.{ending}")


def _plain_name(found: ImportBatch) -> str:
    return slugify(found.original_name.rsplit(".", 1)[0])[:80] or "import"


def _as_download(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# --- Void ---------------------------------------------------------------------------------------------------


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """First what would follow, then the reason, then it is done."""
    found = batch_or_404(pk)
    if found.confirmed_at is None or found.status in {*ImportBatch.WORKING, S.VOIDED}:
        messages.warning(request, "Only an import that has ended can be voided.")
        return redirect("imports:batch", pk=pk)
    importer = importer_of(found.system)
    form = VoidForm(request.POST if request.method == "POST" else None)
    may_void = voiding.may_void(found, person(request))
    status = 200
    if form.is_bound and form.is_valid():
        try:
            voiding.void(found, by=person(request), reason=form.cleaned_data["reason"])
        except voiding.NeedsSupervisor:
            status = 403
        except MOVED:
            return moved_meanwhile(request, found)
        else:
            messages.success(
                request, "The import is voided. The numbers concerned are being worked out anew."
            )
            return redirect("imports:batch", pk=pk)
    elif form.is_bound:
        status = 422
    return render_in_admin(
        request,
        "backoffice/imports/void.html",
        {
            **page(found, "run", f"Void {found.original_name}"),
            "crumbs": crumbs((found.original_name, reverse("imports:batch", args=[pk]))),
            "form": form,
            "may_void": may_void,
            "learned": importer.learned_refusals(found),
            "brought": importer.brought(found)[:2],
            "taken_over": found.settled_rows.count(),
        },
        status=status,
    )
