"""Whole histories in a handful of rows: what only PostgreSQL can do, for consent.alike.

Each number comes back as one row of parallel arrays. What the rules see of a record, apart from its id and its time,
is its shape: one text, the same for all records that are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg
from django.db import connection

from backoffice.models import ImportBatch
from backoffice.models.lookups import array

# In the order of the shape's columns. Everything else of a record is its id, its time, or makes it odd.
RECORD_SHAPE = (
    *(
        "act",
        "kind",
        "program_id",
        "for_all_programs",
        "sender",
        "wording_id",
        "wording_note",
        "approved_by_id",
    ),
    *("answers_prompt", "has_reference", "exempt_answer", "clarification", "provider_acted", "is_timeless"),
)


class Records(NamedTuple):
    """The ledger of one number, in no particular order."""

    is_odd: bool  # some record needs more than its shape and the order of times
    tags: list[str]  # "c12"
    moments: list[float]  # seconds; where no time is known, of the arrival
    shapes: list[str]


class Readings(NamedTuple):
    """What the systems said of one number, in no particular order."""

    tags: list[str]  # "r12"
    moments: list[float]  # since when, as the system says; where it does not, of the reading
    shapes: list[str]
    keys: list[str]  # program, system and the system's record
    read_at: list[float]


def records(number_ids: Sequence[int], founded_on: datetime | None) -> dict[int, Records]:
    rows = _rows(_RECORDS, number_ids, **_effective(founded_on))
    return {row[0]: Records(*row[1:]) for row in rows}


def readings(number_ids: Sequence[int], founded_on: datetime | None) -> dict[int, Readings]:
    rows = _rows(_READINGS, number_ids, **_effective(founded_on))
    return {row[0]: Readings(*row[1:]) for row in rows}


def states(number_ids: Sequence[int]) -> dict[int, list[str]]:
    """The stored agreed statuses, one text each: see consent.alike.as_stored."""
    return dict(_rows(_STATES, number_ids))


def flagged(number_ids: Sequence[int]) -> set[int]:
    return {number_id for (number_id,) in _rows(_FLAGGED, number_ids)}


def _rows(statement: str, number_ids: Sequence[int], **parameters: object) -> list[tuple]:
    connection.ensure_connection()
    # Django's own cursor cannot fetch in binary, which arrays come in three times as fast.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, {"ids": array(number_ids), **parameters}, binary=True)
        found: list[tuple] = cursor.fetchall()
    return found


def _effective(founded_on: datetime | None) -> dict[str, object]:
    # A day's margin and more: a stated time has its clock's error.
    founded = founded_on + timedelta(days=2) if founded_on else datetime(1, 1, 3, tzinfo=UTC)
    return {"founded": founded, "voided": ImportBatch.objects.voided_keys()}


_RECORDS = """
SELECT number_id,
    bool_or(act IN ('void', 'boundary') OR voids_id IS NOT NULL OR voids_reading_id IS NOT NULL
        OR implied_until IS NOT NULL OR sequence IS NOT NULL OR copied_time OR spread_seconds > 0
        OR occurred_at > received_at OR occurred_at < %(founded)s
        OR (precision <> 'second' AND occurred_at IS NOT NULL)),
    array_agg('c' || id),
    array_agg(date_part('epoch', coalesce(occurred_at, received_at))),
    array_agg(ROW(act, kind, program_id, for_all_programs, sender, wording_id, left(wording_note, 1),
        sign(approved_by_id), answers_prompt, has_reference, exempt_answer, clarification, provider_acted,
        occurred_at IS NULL)::text)
FROM consent_consentrecord
WHERE number_id = ANY(%(ids)s::bigint[]) AND (batch_id <> ALL(%(voided)s) OR batch_id IS NULL)
GROUP BY number_id
"""

_READINGS = """
SELECT number_id,
    array_agg('r' || id),
    array_agg(date_part('epoch', coalesce(claimed_at, read_at))),
    array_agg(ROW(program_id, system_id, value, CASE WHEN claimed_at IS NULL THEN 'never'
        WHEN claimed_precision = 'second' AND claimed_at <= read_at AND claimed_at >= %(founded)s THEN 'exactly'
        ELSE 'roughly' END)::text),
    array_agg(ROW(program_id, system_id, ref)::text),
    array_agg(date_part('epoch', read_at))
FROM consent_reading
WHERE number_id = ANY(%(ids)s::bigint[]) AND (batch_id <> ALL(%(voided)s) OR batch_id IS NULL)
GROUP BY number_id
"""

_STATES = """
SELECT number_id,
    array_agg(concat_ws(' ', program_id, status, reason, rules_version,
        coalesce(date_part('epoch', recheck_at)::text, '-'), decided_by))
FROM consent_agreedstatus
WHERE number_id = ANY(%(ids)s::bigint[])
GROUP BY number_id
"""

_FLAGGED = """
SELECT DISTINCT number_id FROM consent_flag WHERE number_id = ANY(%(ids)s::bigint[]) AND status <> 'closed'
"""


def wait_at_most(milliseconds: int) -> None:
    """For the rest of the transaction: a statement that has to wait longer for another transaction's rows fails with
    OperationalError. SQLite has one writer at a time and no such waiting between rows."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds:d}ms"])


def check_now() -> None:
    """Have the database look now at the rows referred to, as it otherwise does at the commit: who waits for them waits
    here, where something can still be done about it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def share_turn(system_id: int) -> None:
    """Until the end of the transaction no file of this system is taken in, while others who share the turn go on beside
    us. SQLite has one writer at a time as it is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM backoffice_system WHERE id = %s FOR SHARE", [system_id])
