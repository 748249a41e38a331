"""Every file ever brought."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.imports.filters import BatchFilter
from backoffice.imports.views.page import IMPORT, LOOK
from backoffice.imports.views.progress import works_on
from backoffice.keyset import Key, page_of
from backoffice.models import ImportBatch


@needs(LOOK)
@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    """Newest first. Asked for by a script it is the table alone, for a page that is already open."""
    batches = ImportBatch.objects.select_related("system", "uploaded_by", "mends").defer("dialect")
    chosen = BatchFilter(request.GET, queryset=batches)
    page = page_of(chosen.qs, request.GET, order=[Key("pk", descending=True)], size=50)
    works = works_on(page.rows, timezone.now())
    is_moving = any(work.is_under_way for work in works)
    shown = {
        "works": works,
        "page": page,
        "is_moving": is_moving,
        "is_new": not works and not ImportBatch.objects.exists(),
        "may_import": can(request.user, IMPORT),
    }
    if request.headers.get("X-Requested-With") == "fetch":
        response = render(request, "backoffice/imports/_batches.html", shown)
        if not is_moving:
            response["X-Live"] = "done"
        return response
    return render_in_admin(
        request,
        "backoffice/imports/batch_list.html",
        {
            "title": "Imports",
            "subtitle": "Files that systems wrote, taken in row by row. Each can be checked, resumed and voided.",
            "filter": chosen,
            **shown,
        },
    )
