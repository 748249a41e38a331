"""What must always be so between attempts, the reports about them and the counts by hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from backoffice.identities import Identity, identity, sampled
from errors import record, rollup
from errors.models import AttemptEvent, AttemptHour, ParkedEvent, SendAttempt, TouchedHour
from errors.windows import hour_of

LOOKED_BACK = timedelta(days=7)  # of counts, unless the whole log is asked for
_COUNTS = ("attempts", "delivered", "failed")


def of_errors(*, whole: bool, now: datetime) -> Iterator[Identity]:
    yield identity("The state of an attempt is what its reports say", _other_states(whole))
    yield identity("Counts by hour are what the attempts say", _other_counts(whole, now))
    yield identity("No report waits for an attempt that is there", _waiting_for_nothing())


def _other_states(whole: bool) -> Iterator[str]:
    for some in sampled(SendAttempt.objects.all(), whole=whole):
        attempts = {
            row.key: row for row in SendAttempt.objects.filter(pk__any_of=some).defer("body", "request")
        }
        events = AttemptEvent.objects.of_attempts(attempts).as_events()
        rows = {attempts[key]: found for key, found in events.items() if key in attempts}
        yield from (f"attempt {pk}" for pk, *_ in record.out_of_date(rows))


def _other_counts(whole: bool, now: datetime) -> Iterator[str]:
    """Hours that nobody touched since they were counted."""
    touched = set(TouchedHour.objects.values_list("hour", flat=True))
    counted, raw = AttemptHour.objects.all(), SendAttempt.objects.all()
    if not whole:
        since = hour_of(now - LOOKED_BACK)
        counted, raw = counted.filter(hour__gte=since), raw.filter(submitted_at__gte=since)
    there = {row["hour"]: tuple(row[name] for name in _COUNTS) for row in counted.by("hour")}
    meant = rollup.by_hour(raw)
    for hour in sorted((there.keys() | meant.keys()) - touched):
        if there.get(hour) != meant.get(hour):
            yield f"{hour:%Y-%m-%d %H}:00 UTC counts {there.get(hour)}, the rows make {meant.get(hour)}"


def _waiting_for_nothing() -> Iterator[str]:
    attempt = SendAttempt.objects.filter(key=OuterRef("event__attempt_key"))
    for pk in ParkedEvent.objects.filter(Exists(attempt)).order_by("pk").values_list("pk", flat=True):
        yield f"parked report {pk}"
