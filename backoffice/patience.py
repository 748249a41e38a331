"""A question to the database that takes too long is given up: one page must not keep everybody waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

STEPS = 10_000  # of SQLite's machine between two looks at the clock


class TookTooLong(Exception):
    """The question was given up; ask for less."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Whatever is read inside may take this long per statement (SQLite: altogether). Raises TookTooLong."""
    try:
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
                yield
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
        else:
            connection.ensure_connection()
            until = time.monotonic() + seconds
            connection.connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            try:
                yield
            finally:
                connection.connection.set_progress_handler(None, STEPS)
    except OperationalError as error:
        if "statement timeout" in str(error) or "interrupted" in str(error):
            raise TookTooLong(f"Longer than {seconds} s.") from error
        raise
