"""One JSON object as a script or another system writes it: what it may not be, and how it is told."""

from __future__ import annotations

import json
from typing import Any


class Unreadable(ValueError):
    """What is asked cannot be answered; the message says what, where and how to mend it."""


def text(asked: dict[str, Any], key: str) -> str | None:
    """A text, or None where it is null or missing. Raises Unreadable."""
    value = asked.get(key)
    if value is None or isinstance(value, str):
        return value
    raise Unreadable(f'"{key}" is {json.dumps(value)[:40]}; write it as text in quotes, or null')
