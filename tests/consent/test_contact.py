"""Contacts: found by a fragment, shown whole, and where a person's words are logged."""

from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.models import AgreedStatus, ConsentRecord, Correction, Decision, WriteBack
from consent.views.evidence import timeline
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
LIST = reverse("consent:contact_list")


def url(line, name="contact", *more):
    return reverse(f"consent:{name}", args=[line.pk, *more])


def found(client, text, **more):
    return [line.number for line in client.post(LIST, {"text": text, **more}).context["lines"]]


# --- The list --------------------------------------------------------------------------------------------


def test_a_number_is_found_by_any_of_its_digits_and_a_person_by_the_beginning_of_a_name(browser):
    one, other = make.number("+14155550123"), make.number("+442071838750")
    make.contact(one, name="Ana")
    make.contact(other, ref="2", name="Bea")
    client = browser()
    assert found(client, "550123") == [one]
    assert found(client, "(0)20 7183") == [other]
    assert found(client, "415-555") == [one]
    assert found(client, "an") == [one]
    assert found(client, "bea lo") == [other]
    assert found(client, "lopez") == [one, other]
    assert found(client, "999") == []


@pytest.mark.parametrize("text", ["", "12", "+ -", "%", "\x00\x00\x00"])
def test_too_little_to_search_for_is_said_so(browser, text):
    page = browser().post(LIST, {"text": text})
    assert page.status_code == 200
    assert page.context["form"].errors


def test_many_answers_are_walked_by_post_so_that_no_name_stands_in_an_address(browser):
    lines = [make.number(f"+1415556{digits:04d}") for digits in range(60)]
    client = browser()
    page = client.post(LIST, {"text": "415556"})
    assert "415556" not in page.request["QUERY_STRING"]
    after = page.context["next"].initial["after"]
    assert found(client, "415556", after=after) == lines[50:]


def test_the_list_has_pages_and_a_fixed_number_of_queries(browser):
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    make.stopped_but_texted()
    queries()
    few = queries()
    for _ in range(55):
        make.contact(
            make.number(), ref=f"r{ConsentRecord.objects.count()}-{few}-{AgreedStatus.objects.count()}-{_}"
        )
    assert queries() == few
    first = client.get(LIST)
    assert len(client.get(LIST + first.context["page"].next_url).context["lines"]) == 6


def test_an_empty_list_says_where_contacts_come_from(browser):
    assert b"They come with the first import" in browser().get(LIST).content


# --- One number ------------------------------------------------------------------------------------------


def test_the_page_holds_everything_about_the_number(browser):
    flag = make.stopped_but_texted()
    line = flag.number
    person = make.contact(line)
    other = make.number()
    make.SystemRecord.objects.create(system=make.platform(), ref="9", contact=person, number=other)
    client = browser()
    from consent import correct

    correct.decide(
        make.subject(flag), make.choice(), by=client.person, token="t", seen=make.seen(flag), now=NOW
    )
    page = client.get(url(line))
    text = unescape(page.content.decode())
    shown = page.context
    assert [item.id[0] for item in shown["timeline"]] == ["r", "c", "c"]
    assert list(shown["other_numbers"]) == [other]
    assert flag in shown["flags"]
    assert (len(shown["corrections"]), len(shown["write_backs"]), len(shown["holds"])) == (1, 1, 1)
    assert "Opted out: Promo must not text this number" in text
    assert "Ana Lopez" in text
    assert "Audit report of " + line.e164 in text
    assert client.person.username in text


def test_a_revocation_of_the_whole_person_shows_on_each_of_their_numbers(browser):
    one, other = make.number(), make.number()
    person = make.contact(one)
    make.SystemRecord.objects.create(system=make.system(), ref="2", contact=person, number=other)
    make.record(None, "revoke", "channel", NOW, contact=person, for_all_programs=True)
    assert [item.title for item in browser().get(url(other)).context["timeline"]] == ["Asked us to stop"]


def test_the_line_of_time_reads_no_whole_ledger(one_engine):
    line = make.number()
    person = make.contact(line)
    make.record(None, "revoke", "channel", NOW, contact=person, for_all_programs=True)
    make.record(line, "revoke", "channel", NOW, contact=person, for_all_programs=True)
    with CaptureQueriesContext(connection) as asked:
        assert len(timeline(line, limit=None)) == 2
        [newest] = timeline(line, limit=1)
    assert newest.record == ConsentRecord.objects.last()
    with connection.cursor() as cursor:
        for query in asked.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            steps = [row[-1] for row in cursor.fetchall()]
            assert not [step for step in steps if step.startswith("SCAN consent_consentrecord")], steps


def test_a_number_nobody_knows_anything_about_says_so(browser):
    page = browser().get(url(make.number()))
    assert b"Nothing is known about this number" in page.content
    assert browser().get(reverse("consent:contact", args=[999_999])).status_code == 404


def test_a_viewer_sees_the_page_and_may_not_log(browser):
    line = make.number()
    viewer = browser("Viewer")
    assert viewer.get(url(line)).status_code == 200
    assert url(line, "contact_log").encode() not in viewer.get(url(line)).content
    assert viewer.get(url(line, "contact_log")).status_code == 403


# --- Logging what was said -------------------------------------------------------------------------------


def sent(page, decision, **fields):
    reason = make.reason(decision).pk
    token = page.context["form"]["token"].value()
    return {"token": token, "decision": decision, f"reason_{decision}": reason, "words": "As told.", **fields}


def test_a_call_is_logged_and_written_to_every_system(browser):
    line = make.number()
    make.form(line)
    make.reading(line, "in")
    make.weigh(line)
    client = browser()
    page = client.get(url(line, "contact_log"))
    assert page.context["program"] == make.program()
    for _ in range(2):
        answer = client.post(
            url(line, "contact_log"),
            sent(
                page, "revoke", channel="call", reference="T-9", said="Stop it", program="promo", scope="all"
            ),
        )
        assert answer.url == url(line)
    assert ConsentRecord.objects.get(act="revoke").words == "By telephone. Stop it"
    assert AgreedStatus.objects.get(number=line, program=make.program()).status == "OPTED_OUT"
    assert WriteBack.objects.get().value == "out"
    assert Correction.objects.count() == 1


def test_proof_against_a_stop_is_refused_here_too(browser):
    line = make.number()
    make.stop(line)
    make.reading(line, "out")
    make.weigh(line)
    client = browser()
    page = client.get(url(line, "contact_log") + "?decision=proof")
    given = sent(
        page,
        "proof",
        proof_link="https://example.com/f",
        day="2026-05-30",
        wording=make.wording().pk,
        program="promo",
    )
    answer = client.post(url(line, "contact_log"), given)
    assert answer.status_code == 409
    assert "A STOP stands" in answer.content.decode()
    assert "As told." in answer.content.decode()


def test_another_program_can_be_chosen(browser):
    make.program("alerts", "+14155550199")
    line = make.number()
    assert browser().get(url(line, "contact_log") + "?program=alerts").context["program"].code == "alerts"


def test_the_preview_of_a_logged_call_changes_nothing(browser):
    line = make.number()
    make.form(line)
    make.reading(line, "in")
    make.weigh(line)
    client = browser()
    page = client.get(url(line, "contact_log"))
    answer = client.post(url(line, "contact_log"), sent(page, "revoke", program="promo", preview="1"))
    assert [step.value for step in answer.context["outlook"].steps] == ["out"]
    assert not Correction.objects.exists()


def test_instructions_to_come_back_name_the_sender(browser):
    line = make.number()
    text = browser().get(url(line, "contact_start", make.program().code)).content.decode()
    assert "START" in text
    assert "+1 415-555-0100" in text
    assert browser().get(url(line, "contact_start", "nothing")).status_code == 404


def test_decisions_that_need_a_flag_are_not_offered(browser):
    line = make.number()
    make.weigh(line)
    offered = browser().get(url(line, "contact_log")).context["form"].offered
    assert list(offered) == [Decision.REVOKE, Decision.PROOF]
