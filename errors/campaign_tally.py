"""What is counted of a campaign while its rows go by: verdicts, reasons, segments, and whom it goes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from errors.audience import Judged
from errors.encoding import Measure
from errors.preflight import Severity, Verdict, in_words

_ORDER: Final = list(Severity)
MOST_GROUPS: Final = 5_000  # further ones are counted without their carrier


class Group(NamedTuple):
    """Recipients that history tells nothing apart of. Blank is not known."""

    country: str
    carrier: str
    encoding: str
    segments: int


class Counted(NamedTuple):
    """The rows with one reason: the worst it was for any of them, and the first remedy that was named."""

    code: str
    severity: Severity
    remedy: str
    rows: int

    @property
    def words(self) -> str:
        return in_words(self.code)


@dataclass
class Tally:
    """Every row has one verdict; `segments` are those of the rows with each. `groups`: the rows that would go out.
    `longest` and `shortest` are {"line", "segments", "units", "text"} of the texts that would go out."""

    rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counted] = field(default_factory=dict)
    segments: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    groups: Counter[Group] = field(default_factory=Counter)
    known: int = 0
    longest: dict[str, Any] = field(default_factory=dict)
    shortest: dict[str, Any] = field(default_factory=dict)

    def count(self, judged: Judged, found: Measure, group: Group, *, is_known: bool) -> None:
        self.rows += 1
        self.verdicts[judged.verdict.value] += 1
        for code, reason in {str(reason.code): reason for reason in reversed(judged.reasons)}.items():
            known = self.reasons.get(code)
            if known is None:
                self.reasons[code] = Counted(code, reason.severity, reason.remedy, 1)
            else:
                worst = min(known.severity, reason.severity, key=_ORDER.index)
                self.reasons[code] = known._replace(severity=worst, rows=known.rows + 1)
        self.segments[judged.verdict.value] += found.segments
        self.known += is_known
        if judged.verdict is not Verdict.BLOCK:
            self.lengths[found.segments] += 1
            if group not in self.groups and len(self.groups) >= MOST_GROUPS:
                group = group._replace(carrier="")
            self.groups[group] += 1

    def measured(self, line: int, text: str, found: Measure) -> None:
        """A text that would go out: is it the longest or the shortest until now?"""
        size = (found.segments, found.units)
        about = {"line": line, "segments": found.segments, "units": found.units, "text": text}
        if not self.longest or size > (self.longest["segments"], self.longest["units"]):
            self.longest = about
        if not self.shortest or size < (self.shortest["segments"], self.shortest["units"]):
            self.shortest = about

    def as_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "verdicts": dict(self.verdicts),
            "reasons": [list(counted) for counted in self.reasons.values()],
            "segments": dict(self.segments),
            "lengths": {str(length): rows for length, rows in sorted(self.lengths.items())},
            "missing": dict(self.missing),
            "groups": [[*group, rows] for group, rows in self.groups.items()],
            "known": self.known,
            "longest": self.longest,
            "shortest": self.shortest,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Tally:
        if not stored:
            return cls()
        return cls(
            rows=stored["rows"],
            verdicts=Counter(stored["verdicts"]),
            reasons={counted.code: counted for counted in reasons_of(stored)},
            segments=Counter(stored["segments"]),
            lengths=Counter({int(length): rows for length, rows in stored["lengths"].items()}),
            missing=Counter(stored["missing"]),
            groups=Counter({Group(*group): rows for *group, rows in stored["groups"]}),
            known=stored["known"],
            longest=stored["longest"],
            shortest=stored["shortest"],
        )


def reasons_of(stored: Mapping[str, Any]) -> list[Counted]:
    """The worst first, then those with most rows."""
    found = [
        Counted(code, Severity(severity), remedy, rows)
        for code, severity, remedy, rows in stored.get("reasons", ())
    ]
    return sorted(found, key=lambda one: (_ORDER.index(one.severity), -one.rows, one.code))
