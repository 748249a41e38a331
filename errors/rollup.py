"""Count the log by hour: what overviews and the search for patterns read instead of millions of rows.

Whoever writes attempts touches their hours in the same transaction; a touched hour is counted anew, whole. So a count
is never patched, late reports and removed rows need no rule of their own, and running twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.db.models import Count, Q, Value
from django.db.models.functions import TruncHour

from backoffice import jobs
from errors import life
from errors.models import DIMENSIONS, AttemptHour, SendAttempt, TouchedHour
from errors.windows import HOUR, hour_of

HOURS_AT_ONCE = 24  # between two signs of life; the busiest hours take half a second each


def rollup(subject: str, *, beat: jobs.Progress, **_: Any) -> dict[str, int]:
    """Count every hour that had news when the run began. Hours touched again meanwhile wait for the next one."""
    hours = iter(list(TouchedHour.objects.order_by("-hour").values_list("hour", flat=True)))
    counts: Counter[str] = Counter()
    while some := list(islice(hours, HOURS_AT_ONCE)):
        for hour in some:
            counts.update(count_hour(hour))
        beat(done=counts["hours"], can_go_on=True)
    return dict(counts)


def ring(*, trigger: str, by: User | None = None) -> jobs.JobRun | None:
    """Queue the counting, if any hour waits for it. A run that already waits is not queued twice."""
    if not TouchedHour.objects.exists():
        return None
    return jobs.start("errors.rollup", "touched hours", trigger=trigger, by=by)


def touch(moments: Iterable[datetime]) -> None:
    """Remember that attempts submitted at these moments are new, changed or gone; call it in their transaction.

    The row is written again even when it is there: that waits for a count that is just taking it away, so that
    what changed meanwhile is counted too. In one order for everybody, so that writers wait for each other instead
    of blocking each other."""
    hours = sorted({hour_of(moment) for moment in moments})
    TouchedHour.objects.bulk_create(
        [TouchedHour(hour=hour) for hour in hours],
        update_conflicts=True,
        unique_fields=["hour"],
        update_fields=["at"],
        batch_size=1000,
    )


def touch_all() -> int:
    """Have the whole log counted anew: every hour that has attempts, or counts of attempts. Reads every row once."""
    hours = set(AttemptHour.objects.order_by().values_list("hour", flat=True).distinct())
    by_hour = SendAttempt.objects.order_by().annotate(hour=TruncHour("submitted_at", tzinfo=UTC))
    hours.update(by_hour.values_list("hour", flat=True).distinct())
    touch(hours)
    return len(hours)


@transaction.atomic
def count_hour(hour: datetime) -> dict[str, int]:
    """Replace the counts of one touched hour by what its rows amount to; {} if nobody touched it.

    A killed worker leaves the old counts and the hour still touched."""
    # The news first: whoever writes into the hour from here on touches it again, and is waited for or waits.
    taken, _ = TouchedHour.objects.filter(pk=hour).delete()
    if not taken:
        return {}
    AttemptHour.objects.filter(hour=hour).delete()
    rows = _insert(AttemptHour, _counted(hour))
    return {"hours": 1, "rows": rows}


def _counted(hour: datetime) -> models.QuerySet[SendAttempt, dict[str, Any]]:
    """The attempts of one hour as rows of AttemptHour. Every submission counts, a resend too: what failed twice has
    failed twice. Where people are meant, count distinct numbers of the raw rows."""
    return (
        SendAttempt.objects.between(hour, hour + HOUR)
        .order_by()
        .values(*DIMENSIONS)
        .annotate(hour=Value(hour, output_field=models.DateTimeField()), **_totals())
    )


def _totals() -> dict[str, Count]:
    succeeded = sorted(status.value for status in life.SUCCEEDED)
    return {
        "attempts": Count("pk"),
        "delivered": Count("pk", filter=Q(status__in=succeeded)),
        "failed": Count("pk", filter=Q(is_failed=True)),
    }


def by_hour(attempts: models.QuerySet[SendAttempt]) -> dict[datetime, tuple[int, int, int]]:
    """(attempts, delivered, failed) of the rows themselves, by hour of UTC; what the counts have to equal."""
    hours = attempts.order_by().annotate(hour=TruncHour("submitted_at", tzinfo=UTC)).values("hour")
    rows = hours.annotate(**_totals()).values_list("hour", "attempts", "delivered", "failed")
    return {hour: (total, delivered, failed) for hour, total, delivered, failed in rows}


def _insert(model: type[models.Model], rows: models.QuerySet[Any, dict[str, Any]]) -> int:
    """INSERT … SELECT, which Django has no words for: the rows never leave the database."""
    names = [*rows.query.values_select, *rows.query.annotation_select]
    columns = ", ".join(f'"{name}"' for name in names)
    select, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{model._meta.db_table}" ({columns}) {select}', params)
        return int(cursor.rowcount)
