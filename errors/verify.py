"""Measure whether fixes helped: on sends submitted after them, inside their scope, old enough to be judged.

Every fix that is watched is measured again and again until there is an answer, and one that helped as long as the
pattern holds. A late report about a send from before a fix never counts against it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from backoffice import jobs
from errors import overdue, rollup, slices
from errors.effect import Answer, Outcome, Rate, Traffic, judge, judge_later
from errors.intents import FINAL, how_many, intents
from errors.models import AttemptHour, Fix, Pattern, PatternRun, SendAttempt, Verification
from errors.windows import hour_of, next_hour

S = Pattern.Status
# At most so many sends are counted one by one, the latest: more would not make the answer any surer.
MOST_SENDS = 500_000
BEFORE = timedelta(days=14)  # how far back "before the fix" reaches
LATELY = timedelta(days=7)  # what a fix that held is measured on
MIX = ("provider", "country", "carrier", "campaign", "template", "sender")
# What a change of this kind changes on purpose.
CHANGES: dict[str, set[str]] = {
    Fix.Changed.CONTENT: {"template"},
    Fix.Changed.SENDER: {"sender"},
    Fix.Changed.ROUTE: {"provider", "sender"},
}
AFTERWARDS = {
    Answer.VERIFIED: (S.FIXED, S.HELD),
    Answer.NOT_FIXED: (S.FIXED, S.OPEN),
    Answer.INCONCLUSIVE: (S.FIXED, S.OPEN),
    Answer.REGRESSED: (S.HELD, S.REGRESSED),
}


def verify(subject: str, *, beat: jobs.Progress, **_: Any) -> dict[str, int]:
    """Measure every fix that is watched. Returns how many got which answer; {} if none is watched."""
    now = timezone.now()
    rollup.rollup("", beat=jobs.unwatched)  # what changed since the last count first
    fixes = list(watched(now).select_related("pattern").order_by("pk"))
    counts: Counter[str] = Counter()
    for place, fix in enumerate(fixes):
        beat(done=place, total=len(fixes))
        counts.update(measure(fix, now=now))
    return dict(counts)


def ring(*, trigger: str, by: User | None = None) -> jobs.JobRun | None:
    """Queue a measurement, if anything is watched; one that waits is not queued twice."""
    if not watched(timezone.now()).exists():
        return None
    return jobs.start("errors.verify", "fixes", trigger=trigger, by=by)


def watched(now: datetime) -> QuerySet[Fix]:
    """Fixes in effect that wait for an answer, and those that held."""
    waiting = Q(outcome=Fix.Outcome.WAITING, effective_at__lte=now)
    held = Q(outcome=Fix.Outcome.VERIFIED, pattern__status=S.HELD)
    return Fix.objects.filter(waiting | held)


def measure(fix: Fix, *, now: datetime) -> dict[str, int]:
    """Measure one fix and keep the answer if it, or its numbers, changed. Other answers than "waiting" and "it helped"
    are final."""
    outcome, details = None, {}
    if fix.outcome == Fix.Outcome.WAITING:
        outcome = _first(fix, now)
        if outcome.answer is Answer.VERIFIED:
            details["until"] = _last_settled(fix, now).isoformat()
    elif fix.outcome == Fix.Outcome.VERIFIED:
        outcome = _later(fix, now)
    return keep(fix, outcome, now=now, **details) if outcome else {"unchanged": 1}


def _first(fix: Fix, now: datetime) -> Outcome:
    rate, pending = rate_of(fix.scope, since=fix.effective_at, now=now)
    before, after = traffic(fix, now)
    return judge(
        rate,
        target=fix.target_rate,
        pending=pending,
        is_over=now >= fix.verify_until,
        before=before,
        after=after,
        content=_content(fix, before),
    )


def _content(fix: Fix, before: Traffic) -> str:
    """The attribute that says what people read: the template, or the campaign where no template is known."""
    if fix.changed == Fix.Changed.CONTENT:
        return ""
    templates = before.by.get("template", {})
    if set(templates) - {""}:
        return "template"
    return "campaign" if "campaign" in before.by else ""


def _last_settled(fix: Fix, now: datetime) -> datetime:
    """When the last send was submitted that the answer of `now` rests on."""
    sends = SendAttempt.objects.settled().filter(
        slices.inside(fix.scope), submitted_at__gte=fix.effective_at, submitted_at__lte=now
    )
    last: datetime = sends.aggregate(last=Max("submitted_at"))["last"]
    return last


def _verified_until(fix: Fix) -> datetime:
    """From when on sends are news to a fix that was verified: after the last one its answer rests on. That is not
    the moment of the answer, because a log comes in later than its sends were submitted."""
    assert fix.settled_at is not None
    answer = fix.verifications.filter(outcome=Fix.Outcome.VERIFIED).order_by("-pk").first()
    until = answer.details.get("until") if answer else None
    return datetime.fromisoformat(until) + timedelta.resolution if until else fix.settled_at


def _later(fix: Fix, now: datetime) -> Outcome | None:
    """Whether it still holds; None while the counts by hour give no reason to look closer."""
    since = max(_verified_until(fix), now - LATELY)
    # The hour of `since` holds sends of before it as well, which may hide what came after.
    roughly = (_summed(fix.scope, start, now) for start in (next_hour(since), hour_of(since)))
    if all(rate.value <= fix.target_rate for rate in roughly):
        return None
    rate, _ = rate_of(fix.scope, since=since, now=now)
    outcome = judge_later(rate, target=fix.target_rate)
    return outcome if outcome.answer is Answer.REGRESSED else None


# --- Counting -------------------------------------------------------------------------------------------------


def young(now: datetime) -> Q:
    """Sends without a final report that may still get one."""
    waited_for = Q(pk__in=[])
    for deadline in overdue.deadlines(settings.SEND_LOG["final_after_hours"]):
        if deadline.after is not None:
            waited_for |= deadline.whose & Q(submitted_at__gt=now - deadline.after)
    return ~Q(status__in=FINAL) & waited_for


def rate_of(scope: slices.Attributes, *, since: datetime, now: datetime) -> tuple[Rate, int]:
    """The failure rate of the mature sends of a scope, and how many are too young to tell.

    One person counts once for one campaign and template: failed if none of the tries arrived."""
    since = max(since, _bounded(scope, since, now))
    sends = SendAttempt.objects.filter(slices.inside(scope), submitted_at__gte=since, submitted_at__lte=now)
    # Somebody we cannot tell from others is as many people as messages.
    sends = sends.annotate(
        nobody=Case(When(number=None, recipient="", then=F("message_ref")), default=Value(""))
    )
    by_message = intents(sends, "nobody", open=Count("pk", filter=young(now)))
    found = by_message.aggregate(
        delivered=how_many(Q(arrived__gt=0)),
        failed=how_many(Q(arrived=0, open=0, lost__gt=0)),
        pending=how_many(Q(arrived=0, open__gt=0)),
    )
    failed = found["failed"] or 0
    return Rate(failed, failed + (found["delivered"] or 0)), found["pending"] or 0


def _bounded(scope: slices.Attributes, since: datetime, now: datetime) -> datetime:
    """From where on at most MOST_SENDS sends of the scope were submitted."""
    hours = (
        AttemptHour.objects.filter(slices.inside(scope, at="hour"), hour__gte=hour_of(since), hour__lte=now)
        .order_by("-hour")
        .values("hour")
        .annotate(sends=Sum("attempts"))
        .values_list("hour", "sends")
    )
    total = 0
    for hour, sends in hours:
        total += sends
        if total > MOST_SENDS:
            return hour if total == sends else next_hour(hour + timedelta(minutes=1))
    return since


def _summed(scope: slices.Attributes, start: datetime, end: datetime) -> Rate:
    counted = AttemptHour.objects.filter(slices.inside(scope, at="hour"), hour__gte=start, hour__lt=end)
    found = counted.aggregate(failed=Sum("failed"), delivered=Sum("delivered"))
    failed = found["failed"] or 0
    return Rate(failed, failed + (found["delivered"] or 0))


def traffic(fix: Fix, now: datetime) -> tuple[Traffic, Traffic]:
    """What was sent before the fix, while the pattern was there, and since, by what neither the scope nor the change
    itself settles."""
    slice_before = fix.observed.get("attributes") or fix.pattern.attributes
    names = [
        name for name in MIX if name not in {*fix.scope, *slice_before, *CHANGES.get(fix.changed, set())}
    ]
    turn, turned = hour_of(fix.effective_at), next_hour(fix.effective_at)
    start = max(fix.pattern.first_seen_at, turn - BEFORE)
    if start >= turn:
        start = turn - timedelta(days=1)
    return _traffic(slice_before, start, turn, names), _traffic(fix.scope, turned, now, names)


def _traffic(scope: slices.Attributes, start: datetime, end: datetime, names: list[str]) -> Traffic:
    counted = AttemptHour.objects.filter(slices.inside(scope, at="hour"), hour__gte=start, hour__lt=end)
    by: dict[str, dict[str, Rate]] = {}
    for name in names:
        rows = counted.order_by().values_list(name).annotate(lost=Sum("failed"), arrived=Sum("delivered"))
        by[name] = {value: Rate(lost, lost + arrived) for value, lost, arrived in rows if lost + arrived}
    days = max((end - start).total_seconds(), 0) / 86_400
    return Traffic(days, _summed(scope, start, end), by)


# --- The answer -----------------------------------------------------------------------------------------------


@transaction.atomic
def keep(fix: Fix, outcome: Outcome, *, now: datetime, **details: Any) -> dict[str, int]:
    """Write down a measurement whose answer or numbers are new, and move the fix and its pattern with the answer.

    Two at once, or one twice, write it once: the later one finds it written."""
    current = Fix.objects.select_for_update(of=("self",)).select_related("pattern").get(pk=fix.pk)
    if current.outcome != fix.outcome:
        return {"unchanged": 1}
    last = current.verifications.order_by("-pk").first()
    numbers = (outcome.answer.value, outcome.rate.settled, outcome.rate.failed)
    if last is not None and (last.outcome, last.settled, last.failed) == numbers:
        return {"unchanged": 1}
    low, high = outcome.rate.interval()
    Verification.objects.create(
        fix=current,
        outcome=outcome.answer.value,
        why=outcome.why,
        settled=outcome.rate.settled,
        failed=outcome.rate.failed,
        rate_low=low,
        rate_high=high,
        details={"needed": outcome.needed, "pending": outcome.pending, **details},
        measured_at=now,
    )
    if outcome.answer.value != current.outcome:
        Fix.objects.filter(pk=current.pk).update(outcome=outcome.answer.value, settled_at=now)
        _move(current.pattern, outcome)
    return {outcome.answer.value: 1}


def _move(pattern: Pattern, outcome: Outcome) -> None:
    """Take the pattern along. Whoever owns it sees it among their own again when it is open or came back."""
    pattern = Pattern.objects.select_for_update().get(pk=pattern.pk)
    source, to = AFTERWARDS[outcome.answer]
    if pattern.status == source:
        pattern.move(to, note=f"{Fix.Outcome(outcome.answer.value).label}: {outcome.why}")


def found_again(pattern: Pattern, look: PatternRun) -> bool:
    """A pattern that held was found by a look at sends submitted after the fix: it came back."""
    fix = pattern.fixes.filter(outcome=Fix.Outcome.VERIFIED).order_by("-effective_at", "-pk").first()
    if fix is None or look.starts_at < fix.effective_at:
        return False
    if look.ends_at <= _verified_until(fix):
        return False
    rate = Rate(pattern.failures, pattern.attempts)
    why = (
        f"Found again: {rate.failed:,} of {rate.settled:,} failed between {look.starts_at:%Y-%m-%d %H:%M} and "
        f"{look.ends_at:%Y-%m-%d %H:%M} UTC, about {pattern.expected:,.0f} expected."
    )
    outcome = Outcome(Answer.REGRESSED, why, rate, 0)
    return Answer.REGRESSED.value in keep(fix, outcome, now=timezone.now(), look=look.pk)
