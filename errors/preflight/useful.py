"""Whether a rule is of any use: written so that some check can use it, and none is held up by it."""

from collections.abc import Callable, Collection
from typing import Final
from zoneinfo import available_timezones

from errors.preflight.kinds import FORMS, Form
from errors.preflight.regular import refuse_endless
from errors.preflight.rules import BadRule, Kind, Rule, hours, repeats

_LONGEST_PATTERN: Final = 4_000


def refuse_useless(rule: Rule, *, by_staff: bool = True) -> None:
    """Raises BadRule, with the field, for a row that no check could use, or that could hold up a check for long."""
    form = FORMS[rule.kind]
    if rule.provider and not form.provider:
        raise BadRule("No check asks for this by provider; leave the provider empty.", "provider")
    if form.place and not rule.place:
        raise BadRule("Name the country or state that it holds for.", "place")
    if rule.place and form.place is None:
        raise BadRule("No check asks for this by country; leave the country empty.", "place")
    _refuse_word(rule.subject, form.subjects, form.subject, "subject")
    if form.note and not rule.note:
        raise BadRule("The finding needs these words: say it in the note.", "note")
    if rule.valid_from and rule.valid_until and rule.valid_until < rule.valid_from:
        raise BadRule("It would end before it begins.", "valid_until")
    _refuse_value(rule, form, by_staff)
    if read := _OF_KIND.get(rule.kind):
        read(rule)


def _refuse_word(written: str, known: Collection[str], asked: str, field: str) -> None:
    if known and written not in known:
        raise BadRule(f"The check asks for {', '.join(known)}; write one of these.", field)
    if not known and asked and not written:
        raise BadRule("Say what it is about.", field)
    if not known and not asked and written:
        raise BadRule("No check asks for this; leave it empty.", field)


def _refuse_value(rule: Rule, form: Form, by_staff: bool) -> None:
    if form.values and rule.value not in form.values:
        raise BadRule(f"The check knows {', '.join(form.values)}; write one of these.")
    if form.is_pattern:
        if not rule.value:
            raise BadRule("An empty expression is found everywhere; write what to look for.")
        if len(rule.value) > _LONGEST_PATTERN:
            raise BadRule(
                f"The expression is longer than {_LONGEST_PATTERN:,} characters; make two rules of it."
            )
        if by_staff:
            refuse_endless(rule.value)
    elif form.value and not rule.value and rule.kind is not Kind.SENDER_CHARACTERS:
        raise BadRule("Write the value.")


def _tried(read: Callable[[str], object], form: str) -> Callable[[Rule], None]:
    def refuse(rule: Rule) -> None:
        try:
            read(rule.value)
        except (ValueError, KeyError):
            raise BadRule(f"“{rule.value[:40]}” is not understood; write {form}.") from None

    return refuse


def _count(value: str) -> int:
    """A whole number above zero in plain digits. Raises ValueError."""
    if not (value.isascii() and value.isdecimal() and len(value) <= 12 and int(value)):
        raise ValueError(value)
    return int(value)


def _is_window(value: str) -> None:
    count, span = repeats(value)
    if count < 1 or not span:
        raise ValueError(value)


def _is_area(rule: Rule) -> None:
    if not (len(rule.subject) == 3 and rule.subject.isascii() and rule.subject.isdecimal()):
        raise BadRule("An area code has three digits, such as 415.", "subject")
    if rule.place.partition("-")[0] not in ("US", "CA"):
        raise BadRule("Area codes are known for the US and Canada: write US-TX or CA-ON.", "place")
    unknown = [zone for zone in rule.value.split(" ") if zone not in available_timezones()]
    if unknown:
        raise BadRule(f"“{unknown[0][:40]}” is no time zone; write one such as America/Chicago.")


def _is_lower(rule: Rule) -> None:
    if rule.subject != rule.subject.lower().strip():
        raise BadRule("The check looks for it in small letters, with no space around it.", "subject")


def _is_host(rule: Rule) -> None:
    _is_lower(rule)
    if (
        "/" in rule.subject
        or " " in rule.subject
        or (rule.kind is Kind.SHORTENER and "." not in rule.subject)
    ):
        raise BadRule("Write the host name alone, such as bit.ly.", "subject")


_OF_KIND: Final[dict[Kind, Callable[[Rule], None]]] = {
    **dict.fromkeys(
        [Kind.MOST_UNITS, Kind.HOUSE_SEGMENTS, Kind.MOST_MEDIA, Kind.DAILY_CAP],
        _tried(_count, "a whole number above zero"),
    ),
    **dict.fromkeys([Kind.HOURS, Kind.UNSOCIAL_HOURS], _tried(hours, "hours such as 08:00-21:00, or none")),
    Kind.REPEAT: _tried(_is_window, "a time such as 24 h, 30 s or 15 in 30 s"),
    Kind.AREA: _is_area,
    **dict.fromkeys([Kind.GENERIC_SENDER, Kind.MEDIA_TYPE], _is_lower),
    **dict.fromkeys([Kind.SHORTENER, Kind.INTERNAL_HOST], _is_host),
}
