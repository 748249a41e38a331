"""Requests to other systems as text with placeholders, and where a value stands in their answers.

A placeholder is a name in braces: `/contacts/{ref}?fields=sms`. What takes its place is written as the place demands:
percent-encoded in an address, escaped in JSON, encoded in a form, plain printable characters in a header. There is
no logic: a template is filled, never run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
LITERAL = re.compile(r"true|false|null|-?(0|[1-9]\d{0,15})")
STEP = re.compile(r"\[(?P<key>[^=\]\[]+)=(?P<wanted>[^\]\[]*)\]|(?P<name>[^.\[\]]+)")
MISSING: Final = object()


class BadTemplate(ValueError):
    """A template that cannot be filled or a path that cannot be followed; says which part, in plain words."""


def names(template: str) -> set[str]:
    """The placeholders of a template."""
    return set(PLACEHOLDER.findall(template))


def check(template: str, known: set[str]) -> None:
    """Raises BadTemplate when the template names something that nobody will fill in."""
    unknown = sorted(names(template) - known)
    if unknown:
        raise BadTemplate(
            f"{{{unknown[0]}}} is no placeholder here. Known: {', '.join(f'{{{name}}}' for name in sorted(known))}."
        )


def in_address(template: str, values: Mapping[str, str]) -> str:
    """The template with every value percent-encoded: none can add a path, a parameter or a line."""
    return plain(template, {name: quote(value, safe="") for name, value in values.items()})


def in_header(template: str, values: Mapping[str, str]) -> str:
    """The template as a header's value: whatever is not printable ASCII is percent-encoded."""
    return plain(template, {name: quote(value, safe=_PRINTABLE) for name, value in values.items()})


_PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


def in_json(template: str, values: Mapping[str, str], literal: frozenset[str] = frozenset()) -> str:
    """The template as JSON. Between quotation marks a value is escaped; outside of them it becomes a string of its
    own, unless it is named in `literal` (our own settings) and is true, false, null or a number."""
    pieces, at = [], 0
    for match in PLACEHOLDER.finditer(template):
        pieces.append(template[at : match.start()])
        at = match.end()
        value = _value(match[1], values)
        escaped = json.dumps(value)
        if _is_open_string(template[: match.start()]):
            pieces.append(escaped[1:-1])
        else:
            pieces.append(value if match[1] in literal and LITERAL.fullmatch(value) else escaped)
    filled = "".join([*pieces, template[at:]])
    try:
        json.loads(filled)
    except json.JSONDecodeError as problem:
        raise BadTemplate(f"The body is no JSON: {problem.msg} in line {problem.lineno}.") from problem
    return filled


def in_form(template: str, values: Mapping[str, str], literal: frozenset[str] = frozenset()) -> str:
    """The template, one `name=value` a line, as an HTML form is sent. A value that is JSON is filled as JSON."""
    pairs = []
    for line in filter(None, (line.strip() for line in template.splitlines())):
        name, separator, value = line.partition("=")
        if not separator:
            raise BadTemplate(f"“{line}” is no form field; write one name=value a line.")
        is_json = re.match(r'\{\s*"|\[', value.strip()) is not None
        pairs.append(
            (name.strip(), in_json(value, values, literal) if is_json else plain(value.strip(), values))
        )
    return urlencode(pairs)


def plain(template: str, values: Mapping[str, str]) -> str:
    """The template with every value as it is: for places that only settings reach."""
    return PLACEHOLDER.sub(lambda match: _value(match[1], values), template)


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise BadTemplate(f"{{{name}}} is no placeholder here.")
    return values[name]


def _is_open_string(text: str) -> bool:
    """Whether JSON text ends within a string."""
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', text)) % 2 == 1


# --- Where a value stands in an answer ---------------------------------------------------------------------


def check_path(path: str) -> None:
    """Raises BadTemplate for a path that cannot be followed."""
    _steps(path)


def find(path: str, document: Any) -> Any:
    """What stands at `path`, e.g. `data.attributes.status`, `items.0.status` or `results[channel=SMS].status` (the
    first entry of a list whose field has this value). MISSING when there is no such place."""
    at = document
    for match in _steps(path):
        if match["key"] is not None:
            rows = at if isinstance(at, list) else []
            at = next((row for row in rows if _says(row, match["key"], match["wanted"])), MISSING)
        elif isinstance(at, Mapping):
            at = at.get(match["name"], MISSING)
        elif isinstance(at, list) and match["name"].isdecimal():
            index = int(match["name"])
            at = at[index] if index < len(at) else MISSING
        else:
            at = MISSING
        if at is MISSING:
            return MISSING
    return at


def _says(row: Any, key: str, wanted: str) -> bool:
    return isinstance(row, Mapping) and as_word(row.get(key)) == wanted


def as_word(value: Any) -> str:
    """A value of JSON as the word that staff write for it: true, null, 12, SUBSCRIBED."""
    return value.strip() if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _steps(path: str) -> list[re.Match[str]]:
    steps, at = [], 0
    while at < len(path):
        match = STEP.match(path, at)
        if match is None:
            raise BadTemplate(
                f"“{path}” cannot be followed at “{path[at:]}”; write it like data.status, items.0.status or "
                "results[channel=SMS].status."
            )
        steps.append(match)
        at = match.end()
        if at < len(path) and path[at] == ".":
            at += 1
            if at == len(path):
                raise BadTemplate(f"“{path}” ends with a dot.")
    if not steps:
        raise BadTemplate("The path is empty.")
    return steps
