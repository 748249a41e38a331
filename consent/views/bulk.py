"""One decision for many flags: select, see what would happen, decide, see what became of each."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from backoffice import audit
from backoffice.access import needs
from backoffice.frame import render_in_admin
from backoffice.words import staff_words
from consent import correct, desk, propagate
from consent.correct import Outcome, Pick, Refused
from consent.forms import AssignForm, ManyForm, SnoozeForm
from consent.models import Flag
from consent.rules import Status
from consent.views.flag_list import may_assign
from consent.views.queue import Queue, key_of

SALT = "consent.bulk"
RESULTS = {
    "applied": ("Decided", "ok"),
    "no_op": ("Nothing to write", "mute"),
    "refused": ("Not decided", "warn"),
    "changed_since": ("Changed since", "warn"),
}


@require_POST
@needs("consent.review_flag")
def flag_bulk(request: HttpRequest) -> HttpResponse:
    """What to do with the selected flags: assign, snooze, or preview a decision."""
    queue = Queue.kept(request, timezone.now())
    limit = correct.bulk_limit(queue.user)
    flags = _selected(request, queue, limit)
    if not flags:
        messages.info(request, "Select flags first.")
        return queue.back()
    if len(flags) > limit:
        messages.error(
            request,
            f"More than {limit:,} flags are selected; you can act on {limit:,} at once. Narrow the filters.",
        )
        return queue.back()
    action = request.POST.get("action")
    if action == "assign":
        return _assign(request, queue, flags)
    if action == "snooze":
        return _snooze(request, queue, flags)
    if action == "align":
        return _confirm(request, queue, flags)
    messages.error(request, "Choose what to do with the selected flags.")
    return queue.back()


def _selected(request: HttpRequest, queue: Queue, limit: int) -> list[Flag]:
    """The ticked flags, or all that match; one more than allowed, so that too many can be told."""
    flags = queue.flags
    if not request.POST.get("all_matching"):
        keys = [key_of(text) for text in request.POST.getlist("flag")]
        flags = Flag.objects.filter(pk__in=[key for key in keys if key])
    return list(flags.select_related("number", "program", "system").by_harm()[: limit + 1])


def _flags(count: int) -> str:
    return f"{count:,} flag{'s' if count != 1 else ''}"


def _assign(request: HttpRequest, queue: Queue, flags: Sequence[Flag]) -> HttpResponse:
    form = AssignForm(request.POST)
    to = form.cleaned_data["to"] if form.is_valid() else None
    if not form.is_valid() or not may_assign(request, to):
        messages.error(request, "Only a supervisor hands flags to others.")
        return queue.back()
    changed = desk.assign([flag.pk for flag in flags], to=to, by=queue.user, now=queue.now)
    name = (to.get_full_name() or to.username) if to else "nobody"
    messages.success(request, f"{_flags(changed)} assigned to {name}.")
    return queue.back()


def _snooze(request: HttpRequest, queue: Queue, flags: Sequence[Flag]) -> HttpResponse:
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose how long to snooze them.")
        return queue.back()
    until = form.until(queue.now)
    changed = desk.snooze([flag.pk for flag in flags], until=until, note="", by=queue.user, now=queue.now)
    messages.success(request, f"{_flags(changed)} snoozed until {staff_words(until)}.")
    return queue.back()


def _confirm(
    request: HttpRequest, queue: Queue, flags: Sequence[Flag], form: ManyForm | None = None
) -> HttpResponse:
    """What deciding would do, before anything is done; the selection is fixed from here on."""
    picks = [[flag.pk, flag.version, flag.fingerprint] for flag in flags]
    form = form or ManyForm(
        initial={"picks": signing.dumps(picks, salt=SALT, compress=True), "token": uuid.uuid4().hex[:24]}
    )
    context = {
        "title": f"Write the agreed status for {_flags(len(flags))}",
        "crumbs": [("Review", queue.url)],
        "current": "review",
        "queue": queue,
        "form": form,
        "flags": flags,
        **_dry_run(flags),
    }
    return render_in_admin(request, "consent/flag_bulk.html", context)


def _dry_run(flags: Sequence[Flag]) -> dict[str, Any]:
    """What would be written where, in a fixed number of queries."""
    about = [flag for flag in flags if flag.number is not None and flag.program is not None]
    agreed = propagate.agreed_of({flag.number_id for flag in about if flag.number_id})
    statuses = {pair: Status(row.status) for pair, row in agreed.items()}
    pairs = {(flag.number_id or 0, flag.program_id or 0) for flag in about}
    permits = {pair for pair in pairs if statuses.get(pair) is Status.OPTED_IN}
    steps = propagate.preview_all(
        list({flag.number_id: flag.number for flag in about if flag.number}.values()),
        list({flag.program_id: flag.program for flag in about if flag.program}.values()),
        lambda number, program: statuses.get((number, program), Status.NO_CONSENT),
    )
    wanted = [
        step
        for step in steps
        if (step.number.pk, step.program.pk) in pairs - permits and step.value == propagate.OUT
    ]
    return {
        "by_code": Counter(flag.about.title for flag in flags).most_common(),
        "by_system": Counter(step.system.name for step in wanted).most_common(),
        "steps": wanted[:50],
        "values": len(wanted),
        "left_out": sum(1 for flag in flags if flag.number is None)
        + sum(1 for flag in about if (flag.number_id, flag.program_id) in permits),
    }


@require_POST
@needs("consent.review_flag")
def flag_bulk_apply(request: HttpRequest) -> HttpResponse:
    """Decide on the selection that was previewed."""
    queue = Queue.kept(request, timezone.now())
    form = ManyForm(request.POST)
    try:
        picks = [
            Pick(*pick) for pick in signing.loads(request.POST.get("picks", ""), salt=SALT, max_age=86_400)
        ]
    except (signing.BadSignature, TypeError):
        messages.error(request, "The selection is older than a day or damaged. Select the flags again.")
        return queue.back()
    if not form.is_valid():
        flags = Flag.objects.filter(pk__in=[pick.flag_id for pick in picks])
        return _confirm(
            request, queue, list(flags.select_related("number", "program", "system").by_harm()), form
        )
    given = form.cleaned_data
    try:
        outcomes = correct.align_all(
            picks,
            reason=given["reason"],
            words=given["words"],
            by=queue.user,
            token=given["token"],
            now=queue.now,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return queue.back()
    counts = Counter(outcome.result for outcome in outcomes)
    audit.record(queue.user, "flag.bulk_align", given["reason"], reason=given["words"], **counts)
    return _results(request, queue, outcomes, counts)


def _results(
    request: HttpRequest, queue: Queue, outcomes: Sequence[Outcome], counts: Counter[str]
) -> HttpResponse:
    flags = Flag.objects.select_related("number", "program", "system").in_bulk(
        [row.flag_id for row in outcomes]
    )
    context = {
        "title": "What became of the selection",
        "crumbs": [("Review", queue.url)],
        "current": "review",
        "queue": queue,
        "counts": [(RESULTS[name][0], RESULTS[name][1], counts[name]) for name in RESULTS if counts[name]],
        "outcomes": [
            {
                "flag": flags.get(row.flag_id),
                "flag_id": row.flag_id,
                "url": queue.url_of(flags[row.flag_id]) if row.flag_id in flags else "",
                "label": RESULTS[row.result][0],
                "tone": RESULTS[row.result][1],
                "words": row.words,
                "correction": row.correction,
            }
            for row in outcomes
        ],
    }
    return render_in_admin(request, "consent/flag_bulk_results.html", context)
