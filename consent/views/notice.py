"""Texts that ask again or confirm: the stored ones, drafts for people, and why somebody gets none. Nothing is sent."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice import audit, rooms
from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.words import phone
from consent import drafts, notices, wording
from consent.models import AgreedStatus, Notice, Number, Program
from consent.notices import Refusal, Situation
from consent.rules import Reason, Status

PROGRAMS = Program.objects.filter(is_active=True).prefetch_related("senders").order_by("name", "pk")


class DraftForm(forms.Form):
    """For whom drafts are written."""

    program = forms.ModelChoiceField(PROGRAMS, empty_label=None)
    situation = forms.ChoiceField(choices=[(each.value, each.label) for each in drafts.IN_BULK])
    language = forms.ChoiceField(choices=list(notices.LANGUAGES.items()))
    region = forms.RegexField(
        r"(?i)^[a-z]{2}$",
        required=False,
        label="Country",
        help_text="Two letters, e.g. US. Empty: every country.",
        widget=forms.TextInput(attrs={"size": 3, "maxlength": 2}),
    )


class TextForm(forms.Form):
    """The text of one situation in one language, for one program or for all that have none of their own."""

    situation = forms.ChoiceField(choices=[(each.value, each.label) for each in Situation])
    language = forms.ChoiceField(choices=list(notices.LANGUAGES.items()))
    program = forms.ModelChoiceField(PROGRAMS, required=False, empty_label="All without their own")
    text = forms.CharField(
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text="{program}, {brand} and {sender} are filled in.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("text") and cleaned.get("situation"):
            program, situation = cleaned.get("program"), Situation(cleaned["situation"])
            try:
                text = notices.filled(cleaned["text"], drafts.fields_of(program))
            except ValueError as unfit:
                self.add_error("text", str(unfit))
            else:
                for problem in drafts.read(text, situation, program):
                    if problem.is_error:
                        self.add_error("text", problem.words)
        return cleaned


@require_GET
@needs("consent.view_notice")
def notice_list(request: HttpRequest) -> HttpResponse:
    programs = list(PROGRAMS)
    program = next((each for each in programs if each.code == request.GET.get("program")), None)
    stored = {
        (row.situation, row.language, row.program_id): row.text for row in Notice.objects.order_by("pk")
    }
    asked = DraftForm(request.GET if "situation" in request.GET else None)
    context: dict[str, Any] = {
        "title": "Reconfirmation texts",
        "subtitle": "Short, plain, one each. They are drafted here and never sent from here.",
        "crumbs": [("Wording", reverse("consent:wording_list"))],
        "current": "tables",
        "programs": programs,
        "program": program,
        "situations": [
            {
                "situation": situation,
                "texts": [_stored(situation, language, program, stored) for language in notices.LANGUAGES],
            }
            for situation in Situation
        ],
        "form": asked if asked.is_bound else DraftForm(),
        "may_change": can(request.user, "consent.change_notice"),
        "may_draft": can(request.user, "consent.draft_notice"),
    }
    if asked.is_bound and asked.is_valid() and context["may_draft"]:
        context |= _counted(asked.cleaned_data)
    return render_in_admin(request, "consent/notice_list.html", context)


def _stored(
    situation: Situation, language: str, program: Program | None, stored: dict[Any, str]
) -> dict[str, Any]:
    own = stored.get((situation, language, program.pk)) if program else None
    text = own or stored.get((situation, language, None)) or notices.READY_MADE[situation, language]
    shown = notices.filled(text, drafts.fields_of(program))
    return {
        "language": language,
        "name": notices.LANGUAGES[language],
        "text": shown,
        "length": rooms.length_of(shown),
        "problems": drafts.read(shown, situation, program),
        "is_own": bool(own),
    }


def _counted(given: dict[str, Any]) -> dict[str, Any]:
    """How many drafts there would be, by channel, and why others get none."""
    outcomes = drafts.for_many(
        given["program"],
        Situation(given["situation"]),
        given["language"],
        region=given["region"],
        now=timezone.now(),
    )
    channels: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    sample = None
    for outcome in outcomes:
        if outcome.draft is None:
            refused[outcome.refusal] += 1
        else:
            channels[outcome.draft.channel.value] += 1
            sample = sample or outcome.draft
    return {
        "channels": channels.most_common(),
        "refused": refused.most_common(),
        "sample": sample,
        "is_counted": True,
        "is_full": channels.total() + refused.total() >= drafts.MOST,
    }


@require_POST
@needs("consent.draft_notice")
def notice_export(request: HttpRequest) -> HttpResponse:
    """The drafts as a file; who took them is on record."""
    assert isinstance(request.user, User)
    form = DraftForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose the program, the situation and the language first.")
        return redirect("consent:notice_list")
    given = form.cleaned_data
    handed = drafts.hand_over(
        given["program"],
        Situation(given["situation"]),
        given["language"],
        region=given["region"],
        by=request.user,
        now=timezone.now(),
    )
    answer = HttpResponse(handed.sheet.as_csv(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{handed.sheet.name}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@needs("consent.change_notice")
def notice_edit(request: HttpRequest) -> HttpResponse:
    """Adapt a text; one that breaks a rule is not kept."""
    if request.method == "POST":
        form = TextForm(request.POST)
        if form.is_valid():
            _keep(request, form.cleaned_data)
            program = form.cleaned_data["program"]
            query = f"?program={program.code}" if program else ""
            return redirect(reverse("consent:notice_list") + query)
    else:
        form = TextForm(initial=_initial(request))
    context = {
        "title": "Adapt a text",
        "crumbs": [("Reconfirmation texts", reverse("consent:notice_list"))],
        "current": "tables",
        "form": form,
        **_read(
            str(form["text"].value() or ""),
            str(form["situation"].value()),
            str(form["program"].value() or ""),
        ),
    }
    return render_in_admin(
        request, "consent/notice_edit.html", context, status=400 if request.method == "POST" else 200
    )


def _initial(request: HttpRequest) -> dict[str, Any]:
    given = request.GET
    asked, wanted = given.get("situation"), given.get("language")
    situation = Situation(asked) if asked in list(Situation) else Situation.PENDING
    language = str(wanted) if wanted in notices.LANGUAGES else "en"
    program = Program.objects.filter(code=given.get("program", "")).first()
    return {
        "situation": situation,
        "language": language,
        "program": program,
        "text": drafts.text_for(situation, language, program),
    }


@transaction.atomic
def _keep(request: HttpRequest, given: dict[str, Any]) -> None:
    row, _ = Notice.objects.update_or_create(
        situation=given["situation"],
        language=given["language"],
        program=given["program"],
        defaults={"text": given["text"], "changed_at": timezone.now()},
    )
    audit.record(request.user, "notice.change", row, text=given["text"])
    messages.success(request, f"Kept: {row}.")


@require_POST
@needs("consent.view_notice")
def notice_read(request: HttpRequest) -> HttpResponse:
    """What is wrong with a text that is being typed: a fragment for the page."""
    given = request.POST
    shown = _read(given.get("text", "")[:1_000], given.get("situation", ""), given.get("program", ""))
    return render(request, "consent/_notice_read.html", shown)


def _read(text: str, situation: str, program: str) -> dict[str, Any]:
    """What the fragment about a text shows."""
    if situation not in list(Situation):
        return {}
    key = int(program) if program.isascii() and program.isdecimal() and len(program) < 19 else 0
    of = PROGRAMS.filter(pk=key).first()
    try:
        shown = notices.filled(text, drafts.fields_of(of))
    except ValueError as unfit:
        return {"problems": [notices.Problem(str(unfit))]}
    problems = drafts.read(shown, Situation(situation), of)
    places = [(problem.start, problem.end, problem.words) for problem in problems if problem.end]
    return {
        "problems": problems,
        "pieces": wording.marked(shown, places),
        "length": rooms.length_of(shown),
        "situation": Situation(situation),
    }


@require_GET
@needs("consent.view_notice")
def notice_of_number(request: HttpRequest, number_pk: int) -> HttpResponse:
    """What may be said to one person, through what, or why nothing may."""
    number = get_object_or_404(Number, pk=number_pk)
    language = request.GET.get("language", "en")
    language = language if language in notices.LANGUAGES else "en"
    now = timezone.now()
    standing = AgreedStatus.objects.filter(number=number).select_related("program", "number")
    rows = []
    for agreed in standing.order_by("program__name", "pk"):
        situation = drafts.situation_of(agreed)
        outcome = drafts.for_one(agreed, situation, language, now) if situation else None
        rows.append(
            {
                "agreed": agreed,
                "situation": situation,
                "draft": outcome.draft if outcome else None,
                "refusal": outcome.refusal if outcome else _no_text(agreed),
            }
        )
    context = {
        "title": "What may be said now",
        "subtitle": phone(number.e164),
        "crumbs": [
            ("Contacts", reverse("consent:contact_list")),
            (phone(number.e164), reverse("consent:contact", args=[number.pk])),
        ],
        "current": "contacts",
        "number": number,
        "rows": rows,
        "language": language,
        "languages": notices.LANGUAGES,
    }
    return render_in_admin(request, "consent/notice_of_number.html", context)


def _no_text(agreed: AgreedStatus) -> str:
    try:
        notices.channel_for(
            Situation.PENDING,
            notices.Standing(Status(agreed.status), Reason(agreed.reason)),
            agreed.changed_at,
        )
    except Refusal as refusal:
        if agreed.status == Status.NO_CONSENT:
            return str(refusal)
    return "Nothing has to be asked or confirmed: this person is opted in."
