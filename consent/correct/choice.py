"""What a reviewer can choose, what each choice must bring along, and why one may be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.files.base import File

from consent.ledger import Precision
from consent.models import Decision, Flag, Number, Program, ReasonCode, Wording

ALWAYS_TWO = frozenset({Decision.PROOF, Decision.VOID})  # they can end in messages being sent
LONGEST_WAIVER = timedelta(days=365)


class Refused(Exception):
    """The decision cannot be taken; the message says why, and what to do instead."""


class StopStands(Refused):
    """Only the phone itself ends a STOP. The attempt is on record."""


class NothingToWrite(Refused):
    """Every system says what is agreed already, or will as soon as it is given what waits for it."""


class SamePerson(Refused):
    """The second person has to be another one."""


class TooLate(Refused):
    """It has left the house, or somebody went on from it."""


class Moment(NamedTuple):
    """When something happened, as staff know it. `at` None: unknown."""

    at: datetime | None
    precision: Precision = Precision.SECOND
    text: str = ""
    zone: str = ""


NO_MOMENT = Moment(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reviewer chose. The fields below `proof_link` belong to one decision each."""

    decision: Decision
    reason: ReasonCode
    words: str = ""
    proof: File[bytes] | None = None
    proof_link: str = ""
    moment: Moment = NO_MOMENT  # REVOKE, PROOF: when the person said or signed it
    channel: str = ""  # REVOKE: call, e-mail …
    reference: str = ""  # REVOKE: ticket or call id; with one it counts like a STOP
    said: str = ""  # REVOKE: the person's own words
    for_all_programs: bool = True  # REVOKE
    for_whole_person: bool = False  # REVOKE: every number we know of the person
    wording: Wording | None = None  # PROOF: the text that was agreed to
    voids: str = ""  # VOID: "c12" a record, "r34" what a system said
    until: datetime | None = None  # WAIVE
    to: User | None = None  # ESCALATE

    @property
    def needs_two(self) -> bool:
        return self.decision in ALWAYS_TWO or self.reason.needs_second_person


class Seen(NamedTuple):
    """What the reviewer's page showed: a decision counts only for that."""

    version: int
    fingerprint: str


class Subject(NamedTuple):
    """What a decision is about. Without a flag it is one that needs none, e.g. a revocation by telephone."""

    number: Number | None
    program: Program | None
    flag: Flag | None = None

    @classmethod
    def of(cls, flag: Flag) -> Subject:
        return cls(flag.number, flag.program, flag)


def check_complete(choice: Choice, now: datetime) -> None:
    """Raises Refused for what the rules of documentation demand and the choice does not bring."""
    reason = choice.reason
    if reason.decision != choice.decision or not reason.is_active:
        raise Refused(f"“{reason.label}” is not a reason for this decision; choose one from the list.")
    # Whatever may end in messages being sent, or in nothing being done, is explained in words.
    explained = choice.decision in {*ALWAYS_TWO, Decision.WAIVE, Decision.ESCALATE}
    if (reason.needs_words or explained) and not choice.words.strip():
        raise Refused("Say in a sentence why; it stays on record.")
    has_proof = choice.proof is not None or choice.proof_link
    if (reason.needs_proof or choice.decision == Decision.PROOF) and not has_proof:
        raise Refused("Attach the proof as a file, or link to where it is kept.")
    if choice.decision == Decision.PROOF and (choice.wording is None or choice.moment.at is None):
        raise Refused("Say when the person agreed and to which text; without both it proves nothing.")
    if choice.decision == Decision.VOID and not choice.voids:
        raise Refused("Choose what to void.")
    if choice.moment.at is not None and choice.moment.at > now:
        raise Refused("The time lies in the future; write when it happened.")
    if choice.decision == Decision.WAIVE:
        _check_waiver(choice.until, now)


def _check_waiver(until: datetime | None, now: datetime) -> None:
    if until is None or until <= now:
        raise Refused("Say until which day it is waived, from today on; a waiver always ends.")
    # In days of the clock that the day was named on: the last one counts to its end.
    if until.date() > now.astimezone(until.tzinfo).date() + LONGEST_WAIVER:
        raise Refused("A flag is waived for at most a year; look at it again then.")


_TIME = {"at", "precision", "time_text", "zone"}
_DETAILS: dict[str, set[str]] = {
    Decision.ALIGN: set(),
    Decision.REVOKE: {*_TIME, "channel", "reference", "said", "for_all_programs", "for_whole_person"},
    Decision.PROOF: {*_TIME, "wording"},
    Decision.VOID: {"voids"},
    Decision.WAIVE: {"until"},
    Decision.ESCALATE: {"to"},
}


def details_of(choice: Choice) -> dict[str, Any]:
    moment = choice.moment
    details = {
        "at": moment.at.isoformat() if moment.at else None,
        "precision": moment.precision.value,
        "time_text": moment.text,
        "zone": moment.zone,
        "channel": choice.channel,
        "reference": choice.reference.strip(),
        "said": choice.said.strip(),
        "for_all_programs": choice.for_all_programs,
        "for_whole_person": choice.for_whole_person,
        "wording": choice.wording.pk if choice.wording else None,
        "voids": choice.voids,
        "until": choice.until.isoformat() if choice.until else None,
        "to": choice.to.pk if choice.to else None,
    }
    return {name: value for name, value in details.items() if name in _DETAILS[choice.decision]}
