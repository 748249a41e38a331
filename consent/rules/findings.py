"""One thing that is wrong, as a value: comparable, storable, recognised when it is found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.rules.codes import CODES, Code, Severity

Plain = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one number and program, and what shows it.

    `evidence` holds ledger ids, sorted; `params` the plain values (strings, numbers, ISO times) that the
    sentence needs. Nothing in a finding changes by the passing of time alone.
    """

    code: Code
    severity: Severity
    system: str | None = None
    record: str | None = None
    evidence: tuple[str, ...] = ()
    params: Mapping[str, Plain] = field(default_factory=dict)

    def by_harm(self) -> tuple[str, ...]:
        """Worst first, then in an order that is always the same."""
        return (self.severity, self.code, self.system or "", self.record or "", *self.evidence)


def found(
    code: Code,
    params: Mapping[str, Plain] | None = None,
    *,
    system: str | None = None,
    record: str | None = None,
    evidence: tuple[str, ...] = (),
    severity: Severity | None = None,
) -> Finding:
    """A finding with the severity of its code unless told otherwise."""
    return Finding(
        code=code,
        severity=severity or CODES[code].severity,
        system=system,
        record=record or None,
        evidence=tuple(sorted(evidence)),
        params=params or {},
    )


# Say more about what is known already: nothing new for whoever has judged it.
_BESIDE = frozenset({"arrived"})


def fingerprint(finding: Finding) -> str:
    """64 hexadecimal digits that change when, and only when, what the finding says or rests on changes."""
    said = [
        finding.code,
        finding.system,
        finding.record,
        sorted(finding.evidence),
        sorted((name, value) for name, value in finding.params.items() if name not in _BESIDE),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()
