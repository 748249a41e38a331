"""manage.py explain_consent: what the rules say about given records, for scripts and for checking by hand."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from consent.management.scenarios import Unreadable, read_scenario
from consent.rules import derive, explain


class Command(BaseCommand):
    help = (
        "Reads JSON lines, each with one number's records (id, now, policy, program, evidence, readings). "
        "Prints for each, in order, one JSON line with status, reason, deciding records, flags and "
        "explanation. A line that cannot be read gets a line with its error. Ends with 1 if there was any."
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
    for count, raw in enumerate(lines, start=1):
        if count == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if raw.strip():
            yield _answer(raw, count)


def _answer(raw: bytes, count: int) -> dict[str, Any]:
    source: Any = None
    try:
        source = _parsed(raw)
        scenario = read_scenario(source)
    except Unreadable as problem:
        known = source.get("id") if isinstance(source, dict) else None
        named = {"id": known} if isinstance(known, str | int) else {}
        return named | {"line": count, "error": str(problem)}
    agreed = derive(scenario.program, scenario.evidence, scenario.beliefs, scenario.policy, scenario.now)
    return {
        "id": scenario.id,
        "status": agreed.status.value,
        "reason": agreed.reason.value,
        "decided_by": list(agreed.decided_by),
        "flags": sorted({finding.code.value for finding in agreed.findings}),
        "explanation": explain(agreed, scenario.program, scenario.evidence, scenario.beliefs),
    }


def _parsed(raw: bytes) -> Any:
    """Raises Unreadable."""
    try:
        return json.loads(raw.decode())
    except UnicodeDecodeError as problem:
        raise Unreadable(f"byte {problem.start + 1}: not UTF-8; save the file as UTF-8") from None
    except json.JSONDecodeError as problem:
        raise Unreadable(
            f"column {problem.colno}: not JSON ({problem.msg}); write one complete object on each line"
        ) from None
    except RecursionError:
        raise Unreadable("not readable: nested too deeply; write one flat object on each line") from None
    except ValueError:
        raise Unreadable("not readable: a number in it is too long; shorten it") from None


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as problem:
        raise CommandError(f"{file}: {problem.strerror}; give a file of JSON lines, or - for input") from None
