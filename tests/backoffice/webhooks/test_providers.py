"""What each provider's call says. No database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from backoffice.webhooks.providers import (
    PROVIDERS,
    bandwidth,
    plivo,
    signed,
    telnyx,
    twilio,
    vonage_messages,
    vonage_sms,
)
from backoffice.webhooks.shapes import Inbound, Other, Part, StatusReport, Unreadable
from tests.backoffice.webhooks import make
from tests.backoffice.webhooks.make import NOW, call

AT = datetime(2026, 6, 1, 14, 59, 58, tzinfo=UTC)
PERSON, OURS = "+14155552671", "+14155550100"


def as_json(body):
    return call(json.dumps(body), content_type="application/json")


def form(**fields):
    return call(urlencode({name.replace("_", "-"): value for name, value in fields.items()}))


def test_twilio_message_that_came_in():
    made = form(
        MessageSid="SM1", SmsSid="SM1", SmsStatus="received", AccountSid="AC1", From=PERSON, To=OURS, Body=" Stop ",
        OptOutType="STOP", NumMedia="0", SomethingNew="x",
    )  # fmt: skip
    assert twilio.read(made) == [Inbound("SM1", PERSON, OURS, " Stop ", None, NOW, "STOP")]


def test_twilio_status_with_and_without_an_error():
    made = form(
        MessageSid="SM2",
        MessageStatus="undelivered",
        ErrorCode="30003",
        To=PERSON,
        From=OURS,
        AccountSid="AC1",
    )
    (report,) = twilio.read(made)
    assert report == StatusReport(
        "twilio", "SM2", "undelivered", NOW, account="AC1", code="30003", sender=OURS, to=PERSON
    )
    (sent,) = twilio.read(form(SmsSid="SM3", SmsStatus="sent", To=PERSON))
    assert (sent.message_ref, sent.status, sent.code) == ("SM3", "sent", "")


def test_twilio_other_calls_are_let_be():
    assert isinstance(twilio.read(form(CallSid="CA1", CallStatus="ringing"))[0], Other)
    assert isinstance(twilio.read(call(b""))[0], Other)


def test_vonage_sms_message_has_the_person_in_msisdn():
    fields = {
        "msisdn": "14155552671",
        "to": "14155550100",
        "messageId": "0A1",
        "text": "STOP",
        "type": "text",
    }
    made = form(**fields, message_timestamp="2026-06-01 14:59:58")
    assert vonage_sms.read(made) == [Inbound("0A1", PERSON, OURS, "STOP", AT, NOW)]
    by_get = call(b"", urlencode(fields), method="GET")
    assert vonage_sms.read(by_get)[0].sender == PERSON


def test_vonage_sms_receipt_has_the_person_in_msisdn_too():
    made = form(
        msisdn="14155552671", to="ACME", messageId="0A2", status="failed", err_code="9", scts="2606011459",
        client_ref="r-1", api_key="key", message_timestamp="2026-06-01 14:59:58",
    )  # fmt: skip
    (report,) = vonage_sms.read(made)
    assert (report.to, report.sender, report.code, report.client_ref) == (PERSON, "ACME", "9", "r-1")
    assert (report.provider, report.account, report.at) == ("vonage", "key", AT)


def test_a_receipt_that_is_sent_again_is_the_same_event():
    usual = {"msisdn": "1", "messageId": "m", "status": "delivered", "err_code": "0", "scts": "2606011459"}
    first, again = (
        vonage_sms.read(form(**usual, message_timestamp=at))[0].event_id
        for at in ("2026-06-01 14:59:58", "2026-06-01 15:10:00")
    )
    assert first == again


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"concat": "true", "concat_ref": "7", "concat_total": "2", "concat_part": "1"}, (1, 2)),
        ({"concat": "true", "concat_ref": "7", "concat_total": "2", "concat_part": "3"}, None),
        ({"concat": "true", "concat_ref": "7", "concat_total": "x", "concat_part": "1"}, None),
        ({"concat": "true", "concat_ref": "7", "concat_total": "1", "concat_part": "1"}, None),
        ({"concat": "false"}, None),
    ],
)
def test_vonage_sms_parts_of_a_long_message(fields, part):
    (message,) = vonage_sms.read(form(msisdn="1", to="2", messageId="m", text="a", **fields))
    assert (message.part and (message.part.number, message.part.of)) == part


def test_parts_of_one_message_belong_together_and_to_no_other():
    def part(number, ref, person="14155552671"):
        fields = {"concat": "true", "concat_ref": ref, "concat_total": "2", "concat_part": number}
        (message,) = vonage_sms.read(form(msisdn=person, to="2", messageId="m", text="a", **fields))
        assert isinstance(message.part, Part)
        return message.part.whole

    assert part("1", "7") == part("2", "7")
    assert len({part("1", "7"), part("1", "8"), part("1", "7", "14155552672")}) == 3


def test_vonage_messages_both_forms_of_a_message():
    new = {
        "message_uuid": "u-1", "from": "14155552671", "to": "14155550100", "text": "STOP", "channel": "sms",
        "message_type": "text", "timestamp": "2026-06-01T14:59:58Z",
    }  # fmt: skip
    old = {
        "message_uuid": "u-1", "from": {"type": "sms", "number": "14155552671"},
        "to": {"type": "sms", "number": "14155550100"}, "timestamp": "2026-06-01T14:59:58.000Z",
        "message": {"content": {"type": "text", "text": "STOP"}},
    }  # fmt: skip
    assert vonage_messages.read(as_json(new)) == vonage_messages.read(as_json(old))
    assert vonage_messages.read(as_json(new)) == [Inbound("u-1", PERSON, OURS, "STOP", AT, NOW)]


def test_what_stands_below_a_picture_is_its_text():
    body = {"message_uuid": "u-1", "from": "14155552671", "to": "14155550100", "message_type": "image"}
    (message,) = vonage_messages.read(as_json(body | {"image": {"url": "https://…", "caption": "STOP"}}))
    assert message.text == "STOP"
    (message,) = vonage_messages.read(as_json(body | {"image": {"url": "https://…"}}))
    assert message.text == ""


@pytest.mark.parametrize(
    "error",
    [
        {"type": "https://developer.vonage.com/api-errors/messages#1320", "title": "1320", "detail": "Sent already"},
        {"type": "https://developer.vonage.com/api-errors/messages#1320", "title": "Twice", "detail": "Sent already"},
        {"title": 1320, "detail": "Sent already"},
    ],
)  # fmt: skip
def test_vonage_messages_error_of_a_status(error):
    body = {"message_uuid": "u-2", "to": "14155552671", "from": "ACME", "status": "rejected", "error": error}
    (report,) = vonage_messages.read(as_json(body))
    assert (report.status, report.code, report.text) == ("rejected", "1320", "Sent already")


def test_plivo_message_and_status():
    (message,) = plivo.read(
        form(From="14155552671", To="14155550100", Text="stop", Type="sms", MessageUUID="p-1")
    )
    assert (message.id, message.sender, message.to, message.text) == ("p-1", PERSON, OURS, "stop")
    (report,) = plivo.read(
        form(
            From="14155550100", To="14155552671", Status="failed", MessageUUID="p-3", ParentMessageUUID="p-2",
            PartInfo="2 of 3", ErrorCode="30",
        )
    )  # fmt: skip
    assert (report.message_ref, report.part, report.parts, report.code) == ("p-2", 2, 3, "30")


def test_telnyx_message_that_came_in():
    (message,) = telnyx.read(call(make.telnyx_event()))
    assert message == Inbound("tx-1", PERSON, OURS, "STOP", AT, NOW)
    (message,) = telnyx.read(call(make.telnyx_event(text="BASTA", autoresponse_type="STOP")))
    assert message.verdict == "STOP"


def test_half_an_emoji_takes_no_text_with_it():
    (message,) = telnyx.read(call(make.telnyx_event(text="STOP\ud83d")))
    assert message.text == "STOP?"


def test_telnyx_status_of_one_and_of_several_receivers():
    error = [{"code": "40300", "title": "Blocked due to STOP message"}]
    one = make.telnyx_event(
        "message.finalized",
        to=[{"phone_number": PERSON, "status": "delivery_failed"}],
        errors=error,
        **{"from": {"phone_number": OURS}, "completed_at": "2026-06-01T14:59:58Z"},
    )
    (report,) = telnyx.read(call(one))
    assert (report.status, report.code, report.event_id, report.at) == (
        "delivery_failed",
        "40300",
        "event-1",
        AT,
    )
    assert (report.part, report.parts, report.to, report.sender) == (0, 0, PERSON, OURS)
    several = make.telnyx_event(
        "message.finalized",
        to=[{"phone_number": "+1415", "status": "delivered"}, {"phone_number": "+1416", "status": "sent"}],
    )
    assert [(r.part, r.parts, r.status) for r in telnyx.read(call(several))] == [
        (1, 2, "delivered"),
        (2, 2, "sent"),
    ]


def test_telnyx_events_of_other_kinds_are_let_be():
    assert isinstance(telnyx.read(call(make.telnyx_event("call.initiated")))[0], Other)
    assert isinstance(telnyx.read(call("{}"))[0], Other)


def test_bandwidth_list_of_events():
    received = {
        "type": "message-received", "time": "2026-06-01T15:00:00Z", "to": OURS,
        "message": {"id": "b-1", "owner": OURS, "time": "2026-06-01T14:59:58.5Z", "direction": "in", "to": [OURS],
                    "from": PERSON, "text": "STOP"},
    }  # fmt: skip
    failed = {
        "type": "message-failed", "time": "2026-06-01T14:59:58Z", "description": "rejected", "to": PERSON,
        "errorCode": 4470,
        "message": {"id": "b-2", "owner": OURS, "direction": "out", "to": [PERSON], "from": OURS, "text": ""},
    }  # fmt: skip
    message, report, other = bandwidth.read(as_json([received, failed, {"type": "fancy"}]))
    assert message == Inbound("b-1", PERSON, OURS, "STOP", AT, NOW)
    assert (report.status, report.code, report.text, report.to) == (
        "message-failed",
        "4470",
        "rejected",
        PERSON,
    )
    assert isinstance(other, Other)


def test_others_write_one_event_or_a_list():
    event = {
        "type": "message.received",
        "id": "s-1",
        "from": PERSON,
        "to": OURS,
        "text": "",
        "at": AT.isoformat(),
    }
    assert (
        signed.read(as_json(event))
        == signed.read(as_json([event]))
        == [Inbound("s-1", PERSON, OURS, "", AT, NOW)]
    )
    (report,) = signed.read(
        as_json({"type": "message.status", "id": "s-2", "status": "delivered", "provider": "acme"})
    )
    assert (report.provider, report.message_ref, report.status) == ("acme", "s-2", "delivered")


@pytest.mark.parametrize("missing", ["id", "text"])
def test_others_are_told_what_is_missing(missing):
    event = {"type": "message.received", "id": "s-1", "text": "STOP"}
    del event[missing]
    lacking, stop = signed.read(as_json([event, {**event, "id": "s-2", "text": "STOP"}]))
    assert isinstance(lacking, Other)
    assert lacking.is_refused
    assert missing in lacking.reason
    assert isinstance(stop, Inbound)


HOSTILE = {
    "a name twice": '{"opt":"in","opt":"out"}',
    "a name twice deep inside": '[{"a": [{"opt":"in","opt":"out"}]}]',
    "not a number": '{"opt": NaN}',
    "no end of brackets": "[" * 200_000,
    "brackets within brackets": "[" * 200_000 + "]" * 200_000,
    "not JSON": "<html>",
    "not text": b"\xff\xfe{}",
    "nothing": "",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("reader", [telnyx, bandwidth, vonage_messages, signed])
def test_what_two_readers_could_read_differently_is_refused(reader, body):
    with pytest.raises(Unreadable):
        reader.read(call(body, content_type="application/json"))


@pytest.mark.parametrize(
    "body", ["null", "[]", "[1]", '"x"', "{}", '{"data": 5}', '[{"message": []}]', "[[{}]]"]
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_any_json_at_all_is_read_or_refused_and_never_breaks(provider, body):
    try:
        said = PROVIDERS[provider].read(call(body, content_type="application/json"))
    except Unreadable:
        return
    assert all(isinstance(one, Other) for one in said)


def test_a_form_of_thousands_of_fields_is_refused():
    with pytest.raises(Unreadable):
        twilio.read(call("&".join(f"a{n}=1" for n in range(600))))
