"""What a program wrote into some tables, taken out again and put back by COPY: the other side of its ratio.

Tables are named parents first and have the key `id`."""

import time
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from tests.benchmarks._ledger import vacuum


def last_keys(tables: Sequence[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
            found[table] = cursor.fetchone()[0]
        return found


def counts(tables: Sequence[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
        return found


def copy_again(last: Mapping[str, int], tables: Sequence[str]) -> float:
    """Take what is newer than these keys out of the tables and COPY it in again; the seconds of the latter."""
    raw: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        for table in tables:
            with cursor.copy(
                f"COPY (SELECT * FROM {table} WHERE id > {last[table]} ORDER BY id) TO STDOUT"
            ) as out:
                raw[table] = b"".join(out)
    empty(last, tables)
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            with cursor.copy(f"COPY {table} FROM STDIN") as into:
                into.write(raw[table])
    return time.perf_counter() - began


def empty(last: Mapping[str, int], tables: Sequence[str]) -> None:
    """Remove what is newer than these keys, past the triggers that forbid it."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in tables:
            cursor.execute(f"DELETE FROM {table} WHERE id > {last[table]}")
        cursor.execute("SET session_replication_role = origin")
    vacuum()
