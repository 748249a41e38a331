"""What each system does to consent: the mismatches it holds, the corrections it did not keep, and what waits for it.

by_harm   every system that stores a status, the one that does most harm first
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from backoffice.keyset import CAP, CappedCount, capped_count
from backoffice.models import ImportBatch, System
from consent.models import Connection, Flag, Reading, WriteBack
from consent.rules import Code, Severity

W = WriteBack.Status
LONG, SHORT = timedelta(days=90), timedelta(days=30)
COUNTED = ("open", "urgent", "raised", "regressed", "regressed_lately", "pending", "parked", "watched")


@dataclass(slots=True)
class Harm:
    """One system. Every count is that of a list of flags or write-backs, capped like it; see consent.views.system."""

    system: System
    open: int = 0  # flags about it
    urgent: int = 0  # of these, S1
    raised: int = 0  # in the last 30 days
    regressed: int = 0  # corrections that it did not keep, in the last 90 days
    regressed_lately: int = 0  # in the last 30
    # Corrections, in any system, that its settings let suspect it to have overwritten, of the last 90 days.
    suspected: int = 0
    suspected_more: bool = False  # only the latest of all systems together were looked at: there may be more
    all_open: int | None = None  # flags about any system, or none; None: nobody counted them to the end
    pending: int = 0
    parked: int = 0
    watched: int = 0
    batch: ImportBatch | None = None
    read_at: datetime | None = None  # a record of it was last asked for by itself
    connection: Connection | None = None
    is_stale: bool = False
    last: Flag | None = field(default=None)  # its last regression

    @property
    def risks(self) -> list[str]:
        """What its settings do, in words."""
        said = []
        if self.system.overwrites_on_sync:
            said.append("overwrites on every sync")
        if self.system.subscribes_by_default:
            said.append("subscribes by default")
        return said

    @property
    def weight(self) -> tuple[int, ...]:
        """Most harm first: people who said no and may be texted, then what it does not keep, then all the rest."""
        return (-self.urgent, -max(self.regressed, self.suspected), -self.open, -self.raised)


def by_harm(now: datetime, only: System | None = None) -> list[Harm]:
    """Every active system that stores a status (or `only` that one), in the order of harm; a fixed number of
    questions, none of which counts beyond the cap of lists."""
    systems = (
        System.objects.filter(pk=only.pk)
        if only
        else System.objects.filter(is_active=True, kind__in=System.STORES)
    )
    counted = systems.annotate(**_counts(now)).order_by("name", "pk")
    found = {
        system.pk: Harm(system, **{name: getattr(system, f"count_{name}") for name in COUNTED})
        for system in counted
    }
    _count_everywhere(found, now)
    _look_at_freshness(found, now)
    _find_last(found)
    return sorted(found.values(), key=lambda harm: (*harm.weight, harm.system.name, harm.system.pk))


def regressions(now: datetime, within: timedelta = LONG) -> QuerySet[Flag]:
    return Flag.objects.filter(code=Code.SYNC_REGRESSION, raised_at__gte=now - within)


def _counts(now: datetime) -> dict[str, CappedCount]:
    flags, rows = Flag.objects.filter(system=OuterRef("pk")), WriteBack.objects.filter(system=OuterRef("pk"))
    lists: dict[str, QuerySet[Any]] = {
        "open": flags.open(),
        "urgent": flags.open().filter(severity=Severity.S1),
        "raised": flags.filter(raised_at__gte=now - SHORT),
        "regressed": regressions(now).filter(system=OuterRef("pk")),
        "regressed_lately": regressions(now, SHORT).filter(system=OuterRef("pk")),
        "pending": rows.filter(status=W.PENDING),
        "parked": rows.filter(status=W.PARKED),
        "watched": rows.live().filter(status__in=[W.VERIFIED, W.REVERTED]),
    }
    return {f"count_{name}": CappedCount(lists[name]) for name in COUNTED}


def _count_everywhere(found: dict[int, Harm], now: datetime) -> None:
    writers = regressions(now).order_by("-raised_at").values_list("params__writer", flat=True)
    latest = list(writers[: CAP + 1])
    suspected = Counter(latest[:CAP])
    all_open = capped_count(Flag.objects.open(), CAP)
    for harm in found.values():
        harm.suspected, harm.suspected_more = suspected[harm.system.slug], len(latest) > CAP
        harm.all_open = all_open if all_open <= CAP else None


def _look_at_freshness(found: dict[int, Harm], now: datetime) -> None:
    latest = ImportBatch.objects.filter(system=OuterRef("pk"), status__in=ImportBatch.FINISHED).order_by(
        "-as_of", "-pk"
    )
    newest = dict(
        System.objects.filter(pk__in=list(found)).values_list("pk", Subquery(latest.values("pk")[:1]))
    )
    batches = ImportBatch.objects.in_bulk([pk for pk in newest.values() if pk])
    asked = Reading.objects.filter(system=OuterRef("pk"), batch=None).order_by("-read_at")
    read_at = dict(
        System.objects.filter(pk__in=list(found)).values_list("pk", Subquery(asked.values("read_at")[:1]))
    )
    connections = {row.system_id: row for row in Connection.objects.filter(system__in=list(found))}
    for system_id, harm in found.items():
        harm.batch = batches.get(newest[system_id])
        harm.read_at = read_at.get(system_id)
        harm.connection = connections.get(system_id)
        last = max(filter(None, [harm.batch and harm.batch.as_of, harm.read_at]), default=None)
        harm.is_stale = harm.system.is_stale(last, now)


def _find_last(found: dict[int, Harm]) -> None:
    last = (
        Flag.objects.filter(system=OuterRef("pk"), code=Code.SYNC_REGRESSION)
        .order_by("-raised_at", "-pk")
        .values("pk")[:1]
    )
    newest = dict(System.objects.filter(pk__in=list(found)).values_list("pk", Subquery(last)))
    flags = Flag.objects.select_related("number").in_bulk([pk for pk in newest.values() if pk])
    for system_id, harm in found.items():
        harm.last = flags.get(newest[system_id])


def lines_of(flags: list[Flag]) -> dict[int, ImportBatch]:
    """The files that said otherwise, by the flag's key."""
    wanted = {flag.pk: flag.params["batch"] for flag in flags if flag.params.get("batch")}
    batches = ImportBatch.objects.in_bulk(set(wanted.values()))
    return {pk: batches[batch] for pk, batch in wanted.items() if batch in batches}
