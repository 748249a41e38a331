"""The check of the rule book over columns of sends: each part of it once for everything that is alike to it.

What a part looks at is little: the words know nothing of the hour, the hour nothing of the words. So the number of
checks is that of the different texts, numbers and hours, not that of the sends. Every part is errors.preflight's own.

Not judged, because the log does not say it: whether senders and templates are registered, media, the brand's name,
values of fields, orders to send.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np

from errors.preflight import (
    Code,
    Consent,
    Finding,
    Kind,
    Message,
    Purpose,
    Rule,
    RuleBook,
    Severity,
    check_words,
)
from errors.preflight.hours import check_hours
from errors.preflight.permission import check_permission
from errors.preflight.recipient import check_recipient, place_of, read_recipient, sender_in_full
from errors.preflight.rules import hours
from errors.preflight.sender import check_sender, read_sender
from errors.preflight.whereabouts import Area, areas_of, places
from errors.replay.repeats import Repeats
from errors.replay.sends import NONE, Column, Sends, Values, alike

PURPOSES: Final = tuple(Purpose)
CONSENTS: Final = tuple(Consent)
MOST_KNOWN: Final = 300_000  # answers that are kept, some hundred bytes each
QUARTER: Final = 15  # minutes: the finest step between time zones
NOT_JUDGED: Final = frozenset(
    {
        *(Code.SENDER_REGISTRATION_REQUIRED, Code.SENDER_UNREGISTERED, Code.DLT_MISSING),
        *(Code.DUPLICATE_COMMAND, Code.TIME_PAST),
    }
)
_NOT_IN_LOG: Final = frozenset(
    {Kind.NUMERIC_REGISTRATION, Kind.DLT, Kind.MOST_MEDIA, Kind.MEDIA_TYPE, Kind.TAKES_MEDIA}
)

# Rows of the book that look at the text, and those that only look at marketing.
OF_TEXT: Final = frozenset(
    {
        *(Kind.MOST_UNITS, Kind.HOUSE_SEGMENTS, Kind.SHORTENER, Kind.INTERNAL_HOST, Kind.OPT_OUT_WORDING),
        *(Kind.OPT_OUT_REPLY, Kind.OPT_OUT_NUMBER, Kind.REPLY_ASKED, Kind.PLACEHOLDER, Kind.BLANK_MERGE),
        *(Kind.PLACEHOLDER_FIELD, Kind.CONTENT, Kind.CONTENT_UNLESS, Kind.SENSITIVE, Kind.SPAMMY),
    }
)
OF_MARKETING: Final = frozenset(
    {Kind.HOURS, Kind.DAILY_CAP, Kind.OPT_OUT_WORDING, Kind.OPT_OUT_REPLY, Kind.OPT_OUT_NUMBER}
)
CODES_OF_TEXT: Final = ("body.", "link.", "content.", "brand.", "optout.")


class Line(NamedTuple):
    """What is counted by itself: a finding of the check, with the row that decided, and whether it stops or warns."""

    code: Code
    rule: Rule | None
    severity: Severity


class Spot(NamedTuple):
    """What the check makes of a recipient: the country, the states or countries with a time zone that they may be
    in, and what is odd about the number. Recipients of one spot are alike."""

    place: str | None
    areas: tuple[Area, ...]
    has_number: bool
    odd: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every place whose rules look at them."""
        return tuple(dict.fromkeys([*([self.place] if self.place else []), *places(list(self.areas))]))


def is_judged(rule: Rule) -> bool:
    """Whether the log says what the row asks."""
    registration = rule.kind is Kind.ALPHA_SENDER and rule.value == "registration"
    return rule.kind not in _NOT_IN_LOG and not registration


Held = Mapping[int, Column]  # by the place of a Line: the sends that have it


@dataclass
class Words:
    """The values of all columns that have any."""

    person: Values = field(default_factory=Values)
    sender: Values = field(default_factory=Values)
    country: Values = field(default_factory=Values)
    provider: Values = field(default_factory=Values)
    campaign: Values = field(default_factory=Values)
    template: Values = field(default_factory=Values)
    text: Values = field(default_factory=Values)
    failure: Values = field(default_factory=Values)


class Parts(NamedTuple):
    """Which parts of the check are run: a changed rule touches one of them only."""

    recipient: bool = True
    sender: bool = True
    words: bool = True
    hours: bool = True
    permission: bool = True
    repeats: bool = True


EVERY_PART: Final = Parts()


def parts_of(kinds: Iterable[Kind]) -> Parts:
    """The parts in which rows of these kinds count."""
    asked = set(kinds)
    if Kind.AREA in asked:
        return Parts(recipient=False, sender=False, words=False, permission=False)
    of_sender = {
        *(Kind.ALPHA_SENDER, Kind.SENDER_CHARACTERS, Kind.GENERIC_SENDER, Kind.FOREIGN_NUMERIC),
        *(Kind.SHORT_CODE_FORM, Kind.SENDER_FORM, Kind.NUMERIC_REGISTRATION),
    }
    return Parts(
        recipient=Kind.ALPHA_SENDER in asked,
        sender=bool(asked & of_sender),
        words=bool(asked & (OF_TEXT | {Kind.SENDER_FORM})),
        hours=bool(asked & {Kind.HOURS, Kind.UNSOCIAL_HOURS}),
        permission=False,
        repeats=bool(asked & {Kind.REPEAT, Kind.DAILY_CAP}),
    )


class Judge:
    """A rule book at work on the sends of one log, in their order. Knows what it has judged already."""

    def __init__(self, rules: RuleBook, words: Words | None = None, *, parts: Parts = EVERY_PART) -> None:
        self.rules = rules
        self.words = words or Words()
        self.parts = parts
        self.lines = Values()  # of Line
        self.spots = Values()  # of Spot
        self._found: dict[Hashable, tuple[int, ...]] = {}
        self._spot_of: dict[tuple[int, int], int] = {}
        self._repeats = Repeats(rules, self.words, PURPOSES)
        self._step = 60 * math.gcd(QUARTER, *_edges(rules))

    def spots_of(self, sends: Sends) -> Column:
        """The place of each send's Spot."""
        first, kinds = alike(sends.person, sends.country)
        known = np.empty(len(first), np.int64)
        for place, row in enumerate(first):
            key = (int(sends.person[row]), int(sends.country[row]))
            if key not in self._spot_of:
                self._spot_of[key] = self.spots.place(self._spot(self._message(sends, int(row))))
            known[place] = self._spot_of[key]
        return known[kinds]

    def _spot(self, message: Message) -> Spot:
        number = read_recipient(message)
        where = place_of(message, number)
        areas = areas_of(message, number.e164, where, self.rules)
        odd = (number.reason or "", *number.warnings, message.to.strip()[:2] if number.reason else "")
        return Spot(where, tuple(areas), bool(number.e164), tuple(map(str, odd)))

    def judge(self, sends: Sends, spots: Column) -> Held:
        """Every finding that is more than an information, with the sends that have it; each send once per line."""
        found: defaultdict[int, list[Column]] = defaultdict(list)
        for lines in self._judged(sends, spots):
            for line, rows in lines.items():
                found[line].append(rows)
        return {line: np.unique(np.concatenate(rows)) for line, rows in found.items()}

    def remember(self, sends: Sends) -> None:
        """Sends from before those that are judged: later ones may repeat them."""
        self._repeats.remember(sends)

    def forget(self) -> None:
        """Between two chunks: let go of texts and answers, before they fill the memory."""
        if len(self._found) > MOST_KNOWN:
            self._found.clear()
            self.words.text = Values()

    def _judged(self, sends: Sends, spots: Column) -> Iterator[dict[int, Column]]:
        parts = self.parts
        columns: tuple[Column, ...]
        if not len(sends):
            return
        if parts.recipient:
            yield self._each("recipient", self._of_recipient, sends, spots, self._to_itself(sends, spots))
        if parts.sender:
            columns = (sends.sender, sends.provider, sends.purpose)
            yield self._each("sender", self._of_sender, sends, *columns, self._countries(spots))
        if parts.words:
            columns = (sends.text, sends.sender, sends.provider, sends.purpose)
            there = np.flatnonzero(sends.text != NONE)
            yield self._each("words", self._of_words, sends, *columns, self._countries(spots), only=there)
        if parts.hours:
            columns = (sends.purpose, spots, sends.at // self._step)
            yield self._each("hours", self._of_hours, sends, *columns)
        if parts.permission:
            known = np.flatnonzero(sends.consent != NONE)
            columns = (sends.purpose, sends.consent, sends.is_held)
            yield self._each("permission", self._of_permission, sends, *columns, only=known)
        if parts.repeats:
            areas = [list(spot.areas) for spot in self.spots]
            findings = self._repeats.judge(sends, [areas[spot] for spot in spots])
            yield _by_line((row, self._places(said)) for row, said in findings)

    def _to_itself(self, sends: Sends, spots: Column) -> Column:
        """Whether each send goes to its own sender, as its number is written in the country it goes to."""
        first, kinds = alike(sends.sender, self._countries(spots))
        written = (
            sender_in_full(self.words.sender[sends.sender[row]], self._place_name(sends, row))
            for row in first
        )
        persons = (self.words.person.find(e164) for e164 in written)
        own = np.array([NONE if person is None else person for person in persons], np.int64)
        return np.asarray(own[kinds] == sends.person, np.int64)

    def _countries(self, spots: Column) -> Column:
        """Spots of one country have one number."""
        countries = Values()
        first = np.array([countries.place(spot.place) for spot in self.spots], np.int64)
        return first[spots]

    def _each(
        self,
        part: str,
        check: Callable[[Sends, int], Iterator[Finding]],
        sends: Sends,
        *columns: Column,
        only: Column | None = None,
    ) -> dict[int, Column]:
        """Run one part of the check once for each kind of send that its columns tell apart."""
        rows = np.arange(len(sends)) if only is None else only
        if not len(rows):
            return {}
        first, kinds = alike(*(column[rows] for column in columns))
        keys = zip(*(column[rows[first]].tolist() for column in columns), strict=True)
        of_kind: defaultdict[int, list[int]] = defaultdict(list)
        for kind, (key, row) in enumerate(zip(keys, rows[first].tolist(), strict=True)):
            # Countries are numbered anew in each chunk; the memory goes by their name.
            memory = (part, *key[:-1], self._place_name(sends, row)) if part in _BY_PLACE else (part, *key)
            if memory not in self._found:
                self._found[memory] = self._places(check(sends, row))
            for line in self._found[memory]:
                of_kind[line].append(kind)
        found = {}
        for line, with_it in of_kind.items():
            has = np.zeros(len(first), bool)
            has[with_it] = True
            found[line] = rows[np.flatnonzero(has[kinds])]
        return found

    def _place_name(self, sends: Sends, row: int) -> str | None:
        spot: Spot = self.spots[self._spot_of[int(sends.person[row]), int(sends.country[row])]]
        return spot.place

    def _places(self, findings: Iterable[Finding]) -> tuple[int, ...]:
        lines = (
            Line(one.code, one.rule, one.severity)
            for one in findings
            if one.severity is not Severity.INFO and one.code not in NOT_JUDGED
        )
        return tuple(dict.fromkeys(self.lines.place(line) for line in lines))

    def _message(self, sends: Sends, row: int) -> Message:
        words, consent = self.words, int(sends.consent[row])
        text = int(sends.text[row])
        return Message(
            body="" if text == NONE else words.text[text],
            to=words.person[sends.person[row]],
            sender=words.sender[sends.sender[row]],
            purpose=PURPOSES[sends.purpose[row]],
            consent=Consent.OPTED_IN if consent == NONE else CONSENTS[consent],
            country=words.country[sends.country[row]] or None,
            at=datetime.fromtimestamp(int(sends.at[row]), UTC),
            provider=words.provider[sends.provider[row]],
            held=bool(sends.is_held[row]),
        )

    def _of_recipient(self, sends: Sends, row: int) -> Iterator[Finding]:
        message = self._message(sends, row)
        yield from check_recipient(message, read_recipient(message), self.rules)

    def _of_sender(self, sends: Sends, row: int) -> Iterator[Finding]:
        message, place = self._message(sends, row), self._place_name(sends, row)
        yield from check_sender(message, read_sender(message, place, self.rules), place, self.rules)

    def _of_words(self, sends: Sends, row: int) -> Iterator[Finding]:
        yield from check_words(self._message(sends, row), self.rules)

    def _of_hours(self, sends: Sends, row: int) -> Iterator[Finding]:
        message = self._message(sends, row)
        spot: Spot = self.spots[self._spot_of[int(sends.person[row]), int(sends.country[row])]]
        e164 = message.to if spot.has_number else None
        yield from check_hours(message, e164, spot.place, list(spot.areas), self.rules, None)

    def _of_permission(self, sends: Sends, row: int) -> Iterator[Finding]:
        yield from check_permission(self._message(sends, row))


_BY_PLACE: Final = ("sender", "words")


def _by_line(found: Iterable[tuple[int, tuple[int, ...]]]) -> dict[int, Column]:
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for row, lines in found:
        for line in lines:
            rows[line].append(row)
    return {line: np.array(places, np.int64) for line, places in rows.items()}


def _edges(rules: RuleBook) -> Iterator[int]:
    """The minutes at which hours of the book begin and end: times between two of them are alike."""
    for kind in (Kind.HOURS, Kind.UNSOCIAL_HOURS):
        for rule in rules.all(kind):
            span = hours(rule.value)
            for edge in (span.opens, span.closes):
                if edge is not None:
                    yield edge.minute
