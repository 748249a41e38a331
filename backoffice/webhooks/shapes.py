"""What a call of a provider is, and what it says, whoever the provider: plain values, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class Unreadable(Exception):
    """The body is not what this provider sends; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came. `address`: the public one that the provider was given, without what follows "?".
    `query`: what followed it, untouched. `headers`: by name in lower case."""

    http_method: str
    address: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of which long message a text is. `whole` is the same for all parts of one."""

    whole: str
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody wrote to us. Addresses as E.164 where the provider writes them so or nearly so.

    `at`: by the provider's clock, to the second; None where it does not say: then `received_at` is all we know.
    `verdict`: STOP, START or HELP where the provider itself took the text for one and acted on it; else ""."""

    id: str
    sender: str
    to: str
    text: str
    at: datetime | None
    received_at: datetime
    verdict: str = ""
    part: Part | None = None
    is_late: bool = False  # signed longer ago than the replay window: counts only as far as it stops texts


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a provider says became of a message of ours. `event_id`: what is the same however often it says so; "":
    then it is told by what it says. `part` counts from 1; 0 is the message as a whole."""

    provider: str
    message_ref: str
    status: str
    received_at: datetime
    account: str = ""
    client_ref: str = ""
    code: str = ""
    text: str = ""
    at: datetime | None = None
    sender: str = ""
    to: str = ""
    event_id: str = ""
    part: int = 0
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Other:
    """Something this product has no use for: kept, and let be. `is_refused`: somebody should look at it."""

    reason: str
    is_refused: bool = False


Said = Inbound | StatusReport | Other


@dataclass(frozen=True, slots=True)
class Taken:
    """What a room made of one thing said, in the words staff read. `is_refused`: nothing could be made of it, and
    somebody should look."""

    words: str
    is_refused: bool = field(default=False)
