import pytest
from django.test import Client
from django.urls import reverse

from backoffice.access import VIEWER
from consent.models import Contact, Number, SystemRecord
from tests.backoffice import make

pytestmark = pytest.mark.django_db
URL = "/search"


@pytest.fixture
def viewer(client):
    user = make.person(VIEWER)
    client.force_login(user)
    return user


def labels(answer):
    return {hit.label for group in answer.context["found"] for hit in group.hits}


def ask(client, words):
    return client.post(URL, {"q": words})


@pytest.fixture
def ana():
    number = Number.objects.create(e164="+14155550123", region="US")
    contact = Contact.objects.create(first_name="Ana", last_name="López", email="ana.l@example.com")
    SystemRecord.objects.create(system=make.system("Acme CRM"), ref="00Q9x", contact=contact, number=number)
    return number


@pytest.mark.parametrize(
    "words", ["+14155550123", "(415) 555-0123", "5550123", "0123", "0415 5550", " 415.555.01 ", "٤١٥٥"]
)
def test_a_number_is_found_by_any_part_however_it_is_written(client, viewer, ana, words):
    answer = ask(client, words)
    assert "+1 415-555-0123" in labels(answer)
    assert reverse("consent:contact", args=[ana.pk]) in answer.content.decode()


def test_three_digits_are_too_few_to_search_all_numbers(client, viewer, ana):
    assert "+1 415-555-0123" not in labels(ask(client, "415"))


@pytest.mark.parametrize("words", ["ana", "LÓP", "Ana López", "López Ana", "ana lóp", "ana.l@ex"])
def test_a_person_is_found_by_the_beginning_of_name_or_address(client, viewer, ana, words):
    assert labels(ask(client, words)) == {"Ana López"}


def test_a_record_is_found_by_its_whole_id_only(client, viewer, ana):
    assert labels(ask(client, "00Q9x")) == {"Acme CRM 00Q9x"}
    assert not labels(ask(client, "00Q9"))


def test_a_file_is_found_by_a_part_of_its_name(client, viewer):
    batch = make.batch(original_name="November export.csv")
    answer = ask(client, "ember exp")
    assert labels(answer) == {"November export.csv"}
    assert reverse("imports:batch", args=[batch.pk]) in answer.content.decode()


def test_what_was_asked_never_stands_in_an_address(client, viewer, ana):
    answer = ask(client, "4155550123")
    assert answer.status_code == 200  # no redirect that would carry it
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    assert "q=4155550123" not in html


def test_going_back_shows_the_last_answers_of_this_session_only(client, viewer, ana):
    ask(client, "5550123")
    assert "+1 415-555-0123" in labels(client.get(URL))
    other = Client()
    other.force_login(viewer)
    assert other.get(URL).context["found"] == []


def test_an_address_cannot_ask(client, viewer, ana):
    assert client.get(URL, {"q": "5550123"}).context["found"] == []


ODD = ["\x00", "ab\x00cd", "x" * 201, "9" * 1_000_000, "", " ", "x", "%", "_____", "\\", "'"]


@pytest.mark.parametrize("words", ODD)
def test_nothing_one_can_type_breaks_it(client, viewer, ana, words):
    answer = ask(client, words)
    assert answer.status_code == 200
    assert not labels(answer)


def test_no_query_says_what_can_be_found(client, viewer):
    assert "One box for everything" in client.get(URL).content.decode()
    assert "Nothing matches" in ask(client, "nobody here").content.decode()


def test_names_are_shown_as_text(client, viewer):
    Contact.objects.create(first_name="<img src=x onerror=alert(1)>")
    html = ask(client, "<img").content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<img src=x" not in html


def test_more_matches_than_shown_are_said(client, viewer):
    for at in range(30):
        Number.objects.create(e164=f"+14155559{at:03d}")
    (group,) = ask(client, "5559").context["found"]
    assert len(group.hits) == 10
    assert group.more


def test_nobody_finds_what_they_may_not_see(client, ana):
    make.batch(original_name="0123.csv")
    client.force_login(make.person())
    assert not labels(ask(client, "0123"))
    assert not labels(ask(client, "ana"))
