"""A pattern in one sentence of plain words."""

from __future__ import annotations

from collections.abc import Mapping

from errors.patterns.pattern import Pattern

PHRASES = {
    "campaign": "of campaign {}",
    "template": "of template {}",
    "country": "to {}",
    "carrier": "on carrier {}",
    "provider": "through {}",
    "sender": "from sender {}",
    "encoding": "in encoding {}",
    "segments": "of {} segments",
    "hour": "at {} UTC",
}


def sentence(pattern: Pattern) -> str:
    """What concentrates where, with its numbers. It names no cause: the counts cannot know one."""
    chosen = {name: value for name, value in pattern.attributes.items() if name not in pattern.same_as}
    code = f"; most above what is usual: code {pattern.error_code}" if pattern.error_code else ""
    text = (
        f"Failures concentrate in sends {place(chosen)}: {pattern.failures:,} of {pattern.attempts:,} failed, about "
        f"{pattern.expected:,.0f} expected, {pattern.lift:.1f} times as many{code}."
    )
    if pattern.same_as:
        text += f" These are nearly the same sends as those {place(pattern.same_as)}: this log cannot tell them apart."
    return text


def place(attributes: Mapping[str, str]) -> str:
    """ "of campaign spring to PH": the values in words, in a fixed order."""
    return " ".join(_phrase(name, attributes[name]) for name in PHRASES if name in attributes)


def _phrase(name: str, value: str) -> str:
    if name == "segments" and value == "1":
        return "of 1 segment"
    return PHRASES[name].format(f"{value}:00–{value}:59" if name == "hour" and len(value) == 2 else value)
