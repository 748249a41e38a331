"""manage.py explain_consent: what the rules say about given records, for scripts and for checking by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from consent.management.json_lines import JsonLinesCommand, Unreadable, parsed
from consent.management.scenarios import read_scenario
from consent.rules import derive, explain


class Command(JsonLinesCommand):
    help = (
        "Reads JSON lines, each with one number's records (id, now, policy, program, evidence, readings). "
        "Prints for each, in order, one JSON line with status, reason, deciding records, flags and "
        "explanation. A line that cannot be read gets a line with its error. Ends with 1 if there was any."
    )

    def answers(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        return answers(lines)


def answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One answer for each line that is not blank, in order."""
    for count, raw in enumerate(lines, start=1):
        if raw.removeprefix(b"\xef\xbb\xbf").strip():
            yield _answer(raw, count)


def _answer(raw: bytes, count: int) -> dict[str, Any]:
    source: Any = None
    try:
        source = parsed(raw)
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
