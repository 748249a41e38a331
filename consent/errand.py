"""What a worker does outside for one row that it has taken: requests only, no database. Errands for different
numbers may run side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from consent import outside
from consent.models import Connection, DeliveryEvent, HoldPush, WriteBack
from consent.outside import Exchange, Found, Refused, Trouble
from consent.watch import is_right

What = DeliveryEvent.What


class Task(StrEnum):
    WRITE = "write"
    RESOLVE = "resolve"  # it left, and nobody knows whether it arrived: look first, then repeat
    READ = "read"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Errand:
    row: WriteBack | HoldPush
    task: Task
    values: Mapping[str, str]


@dataclass(slots=True)
class Outcome:
    """What became of an errand, and every exchange on the way."""

    errand: Errand
    is_written: bool = False  # the system said yes, or was seen to hold the value
    found: Found | None = None
    trouble: Trouble | None = None
    steps: list[tuple[What, Exchange, str]] = field(default_factory=list)


def run(connection: Connection, errand: Errand) -> Outcome:
    """Do it. Never raises Trouble: that is part of the outcome."""
    done = Outcome(errand)
    try:
        if errand.task is Task.HOLD:
            assert isinstance(errand.row, HoldPush)
            exchange = outside.hold(connection, errand.values, is_held=errand.row.is_held)
            done.is_written = True
            done.steps.append((What.ACCEPTED, exchange, ""))
        elif errand.task is Task.READ:
            _read(connection, done)
        elif not (errand.task is Task.RESOLVE and connection.can_read and _arrived(connection, done)):
            _write(connection, done)
    except Trouble as trouble:
        done.trouble = trouble
        done.steps.append((_what(trouble), trouble.exchange, str(trouble)))
    return done


def _write(connection: Connection, done: Outcome) -> None:
    done.found = None
    done.steps.append((What.ACCEPTED, outside.write(connection, done.errand.values), ""))
    done.is_written = True
    if connection.can_read:
        _read(connection, done)


def _read(connection: Connection, done: Outcome) -> None:
    done.found = outside.read(connection, done.errand.values)
    done.steps.append((What.READ, done.found.exchange, f"It says “{done.found.text}”: {done.found.value}."))


def _arrived(connection: Connection, done: Outcome) -> bool:
    """Whether the system holds already what nobody knows to have arrived. What cannot be understood counts as no."""
    try:
        _read(connection, done)
    except outside.BadCredentials:
        raise
    except Refused as no:
        done.steps.append((What.READ, no.exchange, str(no)))
        return False
    assert isinstance(done.errand.row, WriteBack)
    done.is_written = done.found is not None and is_right(done.errand.row.value, done.found.value)
    return done.is_written


def _what(trouble: Trouble) -> What:
    if isinstance(trouble, outside.BadCredentials):
        return What.LOCKED_OUT
    return What.REFUSED if isinstance(trouble, Refused) else What.BUSY
