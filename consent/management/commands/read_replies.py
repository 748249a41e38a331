"""manage.py read_replies: how replies to our messages are read, for scripts and for checking by hand."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from consent.management.json_lines import JsonLinesCommand, Unreadable, parsed
from consent.replies import read


class Command(JsonLinesCommand):
    help = (
        'Reads JSON lines such as {"text": "Stop texting me"}, with an "id" and with our own last message as '
        '{"context": {"last_outbound": "..."}} if you like. Prints for each, in order, one JSON line with the '
        "meaning (stop, start, help, none, unclear), the class that says what is done about it, and its scope. "
        "A line that cannot be read gets a line with its error. Ends with 1 if there was any."
    )

    def answers(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        return answers(lines)


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One answer for each line that is not blank, in order."""
    for count, line in enumerate(lines, start=1):
        if line.strip():
            yield _answer(line, count)


def _answer(line: bytes, count: int) -> dict[str, Any]:
    named: dict[str, Any] = {}
    try:
        asked = _parsed(line)
        named = {"id": asked["id"]} if "id" in asked else {}
        reply = read(_text(asked, "text"), last_outbound=_last_outbound(asked))
    except Unreadable as problem:
        return named | {"line": count, "error": str(problem)}
    return named | {"meaning": reply.meaning, "class": reply.klass, "scope": reply.scope}


def _parsed(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises Unreadable."""
    asked = parsed(line)
    if not isinstance(asked, dict) or "text" not in asked:
        raise Unreadable(
            '"text" is missing; write {"text": the reply as received, or null for an empty body}'
        )
    return asked


def _last_outbound(asked: dict[str, Any]) -> str:
    """Raises Unreadable."""
    context = asked.get("context") or {}
    if not isinstance(context, dict):
        raise Unreadable('"context" is no object; write {"last_outbound": our last message}, or leave it out')
    return _text(context, "last_outbound")


def _text(asked: dict[str, Any], key: str) -> str:
    """A text, empty if it is null or missing. Raises Unreadable."""
    value = asked.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    raise Unreadable(f'"{key}" is {json.dumps(value)[:40]}; write it as text in quotes, or null')
