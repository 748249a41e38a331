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
from dataclasses import dataclass, replace
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
    def is_delivered(self) -> bool:
        return self.status in SUCCEEDED


def state_of(events: Iterable[Event]) -> State:
    """The state that a set of reports amounts to, whatever their order.

    The higher rank stands; among reports of one rank the earliest, and an error code that another report of a
    failure gives fills an empty one but never replaces one. Parts: all delivered is delivered, some delivered and
    some not is partially delivered, else the worst final one stands."""
    events = list(events)
    if not events:
        return State()
    if len(events) == 1 and events[0].parts <= 1:
        only = events[0]  # nearly every row of an export
        return State(only.status, only.code, only.text, only.at or only.received_at)
    of_parts = [event for event in events if event.part]
    whole = [event for event in events if not event.part]
    if not of_parts:
        return _state_of_one(whole)
    by_part: dict[int, list[Event]] = defaultdict(list)
    for event in of_parts:
        by_part[event.part].append(event)
    parts = [_state_of_one(reports) for reports in by_part.values()]
    together = _together(parts, max(len(parts), *(event.parts for event in events)))
    if not whole:
        return together
    # What the parts amount to is one more report about the message as a whole.
    known = Event(together.status, together.code, together.at, text=together.text)
    state = _state_of_one([*whole, known])
    return replace(
        state,
        is_contradicted=state.is_contradicted or (state.is_delivered and together.is_contradicted),
        is_late_upgrade=state.is_late_upgrade or (state.is_delivered and together.is_late_upgrade),
    )


def _state_of_one(events: Sequence[Event]) -> State:
    """The state of one part, or of a message whose parts nobody counted."""
    ordered = sorted(events, key=_order)
    deciding = min(ordered, key=lambda event: -event.rank)  # min is stable: the earliest of the highest rank
    at = deciding.at or deciding.received_at
    failures = [event for event in ordered if event.is_failure]
    if deciding.status in SUCCEEDED:
        arrived = next(event for event in ordered if event.status in SUCCEEDED)
        return State(
            deciding.status,
            deciding.code,
            deciding.text,
            at,
            is_contradicted=any(event.moment > arrived.moment for event in failures),
            is_late_upgrade=any(event.moment <= arrived.moment for event in failures),
        )
    coded = next((event for event in [deciding, *failures] if event.code), deciding)
    same = (event for event in [coded, deciding, *failures] if event.code in ("", coded.code))
    texted = next((event for event in same if event.text), coded)
    return State(deciding.status, coded.code, texted.text, at)


def _order(event: Event) -> tuple[float, str, str, bool, str, str]:
    """Earliest first; what tells equal times apart is the report itself, never its arrival."""
    return (event.moment, event.status, event.code, not event.text, event.text, str(event.key or ""))


def _together(states: Sequence[State], parts: int) -> State:
    """One message from its parts, of which there are `parts` and reports for some."""
    delivered = [state for state in states if state.is_delivered]
    failed = [state for state in states if state.status in WORST_FIRST]
    if failed:
        worst = min(failed, key=_worst)
        return replace(worst, status=Status.PARTIALLY_DELIVERED) if delivered else worst
    if len(delivered) == parts:
        last = max(delivered, key=_latest)
        return State(
            min((state.status for state in delivered), key=RANK.__getitem__),
            last.code,
            last.text,
            last.at,
            any(state.is_contradicted for state in delivered),
            any(state.is_late_upgrade for state in delivered),
        )
    waiting = [state for state in states if not state.is_delivered]
    if waiting:
        return min(waiting, key=lambda state: (state.rank, *_latest(state)))
    # Parts that nobody reported on were sent with those that arrived.
    return State(Status.SENT, at=max(delivered, key=_latest).at)


def _worst(state: State) -> tuple[int, bool, str, str, tuple[float, str, str, str]]:
    return (WORST_FIRST.index(state.status), not state.code, state.code, state.text, _latest(state))


def _latest(state: State) -> tuple[float, str, str, str]:
    """In the order of time; what tells equal times apart is the state itself."""
    return (state.at.timestamp() if state.at else 0.0, state.status, state.code, state.text)


def attempt_key(provider: str, account: str, message_ref: str) -> uuid.UUID:
    """What makes an attempt the same in every report and export. References are compared case-sensitively."""
    return _key(provider.casefold(), account, message_ref)


def event_key(attempt: uuid.UUID, event: Event, event_id: str = "") -> uuid.UUID:
    """What makes a report the same however often it comes: its id where the provider gives one, else what it says.
    `attempt` is the key of the reference as it was reported, even where it turns out to be another form of one."""
    if event_id:
        return _key(attempt.hex, event_id)
    at = event.at.isoformat() if event.at else ""
    # How many parts there are is part of what it says: one that knows it must not be taken for one that does not.
    parts = (str(event.parts),) if event.parts else ()
    return _key(attempt.hex, str(event.part), event.status, event.code, at, *parts)


def derived_key(event: uuid.UUID, of: object) -> uuid.UUID:
    """The key of the same report once more: under the attempt it turned out to be about, or after the file that
    brought it first was voided."""
    return _key(event.hex, str(of))


def _key(*parts: str) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest())


def plain_ref(message_ref: str) -> str:
    """A message reference for a second look: without case, separators and leading zeros, hexadecimal or not."""
    text = message_ref.casefold()
    bare = text if text.isalnum() else "".join(letter for letter in text if letter.isalnum())
    return bare.removeprefix("0x").lstrip("0") or "0"


def other_forms(message_ref: str) -> frozenset[str]:
    """Every plain form under which the same reference may be known: a number may come in decimal or hexadecimal."""
    plain = plain_ref(message_ref)
    found = {plain}
    if len(plain) <= _LONGEST_NUMBER:
        if plain.isdecimal():
            found.add(f"{int(plain):x}")
        if not set(plain) - _HEX_DIGITS:
            found.add(str(int(plain, 16)))
    return frozenset(found)


_LONGEST_NUMBER = 20  # digits of the largest 64-bit number; longer references are no numbers
_HEX_DIGITS = frozenset("0123456789abcdef")


def ref_number(message_ref: str) -> int:
    """`plain_ref` as a signed 64-bit number: a narrow index for "any form of this reference". Different references
    may share one; compare `plain_ref` of what is found."""
    return number_of(plain_ref(message_ref))


def number_of(plain: str) -> int:
    """The number of a reference that is in its plain form already."""
    digest = hashlib.blake2b(plain.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
