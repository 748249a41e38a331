"""Numbers about which more is known than their own records and readings. They are few, and whoever knows them need
not ask those tables about all others."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.db import connection

from backoffice.models.lookups import among


class Entangled(NamedTuple):
    """Of some numbers those that ..."""

    written: frozenset[int]  # have corrections
    # ... are known with a contact who spoke for all their lines, or had another number before.
    linked: frozenset[int]
    sent: frozenset[int]  # were sent messages after a revocation

    @classmethod
    def of(cls, number_ids: Collection[int]) -> Entangled:
        """In one query, which asks indexes that hold next to nothing."""
        found: dict[str, set[int]] = {name: set() for name in cls._fields}
        if number_ids:
            with connection.cursor() as cursor:
                cursor.execute(_STATEMENT.format(among=among(number_ids)))
                for number_id, name in cursor.fetchall():
                    found[name].add(number_id)
        return cls(**{name: frozenset(some) for name, some in found.items()})

    def any(self) -> frozenset[int]:
        return self.written | self.linked | self.sent


# By hand, and good for both databases: Django takes longer to write it than the database to answer, for every number.
_STATEMENT = """
SELECT number_id, 'written' FROM consent_writeback WHERE number_id {among}
UNION ALL
SELECT number_id, 'linked' FROM consent_systemrecord AS known WHERE number_id {among} AND (
    EXISTS (SELECT 1 FROM consent_consentrecord AS said WHERE said.contact_id = known.contact_id)
    OR EXISTS (SELECT 1 FROM consent_consentrecord AS said WHERE said.number_id = known.previous_number_id))
UNION ALL
SELECT number_id, 'sent' FROM consent_sendafterstop WHERE number_id {among}
"""
