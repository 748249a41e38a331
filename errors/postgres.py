"""What only PostgreSQL can do for the send log. On SQLite each of these does the same in its own, slower way: there is
one writer at a time anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

BATCH = 500


def take_turn(providers: Collection[str]) -> None:
    """Wait until no other transaction brings attempts of these providers, and keep others waiting until this one
    ends. In one order for everybody."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('send log'), hashtext(name)) "
            "FROM unnest(%s::text[]) AS given(name)",
            [sorted(providers)],
        )


def update(model: type[models.Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Set `fields` of many rows in one statement. Each row: its primary key, then the values of the fields."""
    if not rows:
        return
    columns: list[Any] = [model._meta.get_field(name.removesuffix("_id")) for name in fields]
    if connection.vendor != "postgresql":
        objects = [model(pk=pk, **dict(zip(fields, values, strict=True))) for pk, *values in rows]
        model._base_manager.bulk_update(objects, [field.name for field in columns], batch_size=BATCH)
        return
    table = connection.ops.quote_name(model._meta.db_table)
    assigned = ", ".join(f'"{field.column}" = new."{field.column}"' for field in columns)
    names = ", ".join(f'"{field.column}"' for field in columns)
    arrays = ", ".join(
        f"%s::{field.rel_db_type(connection) if field.is_relation else field.db_type(connection)}[]"
        for field in columns
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {assigned} "  # noqa: S608
            f"FROM unnest(%s::bigint[], {arrays}) AS new(pk, {names}) WHERE {table}.id = new.pk",
            [list(values) for values in zip(*sorted(rows), strict=True)],
        )


@contextmanager
def room_to_group() -> Iterator[None]:
    """What is read inside may group hundreds of thousands of rows in memory instead of sorting them on disk."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        yield
