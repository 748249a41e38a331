"""Corrections on their way: what leaves, in whose words, and whether it stayed."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile

from backoffice.models import AuditEntry, ImportBatch, System
from consent import bulk, correct, propagate
from consent.by_hand import for_people
from consent.cells import Meaning, Polarity
from consent.correct import Subject
from consent.corrections_file import Words, corrections_file
from consent.ledger import Act, Kind
from consent.models import Correction, Decision, Flag, Hold, Number, Reading, Touched, WriteBack
from consent.rules import Status
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
NEXT_DAY = NOW + timedelta(days=1)


def align(flag: Flag, now: Any = LATER) -> Correction:
    return correct.decide(
        make.subject(flag),
        make.choice(),
        by=make.staff(),
        token=f"t{flag.pk}-{now}",
        seen=make.seen(flag),
        now=now,
    )


def hand_over(system: System | None = None, now: Any = LATER) -> Any:
    return propagate.hand_over(system or make.platform(), make.program(), by=make.staff(), now=now)


# --- What would be written -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agreed", "kind", "value", "differs"),
    [
        (Status.OPTED_OUT, "platform", "in", True),
        (Status.OPTED_OUT, "crm", "pending", True),
        (Status.OPTED_OUT, "crm", "never", False),
        (Status.OPTED_OUT, "crm", "unknown", False),
        (Status.OPTED_OUT_PRESUMED, "provider", "in", True),
        (Status.NO_CONSENT, "platform", "in", True),
        (Status.NO_CONSENT, "platform", "pending", False),
        (Status.PENDING, "platform", "pending", False),
        (Status.PENDING, "platform", "in", True),
        (Status.EXPIRED, "crm", "in", True),
        (Status.OPTED_IN, "platform", "out", True),
        (Status.OPTED_IN, "crm", "never", True),
        (Status.OPTED_IN, "crm", "unknown", False),
        (Status.OPTED_IN, "provider", "out", False),
    ],
)
def test_a_system_is_written_to_when_it_contradicts_what_is_agreed(agreed, kind, value, differs):
    assert propagate.contradicts(value, agreed, kind) is differs


def test_each_record_of_a_system_is_corrected_by_its_latest_reading():
    line, crm = make.number(), make.system()
    make.reading(line, "in", crm, ref="1", read_at=NOW - timedelta(days=9))
    make.reading(line, "out", crm, ref="1", read_at=NOW - timedelta(days=1))
    make.reading(line, "in", crm, ref="2")
    steps = propagate.preview(line, make.program(), Status.OPTED_OUT)
    assert [(step.system, step.ref, step.current, step.value) for step in steps] == [(crm, "2", "in", "out")]
    assert steps[0].words == "Acme CRM, record 2: now “Yes”, becomes opted out for Promo"


def test_a_voided_file_and_a_system_that_is_switched_off_say_nothing():
    line, crm = make.number(), make.system()
    voided = make.batch(crm, status="voided", voided_at=NOW, void_reason="Wrong list.")
    make.reading(line, "in", crm, batch=voided)
    make.reading(line, "in", make.platform(is_active=False))
    assert propagate.preview(line, make.program(), Status.OPTED_OUT) == []


def test_what_is_on_its_way_is_not_written_again():
    flag = make.stopped_but_texted()
    align(flag)
    assert propagate.preview(flag.number, make.program(), Status.OPTED_OUT) == []
    hand_over()
    assert propagate.preview(flag.number, make.program(), Status.OPTED_OUT) == []
    # What a system was told counts more than what it said before: now it would have to be told again.
    assert [s.value for s in propagate.preview(flag.number, make.program(), Status.OPTED_IN)] == ["in"]


# --- Handing over ----------------------------------------------------------------------------------------


def test_a_correction_is_handed_over_once_and_its_file_can_be_fetched_again():
    make.mapping(make.platform())
    flag = make.stopped_but_texted()
    align(flag)
    sent_at = hand_over()
    with pytest.raises(propagate.NothingToHandOver):
        hand_over(now=NEXT_DAY)
    assert corrections_file(make.platform(), make.program(), sent_at).rows
    assert corrections_file(make.platform(), make.program(), sent_at) == corrections_file(
        make.platform(), make.program(), sent_at
    )
    flag.refresh_from_db()
    assert flag.status == "verifying"
    assert [row.rows for row in propagate.handed_over(make.platform())] == [1]
    assert AuditEntry.objects.get(action="write_back.hand_over").details["rows"] == 1


def permitting() -> Flag:
    """Somebody we may text, on a platform that is silent."""
    line = make.number()
    make.form(line)
    make.reading(line, "never")
    make.weigh(line)
    return make.flag("PLATFORM_OUT_AGREED_IN", line)


def test_what_permits_sending_does_not_leave_before_its_time(settings):
    settings.UNDO_SECONDS = 30
    align(permitting())
    with pytest.raises(propagate.NothingToHandOver):
        hand_over(now=LATER + timedelta(seconds=29))
    hand_over(now=LATER + timedelta(seconds=30))


def test_a_flag_waits_for_proof_only_when_what_was_decided_last_has_left_as_well():
    make.mapping(make.platform())
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    batch = make.batch(make.platform(), NEXT_DAY)
    make.reading(flag.number, "in", read_at=NEXT_DAY, batch=batch)
    propagate.settle(batch, now=NEXT_DAY)
    make.weigh(flag.number, now=NEXT_DAY)
    flag.refresh_from_db()
    assert flag.status == "open"
    align(flag, NEXT_DAY)
    propagate.release(now=NEXT_DAY)
    flag.refresh_from_db()
    assert flag.status == "correcting"
    hand_over(now=NEXT_DAY)
    flag.refresh_from_db()
    assert flag.status == "verifying"


def test_a_file_that_is_fetched_again_permits_nothing_that_is_agreed_no_more():
    make.mapping(make.platform())
    flag = permitting()
    align(flag)
    sent_at = hand_over(now=NEXT_DAY)
    assert len(corrections_file(make.platform(), make.program(), sent_at).rows) == 1
    make.stop(flag.number, NEXT_DAY)
    bulk.touch([flag.number_id])  # it is not weighed yet
    assert corrections_file(make.platform(), make.program(), sent_at).rows == ()
    make.weigh(flag.number, now=NEXT_DAY)
    assert corrections_file(make.platform(), make.program(), sent_at).rows == ()


def test_a_person_is_told_to_permit_sending_only_while_it_may_leave(settings):
    settings.UNDO_SECONDS = 30
    make.platform(delivery="by_hand")
    flag = permitting()
    align(flag)
    rows = WriteBack.objects.all()
    assert not for_people(rows, LATER + timedelta(seconds=29)).exists()
    assert for_people(rows, LATER + timedelta(seconds=30)).exists()
    make.stop(flag.number, NEXT_DAY)
    make.weigh(flag.number, now=NEXT_DAY)
    assert not for_people(rows, NEXT_DAY).exists()


def test_what_a_person_did_although_it_was_overtaken_comes_to_light():
    make.platform(delivery="by_hand")
    flag = permitting()
    align(flag)
    make.stop(flag.number, LATER)
    make.weigh(flag.number, now=LATER)
    propagate.release(now=NEXT_DAY)
    row = WriteBack.objects.get()
    assert row.status == "superseded"
    assert propagate.done_by_hand(row, by=make.staff(), now=NEXT_DAY)
    make.weigh(flag.number, now=NEXT_DAY)
    assert make.flag("PLATFORM_IN_AGREED_OUT", flag.number)


def test_an_opt_in_that_a_stop_has_overtaken_never_leaves():
    flag = permitting()
    align(flag)
    make.stop(flag.number, NOW + timedelta(minutes=1))
    make.weigh(flag.number, now=NEXT_DAY)
    with pytest.raises(propagate.NothingToHandOver):
        hand_over(now=NEXT_DAY)
    assert propagate.release(now=NEXT_DAY)["dropped"] == 1
    assert WriteBack.objects.get().status == "superseded"


def test_an_opt_in_waits_while_news_about_its_number_is_not_weighed():
    flag = permitting()
    align(flag)
    make.stop(flag.number, NOW + timedelta(minutes=1))
    bulk.touch([flag.number_id])
    with pytest.raises(propagate.NothingToHandOver):
        hand_over(now=NEXT_DAY)
    assert WriteBack.objects.get().status == "pending"


@pytest.mark.parametrize("became", ["sent", "parked", "pending", "superseded", "cancelled"])
def test_an_opt_in_that_left_before_a_stop_may_have_arrived_whatever_became_of_it(became):
    flag = permitting()
    line = flag.number
    align(flag)
    hand_over(now=NEXT_DAY)
    make.stop(line, NEXT_DAY)
    make.weigh(line, now=NEXT_DAY)
    WriteBack.objects.update(status=became)
    make.weigh(line, now=NEXT_DAY)
    against = make.flag("PLATFORM_IN_AGREED_OUT", line)
    assert against.status == "open"
    assert Hold.objects.open().filter(flag=against).exists()
    assert [step.value for step in propagate.preview(line, make.program(), Status.OPTED_OUT)] == ["out"]


def test_an_overtaken_opt_in_that_a_person_was_to_see_to_is_dropped_and_its_number_looked_at_again():
    lines = []
    for left_at in (None, LATER):
        flag = permitting()
        align(flag)
        lines.append(flag.number)
        make.stop(flag.number, LATER)
        make.weigh(flag.number, now=NEXT_DAY)
        WriteBack.objects.filter(number=flag.number).update(status="parked", sent_at=left_at)
    Flag.objects.update(status="waived")  # nothing else has their numbers looked at
    propagate.release(now=NEXT_DAY)
    assert set(WriteBack.objects.values_list("status", flat=True)) == {"superseded"}
    assert list(Touched.objects.values_list("number", flat=True)) == [lines[1].pk]


def test_what_nobody_can_deliver_is_parked_with_the_way_out():
    align(make.stopped_but_texted())
    assert propagate.release(now=LATER) == {"dropped": 0, "parked": 1, "due": 0, "ready": 0}
    parked = WriteBack.objects.get()
    assert (parked.status, "column mapping" in parked.note) == ("parked", True)
    assert propagate.release(now=LATER)["parked"] == 0

    assert propagate.done_by_hand(parked, by=make.staff(), now=LATER)
    parked.refresh_from_db()
    assert (parked.status, parked.sent_at) == ("sent", LATER)
    assert propagate.handed_over(make.platform()) == []


# --- The file --------------------------------------------------------------------------------------------


def rows_of(system: System, now: Any = LATER) -> list[dict[str, str]]:
    sheet = corrections_file(system, make.program(), hand_over(system, now))
    return list(csv.DictReader(io.StringIO(sheet.as_csv().decode("utf-8-sig"), newline="")))


def test_the_file_has_the_systems_own_columns_and_words():
    crm = make.system()
    make.mapping(crm)
    flag = make.stopped_but_texted()
    make.reading(flag.number, "in", crm, ref="77")
    make.reading(make.number(), "out", crm, text="Unsubscribed")
    make.weigh(flag.number)
    align(Flag.objects.get(pk=flag.pk))
    assert rows_of(crm) == [{"Record ID": "77", "Mobile": flag.number.e164, "SMS Opt-In": "Unsubscribed"}]


def test_the_number_stands_in_the_file_as_the_system_wrote_it():
    crm = make.system()
    mapping = make.mapping(crm)
    text = "Record ID,Mobile,SMS Opt-In\r\n1,(415) 555-0123,Yes\r\n2,not a number,Yes\r\n"
    from backoffice.imports.receive import receive

    batch = receive(crm, ContentFile(text.encode(), name="c.csv"), "c.csv", by=None, as_of=NOW, now=NOW)
    ImportBatch.objects.filter(pk=batch.pk).update(mapping=mapping, status="done")
    one, other = make.number("+14155550123"), make.number("+14155550124")
    for line, place in ((one, 2), (other, 3)):
        make.stop(line)
        make.reading(line, "in", crm, ref=str(place - 1), batch=batch, line=place)
        make.weigh(line)
        align(make.flag("SOURCE_IN_AGREED_OUT", line))
    # The second cell does not read as the number it stands for, so the number's standard form is written.
    assert [row["Mobile"] for row in rows_of(crm)] == ["(415) 555-0123", "+14155550124"]


@pytest.mark.parametrize(("ref", "cell"), [("=cmd()", "'=cmd()"), ("-17", "-17")])
def test_what_a_spreadsheet_would_run_is_made_text_and_numbers_stay(ref, cell):
    crm = make.system()
    make.mapping(crm)
    flag = make.stopped_but_texted()
    make.reading(flag.number, "in", crm, ref=ref)
    make.weigh(flag.number)
    align(Flag.objects.get(pk=flag.pk))
    [row] = rows_of(crm)
    assert (row["Record ID"], row["Mobile"]) == (cell, flag.number.e164)


@pytest.mark.parametrize(
    ("polarity", "value", "seen", "vocabulary", "word"),
    [
        (Polarity.OPT_IN, "out", [], {}, "No"),
        (Polarity.OPT_IN, "in", [], {}, "Yes"),
        (Polarity.OPT_OUT, "out", [], {}, "Yes"),
        (Polarity.OPT_OUT, "in", [], {}, "No"),
        (Polarity.OPT_IN, "out", ["FALSE", "FALSE", "TRUE"], {}, "FALSE"),
        (Polarity.OPT_IN, "out", ["No", "No", "Opted Out"], {}, "Opted Out"),
        (Polarity.OPT_OUT, "in", ["TRUE", "FALSE"], {}, "FALSE"),
        (Polarity.OPT_IN, "in", ["blau", "rot"], {"blau": Meaning.IN, "rot": Meaning.OUT}, "blau"),
        (Polarity.OPT_IN, "out", ["Yes"], {"rot": Meaning.OUT}, "rot"),
    ],
)
def test_a_value_is_written_in_a_word_that_reads_back_as_it(polarity, value, seen, vocabulary, word):
    crm = make.system()
    mapping = make.mapping(crm, polarity=polarity, vocabulary={w: m.value for w, m in vocabulary.items()})
    for text in seen:
        make.reading(make.number(), "unknown", crm, text=text)
    assert Words(crm, make.program(), mapping).word(value, polarity) == word


# --- Reading back ----------------------------------------------------------------------------------------


def read_again(
    line: Number, value: str, of: System, at: Any = NEXT_DAY, polarity: str = "opt_in"
) -> dict[str, int]:
    mapping = of.mappings.in_use().first() or make.mapping(of, polarity)
    batch = make.batch(of, at, mapping=mapping)
    make.reading(line, value, of, read_at=at, batch=batch)
    settled = propagate.settle(batch, now=at)
    make.weigh(line, now=at)
    return settled


def stays(line: Number, value: str, of: System, since: Any = NEXT_DAY) -> None:
    """Four daily files in a row that say so: more reads and hours than a watch takes."""
    for days in range(4):
        read_again(line, value, of, since + timedelta(days=days))


@pytest.mark.parametrize("value", ["out", "never"])
def test_a_right_value_read_back_verifies_the_correction_and_closes_the_flag_once_it_has_stayed(value):
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    assert read_again(flag.number, value, make.platform()) == {"verified": 1, "reverted": 0}
    flag.refresh_from_db()
    assert flag.status == "verifying"
    assert WriteBack.objects.get().reading.value == value
    stays(flag.number, value, make.platform(), NEXT_DAY + timedelta(days=1))
    flag.refresh_from_db()
    assert flag.status == "closed"
    assert not Flag.objects.open().filter(number=flag.number).exists()


def test_a_value_that_came_back_wrong_opens_the_flag_and_raises_a_regression():
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    assert read_again(flag.number, "in", make.platform()) == {"verified": 0, "reverted": 1}
    flag.refresh_from_db()
    assert flag.status == "open"
    assert make.flag("SYNC_REGRESSION", flag.number)


def test_a_value_that_was_right_and_turns_wrong_later_is_a_regression():
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    read_again(flag.number, "never", make.platform())
    read_again(flag.number, "in", make.platform(), NEXT_DAY + timedelta(days=1))
    assert WriteBack.objects.get().status == "reverted"
    assert make.flag("SYNC_REGRESSION", flag.number)


def test_settling_twice_changes_nothing_more():
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    read_again(flag.number, "out", make.platform())
    assert propagate.settle(ImportBatch.objects.get(), now=NEXT_DAY) == {"verified": 0, "reverted": 0}


def test_a_file_from_before_the_correction_left_reverts_nothing():
    flag = make.stopped_but_texted()
    align(flag)
    hand_over(now=NEXT_DAY)
    assert read_again(flag.number, "in", make.platform(), NOW + timedelta(hours=1)) == {
        "verified": 0,
        "reverted": 0,
    }


def test_a_correction_that_somebody_made_by_hand_meanwhile_is_verified_before_it_leaves():
    flag = make.stopped_but_texted()
    align(flag)
    assert read_again(flag.number, "out", make.platform())["verified"] == 1


def test_an_opt_in_in_a_column_of_opt_outs_arrives_as_silence():
    flag = permitting()
    make.mapping(make.platform(), "opt_out")
    align(flag)
    hand_over(now=NEXT_DAY)
    later = NEXT_DAY + timedelta(days=1)
    assert read_again(flag.number, "unknown", make.platform(), later)["verified"] == 1


def test_a_judgement_is_settled_when_its_values_have_arrived_everywhere():
    line = make.number()
    make.form(line)
    make.wish(line)
    make.reading(line, "in")
    make.weigh(line)
    flag = make.flag("FREETEXT_REVOCATION", line)
    align(flag)
    flag.refresh_from_db()
    assert flag.status == "correcting"
    assert Hold.objects.open().filter(flag=flag).exists()
    hand_over()
    read_again(line, "out", make.platform())
    flag.refresh_from_db()
    assert flag.status == "verifying"
    assert Hold.objects.open().filter(flag=flag).exists()
    stays(line, "out", make.platform(), NEXT_DAY + timedelta(days=1))
    flag.refresh_from_db()
    assert flag.status == "closed"
    assert not Hold.objects.open().filter(flag=flag).exists()
    make.weigh(line, now=NEXT_DAY + timedelta(days=9))
    assert not Flag.objects.open().filter(number=line).exists()


def test_a_new_decision_counts_and_the_one_before_it_does_not():
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    read_again(flag.number, "in", make.platform())
    again = align(make.flag("SYNC_REGRESSION", flag.number), NEXT_DAY)
    assert again.write_backs.get().status == "pending"
    hand_over(now=NEXT_DAY)
    later = NEXT_DAY + timedelta(days=1)
    assert read_again(flag.number, "out", make.platform(), later)["verified"] == 1
    assert set(Flag.objects.open().filter(number=flag.number).values_list("status", flat=True)) == {
        "verifying"
    }
    stays(flag.number, "out", make.platform(), later + timedelta(days=1))
    assert not Flag.objects.open().filter(number=flag.number).exists()


def test_a_start_after_a_correction_is_no_regression():
    """The phone itself asked for messages again: the platform is right to say "in"."""
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    read_again(flag.number, "out", make.platform())
    make.record(flag.number, Act.GRANT, Kind.HANDSET, NEXT_DAY, program=make.program())
    read_again(flag.number, "in", make.platform(), NEXT_DAY + timedelta(hours=2))
    assert not Flag.objects.open().filter(number=flag.number).exists()


def test_the_file_survives_a_csv_reader():
    crm = make.system()
    make.mapping(crm, status='SMS, "texts"')
    flag = make.stopped_but_texted()
    make.reading(flag.number, "in", crm, ref="1")
    make.weigh(flag.number)
    align(Flag.objects.get(pk=flag.pk))
    sheet = corrections_file(crm, make.program(), hand_over(crm))
    assert next(csv.reader(io.StringIO(sheet.as_csv().decode("utf-8-sig"), newline=""))) == list(sheet.header)


def test_revoking_without_a_flag_is_carried_out_as_well():
    line = make.number()
    make.form(line)
    make.reading(line, "in")
    make.mapping(make.platform())
    make.weigh(line)
    choice = make.choice(Decision.REVOKE, channel="call", reference="T-1")
    correct.decide(Subject(line, make.program()), choice, by=make.staff(), token="t", seen=None, now=LATER)
    hand_over()
    assert WriteBack.objects.get().status == "sent"


def test_a_flag_that_no_correction_mends_comes_back_to_a_person():
    """The system says what was written, and still the rules find the same thing: another record says otherwise."""
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    make.reading(flag.number, "in", ref="2", read_at=NEXT_DAY)
    assert read_again(flag.number, "out", make.platform())["verified"] == 1
    flag.refresh_from_db()
    assert flag.status == "open"
    assert flag.events.latest("pk").note == "The systems say what was written, yet it is still so."


def test_a_flag_whose_correction_was_overtaken_does_not_wait_for_ever():
    flag = permitting()
    align(flag)
    make.stop(flag.number, NOW + timedelta(minutes=1))
    make.weigh(flag.number, now=NEXT_DAY)
    flag.refresh_from_db()
    assert flag.status == "correcting"
    propagate.release(now=NEXT_DAY)
    make.weigh(flag.number, now=NEXT_DAY)
    flag.refresh_from_db()
    assert flag.status == "closed"


# --- Reading one record directly -----------------------------------------------------------------------


def sent() -> WriteBack:
    flag = make.stopped_but_texted()
    align(flag)
    hand_over()
    return WriteBack.objects.get(number=flag.number)


def test_a_record_that_is_read_directly_settles_its_correction_like_a_file_does():
    write_back = sent()
    status = propagate.read_back(write_back, value=Meaning.OUT, text="unsubscribed", now=NEXT_DAY)
    assert status == "verified"
    reading = Reading.objects.get(read_at=NEXT_DAY)
    assert (reading.value, reading.text, reading.batch, reading.ref) == ("out", "unsubscribed", None, "1001")
    assert Touched.objects.filter(number=write_back.number).exists()


def test_a_record_that_reads_wrong_opens_the_flag_and_raises_a_regression():
    write_back = sent()
    assert propagate.read_back(write_back, value=Meaning.IN, text="yes", now=NEXT_DAY) == "reverted"
    make.weigh(write_back.number, now=NEXT_DAY)
    assert make.flag("PLATFORM_IN_AGREED_OUT", write_back.number).status == "open"
    assert make.flag("SYNC_REGRESSION", write_back.number)


def test_the_same_direct_read_twice_is_kept_once():
    write_back = sent()
    for _ in range(2):
        stale = WriteBack.objects.get(pk=write_back.pk)
        assert propagate.read_back(stale, value=Meaning.OUT, text="no", now=NEXT_DAY) == "verified"
    assert Reading.objects.filter(read_at=NEXT_DAY).count() == 1
