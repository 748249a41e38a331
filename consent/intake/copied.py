"""Times that row after row of a file repeats: those of a copy, not of what people did."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from consent.intake.read import Event
from consent.ledger import Kind, Precision
from consent.moments import Moment

ROWS = 20  # forms of one and the same second …
SHARE = 0.05  # … and this share of the file's so far: more is a copy's time, not theirs


@dataclass
class Seconds:
    """The seconds at which the forms of a file claim to have been sent, chunk by chunk. Seconds that came once in a
    chunk are forgotten: copies stand together, and a file may have a million rows."""

    often: Counter[datetime] = field(default_factory=Counter)
    forms: int = 0

    def copied(self, events: Iterable[Event]) -> set[datetime]:
        """Count a chunk in; returns the seconds that so many forms share by now that it is the time of a copy: people
        do not sign up by the dozen in one second, file after file."""
        times = [e.moment.at for e in events if e.kind is Kind.FORM and _is_told_to_the_second(e.moment)]
        if not times:
            return set()
        self.forms += len(times)
        self.often.update(at for at in times if at is not None)
        self.often = Counter({at: count for at, count in self.often.items() if count > 1})
        least = max(ROWS, SHARE * self.forms)
        return {at for at, count in self.often.items() if count >= least}


_MIDNIGHT = re.compile(r"(?<![\d:+-])(?:00:00(?::00(?:\.0+)?)?|12:00(?::00)? ?am)(?![\d:])", re.IGNORECASE)


def _is_told_to_the_second(moment: Moment) -> bool:
    """A day written with midnight beside it is a day."""
    if moment.at is None or moment.precision is not Precision.SECOND:
        return False
    return _MIDNIGHT.search(moment.text) is None
