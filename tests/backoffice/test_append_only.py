"""What was written once stays: whatever way in somebody takes, the database refuses."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, models, transaction

from backoffice import audit
from backoffice.models import AppendOnlyError, AuditEntry
from consent.models import ConsentRecord, FlagEvent, Reading
from tests.consent import make

pytestmark = pytest.mark.django_db
MODELS = [ConsentRecord, Reading, FlagEvent, AuditEntry]
every_table = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
REFUSED = "append-only"


@pytest.fixture
def row(model: type[models.Model]) -> models.Model:
    """One row of the table."""
    flag = make.stopped_but_texted()
    audit.record(make.staff(), "flag.comment", flag)
    found = model._base_manager.first()
    assert found is not None
    return found


@pytest.fixture
def untouched(row: models.Model):
    """Whatever the test did, the row is what it was."""
    before = row.__class__._base_manager.filter(pk=row.pk).values().get()
    yield
    assert row.__class__._base_manager.filter(pk=row.pk).values().get() == before


def some_field(model: type[models.Model]) -> str:
    """A column that an update would change."""
    return {ConsentRecord: "words", Reading: "text", FlagEvent: "note", AuditEntry: "reason"}[model]


def refuse(statement: str, *params: object) -> None:
    with (
        pytest.raises(DatabaseError, match=REFUSED),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, params)


@every_table
def test_the_models_themselves_say_no(model, row, untouched):
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(AppendOnlyError):
        row.delete()
    with pytest.raises(AppendOnlyError):
        model.objects.filter(pk=row.pk).update(**{some_field(model): "changed"})
    with pytest.raises(AppendOnlyError):
        model.objects.all().delete()


@every_table
def test_ways_around_the_models_end_at_the_database(model, row, untouched):
    field = some_field(model)
    setattr(row, field, "changed")
    plain = models.QuerySet(model)
    ways = [
        lambda: plain.filter(pk=row.pk).update(**{field: "changed"}),
        lambda: plain.bulk_update([row], [field]),
        lambda: plain.filter(pk=row.pk).delete(),
        lambda: plain.filter(pk=row.pk)._raw_delete(using="default"),
        lambda: models.Model.save_base(row, force_update=True),
        lambda: models.Model.delete(row),
        lambda: plain.bulk_create([row], update_conflicts=True, unique_fields=["id"], update_fields=[field]),
    ]
    for way in ways:
        with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
            way()


@every_table
def test_sql_cannot_change_or_remove_a_row(model, row, untouched):
    table = model._meta.db_table
    refuse(f"UPDATE {table} SET {some_field(model)} = %s", "changed")
    refuse(f"UPDATE {table} SET {some_field(model)} = %s WHERE id = %s", "changed", row.pk)
    refuse(f"DELETE FROM {table}")
    refuse(f"DELETE FROM {table} WHERE id = %s", row.pk)


@every_table
def test_a_table_cannot_be_emptied_at_once(model, row, untouched, postgresql):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # waiting checks would refuse it for another reason
    refuse(f"TRUNCATE {model._meta.db_table} CASCADE")


@every_table
def test_an_insert_cannot_take_the_place_of_a_row(model, row, untouched):
    """SQLite's REPLACE removes the row in the way without asking a trigger, unless it is told to."""
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite only; runs in the SQLite pass")
    table, fields = model._meta.db_table, model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = columns.replace(f'"{some_field(model)}"', "'changed'")
    refuse(f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {values} FROM {table} WHERE id = %s", row.pk)


@every_table
def test_new_rows_are_welcome(model, row):
    fields = {
        field.attname: getattr(row, field.attname)
        for field in model._meta.concrete_fields
        if not field.primary_key
    }
    if model is ConsentRecord:
        fields["source_event_id"] = "another"
    model._base_manager.create(**fields)
    assert model._base_manager.count() >= 2
