"""A campaign against its list: what each row gets, what is counted, what history says; kills, cancellations, time."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice import jobs
from backoffice.files.unreadable import Unreadable
from backoffice.models import JobRun
from consent.models import Program
from errors import campaign_check, rollup
from errors.campaign_tally import reasons_of
from errors.campaign_tidy import tidy
from errors.models import CampaignCheck
from errors.windows import hour_of
from tests.backoffice.make import person
from tests.consent import make as people
from tests.errors import make
from tests.errors.test_message_check import SENDER, agree

pytestmark = pytest.mark.django_db
SALE = "Acme: hi {{first_name}}, 20% off today. Reply STOP to opt out."
MESSAGE = {
    "sender": SENDER,
    "purpose": "marketing",
    "consent": "opted_in",
    "sender_registered": True,
    "country": "US",
    "at": "2027-03-09T12:00",
}


@pytest.fixture
def program() -> Program:
    return people.program("promo", SENDER, brand="Acme")


def ask(content, template=SALE, name="spring", **more):
    return campaign_check.ask(
        ContentFile(content.encode() if isinstance(content, str) else content),
        **{
            "original_name": "list.csv",
            "name": name,
            "template": template,
            "message": MESSAGE,
            "program": None,
            "price": None,
            "by": person("Agent"),
            **more,
        },
    )


def work(check):
    run = check.run
    jobs.work(run.pk, {"errors.campaign_check": campaign_check.check})
    check.refresh_from_db()
    return check


def checked(content, *args, **more):
    return work(ask(content, *args, **more))


def rows(check):
    return [
        (row[campaign_check.VERDICT], set(filter(None, row[campaign_check.CODES].split(";"))))
        for row in campaign_check.results_of(check)
    ]


def counts(check):
    return {one.code: one.rows for one in reasons_of(check.tally)}


# --- what a row gets -------------------------------------------------------------------------------------------


def test_each_row_gets_its_own_words_and_what_our_records_say(program):
    wanted, gone = make.number(), make.number()
    agree(wanted, program, "OPTED_IN")
    agree(gone, program, "OPTED_OUT")
    check = checked(
        "Phone,First Name\n"
        f"{wanted.e164},Ann\n{gone.e164},Bob\n+14155552671,\n+14155552672,Zoë 😀\n+14155552671,Eve\n123,Dan\n"
    )
    assert check.status == "done", check.failure
    assert rows(check)[0] == ("pass", set())
    assert rows(check)[1] == ("block", {"consent.opted_out"})
    assert rows(check)[2][0] == "warn"
    assert "file.missing_value" in rows(check)[2][1]
    assert "body.ucs2" in rows(check)[3][1]
    assert rows(check)[4] == ("block", {"file.repeated"})
    assert "to.invalid" in rows(check)[5][1] or "to.short_code" in rows(check)[5][1]
    assert check.verdicts == {"pass": 2, "warn": 1, "block": 3}
    assert counts(check)["consent.opted_out"] == 1
    assert check.tally["missing"] == {"first_name": 1}
    assert check.tally["known"] == 2


def test_by_hand_the_segments_of_those_that_may_go_and_their_cost():
    """Three rows: 61 GSM-7 units (1 segment), 161 (2 segments), 71 UTF-16 units (2 segments); one is no number."""
    texts = ["Acme: " + "x" * 55, "Acme: " + "x" * 155, "Acme: ü€ " + "ж" + "x" * 61]
    assert list(map(len, texts)) == [61, 161, 71]
    content = "number;text\n" + "".join(f"+1415555267{place};{text}\n" for place, text in enumerate(texts))
    check = checked(
        content + f"12;{texts[0]}\n", "", price="0.01", message={**MESSAGE, "purpose": "transactional"}
    )
    assert check.tally["lengths"] == {"1": 1, "2": 2}
    assert (check.segments, str(check.cost)) == (5, "0.050000")
    assert (check.tally["longest"]["line"], check.tally["shortest"]["line"]) == (3, 2)


def test_a_row_of_the_list_gets_what_the_page_says_of_its_message(program, client):
    client.force_login(person("Agent"))
    numbers = [
        "+14155552671",
        "+33612345678",
        "+447400123456",
        "(415) 555-2672",
        "+18005550199",
        "4.1E+10",
        "",
    ]
    template = "Acme: see https://bit.ly/x for free money"
    check = checked("who,number,country\n" + "".join(f"x,{one},\n" for one in numbers), template)
    for number, (verdict, codes) in zip(numbers, rows(check), strict=True):
        page = client.post(
            "/errors/check/",
            {
                "body": template,
                "to": number,
                "clock": "theirs",
                **{k: v for k, v in MESSAGE.items() if k != "sender_registered"},
                "sender_registered": "yes",
            },
        ).context["checked"]
        expected = {note.finding.code.value for note in page.notes} | (set() if number else {"to.empty"})
        assert codes == expected, number
        assert verdict == (page.verdict if number else "block")


def test_countries_may_be_written_as_names():
    check = checked(
        "phone,country\n0612345678,Frankreich\n4155552671,United States\n12,Atlantis\n", "Acme: hi"
    )
    found = [row[campaign_check.NUMBER] for row in campaign_check.results_of(check)]
    assert found == ["+33612345678", "+14155552671", ""]


def test_a_field_may_have_a_default():
    check = checked("number,name\n+14155552671,\n", "Acme: hi {{ name | default: 'there' }}. STOP to end")
    assert check.tally["missing"] == {}
    assert check.tally["longest"]["text"] == "Acme: hi there. STOP to end"


@pytest.mark.parametrize(
    ("content", "template", "words"),
    [
        ("number,name\n+14155552671,Ann\n", SALE, "{{first_name}}"),
        ("who,name\n+14155552671,Ann\n", "Acme", "number"),
        ("number,name\n+14155552671,Ann\n", "", "no text"),
        ("", SALE, "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), SALE, ""),
    ],
)
def test_a_file_that_cannot_be_checked_is_refused_at_once_and_not_kept(content, template, words, settings):
    with pytest.raises(Unreadable) as refused:
        ask(content, template)
    assert words.lower() in str(refused.value).lower()
    assert not CampaignCheck.objects.exists()


def test_a_list_with_too_many_rows_fails_with_words(monkeypatch):
    monkeypatch.setattr(campaign_check, "MOST_ROWS", 2)
    check = checked("number,first_name\n" + "+14155552671,Ann\n" * 3)
    assert check.status == "failed"
    assert "more than 2 rows" in check.failure


def test_queries_hang_on_chunks_and_not_on_rows(monkeypatch, program):
    def queries(count):
        content = "number,first_name\n" + "".join(f"+1415{5560000 + place},Ann\n" for place in range(count))
        check = ask(content)
        with CaptureQueriesContext(connection) as taken:
            work(check)
        return len(taken)

    queries(10)
    assert queries(1_000) == queries(20)


# --- interrupted -----------------------------------------------------------------------------------------------


def fourty(tmp_path=None):
    return "number,first_name\n" + "".join(f"+1415{5560000 + place % 30},Ann\n" for place in range(40))


def test_a_run_that_lost_its_worker_goes_on_and_counts_no_row_twice(monkeypatch):
    monkeypatch.setattr(campaign_check, "CHUNK", 7)
    whole = checked(fourty())

    class Killed(BaseException):
        pass

    check, kept = ask(fourty(), name="again"), campaign_check._Run._commit
    committed = []

    def killed(self, chunk, results):
        if len(committed) == 2:
            # It had written results, but they are in no count.
            with Path(self.stored.results.path).open("ab") as file:
                file.write(results)
            raise Killed
        committed.append(1)
        kept(self, chunk, results)

    monkeypatch.setattr(campaign_check._Run, "_commit", killed)
    with pytest.raises(Killed):
        work(check)
    check.refresh_from_db()
    assert check.rows_done == 14
    monkeypatch.setattr(campaign_check._Run, "_commit", kept)
    JobRun.objects.filter(pk=check.run.pk).update(lease_until=timezone.now() - timedelta(minutes=5))
    work(check)
    assert (check.status, check.rows_done, rows(check)) == ("done", 40, rows(whole))
    assert {**check.tally, "longest": 0} == {**whole.tally, "longest": 0}


def test_a_check_that_was_cancelled_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(campaign_check, "CHUNK", 7)
    check, by = ask(fourty()), person("Agent")
    kept = campaign_check._Run._commit

    def cancelled(self, chunk, results):
        kept(self, chunk, results)
        campaign_check.cancel(check, by=by)

    monkeypatch.setattr(campaign_check._Run, "_commit", cancelled)
    work(check)
    assert (check.status, check.rows_done) == ("cancelled", 7)
    monkeypatch.setattr(campaign_check._Run, "_commit", kept)
    campaign_check.go_on(check, by=by)
    work(check)
    assert (check.status, check.rows_done, check.verdicts["block"]) == ("done", 40, 10)


def test_one_that_is_cancelled_before_it_began_does_not_stand_as_waiting():
    check = ask(fourty())
    campaign_check.cancel(check, by=person("Agent"))
    check.refresh_from_db()
    assert check.status == "cancelled"


# --- what history says -----------------------------------------------------------------------------------------


def test_failures_are_projected_from_sends_like_these():
    now = hour_of(timezone.now())
    for day in range(1, 21):
        make.counted(100, failed=10, hour=now - timedelta(days=day), sender=SENDER)
        make.counted(1_000, failed=500, hour=now - timedelta(days=day), sender="+19995550100")
    check = checked(fourty())
    found = check.projection
    # 30 rows may go; the sender's own 2,000 sends of the country failed in 10 of 100.
    assert (found["rows"], found["unknown"]) == (30, 0)
    assert found["expected"] == pytest.approx(3.0)
    assert found["low"] < 3 < found["high"] < 30
    assert found["lines"][0]["settled"] == 2_000


def test_where_little_is_known_nothing_is_said():
    now = hour_of(timezone.now())
    make.counted(29, failed=10, hour=now - timedelta(days=2))
    check = checked(fourty())
    assert (check.projection["rows"], check.projection["unknown"]) == (0, 30)


def test_recipients_in_an_open_pattern_fail_as_its_sends_did():
    now = hour_of(timezone.now())
    make.counted(1_000, failed=10, hour=now - timedelta(days=2), sender=SENDER)
    make.pattern({"country": "US", "sender": SENDER}, attempts=200, failures=100)
    check = checked(fourty())
    assert check.projection["expected"] == pytest.approx(15.0)
    assert check.projection["lines"][0]["pattern"]


def test_the_carrier_of_a_number_is_that_of_its_latest_send():
    now = timezone.now()
    number = make.number("+14155560001")
    make.sent(number=number, carrier="Old", submitted_at=now - timedelta(days=20))
    make.sent(number=number, carrier="Slow", submitted_at=now - timedelta(days=10))
    for day in range(1, 5):
        make.counted(100, failed=50, hour=hour_of(now) - timedelta(days=day), carrier="Slow")
        make.counted(1_000, failed=0, hour=hour_of(now) - timedelta(days=day), carrier="Fast")
    check = checked(
        "number,first_name\n+14155560001,Ann\n",
        SALE,
        message={**MESSAGE, "sender": "+14155550199", "purpose": "transactional"},
    )
    assert [line["words"] for line in check.projection["lines"]] == ["US, Slow, any sender"]
    assert check.projection["expected"] == pytest.approx(0.5, abs=0.01)


def test_the_codes_to_expect_are_those_of_the_same_sends():
    now = timezone.now() - timedelta(days=1)
    make.sends(300, failed=30, code="30007", sender=SENDER, submitted_at=now)
    rollup.rollup("", beat=jobs.unwatched)
    check = checked(fourty())
    (code,) = check.projection["codes"]
    assert (code["provider"], code["code"], code["share"]) == ("twilio", "30007", 1)
    assert code["expected"] == pytest.approx(3.0)


# --- kept for a time -------------------------------------------------------------------------------------------


def test_lists_are_removed_after_their_time_and_counts_stay(settings):
    check = checked(fourty())
    files = [Path(check.file.path), Path(check.results.path)]
    assert tidy(timezone.now()) == {"campaigns": 0}
    later = timezone.now() + timedelta(days=settings.CAMPAIGN_FILE_DAYS, hours=1)
    assert tidy(later) == {"campaigns": 1}
    assert tidy(later) == {"campaigns": 0}
    assert not any(path.exists() for path in files)
    check.refresh_from_db()
    assert check.removed_at == later
    assert check.verdicts["pass"] == 30
    assert check.tally["longest"]["text"] == ""
    campaign_check.go_on(check, by=person("Agent"))
    with pytest.raises(Unreadable):
        campaign_check.ask_again(
            check, template="x", message=MESSAGE, program=None, price=None, by=person("Agent")
        )


def test_the_same_list_is_checked_again_with_another_text():
    check = checked(fourty())
    again = campaign_check.ask_again(
        check, template="Acme: hi. Reply STOP", message=MESSAGE, program=None, price=None, by=check.asked_by
    )
    work(again)
    assert (again.before, again.name, again.rows_done) == (check, "spring", 40)
    assert again.file.name != check.file.name
