"""One JSON object (a number's records, a program, what systems say) into the facts that the rules take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from backoffice.asked import Unreadable
from consent.ledger import (
    Act,
    Basis,
    Belief,
    Clarification,
    Evidence,
    Kind,
    Policy,
    Precision,
    ProgramTerms,
    Scope,
    SystemKind,
    Value,
    WordingState,
)

Json = Mapping[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)

LONGEST_TERM = 36_500  # days
LONGEST_SKEW = 86_400  # seconds
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything one explanation needs. `id` is the caller's own."""

    id: str | int
    now: datetime
    policy: Policy
    program: ProgramTerms
    evidence: tuple[Evidence, ...]
    beliefs: tuple[Belief, ...]


def read_scenario(line: Any) -> Scenario:
    """Raises Unreadable."""
    top = _object(line, "the line")
    now = _instant(top, "now", "")
    if now is None:
        raise Unreadable("now: missing; give the moment to judge by, e.g. 2026-11-20T00:00:00Z")
    return Scenario(
        id=_id(top, "id", ""),
        now=now,
        policy=_policy(_object(_or(top.get("policy"), {}), "policy")),
        program=_program(_object(_required(top, "program", ""), "program")),
        evidence=tuple(
            _evidence(_object(item, where), f"{where}.", now)
            for where, item in _items(_required(top, "evidence", ""), "evidence")
        ),
        # Said twice is said once.
        beliefs=tuple(
            dict.fromkeys(
                _belief(_object(item, where), f"{where}.", now)
                for where, item in _items(_or(top.get("readings"), []), "readings")
            )
        ),
    )


def _policy(source: Json) -> Policy:
    return Policy(
        stop_scope=_choice(source, "stop_scope", "policy.", Scope, Scope.SENDER),
        revoke_all_from=_instant(source, "revoke_all_from", "policy."),
        clock_skew_seconds=_count(source, "clock_skew_seconds", "policy.", 120, most=LONGEST_SKEW),
        form_defeats_stop=_flag(source, "form_defeats_stop", "policy."),
        founded_on=_instant(source, "founded_on", "policy."),
    )


def _program(source: Json) -> ProgramTerms:
    ttl = source.get("ttl_days")
    return ProgramTerms(
        code=_text(source, "code", "program."),
        double_opt_in=_flag(source, "double_opt_in", "program."),
        double_opt_in_days=_count(source, "double_opt_in_days", "program.", 7, most=LONGEST_TERM),
        ttl_days=None if ttl is None else _count(source, "ttl_days", "program.", 0, most=LONGEST_TERM),
        senders=_texts(source, "senders", "program."),
        exempt_informational=_flag(source, "exempt_informational", "program."),
    )


def _evidence(source: Json, where: str, now: datetime) -> Evidence:
    act = _choice(source, "act", where, Act)
    kind = _choice(source, "kind", where, Kind)
    occurred_at, precision = _occurred(source, where)
    # Where it is not said, a record arrived when it happened; and nothing has arrived after now.
    received_at = min(_instant(source, "received_at", where) or occurred_at or now, now)
    sequence = _object(_or(source.get("sequence"), {}), f"{where}sequence")
    voids = _texts(source, "voids", where)
    if act is Act.VOID and not voids:
        raise Unreadable(f'{where}voids: missing; list the ids of the records it voids, e.g. ["r1"]')
    reference = source.get("has_reference", source.get("reference"))
    return Evidence(
        id=str(_id(source, "id", where)),
        act=act,
        kind=kind,
        occurred_at=occurred_at,
        precision=precision,
        received_at=received_at,
        program=_optional_text(source, "program", where),
        sender=_optional_text(source, "sender", where),
        stream=_optional_text(sequence, "stream", f"{where}sequence."),
        number=_number(sequence, "number", f"{where}sequence."),
        clock=_optional_text(source, "clock", where),
        wording=_wording(source, where),
        second_approver=_flag(source, "second_approver", where),
        voids=voids,
        basis=_choice(source, "basis", where, Basis, Basis.EXPRESS),
        implied_until=_instant(source, "implied_until", where, day_ends=True),
        answers_prompt=_maybe(source, "answers_prompt", where),
        # A logged call carries its reference by definition, unless the line says otherwise.
        has_reference=kind is Kind.CHANNEL_LOGGED if reference is None else bool(reference),
        exempt_answer=_flag(source, "exempt_answer", where),
        clarification=_clarification(source, where),
        provider_acted=_maybe(source, "provider_acted", where),
        copied_time=_flag(source, "copied_time", where),
    )


def _belief(source: Json, where: str, now: datetime) -> Belief:
    system = _optional_text(source, "system", where)
    kind = _choice(source, "kind", where, SystemKind, _kind_named(system))
    # A cell that is blank says nothing; only one that is left out is a mistake.
    said = "" if source.get("value", "left out") in (None, "") else _text(source, "value", where)
    known = said.casefold() in _VALUES
    corrected = _object(_or(source.get("corrected"), {}), f"{where}corrected")
    read_at = _instant(source, "read_at", where) or _instant(source, "at", where)
    is_send = kind is SystemKind.SEND
    return Belief(
        system=system or kind.value,
        kind=kind,
        value=Value(said.casefold()) if known else Value.UNKNOWN,
        record=_optional_text(source, "record", where) or "",
        read_at=read_at if read_at or is_send else now,
        text="" if known else said,
        overwrites_on_sync=_flag(source, "overwrites_on_sync", where),
        subscribes_by_default=_flag(source, "subscribes_by_default", where),
        corrected_value=_choice(corrected, "value", f"{where}corrected.", Value) if corrected else None,
        corrected_at=_needed_instant(corrected, "at", f"{where}corrected.") if corrected else None,
        watch_over_at=_instant(source, "watch_until", where),
        carried_from_other_number=_flag(source, "carried_from_other_number", where),
        is_confirmation=_flag(source, "is_confirmation", where),
        has_marketing=_flag(source, "has_marketing", where),
    )


_VALUES = frozenset(value.value for value in Value)


def _kind_named(system: str | None) -> SystemKind | None:
    return SystemKind(system) if system in {kind.value for kind in SystemKind} else None


# --- what a record says about its wording and its scope


_WORDINGS = {
    "": WordingState.KNOWN,
    "prechecked": WordingState.PRECHECKED,
    "precheckedbox": WordingState.PRECHECKED,
    "preticked": WordingState.PRECHECKED,
    "unknown": WordingState.UNKNOWN,
    "otherprogram": WordingState.OTHER_PROGRAM,
}


def _wording(source: Json, where: str) -> WordingState:
    """Any other text is the version of a wording that we have."""
    said = _optional_text(source, "wording", where) or ""
    return _WORDINGS.get(re.sub(r"[\W_]+", "", said.casefold()), WordingState.KNOWN)


def _clarification(source: Json, where: str) -> Clarification | None:
    if source.get("clarification") is None:
        return None
    return _choice(source, "clarification", where, Clarification)


# --- times


def _occurred(source: Json, where: str) -> tuple[datetime | None, Precision]:
    """A time without a zone is naive whatever it claims to be; a day needs no zone when called a `date`."""
    precision = _choice(source, "precision", where, Precision, Precision.SECOND)
    said = source.get("occurred_at")
    if said is None:
        return None, precision
    at = _parsed(said, f"{where}occurred_at")
    if not isinstance(at, datetime):
        if precision is not Precision.DATE:
            precision = Precision.NAIVE_DATE
        return _midnight(at), precision
    if precision is Precision.NAIVE_DATE:
        return _midnight(at.date()), precision
    if precision is Precision.NAIVE_DATETIME:
        return at.replace(tzinfo=UTC), precision
    if at.tzinfo is None:
        if precision is Precision.DATE:
            return _midnight(at.date()), Precision.NAIVE_DATE
        return at.replace(tzinfo=UTC), Precision.NAIVE_DATETIME
    if precision is Precision.DATE:
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return _utc(at, f"{where}occurred_at"), precision


def _instant(source: Json, name: str, where: str, *, day_ends: bool = False) -> datetime | None:
    """A moment with a zone, or a bare day: its start, or with `day_ends` the start of the next."""
    said = source.get(name)
    if said is None:
        return None
    at = _parsed(said, f"{where}{name}")
    if not isinstance(at, datetime):
        try:
            return _midnight(at) + (ONE_DAY if day_ends else timedelta(0))
        except OverflowError:
            return _midnight(at)
    if at.tzinfo is None:
        raise Unreadable(f"{where}{name}: {said!r} has no time zone; end it with Z or an offset like +02:00")
    return _utc(at, f"{where}{name}")


def _needed_instant(source: Json, name: str, where: str) -> datetime:
    at = _instant(source, name, where)
    if at is None:
        raise Unreadable(f"{where}{name}: missing; give a time like 2026-05-01T15:00:00Z")
    return at


def _parsed(said: Any, where: str) -> datetime | date:
    problem = f"{where}: {said!r} is no date; write 2026-05-01T15:00:00Z, or 2026-05-01 for a day"
    if not isinstance(said, str):
        raise Unreadable(problem)
    text = said.strip().upper()
    for read in (date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError):
            return read(text)
    raise Unreadable(problem)


def _utc(at: datetime, where: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Unreadable(f"{where}: {at} lies outside the calendar; give the true time or null") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


# --- plain values


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _object(value: Any, where: str) -> Json:
    if not isinstance(value, dict):
        raise Unreadable(f"{where}: expected a JSON object in braces, got {_shown(value)}")
    return value


def _items(value: Any, name: str) -> list[tuple[str, Any]]:
    if not isinstance(value, list):
        raise Unreadable(f"{name}: expected a list in brackets, got {_shown(value)}")
    return [(f"{name}[{index}]", item) for index, item in enumerate(value)]


def _required(source: Json, name: str, where: str) -> Any:
    if source.get(name) is None:
        raise Unreadable(f"{where}{name}: missing; add it")
    return source[name]


def _id(source: Json, name: str, where: str) -> str | int:
    value = _required(source, name, where)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise Unreadable(f"{where}{name}: expected a text or a whole number, got {_shown(value)}")
    return value


def _text(source: Json, name: str, where: str) -> str:
    value = _required(source, name, where)
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"{where}{name}: expected a text in quotes, got {_shown(value)}")
    return value.strip()


def _optional_text(source: Json, name: str, where: str) -> str | None:
    return None if source.get(name) in (None, "") else _text(source, name, where)


def _texts(source: Json, name: str, where: str) -> tuple[str, ...]:
    value = source.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unreadable(f'{where}{name}: expected a list of texts like ["S1"], got {_shown(value)}')
    return tuple(value)


def _maybe(source: Json, name: str, where: str) -> bool | None:
    value = source.get(name)
    if value is not None and not isinstance(value, bool):
        raise Unreadable(f"{where}{name}: expected true or false, got {_shown(value)}")
    return value


def _flag(source: Json, name: str, where: str) -> bool:
    return bool(_maybe(source, name, where))


def _number(source: Json, name: str, where: str) -> int | None:
    value = source.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{where}{name}: expected a whole number, got {_shown(value)}")
    return value


def _count(source: Json, name: str, where: str, default: int, *, most: int) -> int:
    value = _number(source, name, where)
    if value is None:
        return default
    if not 0 <= value <= most:
        raise Unreadable(f"{where}{name}: {value} is out of range; give 0 to {most}")
    return value


def _choice(
    source: Json, name: str, where: str, choices: type[Choice], default: Choice | None = None
) -> Choice:
    value = source.get(name)
    if value is None and default is not None:
        return default
    known = ", ".join(choices)
    if value is None:
        raise Unreadable(f"{where}{name}: missing; give one of {known}")
    try:
        return choices(value)
    except ValueError:
        raise Unreadable(f"{where}{name}: unknown value {_shown(value)}; give one of {known}") from None


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
