"""Change what a system does on its own to consent, and let the flags follow that wait for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from backoffice import audit
from backoffice.models import System
from consent import bulk, reconcile, watch

FIELDS = ("overwrites_on_sync", "subscribes_by_default", "excludes", "expected_every_hours")


@transaction.atomic
def change(system_id: int, chosen: dict[str, Any], *, by: User, reason: str, now: datetime) -> list[str]:
    """Store the settings that differ, with an entry in the audit; the numbers concerned are weighed again. Returns
    the fields that changed; choosing the same again changes nothing. Settings changed elsewhere are noticed by the
    schedule."""
    system = System.objects.select_for_update().get(pk=system_id)
    before = {name: getattr(system, name) for name in FIELDS}
    changed = [name for name in FIELDS if chosen[name] != before[name]]
    if not changed:
        return []
    for name in changed:
        setattr(system, name, chosen[name])
    system.save(update_fields=changed)
    audit.record(
        by,
        "system.settings",
        system,
        reason=reason,
        changes={name: [before[name], chosen[name]] for name in changed},
    )
    bulk.touch(watch.due(now))
    reconcile.ring(trigger="staff", by=by)
    return changed
