"""What the errors room says in the frame, on the home page, in the search box and on the page of a number."""

from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice import jobs, rooms
from errors import overview, rollup
from errors.models import ErrorCode, PatternRun, TouchedHour
from errors.windows import hour_of
from tests.consent import make as people
from tests.errors import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def count_everything():
    rollup.rollup("touched hours", beat=jobs.unwatched)


def new_code(code="99901"):
    return ErrorCode.objects.create(
        provider="twilio", phase="delivery", code=code, code_normal=code, category="unknown", retry="once",
        confidence="unconfirmed", origin="seen", first_seen_at=make.NOW,
    )  # fmt: skip


# --- the navigation ----------------------------------------------------------------------------------------


def test_the_navigation_names_the_room_s_pages_with_what_waits(now):
    make.pattern({"country": "PH"})
    make.pattern({"country": "IN"}, status="muted", muted_until=now)
    new_code()
    found = {entry.name: entry for entry in overview.entries(people.staff("Viewer"), now)}
    assert set(found) >= {"errors", "attempts", "patterns", "codes"}
    assert (found["patterns"].count, found["codes"].count) == (1, 1)
    assert not overview.entries(AnonymousUser(), now)


def test_no_two_entries_share_a_key_a_name_or_a_picture(now):
    entries = rooms.entries(people.staff("Administrator"), now)
    for what in ("key", "name", "icon", "place"):
        values = [getattr(entry, what) for entry in entries]
        assert len(set(values)) == len(values), what


def test_the_navigation_costs_two_questions_however_much_there_is(now):
    user = people.staff("Viewer")
    user.has_perm("errors.view_pattern")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            overview.entries(user, now)
        return len(captured)

    few = queries()
    for country in ("PH", "IN", "US"):
        make.pattern({"country": country})
        new_code(f"9{country}")
    assert queries() == few == 2


# --- freshness ---------------------------------------------------------------------------------------------


def test_nothing_is_said_about_a_log_that_is_not_there(now):
    assert overview.trust(now) == []


def test_counts_that_stay_behind_the_log_are_a_warning(now):
    make.sent()
    (line, looked) = overview.trust(now)
    assert (line.tone, looked.tone) == ("ok", "warn")
    TouchedHour.objects.update(at=now - timedelta(hours=1))
    assert overview.trust(now)[0].short == "Send counts behind"
    count_everything()
    PatternRun.objects.create(
        kind="hourly", starts_at=now - timedelta(hours=3), ends_at=now, token="t", finished_at=now
    )
    assert [line.tone for line in overview.trust(now)] == ["ok", "ok"]
    assert overview.trust(now + timedelta(days=1))[1].short == "Patterns late"


# --- the home page -----------------------------------------------------------------------------------------


def shown(now):
    (section,) = overview.sections(people.staff("Viewer"), now)
    return section.shown


def test_the_last_day_stands_beside_the_same_day_a_week_before(browser, now):
    until = hour_of(now)
    for minutes in range(10):
        at = until - timedelta(hours=5, minutes=minutes)
        make.sent("failed" if minutes < 4 else "delivered", submitted_at=at)
        make.sent("failed" if minutes < 1 else "delivered", submitted_at=at - timedelta(days=7))
    make.sent("sent", submitted_at=until - timedelta(hours=2))
    make.sent("failed", submitted_at=until + timedelta(minutes=1))  # this hour is not over
    count_everything()
    today, before = shown(now)["today"], shown(now)["before"]
    assert (today.rate.failed, today.rate.settled, today.attempts) == (4, 10, 11)
    assert (before.rate.failed, before.rate.settled) == (1, 10)
    assert today.words == "40.0 % of 10"
    page = browser().get(today.url)
    assert page.context["page"].count == today.rate.failed
    assert parse_qs(urlsplit(today.url).query)["failed"] == ["1"]


def test_a_worse_day_is_marked_only_where_chance_does_not_explain_it(now):
    until = hour_of(now)
    make.sends(200, failed=40, submitted_at=until - timedelta(hours=5))
    make.sends(200, failed=4, submitted_at=until - timedelta(days=7, hours=5))
    rollup.touch_all()
    count_everything()
    assert shown(now)["is_worse"]


def test_two_failures_of_three_prove_nothing(now):
    until = hour_of(now)
    make.sends(3, failed=2, submitted_at=until - timedelta(hours=5))
    make.sends(3, failed=1, submitted_at=until - timedelta(days=7, hours=5))
    rollup.touch_all()
    count_everything()
    assert not shown(now)["is_worse"]


def test_the_worst_patterns_and_the_new_codes_are_named(browser):
    for place, country in enumerate(("PH", "IN", "US", "DE")):
        make.pattern({"country": country, "campaign": "<b>sale</b>"}, excess=float(place))
    new_code()
    page = unescape(browser().get("/").content.decode())
    assert "country DE" in page
    assert "country PH" not in page  # three are enough
    assert "&lt;b&gt;sale" in browser().get("/").content.decode()
    assert "New codes" in page


def test_an_empty_log_has_an_honest_home_page(browser):
    page = unescape(browser().get("/").content.decode())
    assert "nothing was delivered or failed" in page
    assert "no sends a week before" in page


# --- the search box ----------------------------------------------------------------------------------------


def labels(query, user=None):
    return {
        found.label: [hit.url for hit in found.hits]
        for found in overview.find(query, user or people.staff("Viewer"))
        if found.hits
    }


def test_the_search_box_finds_sends_codes_and_patterns():
    sent = make.sent(number=make.number("+14155550142"), message_ref="SMab12", campaign="spring")
    code = new_code()
    pattern = make.pattern({"campaign": "Spring", "country": "PH"})
    url = reverse("errors:attempt", args=[sent.pk])
    assert labels("smab12") == {"Sends": [url]}
    assert labels("555-0142") == {"Sends": [url]}
    assert labels("99901") == {"Error codes": [reverse("errors:code", args=[code.pk])]}
    assert len(labels("spring")["Patterns"]) == 1
    assert pattern.pk
    for nothing in ("+1", "%", "no such thing"):
        assert labels(nothing) == {}


def test_the_search_box_finds_rules_by_words_codes_and_findings():
    def rules(query):
        return {hit.note for found in overview.find(query, people.staff("Viewer")) for hit in found.hits}

    assert any("bit.ly" in note for note in rules("bit.ly"))
    assert rules("twilio 30007")
    assert any("same content" in note for note in rules("duplicate.same_intent"))
    assert not rules("bit.ly is not in any rule like this")


def test_who_may_not_look_finds_nothing():
    make.sent(message_ref="SMab12")
    assert labels("SMab12", AnonymousUser()) == {}


# --- the page of a number ----------------------------------------------------------------------------------


def test_the_page_of_a_number_shows_what_was_sent_to_it(browser):
    line = make.number()
    for minute in range(12):
        make.sent("failed", "30003", number=line, submitted_at=make.NOW - timedelta(minutes=minute))
    make.sent(campaign="of somebody else")
    page = browser().get(reverse("consent:contact", args=[line.pk]))
    content = unescape(page.content.decode())
    assert content.count("30003") == overview.OF_NUMBER
    assert "All of them" in content
    assert "of somebody else" not in content
    whole = browser().get(f"{reverse('errors:attempt_list')}?contact={line.pk}")
    assert whole.context["page"].count == 12


def test_a_number_nothing_was_sent_to_says_so(browser):
    page = browser().get(reverse("consent:contact", args=[make.number().pk]))
    assert b"No log that was imported has a text to this number" in page.content


def test_the_page_of_a_number_says_what_time_it_is_there(browser):
    def page(e164):
        return browser().get(reverse("consent:contact", args=[make.number(e164).pk])).content.decode()

    assert "(Chicago, by its area code 312); here <time" in page("+13125550157")
    assert "There it is" not in page("+18005550157")


def test_whoever_owns_a_pattern_that_came_back_is_told_on_the_home_page(browser):
    client = browser("Agent")
    make.pattern({"campaign": "mine"}, status="regressed", owner=client.person)
    make.pattern({"campaign": "still open"}, owner=client.person)
    make.pattern({"campaign": "of others"}, status="regressed", owner=people.staff())
    (section,) = [s for s in overview.sections(client.person, make.NOW) if "came_back" in s.shown]
    assert [str(pattern) for pattern in section.shown["came_back"]] == ["campaign mine"]
    assert "fails again" in client.get("/").content.decode()


# --- what other rooms ask ------------------------------------------------------------------------------------


def test_what_went_out_to_a_number_is_told_to_who_may_see_sends():
    line = make.number()
    first = make.sent(number=line, body="Hello", submitted_at=make.NOW)
    make.sent(number=line, body="Later", submitted_at=make.NOW + timedelta(days=2))
    make.sent(number=make.number(), body="Somebody else's", submitted_at=make.NOW)
    since, until = make.NOW - timedelta(days=1), make.NOW + timedelta(days=1)
    told = rooms.messages(line.pk, since, until, people.staff("Viewer"))
    assert [(message.text, message.url) for message in told] == [
        ("Hello", reverse("errors:attempt", args=[first.pk]))
    ]
    assert rooms.messages(line.pk, since, until, AnonymousUser()) == []


def test_a_text_is_measured_for_others():
    assert rooms.length_of("a" * 161) == rooms.Length("GSM-7", 2)
    assert rooms.length_of("é🙂") == rooms.Length("UCS-2", 1)
