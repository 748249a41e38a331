"""Lists that are as fast on page 4,000 as on page one: a page starts after the last row of the one before.

The rows beyond a cursor are read as a few ranges, each one seek in the index of the order: with (severity,
due, id),
first the same severity and time with a higher id, then the same severity and a later time, then worse
severities.
One big OR would say the same but makes databases walk through everything before the cursor.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F
from django.http import QueryDict

CAP = 10_000
MAX_CURSOR = 600  # characters


@dataclass(frozen=True)
class Key:
    """One column of an order. `nulls_last` is for columns that can be empty: those rows come at the end.

    Order by nothing that is personal: the values of the last row travel in the address."""

    field: str
    descending: bool = False
    nulls_last: bool = False

    def order(self, *, backwards: bool) -> Any:
        descending = self.descending != backwards
        if not self.nulls_last:
            return f"-{self.field}" if descending else self.field
        expression = F(self.field)
        if backwards:
            return expression.desc(nulls_first=True) if descending else expression.asc(nulls_first=True)
        return expression.desc(nulls_last=True) if descending else expression.asc(nulls_last=True)

    def same(self, value: Any) -> dict[str, Any]:
        return {f"{self.field}__isnull": True} if value is None else {self.field: value}

    def beyond(self, value: Any, *, backwards: bool) -> Iterator[dict[str, Any]]:
        """What comes after `value` in this column, in order."""
        if value is None:
            if backwards:
                yield {f"{self.field}__isnull": False}
            return
        yield {f"{self.field}__{'lt' if self.descending != backwards else 'gt'}": value}
        if self.nulls_last and not backwards:
            yield {f"{self.field}__isnull": True}


@dataclass(frozen=True)
class Page:
    """One page of a list. `count` stops at CAP + 1; the addresses keep every filter of the request."""

    rows: list[Any]
    count: int
    next_url: str | None
    previous_url: str | None


def capped_count(rows: models.QuerySet[Any], cap: int = CAP) -> int:
    """How many, counting no further than one beyond the cap: an exact count costs seconds."""
    return rows.order_by()[: cap + 1].count()


class CappedCount(models.Subquery):
    """The same as a column: how many rows of a list belong to each row of another, in one question. The list names
    that row with OuterRef."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()

    def __init__(self, rows: models.QuerySet[Any], cap: int = CAP) -> None:
        super().__init__(rows.order_by().values("pk")[: cap + 1])


def page_of(
    queryset: models.QuerySet[Any],
    query: QueryDict | Mapping[str, str],
    *,
    order: Sequence[Key],
    size: int = 50,
) -> Page:
    """The page that `query` ("after" or "before") asks for; a cursor that cannot be read shows the first one.

    The last key of `order` must be unique. Queries: one count, and at most two per key and one more."""
    backwards = "before" in query
    cursor = _read(queryset.model, order, query.get("before" if backwards else "after"))
    if cursor is None:
        backwards = False
    found = _rows(queryset, order, cursor, backwards=backwards, size=size + 1)
    if backwards and len(found) <= size:
        # Less than a page before it: that is the first page, shown from its start.
        cursor, backwards = None, False
        found = _rows(queryset, order, None, backwards=False, size=size + 1)
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_next = bool(rows) and (more or backwards)
    has_previous = cursor is not None
    return Page(
        rows=rows,
        count=capped_count(queryset),
        next_url=_url(query, "after", _write(rows[-1], order)) if has_next else None,
        previous_url=(_url(query, "before", _write(rows[0], order)) if rows else _url(query, None, ""))
        if has_previous
        else None,
    )


def _rows(
    queryset: models.QuerySet[Any],
    order: Sequence[Key],
    cursor: list[Any] | None,
    *,
    backwards: bool,
    size: int,
) -> list[Any]:
    ordered = queryset.order_by(*(key.order(backwards=backwards) for key in order))
    if cursor is None:
        return list(ordered[:size])
    rows: list[Any] = []
    for condition in _ranges(order, cursor, backwards=backwards):
        rows.extend(ordered.filter(**condition)[: size - len(rows)])
        if len(rows) >= size:
            break
    return rows


def _ranges(order: Sequence[Key], cursor: list[Any], *, backwards: bool) -> Iterator[dict[str, Any]]:
    """The rows beyond the cursor as separate ranges, nearest first."""
    for depth in reversed(range(len(order))):
        same: dict[str, Any] = {}
        for key, value in zip(order[:depth], cursor, strict=False):
            same |= key.same(value)
        for beyond in order[depth].beyond(cursor[depth], backwards=backwards):
            yield same | beyond


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    if name == "pk":
        return model._meta.pk
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(name)
    return field


def _write(row: Any, order: Sequence[Key]) -> str:
    values = [getattr(row, key.field) for key in order]
    return base64.urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _read(model: type[models.Model], order: Sequence[Key], text: str | None) -> list[Any] | None:
    if not text or len(text) > MAX_CURSOR:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(order):
            return None
        return [
            None if value is None and key.nulls_last else _typed(_field(model, key.field), value)
            for key, value in zip(order, values, strict=True)
        ]
    except (binascii.Error, UnicodeDecodeError, ValueError, ValidationError, RecursionError):
        return None


def _typed(field: models.Field[Any, Any], value: Any) -> Any:
    """The value as its column holds it. Raises ValueError or ValidationError for anything else."""
    if not isinstance(value, str | int) or (isinstance(value, str) and "\x00" in value):
        raise ValueError(value)
    typed = field.to_python(value)
    if typed is None:
        raise ValueError(value)
    return typed


def _url(query: QueryDict | Mapping[str, str], name: str | None, cursor: str) -> str:
    kept = query.copy() if isinstance(query, QueryDict) else QueryDict(mutable=True)
    for old in ("after", "before"):
        kept.pop(old, None)
    if name:
        kept[name] = cursor
    return f"?{kept.urlencode()}" if kept else "?"
