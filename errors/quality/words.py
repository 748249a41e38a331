"""Findings about data told to people: what was seen, and what the owner of the record may want to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from errors.catalogue import Category
from errors.models import QualityFinding

Kind = QualityFinding.Kind

_LINES: Final = {
    "FIXED_LINE": "a landline",
    "TOLL_FREE": "a toll-free number, a company's switchboard",
    "PREMIUM_RATE": "a premium-rate number",
    "SHARED_COST": "a service number with shared cost",
    "UAN": "a company's service number",
    "PAGER": "a pager",
    "VOICEMAIL": "a voice mailbox",
}
# Always a suggestion: what stands in the record is its owner's, and may be right.
SUGGESTIONS: Final[Mapping[str, str]] = {
    Kind.NOT_VALID: "Check the number with the person; it may be mistyped.",
    Kind.LINE_TYPE: "Ask the person for a mobile number; keep this one for calls.",
    Kind.FAILED: "Ask the person for their number; texts to this one fail.",
    Kind.UNREACHABLE: "Check whether the number is still theirs; texts have not reached it for days.",
    Kind.WRONG_COUNTRY: "Check the number and the country: one of them may be wrong, or the person moved.",
    Kind.SHARED: "Check whose number it is; a family may share one, or two records may be one person.",
    Kind.SENDERS_DIFFER: "Send the campaign from one sender, so that people know who writes and a STOP reaches it.",
    Kind.OUT_OF_DATE: "Stop the template or renew its date; it speaks of an end that is over.",
}


def seen(kind: str, facts: Mapping[str, Any]) -> str:
    """What was seen, in one sentence."""
    return _SEEN[Kind(kind)](facts)


def _failed(facts: Mapping[str, Any]) -> str:
    category = Category(facts["category"]).label.lower()
    code = f", decided by {facts['code']}" if facts.get("code") else ""
    last = facts["last_at"][:10]
    days = "one day" if facts["days"] == 1 else f"{facts['days']} days"
    return f"{facts['failures']} failed on {days}, the last on {last}: {category}{code}."


def _wrong_country(facts: Mapping[str, Any]) -> str:
    if facts["by"] == "campaign":
        return (
            f"The number is of {facts['region']}; campaign {facts['campaign']} goes to {facts['expected']}."
        )
    return f"The number is of {facts['region']}; what sends to it says {facts['expected']}."


def _senders(facts: Mapping[str, Any]) -> str:
    who = "; ".join(f"{name} ({', '.join(some)})" for name, some in facts["senders"].items())
    return f"To {facts['country'] or 'unknown countries'} it came from {len(facts['senders'])} identities: {who}."


_SEEN: Final = {
    Kind.NOT_VALID: lambda facts: (
        "The number is kept for films and examples: nobody is there."
        if facts["reason"] == "fictitious"
        else "The numbering plan of its country does not know the number."
    ),
    Kind.LINE_TYPE: lambda facts: f"It is {_LINES.get(facts['line_type'], 'a line that takes no texts')}.",
    Kind.FAILED: _failed,
    Kind.UNREACHABLE: lambda facts: (
        f"Not reached on {facts['days']} days, {facts['failures']} times, and nothing was delivered in between; the "
        f"last time on {facts['last_at'][:10]}."
    ),
    Kind.WRONG_COUNTRY: _wrong_country,
    Kind.SHARED: lambda facts: f"{facts['count']} records hold it: {', '.join(facts['records'])}.",
    Kind.SENDERS_DIFFER: _senders,
    Kind.OUT_OF_DATE: lambda facts: (
        f"“{facts['words']}” was over on {facts['over']}; {facts['sends']} sent after that, the last on "
        f"{facts['last_at']}."
    ),
}
