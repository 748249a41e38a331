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

    The three revocations act at once. REVIEW only pauses automated journeys until a person has looked: it comes with
    the meaning UNCLEAR, or with NONE when an opt-out word stands in an ordinary sentence ("cancel my appointment").
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

    `matched` is the piece of the folded text that decided, empty when nothing did; `why` is a sentence for the
    page's explanation. Reviews, calls for help and replies that say nothing about consent have no scope.
    """

    meaning: Meaning
    klass: ReplyClass
    scope: ReplyScope | None
    matched: str
    why: str
