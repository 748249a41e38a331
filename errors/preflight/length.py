"""How long the text gets: encoding, segments, what makes it dear, and what the provider takes."""

from collections.abc import Iterator
from typing import Final

from errors.encoding import Encoding, Forcing, Measure, forcing, measure, plainer
from errors.preflight.findings import Code, Finding
from errors.preflight.message import Message
from errors.preflight.rules import Kind, Rule, RuleBook

_MOST_NAMED: Final = 5


def check_length(message: Message, rules: RuleBook) -> Iterator[Finding]:
    """Where the provider writes plain characters itself, the text is measured as it will be written."""
    text = plainer(message.body).text if message.folded else message.body
    found = measure(text)
    yield from _too_long(message, text, found, rules)
    house = rules.one(Kind.HOUSE_SEGMENTS)
    if house and found.segments > int(house.value):
        yield Finding(
            Code.BODY_SEGMENTS,
            f"The text takes {found.segments} segments ({found.encoding}); more than {house.value} is long.",
            "Shorten it: each segment is paid for.",
            rule=house,
        )
    if found.encoding is Encoding.UCS_2:
        # Places are those of the text as it was written.
        forced = [char for char in forcing(message.body) if not (message.folded and char.faithful)]
        yield from _ucs2(text, forced, found)


def _too_long(message: Message, text: str, found: Measure, rules: RuleBook) -> Iterator[Finding]:
    sizes = {
        "characters": len(text.encode("utf-16-le", "surrogatepass")) // 2,
        found.encoding: found.units,
        "segments": found.segments,
    }
    limits = _limits(message.provider, rules)
    for subject, size in sizes.items():
        rule = limits.get(subject)
        if rule and size > int(rule.value):
            unit = "segments" if subject == "segments" else f"{found.encoding} characters"
            yield Finding(
                Code.BODY_TOO_LONG,
                f"The text has {size} {unit}; {message.provider or 'the provider'} takes {rule.value}.",
                f"Shorten the text{_longest_value(message)}.",
                rule=rule,
            )
            return


def _limits(provider: str, rules: RuleBook) -> dict[str, Rule]:
    """A provider's own limits, else those for providers without any."""
    all_limits = rules.all(Kind.MOST_UNITS)
    own = {rule.subject: rule for rule in all_limits if rule.provider == provider}
    return own or {rule.subject: rule for rule in all_limits if not rule.provider}


def _longest_value(message: Message) -> str:
    if not message.values:
        return ""
    name, value = max(message.values.items(), key=lambda filled: len(filled[1]))
    return f", or what was filled into {name}: {len(value)} characters"


def _ucs2(text: str, forced: list[Forcing], found: Measure) -> Iterator[Finding]:
    named = ", ".join(
        f"{char.char if char.char.isprintable() else char.code} (character {char.at[0] + 1})"
        for char in forced[:_MOST_NAMED]
    )
    if len(forced) > _MOST_NAMED:
        named += f" and {len(forced) - _MOST_NAMED} others"
    places = tuple((at, at + 1) for char in forced for at in char.at)
    remedy = _instead(forced) or _without_accents(text, found) or "Keep them if they are meant."
    yield Finding(
        Code.BODY_UCS2,
        f"The text is UCS-2 because of {named}: {_segments(found)} of 70 or 67 characters.",
        remedy,
        places,
    )
    plain = plainer(text)
    if plain.is_gsm and found.segments >= 2 * plain.after.segments:
        yield Finding(
            Code.BODY_UCS2_COSTLY,
            f"Because of {named} the text takes {_segments(found)} instead of {plain.after.segments}.",
            remedy,
            places,
        )


def _instead(forced: list[Forcing]) -> str:
    faithful = [char for char in forced if char.faithful][:_MOST_NAMED]
    words = "; ".join(f"{_called(char)} may be {_spelled(char.instead)}" for char in faithful)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _called(char: Forcing) -> str:
    """The character itself, or its name where there is nothing to see."""
    return char.name if char.char.isspace() or not char.char.isprintable() else char.char


def _spelled(instead: str | None) -> str:
    if not instead:
        return "left out"
    return "written as a plain space" if instead.isspace() else f"written {instead}"


def _without_accents(text: str, found: Measure) -> str:
    """Another spelling is offered with what it saves, never made."""
    bare = plainer(text, respelled=True)
    if not bare.is_gsm or bare.after.segments >= found.segments:
        return ""
    return f"Keep them if they are meant; without its accents the text would take {_segments(bare.after)}."


def _segments(found: Measure) -> str:
    return "1 segment" if found.segments == 1 else f"{found.segments} segments"
