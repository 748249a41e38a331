"""A tally as rows: one per line, per failure code, per stale group of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from errors.preflight import Code, Rule, Severity
from errors.replay.claims import CategoryOf, Failure
from errors.replay.pack import short
from errors.replay.tally import (
    ALL,
    Group,
    Tally,
    failure_key,
    rule_key,
    stale_key,
)

# The code under which a row is counted that found nothing.
_NOTHING = ""


def lines_of(
    tally: Tally, rules: Sequence[Rule], category: CategoryOf, *, asked: Sequence[Rule] = ()
) -> Iterator[dict[str, Any]]:
    """Every line that has sends; for rows that are `asked` about, even where they have none."""
    by_key = {rule_key(rule): rule for rule in rules}
    found = set()
    for key, severity in sorted({(cell.key, cell.severity) for cell in tally.cells}):
        name, _, about = key.partition("|")
        rule = by_key.get(about)
        found.add(about)
        if key == ALL:
            yield _line(key, severity, tally.sends["all"], tally.sends["failed"]) | _counts(
                tally, key, severity
            )
            continue
        code = Code(name)
        looked, meant = tally.looked(code, rule), tally.meant(code, rule, category)
        yield _line(key, severity, looked, meant, rule) | _counts(tally, key, severity)
    for rule in asked:
        if rule_key(rule) not in found:
            key = f"{_NOTHING}|{rule_key(rule)}"
            looked = tally.looked(Code.TO_INVALID, rule)
            meant = tally.meant(Code.TO_INVALID, rule, category) if rule.prevents else 0
            yield _line(key, Severity.ERROR.value, looked, meant, rule)


def _line(key: str, severity: str, looked: int, meant: int, rule: Rule | None = None) -> dict[str, Any]:
    line = {
        "key": short(key),
        "code": key.partition("|")[0],
        "severity": severity,
        "looked": looked,
        "meant": meant,
    }
    if rule is None:
        return line
    return line | {
        "kind": rule.kind.value,
        "provider": rule.provider,
        "place": rule.place,
        "subject": rule.subject,
        "value": rule.value,
        "standing": rule.standing.value,
        "prevents": list(rule.prevents),
        "last_checked": rule.last_checked,
    }


def _counts(tally: Tally, key: str, severity: str) -> dict[str, int]:
    return {came.value: count for came, count in tally.of(key, severity).items()}


def failures_of(
    tally: Tally, category: CategoryOf, is_meant: Callable[[Failure], bool]
) -> Iterator[dict[str, Any]]:
    """Every code that sends failed with, and what the rules would have made of them."""
    for failure, (at, example) in tally.last.items():
        counts = {name: tally.caught[failure, name] for name in ("", "warn", "error")}
        yield {
            "key": short(failure_key(failure)),
            "provider": failure.provider,
            "code": failure.code,
            "category": category(failure).value,
            "failures": sum(counts.values()),
            "stopped": counts["error"],
            "warned": counts["warn"],
            "missed": counts[""],
            "is_meant": is_meant(failure),
            "last_at": datetime.fromtimestamp(at, UTC),
            "example": example,
        }


def stale_of(tally: Tally, groups: Sequence[Group], rules: Sequence[Rule]) -> Iterator[dict[str, Any]]:
    for missed in tally.stale(groups):
        group = missed.group
        alike = (
            rule
            for rule in rules
            if (rule.kind, rule.provider, rule.place, rule.prevents, rule.last_checked)
            == (group.kind, group.provider, group.place, group.prevents, group.last_checked)
        )
        yield {
            "key": short(stale_key(group.key, missed.failure)),
            "kind": group.kind.value,
            "rule_provider": group.provider,
            "place": group.place,
            "prevents": list(group.prevents),
            "last_checked": group.last_checked,
            "rows": sum(1 for _ in alike),
            "provider": missed.failure.provider,
            "code": missed.failure.code,
            "failures": missed.count,
            "first_at": missed.first_at,
            "last_at": missed.last_at,
            "example": missed.example,
        }
