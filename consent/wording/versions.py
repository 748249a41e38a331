"""Which version of a text was in force: one at a time per program, kind, language and place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from consent.wording.elements import Kind


@dataclass(frozen=True, slots=True)
class Version:
    """One version. `valid_from` None: nobody knows since when; `valid_until` is its last day, None: still shown."""

    key: int
    program: int
    kind: Kind
    language: str
    place: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a record of the ledger tells of the text that the person saw. `places`: page, form, system."""

    program: int | None
    on: date | None
    reported: int | None = None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The version behind a record. By date alone it is a pointer for staff, never proof: only a version that the
    source itself reported carries a consent."""

    key: int
    by_date: bool


def in_force(version: Version, on: date) -> bool:
    """Whether it was shown that day. A version without a first day is in force on no day that we can name."""
    if version.valid_from is None or on < version.valid_from:
        return False
    return version.valid_until is None or on <= version.valid_until


def overlap(one: Version, other: Version) -> bool:
    """Whether two versions claim the same place and language at the same time. Undated ones claim no time."""
    same = (one.program, one.kind, one.language.casefold(), one.place.strip().casefold()) == (
        other.program,
        other.kind,
        other.language.casefold(),
        other.place.strip().casefold(),
    )
    if not same or one.valid_from is None or other.valid_from is None:
        return False
    return in_force(one, other.valid_from) or in_force(other, one.valid_from)


def match(shown: Shown, versions: Iterable[Version]) -> Match | None:
    """The version a grant rests on: the one its source reported, else the only opt-in text of the program that was in
    force that day, at that place where several were. None when nobody can tell."""
    if shown.reported is not None:
        return Match(shown.reported, by_date=False)
    if shown.on is None or shown.program is None:
        return None
    day = shown.on
    current = [
        version
        for version in versions
        if version.kind is Kind.OPT_IN and version.program == shown.program and in_force(version, day)
    ]
    if len(current) > 1:
        current = [version for version in current if _there(version.place, shown.places)]
    return Match(current[0].key, by_date=True) if len(current) == 1 else None


def _there(place: str, places: Iterable[str]) -> bool:
    wanted = place.strip().casefold()
    return bool(wanted) and any(wanted in given.casefold() for given in places)
