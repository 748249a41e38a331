"""Telnyx: one event in an envelope; its own id is the same however often it is delivered."""

from __future__ import annotations

from typing import Any

from backoffice.webhooks.bodies import address_of, inner, moment_of, object_of, text_of
from backoffice.webhooks.shapes import Call, Inbound, Other, Said, StatusReport


def read(call: Call) -> list[Said]:
    event = inner(object_of(call), "data")
    kind = text_of(inner(event, "event_type"))
    payload = inner(event, "payload")
    ref = text_of(inner(payload, "id"))
    if not ref or not kind.startswith("message."):
        return [Other(f"An event of a kind this product has no use for: {kind[:60] or 'it names none'}.")]
    occurred_at = text_of(inner(event, "occurred_at"))
    sender = _number(inner(payload, "from"))
    receivers = inner(payload, "to")
    receivers = receivers if isinstance(receivers, list) else [receivers]
    if kind == "message.received":
        at = moment_of(text_of(inner(payload, "received_at")) or occurred_at)
        ours = _number(receivers[0]) if receivers else ""
        text = inner(payload, "text")
        verdict = text_of(inner(payload, "autoresponse_type")).upper()
        return [
            Inbound(ref, sender, ours, text if isinstance(text, str) else "", at, call.received_at, verdict)
        ]
    return [
        StatusReport(
            provider="telnyx",
            message_ref=ref,
            status=text_of(inner(receiver, "status")),
            received_at=call.received_at,
            client_ref=_tag(inner(payload, "tags")),
            code=text_of(inner(payload, "errors", 0, "code")),
            text=text_of(inner(payload, "errors", 0, "title")),
            at=moment_of(text_of(inner(payload, "completed_at")) or occurred_at),
            sender=sender,
            to=_number(receiver),
            event_id=f"{text_of(inner(event, 'id'))}/{place}" if len(receivers) > 1 else _id(event),
            # One message to several people is as many messages; each has its own end.
            part=place if len(receivers) > 1 else 0,
            parts=len(receivers) if len(receivers) > 1 else 0,
        )
        for place, receiver in enumerate(receivers, 1)
        if text_of(inner(receiver, "status"))
    ] or [Other("It says nothing about the message’s status.")]


def _id(event: Any) -> str:
    return text_of(inner(event, "id"))


def _number(value: Any) -> str:
    return address_of(text_of(inner(value, "phone_number")) or text_of(value))


def _tag(tags: Any) -> str:
    return "" if not isinstance(tags, list) or len(tags) != 1 else text_of(tags[0])
