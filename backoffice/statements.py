"""The few statements that are asked hundreds of times a second: planned once per connection.

Django plans each statement anew, which costs more than running one that reads a few rows by their indexes. It also
asks the server whether it is there before the first statement of a request; here the statement itself finds out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import OperationalError, connection


def ask(statement: str, given: Mapping[str, Any], *, planned: bool = True) -> list[tuple[Any, ...]]:
    """All rows of a SELECT. `planned=False` for one whose best plan depends on what is given."""
    if connection.vendor != "postgresql" or not planned:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    had_one = connection.connection is not None and not connection.in_atomic_block
    connection.ensure_connection()
    try:
        return _planned(statement, given)
    except OperationalError:
        if not had_one:
            raise
        # The server was restarted, or cut the line, since the last request.
        connection.close()
        connection.ensure_connection()
        return _planned(statement, given)


def _planned(statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    raw = connection.connection
    # Off again at once: other code asks with arrays for which no one plan fits.
    raw.prepare_threshold = 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
            return cursor.execute(statement, given, prepare=True).fetchall()
    finally:
        raw.prepare_threshold = None


def moment(stored: datetime | str | None) -> datetime | None:
    """A moment of a row as it was stored: SQLite keeps UTC without saying so."""
    if isinstance(stored, str):
        stored = datetime.fromisoformat(stored)
    return stored.replace(tzinfo=UTC) if stored is not None and stored.tzinfo is None else stored
