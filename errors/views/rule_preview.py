"""What history says about rules, on their pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from errors.models import PreflightRule, RuleReplay
from errors.preflight import Rule
from errors.replay.change import Change, NoChange
from errors.replay.preview import preview
from errors.rulebook import rules_in_force


def stale() -> set[str]:
    """The series of the rules whose codes still occur on messages that passed, by the latest nightly result. A rule
    that was checked since is none of them."""
    last = RuleReplay.objects.standing().finished().order_by("-ends_at", "-pk").first()
    if last is None:
        return set()
    seen = {
        (one.kind, one.rule_provider, one.place, tuple(one.prevents), one.last_checked)
        for one in last.stale.all()
    }
    if not seen:
        return set()
    rules = PreflightRule.objects.in_use().filter(is_active=True, kind__in={one[0] for one in seen})
    return {
        str(rule.series)
        for rule in rules
        if (rule.kind, rule.provider, rule.place, tuple(rule.prevents), rule.last_checked) in seen
    }


def tried(was: PreflightRule | None, rule: Rule, now: datetime) -> dict[str, Any]:
    """What the rule as it would be would have done on the sends of the last days: for errors/_rule_preview.html."""
    change = Change(was.as_rule() if was is not None and was.is_active else None, rule)
    try:
        found = preview(rules_in_force(timezone.localdate(now)), change, now=now)
    except NoChange:
        return {}
    return {
        "preview": found,
        "preview_effects": [
            ("would be held, and are not", found.gained),
            ("are held, and would not be", found.lost),
            ("the rule itself would hold", found.itself),
        ],
        "preview_change": change.as_text(),
    }
