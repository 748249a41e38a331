"""The pages of the rules: the list, one rule with its history, what supervisors change, what is refused."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEntry
from errors import rulebook
from errors.models import PreflightRule
from tests.backoffice.make import person
from tests.errors.test_rulebook import NOW, house, own, stored

pytestmark = pytest.mark.django_db
LIST, NEW = "/errors/rules/", "/errors/rules/new"


def url(row, act=""):
    return reverse(f"errors:rule{act}", args=[row.series])


def form_of(row, **changes):
    """What the page's form sends when nothing but these was changed."""
    shown = {
        "value": row.value,
        "standing": row.standing,
        "valid_from": row.valid_from or "",
        "valid_until": row.valid_until or "",
        "last_checked": row.last_checked,
        "source": row.source,
        "prevents": "; ".join(row.prevents),
        "note": row.note,
        "reason": "Because.",
        "seen": row.version,
    }
    return {**shown, **changes}


def listed(client, query=""):
    return [row["rule"] for row in client.get(f"{LIST}{query}").context["rows"]]


# --- the list --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kind=shortener&text=bit.ly", {"bit.ly", "bitly.com"}),
        ("kind=hours&place=us-tx", {"mon-fri", "sat", "sun"}),
        ("provider=telnyx&kind=sender_characters", {"beyond letters, digits and spaces"}),
        ("text=21617", {"characters"}),
    ],
)
def test_the_list_is_narrowed_by_kind_place_provider_words_and_codes(browser, query, shown):
    assert {row.subject for row in listed(browser("Viewer"), f"?{query}")} >= shown - {"bitly.com"}
    assert len(listed(browser("Viewer"), f"?{query}")) < 50


def test_every_page_of_the_list_can_be_reached_at_the_same_cost(browser):
    client, seen, query, taken = browser("Viewer"), [], "", []
    while query is not None:
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{LIST}{query}").context["page"]
        taken.append(len(queries))
        seen += [row.pk for row in page.rows]
        query = page.next_url
    assert len(seen) == len(set(seen)) == PreflightRule.objects.count()
    assert max(taken) - min(taken[1:]) <= 2


def test_what_stands_out_has_tabs_of_its_own(browser):
    by = person("Supervisor")
    ours = rulebook.add(own(), reason="ours", by=by, now=NOW)
    changed = rulebook.change(stored("house_segments"), house("9"), reason="more", by=by, now=NOW)
    off = rulebook.switch(stored("shortener", "bit.ly"), on=False, reason="ours", by=by, now=NOW)
    client = browser("Viewer")
    assert listed(client, "?tab=own") == [ours]
    assert set(listed(client, "?tab=changed")) == {changed, off}
    assert listed(client, "?tab=off") == [off]
    assert all(row.standing != "agreed" for row in listed(client, "?tab=doubted"))
    counts = {tab["name"]: tab["count"] for tab in client.get(LIST).context["tabs"]}
    assert counts["all"] == PreflightRule.objects.in_use().filter(is_active=True).count()


# --- one rule --------------------------------------------------------------------------------------------------


def test_a_rule_is_told_with_its_source_and_codes(browser):
    page = browser("Viewer").get(url(stored("most_units", "characters", provider="twilio"))).content.decode()
    for words in ("at most 1600 characters", "Twilio error 21617", "twilio 21617", "body.too_long"):
        assert words in page
    assert "Save" not in page


def test_every_rule_has_a_page(browser):
    client = browser("Supervisor")
    kinds = {row.kind: row for row in PreflightRule.objects.in_use()}
    for row in kinds.values():
        answer = client.get(url(row))
        assert answer.status_code == 200, row.kind
        assert row.form.label in answer.content.decode().replace("&#x27;", "'")


def test_a_change_is_saved_with_its_reason_and_shown_in_the_history(browser):
    client, row = browser("Supervisor"), stored("house_segments")
    assert client.post(url(row, "_change"), form_of(row, value="9", reason="We pay for more."))[
        "Location"
    ] == url(row)
    page = client.get(url(row)).content.decode()
    for words in (
        "We pay for more.",
        "<del>3</del>",
        "<ins>9</ins>",
        "The release says something else",
        "Version 2",
    ):
        assert words in page
    assert AuditEntry.objects.filter(action="rule.change").count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": "none"}, "a whole number above zero"),
        ({"value": ""}, "Write the value"),
        ({"reason": ""}, "Say why"),
        ({"source": ""}, "Say who says so"),
        ({"prevents": "30007"}, "provider and code"),
        ({"valid_from": "0001-01-01"}, "between 1970 and 2200"),
        ({"last_checked": "2199-01-01"}, "is over, or today"),
        ({"standing": "certain"}, "Select a valid choice"),
    ],
)
def test_what_no_check_could_use_is_refused_at_its_field(browser, changes, words):
    row = stored("house_segments")
    answer = browser("Supervisor").post(url(row, "_change"), form_of(row, **changes))
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert stored("house_segments") == row


def test_an_expression_that_would_hang_the_check_is_refused(browser):
    row = stored("spammy", "shouting")
    answer = browser("Supervisor").post(url(row, "_change"), form_of(row, value="(a+)+$"))
    assert "A repetition stands inside a repetition" in answer.content.decode()
    assert stored("spammy", "shouting").version == 1


def test_a_shipped_expression_stays_though_nobody_could_write_it(browser):
    row = stored("placeholder", "field in braces")
    answer = browser("Supervisor").post(url(row, "_change"), form_of(row, note="checked by hand"))
    assert answer.status_code == 302, answer.context["form"].errors
    assert stored("placeholder", "field in braces").note == "checked by hand"


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(browser):
    client, row = browser("Supervisor"), stored("house_segments")
    rulebook.change(row, house("5"), reason="first", by=person("Supervisor"), now=NOW)
    answer = client.post(url(row, "_change"), form_of(row, value="9"), follow=True)
    assert "Somebody changed the rule" in answer.content.decode()
    assert stored("house_segments").value == "5"


def test_an_unchanged_form_adds_no_version(browser):
    row = stored("house_segments")
    browser("Supervisor").post(url(row, "_change"), form_of(row))
    assert stored("house_segments").version == 1


def test_switching_off_needs_a_reason_and_switching_on_brings_it_back(browser):
    client, row = browser("Supervisor"), stored("shortener", "bit.ly")
    assert client.post(url(row, "_switch"), {"seen": 1, "reason": ""}).status_code == 400
    client.post(url(row, "_switch"), {"seen": 1, "reason": "It is ours."})
    assert "It is ours." in client.get(url(row)).content.decode()
    assert not stored("shortener", "bit.ly").is_active
    client.post(url(row, "_switch"), {"seen": 2, "reason": "No more."})
    assert stored("shortener", "bit.ly").is_active


def test_a_look_at_the_source_is_one_click(browser):
    row = stored("house_segments")
    browser("Supervisor").post(url(row, "_checked"), {"seen": 1})
    assert stored("house_segments").last_checked == timezone.localdate()
    browser("Supervisor").post(url(row, "_checked"), {"seen": 1})  # a double click
    assert stored("house_segments").version == 2


def test_going_back_to_an_older_version_and_to_the_release(browser):
    client, row = browser("Supervisor"), stored("house_segments")
    client.post(url(row, "_change"), form_of(row, value="9"))
    client.post(url(row, "_back"), {"seen": 2, "version": "1"})
    assert (stored("house_segments").value, stored("house_segments").version) == ("3", 3)
    client.post(url(row, "_back"), {"seen": 3, "version": "2"})
    client.post(url(row, "_back"), {"seen": 4, "version": "release"})
    assert (stored("house_segments").value, stored("house_segments").is_changed) == ("3", False)
    assert client.post(url(row, "_back"), {"seen": 5, "version": "77"}).status_code == 404


# --- a new rule ------------------------------------------------------------------------------------------------


def test_a_new_rule_asks_for_what_its_kind_needs(browser):
    client = browser("Supervisor")
    kinds = client.get(NEW).context["groups"]
    for group in kinds.values():
        for name, _ in group:
            answer = client.get(f"{NEW}?{urlencode({'kind': name})}")
            assert answer.status_code == 200, name
    fields = set(client.get(f"{NEW}?kind=shortener").context["form"].fields)
    assert "subject" in fields
    assert not fields & {"place", "provider", "value"}


def test_a_new_rule_is_added_and_followed(browser):
    client = browser("Supervisor")
    given = {
        "place": "de",
        "value": "no",
        "standing": "agreed",
        "valid_from": "2027-01-01",
        "last_checked": "2026-11-01",
        "source": "https://regulator.example/names",
        "reason": "New law.",
        "prevents": "twilio 21612\nbandwidth 4433",
    }
    answer = client.post(f"{NEW}?kind=alpha_sender", given)
    row = PreflightRule.objects.get(shipped__isnull=True)
    assert answer["Location"] == url(row)
    assert (row.place, row.prevents) == ("DE", ["twilio 21612", "bandwidth 4433"])
    assert rulebook.in_force(date(2027, 1, 2)).one(row.as_rule().kind, place="DE").value == "no"
    assert 'href="https://regulator.example/names"' in client.get(url(row)).content.decode()


def test_a_second_rule_about_the_same_is_refused(browser):
    given = {
        "subject": "bit.ly", "standing": "agreed", "last_checked": "2026-11-01", "source": "me", "reason": "x",
    }  # fmt: skip
    answer = browser("Supervisor").post(f"{NEW}?kind=shortener", given)
    assert answer.status_code == 400
    assert "There is a rule about this already" in answer.content.decode()


def test_agents_look_and_change_nothing(browser):
    client, row = browser("Agent"), stored("house_segments")
    assert client.get(NEW).status_code == 403
    for act in ("_change", "_switch", "_checked", "_back"):
        assert client.post(url(row, act), form_of(row, value="9", version="1")).status_code == 403
    assert stored("house_segments").value == "3"
