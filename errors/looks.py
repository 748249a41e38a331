"""Which windows of the log are looked at for patterns, against what, and when a look is due."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Max, Q, Sum

from backoffice import audit, jobs
from errors.models import AttemptHour, PatternRun
from errors.windows import HOUR, hour_of

DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
Kind = PatternRun.Kind
# What a window is compared with: the same hours of the days before, the same days of the weeks before, itself.
DAYS, WEEKS, REST = "days", "weeks", "rest"


@dataclass(frozen=True, slots=True)
class Window:
    """What one look looks at, in whole hours. `baseline`: the stretches it is compared with; none: the rest of the
    same window."""

    kind: PatternRun.Kind
    starts_at: datetime
    ends_at: datetime
    baseline: tuple[Span, ...] = ()

    @property
    def span(self) -> Span:
        return (self.starts_at, self.ends_at)


def window_of(kind: str, starts_at: datetime, ends_at: datetime, against: str) -> Window:
    """The window with the stretches of time it is compared with, the nearest first."""
    length = ends_at - starts_at
    if against == DAYS:
        step, times = DAY * max(1, -(-length // DAY)), int(settings.PATTERNS["baseline_days"])
    elif against == WEEKS:
        step, times = 7 * DAY * max(1, -(-length // (7 * DAY))), int(settings.PATTERNS["baseline_weeks"])
    else:
        step, times = DAY, 0
    before = tuple((starts_at - n * step, ends_at - n * step) for n in range(1, times + 1))
    return Window(Kind(kind), starts_at, ends_at, before)


def during(spans: Sequence[Span], column: str) -> Q:
    """The condition that a moment lies in one of these stretches."""
    return reduce(or_, (Q(**{f"{column}__gte": start, f"{column}__lt": end}) for start, end in spans))


def totals(span: Span) -> tuple[int, int]:
    """Settled sends and failures of a stretch of whole hours."""
    found = AttemptHour.objects.between(*span).aggregate(delivered=Sum("delivered"), failures=Sum("failed"))
    failures = found["failures"] or 0
    return (found["delivered"] or 0) + failures, failures


def ring(*, trigger: str, now: datetime) -> list[jobs.JobRun]:
    """Queue a look at every window with numbers that nobody looked at yet; one that waits is not queued twice."""
    return [_start(window, against, trigger=trigger) for window, against in due(now)]


def ask(starts_at: datetime, ends_at: datetime, against: str, *, by: User) -> jobs.JobRun:
    """Queue a look that somebody asked for, at whole hours."""
    window = window_of(Kind.ASKED, hour_of(starts_at), hour_of(ends_at), against)
    run = _start(window, against, trigger=jobs.JobRun.Trigger.STAFF, by=by, token=uuid.uuid4().hex)
    audit.record(by, "pattern.detect", run, window=run.subject, against=against)
    return run


def _start(window: Window, against: str, *, trigger: str, **more: Any) -> jobs.JobRun:
    start, end = (at.astimezone(UTC) for at in window.span)
    return jobs.start(
        "errors.detect",
        f"{window.kind.value} {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
        trigger=trigger,
        look=window.kind.value,
        starts_at=start.isoformat(),
        ends_at=end.isoformat(),
        against=against,
        **more,
    )


def due(now: datetime) -> list[tuple[Window, str]]:
    """Windows, each with what it is compared with, whose counts are not those of the last look at them: new ones, and
    those that late reports or late files changed by more than a hundredth. The oldest first."""
    end = hour_of(now)
    looks = [(window_of(Kind.DAILY, day, day + DAY, WEEKS), WEEKS) for day in _days(now)]
    looks.append((window_of(Kind.HOURLY, end - settings.PATTERNS["hours"] * HOUR, end, DAYS), DAYS))
    return [(window, against) for window, against in looks if _has_news(window)]


def _days(now: datetime) -> list[datetime]:
    """When the last full days of the log (UTC) begin, the oldest first. Logs come in late: the newest day that is
    there counts, not the clock's."""
    newest = AttemptHour.objects.aggregate(newest=Max("hour"))["newest"]
    if newest is None:
        return []
    end = min(hour_of(now).replace(hour=0), hour_of(newest).replace(hour=0) + DAY)
    return [end - n * DAY for n in range(int(settings.PATTERNS["looked_back_days"]), 0, -1)]


def _has_news(window: Window) -> bool:
    attempts, failures = totals(window.span)
    looks = PatternRun.objects.filter(kind=window.kind, starts_at=window.starts_at, ends_at=window.ends_at)
    last = looks.order_by("-pk").first()
    if last is None:
        return attempts > 0
    return abs(attempts - last.attempts) + abs(failures - last.failures) > 0.01 * last.attempts
