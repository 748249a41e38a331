"""manage.py find_patterns: which sends of a log fail more than they should, for scripts and for checking by hand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from errors.patterns import Found, Limits, Pattern, find, sentence
from errors.patterns.send_log import COLUMNS, SendLog, UnreadableLog, read


class Command(BaseCommand):
    help = (
        "Reads CSV logs of sends with the columns "
        + ", ".join(COLUMNS)
        + " and prints the patterns: combinations of one to three values whose sends fail more than expected, "
        "most important first. undelivered and failed count as failures, delivered and read as successes, lines "
        "with any other status are left apart. Without --baseline a value is compared with the rest of the file."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        limits = Limits()
        parser.add_argument("--current", type=Path, required=True, help="the log to look at")
        parser.add_argument("--baseline", type=Path, help="a log of before, to learn what is usual")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")
        parser.add_argument(
            "--min-excess",
            type=float,
            help="failures above what is expected that make a pattern; "
            f"otherwise {limits.min_excess:g} or {limits.min_share:.2%}% of the attempts, whichever is more",
        )
        parser.add_argument(
            "--min-ratio",
            type=float,
            default=limits.min_ratio,
            help=f"failures over expected ones that make a pattern; otherwise {limits.min_ratio:g}",
        )

    def handle(self, *args: Any, current: Path, baseline: Path | None, **options: Any) -> None:
        began = time.monotonic()
        limits = _limits(options["min_excess"], options["min_ratio"])
        log = _read(current)
        before = _read(baseline) if baseline else None
        found = find(log.counts, before.counts if before else None, limits=limits)
        seconds = time.monotonic() - began
        if options["json"]:
            self.stdout.write(json.dumps(_answer(found, log, before, seconds), ensure_ascii=False))
            return
        for pattern in found.patterns:
            self.stdout.write(sentence(pattern))
        if not found.patterns:
            self.stdout.write("No pattern: nothing fails more than expected.")
        self.stdout.write(found.remark)


def _limits(min_excess: float | None, min_ratio: float) -> Limits:
    if min_excess is not None and not min_excess >= 1:
        raise CommandError(f"--min-excess {min_excess:g}: give a number of failures, 1 or more.")
    if not min_ratio > 1:
        raise CommandError(
            f"--min-ratio {min_ratio:g}: give a number above 1; at 1 everything is as expected."
        )
    if min_excess is None:
        return Limits(min_ratio=min_ratio)
    return Limits(min_excess=min_excess, min_share=0, min_ratio=min_ratio)


def _read(path: Path) -> SendLog:
    try:
        return read(path)
    except UnreadableLog as problem:
        raise CommandError(str(problem)) from problem
    except OSError as problem:
        raise CommandError(f"{path}: {problem.strerror}; give a CSV file.") from problem


def _answer(found: Found, log: SendLog, before: SendLog | None, seconds: float) -> dict[str, Any]:
    return {
        "patterns": [_plain(pattern) for pattern in found.patterns],
        "compared_with": found.compared_with.value,
        "remark": found.remark,
        "drift": round(found.drift, 4),
        "tests": found.tests,
        "current": _lines(log),
        "baseline": _lines(before) if before else None,
        "seconds": round(seconds, 3),
    }


def _plain(pattern: Pattern) -> dict[str, Any]:
    return {
        "attributes": pattern.attributes,
        "same_as": pattern.same_as,
        "error_code": pattern.error_code,
        "attempts": pattern.attempts,
        "failures": pattern.failures,
        "expected": round(pattern.expected, 2),
        "excess": round(pattern.excess, 2),
        "lift": round(pattern.lift, 3),
        "p_value": pattern.p_value,
        "rate_interval": [round(bound, 6) for bound in pattern.interval],
        "sentence": sentence(pattern),
    }


def _lines(log: SendLog) -> dict[str, int]:
    return {
        "lines": log.lines,
        "settled": len(log.counts.attempts),
        "failures": int(log.counts.failures.sum()),
        "unsettled": log.unsettled,
        "repeated": log.repeated,
        "timeless": log.timeless,
    }
