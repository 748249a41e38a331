"""What must always be so between ledger, agreed statuses, flags, holds, decisions and write-backs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import Cast, Lag

from backoffice.identities import Identity, identity, sampled
from backoffice.models import AuditEntry
from consent.facts import Door
from consent.models import (
    AgreedStatus,
    Correction,
    Flag,
    FlagEvent,
    Hold,
    Number,
    SuppressionChange,
    Touched,
    WriteBack,
)
from consent.reconcile import reconcile_numbers
from consent.rules import Severity, Status

# What a reconcile would change, were something not as the rules say.
_CHANGES = (
    "statuses_new",
    "statuses_changed",
    "flags_raised",
    "flags_closed",
    "holds_placed",
    "holds_released",
)


def of_consent(*, whole: bool, now: datetime) -> Iterator[Identity]:
    yield identity("Agreed statuses, flags and holds are what the ledger says", _not_as_weighed(whole, now))
    yield identity("Whoever has an open harmful flag is held", _not_held())
    yield identity("Nobody is held by a flag that is settled", _held_for_nothing())
    yield identity("A flag's history leads to where it stands, step by step", _broken_histories())
    yield identity("Whoever may not be texted stands in the list that others follow", _unlisted())
    yield identity("Every decision has its entry in the audit log", _unaudited())
    yield identity("Every decision has the write-backs that it announced", _lost_write_backs())
    yield identity("A write-back that left says when, and how it ended", _vague_write_backs())


def _not_as_weighed(whole: bool, now: datetime) -> Iterator[str]:
    """Weighs numbers anew that have no news, are not due and were weighed under these terms; takes everything back."""
    news = Touched.objects.filter(number=OuterRef("pk"))
    due = AgreedStatus.objects.due(now).filter(number=OuterRef("pk"))
    by_other_rules = AgreedStatus.objects.filter(number=OuterRef("pk")).exclude(rules_version=Door().version)
    strange = _stateless().filter(number=OuterRef("pk"))  # told of by themselves
    quiet = Number.objects.filter(~Exists(news), ~Exists(due), ~Exists(by_other_rules), ~Exists(strange))
    for some in sampled(quiet, whole=whole):
        if _would_change(some, now):
            # Once more, one by one: what had news in between is no longer quiet.
            yield from (
                f"number {pk}: {', '.join(changes)}"
                for pk in quiet.filter(pk__in=some).order_by("pk").values_list("pk", flat=True)
                if (changes := _would_change([pk], now))
            )


def _would_change(number_ids: Sequence[int], now: datetime) -> list[str]:
    with transaction.atomic():
        counts = reconcile_numbers(number_ids, now=now)
        transaction.set_rollback(True)
    return [f"{counts[name]} {name.replace('_', ' ')}" for name in _CHANGES if counts.get(name)]


def _not_held() -> Iterator[str]:
    hold = Hold.objects.open().filter(
        flag=OuterRef("pk"), number=OuterRef("number"), program=OuterRef("program")
    )
    harmful = Flag.objects.open().filter(severity__in=[Severity.S1, Severity.S2], number__isnull=False)
    for pk, code in harmful.filter(~Exists(hold)).order_by("pk").values_list("pk", "code"):
        yield f"flag {pk} ({code})"


def _held_for_nothing() -> Iterator[str]:
    settled = Hold.objects.open().exclude(flag__status__in=Flag.OPEN)
    for pk, flag_id in settled.order_by("pk").values_list("pk", "flag"):
        yield f"hold {pk} of flag {flag_id}"


def _unlisted() -> Iterator[str]:
    listed = SuppressionChange.objects.filter(number=OuterRef("number"), program=OuterRef("program"))
    for rows in (AgreedStatus.objects.exclude(status=Status.OPTED_IN), Hold.objects.open()):
        missing = rows.filter(~Exists(listed)).order_by("number", "program")
        for number_id, code in missing.values_list("number", "program__code"):
            yield f"number {number_id} ({code})"


def _broken_histories() -> Iterator[str]:
    last = FlagEvent.objects.filter(flag=OuterRef("pk")).order_by("-pk").values("new")[:1]
    ends = Flag.objects.annotate(ends=Subquery(last)).filter(~Q(ends=F("status")) | Q(ends=None))
    for pk, status, end in ends.order_by("pk").values_list("pk", "status", "ends"):
        yield f"flag {pk} is {status}, its history ends with {end or 'nothing'}"
    before = Window(Lag("new", default=Value("")), partition_by="flag_id", order_by="id")
    jumps = FlagEvent.objects.annotate(before=before).exclude(old=F("before"))
    for flag_id, old, was in jumps.order_by("pk").values_list("flag_id", "old", "before"):
        yield f"flag {flag_id} goes on from {old or 'nothing'}, but was {was or 'not there'}"


def _unaudited() -> Iterator[str]:
    status = Correction.Status
    silent = Correction.objects.filter(
        ~_told("apply", "propose")
        | (Q(status=status.APPLIED, second_by__isnull=False) & ~_told("approve"))
        | (Q(status=status.REFUSED) & ~_told("refuse", "withdraw"))
        | (Q(status=status.UNDONE) & ~_told("undo"))
    )
    for pk, state in silent.order_by("pk").values_list("pk", "status"):
        yield f"decision {pk} ({state})"


def _told(*steps: str) -> Exists:
    """The audit log has an entry of a decision for one of these steps."""
    return Exists(
        AuditEntry.objects.filter(
            object_type="correction",
            object_id=Cast(OuterRef("pk"), CharField()),
            action__in=[f"correction.{step}" for step in steps],
        )
    )


def _lost_write_backs() -> Iterator[str]:
    """The audit entry of the moment a decision was applied says how many values it had to write."""
    stored = dict(WriteBack.objects.order_by().values_list("correction").annotate(Count("pk")))
    entries = AuditEntry.objects.filter(
        object_type="correction", action__in=["correction.apply", "correction.approve"]
    )
    for of, details in entries.order_by("pk").values_list("object_id", "details").iterator(chunk_size=2_000):
        announced, there = details.get("write_backs"), stored.get(int(of), 0)
        if announced is not None and announced != there:
            yield f"decision {of} announced {announced}, {there} are there"


def _vague_write_backs() -> Iterator[str]:
    status = WriteBack.Status
    left = Q(status__in=[status.SENT, status.ACCEPTED, status.REVERTED]) & Q(sent_at=None)
    settled = Q(status__in=[status.VERIFIED, status.REVERTED]) & (Q(settled_at=None) | Q(reading=None))
    vague = WriteBack.objects.filter(left | settled) | _stateless()
    for pk, state in vague.order_by("pk").values_list("pk", "status"):
        yield f"write-back {pk} ({state})"


def _stateless() -> QuerySet[WriteBack]:
    """Write-backs in a state that there is not."""
    return WriteBack.objects.exclude(status__in=WriteBack.Status.values)
