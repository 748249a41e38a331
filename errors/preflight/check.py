"""One check of one message: everything that can be known before it is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from errors.preflight.body import check_body
from errors.preflight.content import check_content
from errors.preflight.duplicates import check_duplicates
from errors.preflight.findings import Code, Finding
from errors.preflight.frequency import check_frequency
from errors.preflight.hours import check_hours
from errors.preflight.length import check_length
from errors.preflight.links import check_links
from errors.preflight.media import check_media
from errors.preflight.message import Message, Sent
from errors.preflight.permission import check_permission
from errors.preflight.recipient import check_recipient, place_of, read_recipient
from errors.preflight.rules import Kind, RuleBook
from errors.preflight.sender import Sender, check_sender, read_sender
from errors.preflight.whereabouts import areas_of
from errors.preflight.wording import check_wording

# No provider takes a text this long. Beyond it only the length is looked at: patterns over endless text take long.
_MOST_READ: Final = 5_000


def check(
    message: Message, rules: RuleBook, *, now: datetime | None = None, recent: Sequence[Sent] = ()
) -> list[Finding]:
    """Everything that is wrong with a message, as one would read it: number, sender, text, time, consent.

    `recent` are earlier texts to the same number or contact. Without `now` nothing is too late, and a message
    without a time of its own is not checked against the clock.
    """
    return list(_findings(message, rules, now, recent))


def check_words(message: Message, rules: RuleBook, *, place: str | None = None) -> list[Finding]:
    """What is wrong with the words alone, as they are received at a place; without one, at the recipient's."""
    place = place or place_of(message, read_recipient(message))
    return list(_words(message, read_sender(message, place, rules), place, rules))


def check_around(
    message: Message, rules: RuleBook, *, now: datetime | None = None, recent: Sequence[Sent] = ()
) -> list[Finding]:
    """What is wrong apart from the words: where many get words of their own, those are looked at once each."""
    return list(_findings(message, rules, now, recent, with_words=False))


def _findings(
    message: Message,
    rules: RuleBook,
    now: datetime | None,
    recent: Sequence[Sent],
    *,
    with_words: bool = True,
) -> Iterator[Finding]:
    number = read_recipient(message)
    place = place_of(message, number)
    sender = read_sender(message, place, rules)
    areas = areas_of(message, number.e164, place, rules)
    at = message.at or now
    yield from check_recipient(message, number, rules)
    yield from check_sender(message, sender, place, rules)
    yield from _registered_ids(message, place, rules)
    if with_words:
        yield from _words(message, sender, place, rules)
    yield from check_media(message, place, rules)
    yield from check_hours(message, number.e164, place, areas, rules, now)
    yield from check_frequency(message, number.e164, areas, rules, at, recent)
    yield from check_permission(message)
    yield from check_duplicates(message, number.e164, rules, recent, at)


def _words(message: Message, sender: Sender, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    read = replace(message, body=message.body[:_MOST_READ])
    yield from check_body(read, rules)
    yield from check_length(message, rules)
    yield from check_links(read.body, rules)
    yield from check_wording(read, sender, place, rules)
    yield from check_content(read, place, rules)


def _registered_ids(message: Message, place: str | None, rules: RuleBook) -> Iterator[Finding]:
    wanted = rules.one(Kind.DLT, place=place) if place else None
    if wanted and not (message.dlt_entity and message.dlt_template):
        yield Finding(
            Code.DLT_MISSING,
            f"{place} wants the registered ids of {wanted.value} with each text; not both are given.",
            "Fill in the ids of the template as registered, or check that the provider adds them.",
            rule=wanted,
        )
