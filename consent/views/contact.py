"""People and their numbers: found by a fragment, shown whole, printed as the report for a complaint."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from backoffice import rooms
from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.words import phone
from consent import correct, watch
from consent.correct import Refused, StopStands, Subject
from consent.forms import DecisionForm, NumberSearch
from consent.models import (
    AgreedStatus,
    Contact,
    Correction,
    Decision,
    Flag,
    Hold,
    Number,
    Program,
    SystemRecord,
    WriteBack,
)
from consent.numbers import digits_of
from consent.rules import Status
from consent.views.evidence import explained, people_of, sides, timeline
from consent.views.flag_review import outlook_context, tell

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One number of the list."""

    number: Number
    people: Sequence[Contact]
    agreed: Sequence[AgreedStatus]
    is_held: bool


@require_http_methods(["GET", "HEAD", "POST"])
@needs("consent.view_number")
def contact_list(request: HttpRequest) -> HttpResponse:
    """All numbers by GET; a search comes by POST, so that no personal data stands in an address or a log."""
    context: dict[str, Any] = {"title": "Contacts", "subtitle": "Every number we know, and who holds it."}
    if request.method == "POST":
        form = NumberSearch(request.POST)
        found = _found(form) if form.is_valid() else []
        more = len(found) > PAGE
        context |= {"lines": _lines(found[:PAGE]), "form": form, "searched": form.is_valid(), "more": more}
        if more:
            context["next"] = NumberSearch(
                initial={"text": form.cleaned_data["text"], "after": found[PAGE - 1].pk}
            )
    else:
        page = page_of(Number.objects.all(), request.GET, order=[Key("pk", descending=True)], size=PAGE)
        context |= {"lines": _lines(page.rows), "page": page, "form": NumberSearch()}
    return render_in_admin(request, "consent/contact_list.html", {**context, "current": "contacts"})


def _found(form: NumberSearch) -> list[Number]:
    text = form.cleaned_data["text"]
    numbers = (
        Number.objects.named(text)
        if any(sign.isalpha() for sign in text)
        else Number.objects.fragment(digits_of(text))
    )
    after = form.cleaned_data["after"] or 0
    return list(numbers.filter(pk__gt=after).order_by("pk")[: PAGE + 1])


def _lines(numbers: Sequence[Number]) -> list[Line]:
    ids = [number.pk for number in numbers]
    people = people_of(ids)
    agreed: dict[int, list[AgreedStatus]] = {}
    for row in (
        AgreedStatus.objects.filter(number__in=ids).select_related("program").order_by("program__name", "pk")
    ):
        agreed.setdefault(row.number_id, []).append(row)
    held = set(Hold.objects.open().filter(number__in=ids).values_list("number", flat=True))
    return [Line(n, people.get(n.pk, []), agreed.get(n.pk, []), n.pk in held) for n in numbers]


@require_GET
@needs("consent.view_number")
def contact(request: HttpRequest, number_pk: int) -> HttpResponse:
    """Everything about one number and who holds it."""
    number = get_object_or_404(Number, pk=number_pk)
    now = timezone.now()
    people = list(Contact.objects.filter(records__number=number).distinct().order_by("pk"))
    known = explained(number, now)
    statuses = {shown.program.pk: shown.agreed.status for shown in known}
    deciding = [evidence for shown in known for evidence in shown.agreed.decided_by]
    context = {
        "title": phone(number.e164),
        "subtitle": ", ".join(str(person) for person in people) or "Nobody we know by name",
        "crumbs": [("Contacts", reverse("consent:contact_list"))],
        "current": "contacts",
        "number": number,
        "people": people,
        "records": SystemRecord.objects.filter(number=number)
        .select_related("system", "contact", "previous_number")
        .order_by("system__name", "ref", "pk"),
        "other_numbers": Number.objects.filter(records__contact__in=people)
        .exclude(pk=number.pk)
        .distinct()
        .order_by("pk"),
        "explained": known,
        "sides": sides(number, [shown.program for shown in known], statuses),
        "timeline": timeline(number, deciding=deciding, limit=None),
        "flags": Flag.objects.filter(number=number)
        .select_related("program", "system", "assignee")
        .order_by("closed_at", "severity", "-pk"),
        "holds": Hold.objects.filter(number=number).select_related("program", "flag").order_by("-pk"),
        "corrections": Correction.objects.filter(number=number)
        .select_related("program", "reason", "decided_by", "second_by")
        .order_by("-pk"),
        "write_backs": WriteBack.objects.filter(number=number)
        .select_related("system", "program", "reading")
        .order_by("-pk"),
        "awaited": watch.awaited(number, now),
        "sections": rooms.about_number(number.pk, request.user),
        "generated_at": now,
        "may_review": can(request.user, "consent.review_flag"),
    }
    return render_in_admin(request, "consent/contact.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("consent.review_flag")
def contact_log(request: HttpRequest, number_pk: int) -> HttpResponse:
    """Log what a person said or signed, where no flag asks for it: a call, a letter, a paper form."""
    number = get_object_or_404(Number, pk=number_pk)
    assert isinstance(request.user, User)
    now = timezone.now()
    programs = list(Program.objects.filter(is_active=True).order_by("name", "pk"))
    asked = request.POST.get("program") or request.GET.get("program")
    program = next((program for program in programs if program.code == asked), _usual(number, programs))
    if program is None:
        return render_in_admin(
            request,
            "consent/contact_log.html",
            {"title": "Log what a person said", "number": number, "form": None},
        )
    sent = request.method == "POST"
    form = DecisionForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        by=request.user,
        program=program,
        voidable=correct.voidable(number),
        decision=request.GET.get("decision") or Decision.REVOKE.value,
    )
    refusal: Refused | None = None
    outlook = None
    if sent and form.is_valid():
        subject = Subject(number, program)
        try:
            if "preview" in request.POST:
                outlook = correct.outlook(subject, form.choice(), by=request.user, now=now)
            else:
                token = form.cleaned_data["token"] or uuid.uuid4().hex
                correction = correct.decide(
                    subject, form.choice(), by=request.user, token=token, seen=None, now=now
                )
                tell(request, correction)
                return redirect("consent:contact", number_pk=number.pk)
        except Refused as problem:
            refusal = problem
    context = {
        "title": "Log what a person said",
        "subtitle": phone(number.e164),
        "crumbs": [
            ("Contacts", reverse("consent:contact_list")),
            (phone(number.e164), reverse("consent:contact", args=[number.pk])),
        ],
        "current": "contacts",
        "number": number,
        "number_pk": number.pk,
        "program": program,
        "program_code": program.code,
        "programs": programs,
        "form": form,
        "refusal": refusal,
        "is_stop": isinstance(refusal, StopStands),
        "can_decide": True,
        "may_review": True,
        "stop_stands": correct.stop_stands(number, program),
        **outlook_context(outlook, form["decision"].value()),
    }
    return render_in_admin(request, "consent/contact_log.html", context, status=409 if refusal else 200)


def _usual(number: Number, programs: Sequence[Program]) -> Program | None:
    """The program the number has most to do with: where it is opted in, else any it is known in, else the first."""
    known = list(AgreedStatus.objects.filter(number=number).order_by("pk").values_list("program", "status"))
    wanted = [pk for pk, status in known if status == Status.OPTED_IN] + [pk for pk, _ in known]
    by_pk = {program.pk: program for program in programs}
    found = [by_pk[pk] for pk in wanted if pk in by_pk]
    return (found or list(programs) or [None])[0]  # type: ignore[list-item]


@require_GET
@needs("consent.view_number")
def contact_start(request: HttpRequest, number_pk: int, program: str) -> HttpResponse:
    """What to tell a person who said STOP and wants the messages back; made to be read out, sent or printed."""
    number = get_object_or_404(Number, pk=number_pk)
    wanted = get_object_or_404(Program.objects.prefetch_related("senders"), code=program)
    context = {
        "title": "How to get the messages back",
        "subtitle": f"{wanted.name} · {phone(number.e164)}",
        "crumbs": [(phone(number.e164), reverse("consent:contact", args=[number.pk]))],
        "current": "contacts",
        "number": number,
        "program": wanted,
        "senders": [phone(sender.address) for sender in wanted.senders.all()],
    }
    return render_in_admin(request, "consent/contact_start.html", context)
