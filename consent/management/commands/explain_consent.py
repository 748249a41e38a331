"""manage.py explain_consent: what the rules say about given records, for scripts and for checking by hand."""

from __future__ import annotations

from typing import Any

from consent.management.json_lines import JsonLinesCommand
from consent.management.scenarios import read_scenario
from consent.rules import derive, explain


class Command(JsonLinesCommand):
    help = (
        "Reads JSON lines, each with one number's records (id, now, policy, program, evidence, readings). "
        "Prints for each, in order, one JSON line with status, reason, deciding records, flags and "
        "explanation. A line that cannot be read gets a line with its error. Ends with 1 if there was any."
    )

    def answer(self, asked: Any) -> dict[str, Any]:
        scenario = read_scenario(asked)
        agreed = derive(scenario.program, scenario.evidence, scenario.beliefs, scenario.policy, scenario.now)
        return {
            "id": scenario.id,
            "status": agreed.status.value,
            "reason": agreed.reason.value,
            "decided_by": list(agreed.decided_by),
            "flags": sorted({finding.code.value for finding in agreed.findings}),
            "explanation": explain(agreed, scenario.program, scenario.evidence, scenario.beliefs),
        }
