"""Every file ever brought."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
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
from backoffice.saved_views import keeps_views


def _narrowed(query: QueryDict, user: User, now: datetime) -> tuple[BatchFilter, QuerySet[ImportBatch]]:
    chosen = BatchFilter(query, queryset=ImportBatch.objects.all())
    return chosen, chosen.qs


@needs(LOOK)
@require_safe
@keeps_views("Imports", _narrowed)
def batch_list(request: HttpRequest) -> HttpResponse:
    """Newest first. Asked for by a script it is the table alone, for a page that is already open."""
    assert isinstance(request.user, User)
    now = timezone.now()
    chosen, found = _narrowed(request.GET, request.user, now)
    batches = found.select_related("system", "uploaded_by", "mends").defer("dialect")
    page = page_of(batches, request.GET, order=[Key("pk", descending=True)], size=50)
    works = works_on(page.rows, now)
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
