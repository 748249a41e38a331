"""Reports that providers hand us go through the same door as those of their logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from backoffice.models import System
from backoffice.webhooks.shapes import StatusReport
from consent.models import ConsentRecord
from errors.intake import callbacks
from errors.models import AttemptEvent, ErrorCode, ParkedEvent, SendAttempt
from tests.consent.intake.make import taken_in, upload
from tests.errors import make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 1, 14, 0, tzinfo=UTC)
HEARD = AT + timedelta(seconds=2)
PERSON, OURS = "+12125550101", "+14155550100"
HEADER = "Sid,AccountSid,DateCreated,DateSent,Direction,From,To,Body,Status,ErrorCode\n"


def report(status: str = "delivered", code: str = "", ref: str = "SM1", **fields) -> StatusReport:
    usual = {"provider": "twilio", "received_at": HEARD, "to": PERSON, "sender": OURS}
    return StatusReport(message_ref=ref, status=status, code=code, **usual | fields)


def take(*reports: StatusReport, slug: str = "twilio"):
    return callbacks.take(System.objects.get(slug=slug), reports, now=timezone.now())


def the() -> SendAttempt:
    return SendAttempt.objects.get()


def state() -> tuple[str, str]:
    return the().status, the().error_code


def test_a_report_brings_its_message_up_to_date():
    make.attempt("sent", message_ref="SM1")
    (taken,) = take(report("undelivered", "30003"))
    assert state() == ("undelivered", "30003")
    assert taken.words == "Not delivered: a new report about a message of the log."
    event = AttemptEvent.objects.get()
    assert (event.source, event.received_at, event.batch_id, event.line) == ("callback", HEARD, None, None)


def test_the_same_report_again_changes_nothing_and_is_told_as_known():
    make.attempt("sent", message_ref="SM1")
    take(report("undelivered", "30003"))
    first, second = take(report("undelivered", "30003"), report("undelivered", "30003"))
    assert "known already" in first.words
    assert "known already" in second.words
    assert AttemptEvent.objects.count() == 1


@pytest.mark.parametrize("order", list(permutations(["delivered", "sent", "queued"])))
def test_the_order_in_which_reports_come_makes_no_difference(order):
    make.attempt("queued", message_ref="SM1")
    for status in order:
        take(report(status))
    assert state() == ("delivered", "")
    assert AttemptEvent.objects.count() == 3


def test_a_failure_after_the_delivery_is_kept_and_shown_and_not_applied():
    make.attempt("sent", message_ref="SM1")
    take(report("delivered", at=AT))
    take(report("undelivered", "30008", at=AT + timedelta(minutes=4)))
    assert state() == ("delivered", "")
    assert the().is_contradicted


def test_a_later_report_without_a_code_does_not_wipe_the_reason():
    make.attempt("sent", message_ref="SM1")
    take(report("failed", "30007", at=AT))
    take(report("failed", "", at=AT + timedelta(minutes=1)))
    assert state() == ("failed", "30007")


def test_a_report_that_comes_before_its_message_waits_for_it():
    (taken,) = take(report("delivered"))
    assert "until a log tells" in taken.words
    assert not SendAttempt.objects.exists()
    assert ParkedEvent.objects.count() == 1
    row = f"SM1,AC1,2026-06-01T13:59:58Z,2026-06-01T13:59:58Z,outbound-api,{OURS},{PERSON},Hi,sent,\n"
    taken_in(upload("twilio", HEADER + row))
    assert state() == ("delivered", "")
    assert not ParkedEvent.objects.exists()


def test_a_log_and_its_callbacks_tell_of_one_message():
    row = f"SM1,AC1,2026-06-01T13:59:58Z,2026-06-01T13:59:58Z,outbound-api,{OURS},{PERSON},Hi,delivered,\n"
    taken_in(upload("twilio", HEADER + row))
    take(report("delivered", account="AC1"))
    taken_in(upload("twilio", HEADER + row + row.replace("SM1", "SM2")))
    assert SendAttempt.objects.count() == 2
    assert set(SendAttempt.objects.values_list("status", flat=True)) == {"delivered"}


def test_a_send_refused_because_of_an_opt_out_is_evidence_once():
    """As Vonage has it: accepted first, and rejected with code 9 a minute later."""
    make.attempt("accepted", message_ref="0A1", provider="vonage")
    refused = report("rejected", "9", "0A1", provider="vonage", event_id="rejected:9:2606011400")
    (taken,) = take(refused, slug="vonage")
    assert state() == ("rejected", "9")
    record = ConsentRecord.objects.select_related("number").get()
    assert (record.act, record.kind, record.number.e164, record.sender) == ("revoke", "carrier", PERSON, OURS)
    assert record.occurred_at is None  # it proves that an opt-out was on file by then, not when it was made
    assert "opted out" in taken.words
    take(refused, slug="vonage")
    assert ConsentRecord.objects.count() == 1


def test_the_status_follows_once_it_is_committed(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        take(report("failed", "21610"))
    record = ConsentRecord.objects.select_related("number").get()
    assert set(record.number.agreed.values_list("status", flat=True)) == {"OPTED_OUT"}


def test_a_code_nobody_knows_comes_before_staff():
    take(report("failed", "30099"))
    assert ErrorCode.objects.filter(code="30099", origin=ErrorCode.Origin.SEEN).exists()


def test_a_word_nobody_explained_is_kept_and_counts_as_neither():
    make.attempt("queued", message_ref="SM1")
    take(report("sent"))
    (taken,) = take(report("teleported"))
    assert state() == ("sent", "")
    assert taken.words.startswith("Status nobody explained")
    assert AttemptEvent.objects.latest("pk").provider_status == "teleported"


def test_parts_amount_to_their_message():
    make.attempt("sent", message_ref="p-1", provider="plivo")
    take(
        report("delivered", "000", "p-1", provider="plivo", part=1, parts=2),
        report("undelivered", "40", "p-1", provider="plivo", part=2, parts=2),
        slug="plivo",
    )
    assert state() == ("partially_delivered", "40")


@pytest.mark.parametrize(
    ("slug", "provider", "status", "code", "found"),
    [
        ("vonage", "vonage", "delivered", "0", ("delivered", "")),
        ("vonage", "vonage", "undeliverable", "1240", ("undelivered", "1240")),
        ("telnyx", "telnyx", "delivery_failed", "40300", ("undelivered", "40300")),
        ("bandwidth", "bandwidth", "message-failed", "4470", ("failed", "4470")),
        ("bandwidth", "bandwidth", "message-delivered", "", ("delivered", "")),
        ("plivo", "plivo", "delivered", "000", ("delivered", "")),
    ],
)
def test_words_and_codes_of_each_provider(slug, provider, status, code, found):
    make.attempt("queued", message_ref="m-1", provider=provider)
    take(report(status, code, "m-1", provider=provider), slug=slug)
    assert state() == found


def test_the_log_s_own_name_for_its_provider_counts():
    system = System.objects.get(slug="twilio")
    mapping = system.mappings.get()
    mapping.rules = {**mapping.rules, "provider": "twilio-eu"}
    mapping.save()
    make.attempt("sent", message_ref="SM1", provider="twilio-eu")
    take(report("delivered"))
    assert state() == ("delivered", "")


def test_a_report_that_says_nothing_is_told():
    (taken,) = take(report(""))
    assert taken.is_refused
    assert not AttemptEvent.objects.exists()
