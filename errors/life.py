"""The life of one send attempt: which status stands when reports come in any order, twice, late, or contradict
each other.

    queued → accepted → sending → sent → delivered → read
    any of these → undelivered | failed | expired | rejected | canceled | delivery unknown

A report counts by its rank, not by its arrival: the state is a function of the set of reports, so every order
of arrival ends alike.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    UNMAPPED = "unmapped"  # a word that nobody explained yet; the provider's own word is kept beside it
    QUEUED = "queued"
    SUBMIT_UNKNOWN = "submit_unknown"  # the request went out and no answer came back
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    DELIVERY_UNKNOWN = "delivery_unknown"  # no final report within the time that reports take
    CANCELED = "canceled"
    BLOCKED = "blocked"  # our own checks held it back; nothing was submitted
    PARTIALLY_DELIVERED = "partially_delivered"
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    REJECTED = "rejected"  # the provider refused it: nothing was sent
    DELIVERED = "delivered"
    READ = "read"


S = Status
RANK: dict[Status, int] = {
    S.UNMAPPED: 0,
    S.QUEUED: 0,
    S.SUBMIT_UNKNOWN: 5,
    S.ACCEPTED: 10,
    S.SCHEDULED: 10,
    S.SENDING: 20,
    S.SENT: 30,
    S.DELIVERY_UNKNOWN: 40,
    **dict.fromkeys(
        (S.CANCELED, S.BLOCKED, S.PARTIALLY_DELIVERED, S.EXPIRED, S.UNDELIVERED, S.FAILED, S.REJECTED), 50
    ),
    S.DELIVERED: 60,
    S.READ: 70,
}
FINAL_RANK = 50
# What a failure rate counts. "Sent" without a receipt is neither a success nor a failure.
FAILED = frozenset({S.PARTIALLY_DELIVERED, S.EXPIRED, S.UNDELIVERED, S.FAILED, S.REJECTED})
SUCCEEDED = frozenset({S.DELIVERED, S.READ})
SETTLED = FAILED | SUCCEEDED
# Of several parts of one message the worst stands: the person did not get the text.
WORST_FIRST = (S.REJECTED, S.FAILED, S.UNDELIVERED, S.EXPIRED, S.CANCELED, S.BLOCKED, S.PARTIALLY_DELIVERED)


@dataclass(frozen=True, slots=True)
class Event:
    """One report about an attempt. `at` is the provider's own time where it gave one, `received_at` ours.

    `part` counts from 1; 0 is a report about the message as a whole. `parts`: how many there are, 0 unknown."""

    status: Status
    code: str = ""
    at: datetime | None = None
    received_at: datetime | None = None
    part: int = 0
    parts: int = 0
    text: str = ""  # the provider's words about the code
    key: uuid.UUID | None = None

    @property
    def rank(self) -> int:
        return RANK[self.status]

    @property
    def is_failure(self) -> bool:
        return self.status in FAILED

    @property
    def moment(self) -> float:
        """Seconds; reports without any time come last."""
        at = self.at or self.received_at
        return at.timestamp() if at else float("inf")


@dataclass(frozen=True, slots=True)
class State:
    """What stands after all reports. `at` is the time of the report that decided."""

    status: Status = Status.QUEUED
    code: str = ""
    text: str = ""
    at: datetime | None = None
    # A failure reported after the delivery: not applied, shown.
    is_contradicted: bool = False
    # A delivery reported after a failure: applied, shown, taken out of the failures.
    is_late_upgrade: bool = False

    @property
    def rank(self) -> int:
        return RANK[self.status]

    @property
    def is_failure(self) -> bool:
        return self.status in FAILED

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED


def state_of(events: Iterable[Event]) -> State:
    """The state that a set of reports amounts to, whatever their order.

    The higher rank stands; among reports of one rank the earliest, and an error code that another report of a
    failure gives fills an empty one but never replaces one. Parts: all delivered is delivered, some delivered and
    some failed is partially delivered, else the worst final one stands."""
    by_part: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_part[event.part].append(event)
    if not by_part:
        return State()
    states = {part: _state_of_one(reports) for part, reports in by_part.items()}
    whole = states.pop(0, None)
    if not states:
        assert whole is not None
        return whole
    expected = max(event.parts for reports in by_part.values() for event in reports)
    together = _together(list(states.values()), max(expected, len(states)))
    return together if whole is None or together.rank >= whole.rank else whole


def _state_of_one(events: Sequence[Event]) -> State:
    ordered = sorted(events, key=_order)
    deciding = min(ordered, key=lambda event: -event.rank)  # min is stable: the earliest of the highest rank
    failures = [event for event in ordered if event.is_failure]
    delivered = deciding.status in SUCCEEDED
    coded = (
        next((event for event in [deciding, *failures] if event.code), deciding)
        if not delivered
        else deciding
    )
    texted = next((event for event in [coded, *failures] if event.text), coded) if not delivered else deciding
    return State(
        status=deciding.status,
        code=coded.code,
        text=texted.text,
        at=deciding.at or deciding.received_at,
        is_contradicted=delivered and any(event.moment > deciding.moment for event in failures),
        is_late_upgrade=delivered and any(event.moment <= deciding.moment for event in failures),
    )


def _order(event: Event) -> tuple[float, str, str, str]:
    """Earliest first; what tells equal times apart is the report itself, never its arrival."""
    return (event.moment, event.status, event.code, str(event.key or ""))


def _together(states: Sequence[State], parts: int) -> State:
    """One message from its parts, of which there are `parts` and reports for some."""
    failed = sorted(
        (state for state in states if state.status in WORST_FIRST),
        key=lambda state: (WORST_FIRST.index(state.status), not state.code, state.code),
    )
    delivered = [state for state in states if state.status in SUCCEEDED]
    if failed:
        worst = failed[0]
        if delivered and worst.is_failure:
            return State(Status.PARTIALLY_DELIVERED, worst.code, worst.text, worst.at)
        return worst
    last = max(states, key=lambda state: state.at.timestamp() if state.at else 0.0)
    if len(delivered) == parts:
        return State(
            min((state.status for state in delivered), key=RANK.__getitem__),
            last.code,
            last.text,
            last.at,
            any(state.is_contradicted for state in delivered),
            any(state.is_late_upgrade for state in delivered),
        )
    waiting = [state for state in states if state.status not in SUCCEEDED]
    # Parts that nobody reported on yet are as far as the slowest that somebody did.
    return min(waiting, key=lambda state: state.rank) if waiting else State(Status.SENT, at=last.at)


def attempt_key(provider: str, account: str, message_ref: str) -> uuid.UUID:
    """What makes an attempt the same in every report and export. References are compared case-sensitively."""
    return _key(provider.casefold(), account, message_ref)


def event_key(attempt: uuid.UUID, event: Event, event_id: str = "") -> uuid.UUID:
    """What makes a report the same however often it comes: its id where the provider gives one, else what it says."""
    if event_id:
        return _key(str(attempt), event_id)
    at = event.at.isoformat() if event.at else ""
    return _key(str(attempt), str(event.part), event.status, event.code, at)


def _key(*parts: str) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest())


def plain_ref(message_ref: str) -> str:
    """A message reference for a second look: without case, separators and leading zeros, hexadecimal or not."""
    bare = "".join(letter for letter in message_ref.casefold() if letter.isalnum())
    bare = bare.removeprefix("0x") if message_ref.casefold().startswith("0x") else bare
    return bare.lstrip("0") or "0"


def ref_number(message_ref: str) -> int:
    """`plain_ref` as a signed 64-bit number: a narrow index for "any form of this reference". Different references
    may share one; compare `plain_ref` of what is found."""
    digest = hashlib.blake2b(plain_ref(message_ref).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
