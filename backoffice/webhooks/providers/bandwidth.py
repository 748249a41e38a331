"""Bandwidth: a list of events. Receipts have no text; messages that came in do."""

from __future__ import annotations

from typing import Any

from backoffice.webhooks.bodies import address_of, inner, json_of, moment_of, text_of
from backoffice.webhooks.shapes import Call, Inbound, Other, Said, StatusReport


def read(call: Call) -> list[Said]:
    body = json_of(call)
    events = body if isinstance(body, list) else [body]
    return [_said(call, event) for event in events] or [Other("The list of events is empty.")]


def _said(call: Call, event: Any) -> Said:
    kind, message = text_of(inner(event, "type")), inner(event, "message")
    ref = text_of(inner(message, "id"))
    at = moment_of(text_of(inner(event, "time")))
    if not ref or not kind.startswith("message-"):
        return Other(f"An event of a kind this product has no use for: {kind[:60] or 'it names none'}.")
    sender = address_of(text_of(inner(message, "from")))
    if kind == "message-received":
        ours = address_of(text_of(inner(message, "owner")) or text_of(inner(message, "to", 0)))
        text = inner(message, "text")
        told_at = moment_of(text_of(inner(message, "time"))) or at
        return Inbound(ref, sender, ours, text if isinstance(text, str) else "", told_at, call.received_at)
    return StatusReport(
        provider="bandwidth",
        message_ref=ref,
        status=kind,
        received_at=call.received_at,
        client_ref=text_of(inner(message, "tag")),
        code=text_of(inner(event, "errorCode")),
        text=text_of(inner(event, "description")) if inner(event, "errorCode") else "",
        at=at,
        sender=sender or address_of(text_of(inner(message, "owner"))),
        to=address_of(text_of(inner(event, "to")) or text_of(inner(message, "to", 0))),
    )
