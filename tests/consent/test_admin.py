"""Consent's tables: who may change what, what is found, and where a row leads."""

from datetime import date

import pytest
import tablib
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.models import System
from consent import correct
from consent.models import (
    AgreedStatus,
    ConsentRecord,
    Contact,
    Correction,
    Flag,
    Hold,
    Number,
    Program,
    Reading,
    ReasonCode,
    Sender,
    SystemRecord,
    Wording,
    WriteBack,
)
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
LOOKED_AT = (
    *(Number, Contact, SystemRecord, ConsentRecord, Reading, AgreedStatus, Flag, Hold, Correction, WriteBack),
)
KEPT = (Program, Sender, Wording, ReasonCode)


def table(model, name="changelist", *args):
    return reverse(f"admin:consent_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def one_of_each():
    line = make.number("+12065559876")
    make.contact(line)
    flag = make.stopped_but_texted(line)
    make.reason()
    return correct.decide(
        make.subject(flag), make.choice(), by=make.staff(), token="t", seen=make.seen(flag), now=NOW
    )


@pytest.mark.parametrize("model", LOOKED_AT, ids=lambda model: model.__name__)
def test_nobody_changes_the_ledger_or_what_is_derived(browser, one_of_each, model):
    client = browser("Administrator")
    row = model.objects.order_by("pk").first()
    assert client.get(table(model)).status_code == 200
    page = client.get(table(model, "change", row.pk))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert client.get(table(model, "add")).status_code == 403
    assert client.post(table(model, "change", row.pk), {"status": "OPTED_IN"}).status_code == 403
    assert client.post(table(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_configuration_is_kept_by_administrators_alone(browser, one_of_each, model):
    assert browser("Administrator").get(table(model, "add")).status_code == 200
    assert browser("Supervisor").get(table(model, "add")).status_code == 403
    assert browser("Viewer").get(table(model)).status_code == 200


@pytest.mark.parametrize("model", LOOKED_AT, ids=lambda model: model.__name__)
def test_rows_are_listed_in_a_fixed_number_of_queries(browser, one_of_each, model):
    client = browser("Administrator")

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(table(model))
        return len(found)

    queries()
    few = queries()
    for _ in range(5):
        line = make.number()
        make.contact(line, ref=line.e164)
        flag = make.stopped_but_texted(line)
        correct.decide(
            make.subject(flag), make.choice(), by=make.staff(), token=line.e164, seen=make.seen(flag), now=NOW
        )
    assert queries() == few


@pytest.mark.parametrize(
    "model", [m for m in LOOKED_AT if m is not Contact], ids=lambda model: model.__name__
)
def test_rows_are_found_by_some_digits_of_their_number(browser, one_of_each, model):
    client = browser()

    def found(text):
        return client.get(table(model), {"q": text}).context["cl"].result_count

    assert found("206-555-9876") > 0
    assert found("2065550199") == 0
    assert found("12") == 0
    assert found("") > 0


def test_people_are_found_by_the_beginning_of_a_name(browser, one_of_each):
    client = browser()
    assert client.get(table(Contact), {"q": "an"}).context["cl"].result_count == 1
    assert client.get(table(Contact), {"q": "zz"}).context["cl"].result_count == 0


def test_a_record_is_found_by_its_whole_id(browser, one_of_each):
    assert browser().get(table(SystemRecord), {"q": "1001"}).context["cl"].result_count == 1


@pytest.mark.parametrize(
    "model",
    [SystemRecord, ConsentRecord, Reading, AgreedStatus, Flag, WriteBack],
    ids=lambda model: model.__name__,
)
def test_no_filter_reads_a_whole_table_of_millions(model):
    """A filter asks by a column that an index without a condition begins with."""
    led = {index.fields[0] for index in model._meta.indexes if not index.condition}
    for name in admin.site._registry[model].list_filter:
        assert name in led or model._meta.get_field(name).db_index, name


def test_a_record_is_looked_for_by_an_index(one_of_each, one_engine):
    chief = admin.site._registry[SystemRecord]
    found, _ = chief.get_search_results(None, SystemRecord.objects.all(), "1001")
    assert "SCAN consent_systemrecord" not in found.explain()


def test_flags_holds_and_corrections_lead_to_the_page_where_work_is_done(browser, one_of_each):
    client = browser()
    flag = Flag.objects.order_by("pk").first()
    assert reverse("consent:flag_review", args=[flag.pk]) in client.get(table(Flag)).content.decode()
    assert reverse("consent:flag_review", args=[flag.pk]) in client.get(table(Hold)).content.decode()
    assert (
        reverse("consent:correction", args=[one_of_each.pk]) in client.get(table(Correction)).content.decode()
    )
    assert reverse("consent:contact", args=[flag.number_id]) in client.get(table(Number)).content.decode()


def test_a_text_that_somebody_agreed_to_is_not_edited(browser, one_of_each):
    used, fresh = Wording.objects.get(), make.wording(code="next")
    chief = admin.site._registry[Wording]
    assert "text" in chief.get_readonly_fields(None, used)
    assert chief.get_readonly_fields(None, fresh) == ()


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        *((Wording, "text", "I agree to more"), (Wording, "prechecked", True), (Wording, "language", "es")),
        *((Wording, "kind", "help"), (Wording, "valid_from", date(2026, 1, 1))),
        (ReasonCode, "decision", "waive"),
        (System, "kind", "form"),
    ],
)
def test_what_others_rest_on_is_not_turned_into_something_else(one_of_each, model, name, value):
    row = model.objects.get(pk=one_of_each.reason_id) if model is ReasonCode else model.objects.last()
    row.full_clean()
    setattr(row, name, value)
    with pytest.raises(ValidationError, match="rests on it"):
        row.full_clean()


def test_what_nothing_rests_on_may_still_be_mended(db):
    for row, name, value in (
        (make.wording(), "text", "I agree to more"),
        (make.reason(), "decision", "waive"),
        (make.system(), "kind", "form"),
    ):
        setattr(row, name, value)
        row.full_clean()


def test_a_file_does_not_rewrite_a_text_that_somebody_agreed_to(one_of_each):
    [resource] = admin.site._registry[Wording].get_import_resource_classes(None)
    used = Wording.objects.get()
    file = tablib.Dataset((used.code, "I agree to more"), headers=["code", "text"])
    assert resource().import_data(file).has_validation_errors()
    used.refresh_from_db()
    assert used.text == "I agree"


def test_a_text_that_somebody_agreed_to_is_given_its_last_day(one_of_each):
    used = Wording.objects.get()
    used.valid_until = date(2026, 6, 1)
    used.full_clean()


def test_what_decisions_carry_is_not_shown_to_every_table(browser, one_of_each):
    page = browser("Administrator").get(table(Correction, "change", one_of_each.pk)).content.decode()
    assert "Token" not in page


def test_reason_codes_come_and_go_as_a_file(browser):
    client = browser("Administrator")
    answer = client.get(table(ReasonCode, "export"))
    assert answer.status_code == 200
    assert client.get(table(ReasonCode, "import")).status_code == 200
    assert browser("Agent").get(table(ReasonCode, "import")).status_code == 403
