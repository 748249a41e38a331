"""Some digits of a number, as people type them to find it."""

from __future__ import annotations

import re

FRAGMENT = 4  # digits; fewer stand in too many numbers to find one by
_NUMBER_LIKE = re.compile(r"[\d\s()+.\-/]+")


def digits_of(text: str) -> str:
    """The digits alone, in the plain ten: no +, no blanks, no brackets."""
    return "".join(str(int(sign)) for sign in text if sign.isdecimal())


def looks_like_number(text: str) -> bool:
    """Whether nothing but digits and what people write between them stands there."""
    return _NUMBER_LIKE.fullmatch(text) is not None
