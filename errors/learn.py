"""Bring the table of codes in line with the catalogues that ship with the product."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from errors.catalogue import Catalogue, CodeFacts, normal_code, place_of, shipped
from errors.models import ErrorCode

# What a catalogue says about a code; staff's own fields are not among them.
_FIELDS = (
    *("code", "name", "category", "retry", "is_permanent", "source", "confidence", "catalogue", "valid_from"),
    *("origin", "is_listed"),
)
_KEY = ("provider", "code_normal", "product", "phase")


@dataclass(frozen=True, slots=True)
class Change:
    """One code whose meaning in the catalogue is another than before: {field: [old, new]}."""

    provider: str
    product: str
    phase: str
    code: str
    fields: dict[str, list[Any]]


@dataclass(slots=True)
class Learned:
    """What a loading did. `adopted`: codes met in logs that a catalogue explains by now."""

    added: int = 0
    unchanged: int = 0
    adopted: list[str] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@transaction.atomic
def learn(book: Catalogue | None = None) -> Learned:
    """Make the table hold every code of the book. Safe to run twice; one query when nothing changed.

    Codes that left the catalogues stay, marked as no longer listed: attempts still carry them. What staff
    classified and noted is never touched."""
    known = {tuple(getattr(row, name) for name in _KEY): row for row in ErrorCode.objects.all()}
    learned, fresh, stale = Learned(), [], []
    for facts in shipped() if book is None else book:
        said = _said(facts)
        row = known.pop(tuple(said[name] for name in _KEY), None)
        if row is None:
            fresh.append(ErrorCode(**said))
            continue
        moved = {
            name: [getattr(row, name), said[name]] for name in _FIELDS if getattr(row, name) != said[name]
        }
        if not moved:
            learned.unchanged += 1
            continue
        if row.origin == ErrorCode.Origin.SEEN:
            learned.adopted.append(str(row))
        else:
            learned.changed.append(Change(row.provider, row.product, row.phase, row.code, moved))
        for name in moved:
            setattr(row, name, said[name])
        stale.append(row)
    learned.added = len(fresh)
    gone = [row for row in known.values() if row.origin == ErrorCode.Origin.CATALOGUE and row.is_listed]
    learned.removed = [str(row) for row in gone]
    # Two loadings at a time: the second finds the rows of the first.
    ErrorCode.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    ErrorCode.objects.bulk_update(stale, _FIELDS, batch_size=200)
    ErrorCode.objects.filter(pk__in=[row.pk for row in gone]).update(is_listed=False)
    return learned


def _said(facts: CodeFacts) -> dict[str, Any]:
    """The catalogue's columns of one code."""
    code_normal = normal_code(facts.code, facts.provider, facts.product)
    return {
        "provider": facts.provider,
        "product": facts.product,
        "phase": facts.phase.value,
        "code": facts.code,
        "code_normal": code_normal,
        "place": place_of(code_normal),
        "name": facts.name,
        "category": facts.category.value,
        "retry": facts.retry.value,
        "is_permanent": facts.is_permanent,
        "source": facts.source,
        "confidence": facts.confidence.value,
        "catalogue": facts.catalogue,
        "valid_from": facts.valid_from,
        "origin": ErrorCode.Origin.CATALOGUE.value,
        "is_listed": True,
    }
