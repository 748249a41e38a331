"""Who must not be texted, as a list that others follow: what changed in it, in the order in which it was seen.

A change is noted by the database itself, in the transaction that made it, whoever makes it. It gets its place in the
list only when a reader has seen it, one reader at a time: so places follow commits, and nobody who has read up to a
place can have missed what was committed late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

from backoffice.models import System
from consent.models.people import Number
from consent.models.program import Program


class SuppressionFeed(models.Model):
    """The list of one program: how far its places go. Locked by whoever gives new ones."""

    program = models.OneToOneField(
        Program, primary_key=True, on_delete=models.PROTECT, related_name="suppression_feed"
    )
    last_place = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.program_id} up to {self.last_place}"


class SuppressionChange(models.Model):
    """A number whose answer may have changed. Written by triggers, placed and thinned out by consent.suppressions: of
    each number the newest stays."""

    # The triggers copy both from a row that the database has checked already.
    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    place = models.BigIntegerField(null=True)
    listed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "place"],
                condition=Q(place__isnull=False),
                name="suppression_place_once",
            ),
            models.CheckConstraint(
                condition=Q(place=None, listed_at=None) | Q(place__isnull=False, listed_at__isnull=False),
                name="suppression_place_and_time",
            ),
        ]
        indexes = [
            models.Index(fields=["program", "id"], condition=Q(place=None), name="suppression_to_place"),
            models.Index(fields=["program", "number"], name="suppression_of_number"),
            models.Index(
                fields=["program", "listed_at"],
                condition=Q(listed_at__isnull=False),
                name="suppression_since",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.program_id}:{self.place}"


class SuppressionExport(models.Model):
    """One file of the list that somebody took for a messaging platform; the next one goes on at its cursor."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="suppression_exports")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    is_full = models.BooleanField()
    cursor = models.CharField(max_length=80)
    rows = models.PositiveIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["system", "program", "-id"], name="suppression_last_export")]

    def __str__(self) -> str:
        return f"{self.system_id}: {self.rows}"


def suppression_triggers() -> migrations.RunPython:
    """A migration step: from then on the database notes whose answer may have changed."""

    def add(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        with editor.connection.cursor() as cursor:
            for statement in (*_dropped(editor.connection.vendor), *_made(editor.connection.vendor)):
                cursor.execute(statement)
            cursor.execute(_WHAT_THERE_IS)

    def remove(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        with editor.connection.cursor() as cursor:
            for statement in _dropped(editor.connection.vendor):
                cursor.execute(statement)

    return migrations.RunPython(add, remove, elidable=False)


# By table: which new rows are news, and which changes of a row are (before, after).
_BLOCK = "{row}.code = 'PROVIDER_BLOCKED_AGREED_IN' AND {row}.number_id IS NOT NULL"
_NEWS = {
    "consent_agreedstatus": ("{after}.status <> 'OPTED_IN'", "{before}.status <> {after}.status"),
    "consent_hold": (
        "{after}.released_at IS NULL",
        "({before}.released_at IS NULL) <> ({after}.released_at IS NULL)",
    ),
    "consent_flag": (
        _BLOCK.format(row="{after}"),
        f"({{before}}.status = 'closed') <> ({{after}}.status = 'closed') AND {_BLOCK.format(row='{after}')}",
    ),
}
_NOTE = "INSERT INTO consent_suppressionchange (number_id, program_id)"
# So that the changes are known from the beginning.
_WHAT_THERE_IS = f"""{_NOTE}
SELECT number_id, program_id FROM consent_agreedstatus WHERE status <> 'OPTED_IN'
UNION SELECT number_id, program_id FROM consent_hold WHERE released_at IS NULL
UNION SELECT number_id, program_id FROM consent_flag AS f
WHERE {_BLOCK.format(row="f")} AND status <> 'closed'"""  # noqa: S608


def _dropped(vendor: str) -> Iterator[str]:
    for table in _NEWS:
        for act in ("insert", "update"):
            on = f" ON {table}" if vendor == "postgresql" else ""
            yield f"DROP TRIGGER IF EXISTS {table}_{act}_is_news{on}"


def _made(vendor: str) -> Iterator[str]:
    for table, (new, changed) in _NEWS.items():
        for act, condition in (("insert", new), ("update", changed)):
            if vendor == "postgresql":
                yield from _on_postgresql(table, act, condition.format(before="b", after="a"))
            else:
                yield (
                    f"CREATE TRIGGER {table}_{act}_is_news AFTER {act.upper()} ON {table} "
                    f"WHEN {condition.format(before='OLD', after='NEW')} "
                    f"BEGIN {_NOTE} VALUES (NEW.number_id, NEW.program_id); END"
                )


def _on_postgresql(table: str, act: str, condition: str) -> Iterator[str]:
    """Once per statement, however many rows it wrote."""
    name = f"{table}_{act}_is_news"
    before = " JOIN gone AS b ON b.id = a.id" if act == "update" else ""
    gone = "OLD TABLE AS gone " if act == "update" else ""
    note = f"{_NOTE} SELECT a.number_id, a.program_id FROM come AS a{before} WHERE {condition}"  # noqa: S608
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {note}; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {act.upper()} ON {table} REFERENCING {gone}NEW TABLE AS come "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
