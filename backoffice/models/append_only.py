"""Tables whose rows are never changed or removed, enforced by the database itself.

A model inherits AppendOnly and its migration runs `append_only_triggers(table)`; good manners in Python are not
enough, because bulk updates, the shell and other programs do not pass through them."""

from typing import Any, ClassVar, NoReturn

from django.db import migrations, models
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


def append_only_triggers(*tables: str) -> migrations.RunPython:
    """A migration step that makes the database refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE on `tables`.

    SQLite has no TRUNCATE. Its own tables are protected from UPDATE and DELETE alike."""

    def add(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for table in tables:
            for statement in _statements(editor.connection.vendor, table):
                editor.execute(statement, params=None)

    def remove(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for table in tables:
            for action in ("update", "delete", "truncate"):
                on = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}{on}")

    return migrations.RunPython(add, remove, elidable=False)


def _statements(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{action} BEFORE {action.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for action in ("update", "delete")
        ]
    return [
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
        *(
            # Statement level: one check however many rows, and the only level TRUNCATE has.
            f"CREATE TRIGGER {table}_no_{action} BEFORE {action.upper()} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            for action in ("update", "delete", "truncate")
        ),
    ]
