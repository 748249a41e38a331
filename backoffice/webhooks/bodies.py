"""The two forms of body that providers send, read strictly: what two readers could read differently is refused."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from backoffice.webhooks.shapes import Call, Unreadable

DEEPEST = 40  # levels of brackets; providers use five
MOST_FIELDS = 500
_BARE_NUMBER = re.compile(r"[1-9][0-9]{7,14}")


def json_of(call: Call) -> Any:
    """The body as JSON. Raises Unreadable for a name that stands twice, NaN, brackets without end, no JSON at all."""
    try:
        text = call.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The body is not UTF-8.") from error
    _check_depth(text)
    try:
        return json.loads(text, object_pairs_hook=_each_name_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is not JSON: {str(error)[:120]}.") from error


def object_of(call: Call) -> dict[str, Any]:
    found = json_of(call)
    if not isinstance(found, dict):
        raise Unreadable("The body should be one JSON object.")
    return found


def _check_depth(text: str) -> None:
    """More brackets than anybody needs are refused before the parser meets them."""
    depth = 0
    for bracket in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        if bracket[0] in "[{":
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(f"The body has brackets within brackets, more than {DEEPEST} deep.")
        elif bracket[0] in "]}":
            depth -= 1


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"The body says “{twice[:40]}” twice.")
    return found


def _no_number(name: str) -> NoReturn:
    raise Unreadable(f"The body has {name} where a number should be.")


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
    """The fields of a form or of a flat JSON object, by name; of a field given twice the first. Raises Unreadable."""
    if is_json(call):
        return {name: text_of(value) for name, value in object_of(call).items()}
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
