"""The list of paused journeys."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent import correct
from consent.models import Hold
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
LIST = reverse("consent:hold_list")


def listed(client, query=""):
    return [row["hold"].flag for row in client.get(f"{LIST}?{query}").context["rows"]]


def test_it_shows_what_is_paused_and_because_of_what(browser):
    flag = make.stopped_but_texted()
    client = browser()
    assert listed(client) == [flag]
    assert reverse("consent:flag_review", args=[flag.pk]) in client.get(LIST).content.decode()


def test_it_is_narrowed_by_program_severity_and_cause(browser):
    s1, s2 = make.stopped_but_texted(), make.without_proof()
    client = browser("Viewer")
    assert listed(client, "severity=S2") == [s2]
    assert listed(client, f"code={s1.code}") == [s1]
    assert listed(client, f"program={s1.program_id}") == [s1, s2]


def test_a_released_hold_is_not_listed_and_the_page_says_how_holds_come(browser):
    line = make.number()
    make.form(line)
    make.wish(line)
    make.weigh(line)
    flag = make.flag("FREETEXT_REVOCATION", line)
    assert Hold.objects.open().exists()
    correct.decide(
        make.subject(flag), make.choice(), by=make.staff(), token="t", seen=make.seen(flag), now=NOW
    )
    assert b"Nothing is paused" in browser().get(LIST).content
    make.stopped_but_texted()
    assert b"No hold matches" in browser().get(f"{LIST}?severity=S4").content


def test_the_number_of_queries_does_not_grow_with_the_holds(browser):
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(LIST)
        return len(found)

    make.stopped_but_texted()
    queries()
    few = queries()
    for _ in range(10):
        make.stopped_but_texted()
    assert queries() == few


def test_strangers_sign_in_first(client):
    assert client.get(LIST).status_code == 302
    assert client.post(LIST).status_code in {302, 405}
