"""May this number be texted, now? One statement, so one moment: news that was committed before it is seen by it.

allow   agreed opted in, and nothing speaks against it
block   the person opted out
hold    everything else: not known, not readable, not weighed yet, doubtful
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from backoffice.models import System
from backoffice.statements import ask, moment
from consent.numbers import UnknownRegion, read_number
from consent.numbers.regions import known_region
from consent.rules import Code, Status
from consent.terms import in_force

# What is written so already needs no reading; whether it is a number at all, the table of numbers knows.
FEW = 20  # numbers up to which one plan fits all
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Answer(StrEnum):
    ALLOW = "allow"
    HOLD = "hold"
    BLOCK = "block"


class Why(StrEnum):
    """Why the answer is what it is."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    OPTED_OUT_PRESUMED = "opted_out_presumed"
    PENDING = "pending"
    EXPIRED = "expired"
    NO_CONSENT = "no_consent"
    NUMBER_UNREADABLE = "number_unreadable"
    NUMBER_UNKNOWN = "number_unknown"
    NOTHING_KNOWN = "nothing_known"  # of this number under this program
    PROGRAM_UNKNOWN = "program_unknown"
    PROGRAM_INACTIVE = "program_inactive"
    SENDER_UNKNOWN = "sender_unknown"  # not one of the program's
    ON_HOLD = "on_hold"  # an open flag pauses it
    PROVIDER_BLOCK = "provider_block"  # the provider refuses to deliver to it
    NEWS_NOT_WEIGHED = "news_not_weighed"  # something arrived a moment ago
    RECHECK_DUE = "recheck_due"  # time may have changed it
    RULES_CHANGED = "rules_changed"  # worked out by other rules, or under other terms, than are in force


OUT = {Status.OPTED_OUT: Why.OPTED_OUT, Status.OPTED_OUT_PRESUMED: Why.OPTED_OUT_PRESUMED}
_OF_STATUS = {status.value: Why(status.value.lower()) for status in Status}
_OUT = {status.value for status in OUT}


class Known(NamedTuple):
    """What is stored about one number under one program, in the order of the statement's columns."""

    is_active: bool
    has_sender: bool
    number_id: int | None
    status: str | None = None
    reason: str | None = None
    record: str | None = None
    recheck_at: datetime | None = None
    rules_version: int | None = None
    has_news: bool = False
    hold: str | None = None  # the code of the flag that pauses it
    is_blocked: bool = False


class Verdict(NamedTuple):
    """One answer. `record` is the weightiest of those that decided the agreed status ("c12": of the ledger, "r34": a
    reading); `flag` the code of the flag that pauses it; it holds until `valid_until`."""

    answer: Answer
    why: tuple[Why, ...]
    status: str | None
    reason: str | None
    record: str | None
    flag: str | None
    valid_until: datetime


def weigh(known: Known, now: datetime, valid_until: datetime, version: int | None = None) -> Verdict:
    """The rule. What is not there speaks against sending. It holds until `valid_until` at most. `version`: of the
    terms in force."""
    against: list[Why] = []
    if known.number_id is None:
        against.append(Why.NUMBER_UNKNOWN)
    elif known.status is None:
        against.append(Why.NOTHING_KNOWN)
    elif known.status != "OPTED_IN":
        against.append(_OF_STATUS[known.status])
    if known.has_news:
        against.append(Why.NEWS_NOT_WEIGHED)
    if known.hold is not None:
        against.append(Why.ON_HOLD)
    if known.is_blocked:
        against.append(Why.PROVIDER_BLOCK)
    if not known.is_active:
        against.append(Why.PROGRAM_INACTIVE)
    if not known.has_sender:
        against.append(Why.SENDER_UNKNOWN)
    if known.recheck_at is not None:
        if known.recheck_at <= now:
            against.append(Why.RECHECK_DUE)
        elif known.recheck_at < valid_until:
            valid_until = known.recheck_at
    if known.rules_version is not None and known.rules_version != version:
        against.append(Why.RULES_CHANGED)
    if not against:
        answer = Answer.ALLOW
        against.append(Why.OPTED_IN)
    else:
        answer = Answer.BLOCK if known.status in _OUT else Answer.HOLD
    return Verdict(answer, tuple(against), known.status, known.reason, known.record, known.hold, valid_until)


def check(
    numbers: Sequence[str],
    program: str,
    sender: str | None,
    *,
    token_id: int,
    region: Callable[[], str | None],
    now: datetime,
) -> list[Verdict] | None:
    """A verdict for each number, in their order, in one statement however many. `region` tells the country of
    numbers that are written without one, if there are any. None: the token was revoked, or there is no such
    program."""
    valid_until = now + timedelta(seconds=settings.SEND_CHECK_VALID_SECONDS)
    e164s = read_all(numbers, region)
    found = _ask(e164s, program, sender, token_id)
    if found is None:
        return None
    version = in_force()  # after the statuses: those of terms that changed since are held
    unreadable = refused(Why.NUMBER_UNREADABLE, valid_until)
    return [
        unreadable if e164 is None else weigh(known, now, valid_until, version)
        for e164, known in zip(e164s, found, strict=True)
    ]


def read_all(numbers: Sequence[str], region: Callable[[], str | None]) -> list[str | None]:
    """Each number in E.164, or None where it cannot be read."""
    if all(map(_E164.fullmatch, numbers)):
        return list(numbers)
    country = region()
    return [number if _E164.fullmatch(number) else read_number(number, country).e164 for number in numbers]


def country_of(system: System) -> str | None:
    """Of numbers that the system writes without one; None where its settings name none that exists."""
    try:
        return known_region(system.default_region)
    except UnknownRegion:
        return None


def refused(why: Why, valid_until: datetime) -> Verdict:
    return Verdict(Answer.HOLD, (why,), None, None, None, None, valid_until)


def _ask(e164s: Sequence[str | None], program: str, sender: str | None, token_id: int) -> list[Known] | None:
    """What is known of each, in their order."""
    is_postgres = connection.vendor == "postgresql"
    asked = [e164 or "" for e164 in e164s]
    given = {
        "asked": asked if is_postgres else json.dumps(asked),
        "program": program,
        "sender": sender,
        "token": token_id,
        "block": Code.PROVIDER_BLOCKED_AGREED_IN.value,
    }
    statement = ON_POSTGRESQL if is_postgres else ON_SQLITE
    rows = ask(statement, given, planned=len(asked) <= FEW)
    if not rows:
        return None
    if not is_postgres:
        rows = [_from_sqlite(row) for row in rows]
    return [Known._make(row) for row in rows]


def _from_sqlite(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:6], moment(row[6]), *row[7:])


_STATEMENT = """
SELECT p.is_active, p.has_sender, n.id, s.status, s.reason, {record}, s.recheck_at, s.rules_version,
    EXISTS (SELECT 1 FROM consent_touched AS t WHERE t.number_id = n.id),
    (SELECT f.code FROM consent_hold AS h JOIN consent_flag AS f ON f.id = h.flag_id
        WHERE h.number_id = n.id AND h.program_id = p.id AND h.released_at IS NULL
        ORDER BY f.severity, f.id LIMIT 1),
    EXISTS (SELECT 1 FROM consent_flag AS f WHERE f.number_id = n.id AND f.program_id = p.id
        AND f.code = %(block)s AND f.status <> 'closed')
FROM (
    SELECT id, is_active, %(sender)s IS NULL OR EXISTS (
        SELECT 1 FROM consent_program_senders AS l JOIN consent_sender AS a ON a.id = l.sender_id
        WHERE l.program_id = consent_program.id AND a.address = %(sender)s
    ) AS has_sender
    FROM consent_program WHERE code = %(program)s
        AND EXISTS (SELECT 1 FROM backoffice_apitoken WHERE id = %(token)s AND revoked_at IS NULL)
) AS p
CROSS JOIN {asked}
LEFT JOIN consent_number AS n ON n.e164 = asked.value
LEFT JOIN consent_agreedstatus AS s ON s.number_id = n.id AND s.program_id = p.id
ORDER BY asked.key
"""
ON_POSTGRESQL = _STATEMENT.format(
    record="s.decided_by ->> 0",
    asked="unnest(%(asked)s::text[]) WITH ORDINALITY AS asked (value, key)",
).replace("%(sender)s", "%(sender)s::text")
ON_SQLITE = _STATEMENT.format(
    record="json_extract(s.decided_by, '$[0]')", asked="json_each(%(asked)s) AS asked"
)
