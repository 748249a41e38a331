"""The log as tables: looked at only, found by what leads to a send, with a fixed number of questions."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from errors.models import AttemptEvent, SendAttempt
from tests.consent import make as people
from tests.errors import make

pytestmark = pytest.mark.django_db


def table(model, name="changelist", *args):
    return reverse(f"admin:errors_{model._meta.model_name}_{name}", args=args)


def found(client, model, text):
    page = client.get(table(model), {"q": text})
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


@pytest.fixture
def sent():
    made = make.sent(
        "failed", "30003", number=make.number("+14155550142"), message_ref="SMab12", body="<b>x</b>"
    )
    make.event(made, "failed", "30003", batch=people.batch(people.system()), line=7)
    return made


@pytest.mark.parametrize("model", [SendAttempt, AttemptEvent], ids=lambda model: model.__name__)
def test_nobody_changes_the_log(browser, sent, model):
    client = browser("Administrator")
    row = model.objects.order_by("pk").first()
    page = client.get(table(model, "change", row.pk))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert client.get(table(model, "add")).status_code == 403
    assert client.post(table(model, "change", row.pk), {"status": "delivered"}).status_code == 403
    assert client.post(table(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("text", ["0142", "+1 415-555-0142", "smab12"])
def test_a_send_is_found_by_its_number_and_reference(browser, sent, text):
    make.sent()
    assert found(browser("Viewer"), SendAttempt, text) == [sent]


@pytest.mark.parametrize("text", ["12", "nothing like it", "%", "+"])
def test_what_leads_nowhere_finds_nothing(browser, sent, text):
    assert found(browser("Viewer"), SendAttempt, text) == []
    assert found(browser("Viewer"), AttemptEvent, text) == []


def test_reports_are_found_by_the_reference_of_their_send(browser, sent):
    other = make.sent()
    make.event(other, "delivered")
    client = browser("Viewer")
    assert [event.attempt_key for event in found(client, AttemptEvent, "SM-AB12")] == [sent.key]
    page = client.get(table(AttemptEvent), {"attempt_key__exact": str(sent.key)})
    assert [event.attempt_key for event in page.context["cl"].result_list] == [sent.key]


@pytest.mark.parametrize(
    "query", ["body__startswith=x", "request__icontains=x", "status=failed", "number__e164__startswith=1"]
)
def test_hidden_columns_are_not_read_by_guessing(browser, sent, query):
    assert browser("Viewer").get(f"{table(SendAttempt)}?{query}").status_code == 400


@pytest.mark.parametrize("model", [SendAttempt, AttemptEvent], ids=lambda model: model.__name__)
def test_the_list_asks_the_same_number_of_questions_however_long_it_is(browser, sent, model):
    client = browser("Viewer")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(table(model))
        return len(captured)

    queries()
    few = queries()
    for _ in range(20):
        make.event(make.sent(), "delivered", batch=sent.batch)
    assert queries() == few
