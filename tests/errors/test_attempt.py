"""The page of one send: request and outcome, reports, consent at that moment, what stands around it."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.ledger import Act, Kind
from consent.rules import Status
from errors.models import AttemptEvent
from errors.standing import standing
from errors.suspect import suspect
from tests.consent import make as people
from tests.errors import make
from tests.errors.make import NOW

pytestmark = pytest.mark.django_db


def url(sent):
    return reverse("errors:attempt", args=[sent.pk])


def text(answer):
    return unescape(answer.content.decode())


# --- request and outcome -----------------------------------------------------------------------------------


def test_the_request_stands_beside_the_outcome(browser):
    sent = make.sent(
        "undelivered", "30003", campaign="spring", template="welcome", template_version="3", journey="j-1",
        route="long code", carrier="Globe", client_ref="order-7", request={"Price": "-0.0079"}, units=36,
    )  # fmt: skip
    page = text(browser().get(url(sent)))
    for shown in (
        "+1 415-555-0100", "spring", "welcome, version 3", "j-1", "long code", "Globe", "order-7", "-0.0079",
        "GSM-7, 1 segment, 36 septets", sent.message_ref, "Acme: 10% off", "30003", "What to do",
    ):  # fmt: skip
        assert shown in page


def test_a_code_of_several_causes_lists_them_and_the_advice_of_its_phase(browser):
    page = browser().get(url(make.sent("undelivered", "30003"))).context
    assert page["why"].meaning.category == "handset_unreachable"
    assert page["why"].advice.words


def test_sent_without_a_receipt_is_neither_success_nor_failure(browser):
    page = text(browser().get(url(make.sent("sent"))))
    assert "Handed to the operator; delivery is not confirmed." in page
    assert "What to do" not in page


def test_a_failure_without_a_code_is_explained_too(browser):
    page = browser().get(url(make.sent("failed", "")))
    assert "none was given" in text(page)
    assert page.context["why"].meaning.category == "unknown"


def test_markup_and_long_words_in_a_body_are_text(browser):
    body = "<script>alert(1)</script> {{7*7}} " + "x" * 2000 + " שלום"
    content = browser().get(url(make.sent(body=body, error_text="<img src=x>"))).content.decode()
    assert "<script>alert" not in content
    assert "<img src=x>" not in content
    assert "{{7*7}}" in content
    assert 'dir="auto">&lt;script&gt;' in content


def test_what_makes_a_text_expensive_is_named(browser):
    page = text(browser().get(url(make.sent(body="It’s on", encoding="UCS-2"))))
    assert "right single quotation mark" in page


def test_a_text_that_is_not_kept_any_more_leaves_its_measures(browser):
    page = text(browser().get(url(make.sent(body="", body_hash=7, segments=2))))
    assert "not kept any more" in page
    assert "2 segments" in page


# --- reports -----------------------------------------------------------------------------------------------


def test_every_report_is_shown_in_the_order_of_what_happened(browser):
    sent = make.sent("delivered", is_contradicted=True)
    batch = people.batch(people.system())
    make.event(sent, "failed", "30008", at=NOW + timedelta(hours=2), text="late")
    make.event(sent, "delivered", at=NOW + timedelta(hours=1), batch=batch, line=1204)
    make.event(sent, "sent", at=NOW, source=AttemptEvent.Source.CALLBACK, provider_status="SENT_OUT")
    page = browser().get(url(sent))
    assert [event.status for event in page.context["events"]] == ["sent", "delivered", "failed"]
    for shown in ("contradict each other", "line 1204", "SENT_OUT", batch.original_name, "late"):
        assert shown in text(page)


def test_a_late_delivery_is_said_in_words(browser):
    assert "arrived after all" in text(browser().get(url(make.sent("delivered", is_late_upgrade=True))))


def test_reports_about_parts_name_their_part(browser):
    sent = make.sent("partially_delivered")
    make.event(sent, "delivered", part=1, parts=2)
    make.event(sent, "failed", "30008", part=2, parts=2)
    assert "part 2 of 2" in text(browser().get(url(sent)))


# --- around it ---------------------------------------------------------------------------------------------


def test_the_chain_of_resends_leads_both_ways(browser):
    first = make.sent("failed", "30003")
    second = make.sent(parent=first, number=first.number, submitted_at=NOW + timedelta(hours=30))
    third = make.sent(parent=first, number=first.number, submitted_at=NOW + timedelta(hours=60))
    fourth = make.sent(parent=third, number=first.number, submitted_at=NOW + timedelta(hours=90))
    client = browser()
    chains = {
        sent: [row.attempt for row in client.get(url(sent)).context["chain"]]
        for sent in (first, second, third)
    }
    assert chains == {first: [second, third], second: [first, third], third: [first, second, fourth]}


def test_the_same_text_to_the_same_number_within_a_day_is_marked(browser):
    line = make.number()
    sent = make.sent(number=line, body_hash=1)
    twin = make.sent(number=line, body_hash=1, submitted_at=NOW + timedelta(minutes=3))
    other = make.sent(number=line, body_hash=2, submitted_at=NOW + timedelta(hours=3))
    make.sent(number=line, body_hash=1, submitted_at=NOW + timedelta(days=3))
    page = browser().get(url(sent)).context
    assert {row.attempt for row in page["around"]} == {twin, other}
    assert page["same_text"] == {twin.pk}


def test_patterns_that_cover_it_are_named(browser):
    sent = make.sent("undelivered", "30007", country="PH", campaign="spring", segments=2)
    seen = {"first_seen_at": NOW - timedelta(hours=3), "last_seen_at": NOW}
    mine = make.pattern({"country": "PH", "segments": "2", "hour": f"{NOW:%H}"}, **seen)
    make.pattern({"country": "PH", "campaign": "autumn"}, **seen)
    make.pattern({"campaign": "spring"}, status="closed", **seen)
    make.pattern(
        {"sender": "+14155550100"},
        first_seen_at=NOW - timedelta(days=9),
        last_seen_at=NOW - timedelta(days=8),
    )
    assert browser().get(url(sent)).context["patterns"] == [mine]


# --- consent at that moment --------------------------------------------------------------------------------


def statuses(line, at=NOW, now=NOW + timedelta(days=9), sender="+14155550100"):
    (one,) = standing(line, sender, at, now)
    return one.known_then.status, one.in_hindsight.status, one.now.status


IN, OUT, NONE = Status.OPTED_IN, Status.OPTED_OUT, Status.NO_CONSENT


def test_what_was_agreed_then_and_now():
    line = make.number()
    people.form(line, NOW - timedelta(days=90))
    people.stop(line, NOW + timedelta(days=1))
    assert statuses(line) == (IN, IN, OUT)


def test_a_stop_that_reached_us_after_the_sending_is_told_apart_from_one_we_knew(browser):
    line = make.number()
    people.form(line, NOW - timedelta(days=90))
    people.record(
        line, Act.REVOKE, Kind.KEYWORD, NOW - timedelta(hours=2), sender="+14155550100", words="STOP",
        received_at=NOW + timedelta(hours=6),
    )  # fmt: skip
    assert statuses(line) == (IN, OUT, OUT)
    page = text(browser().get(url(make.sent(number=line))))
    assert "Learned later" in page
    assert "Sent after a refusal that was not known yet" in page


def test_a_send_that_is_refused_because_of_a_stop_is_what_tells_us_of_it(browser):
    line = make.number()
    people.form(line, NOW - timedelta(days=90))
    people.record(line, Act.REVOKE, Kind.CARRIER, None, sender="+14155550100", received_at=NOW)
    assert statuses(line) == (IN, OUT, OUT)


def test_a_text_to_somebody_whose_stop_was_on_file_is_named_as_that(browser):
    line = make.number()
    people.stop(line, NOW - timedelta(days=3))
    assert "Sent after a refusal that was known" in text(browser().get(url(make.sent(number=line))))


def test_consent_given_after_the_sending_does_not_count_for_it():
    line = make.number()
    people.form(line, NOW + timedelta(hours=1))
    assert statuses(line) == (NONE, NONE, IN)


def test_the_sender_says_which_program_is_meant():
    line = make.number()
    people.program("alerts", sender="+18885550100")
    people.form(line, NOW - timedelta(days=2))
    assert statuses(line, sender="14155550100")[1] is IN
    assert statuses(line, sender="+18885550100")[1] is NONE
    assert [one.program.code for one in standing(line, "unknown", NOW, NOW)] == ["promo"]


def test_a_number_that_texts_do_not_reach_is_named_on_the_send_and_on_the_contact(browser):
    line = make.number()
    for day in range(2):
        make.sent("undelivered", "30005", number=line, submitted_at=NOW + timedelta(days=day))
    sent = make.sent("undelivered", "30005", number=line, submitted_at=NOW - timedelta(days=1))
    suspect([line.pk], [line.pk])
    client = browser()
    for address in (url(sent), reverse("consent:contact", args=[line.pk])):
        page = text(client.get(address))
        assert "Texts do not reach this number" in page
        assert "3 failed sends on 3 days" in page
    make.sent(number=line, submitted_at=NOW + timedelta(days=5))
    suspect([line.pk], [line.pk])
    assert "reach this number again" in text(client.get(url(sent)))
    assert client.get(reverse("admin:errors_numberfinding_changelist")).status_code == 200


def test_without_a_number_nobody_can_be_asked_about(browser):
    page = text(browser().get(url(make.sent("rejected", "21211", recipient="+1999", sender=""))))
    assert "no number that can be read" in page
    assert "nobody whose consent" in page


# --- the page ----------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_what_there_is(browser):
    line = make.number()
    sent = make.sent("failed", "30003", number=line)
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(sent)).status_code == 200
        return len(captured)

    for minute in range(1, 3):
        make.event(sent, "sent", at=NOW + timedelta(minutes=minute), batch=people.batch(people.system()))
        make.sent(number=line, submitted_at=NOW + timedelta(minutes=minute))
        make.sent(number=line, parent=sent, submitted_at=NOW + timedelta(minutes=minute))
    people.form(line)
    queries()
    few = queries()
    for minute in range(3, 25):
        make.event(sent, "sent", at=NOW + timedelta(minutes=minute), batch=people.batch(people.system()))
        make.sent(number=line, submitted_at=NOW + timedelta(minutes=minute))
        make.sent(number=line, parent=sent, submitted_at=NOW + timedelta(minutes=minute))
        make.pattern({"campaign": str(minute)}, last_seen_at=NOW, first_seen_at=NOW)
    assert queries() == few


def test_a_send_that_is_not_there_is_not_found(browser):
    assert browser().get(reverse("errors:attempt", args=[987654])).status_code == 404
    assert browser().post(url(make.sent())).status_code == 405
