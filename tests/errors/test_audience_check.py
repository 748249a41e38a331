"""A list of recipients against one text: counts, reasons, files; what a hostile file gets for an answer."""

import csv
import io
import re
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.files.unreadable import Unreadable
from backoffice.models import AuditEntry, ImportBatch
from consent.models import AgreedStatus, Number
from errors.audience import MOST_ROWS, Row, from_text, is_of_text, judge, numbers_in, read_audience, to_text
from errors.preflight import Code, rules_on
from tests.backoffice.make import person
from tests.consent import make as people
from tests.errors import make
from tests.errors.preflight.make import DAY, NOON, message
from tests.errors.test_message_check import SENDER, agree

pytestmark = pytest.mark.django_db
CHECK, EXPORT = reverse("errors:audience_check"), reverse("errors:audience_export")
FIELDS = {"body": "Acme: 10% off. Reply STOP to end", "purpose": "marketing", "sender": SENDER}
# Noon on a Tuesday, wherever the recipient is: by night marketing is held, whatever is wrong besides.
FIELDS |= {"at": "2027-03-09T12:00", "clock": "theirs"}


def uploaded(client, content, **fields):
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(CHECK, {**FIELDS, **fields, "file": SimpleUploadedFile("list.csv", data)})


def judged(client, content, **fields):
    """Of each row its verdict and the codes of its reasons, and what the page shows besides."""
    context = uploaded(client, content, **fields).context
    assert "audience" in context, context.get("audience_problem")
    return [
        (one.verdict.value, {reason.code for reason in one.reasons}) for one in context["audience"].judged
    ]


@pytest.fixture
def program():
    return people.program("promo", SENDER, brand="Acme")


# --- what a row gets -------------------------------------------------------------------------------------------


def test_each_row_is_judged_by_what_is_known_of_its_number(browser, program):
    wanted, gone, held = (make.number() for _ in range(3))
    agree(wanted, program, "OPTED_IN")
    agree(gone, program, "OPTED_OUT")
    content = f"number,country\n{wanted.e164},US\n{gone.e164},US\n{held.e164},US\n+1415556,US\n"
    first, second, third, fourth = judged(browser(), content, sender_registered="yes")
    assert first == ("pass", set())
    assert second == ("block", {Code.CONSENT_OPTED_OUT})
    assert third == ("block", {Code.CONSENT_MISSING})
    assert fourth[0] == "block"
    assert Code.TO_INVALID in fourth[1]


def test_an_unknown_number_has_the_consent_that_was_chosen_and_none_unasked(browser, program):
    content = "number\n+14155552671\n"
    assert Code.CONSENT_MISSING in judged(browser(), content)[0][1]
    assert Code.CONSENT_MISSING not in judged(browser(), content, consent="opted_in")[0][1]


def test_the_page_of_one_message_says_the_same_of_every_row(browser, program):
    """Rows that are alike share one check: none may get what another one earned."""
    known = make.number("+442071838750")
    agree(known, program, "OPTED_IN")
    make.sent(number=known, body=FIELDS["body"], submitted_at=timezone.now() - timedelta(hours=1))
    written = [
        *("+14155552671", "+14155552672", "+12125552671", "4155552673", "+33612345678", "+33123456789"),
        *(
            "+18005550199",
            "",
            "12345",
            "4.1555E+10",
            "+14155552671;+14155552672",
            "+1 415 555 2674 ext 5",
            "+14155550123",
            SENDER,
            known.e164,
            "+999123",
        ),
    ]
    client = browser()
    rows = judged(
        client,
        "who,number\n" + "\n".join(f'x,"{one}"' for one in written),
        country="US",
        consent="opted_in",
        at="",
    )
    assert len(rows) == len(written)
    for number, (verdict, codes) in zip(written, rows, strict=True):
        alone = client.post(
            reverse("errors:message_check"),
            {**FIELDS, "to": number, "country": "US", "consent": "opted_in", "at": ""},
        ).context["checked"]
        expected = {note.finding.code for note in alone.notes if not is_of_text(note.finding)} | (
            set() if number else {Code.TO_EMPTY}
        )
        assert codes - {"file.repeated"} == expected, number
        assert verdict == (alone.verdict if number else "block"), number


def test_a_rows_own_country_comes_before_the_messages(browser):
    content = "phone;Country Code\n612345678;FR\n4155552671;\n"
    first, second = judged(browser(), content, country="US", consent="opted_in")
    assert not first[1] & {Code.TO_INVALID, Code.TO_NO_COUNTRY}
    assert not second[1] & {Code.TO_INVALID, Code.TO_NO_COUNTRY}
    assert judged(browser(), "number\n4155552671\n")[0][1] >= {Code.TO_NO_COUNTRY}


def test_a_number_that_stands_twice_gets_one_text(browser):
    content = "number\n+1 415 555 2671\n(415) 555-2671\n"
    first, second = judged(browser(), content, country="US")
    assert "file.repeated" not in first[1]
    assert second[0] == "block"
    assert "file.repeated" in second[1]


@pytest.mark.parametrize("first", [0, 1])
def test_only_the_sender_itself_is_its_own_recipient(first):
    """However it is written: the neighbour of the same area code gets no share of it, nor lends its own pass."""
    written = message(sender="(415) 555-2671")
    rows = [Row(1, "+14155552671", "US"), Row(2, "+14155552672", "US")]
    ordered = [rows[first], rows[1 - first]]
    found = judge(ordered, numbers_in(ordered, written), written, {}, rules_on(DAY), NOON).judged
    assert {one.row.line for one in found if one.is_in(Code.TO_SAME_AS_SENDER)} == {1}


def test_a_list_may_come_before_its_text(browser, program):
    number = make.number()
    agree(number, program, "OPTED_IN")
    assert judged(browser(), f"number\n{number.e164}\n", body="", sender_registered="yes")[0][0] == "pass"


def test_counts_add_up_and_segments_are_paid_for_those_who_may_get_it(browser, program):
    wanted, gone = make.number(), make.number()
    agree(wanted, program, "OPTED_IN")
    agree(gone, program, "OPTED_OUT")
    answer = uploaded(browser(), f"number\n{wanted.e164}\n{gone.e164}\n", price="0.01", body="ж" * 71)
    counts = {one["name"].value: one["count"] for one in answer.context["lists"]}
    assert counts == {"pass": 0, "warn": 1, "block": 1}
    assert (answer.context["segments"], answer.context["cost"]) == (2, "0.02")


# --- files -----------------------------------------------------------------------------------------------------

HOSTILE = {
    "no file": (None, "No file was chosen"),
    "nothing": (b"", "empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "a PNG picture"),
    "a web page": (b"<!doctype html><p>x", "a web page"),
    "a workbook": (b"PK\x03\x04" + b"\x00" * 60, "archive|workbook|damaged|open"),
    "JSON": (b'[{"number": "+1"}]', "JSON"),
    "a header alone": (b"number,country\n", "no rows"),
    "no column of numbers": (b"name,city\nAna,Rome\n", "No column is called"),
    "an open quote": (b'number,country\n"+14155552671,US\n+14155552672,US\n', "quote"),
    "too many rows": (b"number\n" + b"+14155552671\n" * (MOST_ROWS + 1), "more than 10,000 rows"),
    "too many bytes": (b"number\n" + b"+14155552671" * 500_000, "limit is 5 MB"),
}


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_no_list_is_refused_in_words(browser, content, said):
    answer = browser().post(CHECK, FIELDS) if content is None else uploaded(browser(), content)
    assert answer.status_code == 200
    assert re.search(said, answer.context["audience_problem"]), answer.context["audience_problem"]
    assert "The list was not checked" in answer.content.decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_in_its_own_encoding(browser, encoding):
    content = "name;mobile\nJosé;+14155552671\nZoë;+14155552672\n".encode(encoding)
    assert len(judged(browser(), content)) == 2


def test_a_file_without_header_and_with_blank_lines_is_read(browser):
    assert len(judged(browser(), "+14155552671\n\n+14155552672\n\n")) == 2


def test_a_row_that_cannot_be_read_is_counted_and_named(browser):
    rows = judged(browser(), b"number,name\n+14155552671,Ana\n+14155552672,a,b,c,d\n+14155552673,Bob\n")
    assert [codes for _, codes in rows][1] == {"file.unreadable"}


def test_a_long_cell_is_cut_and_shown_as_text(browser):
    answer = uploaded(browser(), "number\n<script>" + "9" * 90_000 + "\n+14155552671\n")
    page = answer.content.decode()
    assert "<script>9" not in page
    assert len(page) < 200_000


def test_a_wrong_form_says_so_and_checks_nothing(browser):
    answer = uploaded(browser(), "number\n+14155552671\n", purpose="spying")
    assert "Mend what is marked" in answer.context["audience_problem"]


def test_rows_survive_the_way_through_the_page():
    rows = [Row(2, "+1 415", "US"), Row(3, "", "", "expected 2 cells, got 5"), Row(9, "", "")]
    assert from_text(to_text(rows).replace("\n", "\r\n")) == rows
    assert from_text("") == []


@pytest.mark.parametrize(
    "text", ["x\ty", "a\tb\tc\td", "1\t2\t3\t4\t5", "-1\tb\tc\td", "1\t\t\t\n" * (MOST_ROWS + 1)]
)
def test_a_damaged_list_is_refused(text):
    with pytest.raises(Unreadable, match="damaged"):
        from_text(text)


# --- the files of the answer -----------------------------------------------------------------------------------


def downloaded(client, page, listed):
    answer = client.post(EXPORT, {**FIELDS, "rows": page.context["rows"], "list": listed})
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_each_list_comes_as_a_file_that_no_spreadsheet_runs(browser, program):
    wanted, gone = make.number(), make.number()
    agree(wanted, program, "OPTED_IN")
    agree(gone, program, "OPTED_OUT")
    client = browser()
    page = uploaded(client, f"number\n{wanted.e164}\n{gone.e164}\n=cmd|' /C calc'!A0\n")
    blocked = downloaded(client, page, "block")
    assert [row["line"] for row in blocked] == ["3", "4"]
    assert blocked[0]["reasons"].split("; ")[-1] == "consent.opted_out"
    assert blocked[1]["number"].startswith("'=")
    assert [row["line"] for row in downloaded(client, page, "consent.opted_out")] == ["3"]
    assert downloaded(client, page, "nothing of the kind") == []


def test_a_download_is_on_record_without_the_numbers(browser):
    client = browser()
    downloaded(client, uploaded(client, "number\n+14155552671\n"), "block")
    entry = AuditEntry.objects.get(action="audience.export")
    assert (entry.actor, entry.details) == (client.person, {"rows": 1, "list": "block"})


def test_a_download_of_nothing_says_what_to_do(browser):
    answer = browser().post(EXPORT, {**FIELDS, "rows": "", "list": "block"})
    assert "choose the file again" in answer.context["audience_problem"]


def test_the_list_is_checked_again_with_another_text(browser, program):
    client = browser()
    rows = uploaded(client, "number\n+14155552671\n", consent="opted_in").context["rows"]
    again = client.post(CHECK, {**FIELDS, "body": "Casino bonus", "rows": rows}).context["audience"]
    assert Code.CONTENT_GAMBLING in {reason.code for reason, _ in again.reasons}


def test_what_is_wrong_with_the_text_for_everybody_is_said_once_and_in_no_row(browser, program):
    answer = uploaded(
        browser(), "number\n+14155552671\n", consent="opted_in", body="Acme: Hi {first_name}. Reply STOP"
    )
    assert Code.BODY_PLACEHOLDER not in {reason.code for reason, _ in answer.context["audience"].reasons}
    assert b"Nobody may get the text as it stands" in answer.content


def test_nothing_of_the_list_is_stored(browser):
    uploaded(browser(), "number\n+14155552671\n")
    assert not ImportBatch.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("path", [CHECK, EXPORT])
def test_a_list_is_for_those_who_may_see_the_send_log(client, path):
    client.force_login(person())
    assert client.post(path, FIELDS).status_code == 403


# --- size ------------------------------------------------------------------------------------------------------


def test_thousands_of_rows_take_the_same_few_queries(browser, program):
    def asked(count):
        for place in range(count):
            agree(people.number(f"+1415557{place:04d}"), program, "OPTED_IN")
        content = "number\n" + "\n".join(f"+1415557{place:04d}" for place in range(count))
        client = browser()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert {verdict for verdict, _ in judged(client, content)} == {"warn"}
        return len(queries)

    few = asked(3)
    AgreedStatus.objects.all().delete()
    Number.objects.all().delete()
    assert asked(200) == few


def test_a_full_list_is_checked_while_somebody_waits(browser, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "number\n" + "\n".join(f"+1{212 + place % 50}55{place:05d}" for place in range(MOST_ROWS))
    )
    assert len(read_audience(path)) == MOST_ROWS
    began = time.process_time()
    assert len(judged(browser(), path.read_bytes())) == MOST_ROWS
    assert time.process_time() - began < 20
