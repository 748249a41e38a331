"""A mapping made ready for one file: columns as positions, words as readers. Compiled once per batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from backoffice.imports.importer import MappingProblem, Target
from backoffice.models import System
from consent.intake import plan as consent_plan
from consent.intake.targets import folded
from consent.moments import FIRST_TEXT_SENT, DateOrder, MomentReader
from consent.numbers import NumberCell, NumberReader, UnknownRegion
from consent.numbers.regions import known_region
from errors.catalogue import Catalogue, CodeFacts, Confidence, StatusWord, read_status
from errors.intake.targets import BY_NAME, TARGETS
from errors.life import Status

RULES = {
    *("provider", "account", "vocabulary", "date_order", "time_zone", "region", "is_international"),
    *("is_per_recipient", "program", "blocked_codes"),
}
INBOUND = "inbound"  # a word of the vocabulary may say that the message came in
EARLIEST = datetime.combine(FIRST_TEXT_SENT, time.min, UTC)
LONGEST_OTHER = 200  # characters of a cell that is only kept beside the request
SECRETS = ("token", "password", "passwd", "secret", "signature", "apikey", "authorization", "credential")


class Texts(NamedTuple):
    """The cells of one row by target, trimmed; "" where a target is not mapped or its cells are empty."""

    event_id: str
    at: str
    status: str
    status_at: str
    direction: str
    from_: str
    to: str
    text: str
    error_code: str
    error_text: str
    provider: str
    account: str
    country: str
    carrier: str
    campaign: str
    template: str
    template_version: str
    journey: str
    route: str
    client_ref: str
    encoding: str
    segments: str
    part: str
    parts: str


TEXTS = [name.rstrip("_") for name in Texts._fields]


# A number with its country code and without the plus sign, as some providers write it and as spreadsheets leave it.
_BARE = re.compile(r"(?:00)?([1-9]\d{7,14})(?:\.0+)?", re.ASCII)


class InternationalReader(NumberReader):
    """For logs that write numbers with their country code and without a plus sign."""

    def read(self, raw: str, region: str | None = None) -> NumberCell:
        bare = _BARE.fullmatch(raw.strip())
        return super().read(f"+{bare[1]}" if bare else raw, region)


class LogReader(NumberReader):
    """For other logs: digits that are no number of the country are tried as one that has lost its plus sign."""

    def read(self, raw: str, region: str | None = None) -> NumberCell:
        cell = super().read(raw, region)
        if cell.e164 is None and (bare := _BARE.fullmatch(raw.strip())):
            abroad = super().read(f"+{bare[1]}", region)
            return abroad if abroad.e164 else cell
        return cell


@dataclass(frozen=True, slots=True)
class Plan:
    """How each row of one file is read. Positions are of the file's cells; () or None: not mapped."""

    positions: Mapping[str, tuple[int, ...]]
    width: int
    needed: int  # a row with fewer cells lacks one that decides; other missing cells are blank
    others: tuple[tuple[str, int], ...]  # columns that nothing was made of, kept beside the request
    first: Callable[
        [Sequence[str]], tuple[str, ...]
    ]  # the first cell of each target; the last one if not mapped
    further: tuple[
        tuple[int, tuple[int, ...]], ...
    ]  # targets with several columns: place, the other positions
    consent: consent_plan.Plan
    numbers: NumberReader
    default_region: str | None
    moments: MomentReader
    now: datetime  # when the system held what the file says
    provider: str
    account: str
    is_per_recipient: bool
    has_times_of_reports: bool  # a column may tell both when a message was made and when it was reported on
    vocabulary: Mapping[str, StatusWord]
    blocked_codes: frozenset[str]
    book: Catalogue
    words: dict[tuple[str, str], StatusWord | None] = field(default_factory=dict)
    codes: dict[tuple[str, str], CodeFacts] = field(default_factory=dict)

    def texts(self, cells: Sequence[str]) -> Texts:
        """Of each target the first filled cell."""
        found = list(map(str.strip, self.first((*cells, ""))))
        for place, positions in self.further:
            if not found[place]:
                found[place] = next((text for at in positions if (text := cells[at].strip())), "")
        return Texts._make(found)

    def sent_at(self, cell: str) -> datetime | None:
        """The time of a cell in the form that nearly every export uses; None for any other, which `moment` reads."""
        if len(cell) == 20 and cell[-1] == "Z":
            try:
                at = datetime.fromisoformat(cell)
            except ValueError:
                return None
            return at if EARLIEST <= at <= self.now else None
        return None

    def filled(self, cells: Sequence[str], target: str) -> list[str]:
        """Every filled cell of a target's columns."""
        texts = (cells[position].strip() for position in self.positions.get(target, ()))
        return [text for text in texts if text]

    def other_cells(self, cells: Sequence[str]) -> dict[str, str]:
        """The filled cells of the columns that nothing was made of."""
        return {name: cells[at].strip()[:LONGEST_OTHER] for name, at in self.others if cells[at].strip()}

    def word(self, provider: str, word: str) -> StatusWord | None:
        """What a status word means; None where nobody said."""
        key = (provider, word)
        if key not in self.words:
            own = self.vocabulary.get(folded_word(word))
            self.words[key] = own or read_status(provider, word)
        return self.words[key]

    def code(self, provider: str, code: str, title: str = "") -> CodeFacts:
        """What a code means; where the provider's own pages contradict each other the title beside it decides."""
        key = (provider, code)
        if key not in self.codes:
            self.codes[key] = self.book.look_up(provider, code).facts
        if title and self.codes[key].confidence is Confidence.CONTRADICTED:
            return self.book.look_up(provider, code, title=title).facts
        return self.codes[key]


def folded_word(word: str) -> str:
    return " ".join(word.split()).casefold()


def present(names: Sequence[str], headers: Sequence[str]) -> list[str]:
    """The file's own names of the columns a mapping names, in any case of their letters."""
    own = {folded(header): header for header in reversed(headers)}
    found = [name if name in headers else own.get(folded(name)) for name in names]
    return list(dict.fromkeys(name for name in found if name is not None))


def check(
    system: System, columns: Mapping[str, list[str]], rules: Mapping[str, Any], headers: Sequence[str]
) -> None:
    """Raises MappingProblem when the mapping cannot be used with a file that has these headers."""
    taken: dict[str, Target] = {}
    for name, names in columns.items():
        if name not in BY_NAME:
            raise MappingProblem(f"“{name}” is nothing a column can feed for {system.name}.")
        target, found = BY_NAME[name], present(names, headers)
        if len(found) > 1 and not target.several:
            raise MappingProblem(f"{target.label} takes one column, not {len(found)}: {', '.join(found)}.")
        if names and not found and target.required:
            raise MappingProblem(f"{target.label}: the file has no column “{'” or “'.join(names)}”.")
        for header in found:
            # Where each row is a report of its own, its time is the only sign of when the message was sent.
            if header in taken and not (target.is_time and taken[header].is_time):
                raise MappingProblem(
                    f"The column “{header}” is mapped twice: {taken[header].label} and {target.label}."
                )
            taken[header] = target
    for target in TARGETS:
        if target.required and not columns.get(target.name):
            raise MappingProblem(f"No column is mapped to {target.label}; rows cannot be read without it.")
    if not rules.get("provider") and not present(columns.get("provider", []), headers):
        raise MappingProblem("Nothing says which provider the log is of: map a column, or name the provider.")
    _check_rules(rules)


def _check_rules(rules: Mapping[str, Any]) -> None:
    """Raises MappingProblem for a rule that cannot be followed."""
    for name in rules:
        if name not in RULES:
            raise MappingProblem(f"The mapping has a rule “{name}” that nothing understands.")
    if (order := rules.get("date_order")) and order not in set(DateOrder):
        raise MappingProblem(f"“{order}” is no order of day, month and year.")
    if (zone := rules.get("time_zone")) and zone not in available_timezones():
        raise MappingProblem(f"“{zone}” is no time zone; write it like America/New_York or Europe/Paris.")
    for word, meaning in rules.get("vocabulary", {}).items():
        if meaning != INBOUND and meaning not in set(Status):
            raise MappingProblem(f"“{meaning}”, given for “{word}”, is no status a message can have.")
    try:
        known_region(rules.get("region"))
    except UnknownRegion as problem:
        raise MappingProblem(f"{str(problem).rstrip('.')}.") from problem


def compile_plan(
    system: System,
    columns: Mapping[str, list[str]],
    rules: Mapping[str, Any],
    headers: Sequence[str],
    *,
    now: datetime,
    book: Catalogue,
) -> Plan:
    """Raises MappingProblem."""
    check(system, columns, rules, headers)
    position_of = {header: position for position, header in enumerate(headers)}
    positions = {
        target: tuple(position_of[name] for name in present(names, headers))
        for target, names in columns.items()
    }
    used = {position for places in positions.values() for position in places}
    region = known_region(rules.get("region") or system.default_region)
    numbers = (InternationalReader if rules.get("is_international") else LogReader)(region)
    zone = rules.get("time_zone") or system.time_zone
    order = rules.get("date_order")
    moments = MomentReader(ZoneInfo(zone) if zone else None, DateOrder(order) if order else None, now)
    blocked_codes = frozenset(str(code) for code in rules.get("blocked_codes", []))
    needed = 1 + max(positions["event_id"] + positions["at"])
    return Plan(
        positions=positions,
        width=len(headers),
        needed=needed,
        others=tuple(
            (header, position)
            for header, position in position_of.items()
            if position not in used and not _is_secret(header)
        ),
        first=itemgetter(*((positions.get(name) or (-1,))[0] for name in TEXTS)),
        further=tuple(
            (place, positions[name][1:])
            for place, name in enumerate(TEXTS)
            if len(positions.get(name, ())) > 1
        ),
        consent=consent_plan.Plan(
            kind=System.Kind.REPLIES,
            positions=positions,
            width=len(headers),
            numbers=numbers,
            default_region=region,
            moments=moments,
            zone=zone,
            statuses=(),
            constant_status=None,
            constant_program=rules.get("program") or None,
            blocked_codes=blocked_codes,
            needed=needed,
        ),
        numbers=numbers,
        default_region=region,
        moments=moments,
        now=now,
        provider=str(rules.get("provider") or ""),
        account=str(rules.get("account") or ""),
        is_per_recipient=bool(rules.get("is_per_recipient")),
        has_times_of_reports=bool({*positions["at"]} & {*positions.get("status_at", ())}),
        vocabulary={
            folded_word(word): StatusWord(None if meaning == INBOUND else Status(meaning), False)
            for word, meaning in rules.get("vocabulary", {}).items()
        },
        blocked_codes=blocked_codes,
        book=book,
    )


def _is_secret(header: str) -> bool:
    name = folded(header)
    return any(word in name for word in SECRETS)
