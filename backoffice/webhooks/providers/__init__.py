"""What is known about each provider: how it signs, what it sends, what it wants to hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from backoffice.webhooks import signatures
from backoffice.webhooks.providers import (
    bandwidth,
    plivo,
    signed,
    telnyx,
    twilio,
    vonage_messages,
    vonage_sms,
)
from backoffice.webhooks.shapes import Call, Said
from backoffice.webhooks.signatures import Doubt, Scheme


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider hears."""

    status: int
    body: str = ""
    content_type: str = "text/plain"
    challenge: str = ""  # how to show who one is


@dataclass(frozen=True, slots=True)
class Provider:
    """`secret`: what to enter, as staff read it. `signs_time`: old calls can be told from new ones."""

    scheme: Scheme
    read: Callable[[Call], list[Said]]
    secret: str
    signs_time: bool
    kept: Answer = Answer(200)
    refused: Answer = Answer(401)
    unsigned: Answer = Answer(401)

    def answer_to(self, doubt: Doubt) -> Answer:
        if doubt is Doubt.NOTHING_TO_CHECK_WITH:
            return Answer(503)  # ours to mend; what is sent again meanwhile is not lost
        return self.unsigned if doubt is Doubt.NO_SIGNATURE else self.refused


PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {
        "twilio": Provider(
            signatures.twilio,
            twilio.read,
            "The auth token of the account (Console, Account, API keys & tokens).",
            signs_time=False,
            # No reply: confirmations are sent by whoever sends texts.
            kept=Answer(200, '<?xml version="1.0" encoding="UTF-8"?><Response></Response>', "text/xml"),
            refused=Answer(403),
            unsigned=Answer(403),
        ),
        "vonage_sms": Provider(
            signatures.vonage_sms,
            vonage_sms.read,
            "The signature secret (Dashboard, API settings); signed webhooks have to be switched on by Vonage.",
            signs_time=True,
        ),
        "vonage_messages": Provider(
            signatures.vonage_messages,
            vonage_messages.read,
            "The signature secret (Dashboard, API settings).",
            signs_time=True,
            unsigned=Answer(503),  # it may come unsigned by mistake, and is then sent again
        ),
        "telnyx": Provider(
            signatures.telnyx,
            telnyx.read,
            "The public key of the account (Portal, Keys & Credentials, Public Key).",
            signs_time=True,
        ),
        "plivo": Provider(
            signatures.plivo,
            plivo.read,
            "The auth token of the account (Console, overview).",
            signs_time=False,
        ),
        "bandwidth": Provider(
            signatures.bandwidth,
            bandwidth.read,
            "User name and password for callbacks, as given to its messaging application: user:password.",
            signs_time=False,
            refused=Answer(401, challenge='Basic realm="webhooks"'),
            unsigned=Answer(401, challenge='Basic realm="webhooks"'),
        ),
        "signed": Provider(
            signatures.signed,
            signed.read,
            "A secret that both sides know, at least 24 characters chosen at random.",
            signs_time=True,
        ),
    }
)
