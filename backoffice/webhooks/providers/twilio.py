"""Twilio: a form of one message. Fields it adds without notice are nothing to stumble over."""

from __future__ import annotations

from backoffice.webhooks.bodies import address_of, fields_of
from backoffice.webhooks.shapes import Call, Inbound, Other, Said, StatusReport


def read(call: Call) -> list[Said]:
    fields = fields_of(call)
    ref = fields.get("MessageSid") or fields.get("SmsSid") or fields.get("SmsMessageSid") or ""
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
    if not ref:
        return [Other("It names no message.")]
    sender, to = address_of(fields.get("From", "")), address_of(fields.get("To", ""))
    if status.casefold() in {"received", "receiving"} or ("Body" in fields and not status):
        return [
            Inbound(
                id=ref,
                sender=sender,
                to=to,
                text=fields.get("Body", ""),
                at=None,  # it does not say
                received_at=call.received_at,
                verdict=fields.get("OptOutType", "").upper(),
            )
        ]
    if not status:
        return [Other("It is neither a message nor the status of one.")]
    return [
        StatusReport(
            provider="twilio",
            message_ref=ref,
            status=status,
            received_at=call.received_at,
            account=fields.get("AccountSid", ""),
            code=fields.get("ErrorCode", ""),
            text=fields.get("ErrorMessage", ""),
            sender=sender,
            to=to,
        )
    ]
