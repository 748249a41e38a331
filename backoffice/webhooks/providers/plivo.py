"""Plivo: a form of one message. Of a long message each part may be reported by itself."""

from __future__ import annotations

import re

from backoffice.webhooks.bodies import address_of, fields_of
from backoffice.webhooks.shapes import Call, Inbound, Other, Said, StatusReport

_PART = re.compile(r"([0-9]{1,3})\D+([0-9]{1,3})")


def read(call: Call) -> list[Said]:
    fields = fields_of(call)
    ref = fields.get("ParentMessageUUID") or fields.get("MessageUUID") or ""
    sender, to = address_of(fields.get("From", "")), address_of(fields.get("To", ""))
    if not ref:
        return [Other("It names no message.")]
    status = fields.get("Status", "")
    if status and "Text" not in fields:
        part, parts = _part(fields.get("PartInfo", ""))
        return [
            StatusReport(
                provider="plivo",
                message_ref=ref,
                status=status,
                received_at=call.received_at,
                code=fields.get("ErrorCode", ""),
                sender=sender,
                to=to,
                part=part,
                parts=parts,
            )
        ]
    if not {"Text", "Type", "Media0"} & fields.keys():
        return [Other("It is neither a message nor the status of one.")]
    own = fields.get("MessageUUID") or ref
    return [Inbound(own, sender, to, fields.get("Text", ""), None, call.received_at)]


def _part(info: str) -> tuple[int, int]:
    """ "1 of 3" as (1, 3); (0, 0) for a message of one part, and where nothing is said."""
    found = _PART.search(info)
    if found is None or int(found[2]) < 2:
        return 0, 0
    return int(found[1]), int(found[2])
