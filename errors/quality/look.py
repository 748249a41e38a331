"""Make the stored findings match what is so: raise what is new, close what is over, touch nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import Max
from django.utils import timezone

from backoffice import jobs
from backoffice.models import JobRun
from consent.models import Number, SystemRecord
from errors.models import AttemptHour, NumberFinding, QualityFinding, SendAttempt
from errors.quality.found import FINDERS, OF_NUMBERS, Found, Kind, Look

STEP: Final = 1_000  # rows of one statement
QUIET: Final = 24 * 3600  # seconds; time alone changes what is out of date or lately
MOST_NUMBERS: Final = 5_000_000  # of one look; read in a minute


def look(
    subject: str, *, beat: jobs.Progress, after: int = 0, until: int = MOST_NUMBERS, **_: Any
) -> dict[str, int]:
    """Look for everything; for what is wrong with a number by itself only after `after` up to `until`. Safe to run
    twice and to be stopped anywhere: every step is committed by itself."""
    one = Look(timezone.now(), after, until, alive=beat)
    raised = closed = 0
    for place, (kind, finder) in enumerate(FINDERS.items(), start=1):
        new, gone = match(kind, finder(one), one)
        raised, closed = raised + new, closed + gone
        beat(done=place, total=len(FINDERS))
    return {"raised": raised, "closed": closed}


def ring(*, trigger: str, by: User | None = None) -> JobRun | None:
    """Queue a look if anything it reads has changed since the last one, numbers wait, or a day has gone by."""
    now, last = timezone.now(), _last()
    seen = marks()  # what comes from now on is news for the next one
    if last is not None and last.finished_at is not None:
        age = (now - last.finished_at).total_seconds()
        if age < QUIET and _is_round_over(last) and seen == last.params["seen"]:
            return None
    after, began = _round(last, now)
    return jobs.start(
        "errors.quality",
        "numbers and campaigns",
        trigger=trigger,
        by=by,
        after=after,
        until=min(after + MOST_NUMBERS, seen["last_number"]),
        round_began=began,
        seen=seen,
    )


def _last() -> JobRun | None:
    """The last look that knows where it stood."""
    done = JobRun.objects.filter(kind="errors.quality", status=JobRun.Status.DONE, params__has_key="seen")
    return done.order_by("-pk").first()


def _is_round_over(last: JobRun) -> bool:
    return bool(last.params["until"] >= last.params["seen"]["last_number"])


def _round(last: JobRun | None, now: datetime) -> tuple[int, int]:
    """(the number after which the next look begins, when its round began in seconds since 1970).

    A number by itself stays right or wrong until the numbering plans change, so a round through all of them is made
    once a day; between, only those that are new are read. The day's round also finds what was written under a lower
    primary key and committed later."""
    if last is not None:
        is_young = now.timestamp() - last.params["round_began"] < QUIET
        if is_young or not _is_round_over(last):
            return last.params["until"], last.params["round_began"]
    return 0, int(now.timestamp())


def marks() -> dict[str, int]:
    """How far the tables are that a look reads: if none has moved, neither has what is found."""
    changed = SystemRecord.objects.aggregate(changed=Max("number_changed_at"))["changed"]
    hour = AttemptHour.objects.aggregate(last=Max("pk"))["last"]
    failing = NumberFinding.objects.suppressed()
    last_failed = failing.aggregate(last=Max("last_failed_at"))["last"]
    return {
        "last_number": Number.objects.aggregate(last=Max("pk"))["last"] or 0,
        "last_record": SystemRecord.objects.aggregate(last=Max("pk"))["last"] or 0,
        "last_send": SendAttempt.objects.aggregate(last=Max("pk"))["last"] or 0,
        "last_count": hour or 0,
        "failing_numbers": failing.count(),
        "last_failure": int(last_failed.timestamp()) if last_failed else 0,
        "last_move": int(changed.timestamp()) if changed else 0,
    }


def match(kind: Kind, found: Iterable[Found], look: Look) -> tuple[int, int]:
    """(raised, closed) of one kind. Only differences are written. All is read before the first write: looking through
    the whole log takes long, and nobody who has to write an opt-out may wait for it."""
    found = list(found)
    rows = QualityFinding.objects.open().filter(kind=kind)
    if kind in OF_NUMBERS:
        rows = rows.filter(number__gt=look.after, number__lte=look.until)
    told = rows.values_list("subject", "pk", "facts").iterator(10 * STEP)
    known = {subject: (pk, facts) for subject, pk, facts in told}
    raised = 0
    changed: list[QualityFinding] = []
    new = _new(kind, found, known, changed, look.now)
    while some := list(islice(new, STEP)):
        raised += len(QualityFinding.objects.bulk_create(some))
        look.alive()
    for start in range(0, len(changed), STEP):
        QualityFinding.objects.bulk_update(changed[start : start + STEP], ["facts", "seen_at"])
        look.alive()
    gone = [pk for pk, _ in known.values()]
    for start in range(0, len(gone), STEP):
        QualityFinding.objects.filter(pk__any_of=gone[start : start + STEP]).update(closed_at=look.now)
        look.alive()
    return raised, len(gone)


def _new(
    kind: Kind,
    found: Iterable[Found],
    known: dict[str, tuple[int, Any]],
    changed: list[QualityFinding],
    now: datetime,
) -> Iterator[QualityFinding]:
    """Takes what is still so out of `known`, so that the rest is over."""
    for one in found:
        pk, facts = known.pop(one.subject, (0, None))
        if not pk:
            yield QualityFinding(
                kind=kind,
                subject=one.subject,
                number_id=one.number_id,
                campaign=one.campaign,
                template=one.template,
                facts=one.facts,
                found_at=now,
                seen_at=now,
            )
        elif facts != one.facts:
            changed.append(QualityFinding(pk=pk, facts=one.facts, seen_at=now))
