"""What a log says about consent, about times, and about numbers that a spreadsheet has been at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backoffice.imports import mapping
from backoffice.imports.importer import Topic, importer_of
from backoffice.imports.receive import dialect_of, sample
from backoffice.models import ImportBatch, System
from consent.models import AgreedStatus, ConsentRecord, Number, Program, Sender
from consent.reconcile import reconcile_numbers
from errors.life import Event, Status
from errors.models import AttemptEvent, SendAttempt
from errors.record import Report, Source, record
from tests.consent.intake.make import check_again, taken_in, upload

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
TWILIO = "Sid,DateSent,Direction,From,To,Body,Status,ErrorCode,AccountSid\n"
PLAIN = "message_ref,sent_at,provider,to,status,error_code\n"


def agreed(e164: str = "+12125550101") -> str:
    reconcile_numbers(list(Number.objects.values_list("pk", flat=True)), now=timezone.now())
    return AgreedStatus.objects.get(number__e164=e164).status


# --- Consent ------------------------------------------------------------------------------------------------


def test_a_send_refused_as_opted_out_is_evidence_for_its_sender_and_an_attempt() -> None:
    shop = Program.objects.get(code="marketing")
    sender = Sender.objects.create(address="+14155550100")
    shop.senders.add(sender)
    row = "SM1,2026-06-01T10:00:00Z,outbound-api,+14155550100,+12125550101,Hi,failed,21610,AC1\n"
    [outcome] = taken_in(upload("twilio", TWILIO + row, as_of=AS_OF))
    assert (outcome.bucket, outcome.value, outcome.number, outcome.at) == (
        "created",
        "revoke",
        "+12125550101",
        None,
    )
    evidence = ConsentRecord.objects.get()
    assert (evidence.kind, evidence.sender, evidence.source_event_id) == ("carrier", "+14155550100", "SM1")
    assert evidence.received_at == datetime(
        2026, 6, 1, 10, tzinfo=UTC
    )  # known by then, made nobody knows when
    assert agreed() == "OPTED_OUT"
    assert SendAttempt.objects.get().error_code == "21610"


def test_accepted_first_and_refused_in_the_receipt_is_an_opt_out() -> None:
    head = "message_id,direction,from,to,date_received,status,error_code\n"
    row = "m1,outbound,ACME,12125550101,2026-06-01T10:00:00+0000,{},{}\n"
    taken_in(upload("vonage", head + row.format("accepted", "0"), as_of=AS_OF))
    assert not ConsentRecord.objects.exists()
    taken_in(upload("vonage", head + row.format("rejected", "9"), as_of=AS_OF))
    assert agreed() == "OPTED_OUT"
    found = SendAttempt.objects.get()
    assert (found.status, found.error_code) == ("rejected", "9")


@pytest.mark.parametrize("code", ["30004", "30007", "99999", ""])
def test_a_block_a_filter_or_an_unknown_code_is_no_opt_out(code: str) -> None:
    taken_in(
        upload(
            "send-log", PLAIN + f"m1,2026-06-01T10:00:00Z,twilio,+12125550101,failed,{code}\n", as_of=AS_OF
        )
    )
    assert not ConsentRecord.objects.exists()


def test_a_national_register_is_named_as_one() -> None:
    row = "m1,2026-06-01T10:00:00Z,infobip,+919876543210,rejected,REJECTED_DND\n"
    taken_in(upload("send-log", PLAIN + row, as_of=AS_OF))
    evidence = ConsentRecord.objects.get()
    assert evidence.for_all_programs
    assert "register" in evidence.words


def test_a_row_without_a_direction_goes_by_its_status() -> None:
    rows = (
        "SM1,2026-06-01T10:00:00Z,,+12125550101,+14155550100,STOP,received,,AC1\n"
        "SM2,2026-06-01T10:00:01Z,,+14155550100,+12125550102,STOP,delivered,,AC1\n"
        "SM3,2026-06-01T10:00:02Z,,+12125550103,+14155550100,STOP,,,AC1\n"
    )
    outcomes = taken_in(upload("twilio", TWILIO + rows, as_of=AS_OF))
    assert [(o.bucket, o.value) for o in outcomes] == [
        ("created", "revoke"),
        ("created", "delivered"),
        ("held", ""),
    ]


# --- Polls and callbacks beside files -----------------------------------------------------------------------


def report(status: Status, source: str, minutes: int | None = None) -> Report:
    at = datetime(2026, 6, 1, 10, tzinfo=UTC) + timedelta(minutes=minutes) if minutes is not None else None
    return Report("twilio", "AC1", "SM1", Event(status, at=at), source=source)


def test_a_look_up_fills_the_gap_and_the_late_callback_changes_nothing() -> None:
    row = "SM1,2026-06-01T10:00:00Z,outbound-api,+14155550100,+12125550101,Hi,sent,,AC1\n"
    taken_in(upload("twilio", TWILIO + row, as_of=AS_OF))
    record([report(Status.DELIVERED, Source.POLL)], now=AS_OF)
    found = SendAttempt.objects.get()
    assert found.status == "delivered"
    assert AttemptEvent.objects.filter(source=Source.POLL).count() == 1
    record([report(Status.SENT, Source.CALLBACK), report(Status.DELIVERED, Source.CALLBACK)], now=AS_OF)
    after = SendAttempt.objects.get()
    assert (after.status, after.status_at) == (found.status, found.status_at)
    assert AttemptEvent.objects.count() == 2  # each said once, whoever said it


def test_a_row_of_an_export_never_takes_a_callback_back() -> None:
    record([report(Status.UNDELIVERED, Source.CALLBACK, 1)], now=AS_OF)
    row = "SM1,2026-06-01T10:00:00Z,outbound-api,+14155550100,+12125550101,Hi,sent,,AC1\n"
    taken_in(upload("twilio", TWILIO + row, as_of=AS_OF))
    assert SendAttempt.objects.get().status == "undelivered"


# --- Times and cells ----------------------------------------------------------------------------------------


def mapped(batch: ImportBatch, **rules: str) -> ImportBatch:
    saved = mapping.mapping_in_use(batch.system)
    assert saved is not None
    mapping.save_mapping(batch, saved.columns, {**saved.rules, **rules}, by=None, now=timezone.now())
    return batch


@pytest.mark.parametrize(
    ("cell", "zone", "utc"),
    [
        ("2026-03-29 00:30", "UTC", "2026-03-29T00:30"),
        (
            "2026-03-29 02:30",
            "Europe/Berlin",
            "2026-03-29T01:30",
        ),  # skipped by the clocks: as before the jump
        ("2026-03-28 23:30", "Europe/Berlin", "2026-03-28T22:30"),
        ("2026-03-29 03:30", "Europe/Berlin", "2026-03-29T01:30"),
        ("2026-03-29T03:30:00+05:30", "Europe/Berlin", "2026-03-28T22:00"),
    ],
)
def test_a_time_that_names_no_zone_is_the_providers(cell: str, zone: str, utc: str) -> None:
    batch = upload("send-log", PLAIN + f"m1,{cell},twilio,+12125550101,delivered,\n", as_of=AS_OF)
    check_again(mapped(batch, time_zone=zone))
    taken_in(upload("send-log", PLAIN + f"m1,{cell},twilio,+12125550101,delivered,\n", as_of=AS_OF))
    assert SendAttempt.objects.get().submitted_at == datetime.fromisoformat(f"{utc}:00+00:00")


def test_days_and_months_that_may_be_swapped_are_asked_for_once_and_never_guessed() -> None:
    rows = "m1,03/04/2026 14:05,twilio,+12125550101,delivered,\nm2,2026-03-31T14:05:00Z,twilio,+12125550101,sent,\n"
    batch = upload("send-log", PLAIN + rows, as_of=AS_OF)
    [dates] = [topic for topic in asked(batch) if topic.title == "Dates and times"]
    assert dates.contradicts
    assert mapping.fitting(batch, now=timezone.now()) is None, "a person has to answer first"
    outcomes = check_again(mapped(batch, date_order="dmy"))
    assert [o.at.date().isoformat() for o in outcomes if o.at] == ["2026-04-03", "2026-03-31"]


@pytest.mark.parametrize(
    ("cell", "region", "e164"),
    [
        ("'+447911123456", "GB", "+447911123456"),
        ("00447911123456", "GB", "+447911123456"),
        ("447911123456", "GB", "+447911123456"),
        ("447911123456.0", "GB", "+447911123456"),
        ("07911 123456", "GB", "+447911123456"),
        ("whatsapp:+447911123456", "GB", "+447911123456"),
    ],
)
def test_numbers_are_read_as_spreadsheets_leave_them(cell: str, region: str, e164: str) -> None:
    System.objects.filter(slug="send-log").update(default_region=region)
    taken_in(upload("send-log", PLAIN + f"m1,2026-06-01T10:00:00Z,twilio,{cell},delivered,\n", as_of=AS_OF))
    number = SendAttempt.objects.get().number
    assert number is not None
    assert number.e164 == e164


def asked(batch: ImportBatch) -> list[Topic]:
    saved = mapping.mapping_in_use(batch.system)
    assert saved is not None
    headers, rows = dialect_of(batch).columns, sample(batch, 100)
    return importer_of(batch.system).topics(
        batch.system, saved.columns, saved.rules, headers, rows, ["später"], now=timezone.now()
    )


def test_a_word_that_nobody_explained_is_asked_for_and_the_answer_reads_it() -> None:
    content = PLAIN + "m1,2026-06-01T10:00:00Z,twilio,+12125550101,zugestellt,\n"
    batch = upload("send-log", content, as_of=AS_OF)
    [words] = [topic for topic in asked(batch) if topic.as_table]
    assert [question.label for question in words.questions] == ["zugestellt", "später"]
    assert {question.answer for question in words.questions} == {""}
    taken_in(batch)
    assert SendAttempt.objects.get().status == "unmapped"
    saved = mapping.mapping_in_use(batch.system)
    assert saved is not None
    again = upload("send-log", content + "\n", as_of=AS_OF)
    rules = {**saved.rules, "vocabulary": {"zugestellt": "delivered"}}
    mapping.save_mapping(again, saved.columns, rules, by=None, now=timezone.now())
    [outcome] = taken_in(again)
    assert (outcome.bucket, SendAttempt.objects.get().status) == ("updated", "delivered")


@pytest.mark.parametrize(
    "cell", ["1969-12-31T23:00:00Z", "2026-02-30T10:00:00Z", "9999-12-31T00:00:00Z", "2026-06-01T25:00:00Z"]
)
def test_a_time_that_cannot_be_is_none_however_well_it_is_written(cell: str) -> None:
    batch = upload("send-log", PLAIN + f"m1,{cell},twilio,+12125550101,delivered,\n", as_of=AS_OF)
    saved = mapping.mapping_in_use(batch.system)
    assert saved is not None
    mapping.use_mapping(batch, saved)
    assert [(o.bucket, o.reason) for o in check_again(batch)] == [("rejected", "bad_timestamp")]


def test_a_message_scheduled_for_later_is_kept_with_a_warning() -> None:
    row = "m1,2026-06-20T10:00:00Z,twilio,+12125550101,scheduled,\n"
    [outcome] = taken_in(upload("send-log", PLAIN + row, as_of=AS_OF))
    assert outcome.warnings == ("future_timestamp",)
    assert SendAttempt.objects.get().submitted_at == datetime(2026, 6, 20, 10, tzinfo=UTC)
