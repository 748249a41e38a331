"""Times out of PostgreSQL, read by Python's own compiled parser.

Django takes each through the driver's Python code, so that it comes in the connection's time zone; that was a sixth of
a reconciliation. Here every connection is in UTC, and what the server sends is ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from psycopg.types.datetime import TimestamptzLoader


class UtcLoader(TimestamptzLoader):
    timezone: tzinfo = UTC  # Django compares it with the connection's

    def load(self, data: Any) -> datetime:
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # before Christ, say: the driver has the words for it
            return super().load(data)


def read_times_in_utc(connection: Any, **kwargs: object) -> None:
    """To be called of each new connection."""
    if connection.vendor == "postgresql" and connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", UtcLoader)
