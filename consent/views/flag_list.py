"""The review queue: what waits, in the order of harm, and why it stands where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice.access import can, needs, staff_with
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, capped_count, page_of
from backoffice.models import ImportBatch, JobRun, System
from backoffice.saved_views import keeps_views
from backoffice.words import age, capped, staff_words
from consent import desk
from consent.correct import bulk_limit
from consent.deadlines import Deadline, deadline
from consent.filters import FlagFilter
from consent.forms import AssignForm, CommentForm, SnoozeForm
from consent.models import Contact, Correction, Flag, Mention
from consent.models.flag import FlagQuerySet
from consent.rules import Severity
from consent.views.evidence import people_of
from consent.views.queue import TABS, Queue, key_of

ORDER = [Key("severity"), Key("due_at", nulls_last=True), Key("raised_at"), Key("pk")]
HARM = {
    Severity.S1: "someone who said no is or will be texted",
    Severity.S2: "texting without proof",
    Severity.S3: "the data cannot decide",
    Severity.S4: "we are silent where we may speak",
}
TAB_CAP = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One flag of the queue, with why it stands here."""

    flag: Flag
    url: str
    people: Sequence[Contact]
    due: Deadline | None
    waits_for_second: bool
    now: datetime

    @property
    def place(self) -> str:
        """Why here: harm first, then the deadline, then age."""
        harm = HARM[Severity(self.flag.severity)]
        parts = [f"{self.flag.severity}: {harm}", self.due.words if self.due else "no deadline"]
        return "; ".join([*parts, f"raised {age(self.flag.raised_at, self.now)}"])

    @property
    def is_kept(self) -> bool:
        """Somebody has it open right now."""
        return self.flag.lease_until is not None and self.flag.lease_until > self.now


def narrow(query: QueryDict, user: User, now: datetime) -> tuple[FlagFilter, FlagQuerySet]:
    queue = Queue(query, user, now)
    return queue.filter, queue.flags


@require_GET
@needs("consent.view_flag")
@keeps_views("Review", narrow, tabs=TABS)
def flag_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    queue = Queue.kept(request, now)
    flags = queue.flags.select_related("number", "program", "system", "batch", "assignee")
    page = page_of(flags, request.GET, order=ORDER)
    rows = _rows(page.rows, queue, now)
    context = {
        "title": "Review",
        "subtitle": "Where a system believes something else than was agreed. The worst comes first.",
        "current": "review",
        "queue": queue,
        "filter": queue.filter,
        "tabs": _tabs(queue),
        "mentions": capped_count(Mention.objects.of(queue.user).unread(), TAB_CAP),
        "page": page,
        "rows": rows,
        "may_review": can(request.user, "consent.review_flag"),
        "may_assign": can(request.user, "consent.assign_flag"),
        "staff": staff_with("consent.review_flag").order_by("first_name", "username"),
        "bulk_limit": bulk_limit(queue.user),
        "empty": None if rows else why_empty(queue, now),
        "batch": ImportBatch.objects.filter(pk=queue.filter.form.cleaned_data.get("batch") or 0).first()
        if queue.filter.form.is_valid() and queue.query.get("batch")
        else None,
    }
    return render_in_admin(request, "consent/flag_list.html", context)


def _rows(flags: Sequence[Flag], queue: Queue, now: datetime) -> list[Row]:
    people = people_of(flag.number_id for flag in flags if flag.number_id)
    proposed = set(
        Correction.objects.filter(
            status=Correction.Status.PROPOSED, flags__in=[flag.pk for flag in flags]
        ).values_list("flags", flat=True)
    )
    zone = timezone.get_current_timezone()
    calendar = settings.CONSENT_POLICY["business_calendar"]
    return [
        Row(
            flag=flag,
            url=queue.url_of(flag),
            people=people.get(flag.number_id or 0, []),
            due=deadline(flag.due_at, now, zone, calendar) if flag.due_at else None,
            waits_for_second=flag.pk in proposed,
            now=now,
        )
        for flag in flags
    ]


def _tabs(queue: Queue) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": label,
            "count": capped(queue.of_tab(name).order_by()[: TAB_CAP + 1].count(), TAB_CAP),
            "is_current": name == queue.tab,
        }
        for name, label in TABS.items()
    ]


def why_empty(queue: Queue, now: datetime) -> dict[str, str]:
    """An empty list says what ran and what did not: silence must not look like health."""
    if queue.is_filtered:
        return {
            "icon": "search",
            "title": "Nothing here matches",
            "text": "Other flags may wait outside this tab and these filters.",
            "action_url": "?",
            "action_label": "Show everything",
        }
    last = (
        JobRun.objects.filter(kind="consent.reconcile", status=JobRun.Status.DONE)
        .order_by("-finished_at")
        .first()
    )
    stale = _stale_systems(now)
    if last is None or last.finished_at is None:
        return {
            "icon": "clock",
            "title": "Nothing has been compared yet",
            "text": "Flags appear after the first import, when what people agreed to meets what systems say.",
        }
    ran = f"Last reconciliation {staff_words(last.finished_at)}, {last.done:,} number{'s' if last.done != 1 else ''}."
    if stale:
        return {"icon": "alert", "title": "No open mismatch in what we know", "text": f"{ran} But {stale}."}
    return {"icon": "check", "title": "No open mismatch", "text": ran}


def _stale_systems(now: datetime) -> str:
    done = Q(batches__status__in=ImportBatch.FINISHED)
    systems = System.objects.filter(is_active=True).annotate(
        last_at=Max("batches__as_of", filter=done), files=Count("batches", filter=done)
    )
    stale = [
        f"{system.name}'s last file is from {age(system.last_at, now)}"
        for system in systems.order_by("name")
        if system.files and system.is_stale(system.last_at, now)
    ]
    return "; ".join(stale[:3])


# --- Who works on what -----------------------------------------------------------------------------------


@require_POST
@needs("consent.review_flag")
def flag_next(request: HttpRequest) -> HttpResponse:
    """Open the most urgent flag of the queue that nobody else has."""
    now = timezone.now()
    queue = Queue.kept(request, now)
    after = key_of(request.POST.get("after", ""))
    seen = Flag.objects.filter(pk=after).first() if after else None
    return next_or_back(request, queue, seen)


def next_or_back(request: HttpRequest, queue: Queue, after: Flag | None) -> HttpResponse:
    flag = queue.take_next(after)
    if flag is not None:
        return redirect(queue.url_of(flag))
    messages.info(request, "That was the last flag of this view that nobody else has.")
    return queue.back()


@require_POST
@needs("consent.review_flag")
def flag_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the flag, give it back, or hand it to somebody."""
    flag = get_object_or_404(Flag, pk=pk)
    queue = Queue.kept(request, timezone.now())
    form = AssignForm(request.POST)
    if form.is_valid() and may_assign(request, form.cleaned_data["to"], flag):
        to = form.cleaned_data["to"]
        desk.assign([flag.pk], to=to, by=queue.user, now=queue.now)
        messages.success(
            request, f"Assigned to {to.get_full_name() or to.username}." if to else "Nobody's now."
        )
    else:
        messages.error(request, "Only a supervisor hands flags to others.")
    return redirect(queue.url_of(flag))


def may_assign(request: HttpRequest, to: User | None, flag: Flag | None = None) -> bool:
    if can(request.user, "consent.assign_flag"):
        return True
    mine_to_give_back = to is None and flag is not None and flag.assignee_id == request.user.pk
    return to == request.user or mine_to_give_back


@require_POST
@needs("consent.review_flag")
def flag_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Out of the queue for a while, or until new evidence comes."""
    flag = get_object_or_404(Flag, pk=pk)
    queue = Queue.kept(request, timezone.now())
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose how long to snooze it.")
        return redirect(queue.url_of(flag))
    until = form.until(queue.now)
    if not desk.snooze([flag.pk], until=until, note=form.cleaned_data["note"], by=queue.user, now=queue.now):
        messages.warning(request, "It is being corrected or settled already; there is nothing to snooze.")
        return redirect(queue.url_of(flag))
    messages.success(
        request, f"Snoozed until {staff_words(until)}; it wakes earlier when new evidence comes."
    )
    return next_or_back(request, queue, flag)


@require_POST
@needs("consent.review_flag")
def flag_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """A note for colleagues; it is never sent to anybody outside."""
    flag = get_object_or_404(Flag, pk=pk)
    queue = Queue.kept(request, timezone.now())
    form = CommentForm(request.POST)
    if form.is_valid():
        told = desk.comment(flag, text=form.note(), by=queue.user)
        names = ", ".join(person.get_full_name() or person.get_username() for person in told.people)
        messages.success(
            request, f"Noted for colleagues; {names} will see it." if names else "Noted for colleagues."
        )
        if told.unknown:
            unknown = " or ".join(f"@{name}" for name in told.unknown)
            messages.warning(
                request, f"Nobody who may see this flag is called {unknown}, so nobody was told by that."
            )
    else:
        messages.error(request, "Write something first.")
    return redirect(f"{queue.url_of(flag)}#history")
