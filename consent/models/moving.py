"""A status that only the request moves which still sees the old one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from backoffice.models import IllegalMove


class Moving(models.Model):
    """A row with a `status` and the steps of its life."""

    status: Any  # each kind has statuses of its own
    MOVES: ClassVar[Mapping[Any, Collection[Any]]]

    class Meta:
        abstract = True

    def move(self, to: str, **changes: Any) -> bool:
        """Change status; False when another request moved it first. Raises IllegalMove for an unknown step."""
        if to not in self.MOVES.get(self.status, ()):
            raise IllegalMove(f"{self.status} to {to}")
        changes = {"status": to, **changes}
        still = type(self)._default_manager.filter(Q(("status", self.status)), pk=self.pk)
        moved = still.update(**changes)
        if moved:
            for field, value in changes.items():
                setattr(self, field, value)
        return bool(moved)
