"""The rows of a CRM's file by django-import-export in its bulk mode, as somebody would set it up who wants it fast.

Into the tables of the product: one resource each for numbers, contacts, the CRM's records and readings, since a
resource fills one table, fed one after the other with the same rows. All that its handbook offers against work is on:
bulk writes, no differences, no report, one query for the rows that are there already, systems, programs and contacts
kept in memory, readings made without a look for older ones. Numbers are a foreign key as it finds them, by a query
each; its cached widget would read the whole table. It cleans phones with phonenumbers and times with a format, and
derives no status, finds nothing that disagrees, holds nobody, remembers nothing to resume from. It asks the database
row by row, so a loaded machine slows it down more than it does us: the ratios are worth what the load is low.

Into one plain table: the same loader where nothing hangs together. No program that keeps the proof could do with that
table, and COPY into the product's own is about as fast; it shows what the tables cost.
"""

import csv
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import phonenumbers
from django.db import connection, models
from import_export import fields, instance_loaders, resources, widgets
from tablib import Dataset

from backoffice.models import System
from consent.models import Contact, Number, Program, Reading, SystemRecord

PHONE = "Mobile"
MOMENT = "%m/%d/%Y %H:%M"
VALUES = {"Yes": "in", "No": "never", "Unsubscribed": "out", "": "unknown"}
READ_AT = datetime(2026, 4, 1, tzinfo=UTC)


def rows_of(path: Path, count: int) -> Dataset:
    """The first rows of the file that have a phone number, with the columns that say whose and about what they are."""
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        header = next(reader)
        place = header.index(PHONE)
        rows = list(islice((row for row in reader if sum(map(str.isdigit, row[place])) > 9), count))
    return Dataset(*([*row, "club", "promo"] for row in rows), headers=[*header, "System", "Program"])


def e164(value: str) -> str:
    number = phonenumbers.parse(value, "US")
    if not phonenumbers.is_valid_number(number):
        raise ValueError("no valid number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Phone(widgets.CharWidget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return e164(value)


class NumberOfPhone(widgets.ForeignKeyWidget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        return super().clean(e164(value), row, **kwargs)


class Value(widgets.CharWidget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return VALUES[value]


class Fast:
    """What every Meta below says."""

    use_bulk = True
    batch_size = 1000
    skip_diff = True
    skip_html_diff = True
    report_skipped = False
    instance_loader_class = instance_loaders.CachedInstanceLoader


class Numbers(resources.ModelResource):
    e164 = fields.Field("e164", PHONE, Phone())

    class Meta(Fast):
        model = Number
        fields = ("e164",)
        import_id_fields = ("e164",)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        return instance.pk is not None


class Contacts(resources.ModelResource):
    first_name = fields.Field("first_name", "First Name")
    last_name = fields.Field("last_name", "Last Name")
    email = fields.Field("email", "Email")

    class Meta(Fast):
        model = Contact
        fields = ("first_name", "last_name", "email")
        import_id_fields = ("email",)


class Records(resources.ModelResource):
    system = fields.Field("system", "System", widgets.CachedForeignKeyWidget(System, "slug"))
    ref = fields.Field("ref", "Record ID")
    contact = fields.Field("contact", "Email", widgets.CachedForeignKeyWidget(Contact, "email"))
    number = fields.Field("number", PHONE, NumberOfPhone(Number, "e164"))

    class Meta(Fast):
        model = SystemRecord
        fields = ("system", "ref", "contact", "number")
        import_id_fields = ("ref",)

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(system__slug="club")


class Readings(resources.ModelResource):
    number = fields.Field("number", PHONE, NumberOfPhone(Number, "e164"))
    program = fields.Field("program", "Program", widgets.CachedForeignKeyWidget(Program, "code"))
    system = fields.Field("system", "System", widgets.CachedForeignKeyWidget(System, "slug"))
    ref = fields.Field("ref", "Record ID")
    value = fields.Field("value", "SMS Opt-In", Value())
    text = fields.Field("text", "SMS Opt-In")
    claimed_at = fields.Field("claimed_at", "Opt-In Date", widgets.DateTimeWidget(MOMENT))
    claimed_text = fields.Field("claimed_text", "Opt-In Date")

    class Meta(Fast):
        model = Reading
        fields = ("number", "program", "system", "ref", "value", "text", "claimed_at", "claimed_text")
        import_id_fields = ("ref",)
        force_init_instance = True

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        instance.claimed_precision, instance.read_at = "second", READ_AT


def into_our_tables(rows: Dataset) -> None:
    before = Reading.objects.count()
    for resource in (Numbers, Contacts, Records, Readings):
        resource().import_data(rows, raise_errors=True)
    assert Reading.objects.count() == before + len(rows)


class PeerRow(models.Model):
    """A plain table with what the file says."""

    phone = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=20)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return self.phone


class PlainRows(resources.ModelResource):
    phone = fields.Field("phone", PHONE, Phone())
    name = fields.Field("name", "Last Name")
    status = fields.Field("status", "SMS Opt-In")
    changed_at = fields.Field("changed_at", "Opt-In Date", widgets.DateTimeWidget(MOMENT))

    class Meta(Fast):
        model = PeerRow
        fields = ("phone", "name", "status", "changed_at")
        import_id_fields = ("phone",)


def make_plain_table() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(PeerRow)


def into_a_plain_table(rows: Dataset) -> None:
    PeerRow._default_manager.all().delete()
    PlainRows().import_data(rows, raise_errors=True)
    assert PeerRow._default_manager.count() == len(rows)
