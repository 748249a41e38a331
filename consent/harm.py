"""What each system does to consent: the mismatches it holds, the corrections it did not keep, and what waits for it.

by_harm   every system that stores a status, the one that does most harm first
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery

from backoffice.models import ImportBatch, System
from consent.models import Connection, Flag, WriteBack
from consent.rules import Code, Severity

W = WriteBack.Status
LONG, SHORT = timedelta(days=90), timedelta(days=30)


@dataclass(slots=True)
class Harm:
    """One system. Every count is that of a list of flags or write-backs; see consent.views.system."""

    system: System
    open: int = 0  # flags about it
    urgent: int = 0  # of these, S1
    raised: int = 0  # in the last 30 days
    regressed: int = 0  # corrections that it did not keep, in the last 90 days
    regressed_lately: int = 0  # in the last 30
    suspected: int = (
        0  # corrections, in any system, that its settings let suspect it to have overwritten, 90 days
    )
    all_open: int = 0  # flags about any system, or none
    all_raised: int = 0
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
    questions."""
    systems = (
        System.objects.filter(pk=only.pk)
        if only
        else System.objects.filter(is_active=True, kind__in=System.STORES)
    )
    found = {system.pk: Harm(system) for system in systems.order_by("name", "pk")}
    _count_flags(found, now)
    _count_write_backs(found)
    _look_at_freshness(found, now)
    _find_last(found)
    return sorted(found.values(), key=lambda harm: (*harm.weight, harm.system.name, harm.system.pk))


def regressions(now: datetime, within: timedelta = LONG) -> QuerySet[Flag]:
    return Flag.objects.filter(code=Code.SYNC_REGRESSION, raised_at__gte=now - within)


def _count_flags(found: dict[int, Harm], now: datetime) -> None:
    is_open, is_new = Q(status__in=Flag.OPEN), Q(raised_at__gte=now - SHORT)
    not_kept = Q(code=Code.SYNC_REGRESSION)
    counted = (
        Flag.objects.filter(is_open | Q(raised_at__gte=now - LONG))
        .order_by()
        .values("system")
        .annotate(
            open=Count("pk", filter=is_open),
            urgent=Count("pk", filter=is_open & Q(severity=Severity.S1)),
            raised=Count("pk", filter=is_new),
            regressed=Count("pk", filter=not_kept & Q(raised_at__gte=now - LONG)),
            regressed_lately=Count("pk", filter=not_kept & is_new),
        )
    )
    rows: list[dict[str, Any]] = [dict(row) for row in counted]
    writers = regressions(now).order_by().values_list("params__writer").annotate(Count("pk"))
    suspected: dict[Any, int] = dict(writers)
    for row in rows:
        harm = found.get(row.pop("system"))
        if harm is not None:
            for name, count in row.items():
                setattr(harm, name, count)
    for harm in found.values():
        harm.suspected = suspected.get(harm.system.slug, 0)
        harm.all_open = sum(row["open"] for row in rows)
        harm.all_raised = sum(row["raised"] for row in rows)


def _count_write_backs(found: dict[int, Harm]) -> None:
    # Without those that are done for good, which are most of them.
    counted = (
        WriteBack.objects.live()
        .filter(system__in=list(found))
        .order_by()
        .values_list("system")
        .annotate(
            pending=Count("pk", filter=Q(status=W.PENDING)),
            parked=Count("pk", filter=Q(status=W.PARKED)),
            watched=Count("pk", filter=Q(status__in=[W.VERIFIED, W.REVERTED])),
        )
    )
    for system_id, pending, parked, watched in counted:
        harm = found[system_id]
        harm.pending, harm.parked, harm.watched = pending, parked, watched


def _look_at_freshness(found: dict[int, Harm], now: datetime) -> None:
    latest = ImportBatch.objects.filter(system=OuterRef("pk"), status__in=ImportBatch.FINISHED).order_by(
        "-as_of", "-pk"
    )
    newest = dict(
        System.objects.filter(pk__in=list(found)).values_list("pk", Subquery(latest.values("pk")[:1]))
    )
    batches = ImportBatch.objects.in_bulk([pk for pk in newest.values() if pk])
    # Records are read by themselves only where something was written.
    asked = WriteBack.objects.filter(system__in=list(found), reading__batch=None, reading__isnull=False)
    read_at = dict(asked.order_by().values_list("system").annotate(Max("reading__read_at")))
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
