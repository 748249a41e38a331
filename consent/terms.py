"""Which terms are in force: the rules, the policy, the programs, and what wordings and systems are.

Whoever changes them, by a form, a file, the environment or an upgrade, need not say so. They are compared with what was
taken up last; where they differ they get another version, what was derived by the one before waits for a rebuild, and
sends wait with it.
"""

from __future__ import annotations

import time
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from consent.facts import Door
from consent.models import AgreedStatus, Terms

KNOWN_FOR = 1  # seconds for which a process asks nobody
MOST = 30_000  # versions begin again at 1 then, long after the last status of the first one


def take_up(now: datetime) -> Door:
    """The terms as they are now, under a version of their own where they changed. Whoever comes second changes
    nothing. Not for use inside a transaction that holds numbers: two of them might wait for each other."""
    # This first: terms that are older than the version they are compared with must not become the next one.
    taken = Terms.objects.first()
    door = Door()
    if taken is None:
        highest = AgreedStatus.objects.aggregate(highest=Max("rules_version"))["highest"] or 0
        first = {"version": highest % MOST + 1, "content": door.content, "since": now}
        Terms.objects.get_or_create(pk=1, defaults=first)
    elif taken.content != door.content:
        same = taken.hold(door.content)
        Terms.objects.filter(version=taken.version).update(
            version=taken.version if same else taken.version % MOST + 1,
            content=door.content,
            since=taken.since if same else now,
        )
    _at.cache_clear()
    return door


def in_force() -> int | None:
    """The version in force, as it was a second ago at most; None while changed terms were not taken up."""
    return _at(time.monotonic() // KNOWN_FOR)


@lru_cache(maxsize=1)
def _at(second: float) -> int | None:
    return Door().version or None


def consequence() -> str | None:
    """What follows from changed terms that were not taken up yet, for whoever changed them."""
    if Door().version != Terms.UNKNOWN or not AgreedStatus.objects.exists():
        return None
    return "Consent rests on this: every number is weighed anew, beginning within a minute. Sends wait meanwhile."
