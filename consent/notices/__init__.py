"""Short texts that ask again or confirm, one per situation and language; what such a text may say, and to whom it may
be drafted. The product never sends them.

    situations (when, and through which channel) · texts (the ready-made ones) · lint (what one must and must not say)
"""

from consent.notices.lint import LONGEST_PARTS, Problem, lint
from consent.notices.situations import (
    CONFIRM_WITHIN,
    LANGUAGES,
    Channel,
    Refusal,
    Situation,
    Standing,
    channel_for,
)
from consent.notices.texts import READY_MADE, filled

__all__ = [
    "CONFIRM_WITHIN",
    "LANGUAGES",
    "LONGEST_PARTS",
    "READY_MADE",
    "Channel",
    "Problem",
    "Refusal",
    "Situation",
    "Standing",
    "channel_for",
    "filled",
    "lint",
]
