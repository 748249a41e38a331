"""Tables whose rows are never changed or removed, enforced by the database itself.

A model inherits AppendOnly and its migration runs `append_only_triggers(table)`; good manners in Python are not
enough, because bulk updates, the shell and other programs do not pass through them.

Rows that may be kept for a time only (`KeptFor`) can be removed when that time is over, never before, never changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from django.db import migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class AppendOnlyError(Exception):
    """Somebody tried to change or delete a row of an append-only table."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **values: Any) -> NoReturn:
        raise AppendOnlyError(
            f"{self.model.__name__} rows are never changed; add a new row that says what is so."
        )

    def delete(self) -> NoReturn:
        raise AppendOnlyError(f"{self.model.__name__} rows are never deleted.")


class AppendOnly(models.Model):
    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} {self.pk} is written once.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{type(self).__name__} {self.pk} is never deleted.")


@dataclass(frozen=True)
class KeptFor:
    """Rows may be removed once the moment that `moment` (SQL over the row's columns, given the prefix of the row,
    e.g. "{row}.received_at") names is `days` ago. The database reckons with its own clock."""

    moment: str
    days: int

    def is_young(self, vendor: str) -> str:
        moment = self.moment.format(row="OLD")
        if vendor == "sqlite":  # moments are texts there, which sort like the moments
            return f"{moment} > datetime('now', '-{self.days:d} days')"
        return f"{moment} > now() - interval '{self.days:d} days'"


def append_only_triggers(*tables: str, kept: KeptFor | None = None) -> migrations.RunPython:
    """A migration step that makes the database refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE on `tables`; with
    `kept`, DELETE of younger rows only.

    SQLite has no TRUNCATE. Its own tables are protected from UPDATE and DELETE alike."""

    def add(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for table in tables:
            protect(editor.connection, table, kept)

    def remove(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for table in tables:
            _run(editor.connection, _lifting(editor.connection.vendor, table))

    return migrations.RunPython(add, remove, elidable=False)


def protect(connection: BaseDatabaseWrapper, table: str, kept: KeptFor | None = None) -> None:
    """Put the triggers on a table, in place of those that are there."""
    _run(connection, _lifting(connection.vendor, table))
    _run(connection, _statements(connection.vendor, table, kept))


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _lifting(vendor: str, table: str) -> Iterator[str]:
    on = f" ON {table}" if vendor == "postgresql" else ""
    for action in ("update", "delete", "truncate"):
        yield f"DROP TRIGGER IF EXISTS {table}_no_{action}{on}"


def _statements(vendor: str, table: str, kept: KeptFor | None) -> Iterator[str]:
    actions = ["update", "delete"]
    if vendor != "sqlite":
        actions.append("truncate")
        yield (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for action in actions:
        ends = kept if action == "delete" else None
        # Statement level where it can be: one check however many rows, and the only level TRUNCATE has.
        level = "ROW" if ends or vendor == "sqlite" else "STATEMENT"
        when = f" WHEN ({ends.is_young(vendor)})" if ends else ""
        refuse = (
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            if vendor == "sqlite"
            else "EXECUTE FUNCTION refuse_change()"
        )
        yield (
            f"CREATE TRIGGER {table}_no_{action} BEFORE {action.upper()} ON {table} "
            f"FOR EACH {level}{when} {refuse}"
        )
