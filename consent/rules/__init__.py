"""Who may be texted, why, and which system believes otherwise. Pure: facts in, status and findings out.

weigh (which records count) → ruling (precedence) → doubts (the ledger's own) → derive;
mismatches compares with the systems; explain says it all in plain words.
"""

from consent.rules.agreed import RULES_VERSION, Agreed, Background, Reason, Silence
from consent.rules.codes import CODES, Code, CodeFacts, Severity, Status
from consent.rules.derive import agree, derive, with_findings
from consent.rules.explain import explain
from consent.rules.findings import Finding, fingerprint
from consent.rules.mismatches import compare
from consent.rules.overdue import due_by
from consent.rules.words import sentence

__all__ = [
    "CODES",
    "RULES_VERSION",
    "Agreed",
    "Background",
    "Code",
    "CodeFacts",
    "Finding",
    "Reason",
    "Severity",
    "Silence",
    "Status",
    "agree",
    "compare",
    "derive",
    "due_by",
    "explain",
    "fingerprint",
    "sentence",
    "with_findings",
]
