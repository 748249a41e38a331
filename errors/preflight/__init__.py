"""Before the send: one message against the rules in force, and everything that is wrong with it.

message, rules → number, sender, words, time, consent, repetitions → findings
"""

from errors.preflight.check import check, check_around, check_words
from errors.preflight.findings import Code, Finding, Severity, Verdict, in_words, verdict
from errors.preflight.message import Consent, Media, Message, Outcome, Purpose, Sent
from errors.preflight.rules import (
    BadRule,
    Kind,
    Rule,
    RuleBook,
    Standing,
    rules_in,
    rules_on,
    written_rules,
)

__all__ = [
    "BadRule",
    "Code",
    "Consent",
    "Finding",
    "Kind",
    "Media",
    "Message",
    "Outcome",
    "Purpose",
    "Rule",
    "RuleBook",
    "Sent",
    "Severity",
    "Standing",
    "Verdict",
    "check",
    "check_around",
    "check_words",
    "in_words",
    "rules_in",
    "rules_on",
    "verdict",
    "written_rules",
]
