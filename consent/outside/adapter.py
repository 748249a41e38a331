"""What a Connection says to do, as requests; what comes back, as a plain result or as trouble.

No database here: whoever calls brings a Connection that was read before.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from django.utils import timezone

from backoffice.secrets import CannotUnseal
from consent import placeholders
from consent.cells import Meaning
from consent.models import Connection
from consent.models.connection import error_place
from consent.outside import client
from consent.outside.client import Answer, Request
from consent.outside.trouble import BadCredentials, Busy, Exchange, NotFound, Refused, Trouble
from consent.placeholders import MISSING, BadTemplate

EXCERPT = 500  # characters of an answer that are kept
LATER = frozenset({408, 423, 425, 429})
LONGEST_PATIENCE = timedelta(days=1)  # that a Retry-After is believed

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a system believes about one record: the meaning, and the word it used."""

    value: Meaning
    text: str
    exchange: Exchange


def write(connection: Connection, values: Values) -> Exchange:
    """Write a value. Done means that the system said yes, not that it holds. Raises Refused, Busy."""
    return _ask(connection, "write", values)[0]


def hold(connection: Connection, values: Values, *, is_held: bool) -> Exchange:
    """Ask a system to pause or resume journeys to a number. Raises Refused, Busy."""
    return _ask(connection, "hold" if is_held else "release", values)[0]


def read(connection: Connection, values: Values) -> Found:
    """Ask a system what it believes. Raises Refused, Busy; a record it does not know is an answer."""
    try:
        exchange, document = _ask(connection, "read", values)
    except NotFound as nothing:
        return Found(Meaning(connection.not_found_means), "not found", nothing.exchange)
    found = placeholders.find(placeholders.plain(connection.read_value, values), document)
    if found is MISSING:
        return Found(Meaning(connection.not_found_means), "no value", exchange)
    word = _storable(placeholders.as_word(found))[:80]
    meaning = connection.meaning_of(word)
    if meaning is None:
        raise Refused(f"It was read back as “{word}”, and nobody explained what that means.", exchange)
    return Found(meaning, word, exchange)


def _ask(connection: Connection, operation: str, values: Values) -> tuple[Exchange, Any]:
    """One request and its checked answer, as (what is kept of it, JSON)."""
    secrets: list[str] = []
    request = None
    started = time.monotonic()
    try:
        request = _request(connection, operation, values, secrets)
        answer = client.call(request)
        if answer.status == 401 and connection.auth == Connection.Auth.OAUTH:
            _tokens.forget(connection)  # it may have been taken back before its time
            request = _request(connection, operation, values, secrets)
            answer = client.call(request)
        document = _checked(connection, answer, operation, secrets)
    except Trouble as trouble:
        if not trouble.exchange.request:
            trouble.exchange = _kept(connection, request, trouble.exchange, secrets, started)
        raise
    except BadTemplate as problem:
        raise Refused(f"The request could not be written: {problem}") from problem
    except CannotUnseal as problem:
        raise BadCredentials(str(problem)) from problem
    return _kept(connection, request, Exchange("", answer.status, answer.text), secrets, started), document


def _kept(
    connection: Connection,
    request: Request | None,
    exchange: Exchange,
    secrets: Iterable[str],
    started: float,
) -> Exchange:
    """What is kept of an exchange: no headers of ours but the key's, no secret that an answer repeats."""
    shown = f"{request.method} {request.url}" if request else ""
    if request and connection.key_header and connection.key_header in request.headers:
        shown += f"\n{connection.key_header}: {request.headers[connection.key_header]}"
    if request and request.body:
        shown += f"\n\n{request.body}"
    seconds = round(time.monotonic() - started, 3)
    excerpt = _without(secrets, exchange.excerpt)[:EXCERPT]
    return Exchange(_without(secrets, shown), exchange.code, excerpt, seconds)


def _without(secrets: Iterable[str], text: str) -> str:
    """The text without secrets, however it spells them: some systems repeat what they were told. To be asked of a
    whole text only, because a piece may hold half of one."""
    for secret in secrets:
        for spelt in (secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(spelt, "••••")
    return text


# --- the request ----------------------------------------------------------------------------------------


def _request(connection: Connection, operation: str, values: Values, secrets: list[str]) -> Request:
    path, template = getattr(connection, f"{operation}_path"), getattr(connection, f"{operation}_body")
    url = placeholders.in_address(connection.base_url.rstrip("/") + path, values)
    headers = {name: placeholders.in_header(value, values) for name, value in connection.header_lines()}
    body = ""
    if template:
        is_json = connection.content_type == Connection.ContentType.JSON
        fill = placeholders.in_json if is_json else placeholders.in_form
        body = fill(template, values, connection.literal)
        headers.setdefault("Content-Type", _content_type(is_json))
    if connection.key_header and operation != "read":
        headers[connection.key_header] = values["key"]
    headers |= _credentials(connection, secrets)
    return Request(getattr(connection, f"{operation}_method"), url, headers, body)


def _content_type(is_json: bool) -> str:
    return "application/json" if is_json else "application/x-www-form-urlencoded"


def _credentials(connection: Connection, secrets: list[str]) -> dict[str, str]:
    kind, secret = connection.auth, connection.secret.reveal()
    if kind == Connection.Auth.NONE:
        return {}
    if not secret:
        raise BadCredentials("No secret is stored for this system.")
    secrets.append(secret)
    if kind == Connection.Auth.HEADER:
        return {connection.auth_name: secret}
    if kind == Connection.Auth.BASIC:
        token = base64.b64encode(f"{connection.auth_name}:{secret}".encode()).decode()
        secrets.append(token)
        return {"Authorization": f"Basic {token}"}
    token = secret
    if kind == Connection.Auth.OAUTH:
        token = _tokens.of(connection, secrets)
        secrets.append(token)
    return {"Authorization": f"Bearer {token}"}


class _Tokens:
    """Access tokens of OAuth, kept by this process until shortly before their end."""

    EARLY = 30.0  # seconds

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[tuple[int, int, str], tuple[str, float]] = {}

    def of(self, connection: Connection, secrets: Sequence[str]) -> str:
        key = self._key(connection)
        with self._lock:
            token, ends = self._kept.get(key, ("", 0.0))
            if time.monotonic() < ends:
                return token
            token, seconds = _fetch_token(connection, secrets)
            self._kept[key] = token, time.monotonic() + max(0.0, seconds - self.EARLY)
            return token

    def forget(self, connection: Connection) -> None:
        with self._lock:
            self._kept.pop(self._key(connection), None)

    def _key(self, connection: Connection) -> tuple[int, int, str]:
        return connection.pk, connection.revision, connection.secret.sealed


_tokens = _Tokens()


def _fetch_token(connection: Connection, secrets: Sequence[str]) -> tuple[str, float]:
    """Raises BadCredentials when it is not given, Busy when nobody answers."""
    form = {
        "grant_type": "client_credentials",
        "client_id": connection.auth_name,
        "client_secret": secrets[0],
    }
    headers = {"Content-Type": _content_type(is_json=False)}
    url = placeholders.in_address(connection.token_url, connection.variables)
    try:
        answer = client.call(Request("POST", url, headers, urlencode(form)))
        given = _checked(connection, answer, "token", secrets)
    except Busy as busy:
        # Nothing was written yet, whatever became of the request for a token.
        raise Busy(
            f"No token: {busy}", busy.exchange, retry_after=busy.retry_after, may_have_arrived=False
        ) from busy
    except Refused as no:
        raise BadCredentials(f"No token was given: {no}") from no
    token = given.get("access_token") if isinstance(given, dict) else None
    seconds = given.get("expires_in", 300) if isinstance(given, dict) else 0
    if not isinstance(token, str) or not token:
        raise BadCredentials("No token was given: the answer holds none.")
    return token, float(seconds) if isinstance(seconds, int | float) else 300.0


# --- the answer -----------------------------------------------------------------------------------------


def _checked(connection: Connection, answer: Answer, operation: str, secrets: Iterable[str]) -> Any:
    """The JSON of an answer that means success. Raises Refused, Busy, without the secrets."""
    said = _without(secrets, answer.text)
    code, exchange = answer.status, Exchange("", answer.status, said)
    if code in LATER or code >= 500:
        words = "It asks to come back later" if code in LATER else "It had an error of its own"
        raise Busy(
            f"{words} (HTTP {code}).",
            exchange,
            retry_after=patience(answer.headers.get("retry-after", ""), timezone.now()),
            may_have_arrived=code >= 500 or code == 408,
        )
    if code in {401, 403, 407}:
        raise BadCredentials(f"It does not let us in (HTTP {code}): {_beginning(said)}", exchange)
    if code in {404, 410}:
        raise NotFound(f"It has no such record (HTTP {code}).", exchange)
    if 300 <= code < 400:
        raise Refused(
            f"It sends us elsewhere (HTTP {code}); write the final address into the settings.", exchange
        )
    if not 200 <= code < 300:
        raise Refused(f"It refused (HTTP {code}): {_beginning(said)}", exchange)
    document = _document(connection, answer, operation, exchange)
    error = _error_in(connection, document) if operation != "token" else None
    if error is not None:
        words = _beginning(_without(secrets, error))
        raise Refused(f"It said HTTP {code}, yet its answer tells of an error: {words}", exchange)
    return document


def _document(connection: Connection, answer: Answer, operation: str, exchange: Exchange) -> Any:
    text = answer.text.strip()
    if not text and operation in {"write", "hold", "release"}:
        return None  # 204 and the like
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # ValueError: also of numbers with thousands of digits
        page = (
            "a web page"
            if text[:200].lower().lstrip("\ufeff").startswith(("<!doctype", "<html", "<"))
            else "no JSON"
        )
        if page == "no JSON" and operation in {"write", "hold", "release"} and not connection.error_path:
            return None
        # A login page, or one that tells of maintenance: nobody knows what became of the request.
        raise Busy(
            f"It answered with {page} (HTTP {answer.status}), as a login page would be: is the address right, and "
            "are we let in?",
            exchange,
        ) from None


def _error_in(connection: Connection, document: Any) -> str | None:
    """What an answer says went wrong, where the settings say to look."""
    if not connection.error_path:
        return None
    path, word = error_place(connection.error_path)
    found = placeholders.find(path, document)
    if found is MISSING or (word is None and (not found or found == "0")):
        return None
    if word is not None and placeholders.as_word(found).casefold() != word.casefold():
        return None
    return _storable(placeholders.as_word(found if word is None else document))


def _storable(text: str) -> str:
    """JSON can spell what no database keeps: halves of characters, and zeros."""
    return text.encode("utf-8", errors="replace").decode().replace("\x00", "")


def _beginning(text: str) -> str:
    """The beginning of an answer on one line."""
    return " ".join(text.split())[:200] or "no further words"


def patience(header: str, now: datetime) -> timedelta | None:
    """How long a Retry-After asks to wait: seconds or a date (RFC 9110, 10.2.3). None where it says nothing that can
    be understood; at most a day."""
    header = header.strip()
    if header.isascii() and header.isdecimal() and len(header) < 10:
        return min(timedelta(seconds=int(header)), LONGEST_PATIENCE)
    try:
        at = parsedate_to_datetime(header)
    except (TypeError, ValueError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), LONGEST_PATIENCE)
