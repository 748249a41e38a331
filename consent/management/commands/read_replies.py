"""manage.py read_replies: how replies to our messages are read, for scripts and for checking by hand."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from consent.replies import read


class Unreadable(ValueError):
    """A line that cannot be answered; the message says why and how to mend it."""


class Command(BaseCommand):
    help = (
        'Reads JSON lines such as {"text": "Stop texting me"}, with an "id" and with our own last message as '
        '{"context": {"last_outbound": "..."}} if you like. Prints for each, in order, one JSON line with the '
        "meaning (stop, start, help, none, unclear), the class that says what is done about it, and its scope. "
        "A line that cannot be read gets a line with its error. Ends with 1 if there was any."
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


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as problem:
        raise CommandError(f"{file}: {problem.strerror}; give a file of JSON lines, or - for input") from None
