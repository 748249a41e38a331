"""One flag: why it was raised, what is known, and the decision."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from backoffice.access import can, needs, staff_with
from backoffice.frame import render_in_admin
from backoffice.words import phone
from consent import correct, mentions, watch
from consent.correct import Choice, Outlook, Refused, StopStands, Subject
from consent.deadlines import Deadline, deadline
from consent.forms import CommentForm, DecisionForm
from consent.models import Correction, Decision, Flag, Hold, Number, Program, ReasonCode, StaleFlag
from consent.rules import Code, Status
from consent.views.evidence import explained, halves, people_of, sides, timeline
from consent.views.flag_list import next_or_back
from consent.views.queue import Queue
from consent.views.sending import sends_after

FLAGS = Flag.objects.select_related("number", "program", "system", "batch", "batch__system", "assignee")


COLLEAGUES = 200  # that are offered by name; others can be written
ABOUT_SENDS = frozenset({Code.POST_STOP_SEND, Code.CONFIRMATION_RULE, Code.PER_SE_KEYWORD_MISSED})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("consent.view_flag")
def flag_review(request: HttpRequest, pk: int) -> HttpResponse:
    flag = get_object_or_404(FLAGS, pk=pk)
    queue = Queue.kept(request, timezone.now())
    if request.method != "POST":
        if request.method == "GET":
            mentions.read(flag, by=queue.user, now=queue.now)
        return _page(request, flag, queue, form_for(flag, queue))
    form = form_for(flag, queue, request)
    if not can(request.user, "consent.review_flag") or not form.is_valid():
        status = 200 if can(request.user, "consent.review_flag") else 403
        return _page(request, flag, queue, form, status=status)
    if "preview" in request.POST:
        return _page(request, flag, queue, form, outlook=_outlook(flag, form.choice(), queue))
    return _decide(request, flag, queue, form)


def form_for(flag: Flag, queue: Queue, request: HttpRequest | None = None) -> DecisionForm:
    """The decision form of a flag; with a request, as it was sent."""
    return _form(flag, queue, request.POST if request else None, request.FILES if request else None)


def _form(flag: Flag, queue: Queue, data: Any = None, files: Any = None) -> DecisionForm:
    return DecisionForm(
        data,
        files,
        by=queue.user,
        flag=flag,
        program=flag.program,
        voidable=correct.voidable(flag.number) if flag.number else [],
        # Shown as chosen, never taken by itself.
        decision=_usual(flag).value,
    )


def _usual(flag: Flag) -> Decision:
    if flag.number_id is None:
        return Decision.ESCALATE
    # There is nothing to write while nobody has said what the reply means.
    return Decision.REVOKE if flag.code == Code.UNCLEAR_REPLY else Decision.ALIGN


def _decide(request: HttpRequest, flag: Flag, queue: Queue, form: DecisionForm) -> HttpResponse:
    try:
        correction = correct.decide(
            Subject.of(flag),
            form.choice(),
            by=queue.user,
            token=form.cleaned_data["token"] or uuid.uuid4().hex,
            seen=form.seen(),
            now=queue.now,
        )
    except StaleFlag:
        return _conflict(request, flag, queue, form)
    except StopStands as refusal:
        return _page(request, _again(flag), queue, form, refusal=refusal, status=409)
    except Refused as refusal:
        return _page(request, flag, queue, form, refusal=refusal, status=409)
    tell(request, correction, queue)
    if form.cleaned_data.get("stay"):
        return redirect(queue.url_of(flag))
    return next_or_back(request, queue, flag)


def tell(request: HttpRequest, correction: Correction, queue: Queue | None = None) -> None:
    """Say what happened, with the way back where there is one."""
    assert isinstance(request.user, User)
    # The next flag is on the page by then: say which number this was about.
    about = f" ({phone(correction.number.e164)})" if correction.number else ""
    what = f"{correction.get_decision_display()}{about}"
    url = reverse("consent:correction", args=[correction.pk])
    if correction.status == Correction.Status.PROPOSED:
        said = format_html('<a href="{}">{}</a>: proposed; it waits for a second person.', url, what)
    else:
        rows = correction.write_backs.count()
        written = f"{rows} value{'s' if rows != 1 else ''} to hand over" if rows else "nothing to write"
        said = format_html('<a href="{}">{}</a>: done, {}.', url, what, written)
    if correct.can_undo(correction, request.user):
        said = format_html("{} {}", said, _undo_button(request, correction, queue))
    messages.success(request, said)


def _undo_button(request: HttpRequest, correction: Correction, queue: Queue | None) -> SafeString:
    return format_html(
        '<form method="post" action="{}" data-undo><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="queue" value="{}"><button class="btn btn--small" data-key="z" '
        'data-key-label="Undo the last decision">Undo <kbd>Z</kbd></button></form>',
        reverse("consent:correction_undo", args=[correction.pk]),
        get_token(request),
        queue.text if queue else "",
    )


def _again(flag: Flag) -> Flag:
    return FLAGS.get(pk=flag.pk)


def _conflict(request: HttpRequest, flag: Flag, queue: Queue, form: DecisionForm) -> HttpResponse:
    """Somebody was faster, or the facts changed. Nothing was overwritten; the typed words are still there."""
    flag = _again(flag)
    since = form.cleaned_data.get("version") or 0
    theirs = list(flag.events.select_related("by").order_by("-pk")[: max(1, min(10, flag.version - since))])
    typed = request.POST.copy()
    typed["version"], typed["fingerprint"], typed["token"] = (
        str(flag.version),
        flag.fingerprint,
        uuid.uuid4().hex,
    )
    kept = _form(flag, queue, typed)
    evidence_changed = form.cleaned_data.get("fingerprint") != flag.fingerprint
    conflict = {
        "theirs": theirs,
        "evidence_changed": evidence_changed,
        "can_decide": flag.status in Flag.TO_REVIEW,
        "mine": dict(Decision.choices).get(form.cleaned_data["decision"], ""),
        "decision": flag.corrections.select_related("decided_by", "reason").order_by("-pk").first(),
    }
    return _page(request, flag, queue, kept, conflict=conflict, status=409)


def _outlook(flag: Flag, choice: Choice, queue: Queue) -> Outlook:
    return correct.outlook(Subject.of(flag), choice, by=queue.user, now=queue.now)


@require_POST
@needs("consent.review_flag")
def flag_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the form as it stands would write: a fragment for the page."""
    flag = get_object_or_404(FLAGS, pk=pk)
    queue = Queue.kept(request, timezone.now())
    form = form_for(flag, queue, request)
    form.is_valid()
    decision = form.cleaned_data.get("decision")
    if not decision:
        return HttpResponse("")
    shown = outlook_context(_try(flag, form, queue), decision)
    return render(
        request, "consent/_outlook.html", {**shown, "number": flag.number, "program_pk": flag.program_id}
    )


def _try(flag: Flag, form: DecisionForm, queue: Queue) -> Outlook:
    """The outlook of a form that need not be complete yet: reasons and words change nothing about it."""
    given = form.cleaned_data
    decision = Decision(given["decision"])
    reason = given.get(f"reason_{decision.value}") or ReasonCode(decision=decision.value)
    for name in ("words", "proof_link", "channel", "reference", "said", "scope", "whose", "voids"):
        given.setdefault(name, "")
    given[f"reason_{decision.value}"] = reason
    return _outlook(flag, form.choice(), queue)


@dataclass(frozen=True, slots=True)
class Change:
    """One agreed status that a decision would change."""

    number: Number
    program: Program
    before: Status
    after: Status


def outlook_context(outlook: Outlook | None, decision: str) -> dict[str, Any]:
    """What the fragment about the consequences shows."""
    pairs = outlook.changes if outlook else []
    numbers = Number.objects.in_bulk({number for number, _ in pairs})
    programs = Program.objects.in_bulk({program for _, program in pairs})
    return {
        "outlook": outlook,
        "changes": [
            Change(numbers[pair[0]], programs[pair[1]], outlook.before[pair], outlook.after[pair])
            for pair in pairs
            if outlook
        ],
        "decision": decision,
        "needs_two": decision in correct.ALWAYS_TWO,
        "undo_seconds": settings.UNDO_SECONDS,
    }


def _page(
    request: HttpRequest,
    flag: Flag,
    queue: Queue,
    form: DecisionForm,
    *,
    outlook: Outlook | None = None,
    refusal: Refused | None = None,
    conflict: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": flag.about.title,
        "preview_url": reverse("consent:flag_preview", args=[flag.pk]),
        "number": flag.number,
        "number_pk": flag.number_id,
        "program_code": flag.program.code if flag.program else "",
        "program_pk": flag.program_id,
        "crumbs": [("Review", queue.url)],
        "current": "review",
        "flag": flag,
        "queue": queue,
        "form": form,
        "refusal": refusal,
        "is_stop": isinstance(refusal, StopStands),
        "conflict": conflict,
        "facts": halves(flag.why),
        "due": _due(flag, queue.now),
        "events": list(
            flag.events.select_related("by").prefetch_related("mentions__person").order_by("-pk")[:20]
        ),
        "colleagues": staff_with("consent.view_flag").order_by("first_name", "username")[:COLLEAGUES],
        "corrections": list(
            flag.corrections.select_related("decided_by", "second_by", "reason").order_by("-pk")[:5]
        ),
        "proposal": flag.corrections.filter(status=Correction.Status.PROPOSED).first(),
        "comment": CommentForm(),
        "may_review": can(request.user, "consent.review_flag"),
        "may_assign": can(request.user, "consent.assign_flag"),
        "can_decide": flag.status in Flag.TO_REVIEW,
        "is_kept_by_other": flag.assignee_id not in {None, queue.user.pk}
        and (flag.lease_until is None or flag.lease_until > queue.now),
    }
    if flag.number is None:
        return render_in_admin(
            request, "consent/flag_review_batch.html", {**context, **_batch(flag)}, status=status
        )
    context |= _evidence(flag, queue.now)
    chosen = form["decision"].value() or Decision.ALIGN.value
    if outlook is None and chosen == Decision.ALIGN.value and context["can_decide"]:
        outlook = _outlook(flag, Choice(decision=Decision.ALIGN, reason=ReasonCode(decision="align")), queue)
    context |= outlook_context(outlook, chosen)
    return render_in_admin(request, "consent/flag_review.html", context, status=status)


def _due(flag: Flag, now: datetime) -> Deadline | None:
    calendar = settings.CONSENT_POLICY["business_calendar"]
    return deadline(flag.due_at, now, timezone.get_current_timezone(), calendar) if flag.due_at else None


def _evidence(flag: Flag, now: datetime) -> dict[str, Any]:
    assert flag.number is not None
    assert flag.program is not None
    shown = explained(flag.number, now, flag.program)[0]
    others = Flag.objects.open().filter(number=flag.number).exclude(pk=flag.pk)
    return {
        "subtitle": None,
        "explained": shown,
        "stop_stands": shown.agreed.status is Status.OPTED_OUT
        or correct.stop_stands(flag.number, flag.program),
        "timeline": timeline(
            flag.number, flag.program, deciding=shown.agreed.decided_by, conflicting=flag.evidence
        ),
        "sides": sides(
            flag.number, [flag.program], {flag.program.pk: shown.agreed.status}, concerned=flag.system_id
        ),
        # What a flag is about stands before the rest, so that one screen is enough to decide.
        "sends_first": flag.code in ABOUT_SENDS,
        "sends": sends_after(flag.number, flag.program, shown.agreed.background.silences),
        "people": people_of([flag.number.pk]).get(flag.number.pk, []),
        "awaited": [
            one
            for one in watch.awaited(flag.number, now, flag.program)
            if one.flag is None or one.flag != flag
        ],
        "others": list(others.select_related("program", "system").by_harm()[:12]),
        "holds": list(
            Hold.objects.open().filter(number=flag.number).select_related("program", "flag").order_by("pk")
        ),
        "number_words": phone(flag.number.e164),
    }


def _batch(flag: Flag) -> dict[str, Any]:
    assert flag.batch is not None
    single = Flag.objects.open().filter(batch=None, number__readings__batch=flag.batch, code=flag.code)
    return {"single_count": single.order_by().distinct()[:1001].count()}
