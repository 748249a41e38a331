"""Findings about a file as a whole: raised when its batch ends, closed when it is voided or mended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from backoffice.models import ImportBatch, System
from consent.cells import Meaning
from consent.models import Flag, FlagEvent, Reading
from consent.rules import CODES, Code


def raise_for(batch: ImportBatch, counts: dict[str, int]) -> int:
    """Raise what the batch shows, once; returns how many are open for it. Safe to run twice."""
    now = timezone.now()
    found = 0
    for code, rows, why in _findings(batch):
        key = f"{code}::::{batch.pk}"
        if not Flag.objects.open().filter(key=key).exists():
            flag = Flag.objects.create(
                code=code,
                severity=CODES[code].severity,
                system=batch.system,
                batch=batch,
                key=key,
                fingerprint=hashlib.sha256(f"{key}:{rows}".encode()).hexdigest(),
                why=why,
                params={"rows": rows},
                raised_at=now,
                refreshed_at=now,
            )
            FlagEvent.objects.create(flag=flag, new=flag.status, note="Found when the file was taken in.")
        found += 1
    return found


def close_for(batch: ImportBatch, now: datetime) -> int:
    """The batch no longer counts: its findings close."""
    flags = list(Flag.objects.open().filter(batch=batch, number=None))
    for flag in flags:
        flag.move(Flag.Status.CLOSED, note="The batch was voided.", closed_at=now)
    return len(flags)


def close_mended(batch: ImportBatch, now: datetime) -> int:
    """Another batch took rows of this one over: what no waiting row shows any more closes."""
    shown = {code.value for code, _, _ in _findings(batch)}
    flags = list(Flag.objects.open().filter(batch=batch, number=None).exclude(code__in=shown))
    for flag in flags:
        flag.move(Flag.Status.CLOSED, note="Its rows were mended or read again.", closed_at=now)
    return len(flags)


def _findings(batch: ImportBatch) -> Iterator[tuple[Code, int, str]]:
    name = batch.original_name
    waiting = batch.rows.waiting()
    phones = waiting.filter(bucket="rejected", reason__startswith="phone_").count()
    if phones:
        yield (
            Code.UNPARSEABLE_PHONE,
            phones,
            f"{_rows(phones, name, 'holds', 'hold')} no number that can be read, so nobody knows whose status is "
            "stated there.",
        )
    words = waiting.filter(bucket="held", reason="status_unrecognised").count()
    if words:
        yield (
            Code.UNPARSEABLE_VALUE,
            words,
            f"{_rows(words, name, 'uses', 'use')} a status word that {batch.system.name} is not known to use.",
        )
    if batch.system.kind in {System.Kind.CRM, System.Kind.PLATFORM}:
        claims = Reading.objects.filter(batch=batch, value=Meaning.IN).count()
        told = Reading.objects.filter(batch=batch).count()
        if claims and claims == told:
            rows = "The only new row" if claims == 1 else f"Each of the {claims:,} new rows"
            yield (
                Code.IMPORT_NO_EVIDENCE,
                claims,
                f"{rows} of {name} says “opted in”, but none brings proof: it looks like a list that was declared "
                "consenting as a whole.",
            )


def _rows(count: int, name: str, one: str, many: str) -> str:
    """ "1 row of list.csv uses", "12 rows of list.csv use"."""
    return f"1 row of {name} {one}" if count == 1 else f"{count:,} rows of {name} {many}"
