"""Messages that providers hand us become the same records as the rows of their logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backoffice.models import System
from backoffice.webhooks.shapes import Inbound
from consent.intake import inbound
from consent.models import ConsentRecord, Number, Touched
from tests.consent import make
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 1, 14, 0, tzinfo=UTC)
HEARD = datetime(2026, 6, 1, 14, 0, 3, tzinfo=UTC)
PERSON, OURS = "+12125550101", "+14155550100"
HEADER = "Sid,DateCreated,DateSent,Direction,From,To,Body,ErrorCode\n"


def twilio() -> System:
    return System.objects.get(slug="twilio")


def message(text: str = "STOP", id: str = "SM1", at: datetime | None = AT, **fields) -> Inbound:
    return Inbound(id, fields.pop("sender", PERSON), fields.pop("to", OURS), text, at, HEARD, **fields)


def take(*messages: Inbound, system: System | None = None):
    return inbound.take(system or twilio(), messages, now=timezone.now())


def the() -> ConsentRecord:
    return ConsentRecord.objects.select_related("number").get()


MEANINGS = {
    "STOP": ("revoke", "keyword", False),
    "STOPALL": ("revoke", "keyword", True),
    "please stop texting me": ("revoke", "freetext", True),
    "wrong number": ("revoke", "wrong_number", True),
    "When does the bus stop on Main?": ("assert_none", "freetext", False),
    "START": ("grant", "handset", False),
    "Yes": ("confirm", "handset", False),
}


@pytest.mark.parametrize(("text", "meaning"), MEANINGS.items())
def test_a_message_becomes_what_the_row_of_a_log_would(text, meaning):
    make.program()
    (taken,) = take(message(text))
    record = the()
    assert (record.act, record.kind, record.for_all_programs) == meaning
    assert (record.number.e164, record.sender, record.words, record.occurred_at) == (PERSON, OURS, text, AT)
    assert (record.batch_id, record.line, record.received_at) == (None, None, HEARD)
    assert taken.words.endswith("it stands in the ledger.")
    assert not taken.is_refused


@pytest.mark.parametrize("text", ["ok thanks", "HELP", ""])
def test_what_says_nothing_about_consent_changes_nothing(text):
    (taken,) = take(message(text))
    assert not ConsentRecord.objects.exists()
    assert "neither gives nor takes back" in taken.words


def test_the_same_message_by_webhook_and_by_log_counts_once_in_either_order():
    row = f"{{sid}},2026-06-01T14:00:00Z,2026-06-01T14:00:00Z,inbound,{PERSON},{OURS},STOP,\n"
    take(message(id="SM1"))
    taken_in(upload("twilio", HEADER + row.format(sid="SM1") + row.format(sid="SM2")))
    take(message(id="SM2"), message(id="SM2"))
    assert sorted(ConsentRecord.objects.values_list("source_event_id", flat=True)) == ["SM1", "SM2"]


def test_both_ways_write_the_same_record():
    row = f"SM2,2026-06-01T14:00:00Z,2026-06-01T14:00:00Z,inbound,{PERSON},{OURS},Please stop texting me,\n"
    taken_in(upload("twilio", HEADER + row))
    take(message("Please stop texting me", id="SM1"))
    skipped = {
        "id",
        "source_event_id",
        "batch_id",
        "line",
        "received_at",
        "created_at",
        "occurred_text",
        "zone",
    }
    one, other = (
        {name: value for name, value in vars(record).items() if name not in skipped and name != "_state"}
        for record in ConsentRecord.objects.order_by("source_event_id")
    )
    assert one == other


def test_a_message_without_a_time_is_as_old_as_we_know_and_no_clock_orders_it():
    take(message(at=None))
    record = the()
    assert (record.occurred_at, record.clock) == (HEARD, "")
    assert record.precision == "second"


def test_a_start_that_only_seems_to_come_after_a_stop_does_not_lift_it():
    """The provider does not say when; deliveries overtake each other."""
    make.program()
    later = HEARD + timedelta(seconds=40)
    take(message("STOP", "SM1", None), Inbound("SM2", PERSON, OURS, "START", None, later))
    inbound._settle(list(Number.objects.values_list("pk", flat=True)))
    assert Number.objects.get().agreed.get().status == "OPTED_OUT"


def test_the_provider_s_verdict_counts_beside_our_reading():
    make.program()
    take(
        message("STOP", "SM1", verdict="STOP"),
        message("bye", "SM2", verdict="STOP"),
        message("join us", "SM3", verdict="START"),
        message("stop the bus please stop texting", "SM4", verdict="START"),
        message("info", "SM5", verdict="HELP"),
        message("take me off your list", "SM6", verdict="STOP"),
        message("wrong number", "SM7", verdict="STOP"),
    )
    found = {
        record.source_event_id: (record.act, record.kind, record.provider_acted, record.words)
        for record in ConsentRecord.objects.all()
    }
    assert found == {
        "SM1": ("revoke", "keyword", True, "STOP"),
        "SM2": ("revoke", "keyword", True, "bye"),
        "SM3": ("grant", "handset", None, "join us"),
        "SM4": ("revoke", "freetext", None, "stop the bus please stop texting"),
        "SM6": ("revoke", "keyword", True, "take me off your list"),
        "SM7": ("revoke", "wrong_number", True, "wrong number"),
    }


def test_numbers_that_are_none_are_told_and_stop_nobody_else():
    bad, good = take(message(sender="hello", id="SM1"), message(id="SM2"))
    assert bad.is_refused
    assert not good.is_refused
    assert the().source_event_id == "SM2"


def test_channels_are_the_person_s_all_the_same():
    take(message(sender=f"whatsapp:{PERSON}", to=f"whatsapp:{OURS}"))
    assert (the().number.e164, the().sender) == (PERSON, OURS)


def test_once_it_is_committed_the_status_follows(django_capture_on_commit_callbacks):
    make.program()
    with django_capture_on_commit_callbacks(execute=True):
        take(message())
    assert Number.objects.get().agreed.get().status == "OPTED_OUT"
    assert not Touched.objects.exists()


def test_at_once_only_what_keeps_texts_back_is_taken():
    make.program()
    messages = [message("START", "SM1"), message("stop", "SM2"), message("thanks", "SM3")]
    assert inbound.take_at_once(twilio(), messages, now=timezone.now()) == 1
    assert the().source_event_id == "SM2"
    assert Touched.objects.count() == 1


def test_a_late_message_only_ever_keeps_texts_back():
    stop, start = take(message("stop", "SM1", is_late=True), message("START", "SM2", is_late=True))
    assert the().source_event_id == "SM1"
    assert "too late" in start.words


def test_what_the_log_s_mapping_says_of_the_program_holds_for_calls():
    make.program("promo", "+14155550177")
    system = make.system("replies", System.Kind.REPLIES)
    make.program("news", "+14155550178")
    (held,) = take(message("START"), system=system)
    assert held.is_refused
    make.mapping(system, program="news")
    (taken,) = take(message("START"), system=system)
    assert not taken.is_refused
    assert the().program.code == "news"
