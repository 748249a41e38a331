"""A list of recipients against the text of the page: counts by verdict and reason, each list as a file. The list
travels in the page; nothing of it is stored here."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from backoffice.access import can, needs
from backoffice.files.export import csv_chunks
from backoffice.files.unreadable import Unreadable
from backoffice.frame import render_in_admin
from backoffice.models import AuditEntry
from errors.audience import (
    HEADER,
    Audience,
    Row,
    exported,
    from_text,
    judge,
    numbers_in,
    read_audience,
    to_text,
)
from errors.encoding import measure, money
from errors.message_form import MessageCheckForm
from errors.preflight import Verdict
from errors.recipients import branded, recipients
from errors.rulebook import day_of, in_force
from errors.views.message_check import page_of_check, programs_in

LISTS = (
    (Verdict.PASS, "may get it", "Nothing stands against it.", "ok"),
    (Verdict.WARN, "doubtful", "It would go out; something may be wrong.", "warn"),
    (Verdict.BLOCK, "must not get it", "It would fail, or must not be sent.", "bad"),
)


@never_cache
@sensitive_post_parameters()
@require_POST
@needs("errors.view_sendattempt")
def audience_check(request: HttpRequest) -> HttpResponse:
    form = MessageCheckForm(request.POST)
    context = page_of_check(request, form, timezone.now())
    try:
        rows = _rows(request)
    except Unreadable as problem:
        return render_in_admin(
            request, "errors/message_check.html", {**context, "audience_problem": str(problem)}
        )
    if form.is_valid():
        context |= _counts(request, form, rows)
    else:
        context["audience_problem"] = "Mend what is marked in the form, then choose the file again."
    return render_in_admin(request, "errors/message_check.html", context)


@never_cache
@sensitive_post_parameters()
@require_POST
@needs("errors.view_sendattempt")
def audience_export(request: HttpRequest) -> HttpResponse:
    """One list as a file, judged anew. Who took it out is on record, not what was in it."""
    form = MessageCheckForm(request.POST)
    try:
        rows = from_text(request.POST.get("rows", ""))
    except Unreadable as problem:
        return _refused(request, form, str(problem))
    if not form.is_valid() or not rows:
        return _refused(request, form, "Mend what is marked in the form, then choose the file again.")
    audience, _ = _judged(request, form, rows)
    listed = request.POST.get("list", "")[:60]
    taken = list(exported(audience, listed))
    AuditEntry.objects.create(
        actor=request.user if isinstance(request.user, User) else None,
        action="audience.export",
        object_type="number",
        details={"rows": len(taken), "list": listed},
    )
    answer = HttpResponse(b"".join(csv_chunks(HEADER, taken)), content_type="text/csv; charset=utf-8")
    name = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in listed)
    answer["Content-Disposition"] = f'attachment; filename="audience-{name}.csv"'
    return answer


def _refused(request: HttpRequest, form: MessageCheckForm, problem: str) -> HttpResponse:
    context = page_of_check(request, form, timezone.now())
    return render_in_admin(request, "errors/message_check.html", {**context, "audience_problem": problem})


def _rows(request: HttpRequest) -> list[Row]:
    """The rows of the chosen file, else of the list that is in the page already. Raises Unreadable."""
    upload = request.FILES.get("file")
    if isinstance(upload, UploadedFile):
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:  # gone when it was read
            for piece in upload.chunks():
                file.write(piece)
            file.flush()
            return read_audience(Path(file.name))
    rows = from_text(request.POST.get("rows", ""))
    if not rows:
        raise Unreadable("No file was chosen", "the form", "Choose a CSV file with a column “number”.")
    return rows


def _judged(request: HttpRequest, form: MessageCheckForm, rows: Sequence[Row]) -> tuple[Audience, int]:
    """The list with its verdicts, and how many of its numbers our records know."""
    now, programs = timezone.now(), programs_in(form)
    message = branded(form.message(), programs)
    numbers = numbers_in(rows, message)
    known = {}
    if can(request.user, "consent.view_number"):
        known = recipients({cell.e164 for cell in numbers.values() if cell.e164}, programs, now=now)
    rules = in_force(day_of(message.at, now))
    return judge(rows, numbers, message, known, rules, now), len(known)


def _counts(request: HttpRequest, form: MessageCheckForm, rows: Sequence[Row]) -> dict[str, Any]:
    audience, known = _judged(request, form, rows)
    segments = audience.may_go * measure(form.cleaned_data["body"]).segments
    return {
        "audience": audience,
        "rows": to_text(rows),
        "lists": [
            {"name": name, "label": label, "note": note, "tone": tone, "count": audience.verdicts[name]}
            for name, label, note, tone in LISTS
        ],
        "known": known,
        "looked_up": can(request.user, "consent.view_number"),
        "segments": segments,
        "cost": money(form.cleaned_data["price"], segments),
    }
