"""Calls as providers make them. Signatures are made here by hand from each provider's definition, never with the code
that checks them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backoffice.models import System, WebhookEndpoint
from backoffice.webhooks.shapes import Call

NOW = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
ADDRESS = "https://texts.example.com:8443/hooks/abc/"
SECRET = "c0ffee-c0ffee-c0ffee-c0ffee"
TELNYX = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TELNYX_KEY = base64.b64encode(TELNYX.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def call(
    body: bytes | str = b"", query: str = "", method: str = "POST", address: str = ADDRESS, **headers: str
) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body.encode() if isinstance(body, str) else body
    return Call(method, address, query, {"content-type": FORM, **named}, raw, NOW)


def stamp(at: datetime = NOW) -> str:
    return str(int(at.timestamp()))


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def twilio_headers(
    body: str, query: str = "", secret: str = SECRET, address: str = ADDRESS
) -> dict[str, str]:
    text = address + (f"?{query}" if query else "")
    for name, value in sorted(parse_qsl(body, keep_blank_values=True)):
        text += name + value
    return {"x-twilio-signature": b64(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest())}


def plivo_headers(
    body: str, nonce: str = "12345", secret: str = SECRET, address: str = ADDRESS
) -> dict[str, str]:
    fields = sorted(parse_qsl(body, keep_blank_values=True))
    text = address + ("?" if fields else "") + "".join(name + value for name, value in fields) + "." + nonce
    signature = b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())
    return {"x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": nonce}


def telnyx_headers(body: str, at: datetime = NOW) -> dict[str, str]:
    signature = TELNYX.sign(f"{stamp(at)}|{body}".encode())
    return {"telnyx-signature-ed25519": b64(signature), "telnyx-timestamp": stamp(at)}


def vonage_sig(fields: dict[str, str], method: str = "md5hash", secret: str = SECRET) -> str:
    text = "".join(f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields))
    if method == "md5hash":
        return hashlib.md5((text + secret).encode()).hexdigest()  # noqa: S324
    return hmac.new(secret.encode(), text.encode(), method).hexdigest()


def vonage_form(at: datetime = NOW, method: str = "md5hash", **fields: str) -> str:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    named |= {"timestamp": stamp(at), "nonce": "n-1"}
    return urlencode({**named, "sig": vonage_sig(named, method)})


def _web64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(
    body: str, at: datetime = NOW, secret: str = SECRET, algorithm: str = "HS256", **claims: Any
) -> dict[str, str]:
    head = _web64(json.dumps({"typ": "JWT", "alg": algorithm}).encode())
    stated = {
        "iat": int(at.timestamp()),
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body.encode()).hexdigest(),
    }
    middle = _web64(json.dumps(stated | claims).encode())
    signature = _web64(hmac.new(secret.encode(), f"{head}.{middle}".encode(), hashlib.sha256).digest())
    if algorithm == "none":
        signature = ""
    return {"authorization": f"Bearer {head}.{middle}.{signature}"}


def signed_headers(body: str, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{stamp(at)}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"webhook-timestamp": stamp(at), "webhook-signature": f"v1={digest}"}


def telnyx_event(kind: str = "message.received", **payload: Any) -> str:
    usual = {
        "id": "tx-1",
        "from": {"phone_number": "+14155552671"},
        "to": [{"phone_number": "+14155550100", "status": "webhook_delivered"}],
        "text": "STOP",
        "received_at": "2026-06-01T14:59:58.123+00:00",
    }
    event = {
        "event_type": kind,
        "id": "event-1",
        "occurred_at": "2026-06-01T14:59:59Z",
        "payload": usual | payload,
    }
    return json.dumps({"data": event, "meta": {"attempt": 1}})


def endpoint(of: System, provider: str = "signed", secret: str = SECRET, **fields: Any) -> WebhookEndpoint:
    made = WebhookEndpoint.objects.create(
        system=of, provider=provider, address=ADDRESS, secret=secret, **fields
    )
    return WebhookEndpoint.objects.select_related("system").get(pk=made.pk)
