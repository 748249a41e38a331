"""Keep the findings about numbers in step with what became of the sends to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from errors import life, reach
from errors.catalogue import Catalogue, Category
from errors.models import ErrorCode, NumberFinding, SendAttempt

_FIELDS = (
    *("category", "failures", "days", "provider", "error_code", "first_failed_at", "last_failed_at"),
    *("suppressed_at", "cleared_at"),
)
_SETTLED = [status.value for status in life.SETTLED]
_SUCCEEDED = {status.value for status in life.SUCCEEDED}


def suspect(number_ids: Collection[int], failing: Collection[int]) -> dict[str, int]:
    """Judge numbers anew: those of `number_ids` that were given up before, and those that something `failing` was
    reported about. Safe to run twice; in the transaction that changed their attempts."""
    found = NumberFinding.objects.filter(number__any_of=[*number_ids, *failing])
    known = {finding.number_id: finding for finding in found}
    doubtful = {*known, *failing}
    if not doubtful:
        return {"suppressed": 0, "cleared": 0}
    verdicts = {number_id: reach.judge(tries) for number_id, tries in _tries(doubtful).items()}
    new = [_finding(number_id, verdict) for number_id, verdict in verdicts.items() if verdict is not None]
    changed = [
        one
        for one in new
        if one.number_id not in known
        or any(getattr(one, name) != getattr(known[one.number_id], name) for name in _FIELDS)
    ]
    NumberFinding.objects.bulk_create(
        sorted(changed, key=lambda one: one.number_id),
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=_FIELDS,
        batch_size=1000,
    )
    # A failure that turned out to be none.
    gone = known.keys() - {one.number_id for one in new}
    NumberFinding.objects.filter(number__any_of=list(gone)).delete()
    cleared = sum(one.cleared_at is not None for one in changed)
    return {"suppressed": len(changed) - cleared, "cleared": cleared + len(gone)}


def _tries(number_ids: Collection[int]) -> dict[int, list[reach.Try]]:
    found: dict[int, list[reach.Try]] = defaultdict(list)
    book = ErrorCode.objects.as_catalogue()
    categories: dict[tuple[str, str, str], Category] = {}
    rows = (
        SendAttempt.objects.filter(number__any_of=list(number_ids), status__in=_SETTLED)
        .order_by()
        .values_list("number_id", "submitted_at", "status", "provider", "error_code", "error_text")
    )
    for number_id, at, status, provider, code, title in rows.iterator():
        assert number_id is not None
        if status in _SUCCEEDED:
            found[number_id].append(reach.Try(at, None))
            continue
        key = (provider, code, title)
        if key not in categories:
            categories[key] = _category(book, *key)
        found[number_id].append(reach.Try(at, categories[key], provider, code))
    return found


def _category(book: Catalogue, provider: str, code: str, title: str) -> Category:
    return book.look_up(provider, code, title=title).category


def _finding(number_id: int, verdict: reach.Verdict) -> NumberFinding:
    return NumberFinding(
        number_id=number_id,
        category=verdict.category.value,
        failures=verdict.failures,
        days=verdict.days,
        provider=verdict.decided.provider,
        error_code=verdict.decided.code,
        first_failed_at=verdict.first_at,
        last_failed_at=verdict.last_at,
        suppressed_at=verdict.decided.at,
        cleared_at=verdict.arrived_at,
    )
