"""Any other system that signs its calls: the form that docs/operating.md asks of it, one event or a list of them.

{"type": "message.received", "id": "…", "from": "+1…", "to": "+1…", "text": "STOP", "at": "2026-03-14T09:30:00Z"}
{"type": "message.status", "id": "…", "status": "delivered", "provider": "acme", "code": "", "at": "…"}
"""

from __future__ import annotations

from typing import Any

from backoffice.webhooks.bodies import address_of, inner, json_of, moment_of, text_of
from backoffice.webhooks.shapes import Call, Inbound, Other, Said, StatusReport

RECEIVED, STATUS = "message.received", "message.status"


def read(call: Call) -> list[Said]:
    body = json_of(call)
    events = body if isinstance(body, list) else [body]
    return [_said(call, event) for event in events] or [Other("The list of events is empty.")]


def _said(call: Call, event: Any) -> Said:
    def said(name: str) -> str:
        return text_of(inner(event, name))

    kind = said("type")
    if kind not in {RECEIVED, STATUS}:
        return Other(f"An event of a kind this product has no use for: {kind[:60] or 'it names none'}.")
    if not said("id"):
        what = f"A “{kind}” has no id, so it cannot be told whether it was reported before."
        return Other(what, is_refused=True)
    at = moment_of(said("at"))
    sender, to = address_of(said("from")), address_of(said("to"))
    if kind == RECEIVED:
        text = inner(event, "text")
        if not isinstance(text, str):
            what = f"The “{kind}” {said('id')[:60]} has no text; an empty one is written as an empty text."
            return Other(what, is_refused=True)
        verdict = said("verdict").upper()
        return Inbound(said("id"), sender, to, text, at, call.received_at, verdict)
    return StatusReport(
        provider=said("provider"),
        message_ref=said("id"),
        status=said("status"),
        received_at=call.received_at,
        account=said("account"),
        client_ref=said("client_ref"),
        code=said("code"),
        text=said("text"),
        at=at,
        sender=sender,
        to=to,
        event_id=said("event_id"),
    )
