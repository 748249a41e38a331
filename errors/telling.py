"""A pattern told to people: one sentence, what cannot be told apart, what was ruled out. It names no cause."""

from __future__ import annotations

from collections.abc import Mapping

from errors.effect import Rate
from errors.patterns.words import place

NAMES = {
    "provider": "provider",
    "country": "country",
    "carrier": "carrier",
    "campaign": "campaign",
    "template": "template",
    "sender": "sender",
    "encoding": "encoding",
    "segments": "number of segments",
    "hour": "hour",
}


def slice_words(attributes: Mapping[str, str]) -> str:
    """ "of campaign spring to PH"; several hours of one incident by their first and last."""
    hours = attributes.get("hour", "").split(",")
    if len(hours) < 2:
        return place(attributes)
    rest = {name: value for name, value in attributes.items() if name != "hour"}
    return f"{place(rest)} at {', '.join(f'{hour}:00' for hour in hours)} UTC".strip()


def title(attributes: Mapping[str, str], *, is_incident: bool) -> str:
    words = slice_words(attributes)
    return f"Incident: all sends {words}" if is_incident else f"Sends {words}"


def times(lift: float) -> str:
    """How many times as often: 1.8, 9, 72."""
    return f"{lift:.1f}".removesuffix(".0") if lift < 5 else f"{lift:,.0f}"


def sentence(
    attributes: Mapping[str, str], *, attempts: int, failures: int, expected: float, code: str, meaning: str
) -> str:
    """What concentrates where, with its numbers."""
    lift = failures / max(expected, 0.1)
    mostly = (
        f"; mostly {code or 'without a code'}{f', {meaning}' if meaning else ''}" if code or meaning else ""
    )
    return (
        f"Sends {slice_words(attributes)} fail {times(lift)} times as often as expected: {failures:,} of {attempts:,}, "
        f"about {expected:,.0f} expected{mostly}."
    )


def cannot_tell(attributes: Mapping[str, str], same_as: Mapping[str, str]) -> str:
    """What selects the same sends, and what would have to be sent to tell which of them matters."""
    if not same_as:
        return ""
    others = _named(same_as)
    kinds = " or ".join(NAMES[name] for name in same_as)
    return (
        f"Nearly the same sends have {others}, so the log cannot tell which of them matters. To tell, it needs sends "
        f"{slice_words(attributes)} with another {kinds}, and sends with {others} that differ in the rest; about a "
        "hundred of each."
    )


def ruled_out(name: str, others: Mapping[str, str], mine: Rate, rest: Rate) -> str:
    """What sends that share everything but one attribute say; "" where there are too few of them."""
    if rest.settled < 30:
        return ""
    what = f"Other sends {slice_words(others)}" if others else "All other sends"
    said = f"{what}, of another {NAMES[name]}: {rest.failed:,} of {rest.settled:,} failed"
    if rest.high < mine.low:
        conclusion = f"so {_named(others)} alone does not explain it" if others else "so it is not everywhere"
        return f"{said}, {conclusion}."
    return f"{said}, which is not clearly less: the {NAMES[name]} may not matter."


def _named(attributes: Mapping[str, str]) -> str:
    """ "country PH and campaign spring": values with what they are values of."""
    return " and ".join(f"{NAMES[name]} {value}" for name, value in attributes.items())
