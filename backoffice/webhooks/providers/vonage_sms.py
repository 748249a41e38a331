"""Vonage SMS API: one message or receipt, as a query, a form or a flat JSON object.

`msisdn` is the person, `to` we: our number of a message that came in, the sender we used of a receipt.
A long message comes in parts, each a call of its own, in any order.
"""

from __future__ import annotations

from backoffice.webhooks.bodies import address_of, fields_of, moment_of
from backoffice.webhooks.shapes import Call, Inbound, Other, Part, Said, StatusReport

LONGEST = 255  # parts that one message can have


def read(call: Call) -> list[Said]:
    fields = fields_of(call)
    ref = fields.get("messageId") or fields.get("message-id") or ""
    person, ours = address_of(fields.get("msisdn", "")), address_of(fields.get("to", ""))
    at = moment_of(fields.get("message-timestamp", ""))
    if not ref:
        return [Other("It names no message.")]
    if fields.get("status"):
        code = fields.get("err-code", "")
        return [
            StatusReport(
                provider="vonage",
                message_ref=ref,
                status=fields["status"],
                received_at=call.received_at,
                account=fields.get("api-key", ""),
                client_ref=fields.get("client-ref", ""),
                code=code,
                at=at,
                sender=ours,
                to=person,
                # Sent again, the receipt has another time of its own.
                event_id=":".join((fields["status"], code, fields.get("scts", ""))),
            )
        ]
    if not {"text", "keyword", "data"} & fields.keys():
        return [Other("It is neither a message nor a receipt.")]
    return [Inbound(ref, person, ours, fields.get("text", ""), at, call.received_at, part=_part(fields))]


def _part(fields: dict[str, str]) -> Part | None:
    if fields.get("concat", "").casefold() not in {"true", "1"}:
        return None
    number, of = fields.get("concat-part", ""), fields.get("concat-total", "")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= LONGEST):
        return None
    whole = ":".join((fields.get("msisdn", ""), fields.get("to", ""), fields.get("concat-ref", ""), of))
    return Part(whole.replace("\x00", "")[:120], int(number), int(of)) if int(of) > 1 else None
