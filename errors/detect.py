"""Look for patterns in a window of sends, and keep what is known of them in step with what is found.

A look reads grouped counts, never single sends; what it found is stored in one transaction, under a token: the same
window with the same numbers again adds nothing, and a killed worker leaves nothing half done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import jobs
from errors import counted, patterns, slices, verify
from errors.catalogue import Catalogue, Category, Severity
from errors.looks import DAY, DAYS, REST, WEEKS, Kind, Window, totals, window_of
from errors.models import (
    ErrorCode,
    Pattern,
    PatternEvent,
    PatternRun,
    SendAttempt,
    Sighting,
)
from errors.sightings import Seen, seen_in
from errors.windows import hour_of

S = Pattern.Status
QUIET_LOOKS = 2  # daily looks in a row that do not find a pattern any more, after which it is gone
TRIES = 3  # two looks that meet one new pattern at the same moment: the slower one starts over


def detect(
    subject: str,
    *,
    beat: jobs.Progress,
    look: str,
    starts_at: str,
    ends_at: str,
    against: str,
    token: str = "",
) -> dict[str, int]:
    """Look for patterns in a window and store what was found. Returns counts; {} if that was done before.

    `look` is its kind (PatternRun.Kind), `starts_at` and `ends_at` are ISO texts with their zone, `against` is "days",
    "weeks" or "rest", `token` that of a request. Raises jobs.Refused for a window that is none."""
    window = _read(look, starts_at, ends_at, against)
    began = time.monotonic()
    beat(done=0, total=4)
    counted.count_touched([window.span])
    attempts, failures = totals(window.span)
    token = (
        token
        or f"{window.kind.value}:{window.starts_at:%Y%m%d%H}:{window.ends_at:%Y%m%d%H}:{attempts}:{failures}"
    )
    if PatternRun.objects.filter(token=token).exists():
        return {}
    beat(done=1)
    window, found = _find(window)
    beat(done=2)
    seen = seen_in(window, found.patterns)
    beat(done=3)
    run = PatternRun(
        token=token,
        kind=window.kind,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        baseline=[[start.isoformat(), end.isoformat()] for start, end in window.baseline],
        attempts=attempts,
        failures=failures,
        looked_at=found.tests,
        drift=found.drift if window.baseline else None,
        found=len(seen),
        seconds=time.monotonic() - began,
    )
    return {"attempts": attempts, "failures": failures, "found": len(seen), **keep(run, seen)}


def _read(kind: str, starts_at: str, ends_at: str, against: str) -> Window:
    try:
        start, end = datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)
        known = Kind(kind)
    except ValueError as problem:
        raise jobs.Refused(f"This is no window to look at: {problem}.") from problem
    if start.tzinfo is None or end.tzinfo is None or against not in {DAYS, WEEKS, REST}:
        raise jobs.Refused(
            "A window needs a beginning and an end with their zone, and what it is compared with."
        )
    if hour_of(start) >= hour_of(end):
        raise jobs.Refused("A window ends at least an hour after its beginning.")
    return window_of(known, hour_of(start), hour_of(end), against)


def _find(window: Window) -> tuple[Window, patterns.Found]:
    """What the search finds, and the window with the comparison that was possible: a log too young to have the same
    weekday before is compared with the days before, one without any past with itself."""
    wanted = settings.PATTERNS
    limits = patterns.Limits(
        min_excess=wanted["min_excess"],
        min_share=wanted["min_share"],
        min_ratio=wanted["min_ratio"],
        false_discoveries=wanted["false_discoveries"],
    )
    current = counted.counts([window.span])
    baseline = counted.usual_counts(window.baseline) if window.baseline else None
    if baseline is not None and not len(baseline.attempts) and window.kind == Kind.DAILY:
        window = window_of(window.kind, window.starts_at, window.ends_at, DAYS)
        baseline = counted.usual_counts(window.baseline)
    if baseline is None or not len(baseline.attempts):
        window, baseline = replace(window, baseline=()), None
    return window, patterns.find(current, baseline, limits=limits)


# --- What is stored -------------------------------------------------------------------------------------------


def keep(look: PatternRun, seen: Sequence[Seen]) -> dict[str, int]:
    """Store a look and what it found: patterns made, refreshed, opened again, closed. {} if it is stored already."""
    for attempt in range(TRIES):
        try:
            return _keep(look, seen)
        except IntegrityError:
            if PatternRun.objects.filter(token=look.token).exists():
                return {}
            if attempt == TRIES - 1:
                raise
            look.pk = None
    raise AssertionError("unreachable")


@transaction.atomic
def _keep(look: PatternRun, seen: Sequence[Seen]) -> dict[str, int]:
    look.save(force_insert=True)
    counts: Counter[str] = Counter()
    catalogue = ErrorCode.objects.as_catalogue()
    live = list(Pattern.objects.select_for_update().exclude(status=S.CLOSED).order_by("pk"))
    for one in seen:
        pattern = next((known for known in live if _is_same(known, one)), None) or _closed(one)
        if pattern is None:
            pattern = _new(look, one, catalogue)
            live.append(pattern)
            counts["new"] += 1
        else:
            counts.update(_found_again(pattern, look, one, catalogue))
        Sighting.objects.create(
            pattern=pattern,
            run=look,
            attempts=one.attempts,
            failures=one.failures,
            recipients=one.recipients,
            expected=one.expected,
            lift=one.failures / max(one.expected, 0.1),
            p_value=one.p_value,
            codes=[list(code) for code in one.codes],
        )
    counts.update(_end_mutes(timezone.now()))
    counts.update(_close_gone(look))
    return {name: count for name, count in counts.items() if count}


def _is_same(pattern: Pattern, one: Seen) -> bool:
    """The same slice, or one that selects the same sends by other words."""
    if pattern.key == one.key:
        return True
    whole = {**pattern.attributes, **pattern.same_as}
    return pattern.attributes.items() <= one.whole.items() and one.attributes.items() <= whole.items()


def _closed(one: Seen) -> Pattern | None:
    closed = Pattern.objects.select_for_update().filter(key=one.key, status=S.CLOSED)
    return closed.order_by("-pk").first()


def _category(one: Seen, catalogue: Catalogue) -> Category:
    return catalogue.look_up(*one.codes[0][:2]).category if one.codes else Category.UNKNOWN


def _new(look: PatternRun, one: Seen, catalogue: Catalogue) -> Pattern:
    pattern = Pattern.objects.create(
        key=one.key,
        category=_category(one, catalogue).value,
        first_seen_at=look.starts_at,
        last_seen_at=look.ends_at,
        **one.numbers(),
    )
    PatternEvent.objects.create(pattern=pattern, old="", new=S.OPEN, note="Found.")
    return pattern


def _found_again(pattern: Pattern, look: PatternRun, one: Seen, catalogue: Catalogue) -> dict[str, int]:
    """Newer numbers, and what follows from them. An older window tells nothing new about how it stands."""
    if look.ends_at < pattern.last_seen_at or (
        pattern.status == S.CLOSED and look.ends_at == pattern.last_seen_at
    ):
        return {"seen_before": 1}
    category = _category(one, catalogue)
    rises = _severity(category) > _severity(Category(pattern.category or Category.UNKNOWN))
    news = {**one.numbers(), "category": category.value, "last_seen_at": look.ends_at}
    Pattern.objects.filter(pk=pattern.pk).update(**news)
    for name, value in news.items():
        setattr(pattern, name, value)
    if pattern.status == S.CLOSED:
        pattern.move(S.OPEN, note="Found again.", closed_at=None)
        return {"opened_again": 1}
    if pattern.status == S.HELD:
        return {"regressed": int(verify.found_again(pattern, look))}
    if pattern.status == S.MUTED and (why := _mute_ends(pattern, look, rises)):
        unmute(pattern, why)
        return {"unmuted": 1}
    return {"refreshed": 1}


def _severity(category: Category) -> int:
    return list(Severity).index(category.facts.severity)


def _mute_ends(pattern: Pattern, look: PatternRun, rises: bool) -> str:
    """Why a mute ends with this look; "" if it does not."""
    if rises:
        return f"Worse than when it was muted: {Category(pattern.category).label}."
    most = pattern.muted_until_failures
    if most is not None and pattern.failures >= most:
        return f"{pattern.failures:,} failures in one look; it was muted up to {most:,}."
    if pattern.muted_template_version and (version := _new_version(pattern, look)):
        return f"Template version {version} is sent now; it was muted up to the next one."
    return ""


def _new_version(pattern: Pattern, look: PatternRun) -> str:
    """A version of the template that was not yet sent when the pattern was muted."""
    sends = SendAttempt.objects.filter(slices.inside(pattern.attributes))
    muted = pattern.events.filter(new=S.MUTED).exclude(old=S.MUTED).order_by("-pk").first()
    versions = sends.between(look.starts_at, look.ends_at).exclude(
        template_version__in=["", pattern.muted_template_version]
    )
    for version in (
        versions.order_by("template_version").values_list("template_version", flat=True).distinct()[:20]
    ):
        known = sends.filter(template_version=version)
        if muted is None or not known.between(muted.at - 30 * DAY, muted.at).exists():
            return str(version)
    return ""


NO_MUTE: dict[str, Any] = {"muted_until": None, "muted_until_failures": None, "muted_template_version": ""}


def unmute(pattern: Pattern, why: str) -> None:
    pattern.move(S.OPEN, note=why, **NO_MUTE)


def _end_mutes(now: datetime) -> dict[str, int]:
    over = list(
        Pattern.objects.select_for_update().filter(status=S.MUTED, muted_until__lte=now).order_by("pk")
    )
    for pattern in over:
        unmute(pattern, "The time it was muted for is over.")
    return {"unmuted": len(over)}


def _close_gone(look: PatternRun) -> dict[str, int]:
    """After the newest daily look: what no look found since the one before the last is gone. Muted ones stay muted,
    and whether a fixed one is gone, its verification says."""
    if look.kind != Kind.DAILY:
        return {}
    daily = PatternRun.objects.filter(kind=Kind.DAILY).order_by("-starts_at")
    newest = list(daily.values_list("starts_at", flat=True).distinct()[:QUIET_LOOKS])
    if len(newest) < QUIET_LOOKS or look.starts_at != newest[0]:
        return {}
    gone = Pattern.objects.select_for_update().filter(
        status__in=Pattern.TO_WORK_ON, last_seen_at__lte=newest[-1]
    )
    for pattern in gone.order_by("pk"):
        pattern.move(
            S.CLOSED, note=f"Not found in the last {QUIET_LOOKS} daily looks.", closed_at=timezone.now()
        )
    return {"closed": len(gone)}
