"""manage.py check_numbers: how the importer reads given phone cells, for scripts and for checking by hand."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from consent.numbers import NumberReader, UnknownRegion


class Unreadable(ValueError):
    """A line that cannot be answered; the message says why and how to mend it."""


class Command(BaseCommand):
    help = (
        'Reads JSON lines such as {"raw": "(415) 555-0100", "default_region": "US"}, with an "id" if you '
        "like; the region may be null. Prints for each, in order, one JSON line with the number in E.164 "
        "form or the reason why there is none, its type, region and warnings. A line that cannot be read "
        "gets a line with its error. Ends with 1 if there was any."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="JSON lines in UTF-8; - reads standard input"
        )

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        failed = False
        with _opened(file) as lines:
            for answer in answers(lines):
                failed = failed or "error" in answer
                self.stdout.write(json.dumps(answer))
        if failed:
            sys.exit(1)


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
    try:
        asked = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise Unreadable(f"byte {problem.start + 1}: not UTF-8; save the file as UTF-8") from None
    except json.JSONDecodeError as problem:
        raise Unreadable(
            f"column {problem.colno}: not JSON ({problem.msg}); write one complete object on each line"
        ) from None
    except (RecursionError, ValueError):
        raise Unreadable(
            "nested too deeply or a number too long; write one flat object on each line"
        ) from None
    if not isinstance(asked, dict) or "raw" not in asked:
        raise Unreadable('"raw" is missing; write {"raw": the cell, "default_region": two letters or null}')
    return asked


def _text(asked: dict[str, Any], key: str) -> str | None:
    """Raises Unreadable."""
    value = asked.get(key)
    if value is None or isinstance(value, str):
        return value
    raise Unreadable(f'"{key}" is {json.dumps(value)[:40]}; write it as text in quotes, or null')


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        lines = Path(file).open("rb")  # noqa: SIM115 - only opening may fail here; it is closed below
    except OSError as problem:
        raise CommandError(f"{file}: {problem.strerror}; give a file of JSON lines, or - for input") from None
    with lines:
        yield lines
