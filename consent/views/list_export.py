"""The review queue, the corrections and the holds as files: the rows of the page, a person's name left out."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from backoffice.access import needs
from backoffice.list_export import Columns, exported
from consent.models import Correction
from consent.views import correction, flag_list, hold


def _staff(person: User | None) -> str:
    return (person.get_full_name() or person.get_username()) if person else ""


FLAG: Columns = {
    "flag": lambda flag: flag.pk,
    "severity": lambda flag: flag.severity,
    "code": lambda flag: flag.code,
    "what_is_wrong": lambda flag: flag.about.title,
    "why": lambda flag: flag.why,
    "number": lambda flag: flag.number.e164 if flag.number else "",
    "program": lambda flag: str(flag.program or ""),
    "system": lambda flag: str(flag.system or ""),
    "file": lambda flag: flag.batch.original_name if flag.batch else "",
    "due_at_utc": lambda flag: flag.due_at,
    "raised_at_utc": lambda flag: flag.raised_at,
    "status": lambda flag: flag.get_status_display(),
    "assignee": lambda flag: _staff(flag.assignee),
    "waits_for_second_person": lambda flag: flag.waits_for_second,
}
CORRECTION: Columns = {
    "correction": lambda row: row.pk,
    "decision": lambda row: row.get_decision_display(),
    "number": lambda row: row.number.e164 if row.number else "",
    "program": lambda row: str(row.program or ""),
    "reason": lambda row: row.reason.label,
    "words": lambda row: row.words,
    "status": lambda row: row.get_status_display(),
    "decided_by": lambda row: _staff(row.decided_by),
    "decided_at_utc": lambda row: row.decided_at,
    "second_by": lambda row: _staff(row.second_by),
    "second_at_utc": lambda row: row.second_at,
}
HOLD: Columns = {
    "number": lambda row: row.number.e164,
    "program": lambda row: row.program.name,
    "paused_since_utc": lambda row: row.placed_at,
    "flag": lambda row: row.flag_id,
    "severity": lambda row: row.flag.severity,
    "because_of": lambda row: row.flag.about.title,
    "system": lambda row: str(row.flag.system or ""),
    "status": lambda row: row.flag.get_status_display(),
    "assignee": lambda row: _staff(row.flag.assignee),
}


# What many rows share (programs, systems, staff) is fetched once and not once a row.


@require_GET
@needs("backoffice.export_list")
def flag_export(request: HttpRequest, ending: str) -> HttpResponse:
    assert isinstance(request.user, User)
    filterset, found = flag_list.narrow(request.GET, request.user, timezone.now())
    proposed = Correction.objects.filter(status=Correction.Status.PROPOSED, flags=OuterRef("pk"))
    flags = (
        found.annotate(waits_for_second=Exists(proposed))
        .select_related("number")
        .prefetch_related("program", "system", "batch", "assignee")
        .defer("evidence", "params")
    )
    return exported(
        request, ending, "consent:flag_list", (filterset, flags), order=flag_list.ORDER, columns=FLAG
    )


@require_GET
@needs("backoffice.export_list")
def correction_export(request: HttpRequest, ending: str) -> HttpResponse:
    assert isinstance(request.user, User)
    filterset, found = correction.narrow(request.GET, request.user, timezone.now())
    rows = found.select_related("number").prefetch_related("program", "reason", "decided_by", "second_by")
    return exported(
        request,
        ending,
        "consent:correction_list",
        (filterset, rows),
        order=correction.ORDER,
        columns=CORRECTION,
        beside=_written_back,
    )


def _written_back(rows: Sequence[Correction]) -> Columns:
    written = correction.write_backs_of([row.pk for row in rows])

    def words(row: Correction) -> str:
        return "; ".join(f"{count} × {label.lower()}" for label, count in written.get(row.pk, []))

    return {"written_back": words}


@require_GET
@needs("backoffice.export_list")
def hold_export(request: HttpRequest, ending: str) -> HttpResponse:
    assert isinstance(request.user, User)
    filterset, found = hold.narrow(request.GET, request.user, timezone.now())
    holds = found.select_related("number", "flag").prefetch_related(
        "program", "flag__system", "flag__assignee"
    )
    return exported(request, ending, "consent:hold_list", (filterset, holds), order=hold.ORDER, columns=HOLD)
