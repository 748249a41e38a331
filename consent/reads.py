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


class Course(NamedTuple):
    """The sum of the reads. `last` is the one that settles the correction; None: nothing was read that counts."""

    last: Read | None
    right: int  # reads in a row that were right
    reverts: int  # how often it came back wrong
    counts_from: datetime  # the hours of the watch begin here

    def is_over(self, now: datetime, *, reads: int, hours: int) -> bool:
        """Whether the watch may end: right often enough and for long enough."""
        is_right = self.last is not None and self.last.is_right
        return is_right and self.right >= reads and now >= self.until(hours)

    def until(self, hours: int) -> datetime:
        return self.counts_from + timedelta(hours=hours)


def course(reads: Iterable[Read], *, decided_at: datetime, sent_at: datetime | None) -> Course:
    """Reads in any order, one a moment. What was read before the decision counts nothing. Before the correction left,
    a right value shows that there was nothing to do, and a wrong one nothing at all."""
    began = sent_at or decided_at
    last: Read | None = None
    right = reverts = 0
    counts_from = began
    for read in sorted(reads, key=attrgetter("at")):
        if read.at <= decided_at:
            continue
        if read.at <= began or (sent_at is None and last is None):
            last = read if read.is_right else None
            if sent_at is None and read.is_right:
                right, counts_from = 1, read.at
            continue
        if read.is_right:
            right += 1
        else:
            reverts += last is None or last.is_right
            right, counts_from = 0, read.at
        last = read
    return Course(last, right, reverts, counts_from)
