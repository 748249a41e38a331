"""The sends behind a count of a result, a page at a time: only what is shown is unpacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errors.models import ReplayHits, RuleReplay


@dataclass(frozen=True, slots=True)
class Behind:
    """Sends that came to one of these ends under a line. Stretches of the log are kept the oldest first."""

    replay: RuleReplay
    key: str
    came: Sequence[str]
    severities: Sequence[str]

    def _stretches(self) -> list[tuple[int, int]]:
        """(row, how many), the latest first."""
        rows = ReplayHits.objects.filter(
            replay=self.replay, key=self.key, came__in=self.came, severity__in=self.severities
        )
        return list(rows.order_by("-pk").values_list("pk", "count"))

    @property
    def count(self) -> int:
        return sum(count for _, count in self._stretches())

    def page(self, start: int, size: int) -> list[int]:
        """The keys of the sends from `start` on, the latest stretch first."""
        wanted, place = [], 0
        for pk, count in self._stretches():
            if place + count > start:
                wanted.append(pk)
            else:
                start -= count
                continue
            place += count
            if place >= start + size:
                break
        rows = {row.pk: row for row in ReplayHits.objects.filter(pk__in=wanted)}
        keys = [key for pk in wanted for key in rows[pk].keys()[::-1].tolist()]
        return keys[start : start + size]
