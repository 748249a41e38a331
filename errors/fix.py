"""Document what was changed because of a pattern. From then on errors.verify measures whether it helped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from backoffice.models import IllegalMove
from errors import slices
from errors.models import Fix, Pattern, StalePattern

LONGEST_WATCH = timedelta(days=90)
FURTHEST_AHEAD = timedelta(days=30)
S = Pattern.Status


class Refused(Exception):
    """The fix cannot be documented like this; the message says what to mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody did about a pattern, and what it should lead to.

    `scope`: the sends that should be fine from `effective_at` on; `target_rate`: failures per settled send that it
    should come down to, above 0 and below 1; watched until `verify_until`."""

    hypothesis: str
    changed: Fix.Changed
    new: str
    effective_at: datetime
    target_rate: float
    verify_until: datetime
    scope: dict[str, str] = field(default_factory=dict)
    old: str = ""
    evidence: str = ""


def fix(pattern: Pattern, change: Change, *, by: User, token: str, seen: int, now: datetime) -> Fix:
    """Document a change. The same form again (`token`) returns the fix that it made.

    `seen` is the version of the pattern that the person read: raises StalePattern if it has changed since. Raises
    Refused for a change that cannot be measured, and for a pattern that needs none."""
    try:
        with transaction.atomic():
            return _document(pattern, change, by=by, token=token, seen=seen, now=now)
    except IllegalMove as problem:
        raise Refused(f"{problem} Its own page says what became of it.") from problem


def _document(pattern: Pattern, change: Change, *, by: User, token: str, seen: int, now: datetime) -> Fix:
    pattern = Pattern.objects.select_for_update().get(pk=pattern.pk)
    earlier = Fix.objects.filter(token=token).first()  # a double click: the other request was faster
    if earlier is not None:
        return earlier
    if pattern.version != seen:
        raise StalePattern(pattern)
    check(change, pattern, now)
    made = Fix.objects.create(
        pattern=pattern,
        token=token,
        observed=snapshot(pattern),
        hypothesis=change.hypothesis.strip(),
        changed=change.changed,
        old=change.old.strip(),
        new=change.new.strip(),
        effective_at=change.effective_at,
        scope=change.scope or pattern.attributes,
        evidence=change.evidence.strip(),
        target_rate=change.target_rate,
        verify_until=change.verify_until,
        made_by=by,
        made_at=now,
    )
    owner = {} if pattern.owner_id else {"owner": by}
    pattern.move(S.FIXED, by=by, note=f"{made}", muted_until=None, muted_until_failures=None,
                 muted_template_version="", **owner)  # fmt: skip
    audit.record(by, "pattern.fix", pattern, reason=made.hypothesis, fix=made.pk, changed=made.changed)
    return made


def check(change: Change, pattern: Pattern, now: datetime) -> None:
    """Raises Refused for what keeps the change from being understood or measured."""
    if not change.hypothesis.strip() or not change.new.strip():
        raise Refused("Say why it fails, and what it was changed to; both stay on record.")
    try:
        slices.inside(change.scope)
    except slices.UnknownAttribute as problem:
        raise Refused(f"The scope cannot be measured: {problem}") from problem
    rate = pattern.failures / max(pattern.attempts, 1)
    if not 0 < change.target_rate < 1:
        raise Refused("The rate it should come down to lies above 0 % and below 100 %.")
    if change.target_rate >= rate:
        raise Refused(f"It fails at {100 * rate:.1f} % now; a change that helps brings it below that.")
    if change.effective_at < pattern.first_seen_at:
        raise Refused("The change was made before the pattern was first seen, so it did not help against it.")
    if change.effective_at > now + FURTHEST_AHEAD:
        raise Refused(
            f"It takes effect more than {FURTHEST_AHEAD.days} days from now; document it when it is near."
        )
    if change.verify_until <= max(change.effective_at, now):
        raise Refused("Watch it for a while after it takes effect.")
    if change.verify_until > change.effective_at + LONGEST_WATCH:
        raise Refused(f"Watch it for at most {LONGEST_WATCH.days} days; most changes show within two weeks.")


def snapshot(pattern: Pattern) -> dict[str, Any]:
    """What was observed when the fix was documented: it stays when the pattern's own numbers go on."""
    names = (
        "attributes",
        "same_as",
        "provider",
        "error_code",
        "category",
        "attempts",
        "failures",
        "recipients",
    )
    return {
        **{name: getattr(pattern, name) for name in (*names, "expected", "lift", "p_value")},
        "last_seen_at": pattern.last_seen_at.isoformat(),
    }
