"""Corrections on their way: what waits for which system, the files that were handed over, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import audit
from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import CappedCount, Key, capped_count, page_of
from backoffice.models import System
from backoffice.words import of_code
from consent import propagate, retry
from consent.by_hand import Instruction, for_people, instructions
from consent.corrections_file import corrections_file, header_of
from consent.models import HoldPush, Program, WriteBack
from consent.views.connection import service_of

W = WriteBack.Status
SHOWN = [W.PENDING, W.SENT, W.ACCEPTED, W.VERIFIED, W.REVERTED, W.PARKED]
FILED = (System.Delivery.CSV, System.Delivery.DROP)
WATCHED = "watched"  # read back, and the watch over it goes on
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@require_GET
@needs("consent.view_writeback")
def write_back_list(request: HttpRequest) -> HttpResponse:
    """Every system, how much waits for it, and what became of what it was given."""
    own = WriteBack.objects.filter(system=OuterRef("pk"))
    waiting = own.filter(status=W.PENDING).order_by("not_before").values("not_before")
    systems = (
        System.objects.select_related("connection")
        .annotate(
            **{f"count_{status}": CappedCount(own.filter(status=status)) for status in SHOWN},
            oldest=Subquery(waiting[:1]),
        )
        .order_by("name", "pk")
    )
    context = {
        "title": "Write-backs",
        "subtitle": "Corrections that wait for a system, were handed over, and whether they stayed.",
        "current": "corrections",
        "crumbs": [("Corrections", reverse("consent:correction_list"))],
        "columns": [status.label for status in SHOWN],
        "rows": [
            {
                "system": system,
                "counts": [(status.label, getattr(system, f"count_{status.value}")) for status in SHOWN],
                "service": service_of(system, timezone.now()),
            }
            for system in systems
            if hasattr(system, "connection") or any(getattr(system, f"count_{status}") for status in SHOWN)
        ],
    }
    return render_in_admin(request, "consent/write_back_list.html", context)


@require_GET
@needs("consent.view_writeback")
def write_backs(request: HttpRequest, slug: str) -> HttpResponse:
    """One system: the file to download, the files of the past, every correction."""
    system = get_object_or_404(System, slug=slug)
    now = timezone.now()
    status = request.GET.get("status", "")
    listed = WriteBack.objects.filter(system=system).select_related(
        "number", "program", "correction", "reading"
    )
    if status in W.values:
        listed = listed.filter(status=status)
    elif status == WATCHED:
        listed = listed.live().filter(status__in=[W.VERIFIED, W.REVERTED])
    page = page_of(listed, request.GET, order=[Key("pk", descending=True)])
    context: dict[str, Any] = {
        "title": f"Corrections for {system.name}",
        "current": "corrections",
        "crumbs": [
            ("Corrections", reverse("consent:correction_list")),
            ("Write-backs", reverse("consent:write_back_list")),
        ],
        "system": system,
        "page": page,
        "status": status,
        "statuses": _counts(system),
        "ready": _ready(system, now),
        "files": [
            {"file": file, "url": _file_url(system, file.program, file.sent_at)}
            for file in propagate.handed_over(system)
        ],
        "fresh": request.GET.get("file", ""),
        "rows": _rows(system, page.rows, now),
        "by_hand": system.delivery == System.Delivery.BY_HAND,
        "is_http": system.delivery == System.Delivery.HTTP,
        "is_dropped": system.delivery == System.Delivery.DROP,
        "takes_files": system.delivery in FILED,
        "service": service_of(system, now),
        "parked": WriteBack.objects.filter(system=system, status=W.PARKED).exists(),
        "hold_pushes": _hold_pushes(system),
        "may_review": can(request.user, "consent.review_flag"),
        "may_lead": can(request.user, "backoffice.control_jobrun"),
        "may_configure": can(request.user, "consent.change_connection"),
    }
    return render_in_admin(request, "consent/write_backs.html", context)


def _rows(system: System, rows: list[WriteBack], now: datetime) -> list[dict[str, Any]]:
    """Each with what a person has to do, where only a person can."""
    for row in rows:
        row.system = system
    told = _to_do(rows, now)
    return [{"row": row, "to_do": told.get(row.pk)} for row in rows]


def _to_do(rows: list[WriteBack], now: datetime) -> dict[int, Instruction]:
    shown = WriteBack.objects.filter(pk__in=[row.pk for row in rows])
    of_people = set(for_people(shown, now).values_list("pk", flat=True))
    return instructions([row for row in rows if row.pk in of_people])


def _hold_pushes(system: System) -> list[dict[str, Any]]:
    words = {True: "held", False: "released"}
    kinds = [(status, is_held) for status in HoldPush.Status for is_held in words]
    lists = [HoldPush.objects.filter(status=status, is_held=is_held) for status, is_held in kinds]
    return [
        {"label": status.label, "what": words[is_held], "count": count}
        for (status, is_held), count in zip(kinds, _counted(system, lists), strict=True)
        if count
    ]


def _counts(system: System) -> list[dict[str, Any]]:
    counted = _counted(system, [WriteBack.objects.filter(status=status) for status in W])
    return [
        {"value": status.value, "label": status.label, "count": count}
        for status, count in zip(W, counted, strict=True)
        if count
    ]


def _counted(system: System, lists: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows of each list are the system's, in one question; capped."""
    counts = [CappedCount(rows.filter(system=OuterRef("pk"))) for rows in lists]
    return list(System.objects.values_list(*counts).get(pk=system.pk))


def _ready(system: System, now: datetime) -> list[dict[str, Any]]:
    """Per program: what the next file would hold, and what still has to wait."""
    pending = WriteBack.objects.filter(system=system, status=W.PENDING)
    programs = Program.objects.filter(pk__in=pending.values("program")).order_by("name", "pk")
    found = []
    for program in programs:
        leaving = capped_count(propagate.may_leave(system, program, now))
        waiting = capped_count(propagate.must_wait(system, program, now))
        columns = ", ".join(header_of(system, program))
        found.append({"program": program, "leaving": leaving, "waiting": waiting, "columns": columns})
    return found


@require_POST
@needs("consent.review_flag")
def write_backs_hand_over(request: HttpRequest, slug: str) -> HttpResponse:
    """Mark what waits as handed over and offer it as a file."""
    system = get_object_or_404(System, slug=slug)
    program = get_object_or_404(Program, code=request.POST.get("program", ""))
    assert isinstance(request.user, User)
    back = reverse("consent:write_backs", args=[system.slug])
    try:
        sent_at = propagate.hand_over(system, program, by=request.user, now=timezone.now())
    except propagate.NothingToHandOver:
        messages.info(request, f"Nothing waits for {system.name} any more; somebody may have been faster.")
        return redirect(back)
    messages.success(
        request, f"The file for {system.name} is ready. Load it there before the next import from it."
    )
    return redirect(f"{back}?file={_file_url(system, program, sent_at).rsplit('/', 1)[-1]}")


def _file_url(system: System, program: Program, sent_at: datetime) -> str:
    return reverse("consent:write_backs_file", args=[system.slug, program.code, _micros(sent_at)])


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@require_GET
@needs("consent.review_flag")
def write_backs_file(request: HttpRequest, slug: str, program: str, moment: int) -> HttpResponse:
    """The file of one hand-over, as often as it is needed; each time is on record."""
    system = get_object_or_404(System, slug=slug)
    wanted = get_object_or_404(Program, code=program)
    try:
        sheet = corrections_file(system, wanted, EPOCH + timedelta(microseconds=moment))
    except OverflowError as problem:
        raise Http404("No such file.") from problem
    if not sheet.rows:
        raise Http404("No such file.")
    audit.record(request.user, "write_back.download", system, program=wanted.code, rows=len(sheet.rows))
    response = HttpResponse(sheet.as_csv(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{sheet.name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs("consent.review_flag")
def write_back_by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """A person changed the value in the system itself."""
    row = get_object_or_404(WriteBack.objects.select_related("system"), pk=pk)
    assert isinstance(request.user, User)
    done = row.status in {W.PENDING, W.PARKED, W.SUPERSEDED} and propagate.done_by_hand(
        row, by=request.user, now=timezone.now()
    )
    if done and propagate.overtaken(WriteBack.objects.filter(pk=row.pk)).exists():
        messages.warning(
            request, f"Noted, but it is no longer what is agreed: change it back in {row.system.name}."
        )
    elif done:
        messages.success(request, f"Noted. The next file from {row.system.name} shows whether it is so.")
    else:
        messages.warning(request, f"It is “{of_code(row.get_status_display())}” already.")
    return redirect(reverse("consent:write_backs", args=[row.system.slug]))


@require_GET
@needs("consent.view_writeback")
def write_back(request: HttpRequest, pk: int) -> HttpResponse:
    """One correction on its way to one system: everything that was sent and answered."""
    row = get_object_or_404(
        WriteBack.objects.select_related("system", "number", "program", "correction", "reading"), pk=pk
    )
    to_do = _to_do([row], timezone.now()).get(row.pk)
    context = {
        "title": f"{row.system.name}: {row.get_status_display().lower()}",
        "current": "corrections",
        "crumbs": [
            ("Corrections", reverse("consent:correction_list")),
            ("Write-backs", reverse("consent:write_back_list")),
            (row.system.name, reverse("consent:write_backs", args=[row.system.slug])),
        ],
        "row": row,
        "to_do": to_do,
        "events": list(row.events.select_related("by").order_by("-pk")[:200]),
        "may_review": can(request.user, "consent.review_flag"),
        "is_parked": row.status == W.PARKED,
    }
    return render_in_admin(request, "consent/write_back.html", context)


@require_POST
@needs("consent.review_flag")
def write_back_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one again that waits for a person."""
    row = get_object_or_404(WriteBack.objects.select_related("system"), pk=pk)
    assert isinstance(request.user, User)
    if retry.retry(row.system, by=request.user, now=timezone.now(), only=row.pk):
        messages.success(request, f"It leaves for {row.system.name} again, if it still holds.")
    else:
        messages.warning(request, f"It is “{of_code(row.get_status_display())}” already.")
    return redirect(reverse("consent:write_back", args=[row.pk]))


@require_POST
@needs("backoffice.control_jobrun")
def write_backs_retry(request: HttpRequest, slug: str) -> HttpResponse:
    """Send everything again that waits for a person at one system."""
    system = get_object_or_404(System, slug=slug)
    assert isinstance(request.user, User)
    sent = retry.retry(system, by=request.user, now=timezone.now())
    messages.success(request, f"{sent:,} leave for {system.name} again, where they still hold.")
    return redirect(reverse("consent:write_backs", args=[system.slug]))
