"""Drafts of reconfirmation texts: for whom, through what, as a file, and why somebody gets none."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEntry
from consent import bulk, drafts
from consent.models import AgreedStatus, Hold, Notice
from consent.notices import Channel, Refusal, Situation
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db


def pending(program=None, now=NOW):
    about = program or make.program("double", double_opt_in=True)
    line = make.number()
    make.form(line, at=now - timedelta(days=1), about=about)
    make.weigh(line, now=now)
    return AgreedStatus.objects.select_related("number", "program").get(number=line, program=about)


def stopped():
    line = make.number()
    make.form(line)
    make.stop(line)
    make.weigh(line)
    return AgreedStatus.objects.select_related("number", "program").get(number=line)


def outcomes(situation, program, **more):
    return list(drafts.for_many(program, situation, "en", now=NOW, **more))


def test_who_waits_for_the_phone_gets_the_programs_own_text():
    row = pending()
    Notice.objects.create(situation="pending", language="en", text="House: reply YES. STOP ends it.")
    Notice.objects.create(
        situation="pending", language="en", program=row.program, text="{program}: reply YES. STOP ends it."
    )
    [outcome] = outcomes(Situation.PENDING, row.program)
    assert outcome.draft is not None
    assert (outcome.draft.text, outcome.draft.channel) == ("Double: reply YES. STOP ends it.", Channel.TEXT)
    assert outcome.draft.segments == 1


def test_a_held_number_gets_none_and_it_says_why():
    row = pending()
    line = row.number
    make.reading(line, "in", about=row.program)
    make.weigh(line)
    assert Hold.objects.open().filter(number=line).exists()
    [outcome] = outcomes(Situation.PENDING, row.program)
    assert outcome.draft is None
    assert "paused" in outcome.refusal


def test_a_number_with_news_gets_none_until_they_are_weighed():
    row = pending()
    make.stop(row.number)
    bulk.touch([row.number_id])  # the stored status does not know of it yet
    [outcome] = outcomes(Situation.PENDING, row.program)
    assert outcome.draft is None
    assert "not weighed yet" in outcome.refusal


def test_a_sign_up_that_can_no_longer_be_confirmed_is_closed_without_a_text():
    row = pending()
    end = NOW + timedelta(days=6)  # seven from the sign-up; what is stored knows nothing of it yet
    assert drafts.for_one(row, Situation.PENDING, "en", end).draft is not None
    late = drafts.for_one(row, Situation.PENDING, "en", end + timedelta(microseconds=1))
    assert late.draft is None
    assert "time to confirm" in late.refusal
    make.form(row.number, at=end, about=row.program)
    make.weigh(row.number, now=end)
    row.refresh_from_db()
    assert drafts.for_one(row, Situation.PENDING, "en", end + timedelta(days=1)).draft is not None


def test_who_said_stop_is_told_how_to_start_by_another_channel_and_one_at_a_time():
    row = stopped()
    assert drafts.situation_of(row) is Situation.START_HOW
    outcome = drafts.for_one(row, Situation.START_HOW, "en", NOW)
    assert outcome.draft is not None
    assert (outcome.draft.channel, "START to +14155550100" in outcome.draft.text) == (Channel.OTHER, True)
    with pytest.raises(Refusal):
        outcomes(Situation.START_HOW, row.program)
    for situation in drafts.IN_BULK:
        assert outcomes(situation, row.program) == []
        assert drafts.for_one(row, situation, "en", NOW).draft is None


def test_a_presumed_opt_out_is_confirmed_by_text_only_at_once():
    line = make.number()
    make.form(line)
    make.wish(line, at=NOW - timedelta(minutes=3))
    make.weigh(line)
    row = AgreedStatus.objects.get(number=line)
    [soon] = outcomes(Situation.PRESUMED, row.program)
    [later] = list(drafts.for_many(row.program, Situation.PRESUMED, "en", now=NOW + timedelta(minutes=3)))
    channels = [outcome.draft.channel if outcome.draft else outcome.refusal for outcome in (soon, later)]
    # The flag about the reply pauses texts to it; by mail it may be confirmed.
    assert channels == [
        "Messages to this number are paused by an open flag; settle that first.",
        Channel.OTHER,
    ]


def test_the_file_names_the_channel_and_stays_harmless_and_is_on_record(browser):
    row = pending(now=timezone.now())
    row.program.name = "=cmd()"
    row.program.save()
    client = browser("Supervisor")
    sent = {"program": row.program_id, "situation": "pending", "language": "es", "region": "us"}
    answer = client.post(reverse("consent:notice_export"), sent)
    [line] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (line["number"], line["channel"]) == (row.number.e164, "text")
    assert line["text"].startswith("'=cmd()")
    assert AuditEntry.objects.get(action="notice.hand_over").details["drafts"] == 1


@pytest.mark.parametrize(("role", "status"), [("Viewer", 403), ("Agent", 403), ("Supervisor", 302)])
def test_only_supervisors_take_drafts(browser, role, status):
    assert browser(role).post(reverse("consent:notice_export"), {}).status_code == status


def test_the_page_counts_before_anything_is_taken(browser):
    row = pending(now=timezone.now())
    asked = {"program": row.program_id, "situation": "pending", "language": "en"}
    page = browser("Supervisor").get(reverse("consent:notice_list"), asked)
    assert page.context["channels"] == [("text", 1)]
    assert browser("Viewer").get(reverse("consent:notice_list"), asked).context.get("channels") is None


def test_a_text_that_sells_is_not_kept(browser):
    client = browser("Supervisor")
    sent = {
        "situation": "pending",
        "language": "en",
        "program": "",
        "text": "{brand}: reply YES for 20% off. STOP ends.",
    }
    page = client.post(reverse("consent:notice_edit"), sent)
    assert page.status_code == 400
    assert "marketing" in page.context["form"].errors["text"][0]
    assert not Notice.objects.exists()
    client.post(
        reverse("consent:notice_edit"), {**sent, "text": "{brand}: reply YES to go on. STOP ends it."}
    )
    assert Notice.objects.get().text.startswith("{brand}")
    client.post(reverse("consent:notice_edit"), {**sent, "text": "{brand}: reply YES to stay. STOP ends it."})
    assert Notice.objects.count() == 1


def test_the_persons_page_says_what_may_be_said_now(browser):
    without = make.without_proof().number
    asked_at = timezone.now() - timedelta(days=1)
    make.form(without, at=asked_at, about=make.program("double", double_opt_in=True))
    make.weigh(without)
    rows = browser("Viewer").get(reverse("consent:notice_of_number", args=[without.pk])).context["rows"]
    said = {row["agreed"].program.code: row["draft"].text if row["draft"] else row["refusal"] for row in rows}
    assert "do not text to ask" in said["promo"]
    assert said["double"].startswith("Double: You asked for our texts")


def test_a_stop_shows_the_instruction_and_the_page_to_print(browser):
    row = stopped()
    page = browser("Viewer").get(reverse("consent:notice_of_number", args=[row.number_id]) + "?language=fr")
    assert "START" in page.content.decode()
    assert reverse("consent:contact_start", args=[row.number_id, row.program.code]) in page.content.decode()


def test_a_text_being_typed_is_read_at_once(browser):
    sent = {"situation": "pending", "program": "", "text": "Buy now {nobody}"}
    assert "no field" in browser("Viewer").post(reverse("consent:notice_read"), sent).content.decode()
