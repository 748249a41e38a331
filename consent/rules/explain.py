"""The agreed status in plain words, for the people who answer for it."""

from __future__ import annotations

from collections.abc import Sequence

from consent.ledger import Belief, Evidence, ProgramTerms, SystemKind
from consent.rules.agreed import Agreed, Reason
from consent.rules.codes import CODES, Status
from consent.rules.doubts import about
from consent.rules.mismatches import fact_of
from consent.rules.words import fact_words, moment_words, record_words, sentence

_VERDICT = {
    Status.OPTED_IN: "Opted in: {program} may text this number",
    Status.OPTED_OUT: "Opted out: {program} must not text this number",
    Status.OPTED_OUT_PRESUMED: "Presumed opted out: {program} must not text this number",
    Status.PENDING: "Pending: {program} must not text this number yet",
    Status.EXPIRED: "Expired: {program} must not text this number any more",
    Status.NO_CONSENT: "No consent: {program} must not text this number",
}

_WAY_BACK = {
    Status.OPTED_OUT: "Only a message from the phone itself, such as START, can end this.",
    Status.OPTED_OUT_PRESUMED: "A later consent with proof ends this, or a documented void by two people.",
    Status.NO_CONSENT: "A consent with its wording and its time would change this.",
    Status.EXPIRED: "A new consent would change this.",
}


SHOWN = 5  # records told one by one


def explain(
    agreed: Agreed, program: ProgramTerms, evidence: Sequence[Evidence], beliefs: Sequence[Belief]
) -> str:
    """Status, the facts behind it, what was set aside, what the systems say, and everything that is wrong."""
    parts = [
        f"{_VERDICT[agreed.status].format(program=program.code)}, because {fact_words(fact_of(agreed))}.",
        *_details(agreed, program),
        *_set_aside(agreed, evidence),
        *agreed.notes,
        *_systems(beliefs),
        *(f"{CODES[f.code].title} ({f.code}): {sentence(f)}" for f in agreed.findings),
    ]
    if agreed.recheck_at is not None:
        parts.append(f"Time alone may change this on {moment_words(agreed.recheck_at.isoformat())}.")
    return " ".join(parts)


def _details(agreed: Agreed, program: ProgramTerms) -> list[str]:
    """What else decided it, and what would change it."""
    details = [f"Also on record: {record_words(about(e))}." for e in agreed.deciding[1:]]
    if agreed.reason is Reason.DOUBLE_OPT_IN:
        days = program.double_opt_in_days
        details.append(f"This program waits for a YES from the phone, for {days} days.")
    elif agreed.status in _WAY_BACK:
        details.append(_WAY_BACK[agreed.status])
    return details


def _set_aside(agreed: Agreed, evidence: Sequence[Evidence]) -> list[str]:
    """The other records, latest arrival first; a long history is cut short."""
    others = {e.id: e for e in evidence if e.id not in agreed.decided_by}
    if not others:
        return []
    latest = sorted(others.values(), key=lambda e: (e.received_at, e.id), reverse=True)
    told = [record_words(about(e)) for e in latest[:SHOWN]]
    if len(latest) > SHOWN:
        told.append(f"{len(latest) - SHOWN} more")
    return [f"Set aside: {'; '.join(told)}."]


def _systems(beliefs: Sequence[Belief]) -> list[str]:
    told = sorted(f"{b.system} “{b.value}”" for b in beliefs if b.kind is not SystemKind.SEND)
    return [f"The systems say: {', '.join(told)}."] if told else []
