"""Replies that a person has to read: one after the other, the conversation beside it, one key per answer."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice.access import can, needs
from backoffice.frame import render_in_admin
from backoffice.keyset import CAP, page_of
from backoffice.words import capped
from consent import conversation, correct, desk, replies
from consent.correct import NO_MOMENT, Choice, Moment, Refused, Seen, Subject
from consent.ledger import Precision
from consent.models import AgreedStatus, ConsentRecord, Correction, Decision, Flag, ReasonCode, StaleFlag
from consent.models.flag import FlagQuerySet
from consent.rules import Code
from consent.views.evidence import people_of
from consent.views.flag_list import ORDER
from consent.views.flag_review import FLAGS, tell

# Each tab: its label, and the flags it holds.
TABS: dict[str, tuple[str, tuple[Code, ...]]] = {
    "unclear": ("Unclear", (Code.UNCLEAR_REPLY, Code.AMBIGUOUS_YES)),
    "words": ("Asked in their own words", (Code.FREETEXT_REVOCATION,)),
    "provider": ("The provider let it pass", (Code.PER_SE_KEYWORD_MISSED,)),
}
CODES = tuple(code for _, codes in TABS.values() for code in codes)
LATER = timedelta(hours=4)
SAMPLE = 1_000  # replies whose language is counted
LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "other": "Other", "": "No words"}


class AnswerForm(forms.Form):
    """What a reply means, as a person read it."""

    STOP, NOT, WRONG, LATER = "stop", "not", "wrong", "later"

    answer = forms.ChoiceField(choices=[(each, each) for each in (STOP, NOT, WRONG, LATER)])
    words = forms.CharField(required=False, max_length=4000, strip=True)
    record = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    fingerprint = forms.CharField(max_length=64)
    token = forms.CharField(max_length=40)


@require_GET
@needs("consent.view_flag")
def reply_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    tab = _tab(request.GET.get("tab"))
    waiting = _waiting(tab, now)
    page = page_of(waiting.select_related("number", "program", "assignee"), request.GET, order=ORDER)
    records = conversation.replies_to(page.rows)
    context = {
        "title": "Replies",
        "subtitle": "What people wrote back, where no rule may have the last word.",
        "current": "replies",
        "tab": tab,
        "tabs": [
            {
                "name": name,
                "label": label,
                "count": capped(_waiting(name, now).order_by()[: CAP + 1].count(), CAP),
                "is_current": name == tab,
            }
            for name, (label, _) in TABS.items()
        ],
        "page": page,
        "rows": [
            {
                "flag": flag,
                "reply": records[flag.pk][0] if records[flag.pk] else None,
                "language": LANGUAGES[replies.language(records[flag.pk][0].words)]
                if records[flag.pk]
                else "",
                "url": _url(flag, tab),
            }
            for flag in page.rows
        ],
        "languages": _languages(waiting),
        "sample": SAMPLE,
        "may_review": can(request.user, "consent.review_flag"),
    }
    return render_in_admin(request, "consent/reply_list.html", context)


def _tab(name: str | None) -> str:
    return name if name in TABS else "unclear"


def _waiting(tab: str, now: datetime) -> FlagQuerySet:
    return Flag.objects.waiting(now).filter(code__in=TABS[tab][1], number__isnull=False)


def _languages(waiting: FlagQuerySet) -> list[tuple[str, int]]:
    """How many of the waiting replies are in which language, most first; of the first thousand."""
    first = waiting.by_harm()[:SAMPLE].values_list("evidence", flat=True)
    keys = {int(name[1:]) for evidence in first for name in evidence if name.startswith("c")}
    written = ConsentRecord.objects.filter(pk__in=list(keys)[:SAMPLE], kind__in=conversation.WRITTEN)
    counted = Counter(replies.language(words) for words in written.values_list("words", flat=True))
    return [(LANGUAGES[name], count) for name, count in counted.most_common()]


def _url(flag: Flag, tab: str) -> str:
    return f"{reverse('consent:reply_review', args=[flag.pk])}?tab={tab}"


@require_POST
@needs("consent.review_flag")
def reply_next(request: HttpRequest) -> HttpResponse:
    """Open the first reply of the tab that nobody else has."""
    return _next(request, _tab(request.POST.get("tab")), None)


def _next(request: HttpRequest, tab: str, after: Flag | None) -> HttpResponse:
    assert isinstance(request.user, User)
    now = timezone.now()
    flag = desk.take_next(_waiting(tab, now), by=request.user, now=now, after=after)
    if flag is not None:
        return redirect(_url(flag, tab))
    messages.info(request, "That was the last reply here that nobody else has.")
    return redirect(f"{reverse('consent:reply_list')}?tab={tab}")


@require_GET
@needs("consent.view_flag")
def reply_review(request: HttpRequest, pk: int) -> HttpResponse:
    flag = get_object_or_404(FLAGS, pk=pk, code__in=CODES, number__isnull=False)
    return _page(request, flag, _tab(request.GET.get("tab")))


def _page(
    request: HttpRequest,
    flag: Flag,
    tab: str,
    *,
    problem: str = "",
    words: str = "",
    wordless: str = "",
    status: int = 200,
) -> HttpResponse:
    """`wordless`: the answer that was refused for want of words, so that they can be given and it be sent again."""
    assert flag.number is not None
    asked = conversation.replies_of(flag)
    reply = asked[0] if asked else None
    lines = conversation.around(reply, request.user) if reply else []
    reading, last = conversation.read_again(reply, lines) if reply else (None, None)
    agreed = AgreedStatus.objects.filter(number=flag.number, program=flag.program).first()
    context: dict[str, Any] = {
        "title": flag.about.title,
        "crumbs": [("Replies", f"{reverse('consent:reply_list')}?tab={tab}")],
        "current": "replies",
        "flag": flag,
        "tab": tab,
        "reply": reply,
        "others": len(asked) - 1,
        "lines": lines,
        "reading": reading,
        "last": last,
        "language": LANGUAGES[replies.language(reply.words)] if reply else "",
        "people": people_of([flag.number.pk]).get(flag.number.pk, []),
        "agreed": agreed,
        "problem": problem,
        "words": words,
        "wordless": wordless,
        "token": uuid.uuid4().hex,
        "stands": stands(flag),
        "can_void": can_void(flag),
        "can_decide": flag.status in Flag.TO_REVIEW and reply is not None,
        "may_review": can(request.user, "consent.review_flag"),
        "proposal": flag.corrections.filter(status=Correction.Status.PROPOSED).first(),
    }
    return render_in_admin(request, "consent/reply_review.html", context, status=status)


def stands(flag: Flag) -> bool:
    """Whether the reply acts as a revocation already."""
    return flag.code in {Code.FREETEXT_REVOCATION, Code.PER_SE_KEYWORD_MISSED}


def can_void(flag: Flag) -> bool:
    """A keyword leaves no room for doubt; it ends by a START alone."""
    return flag.code != Code.PER_SE_KEYWORD_MISSED


@require_POST
@needs("consent.review_flag")
def reply_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the answer down as a decision, and open the next reply."""
    assert isinstance(request.user, User)
    flag = get_object_or_404(FLAGS, pk=pk, code__in=CODES, number__isnull=False)
    tab, now = _tab(request.POST.get("tab")), timezone.now()
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, flag, tab, problem="Choose one of the four answers.", status=400)
    given = form.cleaned_data
    if given["answer"] == AnswerForm.LATER:
        note = given["words"] or "Left for later."
        desk.snooze([flag.pk], until=now + LATER, note=note, by=request.user, now=now)
        messages.info(request, "Left for four hours; new evidence brings it back earlier.")
        return _next(request, tab, flag)
    reply = next((each for each in conversation.replies_of(flag) if each.pk == given["record"]), None)
    if reply is None:
        return _page(request, flag, tab, problem=_CHANGED, words=given["words"], status=409)
    try:
        correction = correct.decide(
            Subject.of(flag),
            choice_for(given["answer"], flag, reply, given["words"]),
            by=request.user,
            token=given["token"],
            seen=Seen(given["version"], given["fingerprint"]),
            now=now,
        )
    except StaleFlag:
        fresh = FLAGS.get(pk=flag.pk)
        return _page(request, fresh, tab, problem=_CHANGED, words=given["words"], status=409)
    except Refused as refusal:
        wordless = "" if given["words"] else given["answer"]
        return _page(
            request, flag, tab, problem=str(refusal), words=given["words"], wordless=wordless, status=409
        )
    tell(request, correction)
    return _next(request, tab, flag)


_CHANGED = "Somebody decided, or new evidence came, while you read. Nothing was changed; look once more."


def choice_for(answer: str, flag: Flag, reply: ConsentRecord, words: str) -> Choice:
    """The decision that an answer stands for. Raises Refused where the rules ask for words first."""
    if answer == AnswerForm.NOT:
        if flag.code == Code.AMBIGUOUS_YES:
            return Choice(decision=Decision.ALIGN, reason=_reason("follows-ledger"), words=words)
        return Choice(
            decision=Decision.VOID,
            reason=_reason("misread-reply"),
            words=words,
            voids=correct.evidence_id(reply),
        )
    if answer == AnswerForm.STOP and stands(flag):
        said = words or f"Read: “{reply.words[:200]}” asks us to stop."
        return Choice(decision=Decision.ALIGN, reason=_reason("follows-ledger"), words=said)
    wrong = answer == AnswerForm.WRONG
    said = (
        words
        or f"Read: “{reply.words[:200]}” {'is not from the person we mean' if wrong else 'asks us to stop'}."
    )
    return Choice(
        decision=Decision.REVOKE,
        reason=_reason("wrong-person" if wrong else "reply-means-stop"),
        words=said,
        moment=_moment(reply),
        channel="text",
        said=reply.words[:2000],
        for_all_programs=True,
    )


def _reason(code: str) -> ReasonCode:
    reason = ReasonCode.objects.filter(code=code, is_active=True).first()
    if reason is None:
        raise Refused(
            f"The reason “{code}” was retired; an administrator has to bring it back, or decide in Review."
        )
    return reason


def _moment(reply: ConsentRecord) -> Moment:
    if reply.occurred_at is None:
        return NO_MOMENT
    return Moment(reply.occurred_at, Precision(reply.precision), reply.occurred_text, reply.zone)
