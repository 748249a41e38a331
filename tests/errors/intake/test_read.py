"""One row of a log as it is read, without a database."""

from datetime import UTC, datetime

import pytest

from backoffice.files.rows import Row
from backoffice.models import ImportBatch, System
from errors.catalogue import Category, CodeFacts, Phase, Retry, shipped
from errors.intake.plan import compile_plan
from errors.intake.read import Send, read_row
from errors.ready_made import READY_MADE

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MAPPINGS = {ready.slug: ready for ready in READY_MADE}


def read(slug: str, cells: dict[str, str], *, book=None) -> Send:
    ready = MAPPINGS[slug]
    system = System(slug=slug, name=ready.name, default_region="US", time_zone="UTC")
    plan = compile_plan(
        system, ready.columns, ready.rules, list(cells), now=NOW, book=shipped() if book is None else book
    )
    row = Row(1, tuple(cells.values()), len(cells), None, None, ())
    found = read_row(plan, row, ImportBatch(system=system, as_of=NOW))
    assert isinstance(found, Send)
    return found


@pytest.mark.parametrize(
    ("slug", "cells"),
    [
        ("plivo", {"message_state": "undelivered", "error_code": "000"}),
        ("vonage", {"status": "failed", "error_code": "0"}),
        ("plivo", {"message_state": "delivered", "error_code": "000"}),
    ],
)
def test_a_code_for_success_is_no_reason_of_a_failure(slug, cells):
    ref = {"plivo": ("message_uuid", "message_time"), "vonage": ("message_id", "date_received")}[slug]
    send = read(slug, {ref[0]: "m-1", ref[1]: "2026-11-20 08:00:00+00:00", **cells})
    assert send.report.event.code == ""
    assert send.report.request.other["error code"] == cells["error_code"]


@pytest.mark.parametrize(
    ("slug", "cells"),
    [
        (
            "aws-sms",
            {"messageId": "m", "eventType": "TEXT_DELIVERED", "eventTimestamp": "2026-11-20T08:04:00Z"},
        ),
        ("sinch", {"batch_id": "m", "recipient": "1", "status": "Failed", "at": "2026-11-20T08:04:00Z"}),
        (
            "messagebird",
            {"id": "m", "recipient": "1", "status": "expired", "statusDatetime": "2026-11-20T08:04:00Z"},
        ),
    ],
)
def test_a_row_that_is_a_report_tells_when_it_was_made(slug, cells):
    report = read(slug, cells).report
    assert report.event.at == datetime(2026, 11, 20, 8, 4, tzinfo=UTC)
    assert report.request.by_report


@pytest.mark.parametrize(
    ("slug", "cells"),
    [
        ("messagebird", {"id": "m", "createdDatetime": "2026-11-20T08:00:00Z"}),
        ("send-log", {"message_ref": "m", "sent_at": "2026-11-20T08:04:00Z", "provider": "twilio"}),
    ],
)
def test_a_row_with_a_time_of_sending_of_its_own_needs_no_other(slug, cells):
    reported = {"messagebird": "statusDatetime", "send-log": "status_at"}[slug]
    cells |= {reported: "2026-11-20T08:04:00Z", "status": "sent"}
    assert not read(slug, cells).report.request.by_report


def test_a_code_that_only_a_log_knows_hides_no_other_code_of_its_provider():
    strange = CodeFacts("vonage", "", Phase.DELIVERY, "77", "", Category.UNKNOWN, Retry.ONCE)
    refused = {
        "message_id": "m",
        "to": "12125550101",
        "date_received": "2026-11-20T08:00:00+0000",
        "status": "rejected",
        "error_code": "9",
    }
    send = read("vonage", refused, book=shipped().with_changes([strange]))
    assert send.code.category is Category.OPTED_OUT
    assert send.refusal is not None


@pytest.mark.parametrize(
    ("slug", "to", "number"),
    [
        ("twilio", "447400123456", "+447400123456"),
        ("twilio", "00447400123456", "+447400123456"),
        ("twilio", "447400123456.0", "+447400123456"),
        ("twilio", "2125550101", "+12125550101"),  # a number of the log's own country stays one
        ("twilio", "12125550", None),
        ("vonage", "447400123456.0", "+447400123456"),
        ("vonage", "00447400123456", "+447400123456"),
    ],
)
def test_a_number_that_lost_its_plus_sign_is_found_again(slug, to, number):
    ref, at = {"twilio": ("Sid", "DateSent"), "vonage": ("message_id", "date_received")}[slug]
    send = read(slug, {ref: "m", at: "2026-11-20T08:00:00Z", "To": to, "Status": "failed"})
    assert send.number.e164 == number


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ("40008", "40008"),
        ('["40008"]', "40008"),
        ('[{"code": "40008", "title": "Undeliverable"}]', "40008"),
        ("[]", ""),
        ("[40008", "[40008"),
        ('["\\ud800"]', '["\\ud800"]'),
        ("[" * 5000, ("[" * 5000)[:80]),
    ],
)
def test_a_list_of_errors_in_one_cell_is_read_as_a_list(errors, code):
    cells = {"uuid": "m", "created_at": "2026-11-20T08:00:00Z", "status": "failed", "errors": errors}
    send = read("telnyx", {**cells, "tags": "[]"})
    assert send.report.event.code == code
    assert send.report.request.campaign == ""
