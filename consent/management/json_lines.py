"""Commands for scripts: JSON lines in, one JSON line out for each, in order, never stopping at a bad one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backoffice import strict_json
from backoffice.asked import Unreadable

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class JsonLinesCommand(BaseCommand):
    """Prints an answer to each line of a file or of standard input; ends with 1 if one of them is an error.

    A command says what every object must have, and answers one of them."""

    requires_system_checks: list[str] = []
    needs = ""  # the key without which a line asks nothing; "": `answer` looks for itself
    form = ""  # how such a line is written, for people who left it out

    def answer(self, asked: Any) -> dict[str, Any]:
        """The answer to what stands on one line. Raises Unreadable."""
        raise NotImplementedError

    def answers(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """One answer for each line that is not blank, in order; an "id" comes back with it."""
        for count, line in enumerate(lines, start=1):
            if line.removeprefix(BYTE_ORDER_MARK).strip():
                yield self._answered(line, count)

    def _answered(self, line: bytes, count: int) -> dict[str, Any]:
        named: dict[str, Any] = {}
        try:
            asked = parsed(line)
            if isinstance(asked, dict) and isinstance(asked.get("id"), str | int):
                named = {"id": asked["id"]}
            if self.needs and (not isinstance(asked, dict) or self.needs not in asked):
                raise Unreadable(f'"{self.needs}" is missing; write {self.form}')
            return named | self.answer(asked)
        except Unreadable as problem:
            return named | {"line": count, "error": str(problem)}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="JSON lines in UTF-8; - reads standard input"
        )

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        failed = False
        with _opened(file) as lines:
            for answer in self.answers(lines):
                failed = failed or "error" in answer
                self.stdout.write(json.dumps(answer))
        if failed:
            sys.exit(1)


def parsed(line: bytes) -> Any:
    """What stands on a line, read strictly. Raises Unreadable."""
    try:
        return strict_json.read(line)
    except strict_json.NotStrict as problem:
        raise Unreadable(_words(problem)) from None


def _words(problem: strict_json.NotStrict) -> str:
    """What is wrong with a line, and how to mend it: where in the line is told, because it has no lines of its own."""
    match problem.__cause__:
        case UnicodeDecodeError() as undecoded:
            return f"byte {undecoded.start + 1}: not UTF-8; save the file as UTF-8"
        case json.JSONDecodeError() as cut:
            return f"column {cut.colno}: not JSON ({cut.msg}); write one complete object on each line"
    return f"not readable: {problem}; write one flat object on each line, each name in it once"


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as problem:
        raise CommandError(f"{file}: {problem.strerror}; give a file of JSON lines, or - for input") from None
