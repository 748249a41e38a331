"""The pages of error codes: the list, one code, the queue of new ones, notes and classification."""

import pytest
from django.urls import reverse

from backoffice.models import AuditEntry
from errors.meet import Met, meet
from errors.models import ErrorCode
from tests.errors import make
from tests.errors.make import NOW

pytestmark = pytest.mark.django_db
LIST = "/errors/codes/"


def code(provider, text, **more):
    return ErrorCode.objects.get(provider=provider, code=text, **more)


def url(row, act=""):
    return reverse(f"errors:code{act}", args=[row.pk])


@pytest.fixture
def new_code():
    sample = make.sent("failed", "30099")
    meet([Met("twilio", "30099", NOW, sample.key, "Something new")])
    return code("twilio", "30099")


# --- the list -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("text=30007", "twilio 30007", "twilio 30006"),
        ("text=30007.0", "twilio 30007", "twilio 30006"),
        ("text=landline", "twilio 30006", "twilio 30007"),
        ("text=spam", "plivo 30", "plivo 40"),
        ("provider=kpn", "kpn 004", "twilio 30007"),
        ("provider=vonage&category=opted_out", "vonage 9", "vonage 8"),
        ("provider=telnyx&confidence=contradicted", "telnyx 40300", "telnyx 40001"),
        ("provider=twilio&confidence=unconfirmed", "twilio 000", "twilio 30007"),
    ],
)
def test_the_list_is_narrowed_by_code_words_provider_category_and_confidence(browser, query, shown, hidden):
    answer = browser("Viewer").get(f"{LIST}?{query}")
    names = {f"{row['code'].provider} {row['code'].code}" for row in answer.context["rows"]}
    assert shown in names
    assert hidden not in names


def test_every_page_of_the_list_can_be_reached(browser):
    client, seen, query = browser("Viewer"), [], ""
    while query is not None:
        page = client.get(f"{LIST}{query}").context["page"]
        seen += [row.pk for row in page.rows]
        query = page.next_url
    assert len(seen) == len(set(seen)) == ErrorCode.objects.count()


def test_new_codes_wait_in_a_queue_of_their_own(browser, new_code):
    answer = browser("Viewer").get(f"{LIST}?tab=new")
    assert [row["code"] for row in answer.context["rows"]] == [new_code]
    assert {tab["name"]: tab["count"] for tab in answer.context["tabs"]}["new"] == 1


def test_codes_met_here_can_be_told_from_those_that_were_not(browser, new_code):
    rows = browser("Viewer").get(f"{LIST}?tab=met").context["rows"]
    assert [row["code"] for row in rows] == [new_code]


# --- one code -----------------------------------------------------------------------------------------------


def test_a_code_is_explained_with_all_its_causes_and_what_to_do(browser):
    page = browser("Viewer").get(url(code("twilio", "30007"))).content.decode()
    for words in (
        "It may be",
        "reputation or registration",
        "What to do",
        "The content",
        "Campaign owner",
        "After a fix",
    ):
        assert words in page
    assert "Confirmed by a published source" in page


def test_what_is_not_confirmed_says_so(browser):
    page = browser("Viewer").get(url(code("telnyx", "40300"))).content.decode()
    assert "Contradicted" in page
    assert "Trust the title" in page
    assert "Not confirmed" in browser("Viewer").get(url(code("twilio", "001"))).content.decode()


def test_the_same_text_elsewhere_is_shown_as_something_else(browser):
    context = browser("Viewer").get(url(code("plivo", "50"))).context
    others = {(row["facts"].provider, row["facts"].category.value) for row in context["elsewhere"]["rows"]}
    assert {("8x8", "throttled"), ("vonage", "template_compliance")} <= others
    assert "plivo" not in {provider for provider, _ in others}


def test_another_reading_at_the_same_provider_is_near_it(browser):
    context = browser("Viewer").get(url(code("vonage", "9", phase="delivery"))).context
    near = [(row["facts"].phase.value, row["facts"].category.value) for row in context["related"]]
    assert near == [("submit", "account")]


def test_a_code_that_was_split_leads_to_its_successors_and_back(browser):
    split = browser("Viewer").get(url(code("twilio", "21614"))).context["related"]
    assert [(row["facts"].code, row["url"]) for row in split] == [("21635", url(code("twilio", "21635")))]
    page = browser("Viewer").get(url(code("twilio", "21635"))).content.decode()
    assert "21614" in page
    assert "10 Jul 2024" in page


def test_a_code_says_how_often_it_came_and_leads_to_an_example(browser, new_code):
    make.sent("failed", "30099")
    make.sent("failed", "30008")
    context = browser("Viewer").get(url(new_code)).context
    assert context["in_the_log"]["count"] == 2
    assert context["in_the_log"]["sample"].pk == new_code.sample
    assert (
        f'href="/errors/attempts/{new_code.sample}/"' in browser("Viewer").get(url(new_code)).content.decode()
    )


def test_sends_count_for_a_code_however_their_log_calls_provider_and_code(browser):
    make.sent("undelivered", "Phone has blocked SMS", provider="aws_sns")
    make.sent("undelivered", "EC_NO_RESPONSE", provider="infobip")
    make.sent("undelivered", "502", provider="infobip")
    counts = [
        browser("Viewer").get(url(row)).context["in_the_log"]["count"]
        for row in (code("aws", "Phone has blocked SMS"), code("infobip", "502"))
    ]
    assert counts == [1, 2]


def test_an_opt_out_of_a_register_is_not_told_as_a_stop(browser):
    page = browser("Viewer").get(url(code("kaleyra", "CON-DND"))).content.decode()
    assert "the person did not write STOP to us" in page


# --- what staff add -----------------------------------------------------------------------------------------


def test_an_agent_notes_and_a_viewer_does_not(browser):
    row = code("twilio", "30008")
    assert browser("Viewer").post(url(row, "_note"), {"note": "Mondays"}).status_code == 403
    agent = browser("Agent")
    assert agent.post(url(row, "_note"), {"note": "Often on Mondays"}).status_code == 302
    assert "Often on Mondays" in browser("Viewer").get(url(row)).content.decode()
    assert AuditEntry.objects.get(action="errorcode.note").actor == agent.person


def test_a_supervisor_classifies_a_new_code_with_a_reason(browser, new_code):
    said = {"category": "content_filtered", "note": "One shop only", "reason": "Twilio's answer", "seen": ""}
    assert browser("Agent").post(url(new_code, "_classify"), said).status_code == 403
    client = browser("Supervisor")
    answer = client.post(url(new_code, "_classify"), said, follow=True)
    assert "counts as Filtered as spam from now on" in answer.content.decode()
    new_code.refresh_from_db()
    assert (new_code.local_category, new_code.local_note) == ("content_filtered", "One shop only")
    assert new_code.classified_by == client.person
    page = client.get(url(new_code)).content.decode()
    assert "Decided here" in page
    assert "Twilio&#x27;s answer" in page or "Twilio's answer" in page


def test_without_a_reason_nothing_is_classified_and_the_words_stay(browser, new_code):
    said = {"category": "content_filtered", "note": "One shop only", "reason": "", "seen": ""}
    answer = browser("Supervisor").post(url(new_code, "_classify"), said)
    assert answer.status_code == 400
    assert "Say how you know" in answer.content.decode()
    assert "One shop only" in answer.content.decode()
    new_code.refresh_from_db()
    assert new_code.is_new


def test_the_second_of_two_sees_what_the_first_said_and_keeps_their_words(browser, new_code):
    said = {"category": "content_filtered", "note": "", "reason": "The provider's answer", "seen": ""}
    browser("Supervisor").post(url(new_code, "_classify"), said)
    answer = browser("Supervisor").post(url(new_code, "_classify"), {**said, "category": "network_error"})
    assert answer.status_code == 409
    assert "since you opened the page" in answer.content.decode()
    new_code.refresh_from_db()
    assert new_code.local_category == "content_filtered"
    # Sent once more, knowingly.
    kept = answer.context["classify_form"]["seen"].value()
    browser("Supervisor").post(
        url(new_code, "_classify"), {**said, "category": "network_error", "seen": kept}
    )
    new_code.refresh_from_db()
    assert new_code.local_category == "network_error"


def test_one_new_code_leads_to_the_next(browser, new_code):
    meet([Met("plivo", "9876", NOW)])
    said = {
        "category": "network_error",
        "note": "",
        "reason": "The provider's answer",
        "seen": "",
        "next": "1",
    }
    answer = browser("Supervisor").post(url(new_code, "_classify"), said)
    assert answer["Location"] == url(code("plivo", "9876"))


@pytest.mark.parametrize("category", ["whatever", "", "catalogue", "unknown"])
def test_a_new_code_needs_a_category_that_exists(browser, new_code, category):
    said = {"category": category, "note": "", "reason": "Because", "seen": ""}
    assert browser("Supervisor").post(url(new_code, "_classify"), said).status_code == 400
    assert new_code in ErrorCode.objects.new()


def test_a_classification_can_be_taken_back(browser):
    client, row = browser("Supervisor"), code("twilio", "30008")
    said = {"category": "network_error", "note": "", "reason": "Carrier X", "seen": ""}
    client.post(url(row, "_classify"), said)
    seen = client.get(url(row)).context["classify_form"]["seen"].value()
    client.post(url(row, "_classify"), {**said, "category": "catalogue", "reason": "A mistake", "seen": seen})
    row.refresh_from_db()
    assert row.effective_category == "unknown"
    assert len(client.get(url(row)).context["history"]) == 2


def test_a_list_of_codes_asks_few_questions(browser, django_assert_max_num_queries):
    client = browser("Viewer")
    client.get(LIST)
    with django_assert_max_num_queries(30):
        client.get(LIST)


def test_the_table_is_looked_at_and_exported_and_changed_by_nobody(browser):
    client, row = browser("Administrator"), code("plivo", "200")
    listed = client.get("/admin/errors/errorcode/?q=200")
    assert "Recipient opted out" in listed.content.decode()
    assert b'name="_save"' not in client.get(f"/admin/errors/errorcode/{row.pk}/change/").content
    assert client.post(f"/admin/errors/errorcode/{row.pk}/change/", {"category": "ok"}).status_code == 403
    assert client.get("/admin/errors/errorcode/add/").status_code == 403
