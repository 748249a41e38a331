"""A mapping made ready for one file: columns as positions, words as readers. Compiled once per batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from backoffice.imports.importer import MappingProblem
from backoffice.models import System
from consent.cells import Meaning, Polarity, StatusReader
from consent.intake.targets import TARGETS
from consent.moments import DateOrder, MomentReader
from consent.numbers import NumberReader, UnknownRegion
from consent.numbers.regions import known_region

RULES = {
    "polarity",
    "vocabulary",
    "date_order",
    "program",
    "status",
    "blocked_codes",
    "time_zone",
    "region",
    "is_complete",
}


@dataclass(frozen=True, slots=True)
class StatusColumn:
    position: int
    read: StatusReader


@dataclass(frozen=True, slots=True)
class Plan:
    """How each row of one file is read. Positions are of the file's cells; () or None: not mapped."""

    kind: str
    positions: Mapping[str, tuple[int, ...]]
    width: int
    numbers: NumberReader
    default_region: str | None
    moments: MomentReader
    zone: str
    statuses: tuple[StatusColumn, ...]
    constant_status: Meaning | None
    constant_program: str | None
    blocked_codes: frozenset[str]
    needed: int  # a row with fewer cells lacks one that decides; other missing cells are blank
    is_complete: bool = False  # of a list of blocks: whoever is missing is not blocked
    as_of: datetime | None = None  # when the system held what the file says

    def cell(self, cells: Sequence[str], target: str) -> str:
        """The first filled cell of a target's columns, trimmed of white space and NULs."""
        for position in self.positions.get(target, ()):
            text = cells[position]
            if "\x00" in text:
                text = text.replace("\x00", "")
            if text := text.strip():
                return text
        return ""

    def text(self, cells: Sequence[str], target: str, limit: int) -> str:
        return self.cell(cells, target)[:limit]


def check(
    system: System, columns: Mapping[str, list[str]], rules: Mapping[str, Any], headers: Sequence[str]
) -> None:
    """Raises MappingProblem when the mapping cannot be used with a file that has these headers."""
    targets = {target.name: target for target in TARGETS[system.kind]}
    known = set(headers)
    taken: dict[str, str] = {}
    for name, names in columns.items():
        if name not in targets:
            raise MappingProblem(f"“{name}” is nothing a column can feed for {system.name}.")
        # Names the file does not have are those of other exports of the system.
        present = [header for header in names if header in known]
        if len(present) > 1 and not targets[name].several:
            raise MappingProblem(
                f"{targets[name].label} takes one column, not {len(present)}: {', '.join(present)}."
            )
        if (
            names
            and not present
            and (targets[name].required or targets[name].has_polarity or targets[name].is_time)
        ):
            raise MappingProblem(f"{targets[name].label}: the file has no column “{'” or “'.join(names)}”.")
        for header in present:
            if header in taken:
                raise MappingProblem(
                    f"The column “{header}” is mapped twice: {taken[header]} and {targets[name].label}."
                )
            taken[header] = targets[name].label
    for target in targets.values():
        if target.required and not columns.get(target.name):
            raise MappingProblem(f"No column is mapped to {target.label}; rows cannot be read without it.")
    if (
        "status" in targets
        and system.stores_a_status
        and not columns.get("status")
        and not rules.get("status")
    ):
        raise MappingProblem(
            "No column is mapped to the SMS consent status, and no status is given for the whole file."
        )
    for header in known & set(columns.get("status", [])):
        if rules.get("polarity", {}).get(header) not in set(Polarity):
            raise MappingProblem(f"Say for “{header}” whether “yes” means opted in or opted out.")
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
    meanings = [*rules.get("vocabulary", {}).values(), *filter(None, [rules.get("status")])]
    for meaning in meanings:
        if meaning not in set(Meaning):
            raise MappingProblem(f"“{meaning}” is no meaning a status word can have.")
    try:
        StatusReader(Polarity.OPT_IN, vocabulary_of(rules))
        known_region(rules.get("region"))
    except (ValueError, UnknownRegion) as problem:
        raise MappingProblem(f"{str(problem).rstrip('.')}.") from problem


def vocabulary_of(rules: Mapping[str, Any]) -> dict[str, Meaning]:
    """What a person said the system's own words mean."""
    return {word: Meaning(meaning) for word, meaning in rules.get("vocabulary", {}).items()}


def compile_plan(
    system: System,
    columns: Mapping[str, list[str]],
    rules: Mapping[str, Any],
    headers: Sequence[str],
    now: datetime,
) -> Plan:
    """Raises MappingProblem."""
    check(system, columns, rules, headers)
    position_of = {header: position for position, header in enumerate(headers)}
    positions = {
        target: tuple(position_of[name] for name in names if name in position_of)
        for target, names in columns.items()
    }
    vocabulary = vocabulary_of(rules)
    region = known_region(rules.get("region") or system.default_region)
    zone = rules.get("time_zone") or system.time_zone
    order = rules.get("date_order")
    return Plan(
        kind=system.kind,
        positions=positions,
        width=len(headers),
        numbers=NumberReader(region),
        default_region=region,
        moments=MomentReader(ZoneInfo(zone) if zone else None, DateOrder(order) if order else None, now),
        zone=zone,
        statuses=tuple(
            StatusColumn(position_of[name], StatusReader(Polarity(rules["polarity"][name]), vocabulary))
            for name in columns.get("status", [])
            if name in position_of
        ),
        constant_status=Meaning(rules["status"]) if rules.get("status") else None,
        constant_program=rules.get("program") or None,
        blocked_codes=frozenset(str(code) for code in rules.get("blocked_codes", [])),
        needed=1
        + max(
            (
                position
                for target in TARGETS[system.kind]
                if target.required or target.has_polarity or target.is_time
                for position in positions.get(target.name, ())
            ),
            default=-1,
        ),
        is_complete=system.kind == System.Kind.PROVIDER and bool(rules.get("is_complete")),
        as_of=now,
    )
