"""Codes as a log brings them: the new ones are put on the list for staff, contradictions are written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from errors.catalogue import CodeFacts, Confidence, Meaning, Phase, contradicts, normal_code, place_of
from errors.models import ErrorCode

MAX_CODE = 120


@dataclass(frozen=True, slots=True)
class Met:
    """A code that one attempt came with. `title`: the provider's words beside it, "" for none."""

    provider: str
    code: str
    at: datetime
    attempt: int | None = None
    title: str = ""
    phase: Phase = Phase.DELIVERY
    product: str = ""


def meet(sightings: Iterable[Met]) -> dict[str, int]:
    """Remember the codes of one chunk: unknown ones become rows of the queue, known ones get their first sight.

    Safe to run twice with the same sightings; two queries when nothing is new. An empty code is no code: the
    attempt is of unknown category without one. Returns how many codes were new and how many were warned about."""
    book = ErrorCode.objects.as_catalogue()
    first: dict[_Key, tuple[Met, Meaning]] = {}
    titled: dict[_Key, Met] = {}
    for met in sightings:
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
    if not first:
        return {"new": 0, "warned": 0}
    rows = {
        _Key(row.provider, row.code_normal, row.product, row.phase): row
        for row in ErrorCode.objects.filter(
            provider__in={key.provider for key in first}, code_normal__in={key.code_normal for key in first}
        )
    }
    new = [_seen(key, met, meaning) for key, (met, meaning) in first.items() if key not in rows]
    # Two chunks at a time may meet the same code.
    ErrorCode.objects.bulk_create(new, ignore_conflicts=True)
    moved, warned = [], 0
    for key, row in rows.items():
        if key not in first:
            continue
        met = first[key][0]
        is_earlier = row.first_seen_at is None or met.at < row.first_seen_at
        if is_earlier:
            row.first_seen_at, row.sample = met.at, met.attempt
        # Once somebody has judged the code there is nothing to warn about.
        is_contradicted = key in titled and not row.catalogue_warning and row.classified_at is None
        if is_contradicted:
            row.catalogue_warning = _warning(titled[key], row)
            warned += 1
        if is_earlier or is_contradicted:
            moved.append(row)
    ErrorCode.objects.bulk_update(moved, ["first_seen_at", "sample", "catalogue_warning"], batch_size=200)
    return {"new": len(new), "warned": warned}


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
        first_seen_at=met.at,
        sample=met.attempt,
    )


def _warning(met: Met, row: ErrorCode) -> str:
    return f"It came with the title “{met.title[:120]}”, but the catalogue says “{row.name[:120]}”."
