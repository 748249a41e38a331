"""The rules in force, as rows: what a provider, a country or the house allows, since when, and who says so.

A row is a fact with its source. The rows of this package are the files in tables/; rows from anywhere else make
a RuleBook as well, so staff may edit theirs.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "tables"


class BadRule(ValueError):
    """A row that no check could use; the message says what, where and how to mend it. `field` is the cell."""

    def __init__(self, words: str, field: str = "value") -> None:
        super().__init__(words)
        self.field = field


class Standing(StrEnum):
    """How sure a row is. Only what sources agree on stops a message."""

    AGREED = "agreed"
    DISPUTED = "disputed"
    UNCONFIRMED = "unconfirmed"


class Kind(StrEnum):
    """What a row is about; its subject and value are said beside the kind."""

    # limits
    MOST_UNITS = "most_units"  # characters, GSM-7, UCS-2 or segments: how many
    HOUSE_SEGMENTS = "house_segments"  # how many segments are still fine
    MOST_MEDIA = "most_media"  # count, bytes, careful bytes: how many
    MEDIA_TYPE = "media_type"  # a type that is accepted
    TAKES_MEDIA = "takes_media"  # the place takes media
    REPEAT = "repeat"  # what is repeated: within which time
    # senders
    ALPHA_SENDER = "alpha_sender"  # yes, no, registration, registration_available, blocked
    SENDER_CHARACTERS = "sender_characters"  # what a name may hold beyond letters, digits and spaces
    GENERIC_SENDER = "generic_sender"  # a name that is nobody's
    FOREIGN_NUMERIC = "foreign_numeric"  # the place blocks numbers of other countries
    SHORT_CODE_FORM = "short_code_form"  # pattern
    SENDER_FORM = "sender_form"  # purpose: pattern of a name
    NUMERIC_REGISTRATION = "numeric_registration"  # kind of number: what it needs
    DLT = "dlt"  # ids of entity and template are needed
    OPT_OUT_NUMBER = "opt_out_number"  # pattern of the number that takes STOP
    # time
    HOURS = "hours"  # mon-fri, sat, sun, holiday: 08:00-21:00 or none
    UNSOCIAL_HOURS = "unsocial_hours"  # the hours that are not
    DAILY_CAP = "daily_cap"  # marketing texts to one number in 24 hours
    AREA = "area"  # area code: time zones
    # text
    SHORTENER = "shortener"
    INTERNAL_HOST = "internal_host"
    OPT_OUT_WORDING = "opt_out_wording"  # pattern
    OPT_OUT_REPLY = "opt_out_reply"  # pattern: the way out is a reply to the sender
    REPLY_ASKED = "reply_asked"  # pattern
    PLACEHOLDER = "placeholder"  # pattern
    PLACEHOLDER_FIELD = "placeholder_field"  # pattern
    BLANK_MERGE = "blank_merge"  # pattern
    CONTENT = "content"  # code of the finding: pattern
    CONTENT_UNLESS = "content_unless"  # code of the finding: pattern of what only looks like it
    SENSITIVE = "sensitive"  # pattern
    SPAMMY = "spammy"  # pattern


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `provider` and `place` are empty for all; a place is "US", or "US-TX" for a state.

    `prevents` names the provider codes that a message may get which this row would have held; one of them
    on a message that passed makes the row stale. `valid_until` is the last day. `series` tells which stored rule
    it is a version of; it is no part of what the rule says.
    """

    kind: Kind
    provider: str
    place: str
    subject: str
    value: str
    standing: Standing
    valid_from: date | None
    last_checked: date
    source: str
    prevents: tuple[str, ...] = ()
    note: str = ""
    valid_until: date | None = None
    series: str = field(default="", compare=False)

    @property
    def about(self) -> tuple[str, ...]:
        """What it is a rule about. Of two that are about the same, the one in force since later counts; only of
        hours several claims stand beside each other, one of each source."""
        claimed_by = self.source if self.kind is Kind.HOURS else ""
        return (self.kind, self.provider, self.place, self.subject, claimed_by)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` until before `closes`; both None: the whole day is closed."""

    opens: time | None
    closes: time | None

    def allow(self, at: time) -> bool:
        return self.opens is not None and self.closes is not None and self.opens <= at < self.closes

    @property
    def words(self) -> str:
        return f"{self.opens:%H:%M} to {self.closes:%H:%M}" if self.opens and self.closes else "not at all"


class RuleBook:
    """The rows in force on a day, found by kind, provider, place and subject. Raises BadRule."""

    def __init__(self, rules: Iterable[Rule], *, on: date) -> None:
        newest: dict[tuple[str, ...], Rule] = {}
        for rule in rules:
            _understand(rule)
            known = newest.get(rule.about)
            is_newer = known is None or _since(known) <= _since(rule)
            if _since(rule) <= on <= (rule.valid_until or date.max) and is_newer:
                newest[rule.about] = rule
        self._kinds: dict[str, list[Rule]] = {}
        self._subjects: dict[tuple[str, str], list[Rule]] = {}
        self._exact: dict[tuple[str, str, str, str], list[Rule]] = {}
        for rule in newest.values():
            self._subjects.setdefault((rule.kind, rule.subject), []).append(rule)
            self._kinds.setdefault(rule.kind, []).append(rule)
            self._exact.setdefault((rule.kind, rule.provider, rule.place, rule.subject), []).append(rule)

    def all(self, kind: Kind) -> list[Rule]:
        return self._kinds.get(kind, [])

    def about(self, kind: Kind, subject: str) -> list[Rule]:
        """The rows of every provider and place."""
        return self._subjects.get((kind, subject), [])

    def of(self, kind: Kind, *, provider: str = "", place: str = "", subject: str = "") -> list[Rule]:
        return self._exact.get((kind, provider, place, subject), [])

    def one(self, kind: Kind, *, provider: str = "", place: str = "", subject: str = "") -> Rule | None:
        """The row of this provider, else the one for all of them."""
        found = self.of(kind, provider=provider, place=place, subject=subject)
        found = found or self.of(kind, place=place, subject=subject)
        return found[0] if found else None

    def search(self, kind: Kind, text: str) -> Iterator[tuple[Rule, re.Match[str]]]:
        """Every match of a kind's patterns, in the order of the rows."""
        for rule in self.all(kind):
            for match in pattern(rule.value).finditer(text):
                yield rule, match


def _since(rule: Rule) -> date:
    return rule.valid_from or date.min


@cache
def pattern(value: str) -> re.Pattern[str]:
    return re.compile(value)


@cache
def hours(value: str) -> Hours:
    """ "08:00-21:00" or "none". Raises ValueError."""
    if value == "none":
        return Hours(None, None)
    opens, closes = (time.fromisoformat(part) for part in value.split("-"))
    if opens >= closes:
        raise ValueError(value)
    return Hours(opens, closes)


@cache
def repeats(value: str) -> tuple[int, timedelta]:
    """How many within which time: "24 h" is 1 in a day, "15 in 30 s" are 15 in half a minute. Raises ValueError."""
    count, _, span = value.rpartition(" in ")
    length, unit = span.split(" ")
    return int(count or 1), int(length) * {"s": timedelta(seconds=1), "h": timedelta(hours=1)}[unit]


def written_rules() -> list[Rule]:
    """The rows of this package's files. Raises BadRule."""
    return [rule for path in sorted(FOLDER.glob("*.tsv")) for rule in rules_in(path)]


def rules_in(path: Path) -> Iterator[Rule]:
    """The rows of one file: tab-separated, lines with # are comments. Raises BadRule."""
    with path.open(encoding="utf-8", newline="") as lines:
        written = (line for line in lines if not line.startswith("# "))
        for row in csv.DictReader(written, delimiter="\t", quoting=csv.QUOTE_NONE):
            try:
                yield _rule(row)
            except (KeyError, ValueError) as problem:
                where = f"{row.get('kind')} {row.get('place')} {row.get('subject')}"
                raise BadRule(f"{path.name}, {where}: {problem}; mend this cell of the row") from None


@cache
def rules_on(day: date) -> RuleBook:
    """The book of this package's files for a day."""
    return RuleBook(written_rules(), on=day)


def _rule(row: dict[str, str]) -> Rule:
    return Rule(
        Kind(row["kind"]),
        row["provider"],
        row["place"],
        row["subject"],
        row["value"],
        Standing(row["standing"]),
        date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        date.fromisoformat(row["last_checked"]),
        row["source"],
        tuple(code.strip() for code in row["prevents"].split(";") if code.strip()),
        row["note"] or "",
        date.fromisoformat(row["valid_until"]) if row.get("valid_until") else None,
    )


_UNDERSTOOD_BY: Final[dict[Kind, Callable[[str], object]]] = {
    **dict.fromkeys(
        [
            Kind.SHORT_CODE_FORM,
            Kind.SENDER_FORM,
            Kind.OPT_OUT_NUMBER,
            Kind.OPT_OUT_WORDING,
            Kind.OPT_OUT_REPLY,
            Kind.REPLY_ASKED,
            Kind.PLACEHOLDER,
            Kind.PLACEHOLDER_FIELD,
            Kind.BLANK_MERGE,
            Kind.CONTENT,
            Kind.CONTENT_UNLESS,
            Kind.SENSITIVE,
            Kind.SPAMMY,
        ],
        pattern,
    ),
    **dict.fromkeys([Kind.MOST_UNITS, Kind.HOUSE_SEGMENTS, Kind.MOST_MEDIA, Kind.DAILY_CAP], int),
    **dict.fromkeys([Kind.HOURS, Kind.UNSOCIAL_HOURS], hours),
    Kind.REPEAT: repeats,
}


def _understand(rule: Rule) -> None:
    """Raises BadRule."""
    read = _UNDERSTOOD_BY.get(rule.kind)
    try:
        if read:
            read(rule.value)
    except (ValueError, KeyError, re.error) as problem:
        raise BadRule(
            f'{rule.kind} {rule.place} {rule.subject}: "{rule.value}" is not understood ({problem}); write it '
            "as the other rows of this kind are written"
        ) from None
