"""Keep the send log for as long as it is needed, and no longer: texts first, whole attempts later.

Texts and the file's other cells go after SEND_LOG["body_days"]; what was measured of a text stays. Attempts go after
SEND_LOG["row_days"], with their reports and their counts. Everything happens in small committed steps, each of them
on record; running twice or again after a kill goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from backoffice import audit, jobs
from backoffice.models.append_only import protect
from errors import postgres, rollup
from errors.models import AttemptEvent, ParkedEvent, SendAttempt
from errors.models.attempt import KEPT

STEP = 5_000  # rows in one transaction
NOTHING: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """What was submitted before these moments has had its time. Full days of UTC: once a day there is work."""

    content: datetime
    rows: datetime


def limits(now: datetime) -> Limits:
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    days = settings.SEND_LOG
    return Limits(today - timedelta(days=days["body_days"]), today - timedelta(days=days["row_days"]))


def retain(subject: str, *, beat: jobs.Progress, **_: Any) -> dict[str, int]:
    """Remove what has had its time. Raises Refused where the database was told to keep it longer."""
    until = limits(timezone.now())
    counts: Counter[str] = Counter()
    try:
        for step in (_remove_attempts, _remove_strays, _trim):
            _in_steps(step, until, counts, beat)
    except DatabaseError as error:
        if "append-only" not in str(error):
            raise
        raise jobs.Refused(
            f"The database still guards reports that are older than {KEPT.days} days (SEND_LOG_ROW_DAYS): it was "
            "told a longer time. Run “manage.py retain_sends --guard” to make it follow the setting."
        ) from error
    return dict(counts)


def ring(*, trigger: str, by: User | None = None) -> jobs.JobRun | None:
    """Queue the work, if there is any."""
    due = _due(limits(timezone.now()))
    # Strays are few and have no index: they go with the others.
    if not (due["attempts"].exists() or due["texts"].exists()):
        return None
    return jobs.start("errors.retain", "send log", trigger=trigger, by=by)


def foresee(now: datetime) -> dict[str, int]:
    """How much a run would find to do, with nothing done."""
    return {name: rows.count() for name, rows in _due(limits(now)).items()}


def guard() -> None:
    """Make the database refuse to remove reports that SEND_LOG["row_days"] still keeps, as it is set now."""
    with transaction.atomic():
        protect(connection, AttemptEvent._meta.db_table, KEPT)


def _due(until: Limits) -> dict[str, Any]:
    young = AttemptEvent.objects.filter(attempt_key=OuterRef("key")).happened_since(until.rows)
    return {
        "attempts": SendAttempt.objects.filter(~Exists(young), submitted_at__lt=until.rows),
        "strays": AttemptEvent.objects.strays().happened_before(until.rows),
        "texts": SendAttempt.objects.with_content().filter(submitted_at__lt=until.content),
    }


# --- Steps: each takes the place where the last one stopped, and returns the next with what was done ------------

Place = tuple[datetime, int]  # time and key of the last row that was looked at
Step = Callable[[Limits, Place | None], tuple[Place | None, dict[str, int]]]


def _in_steps(step: Step, until: Limits, counts: Counter[str], beat: jobs.Progress) -> None:
    place: Place | None = None
    while True:
        with transaction.atomic():
            place, done = step(until, place)
        counts.update({name: count for name, count in done.items() if count})
        if place is None:
            return
        beat(done=sum(counts.values()), can_go_on=True)


def _beyond(place: Place | None, column: str) -> Q:
    """Rows after this one, in the order of time."""
    if place is None:
        return Q()
    at, pk = place
    return Q(**{f"{column}__gte": at}) & ~Q(**{column: at, "pk__lte": pk})


def _next(rows: Sequence[tuple[Any, ...]]) -> Place | None:
    return (rows[-1][1], rows[-1][0]) if len(rows) == STEP else None


def _remove_attempts(until: Limits, place: Place | None) -> tuple[Place | None, dict[str, int]]:
    """Attempts with their reports. One that was reported on lately stays until those reports are old as well, and keeps
    all of them meanwhile: its state is what they say together."""
    old = _due(until)["attempts"].filter(_beyond(place, "submitted_at")).order_by("submitted_at", "pk")
    rows = list(old.values_list("pk", "submitted_at", "key")[:STEP])
    if not rows:
        return None, NOTHING
    pks = [pk for pk, _, _ in rows]
    # As those who bring attempts do: a report that comes meanwhile either keeps its attempt or waits for one.
    postgres.take_turn({name.casefold() for name in _providers(pks)})
    list(
        SendAttempt.objects.select_for_update(no_key=True).filter(pk__any_of=pks).order_by("pk").values("pk")
    )
    reports = AttemptEvent.objects.of_attempts(key for _, _, key in rows)
    # Reported on since the rows were chosen.
    stay = set(reports.happened_since(until.rows).values_list("attempt_key", flat=True))
    gone = [row for row in rows if row[2] not in stay]
    forgotten = 0
    if gone:
        forgotten = AttemptEvent.objects.of_attempts(key for _, _, key in gone).forget()
        chosen = SendAttempt.objects.filter(pk__any_of=[pk for pk, _, _ in gone])
        SendAttempt.objects.filter(parent__any_of=[pk for pk, _, _ in gone]).update(parent=None)
        chosen.delete()
        rollup.touch(at for _, at, _ in gone)
        _note("send_log.remove", gone, attempts=len(gone), reports=forgotten)
    return _next(rows), {"attempts_removed": len(gone), "reports_removed": forgotten}


def _providers(pks: Sequence[int]) -> Iterable[str]:
    found = SendAttempt.objects.filter(pk__any_of=pks).order_by()
    return found.values_list("provider", flat=True).distinct()


def _remove_strays(until: Limits, place: Place | None) -> tuple[Place | None, dict[str, int]]:
    """Reports whose attempt never came, or was known under another reference. In the order they were kept, which is
    that of their arrival: no index is needed, because the old ones stand in front."""
    walked = AttemptEvent.objects.filter(pk__gt=place[1] if place else 0).order_by("pk")
    rows = list(walked.values_list("pk", "received_at")[:STEP])
    old = AttemptEvent.objects.strays().filter(
        pk__any_of=[pk for pk, received_at in rows if received_at < until.rows]
    )
    gone = list(old.happened_before(until.rows).values_list("pk", flat=True))
    if gone:
        ParkedEvent.objects.filter(pk__any_of=gone).delete()
        AttemptEvent.objects.filter(pk__any_of=gone).forget()
        _note("send_log.remove", rows, reports=len(gone))
    following = _next(rows)
    return (following if following and following[0] < until.rows else None), {"reports_removed": len(gone)}


def _trim(until: Limits, place: Place | None) -> tuple[Place | None, dict[str, int]]:
    old = _due(until)["texts"].filter(_beyond(place, "submitted_at")).order_by("submitted_at", "pk")
    rows = list(old.values_list("pk", "submitted_at")[:STEP])
    if rows:
        SendAttempt.objects.filter(pk__any_of=[pk for pk, _ in rows]).update(body="", request={})
        _note("send_log.trim", rows, attempts=len(rows))
    return _next(rows), {"texts_removed": len(rows)}


def _note(action: str, rows: Sequence[tuple[Any, ...]], **counts: Any) -> None:
    """One entry per step, in its transaction, under the first attempt or report of it."""
    since, until = (row[1].isoformat(timespec="seconds") for row in (rows[0], rows[-1]))
    audit.record(None, action, SendAttempt(pk=rows[0][0]), since=since, until=until, **counts)
