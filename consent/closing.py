"""How a flag's life goes on once its number was weighed again: what closes it, and what it waits for until then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consent.judgements import ABOUT_SETTINGS, JUDGEMENTS
from consent.models import Flag, WriteBack
from consent.rules import Code

F, W = Flag.Status, WriteBack.Status
RAN_OUT = "The waiver has run out."


class Step(NamedTuple):
    to: Flag.Status
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the weighing brought to light about one flag."""

    is_found: bool  # what was wrong still is
    is_corrected: bool  # a decision on it was applied that may have written something
    is_proposed: bool  # a decision on it waits for its second person
    live: Sequence[WriteBack]  # of its number and program: on their way, or watched
    # Of its number and program: a setting that was neither changed nor waived. Of a flag about a setting: its own.
    setting_stands: bool
    system: str  # name, where the flag is about one


def next_step(flag: Flag, now: Standing, at: datetime) -> Step | None:
    """The step to take, None: it stays as it is. A flag that was corrected closes only when every system reads right,
    the setting behind it is changed or waived, and the watch is over."""
    if flag.code in ABOUT_SETTINGS and not now.is_found:
        return _of_setting(flag, now, at)
    if now.is_found:
        return _still_so(flag, now)
    return _gone(flag, now)


def _mine(flag: Flag, now: Standing) -> list[WriteBack]:
    """The corrections that the flag itself is about."""
    if flag.system_id is None or flag.code in JUDGEMENTS:
        return list(now.live)
    return [row for row in now.live if row.system_id == flag.system_id]


def _still_so(flag: Flag, now: Standing) -> Step | None:
    mine = _mine(flag, now)
    came_back = any(row.status == W.REVERTED for row in mine)
    if flag.status == F.OPEN and now.is_corrected and not now.is_proposed:
        again = _on_their_way(mine) and not came_back
        return Step(F.VERIFYING, "The correction is on its way, or watched.") if again else None
    if flag.status not in {F.CORRECTING, F.VERIFYING}:
        return None
    if came_back:
        return _came_back(now)
    stuck = [row for row in mine if _is_stuck(row)]
    if stuck and not _on_their_way(mine):
        name = now.system or "A system"
        took = "took the correction" if stuck[0].status == W.ACCEPTED else "could not be given the correction"
        return Step(F.OPEN, f"{name} {took}. {stuck[0].note}".strip())
    if flag.status == F.CORRECTING or _on_their_way(now.live):
        return None
    if flag.code not in JUDGEMENTS:
        return Step(F.OPEN, "The systems say what was written, yet it is still so.")
    if now.live or now.setting_stands:
        return None
    return Step(F.CLOSED, "Every system was read back with the corrected value, and it stayed.")


def _gone(flag: Flag, now: Standing) -> Step | None:
    mine = _mine(flag, now)
    if flag.code == Code.SYNC_REGRESSION and not now.is_corrected and not any(row.reverts for row in mine):
        return Step(F.CLOSED, "No longer so.")  # what had come back was a file that is void
    waits = bool(now.live) and (now.is_corrected or flag.system_id in {row.system_id for row in now.live})
    if not waits and not (now.is_corrected and now.setting_stands):
        return Step(F.CLOSED, "It stayed right." if now.is_corrected else "No longer so.")
    if any(row.status == W.REVERTED for row in mine):
        return _came_back(now) if flag.status in {F.CORRECTING, F.VERIFYING} else None
    if flag.status in Flag.TO_REVIEW and not now.is_proposed:
        return Step(F.VERIFYING, "It is right now; it closes when it has stayed so.")
    return None


def _of_setting(flag: Flag, now: Standing, at: datetime) -> Step | None:
    """The value is right, and the setting that would bring the old one back is another matter."""
    if not now.setting_stands:
        return Step(F.CLOSED, "No longer so.")
    if flag.status == F.WAIVED and flag.waived_until is not None and flag.waived_until <= at:
        return Step(F.OPEN, RAN_OUT)
    if flag.status in {F.CORRECTING, F.VERIFYING} and not _on_their_way(_mine(flag, now)):
        return Step(
            F.OPEN,
            "The value is right again, and the setting is as it was: change it, or waive it with a date.",
        )
    return None


def _came_back(now: Standing) -> Step:
    name = now.system or "A system"
    return Step(F.OPEN, f"{name} was read again and does not hold the corrected value.")


def _on_their_way(rows: Sequence[WriteBack]) -> bool:
    """By themselves."""
    return any(row.status in WriteBack.UNSETTLED and not _is_stuck(row) for row in rows)


def _is_stuck(row: WriteBack) -> bool:
    """It stays where it is until a person does something: it could not be delivered, or not be read back."""
    given_up = row.next_try_at is None and row.lease_until is None and row.note != ""
    return row.status == W.PARKED or (row.status == W.ACCEPTED and given_up)
