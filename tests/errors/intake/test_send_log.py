"""A plain log of sends: each row an attempt with its request, and what became of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from errors.models import AttemptEvent, ErrorCode, SendAttempt, TouchedHour
from tests.consent.intake.make import check_again, checked, taken_in, upload

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
HEADER = (
    "message_ref,sent_at,provider,country,carrier,campaign,template,template_version,journey,sender,to,body,segments,"
    "encoding,status,error_code,error_text,route,client_ref,price,api_key\n"
)


def row(
    ref: str = "m1", status: str = "delivered", code: str = "", to: str = "+12125550101", **more: str
) -> str:
    cells = {
        "sent_at": "2026-06-01T10:00:00Z",
        "provider": "twilio",
        "country": "US",
        "carrier": "Verizon",
        "campaign": "spring",
        "template": "t1",
        "template_version": "3",
        "journey": "welcome",
        "sender": "+14155550100",
        "body": "Hello",
        "segments": "",
        "encoding": "",
        "error_text": "",
        "route": "r1",
        "client_ref": "",
        "price": "0.0079",
        "api_key": "sk-very-secret",
    } | more
    cells |= {"message_ref": ref, "status": status, "error_code": code, "to": to}
    return ",".join(f'"{cells[name]}"' for name in HEADER.strip().split(",")) + "\n"


def log(*rows: str) -> str:
    return HEADER + "".join(rows)


def take(*rows: str) -> Counter[str]:
    batch = upload("send-log", log(*rows), as_of=AS_OF)
    outcomes = taken_in(batch)
    assert batch.adds_up
    return Counter(outcome.bucket for outcome in outcomes)


def attempt(ref: str = "m1") -> SendAttempt:
    return SendAttempt.objects.get(message_ref=ref)


def test_a_row_becomes_an_attempt_with_its_request_beside_its_outcome() -> None:
    assert take(row(status="failed", code="30007", error_text="Filtered")) == {"created": 1}
    found = attempt()
    assert (found.provider, found.country, found.carrier, found.campaign) == (
        "twilio",
        "US",
        "Verizon",
        "spring",
    )
    assert (found.template, found.template_version, found.journey, found.route) == (
        "t1",
        "3",
        "welcome",
        "r1",
    )
    assert (found.sender, found.number.e164, found.recipient) == ("+14155550100", "+12125550101", "")
    assert (found.body, found.encoding, found.segments, found.units) == ("Hello", "GSM-7", 1, 5)
    assert (found.status, found.is_failed) == ("failed", True)
    assert (found.error_code, found.error_text) == ("30007", "Filtered")
    assert found.submitted_at == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert TouchedHour.objects.get().hour == found.submitted_at


def test_other_cells_stay_beside_the_request_and_secrets_never() -> None:
    take(row())
    assert attempt().request == {"price": "0.0079"}


def test_columns_are_found_in_any_case_and_order() -> None:
    content = "STATUS,Message_Ref,Sent_At,Provider\nDelivered,M1,2026-06-01T10:00:00Z,Twilio\n"
    [outcome] = taken_in(upload("send-log", content, as_of=AS_OF))
    assert (outcome.bucket, outcome.value, attempt("M1").provider) == ("created", "delivered", "twilio")


def test_the_same_export_again_adds_nothing() -> None:
    rows = [row("m1"), row("m2", "failed", "30007"), row("m3", "sent")]
    assert take(*rows) == {"created": 3}
    TouchedHour.objects.all().delete()
    assert take(*rows, "\n") == {"unchanged": 3}
    assert (SendAttempt.objects.count(), AttemptEvent.objects.count()) == (3, 3)
    assert not TouchedHour.objects.exists()


def test_an_overlapping_day_adds_what_is_new() -> None:
    take(row("m1"), row("m2", "sent"))
    assert take(row("m2", "delivered"), row("m3")) == {"updated": 1, "created": 1}
    assert attempt("m2").status == "delivered"


def test_an_older_export_changes_no_newer_state() -> None:
    take(row("m1", "delivered"))
    assert take(row("m1", "sent")) == {"updated": 1}  # a report that we did not have, of an earlier step
    assert attempt().status == "delivered"


def test_a_row_that_is_there_twice_is_said_once() -> None:
    batch = upload("send-log", log(row(), row(), row("m1", "failed")), as_of=AS_OF)
    foreseen = [(o.bucket, o.reason) for o in checked(batch)]
    assert foreseen == [
        ("created", ""),
        ("duplicate", "same_report_again"),
        ("updated", "another_report"),
    ]


@pytest.mark.parametrize("chunk", [1, 2, 5_000])
def test_the_preview_foresees_every_bucket(settings, chunk: int) -> None:
    take(row("m0", "sent"), row("m9"))
    settings.IMPORT_CHUNK_ROWS = chunk
    rows = [
        row("m1"),
        row("m0"),
        row("m1"),
        row("m1", "sent"),
        row("m9"),
        row("m0"),
        row(""),
        row("m9", "read"),
    ]
    batch = upload("send-log", log(*rows), as_of=AS_OF)
    foreseen = [(o.line, o.bucket, o.reason) for o in checked(batch)]
    assert [
        (o.line, o.bucket, o.reason) for o in taken_in(upload("send-log", log(*rows, "\n"), as_of=AS_OF))
    ] == foreseen
    assert Counter(bucket for _, bucket, _ in foreseen) == {
        "created": 1, "updated": 3, "duplicate": 2, "unchanged": 1, "rejected": 1
    }  # fmt: skip


def test_each_part_of_a_message_may_have_a_row() -> None:
    content = "message_ref,sent_at,provider,status,error_code,part,parts\n" + "".join(
        f"m1,2026-06-01T10:00:00Z,twilio,{status},{code},{part},2\n"
        for part, status, code in [(1, "delivered", ""), (2, "undelivered", "30008")]
    )
    outcomes = taken_in(upload("send-log", content, as_of=AS_OF))
    assert [outcome.bucket for outcome in outcomes] == ["created", "updated"]
    assert (attempt().status, attempt().error_code, attempt().segments) == ("partially_delivered", "30008", 2)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"to": "1.23E+11"}, "phone_scientific_notation"),
        ({"ref": ""}, "no_reference"),
        ({"ref": "3.00789E+18"}, "reference_shortened"),
        ({"sent_at": ""}, "no_timestamp"),
        ({"sent_at": "soon"}, "bad_timestamp"),
        ({"sent_at": "03/04/2026 10:00"}, "order_needed"),
    ],
)
def test_what_a_spreadsheet_destroyed_goes_back(changed: dict[str, str], reason: str) -> None:
    batch = upload("send-log", log(row(**changed)), as_of=AS_OF)
    [outcome] = check_again_mapped(batch)
    assert (outcome.bucket, outcome.reason) == ("rejected", reason)
    assert outcome.detail
    assert outcome.cells


def check_again_mapped(batch):  # type: ignore[no-untyped-def]
    from backoffice.imports import mapping

    saved = mapping.mapping_in_use(batch.system)
    assert saved is not None
    mapping.use_mapping(batch, saved)
    return check_again(batch)


def test_a_recipient_that_is_no_number_is_still_a_failed_send() -> None:
    assert take(row(to="+1555", status="failed", code="21211")) == {"created": 1}
    found = attempt()
    assert (found.number, found.recipient, found.is_failed) == (None, "+1555", True)


@pytest.mark.parametrize("cell", ["000", "007", "ABC-12", "0x193"])
def test_codes_stay_text(cell: str) -> None:
    take(row(status="failed", code=cell))
    assert attempt().error_code == cell


def test_a_code_that_nobody_knows_is_kept_and_listed() -> None:
    take(row(status="undelivered", code="30099"), row("m2", "delivered"))
    assert attempt().error_code == "30099"
    new = ErrorCode.objects.get(code="30099")
    assert (new.category, new.origin) == ("unknown", "seen")


def test_a_failure_without_a_code_is_a_failure() -> None:
    take(row(status="failed"))
    assert (attempt().is_failed, attempt().error_code) == (True, "")


def test_a_status_that_nobody_explained_keeps_its_row_and_is_asked_for() -> None:
    batch = upload("send-log", log(row(status="zugestellt")), as_of=AS_OF)
    [outcome] = taken_in(batch)
    assert (outcome.bucket, outcome.value, outcome.unread) == ("created", "unmapped", "zugestellt")
    found = attempt()
    assert (found.status, found.is_failed) == ("unmapped", False)
    assert AttemptEvent.objects.get().provider_status == "zugestellt"


def test_the_encoding_that_the_export_names_counts() -> None:
    take(row(body="Olá ç", encoding="unicode", segments="2"), row("m2", body="Olá 😀"))
    assert (attempt().encoding, attempt().segments) == ("UCS-2", 2)
    assert (attempt("m2").encoding, attempt("m2").segments, attempt("m2").units) == ("UCS-2", 1, 6)
