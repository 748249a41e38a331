"""The pages of campaign checks: asking, watching, lists, another text for the same list, who may do what."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from backoffice import jobs
from backoffice.models import AuditEntry
from errors import campaign_check
from errors.models import CampaignCheck
from errors.views import campaign as pages
from tests.errors.test_campaign_check import checked, fourty, work
from tests.errors.test_message_check import SENDER

pytestmark = pytest.mark.django_db
NEW = reverse("errors:campaign_new")
FIELDS = {
    "name": "spring",
    "body": "Acme: hi {{first_name}}. Reply STOP to opt out",
    "sender": SENDER,
    "purpose": "marketing",
    "consent": "opted_in",
    "price": "0.01",
    "at": "2027-03-09T12:00",
    "clock": "theirs",
    "sender_registered": "yes",
    "country": "US",
}


def url(check, act="", *more):
    return reverse(f"errors:campaign{act}", args=[check.pk, *more])


def posted(client, content=None, **fields):
    file = SimpleUploadedFile("my list.csv", (content or fourty()).encode())
    return client.post(NEW, {**FIELDS, **fields, "file": file})


def test_an_agent_asks_and_sees_what_was_found(browser):
    client = browser("Agent")
    answer = posted(client)
    check = CampaignCheck.objects.get()
    assert answer["Location"] == url(check)
    assert "It waits for a worker" in client.get(url(check)).content.decode()
    work(check)
    page = client.get(url(check)).content.decode()
    for words in ("may get it", "must not get it", "40 rows", "file.repeated", "30", "0.3", "my list.csv"):
        assert words in page
    assert client.get(url(check, "_live"))["X-Live"] == "reload"


@pytest.mark.parametrize(
    ("fields", "content", "words"),
    [
        ({"name": ""}, None, "Give it a name"),
        ({"sender": ""}, None, "Write the sender"),
        ({}, "number,name\n+14155552671,Ann\n", "no column is called so"),
        ({"body": "x" * 6000}, None, "Take out"),
        ({"price": "a lot"}, None, "number"),
    ],
)
def test_what_cannot_be_checked_is_said_at_its_field(browser, fields, content, words):
    answer = posted(browser("Agent"), content, **fields)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not CampaignCheck.objects.exists()


def test_a_list_leaves_as_a_file_and_it_is_on_record(browser):
    check = checked(fourty())
    answer = browser("Agent").post(url(check, "_export"), {"list": "file.repeated"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 11
    assert lines[1].split(",")[:5] == ["32", "+14155560000", "", "+14155560000", "block"]
    entry = AuditEntry.objects.get(action="campaign.export")
    assert entry.details == {"rows": 10, "list": "file.repeated"}


def test_long_lists_are_for_supervisors(browser, monkeypatch):
    monkeypatch.setattr(pages, "FEW", 5)
    check = checked(fourty())
    assert browser("Agent").post(url(check, "_export"), {"list": "pass"}).status_code == 403
    assert browser("Supervisor").post(url(check, "_export"), {"list": "pass"}).status_code == 200
    assert browser("Supervisor").post(url(check, "_export"), {"list": "nothing"}).status_code == 404


def test_the_same_list_with_another_text_can_be_compared(browser):
    client = browser("Agent")
    posted(client)
    first = work(CampaignCheck.objects.get())
    given = {name: value for name, value in FIELDS.items() if name != "name"}
    client.post(url(first, "_again"), {**given, "body": "Acme: hi 😀 {{first_name}}"})
    second = work(CampaignCheck.objects.get(before=first))
    assert (second.name, second.rows_done) == ("spring", 40)
    shown = client.get(url(second, "_compare", first.pk)).context
    assert {line["label"]: line["change"] for line in shown["reasons"]}["optout.missing"] == 30 + 10
    assert {line["label"]: line["now"] for line in shown["totals"]}["Segments"] == 30
    marks = {line["label"]: line["mark"] for line in [*shown["totals"], *shown["reasons"]]}
    assert (marks["Segments"], marks["optout.missing"], marks["Doubtful"]) == ("", "more often", "more")
    assert marks["May get it"] == "fewer"
    assert client.get(url(first, "_compare", first.pk)).status_code == 404


@pytest.mark.parametrize("clock", ["ours", "theirs"])
def test_another_text_is_asked_for_the_same_moment(browser, clock):
    client = browser("Agent")
    posted(client, clock=clock)
    form = client.get(url(CampaignCheck.objects.get())).context["again"]
    assert form["clock"].value() == clock
    assert form["at"].value() in ("2027-03-09T12:00", "2027-03-09T12:00:00")


def test_a_check_is_cancelled_and_goes_on_by_its_buttons(browser):
    client = browser("Agent")
    posted(client)
    check = CampaignCheck.objects.get()
    client.post(url(check, "_cancel"))
    check.refresh_from_db()
    assert check.status == "cancelled"
    client.post(url(check, "_go_on"))
    work(check)
    assert check.status == "done"


def test_one_that_stopped_by_an_error_of_ours_says_so_and_goes_on(browser, monkeypatch):
    client = browser("Agent")
    posted(client)
    check = CampaignCheck.objects.get()

    def broken(subject, *, beat):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        jobs.work(check.run.pk, {campaign_check.KIND: broken})
    page = client.get(url(check)).content.decode()
    assert "Stopped by an error of ours" in page
    assert "go-on" in page
    client.post(url(check, "_go_on"))
    assert work(check).status == "done"


def test_viewers_see_counts_and_no_texts_and_change_nothing(browser):
    check = checked(fourty())
    client = browser("Viewer")
    page = client.get(url(check)).content.decode()
    assert "hi Ann" not in page
    assert "Download" not in page
    assert client.get(NEW).status_code == 403
    for act in ("_export", "_cancel", "_go_on", "_again"):
        assert client.post(url(check, act), {"list": "pass"}).status_code == 403


def test_the_list_of_checks_is_narrowed_to_one_campaign(browser):
    first, second = checked(fourty()), checked(fourty(), name="autumn")
    client = browser("Viewer")
    assert client.get("/errors/check/campaigns/").context["page"].rows == [second, first]
    assert client.get("/errors/check/campaigns/?name=spring").context["page"].rows == [first]
