"""manage.py measure_text: what messages take on the network, for scripts and for checking by hand."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from consent.management.json_lines import JsonLinesCommand, Unreadable, parsed
from errors.encoding import Encoding, Forcing, forcing, measure


class Command(JsonLinesCommand):
    help = (
        'Reads JSON lines such as {"text": "See you at 5"}, with an "id" if you like. Prints for each, in '
        "order, one JSON line with the encoding (GSM-7 or UCS-2), the segments, the units (septets or UTF-16 "
        "code units), and the characters that force UCS-2: their places, counted from 0, and what may be "
        "written instead. A line that cannot be read gets a line with its error. Ends with 1 if there was any."
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
        text = _text(asked)
    except Unreadable as problem:
        return named | {"line": count, "error": str(problem)}
    found = measure(text)
    forced = forcing(text) if found.encoding is Encoding.UCS_2 else ()
    return named | {
        "encoding": found.encoding,
        "segments": found.segments,
        "units": found.units,
        "forcing": [_forcing(char) for char in forced],
    }


def _forcing(found: Forcing) -> dict[str, Any]:
    return {
        "char": found.char,
        "code": found.code,
        "name": found.name,
        "at": found.at,
        "instead": found.instead,
        "faithful": found.faithful,
    }


def _parsed(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises Unreadable."""
    asked = parsed(line)
    if not isinstance(asked, dict) or "text" not in asked:
        raise Unreadable('"text" is missing; write {"text": the message as it would be sent}')
    return asked


def _text(asked: dict[str, Any]) -> str:
    """Raises Unreadable."""
    value = asked["text"]
    if isinstance(value, str):
        return value
    raise Unreadable(f'"text" is {json.dumps(value)[:40]}; write it as text in quotes')
