"""Who really called: each provider's own way of signing, checked over the bytes as they came.

The public address is the configured one: behind a proxy a request does not know how it was called. Comparisons take
the same time wherever two texts differ. Of two secrets, while one replaces the other, either counts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from backoffice.webhooks.bodies import epoch_of, fields_of, inner, json_of, pairs_of, text_of
from backoffice.webhooks.shapes import Call, Unreadable

# The usual replay window, to either side: clocks differ, and a call that is repeated later is signed anew.
WINDOW = timedelta(minutes=5)
_PORTS = {"https": 443, "http": 80}


class Doubt(StrEnum):
    """Why a call is not let in."""

    NOTHING_TO_CHECK_WITH = "nothing_to_check_with"
    NO_SIGNATURE = "no_signature"
    WRONG_SIGNATURE = "wrong_signature"
    TOO_OLD = "too_old"


class NotSigned(Exception):
    """Nobody vouches for this call."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt.value)
        self.doubt = doubt


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature that holds. `place`: of the secret that made it. `signed_at`: where the provider signs a time."""

    place: int
    signed_at: datetime | None
    is_late: bool


# Takes the call, one secret and what else is configured; whether the signature holds, and the time it was made over.
# Raises NotSigned where there is no signature at all, Unreadable where the signed fields cannot be read.
Scheme = Callable[[Call, str, str], tuple[bool, datetime | None]]


def check(
    scheme: Scheme, call: Call, secrets: Sequence[str], *, method: str = "", has_time: bool, now: datetime
) -> Proof:
    """Raises NotSigned. A call that is signed in the right way and too old is told as late, not refused: whether it
    may be is not a question of signatures."""
    if not secrets:
        raise NotSigned(Doubt.NOTHING_TO_CHECK_WITH)
    try:
        for place, secret in enumerate(secrets):
            holds, at = scheme(call, secret, method)
            if holds:
                return Proof(place, at, has_time and (at is None or abs(now - at) > WINDOW))
    except Unreadable as error:  # nobody vouches for fields that cannot be told apart
        raise NotSigned(Doubt.WRONG_SIGNATURE) from error
    raise NotSigned(Doubt.WRONG_SIGNATURE)


def _header(call: Call, name: str) -> str:
    found = call.headers.get(name, "").strip()
    if not found:
        raise NotSigned(Doubt.NO_SIGNATURE)
    return found


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _hmac(secret: str, message: bytes, algorithm: str) -> bytes:
    return hmac.new(secret.encode(), message, algorithm).digest()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


# --- Twilio -----------------------------------------------------------------------------------------------------


def twilio(call: Call, secret: str, method: str = "") -> tuple[bool, None]:
    """HMAC-SHA1 over the address as called and, of a form, every name and value in the order of the names. A JSON body
    is vouched for by its SHA-256 in the query."""
    given = _header(call, "x-twilio-signature")
    fields = ""
    if call.http_method != "GET":
        stated = dict(parse_qsl(call.query)).get("bodySHA256")
        if stated is not None:
            if not _same(stated.casefold(), hashlib.sha256(call.body).hexdigest()):
                return False, None
        else:
            fields = _run_together(call)
    # Whether a usual port stood in the address differs between Twilio's products; each spelling is tried.
    return any(
        _same(given, _base64(_hmac(secret, (_with_query(address, call.query) + fields).encode(), "sha1")))
        for address in _with_and_without_port(call.address)
    ), None


def _run_together(call: Call) -> str:
    """Names and values without anything between them; a value that repeats counts once."""
    return "".join(name + value for name, value in sorted(set(pairs_of(call))))


def _with_and_without_port(address: str) -> list[str]:
    parts = urlsplit(address)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = parts.port or _PORTS.get(parts.scheme, 0)
    spelled = [parts.netloc, host, f"{host}:{port}"]
    return list(dict.fromkeys(urlunsplit(parts._replace(netloc=netloc)) for netloc in spelled))


# --- Plivo ------------------------------------------------------------------------------------------------------


def plivo(call: Call, secret: str, method: str = "") -> tuple[bool, None]:
    """V3: HMAC-SHA256 over the address with its query sorted, the form's names and values, and the nonce. Several
    signatures may come, one for each token of the account; the main account's of a subaccount's call has a header of
    its own."""
    of_main = call.headers.get("x-plivo-signature-ma-v3", "")
    given = f"{of_main},{call.headers.get('x-plivo-signature-v3', '')}".strip(", ")
    if not given:
        raise NotSigned(Doubt.NO_SIGNATURE)
    nonce = _header(call, "x-plivo-signature-v3-nonce")
    query = sorted(parse_qsl(call.query, keep_blank_values=True))
    signed = call.address
    fields = ""
    if call.http_method != "GET":
        fields = "".join(name + value for name, value in sorted(pairs_of(call)))
    if query or fields:
        signed += "?" + "&".join(f"{name}={value}" for name, value in query)
    if query and fields:
        signed += "."
    own = _base64(_hmac(secret, f"{signed}{fields}.{nonce}".encode(), "sha256"))
    return any(_same(one.strip(), own) for one in given.split(",")), None


# --- Telnyx -----------------------------------------------------------------------------------------------------


def telnyx(call: Call, secret: str, method: str = "") -> tuple[bool, datetime | None]:
    """Ed25519 over time and body; the "secret" is the account's public key."""
    given = _header(call, "telnyx-signature-ed25519")
    stamp = _header(call, "telnyx-timestamp")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(secret, validate=True))
        key.verify(base64.b64decode(given, validate=True), f"{stamp}|".encode() + call.body)
    except (InvalidSignature, binascii.Error, ValueError):
        return False, None
    return True, epoch_of(stamp)


# --- Vonage -----------------------------------------------------------------------------------------------------


def vonage_sms(call: Call, secret: str, method: str = "") -> tuple[bool, datetime | None]:
    """A hash over all fields but the signature, in the order of their names; "&" and "=" in values count as "_"."""
    fields = fields_of(call)
    given = fields.pop("sig", "")
    if not given:
        raise NotSigned(Doubt.NO_SIGNATURE)
    signed = "".join(
        f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(fields.items())
    ).encode()
    if method in {"", "md5hash"}:
        own = hashlib.md5(signed + secret.encode(), usedforsecurity=False).hexdigest()
    else:
        own = _hmac(secret, signed, method).hex()
    return _same(given.casefold(), own), epoch_of(fields.get("timestamp", ""))


def vonage_messages(call: Call, secret: str, method: str = "") -> tuple[bool, datetime | None]:
    """A JSON Web Token, signed with HS256 and nothing else, that vouches for the SHA-256 of the body."""
    kind, _, token = _header(call, "authorization").partition(" ")
    pieces = token.strip().split(".")
    if kind.casefold() != "bearer" or len(pieces) != 3:
        return False, None
    head, claims = (_token_part(call, piece) for piece in pieces[:2])
    if inner(head, "alg") != "HS256":
        return False, None
    own = base64.urlsafe_b64encode(_hmac(secret, f"{pieces[0]}.{pieces[1]}".encode(), "sha256")).decode()
    if not _same(pieces[2], own.rstrip("=")):
        return False, None
    stated = text_of(inner(claims, "payload_hash"))
    if not _same(stated.casefold(), hashlib.sha256(call.body).hexdigest()):
        return False, None
    return True, epoch_of(text_of(inner(claims, "iat")))


def _token_part(call: Call, piece: str) -> Any:
    try:
        raw = base64.b64decode(piece + "=" * (-len(piece) % 4), altchars=b"-_", validate=True)
        return json_of(Call("POST", call.address, "", {}, raw, call.received_at))
    except (binascii.Error, ValueError, Unreadable):
        return None


# --- Bandwidth, and others --------------------------------------------------------------------------------------


def bandwidth(call: Call, secret: str, method: str = "") -> tuple[bool, None]:
    """HTTP basic: the user name and password that its application was given, as "user:password"."""
    kind, _, given = _header(call, "authorization").partition(" ")
    return kind.casefold() == "basic" and _same(given.strip(), _base64(secret.encode())), None


def signed(call: Call, secret: str, method: str = "") -> tuple[bool, datetime | None]:
    """HMAC-SHA256 in hexadecimal over `timestamp.body`; several signatures may come, each behind "v1="."""
    stamp = _header(call, "webhook-timestamp")
    given = _header(call, "webhook-signature")
    own = _hmac(secret, f"{stamp}.".encode() + call.body, "sha256").hex()
    return any(_same(one, own) for one in _versions(given)), epoch_of(stamp)


def _versions(given: str) -> Iterable[str]:
    for one in given.replace(" ", ",").split(","):
        version, _, value = one.strip().partition("=")
        if version == "v1":
            yield value.casefold()


def stamped(at: datetime) -> str:
    """A moment as the headers have it."""
    return str(int(at.astimezone(UTC).timestamp()))
