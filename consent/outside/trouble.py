"""What can become of a request, apart from success."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back, fit to be kept and shown: without secrets, cut to a readable length."""

    request: str
    code: int | None = None  # of HTTP; None: no answer came
    excerpt: str = ""
    seconds: float = 0.0


class Trouble(Exception):
    """A request that did not do what it was sent for. Its text is written for staff and holds no secret."""

    def __init__(self, words: str, exchange: Exchange | None = None) -> None:
        super().__init__(words)
        self.exchange = exchange or Exchange("")


class Refused(Trouble):
    """The system said no, or what came back makes no sense: a repeat would not help."""


class BadCredentials(Refused):
    """The system does not let us in. Not this record's fault: nothing else would be let in either."""


class NotFound(Refused):
    """The system has no such record."""


class Busy(Trouble):
    """No answer, or one that asks for patience. The same again may work later.

    `may_have_arrived`: the request may have had its effect all the same."""

    def __init__(
        self,
        words: str,
        exchange: Exchange | None = None,
        *,
        retry_after: timedelta | None = None,
        may_have_arrived: bool = True,
    ) -> None:
        super().__init__(words, exchange)
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived
