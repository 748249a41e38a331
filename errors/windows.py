"""Stretches of time that the log is counted over.

Counts are kept by whole hours of UTC, so every window begins and ends with one: what a picture counts and what the
list behind it shows are then the same attempts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


def hour_of(moment: datetime) -> datetime:
    """The beginning of the UTC hour that a moment lies in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def next_hour(moment: datetime) -> datetime:
    """The first full hour that is not before the moment."""
    start = hour_of(moment)
    return start if start == moment else start + HOUR
