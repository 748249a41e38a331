"""Background runs: what runs now, what waits and why, what went wrong, and the silences in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice import audit, jobs, rooms, schedule
from backoffice.access import can, needs
from backoffice.filters import RunFilter
from backoffice.frame import render_in_admin
from backoffice.keyset import Key, page_of
from backoffice.models import JobRun
from backoffice.overview import WORKERS_QUIET, workers_seen_at
from backoffice.saved_views import keeps_views
from backoffice.words import coarse, staff_words

LOOK, CONTROL = "backoffice.view_jobrun", "backoffice.control_jobrun"
SHOWN_NOW = 30  # unfinished runs on the list page; more are counted
COMPARED_WITH = 20  # earlier runs behind "usually takes"
RINGING = timedelta(seconds=5)


@dataclass(frozen=True)
class Seen:
    """A run as the pages show it at one moment."""

    run: JobRun
    now: datetime
    waits_for: str = ""

    @property
    def words(self) -> str:
        return rooms.kind_words(self.run.kind)

    @property
    def is_gap(self) -> bool:
        return self.run.kind == schedule.GAP

    @property
    def is_lost(self) -> bool:
        return self.run.is_lost(self.now)

    @property
    def took(self) -> timedelta | None:
        if self.run.started_at is None:
            return None
        return (self.run.finished_at or self.now) - self.run.started_at

    @property
    def rate(self) -> float | None:
        """Items per second since it started."""
        if self.took is None or not self.run.done or self.took.total_seconds() < 1:
            return None
        return self.run.done / self.took.total_seconds()

    @property
    def seconds_left(self) -> float | None:
        if self.rate is None or self.run.total is None or self.run.status != JobRun.Status.RUNNING:
            return None
        return max(0, self.run.total - self.run.done) / self.rate

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(name.replace("_", " ").capitalize(), value) for name, value in self.run.counts.items()]

    @property
    def subject_url(self) -> str:
        """The file an import run works on has a page of its own."""
        if self.run.kind.startswith("import.") and self.run.subject.isascii() and self.run.subject.isdigit():
            return reverse("imports:batch", args=[int(self.run.subject)])
        return ""


def _narrowed(query: QueryDict, user: User, now: datetime) -> tuple[RunFilter, QuerySet[JobRun]]:
    chosen = RunFilter(query, queryset=JobRun.objects.exclude(kind=schedule.KIND))
    return chosen, chosen.qs


@needs(LOOK)
@require_safe
@keeps_views("Jobs", _narrowed)
def run_list(request: HttpRequest) -> HttpResponse:
    """All runs, newest first; what runs or waits stands above them, silences of the schedule too."""
    now = timezone.now()
    chosen, runs = _narrowed(request.GET, _person(request), now)
    page = page_of(
        runs.select_related("requested_by"), request.GET, order=[Key("pk", descending=True)], size=50
    )
    return render_in_admin(
        request,
        "backoffice/run_list.html",
        {
            "title": "Jobs",
            "subtitle": "What runs in the background. A run that lost its worker goes on by itself.",
            "filter": chosen,
            "page": page,
            "rows": [Seen(run, now) for run in page.rows],
            **_now_shown(now),
        },
    )


@needs(LOOK)
@require_safe
def run_list_live(request: HttpRequest) -> HttpResponse:
    """What runs and waits at this moment, for the page that is already open."""
    return render(request, "backoffice/_runs_now.html", _now_shown(timezone.now()))


@needs(LOOK)
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _shown(request, _run_or_404(pk))
    return render_in_admin(
        request,
        "backoffice/run.html",
        {"title": shown["seen"].words, "crumbs": [("Jobs", reverse("jobs:run_list"))], **shown},
    )


@needs(LOOK)
@require_safe
def run_live(request: HttpRequest, pk: int) -> HttpResponse:
    shown = _shown(request, _run_or_404(pk))
    response = render(request, "backoffice/_run_now.html", shown)
    if not shown["seen"].run.is_unfinished:
        response["X-Live"] = "reload"
    return response


@require_POST
@needs(CONTROL)
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a run to stop. What it committed stays; it stops at its next committed step."""
    found = _run_or_404(pk)
    if not found.is_unfinished:
        messages.warning(request, f"This run had already ended: {found.get_status_display().lower()}.")
        return redirect("jobs:run", pk=pk)
    with transaction.atomic():
        jobs.cancel(found, _person(request))
        audit.record(request.user, "job.cancel", found)
    messages.success(request, "The run was asked to stop. What it has committed stays.")
    return redirect("jobs:run", pk=pk)


@require_POST
@needs(CONTROL)
def run_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """The same work as a new run. It goes on from what the old one committed."""
    found = _run_or_404(pk)
    if found.status not in {JobRun.Status.FAILED, JobRun.Status.CANCELLED} or found.kind == schedule.GAP:
        messages.warning(request, "Only a run that failed or was cancelled can be tried again.")
        return redirect("jobs:run", pk=pk)
    with transaction.atomic():
        again = jobs.retry(found, _person(request))
        audit.record(request.user, "job.retry", found, new_run=again.pk)
    messages.success(request, "The work is queued again.")
    return redirect("jobs:run", pk=again.pk)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # `needs` let nobody else in
    return request.user


def _run_or_404(pk: int) -> JobRun:
    return get_object_or_404(JobRun.objects.exclude(kind=schedule.KIND).select_related("requested_by"), pk=pk)


def _shown(request: HttpRequest, found: JobRun) -> dict[str, Any]:
    now = timezone.now()
    waits_for = why_waiting(found, now) if found.status == JobRun.Status.QUEUED else ""
    ended_badly = found.status in {JobRun.Status.FAILED, JobRun.Status.CANCELLED}
    may = can(request.user, CONTROL) and found.kind != schedule.GAP
    return {
        "seen": Seen(found, now, waits_for),
        "usual": _usual(found),
        "may_cancel": may and found.is_unfinished and not found.cancel_wanted,
        "may_retry": may and ended_badly,
    }


def _usual(found: JobRun) -> timedelta | None:
    """What runs of this kind usually take: the median of the last ones that did something."""
    done = JobRun.objects.filter(
        kind=found.kind, status=JobRun.Status.DONE, started_at__isnull=False
    ).exclude(pk=found.pk)
    times = done.order_by("-queued_at", "-pk").values_list("started_at", "finished_at")[:COMPARED_WITH]
    seconds = [(ended - began).total_seconds() for began, ended in times if began and ended]
    return timedelta(seconds=median(seconds)) if len(seconds) >= 3 else None


def _now_shown(now: datetime) -> dict[str, object]:
    unfinished = list(
        JobRun.objects.unfinished().select_related("requested_by").order_by("pk")[: SHOWN_NOW + 1]
    )
    running = [run for run in unfinished if run.status == JobRun.Status.RUNNING]
    seen_at = workers_seen_at()
    ticks = schedule.ticks(now)
    late = schedule.late(ticks)
    return {
        "unfinished": [
            Seen(
                run, now, _why(run, now, seen_at, len(running)) if run.status == JobRun.Status.QUEUED else ""
            )
            for run in unfinished[:SHOWN_NOW]
        ],
        "unfinished_more": len(unfinished) > SHOWN_NOW,
        "ticks": ticks,
        "late": late,
        "workers_seen_at": seen_at,
    }


def why_waiting(found: JobRun, now: datetime) -> str:
    """Why a queued run has not begun, in words that say what to do."""
    running = JobRun.objects.filter(status=JobRun.Status.RUNNING).count()
    return _why(found, now, workers_seen_at(), running)


def _why(found: JobRun, now: datetime, seen_at: datetime | None, running: int) -> str:
    if found.not_before is not None and found.not_before > now:
        after = f" {found.failure}" if found.failure else ""
        return f"Waits until {staff_words(found.not_before)}.{after}"
    if seen_at is None or now - seen_at > WORKERS_QUIET:
        silence = f"for {coarse((now - seen_at).total_seconds())}" if seen_at else "yet"
        return f"No worker has been seen {silence}. It starts by itself as soon as one runs."
    if found.rung_at is None:
        return "The queue has not been told yet; the sweep tells it within a minute."
    if running:
        others = "1 other run" if running == 1 else f"{running} other runs"
        return f"The workers are busy with {others}."
    if now - found.rung_at < RINGING:
        return "Just queued."
    return "The queue was told; a worker takes it within seconds."
