"""What history says about rules, on their pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from errors.models import PreflightRule
from errors.preflight import Rule


def stale() -> set[str]:
    """The series of the rules whose codes still occur on messages that passed."""
    return set()


def tried(was: PreflightRule | None, rule: Rule, now: datetime) -> dict[str, Any]:
    """What the rule as it would be would have done on the sends of the last days: for errors/_rule_preview.html."""
    return {}
