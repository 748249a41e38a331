"""Messages instead of submissions: one person and what they were meant to get, however often it was tried."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When

from errors import life

BY = ("number", "recipient", "campaign", "template")
SUCCEEDED = sorted(status.value for status in life.SUCCEEDED)
FAILED = sorted(status.value for status in life.FAILED)
NOT_SENT = [life.Status.CANCELED.value, life.Status.BLOCKED.value]
FINAL = sorted(status.value for status, rank in life.RANK.items() if rank >= life.FINAL_RANK)


def intents(sends: QuerySet[Any, Any], *also_by: str, **counts: Count) -> QuerySet[Any, Any]:
    """These sends by message, with how many tries arrived and how many were lost; `counts` adds others."""
    return (
        sends.order_by()
        .values(*BY, *also_by)
        .annotate(
            arrived=Count("pk", filter=Q(status__in=SUCCEEDED)),
            lost=Count("pk", filter=Q(is_failed=True)),
            **counts,
        )
    )


def how_many(wanted: Q) -> Sum:
    """To aggregate over `intents`: how many of them are so; None where there are none at all."""
    return Sum(Case(When(wanted, then=Value(1)), default=Value(0)))
