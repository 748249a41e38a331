"""When a text may be drafted for a person, and through which channel it may reach them.

Whoever said STOP gets no text at all: only the instruction to text START, by another channel. One confirmation of an
opt-out may follow within five minutes (47 CFR 64.1200(a)(12)); after that, and where the number is somebody else's, a
text would be one more message to a person who did not want it. No text asks for consent that nobody can prove.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from consent.rules import Reason, Status

LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French"}
CONFIRM_WITHIN = timedelta(minutes=5)


class Situation(StrEnum):
    PENDING = "pending"
    EXPIRED = "expired"
    PRESUMED = "presumed"
    WRONG_NUMBER = "wrong_number"
    START_HOW = "start_how"
    STOP_CONFIRMED = "stop_confirmed"
    START_CONFIRMED = "start_confirmed"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_drafted(self) -> bool:
        """Whether it is drafted for single people; the platform itself sends the two confirmations."""
        return self not in {Situation.STOP_CONFIRMED, Situation.START_CONFIRMED}

    @property
    def by_text(self) -> bool:
        """Whether it may ever go out as a text."""
        return self not in {Situation.WRONG_NUMBER, Situation.START_HOW}


_LABELS = {
    Situation.PENDING: "Waits for the YES from the phone",
    Situation.EXPIRED: "Consent has run out",
    Situation.PRESUMED: "Presumed opted out",
    Situation.WRONG_NUMBER: "Wrong number",
    Situation.START_HOW: "Said STOP and wants the messages back",
    Situation.STOP_CONFIRMED: "Confirmation of a STOP",
    Situation.START_CONFIRMED: "Confirmation of a START",
}


class Channel(StrEnum):
    TEXT = "text"
    OTHER = "e-mail or call"


class Refusal(Exception):
    """No draft for this person; the message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one person stands with one program. `since`: when the revocation or request was received. `region` is the
    number's country. `is_held`: automated messages are paused by an open flag. `has_news`: something arrived that is
    not weighed yet; it may be a STOP. `is_stale`: the time for the YES that confirms a sign-up has passed."""

    status: Status
    reason: Reason
    since: datetime | None = None
    is_held: bool = False
    region: str = ""
    has_news: bool = False
    is_stale: bool = False


_FITS: dict[Situation, str] = {
    Situation.PENDING: "nobody waits for a YES from this phone",
    Situation.EXPIRED: "the consent has not run out",
    Situation.PRESUMED: "nothing presumes that this person opted out",
    Situation.WRONG_NUMBER: "nothing says that the number is somebody else's",
    Situation.START_HOW: "there is no STOP that a START would end",
}


def channel_for(situation: Situation, standing: Standing, now: datetime) -> Channel:
    """Through what a draft of this situation may reach the person. Raises Refusal."""
    if not situation.is_drafted:
        raise Refusal(
            "The messaging platform sends this one by itself, right after the word; set its text there."
        )
    _check_fits(situation, standing)
    channel = _channel(situation, standing, now)
    if channel is Channel.TEXT and standing.is_held:
        raise Refusal("Messages to this number are paused by an open flag; settle that first.")
    if channel is Channel.TEXT and standing.has_news:
        raise Refusal("Something new about this number is not weighed yet; look again in a minute.")
    return channel


def _channel(situation: Situation, standing: Standing, now: datetime) -> Channel:
    if not situation.by_text:
        return Channel.OTHER
    if situation is Situation.PRESUMED:
        recent = standing.since is not None and timedelta(0) <= now - standing.since <= CONFIRM_WITHIN
        return Channel.TEXT if recent else Channel.OTHER
    if situation is Situation.EXPIRED and (standing.region == "CA" or standing.reason is Reason.IMPLIED):
        # CASL: a text that asks for consent is itself a commercial message. Implied consent that has ended, anywhere,
        # leaves nothing that permits one.
        return Channel.OTHER
    return Channel.TEXT


def _check_fits(situation: Situation, standing: Standing) -> None:
    said_stop = standing.status is Status.OPTED_OUT or standing.reason is Reason.NEEDS_HANDSET_START
    if said_stop and situation is not Situation.START_HOW:
        raise Refusal(
            "This person said STOP. Only the instruction to text START may be given, by e-mail or on the phone, if "
            "they ask for it."
        )
    if standing.status is Status.NO_CONSENT and situation is not Situation.WRONG_NUMBER:
        raise Refusal("There is no proof of consent; do not text to ask. Use a form, an e-mail or a call.")
    if standing.is_stale and situation is Situation.PENDING:
        raise Refusal(
            "The time to confirm this sign-up has passed, so it is closed without another text. Whoever still wants "
            "the messages signs up again."
        )
    if not _fits(situation, standing, said_stop=said_stop):
        raise Refusal(f"This text does not fit: {_FITS[situation]}.")


def _fits(situation: Situation, standing: Standing, *, said_stop: bool) -> bool:
    strangers = {Reason.WRONG_NUMBER, Reason.NUMBER_REASSIGNED, Reason.RND, Reason.DEACTIVATED}
    match situation:
        case Situation.PENDING:
            return standing.status is Status.PENDING
        case Situation.EXPIRED:
            return standing.status is Status.EXPIRED
        case Situation.PRESUMED:
            return standing.status is Status.OPTED_OUT_PRESUMED and standing.reason not in strangers
        case Situation.WRONG_NUMBER:
            return standing.reason in strangers
        case _:
            return said_stop
