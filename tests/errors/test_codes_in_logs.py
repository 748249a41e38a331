"""From a log to the codes: what an import makes of what providers say."""

from datetime import UTC, datetime

import pytest

from consent.ledger import Act
from consent.models import ConsentRecord
from errors.models import ErrorCode, SendAttempt
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)
COLUMNS = ("message_ref", "sent_at", "provider", "sender", "to", "body", "status", "error_code", "error_text")


def take(provider, status, code, text="", ref="m1"):
    row = (ref, "2026-06-01T10:00:00Z", provider, "+14155550100", "+12125550101", "Hello", status, code, text)
    lines = [",".join(COLUMNS), ",".join(f'"{cell}"' for cell in row)]
    taken_in(upload("send-log", "\n".join(lines) + "\n", as_of=AS_OF))


def opt_outs():
    return ConsentRecord.objects.filter(act=Act.REVOKE).count()


@pytest.mark.parametrize(
    ("provider", "status", "code", "text"),
    [
        ("twilio", "failed", "21610", ""),
        ("twilio", "undelivered", "21610", ""),  # the same code in a receipt
        ("vonage", "rejected", "9", ""),  # a receipt, whatever its status is called
        ("plivo", "undelivered", "200", ""),
        ("telnyx", "sending_failed", "40300", "Blocked due to STOP message"),
        ("infobip", "REJECTED", "EC_SC_BLOCKED_BY_END_USER", ""),
    ],
)
def test_an_opt_out_reported_by_a_provider_reaches_the_ledger(provider, status, code, text):
    take(provider, status, code, text)
    assert SendAttempt.objects.get().error_code == code
    assert opt_outs() == 1


@pytest.mark.parametrize(
    ("provider", "status", "code", "text"),
    [
        ("twilio", "undelivered", "30004", "Message blocked"),
        ("twilio", "undelivered", "30007", "Message filtered"),
        ("twilio", "failed", "", ""),
        ("vonage", "rejected", "14", ""),
        ("8x8", "failed", "9", ""),
        ("telnyx", "sending_failed", "40300", "Invalid destination number"),
    ],
)
def test_nothing_else_is_taken_for_one(provider, status, code, text):
    take(provider, status, code, text)
    assert opt_outs() == 0


def test_an_unknown_code_waits_in_the_queue_with_the_send_it_came_with():
    take("twilio", "undelivered", "30099", "Something new")
    row = ErrorCode.objects.new().get()
    assert (row.code, row.name, row.sample) == ("30099", "Something new", SendAttempt.objects.get().pk)


def test_a_title_that_contradicts_the_catalogue_is_shown_to_staff():
    take("telnyx", "sending_failed", "40300", "Invalid destination number")
    assert [row.code for row in ErrorCode.objects.warned()] == ["40300"]
