"""The pages around deliveries: how a system is written to, what happened, sending again."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEntry, System
from backoffice.secrets import Secret
from consent import deliver
from consent.connection_form import ConnectionForm
from consent.models import Connection, DeliveryEvent, WriteBack
from consent.ready_made_connections import NOT_TRIED, READY_CONNECTIONS, begin_from
from tests.consent import make
from tests.consent.test_deliver import connect, stopped

pytestmark = pytest.mark.django_db


def url(name: str, of: System) -> str:
    return reverse(f"consent:{name}", args=[of.slug])


def filled(**changes) -> dict[str, str]:
    """The form as somebody fills it in."""
    given = {
        "base_url": "https://api.example.com",
        "auth": "bearer",
        "secret": "sk-long-enough-1234",
        "content_type": "json",
        "word_in": "in",
        "word_out": "out",
        "write_method": "PUT",
        "write_path": "/contacts/{number}",
        "write_body": '{"sms": "{value}"}',
        "read_method": "GET",
        "read_path": "/contacts/{number}",
        "read_value": "sms",
        "words_read": "yes = in\nno = out",
        "not_found_means": "unknown",
        "settle_seconds": "60",
        "hold_method": "POST",
        "release_method": "POST",
        "at_once": "1",
    }
    return given | changes


def test_an_administrator_fills_in_how_a_system_is_written_to(browser):
    texter, client = make.platform(), browser("Administrator")
    answer = client.post(url("connection", texter), filled(variables="list_id = abc"), follow=True)
    row = Connection.objects.get(system=texter)
    assert (row.words_read, row.variables) == ({"yes": "in", "no": "out"}, {"list_id": "abc"})
    assert row.secret.reveal() == "sk-long-enough-1234"
    texter.refresh_from_db()
    assert texter.delivery == System.Delivery.HTTP
    page = answer.content.decode()
    assert "sk-long" not in page
    assert "1234" in page  # its end, to tell it from others
    entry = AuditEntry.objects.get(action="connection.change")
    assert "sk-long" not in str(entry.details)


@pytest.mark.parametrize(
    "moved",
    [
        {"base_url": "https://elsewhere.example.net"},
        {"token_url": "https://elsewhere.example.net/token"},
        {"base_url": "https://{shop}.example.com", "variables": "shop = api2"},
    ],
)
def test_a_stored_secret_does_not_follow_to_another_host(browser, moved):
    texter, client = make.platform(), browser("Administrator")
    client.post(url("connection", texter), filled())
    answer = client.post(url("connection", texter), filled(secret="", **moved))
    assert "enter it again" in answer.content.decode()
    assert Connection.objects.get(system=texter).base_url == "https://api.example.com"
    client.post(url("connection", texter), filled(secret="sk-another-one-5678", **moved))
    assert Connection.objects.get(system=texter).secret.reveal() == "sk-another-one-5678"


def test_a_secret_left_empty_stays_and_a_changed_body_gets_new_keys(browser):
    texter, client = make.platform(), browser("Administrator")
    client.post(url("connection", texter), filled())
    client.post(url("connection", texter), filled(secret=""))
    row = Connection.objects.get(system=texter)
    assert (row.secret.reveal(), row.revision) == ("sk-long-enough-1234", 1)
    client.post(url("connection", texter), filled(secret="", write_body='{"text": "{value}"}'))
    assert Connection.objects.get(system=texter).revision == 2


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"write_path": "/contacts/{phone}"}, "write_path", "{phone} is no placeholder here"),
        ({"write_path": "contacts"}, "write_path", "Begin with a slash"),
        ({"write_body": '{"sms": "{value}"'}, "write_body", "no JSON"),
        ({"read_value": "a..b"}, "read_value", "cannot be followed"),
        ({"read_value": ""}, "read_value", "Where does the answer say"),
        ({"base_url": "api.example.com"}, "base_url", "beginning with https"),
        ({"words_read": "yes = certainly"}, "words_read", "the meaning is one of"),
        ({"words_read": "yes"}, "words_read", "name = value"),
        ({"variables": "number = 1"}, "variables", "cannot be the name"),
        ({"headers": "nonsense"}, "headers", "Name: value"),
        ({"auth": "oauth"}, "token_url", "Where are tokens"),
        ({"hold_path": "/pause"}, "release_path", "must be released"),
        ({"at_once": "9"}, "at_once", "Between 1 and 8"),
    ],
)
def test_what_cannot_work_is_refused_with_words(changes, field, words):
    form = ConnectionForm(filled(**changes), instance=Connection(system=make.platform()))
    assert not form.is_valid()
    assert words in " ".join(form.errors[field])


@pytest.mark.parametrize("ready", READY_CONNECTIONS, ids=lambda ready: ready.code)
def test_ready_made_settings_are_whole_and_say_that_nobody_tried_them(ready, browser):
    texter = make.platform()
    row = begin_from(Connection(system=texter), ready.code)
    row.clean()
    row.save()
    page = browser("Administrator").get(url("connection", texter)).content.decode()
    assert NOT_TRIED in page
    assert ready.documented_at.split(" ")[0] in page


def test_filling_in_again_replaces_everything_and_the_secret(browser):
    texter, client = make.platform(), browser("Administrator")
    client.post(url("connection", texter), filled())
    client.post(url("connection_ready_made", texter), {"ready_made": "brevo"})
    row = Connection.objects.get(system=texter)
    assert (row.base_url, bool(row.secret), row.revision) == ("https://api.brevo.com", False, 2)
    client.post(url("connection_ready_made", texter), {"ready_made": "nobody"})
    assert Connection.objects.get(system=texter).ready_made == "brevo"


@pytest.mark.parametrize("role", ["Viewer", "Agent", "Supervisor"])
def test_who_keeps_no_secrets_sees_no_settings(browser, role):
    texter = make.platform()
    client = browser(role)
    assert client.get(url("connection", texter)).status_code == 403
    assert client.post(url("connection", texter), filled()).status_code == 403
    assert client.post(url("connection_try", texter)).status_code == 403


def test_trying_it_out_reads_one_number_and_shows_both_sides(browser, double):
    row, line = connect(double), make.number()
    client = browser("Administrator")
    page = client.post(url("connection_try", row.system), {"number": line.e164}).content.decode()
    assert "It says “in”, which means in." in page
    assert f"GET {double.url}" in page
    assert double.writes() == []
    assert Connection.objects.get().checked_at is not None
    assert DeliveryEvent.objects.get(what="tried_out").by == client.person


def test_trying_it_out_says_what_went_wrong(browser, double):
    row, line = connect(double), make.number()
    Connection.objects.update(auth="bearer", secret=Secret.of("sk-somebody-elses"))
    double.behave("locked")
    client = browser("Administrator")
    page = client.post(url("connection_try", row.system), {"number": line.e164}).content.decode()
    assert "It does not let us in (HTTP 401)" in page
    assert "sk-somebody-elses" not in page
    assert Connection.objects.get().checked_at is None
    page = client.post(url("connection_try", row.system), {"number": "+14155559999"}).content.decode()
    assert "in no file that was imported" in page


def test_the_page_of_a_system_says_why_nothing_leaves(browser, double):
    connection, row = connect(double), stopped()
    connection.pause(timezone.now() + timedelta(hours=1), "Paused after 5 failures in a row; the last: x.")
    page = browser("Viewer").get(url("write_backs", row.system)).content.decode()
    assert "Paused after 5 failures in a row" in page
    assert "Tries again" in page
    assert "Try now" not in page
    client = browser("Supervisor")
    assert "Try now" in client.get(url("write_backs", row.system)).content.decode()
    client.post(url("connection_try_now", row.system))
    assert Connection.objects.get().is_open_for_business(timezone.now())
    assert "Being tried again" in client.get(reverse("consent:write_back_list")).content.decode()


def test_every_page_says_that_a_system_is_away(browser, double):
    connection = connect(double)
    client = browser("Agent")
    assert "Systems that take no corrections" not in client.get("/").content.decode()
    connection.stop("It does not let us in (HTTP 401).")
    page = client.get("/").content.decode()
    assert "Somebody has to mend how it lets us in: Texter." in page


def test_every_page_says_that_corrections_need_a_person(browser):
    stopped()
    client = browser("Agent")
    assert "need a person" not in client.get("/").content.decode()
    WriteBack.objects.update(status="parked", note="x")
    page = client.get("/").content.decode()
    assert "1 needs a person" in page
    assert reverse("consent:write_backs", args=["texter"]) + "?status=parked" in page


def test_what_needs_a_person_is_explained_and_sent_again(browser, double):
    connect(double)
    row = stopped()
    double.behave("missing", row.number.e164)
    deliver.deliver("texter")
    agent = browser("Agent")
    page = agent.get(reverse("consent:write_back", args=[row.pk])).content.decode()
    assert "It has no such record (HTTP 404)" in page
    assert "Open record 1001 in Texter" in page
    agent.post(reverse("consent:write_back_retry", args=[row.pk]))
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("pending", 0)
    assert list(row.events.values_list("what", flat=True)) == ["refused", "retried"]
    double.behave("ok", row.number.e164)
    assert deliver.deliver("texter") == {"verified": 1}
    page = agent.get(reverse("consent:write_back", args=[row.pk])).content.decode()
    assert "Next read" in page
    assert "Next try" not in page


def test_everything_is_sent_again_by_a_supervisor_only(browser):
    row = stopped()
    WriteBack.objects.update(status="parked", attempts=8, note="Tried 8 times")
    assert browser("Agent").post(url("write_backs_retry", row.system)).status_code == 403
    browser("Supervisor").post(url("write_backs_retry", row.system))
    row.refresh_from_db()
    assert (row.status, row.attempts, row.note) == ("pending", 0, "")


def test_by_hand_says_which_record_which_column_and_which_word(browser):
    texter = make.platform(delivery="by_hand", record_url="https://texter.example/people/{ref}")
    make.mapping(texter, status="Text me")
    row = stopped()
    page = browser("Agent").get(url("write_backs", row.system)).content.decode()
    assert "Open record 1001 in Texter and set “Text me” to “No” (Promo)." in page
    assert "https://texter.example/people/1001" in page


def test_a_page_of_many_takes_no_more_queries(browser, django_assert_max_num_queries, double):
    connect(double)
    client = browser("Agent")
    for _ in range(12):
        row = stopped()
    WriteBack.objects.update(status="parked", note="x")
    client.get(url("write_backs", row.system))
    with django_assert_max_num_queries(45):
        client.get(url("write_backs", row.system))


def test_addresses_of_records_need_a_place_for_the_id():
    from django.core.exceptions import ValidationError

    texter = make.platform()
    texter.record_url = "https://texter.example/people"
    with pytest.raises(ValidationError, match="{ref}"):
        texter.full_clean()
    assert urlsplit(texter.record_url).netloc == "texter.example"
