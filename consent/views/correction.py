"""Documented decisions: the list, one in full, the second person's answer, taking back, the proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import audit
from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.models import AuditEntry
from backoffice.saved_views import keeps_views
from consent import correct, watch
from consent.correct import CHANNELS, Refused, StopStands, Subject
from consent.filters import CorrectionFilter
from consent.models import Correction, Decision, StaleFlag, Wording, WriteBack
from consent.views.evidence import explained, people_of, sides, timeline
from consent.views.flag_review import outlook_context
from consent.views.queue import Queue

S = Correction.Status
FULL = Correction.objects.select_related(
    "number", "program", "reason", "decided_by", "second_by", "record", "record__system"
)
ORDER = [Key("pk", descending=True)]
TABS = {"all": "All", "second": "Waiting for a second person", "mine": "Decided by me"}


def _tab(query: QueryDict) -> str:
    tab = query.get("tab", "all")
    return tab if tab in TABS else "all"


def _by_tab(found: QuerySet[Correction], user: User) -> dict[str, QuerySet[Correction]]:
    return {
        "all": found,
        "second": found.filter(status=S.PROPOSED),
        "mine": found.filter(decided_by=user),
    }


def narrow(query: QueryDict, user: User, now: datetime) -> tuple[CorrectionFilter, QuerySet[Correction]]:
    narrowed = CorrectionFilter(query, queryset=Correction.objects.all())
    return narrowed, _by_tab(narrowed.qs, user)[_tab(query)]


@require_GET
@needs("consent.view_correction")
@keeps_views("Corrections", narrow, tabs=TABS)
def correction_list(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    tab = _tab(request.GET)
    narrowed, of_tab = narrow(request.GET, request.user, timezone.now())
    views = _by_tab(narrowed.qs, request.user)
    listed = of_tab.select_related("number", "program", "reason", "decided_by", "second_by")
    page = page_of(listed, request.GET, order=ORDER)
    people = people_of(row.number_id for row in page.rows if row.number_id)
    written = write_backs_of([row.pk for row in page.rows])
    context = {
        "title": "Corrections",
        "subtitle": "Every decision with its reason, its author and what became of it.",
        "current": "corrections",
        "filter": narrowed,
        "page": page,
        "rows": [
            {
                "correction": row,
                "people": people.get(row.number_id or 0, []),
                "written": written.get(row.pk, []),
            }
            for row in page.rows
        ],
        "tabs": [
            {
                "name": name,
                "label": label,
                "count": views[name].order_by()[:1001].count(),
                "is_current": name == tab,
            }
            for name, label in TABS.items()
        ],
        "may_approve": can(request.user, "consent.approve_correction"),
    }
    return render_in_admin(request, "consent/correction_list.html", context)


def write_backs_of(corrections: list[int]) -> dict[int, list[tuple[str, int]]]:
    """Per correction: how many of its write-backs are where."""
    counts: dict[int, dict[str, int]] = {}
    rows = WriteBack.objects.filter(correction__any_of=corrections)
    for pk, status in rows.values_list("correction", "status"):
        of = counts.setdefault(pk, {})
        label = str(WriteBack.Status(status).label)
        of[label] = of.get(label, 0) + 1
    return {pk: sorted(of.items()) for pk, of in counts.items()}


@require_GET
@needs("consent.view_correction")
def correction(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(FULL, pk=pk))


def _page(
    request: HttpRequest,
    row: Correction,
    *,
    refusal: Refused | None = None,
    stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    assert isinstance(request.user, User)
    now = timezone.now()
    proposed = row.status == S.PROPOSED
    context: dict[str, Any] = {
        "title": row.get_decision_display(),
        "subtitle": None if row.number else "About a whole file",
        "current": "corrections",
        "crumbs": [("Corrections", reverse("consent:correction_list"))],
        "correction": row,
        "details": _details(row),
        "write_backs": row.write_backs.select_related("system", "number", "program", "reading").order_by(
            "pk"
        ),
        "flags": row.flags.select_related("program", "system", "number").order_by("pk"),
        "audit": AuditEntry.objects.filter(object_type="correction", object_id=str(row.pk))
        .select_related("actor")
        .order_by("pk"),
        "mark": correct.mark_of(row),
        "refusal": refusal,
        "is_stop": isinstance(refusal, StopStands),
        "stale": stale,
        "typed": request.POST.get("words", ""),
        "can_undo": can(request.user, "consent.review_flag") and correct.can_undo(row, request.user),
        "may_answer": proposed
        and row.decided_by_id != request.user.pk
        and can(request.user, "consent.approve_correction"),
        "is_author": proposed and row.decided_by_id == request.user.pk,
        "waits_for_others": proposed
        and row.decided_by_id != request.user.pk
        and not can(request.user, "consent.approve_correction"),
    }
    if row.number and row.program:
        shown = explained(row.number, now, row.program)[0]
        context |= {
            "awaited": [
                one
                for one in watch.awaited(row.number, now)
                if one.write_back and one.write_back.correction_id == row.pk
            ],
            "explained": shown,
            "people": people_of([row.number.pk]).get(row.number.pk, []),
        }
    if proposed and row.number and row.program:
        subject = Subject(row.number, row.program, row.flags.order_by("pk").first())
        outlook = correct.outlook(subject, correct.choice_of(row), by=request.user, now=now)
        context |= outlook_context(outlook, row.decision)
        context |= {"number": row.number, "program_pk": row.program_id}
        context["timeline"] = timeline(row.number, row.program, deciding=shown.agreed.decided_by)
        context["sides"] = sides(row.number, [row.program], {row.program.pk: shown.agreed.status})
    return render_in_admin(request, "consent/correction.html", context, status=status)


def _details(row: Correction) -> list[tuple[str, str]]:
    """What the decision is about, in words."""
    given = row.details
    said: list[tuple[str, str]] = []
    if row.decision in {Decision.REVOKE, Decision.PROOF}:
        stated = f"{given['time_text']} ({given['zone']})" if given.get("time_text") else "time unknown"
        said.append(("Said or signed", stated))
    if row.decision == Decision.REVOKE:
        said += [
            ("Channel", CHANNELS.get(given.get("channel", ""), "Another way")),
            ("Reference", given.get("reference") or "none"),
            ("In their words", given.get("said") or "not written down"),
            ("Programs", "all" if given.get("for_all_programs") else "this one only"),
            ("Numbers", "all numbers of the person" if given.get("for_whole_person") else "this one only"),
        ]
    if given.get("wording"):
        wording = Wording.objects.filter(pk=given["wording"]).first()
        said.append(("Text agreed to", f"{wording.code}: {wording.text}" if wording else "no longer on file"))
    if given.get("voids"):
        said.append(("Voids", f"#{given['voids']}"))
    if given.get("until"):
        said.append(("Until", given["until"][:10]))
    if given.get("to"):
        person = User.objects.filter(pk=given["to"]).first()
        said.append(
            ("Handed to", (person.get_full_name() or person.username) if person else "somebody who left")
        )
    return said


# --- The second person, and taking back ------------------------------------------------------------------


@require_POST
@needs("consent.approve_correction")
def correction_approve(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(FULL, pk=pk)
    assert isinstance(request.user, User)
    try:
        correct.approve(
            row.pk,
            by=request.user,
            words=request.POST.get("words", ""),
            mark=request.POST.get("mark", ""),
            now=timezone.now(),
        )
    except StaleFlag:
        return _page(request, FULL.get(pk=pk), stale=True, status=409)
    except Refused as refusal:
        return _page(request, FULL.get(pk=pk), refusal=refusal, status=409)
    messages.success(request, "Approved and applied.")
    return redirect("consent:correction", pk=pk)


@require_POST
@needs("consent.review_flag")
def correction_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person does not agree, or the author takes the proposal back."""
    row = get_object_or_404(FULL, pk=pk)
    assert isinstance(request.user, User)
    try:
        correct.refuse(row.pk, by=request.user, words=request.POST.get("words", ""), now=timezone.now())
    except Refused as refusal:
        return _page(request, FULL.get(pk=pk), refusal=refusal, status=409)
    messages.success(request, "The proposal is off; the flag waits for a decision again.")
    return redirect("consent:correction", pk=pk)


@require_POST
@needs("consent.review_flag")
def correction_undo(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(FULL, pk=pk)
    queue = Queue.kept(request, timezone.now())
    try:
        correct.undo(row.pk, by=queue.user, now=queue.now)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("consent:correction", pk=pk)
    messages.success(request, "Undone: nothing was written anywhere, and the flag is open again.")
    flag = row.flags.order_by("pk").first()
    return (
        redirect(queue.url_of(flag))
        if flag and "queue" in request.POST
        else redirect("consent:correction", pk=pk)
    )


@require_GET
@needs("consent.review_flag")
def correction_proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The filed proof, as a download; looking at it is on record."""
    row = get_object_or_404(Correction, pk=pk)
    if not row.proof or not row.proof.name:
        raise Http404("No file was attached.")
    audit.record(request.user, "correction.proof", row)
    ending = row.proof.name.rsplit(".", 1)[-1]
    return FileResponse(  # type: ignore[return-value]  # a response that is streamed, as Django's views may give
        row.proof.open("rb"),
        as_attachment=True,
        filename=f"proof-{row.pk}.{ending}",
        content_type="application/octet-stream",
    )
