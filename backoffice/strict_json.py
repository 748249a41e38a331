"""JSON from outside, read strictly: what two readers could read differently is refused.

Python's own reader takes the last of two equal names, NaN, numbers beyond all bounds and any depth. How many bytes
there may be is for the edge that reads them.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

DEEPEST = 40  # levels of brackets; what is sent to us has five
# A text, even one that never ends, is passed over once: what follows it is not tried again from within.
_BRACKET = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[\[{]|[\]}]', re.DOTALL)


class NotStrict(ValueError):
    """The bytes are no strict JSON; the message says what is wrong, as the end of a sentence."""


def read(raw: bytes) -> Any:
    """What the bytes say, a byte order mark aside. Raises NotStrict."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotStrict(f"byte {error.start} is not UTF-8") from error
    _check_depth(text)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except json.JSONDecodeError as error:
        raise NotStrict(f"{error.msg}, line {error.lineno}, column {error.colno}") from error
    except NotStrict:
        raise
    except ValueError as error:  # digits without end
        raise NotStrict("a number in it is too long") from error


def _check_depth(text: str) -> None:
    """More brackets than anybody needs are refused before the parser meets them."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return  # as in nearly every request
    depth = 0
    for bracket in _BRACKET.finditer(text):
        if bracket[0] in "[{":
            depth += 1
            if depth > DEEPEST:
                raise NotStrict(f"it is nested more than {DEEPEST} deep")
        elif bracket[0] in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"the name “{twice[:60]}” stands twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise NotStrict(f"{name} is not a number that JSON has")


def _float(text: str) -> float:
    found = float(text)
    if found in {float("inf"), float("-inf")}:
        raise NotStrict(f"the number {text[:40]} is too large")
    return found
