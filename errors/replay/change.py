"""One change to the rules that somebody thinks of: a row added, edited or switched off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from errors.preflight import BadRule, Kind, Rule, Standing

_DAYS = ("valid_from", "last_checked", "valid_until")


class NoChange(ValueError):
    """What is written is no change of a rule; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Change:
    """`was` None: a row is added; `now` None: a row is switched off."""

    was: Rule | None
    now: Rule | None

    def applied(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rows with the change; an edited row keeps its place."""
        found = [self.now if self.was is not None and rule == self.was else rule for rule in rules]
        if self.was is None:
            found.append(self.now)
        return [rule for rule in found if rule is not None]

    @property
    def kinds(self) -> set[Kind]:
        return {rule.kind for rule in (self.was, self.now) if rule is not None}

    @property
    def words(self) -> str:
        """E.g. "shortener bit.ly switched off"."""
        rule = self.now or self.was
        assert rule is not None
        named = " ".join(filter(None, (rule.kind.replace("_", " "), rule.provider, rule.place, rule.subject)))
        if self.was is None:
            return f"{named} added"
        return f"{named} edited" if self.now is not None else f"{named} switched off"

    def as_json(self) -> dict[str, Any]:
        return {"was": _written(self.was), "now": _written(self.now)}

    def as_text(self) -> str:
        """For a field of a form."""
        return json.dumps(self.as_json())

    @staticmethod
    def from_json(given: Mapping[str, Any]) -> Change:
        """What as_json wrote. Raises NoChange."""
        try:
            change = Change(_rule(given["was"]), _rule(given["now"]))
        except (KeyError, TypeError, ValueError, BadRule) as problem:
            raise NoChange(
                f"This change of a rule cannot be read ({problem}); open the rule and try again."
            ) from None
        if change.was is None and change.now is None:
            raise NoChange("Nothing is changed; open a rule and change it first.")
        return change

    @staticmethod
    def from_text(text: str) -> Change:
        """What as_text wrote. Raises NoChange."""
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        return Change.from_json(given if isinstance(given, dict) else {})


def digest(rules: Iterable[Rule]) -> str:
    """The same for the same rows, in any order, whoever keeps them."""
    rows = sorted(json.dumps(_written(rule) or {}, sort_keys=True) for rule in rules)
    return sha256("\n".join(rows).encode()).hexdigest()


def _written(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    fields = asdict(rule)
    for day in _DAYS:
        fields[day] = fields[day].isoformat() if fields.get(day) else None
    del fields["series"]
    return fields | {"prevents": list(rule.prevents)}


def _rule(fields: Mapping[str, Any] | None) -> Rule | None:
    if fields is None:
        return None
    read = dict(fields)
    for day in _DAYS:
        read[day] = date.fromisoformat(read[day]) if read.get(day) else None
    kind, standing = Kind(read.pop("kind")), Standing(read.pop("standing"))
    return Rule(kind=kind, standing=standing, **read | {"prevents": tuple(read["prevents"])})
