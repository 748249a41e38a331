"""How a corrected record fared: what the reads of it, one after the other, say about its correction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple


class Read(NamedTuple):
    """One look at a record: a row of a file, or the record asked for by itself."""

    reading_id: int
    at: datetime
    is_right: bool


class Span(NamedTuple):
    """How long a record is watched: through so many right reads in a row and so many hours, whichever is longer."""

    reads: int
    hours: int


class Course(NamedTuple):
    """The sum of the reads. `last` is the one that settles the correction; None: nothing was read that counts."""

    last: Read | None
    arrived_at: datetime | None  # the first right read: since then it is known to have arrived
    right: int  # reads in a row that were right
    reverts: int  # how often a wrong read followed a right one, or none
    until: datetime  # the hours of the watch are over
    over_at: datetime | None  # the whole watch is, unless a wrong read comes before; None: reads are missing


def course(reads: Iterable[Read], span: Span, *, decided_at: datetime, sent_at: datetime | None) -> Course:
    """Reads in any order, one a moment. What was read before the decision counts nothing. While the correction has not
    left, a right value shows that there is nothing to do, and a wrong one that there still is, or again. Once the
    watch is over, what is read is no matter of this correction any more."""
    began = sent_at or decided_at
    last: Read | None = None
    arrived_at: datetime | None = None
    right = reverts = 0
    until = began + timedelta(hours=span.hours)
    over_at: datetime | None = None
    for read in sorted(reads, key=attrgetter("at")):
        if read.at <= decided_at:
            continue
        if over_at is not None and read.at > over_at:
            break
        if read.at <= began or (sent_at is None and not read.is_right):
            last, right, over_at = read if read.is_right else None, 0, None
            arrived_at = read.at if read.is_right else None
            continue
        if sent_at is None and last is None:
            until = read.at + timedelta(hours=span.hours)
        if read.is_right:
            arrived_at = arrived_at or read.at
            right += 1
            over_at = over_at or (max(read.at, until) if right >= span.reads else None)
        else:
            reverts += last is None or last.is_right
            right, over_at, until = 0, None, read.at + timedelta(hours=span.hours)
        last = read
    return Course(last, arrived_at, right, reverts, until, over_at)
