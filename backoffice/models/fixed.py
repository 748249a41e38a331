"""Rows of configuration that others rest on: what was relied upon stays as it was."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models


class FixedInUse(models.Model):
    """A row some of whose columns stay as they are once something on record rests on it. Said in `clean`, where the
    admin's form and its import of a file both pass."""

    FIXED: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def is_in_use(self) -> bool:
        """Whether something on record rests on the stored row."""
        raise NotImplementedError

    def fixed(self) -> tuple[str, ...]:
        """The columns of the stored row that nobody changes any more."""
        return self.FIXED if self.is_in_use() else ()

    def clean(self) -> None:
        super().clean()
        stored = type(self)._default_manager.filter(pk=self.pk).first()
        if stored is None:
            return
        changed = [
            field
            for field in self._meta.concrete_fields
            if field.name in self.FIXED and field.value_from_object(stored) != field.value_from_object(self)
        ]
        if changed and self.is_in_use():
            # About no single field: the form that finds it may not have that field.
            names = ", ".join(str(field.verbose_name) for field in changed)
            raise ValidationError(
                f"Of “{stored}” these stay as they are, because something on record rests on it: {names}. "
                "Add another one instead."
            )
