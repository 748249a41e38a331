"""One finding, and the flag that shows it to staff."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from backoffice.models import System
from consent import rules
from consent.closing import RAN_OUT
from consent.facts import Door, policy
from consent.models import Flag, FlagEvent, Program

F = Flag.Status
# How soon each severity should be looked at. S1 counts from the person's own request, not from our noticing; where
# somebody asked us to stop it is due when that has to be in force.
DUE_AFTER = {
    rules.Severity.S1: timedelta(hours=24),
    rules.Severity.S2: timedelta(hours=72),
    rules.Severity.S3: timedelta(days=5),
    rules.Severity.S4: timedelta(days=10),
}


@dataclass
class Found:
    """What the rules found wrong about one number and program, and what they had agreed on there."""

    number_id: int
    program: Program
    system: System | None
    finding: rules.Finding
    agreed: rules.Agreed
    read_wrong: int  # how often a corrected value was, where that was too often to write it again

    @property
    def holds(self) -> bool:
        return self.finding.severity.holds(self.agreed.status)

    @cached_property
    def fingerprint(self) -> str:
        return rules.fingerprint(self.finding)

    @property
    def status(self) -> Flag.Status:
        """Of a new flag."""
        return F.ESCALATED if self.read_wrong else F.OPEN

    def _content(self, door: Door, now: datetime) -> dict[str, Any]:
        return {
            "severity": self.finding.severity.value,
            "fingerprint": self.fingerprint,
            "why": rules.sentence(self._named(door)),
            "evidence": list(self.finding.evidence),
            "params": {**self.finding.params, "record": self.finding.record},
            "refreshed_at": now,
        }

    def _named(self, door: Door) -> rules.Finding:
        """The finding with the systems' names, as staff know them, instead of their slugs."""
        finding = replace(self.finding, system=self.system.name) if self.system else self.finding
        slugs = {name: finding.params[name] for name in ("systems", "writer") if finding.params.get(name)}
        names = {
            name: "; ".join(door.by_slug[slug].name for slug in str(text).split("; "))
            for name, text in slugs.items()
        }
        return replace(finding, params={**finding.params, **names}) if names else finding

    def row(self, key: str, door: Door, now: datetime) -> dict[str, Any]:
        """The columns of a new flag."""
        content = self._content(door, now)
        reverts = {"reverts": self.read_wrong} if self.read_wrong else {}
        return {
            "code": self.finding.code.value,
            "number_id": self.number_id,
            "program_id": self.program.pk,
            "system_id": self.system.pk if self.system else None,
            "key": key,
            "status": self.status.value,
            "raised_at": now,
            "due_at": self._due(now),
            **content,
            "params": content["params"] | reverts,
        }

    def refresh(self, flag: Flag, door: Door, now: datetime) -> FlagEvent:
        """New evidence: the flag shows it, wakes from a snooze, and a waiver no longer covers it."""
        old = flag.status
        note = RAN_OUT if flag.fingerprint == self.fingerprint else "New evidence."
        known = {"reverts": flag.params["reverts"]} if "reverts" in flag.params else {}
        for name, value in self._content(door, now).items():
            setattr(flag, name, value)
        flag.params |= known
        flag.due_at = self._due(flag.raised_at)
        flag.version += 1
        flag.snoozed_until = None
        if flag.status == F.WAIVED:
            flag.status, flag.waived_until = F.OPEN, None
        return FlagEvent(flag=flag, old=old, new=flag.status, note=note)

    def _due(self, now: datetime) -> datetime:
        """The deadline that the sentence names, where it names one."""
        since = now
        if self.finding.severity is rules.Severity.S1 and self.agreed.status.is_out:
            limit = rules.due_by(self.agreed, policy())
            if limit is not None:
                return limit
            since = min((record.received_at for record in self.agreed.deciding), default=now)
        return since + DUE_AFTER[self.finding.severity]
