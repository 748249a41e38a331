"""The two forms of body that providers send, read strictly."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from backoffice import strict_json
from backoffice.webhooks.shapes import Call, Unreadable

MOST_FIELDS = 500
_BARE_NUMBER = re.compile(r"[1-9][0-9]{7,14}")


def json_of(call: Call) -> Any:
    """The body as JSON, halves of emoji as question marks: no database keeps them, and a STOP may stand before one.
    Raises Unreadable for anything that is no strict JSON."""
    try:
        found = strict_json.read(call.body)
    except strict_json.NotStrict as error:
        raise Unreadable(f"The body cannot be read as JSON: {error}.") from error
    return json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))


def object_of(call: Call) -> dict[str, Any]:
    found = json_of(call)
    if not isinstance(found, dict):
        raise Unreadable("The body should be one JSON object.")
    return found


def pairs_of(call: Call) -> list[tuple[str, str]]:
    """The fields of a form: those of the body, of a GET those behind the "?". Raises Unreadable."""
    text: str | bytes = call.query if call.http_method == "GET" else call.body
    try:
        text = text.decode() if isinstance(text, bytes) else text
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except (UnicodeDecodeError, ValueError) as error:
        raise Unreadable(f"The fields of the form cannot be read: {str(error)[:120]}.") from error


def is_json(call: Call) -> bool:
    return call.http_method != "GET" and "json" in call.headers.get("content-type", "").casefold()


def fields_of(call: Call) -> dict[str, str]:
    """The fields of a form or of a flat JSON object, by name, with the spaces around them: they are signed as well. Of
    a field given twice the first. Raises Unreadable."""
    if is_json(call):
        fields = object_of(call).items()
        return {name: value if isinstance(value, str) else text_of(value) for name, value in fields}
    found: dict[str, str] = {}
    for name, value in pairs_of(call):
        found.setdefault(name, value)
    return found


def text_of(value: Any) -> str:
    """A JSON value as text: a number keeps its digits, anything with parts of its own counts as missing."""
    if isinstance(value, bool) or value is None:
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def inner(value: Any, *path: str | int) -> Any:
    """What stands at a path of names and places; None where it leads nowhere."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def address_of(text: str) -> str:
    """A phone number that was written with its country code and without the plus; anything else as it is."""
    text = text.strip()
    return f"+{text}" if _BARE_NUMBER.fullmatch(text) else text


def moment_of(text: str) -> datetime | None:
    """A time in one of the spellings of ISO 8601, without a zone in UTC; None where there is none to be read."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    try:
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).replace(microsecond=0)
    except OverflowError:
        return None


def epoch_of(text: str) -> datetime | None:
    """A time in seconds since 1970; None where it is none."""
    if not re.fullmatch(r"[0-9]{9,11}", text.strip()):
        return None
    return datetime.fromtimestamp(int(text), UTC)
