"""A list as a file: the rows that its page shows, in the page's order, as CSV or as a workbook."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import django_filters
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify

from backoffice.access import can
from backoffice.exchange import FORMATS, longest_export, too_long
from backoffice.files.export import Cell, csv_chunks, write_xlsx
from backoffice.keyset import Key
from backoffice.models import AuditEntry
from backoffice.patience import TookTooLong, at_most
from backoffice.saved_views import list_of

EXPORT_PATIENCE = 60.0  # seconds for the question to the database
TYPES = {form().get_extension(): form().get_content_type() for form in FORMATS}

# The header of a file in its order, and what of a row stands under each of its words. Times leave in UTC.
Columns = Mapping[str, Callable[[Any], Cell]]
# Columns whose cells are asked for by the rows at hand, once for all of them.
Beside = Callable[[Sequence[Any]], Columns]


def exported(
    request: HttpRequest,
    ending: str,
    name: str,
    narrowed: tuple[django_filters.FilterSet, QuerySet[Any]],
    *,
    order: Sequence[Key],
    columns: Columns,
    beside: Beside | None = None,
) -> HttpResponse:
    """The list at the address `name` as a file. `narrowed` is what the list itself shows, so that both hold the same
    rows; what `beside` asks is part of the question to the database. Who took it out is on record. A list too long for
    the person is not cut: its page says how to narrow it.

    Raises Http404 for an ending other than csv and xlsx."""
    if ending not in TYPES:
        raise Http404(f"There is no export as {ending}.")
    filterset, found = narrowed
    listed = list_of(name)
    assert listed is not None
    if not can(request.user, listed.right):
        raise PermissionDenied(listed.right)
    most = longest_export(request.user)
    try:
        with at_most(EXPORT_PATIENCE):
            ordered = found.order_by(*(key.order(backwards=False) for key in order))
            rows = list(ordered[: most + 1])
            if len(rows) > most:
                return _refused(request, listed.url, too_long(request.user))
            if beside:
                columns = {**columns, **beside(rows)}
    except TookTooLong:
        return _refused(request, listed.url, "That took too long. Narrow the list, then export it.")
    content = _written(ending, list(columns), (_cells(row, columns) for row in rows), title=listed.label)
    AuditEntry.objects.create(
        actor=request.user if isinstance(request.user, User) else None,
        action="list.export",
        object_type=found.model._meta.model_name or "",
        details={
            "rows": len(rows),
            "filters": sorted(listed.asked(filterset, request.GET)),
            "format": ending,
        },
    )
    answer = HttpResponse(content, content_type=TYPES[ending])
    answer["Content-Disposition"] = f'attachment; filename="{slugify(listed.label)}.{ending}"'
    return answer


def _refused(request: HttpRequest, url: str, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect(f"{url}?{request.GET.urlencode()}")


def _cells(row: Any, columns: Columns) -> list[Cell]:
    cells = [cell(row) for cell in columns.values()]
    return [cell.astimezone(UTC) if isinstance(cell, datetime) else cell for cell in cells]


def _written(ending: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str) -> bytes:
    if ending == "csv":
        return b"".join(csv_chunks(header, rows))
    file = io.BytesIO()
    write_xlsx(file, header, rows, title=title)
    return file.getvalue()
