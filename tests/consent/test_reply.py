"""The replies page: what waits, the conversation beside it, one answer per key."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent import conversation, replies
from consent.ledger import Act, Kind
from consent.models import ConsentRecord, Correction, Flag, Hold
from consent.ready_made import ship_reason_codes
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reasons(db):
    ship_reason_codes()


def unclear(words="not interested", line=None):
    line = line or make.number()
    make.form(line)
    make.record(
        line, Act.ASSERT_NONE, Kind.FREETEXT, NOW - timedelta(days=1), sender="+14155550100", words=words
    )
    make.weigh(line)
    return make.flag("UNCLEAR_REPLY", line)


def own_words(words="please no more of this"):
    line = make.number()
    make.form(line)
    make.wish(line, words=words)
    make.weigh(line)
    return make.flag("FREETEXT_REVOCATION", line)


def page_of(client, flag, tab="unclear"):
    return client.get(reverse("consent:reply_review", args=[flag.pk]) + f"?tab={tab}")


def answer(client, flag, what, tab="unclear", **fields):
    page = page_of(client, flag, tab)
    sent = {
        "answer": what,
        "tab": tab,
        "record": page.context["reply"].pk,
        "version": flag.version,
        "fingerprint": flag.fingerprint,
        "token": page.context["token"],
        **fields,
    }
    return client.post(reverse("consent:reply_answer", args=[flag.pk]), sent)


def status_of(flag):
    return flag.number.agreed.get(program=flag.program).status


def test_the_list_counts_what_waits_by_kind_and_language(browser):
    unclear("not interested")
    unclear("ya no me interesa")
    own_words()
    page = browser("Viewer").get(reverse("consent:reply_list"))
    assert [(tab["name"], tab["count"]) for tab in page.context["tabs"]] == [
        ("unclear", "2"), ("words", "1"), ("provider", "0"),
    ]  # fmt: skip
    assert dict(page.context["languages"]) == {"English": 1, "Spanish": 1}


def test_a_longer_list_asks_the_database_no_more(browser):
    client = browser()
    unclear()
    client.get(reverse("consent:reply_list"))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("consent:reply_list"))
        return len(captured)

    few = queries()
    for _ in range(3):
        unclear()
    assert queries() == few


def test_an_empty_list_says_why(browser):
    assert "No reply waits" in browser().get(reverse("consent:reply_list")).content.decode()


def test_the_page_shows_the_reply_how_it_reads_and_what_was_said_before_and_after(browser):
    line = make.number()
    make.record(line, Act.GRANT, Kind.HANDSET, NOW - timedelta(days=9), words="START", program=make.program())
    flag = unclear("not interested", line)
    page = page_of(browser(), flag)
    assert [(said.text, said.is_asked) for said in page.context["lines"]] == [
        ("START", False),
        ("not interested", True),
    ]
    assert page.context["reading"].meaning == "unclear"


def test_what_the_provider_did_stands_beside_what_we_read(browser):
    line = make.number()
    make.form(line)
    make.record(
        line,
        Act.REVOKE,
        Kind.KEYWORD,
        NOW - timedelta(days=2),
        sender="+14155550100",
        words="REVOKE",
        provider_acted=False,
    )
    make.weigh(line)
    flag = make.flag("PER_SE_KEYWORD_MISSED", line)
    client = browser()
    assert "REVOKE" in client.get(reverse("consent:reply_list") + "?tab=provider").content.decode()
    page = unescape(page_of(client, flag, "provider").content.decode())
    assert "let it pass" in page
    assert 'value="not"' not in page


def test_asked_to_stop_ends_it_and_opens_the_next(browser):
    first, second = unclear("not interested"), unclear("enough")
    client = browser()
    reply = answer(client, first, "stop")
    assert reply.url.startswith(reverse("consent:reply_review", args=[second.pk]))
    correction = Correction.objects.get()
    assert (correction.decision, correction.details["said"], correction.details["channel"]) == (
        "revoke", "not interested", "text",
    )  # fmt: skip
    assert status_of(first) == "OPTED_OUT_PRESUMED"
    first.refresh_from_db()
    assert first.status not in Flag.TO_REVIEW
    record = ConsentRecord.objects.get(source_event_id=f"correction-{correction.pk}-0")
    assert record.occurred_at == NOW - timedelta(days=1)


def test_a_request_that_acts_already_is_kept_and_its_flag_closed(browser):
    flag = own_words()
    answer(browser(), flag, "stop", "words")
    flag.refresh_from_db()
    assert flag.status == Flag.Status.CLOSED
    assert status_of(flag) == "OPTED_OUT_PRESUMED"


@pytest.mark.parametrize("made", [unclear, own_words])
def test_not_a_revocation_needs_words_and_a_second_person(browser, made):
    flag = made()
    client = browser()
    before = status_of(flag)
    page = unescape(answer(client, flag, "not").content.decode())
    assert "Say in a sentence why" in page
    # Whoever pressed the key goes on in the words that are missing, and sends the same answer from there.
    assert re.search(
        r"<textarea[^>]* autofocus aria-invalid.*?</textarea>.{0,120}<button[^>]*value=\"not\"",
        page,
        re.DOTALL,
    )
    answer(client, flag, "not", words="She meant the sofa.")
    correction = Correction.objects.get()
    assert (correction.decision, correction.status) == ("void", "proposed")
    assert status_of(flag) == before
    if made is unclear:
        assert Hold.objects.open().filter(flag=flag).exists()


def test_wrong_number_ends_every_program(browser):
    flag = unclear("I'm not Kevin's")
    answer(browser(), flag, "wrong")
    assert Correction.objects.get().reason.code == "wrong-person"
    assert ConsentRecord.objects.latest("pk").for_all_programs


def test_left_for_later_it_is_out_of_the_way_and_nothing_is_decided(browser):
    flag = unclear()
    reply = answer(browser(), flag, "later")
    assert reply.url == reverse("consent:reply_list") + "?tab=unclear"
    flag.refresh_from_db()
    assert flag.snoozed_until is not None
    assert not Correction.objects.exists()


def test_who_was_slower_is_told_and_changes_nothing(browser):
    flag = unclear()
    client = browser()
    page = answer(client, flag, "stop", fingerprint="0" * 64, words="My words")
    assert page.status_code == 409
    assert "My words" in page.content.decode()
    assert not Correction.objects.exists()


def test_the_same_form_twice_decides_once(browser):
    flag = unclear()
    client = browser()
    page = page_of(client, flag)
    sent = {
        "answer": "stop",
        "record": page.context["reply"].pk,
        "version": flag.version,
        "fingerprint": flag.fingerprint,
        "token": "t1",
    }
    for _ in range(2):
        client.post(reverse("consent:reply_answer", args=[flag.pk]), sent)
    assert Correction.objects.count() == 1


def test_a_viewer_reads_and_does_not_answer(browser):
    flag = unclear()
    client = browser("Viewer")
    assert 'value="stop"' not in page_of(client, flag).content.decode()
    assert client.post(reverse("consent:reply_answer", args=[flag.pk]), {}).status_code == 403


def test_pages_of_other_flags_are_not_here(browser):
    assert page_of(browser(), make.stopped_but_texted()).status_code == 404


def test_a_reply_nobody_understood_can_be_set_aside_from_its_flags_page_too():
    from consent import correct

    flag = unclear()
    assert [row.words for row in correct.voidable(flag.number)] == ["not interested"]


def test_our_message_before_it_tells_what_a_short_answer_means():
    line = make.number()
    reply = make.record(line, Act.ASSERT_NONE, Kind.FREETEXT, NOW, words="no")
    from backoffice.rooms import Message

    asked = Message(NOW - timedelta(hours=1), "Do you still want to receive our texts?", "", "sent", "/")
    lines = [conversation.Line(asked.at, asked.text, sent=asked), conversation.Line(NOW, "no", record=reply)]
    reading, last = conversation.read_again(reply, lines)
    assert (reading.meaning, last.text) == ("stop", asked.text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("STOP please", "en"),
        ("no me manden mas mensajes", "es"),
        ("ne m'écrivez plus", "fr"),
        ("退订", "other"),
        ("👍", ""),
    ],
)
def test_the_language_of_a_reply_is_guessed_for_sorting(text, language):
    assert replies.language(text) == language
