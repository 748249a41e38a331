"""`column__any_of=values`: IN for thousands of values."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.lookups import In


@models.ForeignKey.register_lookup
@models.Field.register_lookup
class AnyOf(In):
    """PostgreSQL gets one array instead of a placeholder per value, which costs more to write than to answer.
    Elsewhere it is IN."""

    lookup_name = "any_of"

    def get_prep_lookup(self) -> Any:
        # Numbers and texts are prepared by their type: if the first stays as it is, all do.
        kinds = set(map(type, self.rhs))
        if len(kinds) == 1 and kinds < {int, str, UUID}:
            first = next(iter(self.rhs))
            if self.lhs.output_field.get_prep_value(first) is first:
                return self.rhs
        return super().get_prep_lookup()

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, params = self.process_lhs(compiler, connection)
        values = list(self.rhs)
        kinds = set(map(type, values))
        plain: Any = values
        if kinds == {int}:
            plain = array(values)
        elif kinds == {UUID}:
            plain = array(value.hex for value in values)
        elif kinds == {str}:
            plain = array(f'"{value}"' for value in map(_escaped, values))
        return f"{left} = ANY(%s)", [*params, plain]


def _escaped(text: str) -> str:
    """A text as it stands between quotes in PostgreSQL's array."""
    if '"' in text or "\\" in text:
        return text.replace("\\", r"\\").replace('"', r"\"")
    return text


def array(values: Iterable[int | str]) -> str:
    """Whole numbers, or texts without any marks, as PostgreSQL writes an array of them; the driver takes ten times as
    long for thousands."""
    return f"{{{','.join(map(str, values))}}}"


def among(keys: Iterable[int]) -> str:
    """What follows a column in a statement written by hand, so that it is one of these keys."""
    if connection.vendor == "postgresql":
        return f"= ANY('{array(keys)}')"
    return f"IN ({','.join(map(str, keys))})"
