"""Who did what: one entry per act, in the transaction of the act."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import models

from backoffice.models import AuditEntry


def record(
    actor: User | AnonymousUser | None,
    action: str,
    subject: models.Model,
    *,
    reason: str = "",
    **details: Any,
) -> AuditEntry:
    """Write that `actor` (None: the system) did `action` (e.g. "flag.waive") to `subject`."""
    return AuditEntry.objects.create(
        actor=actor if isinstance(actor, User) else None,
        action=action,
        object_type=subject._meta.model_name or "",
        object_id=str(subject.pk),
        reason=reason,
        details=details,
    )
