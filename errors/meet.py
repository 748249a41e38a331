"""Codes as a log brings them: the new ones are put on the list for staff, contradictions are written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from errors.catalogue import CodeFacts, Confidence, Meaning, Phase, contradicts, normal_code, place_of
from errors.models import ErrorCode, SendAttempt

MAX_CODE = 120


@dataclass(frozen=True, slots=True)
class Met:
    """A code that one attempt came with. `title`: the provider's words beside it, "" for none."""

    provider: str
    code: str
    at: datetime
    attempt_key: UUID | None = None
    title: str = ""
    phase: Phase = Phase.DELIVERY
    product: str = ""


def meet(sightings: Iterable[Met]) -> dict[str, int]:
    """Remember the codes of one chunk: unknown ones become rows of the queue, known ones get their first sight.

    Safe to run twice with the same sightings; two queries when nothing is new. An empty code is no code: the
    attempt is of unknown category without one. Returns how many codes were new and how many were warned about."""
    first, titled = _firsts(sightings)
    if not first:
        return {"new": 0, "warned": 0}
    rows = {
        _Key(row.provider, row.code_normal, row.product, row.phase): row
        for row in ErrorCode.objects.filter(
            provider__in={key.provider for key in first}, code_normal__in={key.code_normal for key in first}
        )
    }
    new = {key: _seen(key, met, meaning) for key, (met, meaning) in first.items() if key not in rows}
    moved = {
        key: rows[key]
        for key, (met, _) in first.items()
        if key in rows and (rows[key].first_seen_at or datetime.max.replace(tzinfo=UTC)) > met.at
    }
    keys = {key: first[key][0].attempt_key for key in [*new, *moved]}
    wanted = SendAttempt.objects.filter(key__in={key for key in keys.values() if key is not None})
    samples: dict[UUID | None, int] = dict(wanted.values_list("key", "pk")) if keys else {}
    for key, attempt_key in keys.items():
        row = new.get(key) or moved[key]
        row.first_seen_at, row.sample = first[key][0].at, samples.get(attempt_key)
    # Once somebody has judged a code there is nothing to warn about.
    warned = {
        key: rows[key]
        for key in titled
        if key in rows and not rows[key].catalogue_warning and rows[key].classified_at is None
    }
    for key, row in warned.items():
        row.catalogue_warning = _warning(titled[key], row)
    # Two chunks at a time may meet the same code.
    ErrorCode.objects.bulk_create(new.values(), ignore_conflicts=True)
    ErrorCode.objects.bulk_update(
        {**moved, **warned}.values(), ["first_seen_at", "sample", "catalogue_warning"], batch_size=200
    )
    return {"new": len(new), "warned": len(warned)}


def _firsts(sightings: Iterable[Met]) -> tuple[dict[_Key, tuple[Met, Meaning]], dict[_Key, Met]]:
    """By code: its earliest sighting with its meaning, and the first one whose title contradicts the catalogue."""
    distinct: dict[tuple[str, ...], Met] = {}
    for met in sightings:
        alike = (met.provider, met.product, met.phase, met.code, met.title)
        if alike not in distinct or met.at < distinct[alike].at:
            distinct[alike] = met
    if not distinct:
        return {}, {}
    book = ErrorCode.objects.as_catalogue()
    first: dict[_Key, tuple[Met, Meaning]] = {}
    titled: dict[_Key, Met] = {}
    for met in distinct.values():
        meaning = book.look_up(met.provider, met.code, phase=met.phase, product=met.product)
        key = _key(meaning.facts)
        if not key.code_normal:
            continue
        if key not in first or met.at < first[key][0].at:
            first[key] = (met, meaning)
        if (
            key not in titled
            and meaning.is_known
            and contradicts(met.title, meaning.facts.name, meaning.category)
        ):
            titled[key] = met
    return first, titled


class _Key(NamedTuple):
    provider: str
    code_normal: str
    product: str
    phase: str


def _key(facts: CodeFacts) -> _Key:
    code = normal_code(facts.code, facts.provider, facts.product)[:MAX_CODE]
    return _Key(facts.provider, code, facts.product, facts.phase.value)


def _seen(key: _Key, met: Met, meaning: Meaning) -> ErrorCode:
    return ErrorCode(
        **key._asdict(),
        code=meaning.facts.code[:MAX_CODE],
        place=place_of(key.code_normal),
        name=met.title[:200],
        category=meaning.category.value,
        retry=meaning.facts.retry.value,
        confidence=Confidence.UNCONFIRMED.value,
        origin=ErrorCode.Origin.SEEN,
    )


def _warning(met: Met, row: ErrorCode) -> str:
    return f"It came with the title “{met.title[:120]}”, but the catalogue says “{row.name[:120]}”."
