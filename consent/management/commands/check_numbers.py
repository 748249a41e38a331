"""manage.py check_numbers: how the importer reads given phone cells, for scripts and for checking by hand."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from consent.management.json_lines import JsonLinesCommand, Unreadable, parsed
from consent.numbers import NumberReader, UnknownRegion


class Command(JsonLinesCommand):
    help = (
        'Reads JSON lines such as {"raw": "(415) 555-0100", "default_region": "US"}, with an "id" if you '
        "like; the region may be null. Prints for each, in order, one JSON line with the number in E.164 "
        "form or the reason why there is none, its type, region and warnings. A line that cannot be read "
        "gets a line with its error. Ends with 1 if there was any."
    )

    def answers(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        return answers(lines)


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One answer for each line that is not blank, in order."""
    reader = NumberReader(None)
    for count, line in enumerate(lines, start=1):
        if line.strip():
            yield _answer(line, count, reader)


def _answer(line: bytes, count: int, reader: NumberReader) -> dict[str, Any]:
    named: dict[str, Any] = {}
    try:
        asked = _parsed(line)
        named = {"id": asked["id"]} if "id" in asked else {}
        cell = reader.read(_text(asked, "raw") or "", _text(asked, "default_region"))
    except (Unreadable, UnknownRegion) as problem:
        return named | {"line": count, "error": str(problem)}
    extension = {"ext": cell.extension} if cell.extension else {}
    return named | {
        "e164": cell.e164,
        "reason": cell.reason,
        "type": cell.line_type,
        "region": cell.region,
        "warnings": list(cell.warnings),
        **extension,
    }


def _parsed(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises Unreadable."""
    asked = parsed(line)
    if not isinstance(asked, dict) or "raw" not in asked:
        raise Unreadable('"raw" is missing; write {"raw": the cell, "default_region": two letters or null}')
    return asked


def _text(asked: dict[str, Any], key: str) -> str | None:
    """Raises Unreadable."""
    value = asked.get(key)
    if value is None or isinstance(value, str):
        return value
    raise Unreadable(f'"{key}" is {json.dumps(value)[:40]}; write it as text in quotes, or null')
