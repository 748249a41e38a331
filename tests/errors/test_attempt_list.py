"""The send log's list: every filter, search by what somebody has in hand, pages, files."""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEntry, SavedView
from backoffice.patience import TookTooLong
from errors.models import SendAttempt
from errors.slices import query
from tests.consent import make as people
from tests.errors import make

pytestmark = pytest.mark.django_db
LIST = reverse("errors:attempt_list")


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


def shown(client, **filters):
    return {row.attempt for row in client.get(f"{LIST}?{urlencode(filters)}").context["rows"]}


def found(client, text):
    return {row.attempt for row in client.post(LIST, {"text": text}).context["rows"]}


# --- filters -----------------------------------------------------------------------------------------------


ATTRIBUTES = {
    "provider": ("vonage", "twilio"),
    "country": ("PH", "US"),
    "carrier": ("Globe", "Verizon"),
    "campaign": ("spring", "autumn"),
    "template": ("t1", "t2"),
    "sender": ("ACME", "+14155550100"),
    "encoding": ("UCS-2", "GSM-7"),
    "segments": ("3", "1"),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_narrows_to_the_sends_that_have_exactly_it(browser, now, name):
    value, other = ATTRIBUTES[name]
    wanted = make.sent(submitted_at=now, **{name: value})
    make.sent(submitted_at=now, **{name: other})
    assert shown(browser(), **{name: value}) == {wanted}


@pytest.mark.parametrize("name", ["campaign", "carrier", "segments", "encoding"])
def test_the_link_of_a_slice_without_a_value_shows_the_sends_without_one(browser, now, name):
    empty = None if name == "segments" else ""
    wanted = make.sent(submitted_at=now, **{name: empty})
    make.sent(submitted_at=now, **{name: ATTRIBUTES[name][0]})
    page = browser().get(f"{LIST}?{query({name: ''}, since=now - timedelta(hours=1))}")
    assert [row.attempt for row in page.context["rows"]] == [wanted]


def test_times_take_the_first_moment_in_and_leave_the_last_one_out(browser, now):
    make.sent(submitted_at=now - timedelta(seconds=1))
    wanted = make.sent(submitted_at=now)
    make.sent(submitted_at=now + timedelta(hours=1))
    page = browser().get(f"{LIST}?{query({}, since=now, until=now + timedelta(hours=1))}")
    assert [row.attempt for row in page.context["rows"]] == [wanted]


def test_hours_of_the_day_are_of_utc(browser, now):
    at = now.replace(hour=3, minute=20) - timedelta(days=1)
    wanted = make.sent(submitted_at=at)
    make.sent(submitted_at=at + timedelta(hours=2))
    assert shown(browser(), hour="03") == {wanted}
    assert len(shown(browser(), hour="03,05")) == 2


def test_outcomes(browser, now):
    by = {
        status: make.sent(status, submitted_at=now)
        for status in ("delivered", "failed", "sent", "expired", "canceled")
    }
    client = browser()
    assert shown(client, failed=1) == {by["failed"], by["expired"]}
    assert shown(client, settled=1) == {by["failed"], by["expired"], by["delivered"]}
    assert shown(client, settled=1, failed=0) == {by["delivered"]}
    assert shown(client, settled=0) == {by["sent"], by["canceled"]}
    assert shown(client, status="sent") == {by["sent"]}


def test_codes_and_what_they_mean(browser, now):
    filtered = make.sent("undelivered", "30007", submitted_at=now)
    make.sent("undelivered", "30003", submitted_at=now)
    make.sent("failed", "30007", provider="vonage", submitted_at=now)
    client = browser()
    assert shown(client, provider="twilio", code="30007") == {filtered}
    assert shown(client, category="content_filtered") == {filtered}
    assert b"30007" in client.get(f"{LIST}?category=content_filtered").content


def test_failures_without_a_code_are_of_unknown_category(browser, now):
    bare = make.sent("failed", "", submitted_at=now)
    make.sent("delivered", "", submitted_at=now)
    assert shown(browser(), category="unknown") == {bare}


def test_the_sends_of_one_number_and_of_one_file(browser, now):
    line = make.number()
    batch = people.batch(people.system())
    mine, from_file = make.sent(number=line), make.sent(batch=batch)
    client = browser()
    assert shown(client, contact=line.pk) == {mine}
    assert shown(client, batch=batch.pk) == {from_file}
    page = client.get(f"{LIST}?contact={line.pk}&failed=0")
    assert line.e164 in page.content.decode()
    # Filtering further keeps them.
    assert f'name="contact" value="{line.pk}"' in page.content.decode()


def test_without_a_time_a_filter_that_no_index_serves_looks_a_week_back_and_says_so(browser, now):
    recent = make.sent(country="PH", submitted_at=now - timedelta(days=6))
    old = make.sent(country="PH", submitted_at=now - timedelta(days=40))
    client = browser()
    assert shown(client, country="PH") == {recent}
    assert b"a week at a time" in client.get(f"{LIST}?country=PH").content
    since = (now - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert shown(client, country="PH", since=since) == {recent, old}
    assert shown(client) == {recent, old}


HOSTILE = [
    "provider=%00", "segments=x", "segments=99999999999", "hour=99999", "hour=,", "hour=-1", "since=yesterday",
    "since=2026-13-45T99:99:99Z", "since=0001-01-01T00:00:00Z", "until=9999-12-31T23:59:59Z", "contact=1e400",
    "contact=NaN", "batch=99999999999999999999", "number=12", "number=%2B%2B", "status=nothing", "category=x",
    "code=" + "9" * 200, "after=x&before=y", "settled=maybe", "country='; drop", "number=" + "1" * 39,
    "until=0001-01-01T00:00:00Z&country=PH", "since=9999-12-31T23:59:59-12:00",
]  # fmt: skip


@pytest.mark.parametrize("asked", HOSTILE)
def test_an_odd_address_makes_no_error_of_ours(browser, asked):
    make.sent()
    client = browser()
    assert client.get(f"{LIST}?{asked}").status_code == 200
    assert client.get(f"{reverse('errors:attempt_export', args=['csv'])}?{asked}").status_code in {200, 302}


# --- search ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["+1 415-555-0142", "5550142", "0142", "(0)415 555"])
def test_a_send_is_found_by_any_digits_of_the_number(browser, text):
    wanted = make.sent(number=make.number("+14155550142"))
    make.sent(number=make.number("+12125559999"))
    assert found(browser(), text) == {wanted}


@pytest.mark.parametrize(
    "text", ["SMab12", "smAB12", " SMab12 ", "sm-ab12"], ids=["as it is", "case", "blanks", "separators"]
)
def test_a_send_is_found_by_its_reference_in_any_form(browser, text):
    wanted = make.sent(message_ref="SMab12")
    make.sent()
    assert found(browser(), text) == {wanted}


def test_a_send_is_found_by_campaign_and_by_the_name_of_the_person(browser):
    line = make.number()
    people.contact(line, name="Ana")
    wanted, other = make.sent(number=line), make.sent(campaign="spring sale")
    client = browser()
    assert found(client, "spring sale") == {other}
    assert found(client, "lopez") == {wanted}
    assert found(client, "ana lo") == {wanted}


@pytest.mark.parametrize("text", ["", "12", "+-", "%", "\x00", "nobody at all", "x" * 500])
def test_what_finds_nothing_says_what_to_type(browser, text):
    make.sent()
    page = browser().post(LIST, {"text": text})
    assert page.status_code == 200
    assert not page.context["rows"]
    assert b"No send found" in page.content or b"Search again" in page.content


def test_many_answers_are_walked_by_post_and_no_digit_stands_in_an_address(browser):
    line = make.number("+14155550142")
    for minute in range(60):
        make.sent(number=line, submitted_at=make.NOW - timedelta(minutes=minute))
    client = browser()
    page = client.post(LIST, {"text": "550142"})
    assert len(page.context["rows"]) == 50
    following = {"text": "550142", "after": page.context["next"].initial["after"]}
    rest = client.post(LIST, following)
    assert len(rest.context["rows"]) == 10
    assert "next" not in rest.context or rest.context["next"] is None
    everybody = {row.attempt for row in [*page.context["rows"], *rest.context["rows"]]}
    assert everybody == set(SendAttempt.objects.all())


def test_a_cursor_that_was_bent_shows_the_first_page(browser):
    make.sent(number=make.number("+14155550142"))
    assert browser().post(LIST, {"text": "550142", "after": "x%00"}).context["rows"]


# --- the page ----------------------------------------------------------------------------------------------


def test_pages_have_a_fixed_number_of_queries_at_any_depth(browser, now):
    client = browser()

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            page = client.get(address)
        return len(captured), page

    people.contact(make.sent(submitted_at=now).number)
    queries(LIST)
    few, _ = queries(LIST)
    for minute in range(120):
        sent = make.sent("failed", "30003", submitted_at=now - timedelta(minutes=minute))
        people.contact(sent.number, ref=str(minute))
    many, first = queries(LIST)
    assert many == few
    more, second = queries(LIST + first.context["page"].next_url)
    assert more <= few + 2  # the ranges after a cursor
    assert len(second.context["rows"]) == 50


def test_the_count_is_of_the_sends_that_the_filters_select(browser, now):
    for minute in range(70):
        make.sent("failed" if minute % 2 else "delivered", "", submitted_at=now - timedelta(minutes=minute))
    page = browser().get(f"{LIST}?failed=1").context["page"]
    assert page.count == SendAttempt.objects.failed().count() == 35


def test_markup_in_what_was_imported_is_text(browser):
    make.sent("failed", "<b>1</b>", campaign="<script>alert(1)</script>", sender="<i>", carrier="'\"><img>")
    content = browser().get(LIST).content.decode()
    assert "<script>alert" not in content
    assert "&lt;script&gt;alert" in content


def test_an_empty_log_says_where_sends_come_from(browser):
    assert b"first log that is imported" in browser().get(LIST).content
    make.sent()
    assert b"No send matches" in browser().get(f"{LIST}?campaign=none-such").content


@pytest.mark.parametrize("role", ["Viewer", "Agent", "Supervisor", "Administrator"])
def test_every_role_may_look(browser, role):
    assert browser(role).get(LIST).status_code == 200


# --- files -------------------------------------------------------------------------------------------------


def test_the_file_holds_the_sends_of_the_list_and_nothing_that_runs_in_a_spreadsheet(browser, now):
    make.sent("failed", "30003", campaign="=1+1", number=make.number("+14155550142"), submitted_at=now)
    make.sent(submitted_at=now)
    client = browser("Agent")
    answer = client.get(reverse("errors:attempt_export", args=["csv"]) + "?failed=1")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1
    assert rows[0]["recipient"].lstrip("'") == "+14155550142"
    assert rows[0]["campaign"] == "'=1+1"
    assert rows[0]["error_code"] == "30003"
    assert "body" not in rows[0]
    entry = AuditEntry.objects.get(action="list.export")
    assert (entry.actor, entry.details) == (
        client.person,
        {"rows": 1, "filters": ["failed"], "format": "csv"},
    )
    workbook = client.get(reverse("errors:attempt_export", args=["xlsx"]))
    assert workbook.content[:2] == b"PK"


def test_a_list_too_long_for_a_file_says_so(browser, monkeypatch):
    monkeypatch.setattr("backoffice.exchange.MAX_EXPORT_ROWS", 1)
    make.sent()
    make.sent()
    page = browser().get(reverse("errors:attempt_export", args=["csv"]), follow=True)
    assert b"more than 1 rows" in page.content
    assert not AuditEntry.objects.filter(action="list.export").exists()


def test_there_is_no_other_kind_of_file(browser):
    assert browser().get(reverse("errors:attempt_export", args=["exe"])).status_code == 404


def test_a_question_that_takes_too_long_is_given_up_with_what_to_narrow(browser, monkeypatch):
    def slow(*_, **__):
        raise TookTooLong

    monkeypatch.setattr("errors.views.attempt_list.page_of", slow)
    make.sent(number=make.number("+14155550142"))
    client = browser()
    for page in (client.get(f"{LIST}?carrier=x"), client.post(LIST, {"text": "550142"})):
        assert page.status_code == 200
        assert b"took too long and was given up" in page.content
        assert b'name="campaign"' in page.content


def test_so_many_numbers_that_nobody_finds_theirs_are_asked_to_be_fewer(browser, monkeypatch):
    monkeypatch.setattr("errors.lookup.NUMBERS_AT_ONCE", 1)
    for end in ("42", "43"):
        make.sent(number=make.number(f"+141555501{end}"))
    client = browser()
    assert b"Type more digits" in client.post(LIST, {"text": "55501"}).content
    assert b"Type more digits" in client.get(f"{LIST}?number=55501").content
    assert len(shown(client, number="550143")) == 1


@pytest.mark.parametrize(
    ("query", "named"), [("number=550142", "Digits of the number"), ("contact=7", "Number")]
)
def test_a_search_for_a_person_is_not_kept_as_a_view(browser, query, named):
    answer = browser().post(
        reverse("views:saved_view_new", args=["errors:attempt_list"]) + f"?failed=1&{query}",
        {"name": "Theirs"},
    )
    assert answer.status_code == 400
    assert f"must not hold whom somebody looked for. Take out “{named}”" in answer.content.decode()
    assert not SavedView.objects.exists()
