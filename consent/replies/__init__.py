"""Reads what people text back: `read("Stop texting me").meaning is Meaning.STOP`."""

from consent.replies.language import language
from consent.replies.reading import read
from consent.replies.shapes import Meaning, Reply, ReplyClass, ReplyScope

__all__ = ["Meaning", "Reply", "ReplyClass", "ReplyScope", "language", "read"]
