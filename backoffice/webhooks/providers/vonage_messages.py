"""Vonage Messages API: one JSON object, a message or a status. Its older form writes addresses as objects."""

from __future__ import annotations

import re
from typing import Any

from backoffice.webhooks.bodies import address_of, inner, moment_of, object_of, text_of
from backoffice.webhooks.shapes import Call, Inbound, Other, Said, StatusReport

_CODE = re.compile(r"[0-9]{3,6}")


def read(call: Call) -> list[Said]:
    body = object_of(call)
    ref = text_of(body.get("message_uuid"))
    sender, to = _address(body.get("from")), _address(body.get("to"))
    at = moment_of(text_of(body.get("timestamp")))
    if not ref:
        return [Other("It names no message.")]
    if status := text_of(body.get("status")):
        code = _code(body.get("error"))
        return [
            StatusReport(
                provider="vonage",
                message_ref=ref,
                status=status,
                received_at=call.received_at,
                client_ref=text_of(body.get("client_ref")),
                code=code,
                text=text_of(inner(body, "error", "detail")),
                at=at,
                sender=sender,
                to=to,
                event_id=":".join((status, code, text_of(body.get("timestamp")))),
            )
        ]
    # What stands below a picture stands in the object that is named as the kind of the message.
    of_picture = inner(body, text_of(body.get("message_type")), "caption")
    text = body.get("text", inner(body, "message", "content", "text")) or of_picture
    is_message = text is not None or "message_type" in body or "message" in body
    if not is_message:
        return [Other("It is neither a message nor a status.")]
    return [Inbound(ref, sender, to, text if isinstance(text, str) else "", at, call.received_at)]


def _address(value: Any) -> str:
    return address_of(text_of(value) or text_of(inner(value, "number")) or text_of(inner(value, "id")))


def _code(error: Any) -> str:
    """The number of an error: its title, or the end of the address that explains it; the older form has `code`."""
    title = text_of(inner(error, "title"))
    if _CODE.fullmatch(title):
        return title
    of_address = text_of(inner(error, "type")).rpartition("#")[2]
    if _CODE.fullmatch(of_address):
        return of_address
    return text_of(inner(error, "code")) or title
