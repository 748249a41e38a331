"""Who works on which pattern, notes about it, and putting it aside until something happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from errors import slices
from errors.detect import NO_MUTE
from errors.fix import Refused
from errors.models import Pattern, PatternEvent, SendAttempt, StalePattern

S = Pattern.Status
LONGEST_MUTE = timedelta(days=180)
LATEST_SENDS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Mute:
    """Until when a pattern is put aside: a time, so many failures in one look, or the next version of the template."""

    until: datetime | None = None
    failures: int | None = None
    next_version: bool = False


@transaction.atomic
def assign(pattern: Pattern, *, to: User | None, by: User) -> bool:
    """Make a pattern somebody's, or nobody's. False if it is so already."""
    if not Pattern.objects.filter(pk=pattern.pk).exclude(owner=to).update(owner=to):
        return False
    said = (
        f"{to.get_full_name() or to.get_username()} takes care of it."
        if to
        else "Nobody takes care of it now."
    )
    _remember(pattern, by, said)
    audit.record(by, "pattern.assign", pattern, to=to.pk if to else None)
    return True


@transaction.atomic
def note(pattern: Pattern, *, text: str, by: User) -> None:
    """A note for colleagues. Raises Refused for an empty one."""
    if not text.strip():
        raise Refused("Write something first.")
    _remember(pattern, by, text.strip())
    audit.record(by, "pattern.note", pattern)


@transaction.atomic
def mute(pattern: Pattern, how: Mute, *, reason: str, by: User, seen: int, now: datetime) -> None:
    """Put a pattern aside. It always comes back: when the condition is met, or when it gets more severe.

    Raises Refused without a reason or condition, StalePattern when it changed since version `seen` was read."""
    if not reason.strip():
        raise Refused("Say why it can wait; it stays on record.")
    pattern = _as_seen(pattern, seen)
    if how.until is not None and not now < how.until <= now + LONGEST_MUTE:
        raise Refused(f"Choose a time to come, at most {LONGEST_MUTE.days} days from now.")
    if how.failures is not None and how.failures <= pattern.failures:
        raise Refused(f"It has {pattern.failures:,} failures already; choose a higher number.")
    version = _version(pattern, now) if how.next_version else ""
    if how.next_version and not version:
        raise Refused("No version of its template is known, so nobody could tell when there is a new one.")
    if how.until is None and how.failures is None and not version:
        raise Refused("Say when it should come back; nothing is muted for ever.")
    pattern.move(
        S.MUTED,
        by=by,
        note=reason.strip(),
        muted_until=how.until,
        muted_until_failures=how.failures,
        muted_template_version=version,
    )
    audit.record(by, "pattern.mute", pattern, reason=reason.strip())


def _version(pattern: Pattern, now: datetime) -> str:
    sends = SendAttempt.objects.between(now - LATEST_SENDS, now).filter(slices.inside(pattern.attributes))
    latest = (
        sends.exclude(template_version="").latest_first().values_list("template_version", flat=True).first()
    )
    return latest or ""


@transaction.atomic
def unmute(pattern: Pattern, *, by: User, seen: int) -> None:
    """Back among those to work on. Raises StalePattern when it changed since version `seen` was read."""
    pattern = _as_seen(pattern, seen)
    pattern.move(S.OPEN, by=by, note="Not muted any more.", **NO_MUTE)
    audit.record(by, "pattern.unmute", pattern)


def _as_seen(pattern: Pattern, seen: int) -> Pattern:
    current = Pattern.objects.select_for_update().get(pk=pattern.pk)
    if current.version != seen:
        raise StalePattern(current)
    return current


def _remember(pattern: Pattern, by: User, said: str) -> None:
    status = Pattern.objects.values_list("status", flat=True).get(pk=pattern.pk)
    PatternEvent.objects.create(pattern=pattern, old=status, new=status, by=by, note=said)
