"""The nouns of reading a reply: what it means, what is done about it, how far that reaches, and what decided it."""

from dataclasses import dataclass
from enum import StrEnum


class Meaning(StrEnum):
    """What the person said, read as a reasonable person would (47 CFR 64.1200(a)(10))."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    NONE = "none"
    UNCLEAR = "unclear"


class ReplyClass(StrEnum):
    """What is done about a reply.

    The three revocations act at once. START is an opt-in word; YES counts as consent only where it answers our own
    open question. REVIEW only pauses automated journeys until a person has looked. It comes with the meaning UNCLEAR,
    with NONE when an opt-out word stands in an ordinary sentence ("cancel my appointment"), and with START when the
    wish for texts is in plain language: enough to ask for the word START, no proof of consent.
    """

    REVOKE_EXPLICIT = "REVOKE_EXPLICIT"
    REVOKE_LIKELY = "REVOKE_LIKELY"
    WRONG_NUMBER = "WRONG_NUMBER"
    REVIEW = "REVIEW"
    START = "START"
    YES = "YES"
    HELP = "HELP"
    NONE = "NONE"


class ReplyScope(StrEnum):
    """How far a reply reaches: every program, or the programs that share the sender it was sent to."""

    ALL = "*"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, read.

    `matched` is the piece of the folded text that decided, empty when nothing did; a person's name in it reads NAME.
    `why` is a sentence for the page's explanation. Reviews, calls for help and replies that say nothing about consent
    have no scope.
    """

    meaning: Meaning
    klass: ReplyClass
    scope: ReplyScope | None
    matched: str
    why: str


def explicit(matched: str, why: str, *, scope: ReplyScope = ReplyScope.SENDER) -> Reply:
    return Reply(Meaning.STOP, ReplyClass.REVOKE_EXPLICIT, scope, matched, why)


def likely(matched: str, why: str, *, scope: ReplyScope = ReplyScope.SENDER) -> Reply:
    return Reply(Meaning.STOP, ReplyClass.REVOKE_LIKELY, scope, matched, why)


def wrong_number(matched: str) -> Reply:
    why = "says that the number is another person's"
    return Reply(Meaning.STOP, ReplyClass.WRONG_NUMBER, ReplyScope.ALL, matched, why)


def unclear(matched: str, why: str) -> Reply:
    return Reply(Meaning.UNCLEAR, ReplyClass.REVIEW, None, matched, why)


def start(matched: str, why: str, *, klass: ReplyClass = ReplyClass.START) -> Reply:
    return Reply(Meaning.START, klass, ReplyScope.SENDER, matched, why)


def wish_for_texts(matched: str) -> Reply:
    why = "asks for texts in plain language; the opt-in word is still needed"
    return Reply(Meaning.START, ReplyClass.REVIEW, None, matched, why)


def call_for_help(matched: str) -> Reply:
    return Reply(Meaning.HELP, ReplyClass.HELP, None, matched, "asks for help")


def nothing(matched: str, why: str, *, klass: ReplyClass = ReplyClass.NONE) -> Reply:
    """Says nothing about consent; REVIEW has a person look all the same, YES keeps the bare yes and its sender."""
    scope = ReplyScope.SENDER if klass is ReplyClass.YES else None
    return Reply(Meaning.NONE, klass, scope, matched, why)
