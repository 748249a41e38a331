"""Many rows at once. What only PostgreSQL can do is here and nowhere else; SQLite takes Django's bulk insert."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import islice, repeat
from typing import Any
from uuid import UUID

from django.db import connection, models

from backoffice.models.lookups import array
from consent.models import Touched

BATCH = 5_000
LINES = 500  # of COPY at a time


def append(model: type[models.Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Insert rows that cannot conflict; returns their primary keys in order.

    `fields` are attribute names of concrete columns (`number_id`). PostgreSQL: keys are drawn first and the rows
    go in by COPY, about four times as fast as INSERT with these indexes."""
    if not rows:
        return []
    if connection.vendor != "postgresql":
        return [made.pk for made in _create(model, fields, rows)]
    keys = _draw_keys(model, len(rows))
    _copy(model, ("id", *fields), [(key, *row) for key, row in zip(keys, rows, strict=True)])
    return keys


def pour(model: type[models.Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """As `append`, where nobody asks for the keys: the database draws them while it copies."""
    if connection.vendor == "postgresql":
        _copy(model, fields, rows)
    else:
        _create(model, fields, rows)


def _create(
    model: type[models.Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]], **options: Any
) -> list[models.Model]:
    objects = [model(**dict(zip(fields, row, strict=True))) for row in rows]
    return model._base_manager.bulk_create(objects, batch_size=BATCH, **options)


def _copy(model: type[models.Model], fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    given = [_field(model, name) for name in fields]
    # Django keeps most defaults in Python; COPY has to bring them along.
    kept = [
        field
        for field in model._meta.concrete_fields
        if field not in given
        and not field.primary_key
        and not field.null
        and field.db_default is models.NOT_PROVIDED
    ]
    columns: list[Iterable[str]] = [
        _texts(_prepared(field, values)) for field, values in zip(given, zip(*rows, strict=True), strict=True)
    ]
    for field in kept:
        default = field.get_default()
        is_json = isinstance(field, models.JSONField)
        columns.append(repeat(*_texts([json.dumps(default) if is_json else field.get_prep_value(default)])))
    listed = ", ".join(f'"{field.column}"' for field in (*given, *kept))
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,  # COPY goes past Django, and callers know its errors only
        cursor.copy(f'COPY "{model._meta.db_table}" ({listed}) FROM STDIN') as copy,
    ):
        lines = map("\t".join, zip(*columns, strict=False))  # a default has no end
        while some := list(islice(lines, LINES)):
            copy.write("\n".join([*some, ""]))


# Characters that mean something to COPY, as it wants them in a text.
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_ESCAPED = str.maketrans(_ESCAPES)


def _texts(values: Sequence[Any]) -> list[str]:
    """One column as COPY reads it: a whole column at once, the driver needs several times as long cell by cell."""
    if values[0] == values[-1] and values.count(values[0]) == len(values):
        return [_text(values[0])] * len(values)  # all alike
    kinds = set(map(type, values))
    if all(issubclass(kind, str) for kind in kinds):
        whole = "".join(values)
        if not any(sign in whole for sign in _ESCAPES):
            return list(values)
    elif kinds == {int}:
        return list(map(str, values))
    elif kinds <= {datetime, type(None)}:
        return [r"\N" if value is None else value.isoformat() for value in values]
    elif kinds == {UUID}:
        return [value.hex for value in values]
    return list(map(_text, values))


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return str(value).translate(_ESCAPED)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def insert_missing(
    model: type[models.Model], unique: str, fields: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows whose `unique` field is not there yet; the others are left as they are.

    Sorted by that field, so that two imports at once wait for each other instead of blocking each other."""
    if not rows:
        return
    at = fields.index(unique)
    ordered = sorted(rows, key=lambda row: row[at])
    if connection.vendor != "postgresql":
        _create(model, fields, ordered, ignore_conflicts=True)
        return
    columns = [_field(model, name) for name in fields]
    arrays = ", ".join(f"%s::{column.db_type(connection)}[]" for column in columns)
    listed = ", ".join(f'"{column.column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({listed}) SELECT * FROM unnest({arrays}) '  # noqa: S608
            f'ON CONFLICT ("{_field(model, unique).column}") DO NOTHING',
            [list(values) for values in zip(*ordered, strict=True)],
        )


def rewrite(model: type[models.Model], fields: Sequence[str], rows: Sequence[models.Model]) -> None:
    """Store these fields of rows that are there, as they stand on the objects."""
    if connection.vendor != "postgresql":
        model._base_manager.bulk_update(rows, fields, batch_size=200)
        return
    if not rows:
        return
    columns = [_field(model, name) for name in fields]
    arrays = ", ".join(f"%s::{column.db_type(connection)}[]" for column in columns)
    names = [f'"{column.column}"' for column in columns]
    changes = ", ".join(f"{name} = new.{name}" for name in names)
    given = [_prepared(column, [getattr(row, column.attname) for row in rows]) for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" AS old SET {changes} '  # noqa: S608
            f"FROM unnest(%s::bigint[], {arrays}) AS new (id, {', '.join(names)}) WHERE old.id = new.id",
            [array([row.pk for row in rows]), *given],
        )


def _prepared(field: Any, values: Sequence[Any]) -> Any:
    return list(map(json.dumps, values)) if isinstance(field, models.JSONField) else values


def _field(model: type[models.Model], name: str) -> Any:
    for field in model._meta.concrete_fields:
        if name in {field.attname, field.name}:
            return field
    raise LookupError(f"{model.__name__} has no column {name}")


def _draw_keys(model: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            # The name is looked up once, not for every key.
            "SELECT nextval(sequence) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence OFFSET 0) "
            "AS named, generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def touch(number_ids: Sequence[int], *, hold: bool = False) -> None:
    """Remember that these numbers have news, in the transaction of the news.

    The row is written again even when it is there: that waits for a reconcile which is just taking it away, so that
    news arriving meanwhile is looked at too. Where nothing else than this is written about the numbers, `hold` them:
    then no file with an opt-in is made up until the news is committed."""
    ids = sorted(set(number_ids))
    if connection.vendor != "postgresql":
        Touched.objects.bulk_create(
            [Touched(number_id=number_id) for number_id in ids],
            update_conflicts=True,
            unique_fields=["number"],
            update_fields=["at"],
            batch_size=BATCH,
        )
        return
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH.format(numbers=_HELD if hold else "SELECT unnest(%s::bigint[])"), [array(ids)])


_TOUCH = "INSERT INTO consent_touched (number_id) {numbers} ON CONFLICT (number_id) DO UPDATE SET at = now()"
_HELD = "SELECT id FROM consent_number WHERE id = ANY(%s::bigint[]) ORDER BY id FOR KEY SHARE"
