"""Who works on which flag: take the next one, hand over, put aside for a while, leave a note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from backoffice import audit
from consent import mentions
from consent.mentions import Told
from consent.models import Correction, Flag, FlagEvent
from consent.models.flag import FlagQuerySet

TRIES = 20  # how many others may have been faster before we say that nothing is left


def free_for(by: User, now: datetime) -> Q:
    """Flags that nobody else has: unassigned, their own, or left behind by someone whose time is up."""
    return Q(assignee=None) | Q(assignee=by) | Q(lease_until__lte=now)


def of_nobody(now: datetime) -> Q:
    return Q(assignee=None) | Q(lease_until__lte=now)


def of(person: User, now: datetime) -> Q:
    """Assigned for good, or taken a moment ago."""
    return Q(assignee=person) & (Q(lease_until=None) | Q(lease_until__gt=now))


def without_proposals(flags: FlagQuerySet) -> FlagQuerySet:
    """Flags that do not wait for the second person of a decision."""
    proposed = Correction.objects.filter(flags=OuterRef("pk"), status=Correction.Status.PROPOSED)
    return flags.filter(~Exists(proposed))


def take_next(flags: FlagQuerySet, *, by: User, now: datetime, after: Flag | None = None) -> Flag | None:
    """The most urgent of these flags that nobody else has, kept for `by` for some minutes. With `after`, the next
    in order after that one, then from the top again. Two people never get the same one."""
    free = without_proposals(flags.waiting(now)).filter(free_for(by, now)).by_harm()
    rounds = [free]
    if after is not None:
        free = free.exclude(pk=after.pk)
        rounds = [free.filter(_beyond(after)), free]
    for some in rounds:
        for flag in some.select_related("number", "program", "system")[:TRIES]:
            if take(flag, by=by, now=now):
                return flag
    return None


def take(flag: Flag, *, by: User, now: datetime) -> bool:
    """Keep the flag out of others' way for a while. False: somebody else has it."""
    lease = now + timedelta(minutes=settings.LEASE_MINUTES)
    mine_for_good = Flag.objects.filter(pk=flag.pk, assignee=by, lease_until=None, status__in=Flag.TO_REVIEW)
    if mine_for_good.exists():
        return True
    free = Flag.objects.filter(pk=flag.pk, status__in=Flag.TO_REVIEW).filter(free_for(by, now))
    return bool(free.update(assignee=by, lease_until=lease))


def _beyond(flag: Flag) -> Q:
    """What comes after the flag in the order of harm."""
    same = Q(severity=flag.severity)
    beyond = Q(severity__gt=flag.severity)
    if flag.due_at is not None:
        beyond |= same & (Q(due_at__gt=flag.due_at) | Q(due_at=None))
    same &= Q(due_at=flag.due_at)
    beyond |= same & Q(raised_at__gt=flag.raised_at)
    return beyond | (same & Q(raised_at=flag.raised_at, pk__gt=flag.pk))


@transaction.atomic
def assign(flag_ids: Sequence[int], *, to: User | None, by: User, now: datetime) -> int:
    """Make flags somebody's, or nobody's. Returns how many changed hands; assigning again changes nothing."""
    flags = Flag.objects.select_for_update(of=("self",)).filter(pk__in=flag_ids, status__in=Flag.OPEN)
    changed = [
        flag
        for flag in flags.order_by("pk")
        if flag.assignee_id != (to and to.pk) or flag.lease_until is not None
    ]
    Flag.objects.filter(pk__in=[flag.pk for flag in changed]).update(assignee=to, lease_until=None)
    note = f"Assigned to {to.get_full_name() or to.get_username()}." if to else "Nobody's any more."
    _remember(changed, by, note, "flag.assign", to=to.pk if to else None)
    return len(changed)


@transaction.atomic
def snooze(flag_ids: Sequence[int], *, until: datetime, note: str, by: User, now: datetime) -> int:
    """Out of the queue until then, or until new evidence comes. Returns how many."""
    if until <= now:
        raise ValueError("Choose a time that is still to come.")
    flags = Flag.objects.select_for_update(of=("self",)).filter(pk__in=flag_ids, status__in=Flag.TO_REVIEW)
    found = list(flags.order_by("pk"))
    Flag.objects.filter(pk__in=[flag.pk for flag in found]).update(
        snoozed_until=until, lease_until=None, assignee=F("assignee")
    )
    said = f"Snoozed until {until:%Y-%m-%d %H:%M} UTC. {note}".strip()
    _remember(found, by, said, "flag.snooze", until=until.isoformat())
    return len(found)


@transaction.atomic
def comment(flag: Flag, *, text: str, by: User) -> Told:
    """A note for colleagues, put before those it calls by name. Raises ValueError for an empty one."""
    if not text.strip():
        raise ValueError("Write something first.")
    note = FlagEvent.objects.create(
        flag=flag, old=flag.status, new=flag.status, by=by, note=text.strip(), is_note=True
    )
    told = mentions.tell(note, by=by)
    audit.record(by, "flag.comment", flag, told=[person.pk for person in told.people])
    return told


def _remember(flags: Sequence[Flag], by: User, note: str, action: str, **details: object) -> None:
    FlagEvent.objects.bulk_create(
        [FlagEvent(flag=flag, old=flag.status, new=flag.status, by=by, note=note) for flag in flags]
    )
    for flag in flags:
        audit.record(by, action, flag, reason=note, **details)
