"""The list of numbers that must not be texted under a program: whole, and what changed since.

Both give the answer as it is when they are read. A number with news that is not weighed yet is never given free; it
comes again once it is weighed. What is not in the list is no permission: before each send, ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef
from django.db.models.functions import Now

from consent.models import Program, Touched
from consent.models.suppression import SuppressionChange, SuppressionFeed
from consent.rules import Code
from consent.send_check import Answer, Known, Verdict, weigh

PLACED_AT_ONCE = 20_000
_CURSOR = re.compile(r"([fc])\.(\d{1,18})\.(\d{1,18})\.(\d{1,18})")


class NotACursor(ValueError):
    """The cursor is damaged, or of another program's list."""


class Listed(NamedTuple):
    """One number of the list."""

    number: str
    is_suppressed: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list. With `more` the next call with `cursor` goes on at once; without it that call gives what
    changed by then."""

    items: list[Listed]
    cursor: str
    more: bool


def page(
    program: Program, *, size: int, now: datetime, cursor: str = "", since: datetime | None = None
) -> Page:
    """The whole list from its start, or on from `cursor`, or the changes since a moment. Raises NotACursor."""
    kind, start, after = _read(cursor, program) if cursor else ("f", 0, 0)
    if cursor and kind == "f":
        return _whole(program, start, after, size, now)
    unplaced = _place(program)
    if kind == "c":
        return _changes(program, after, size, now, unplaced)
    last = SuppressionFeed.objects.filter(program=program).values_list("last_place", flat=True).first() or 0
    if since is not None:
        return _changes(program, _place_at(program, since, last), size, now, unplaced)
    # What changes while the list is read has its place after this one.
    return _whole(program, last, 0, size, now)


def everything(program: Program, *, now: datetime, cursor: str = "") -> Iterator[Page]:
    """Page after page, until the reader is up to date."""
    while True:
        found = page(program, size=10_000, now=now, cursor=cursor)
        yield found
        if not found.more:
            return
        cursor = found.cursor


# --- Cursors ------------------------------------------------------------------------------------------------


def _write(kind: str, program: Program, start: int, after: int) -> str:
    """ "c": changes after a place. "f": the whole list after a number, then changes from the place it began at."""
    return f"{kind}.{program.pk}.{start}.{after}"


def _read(cursor: str, program: Program) -> tuple[str, int, int]:
    found = _CURSOR.fullmatch(cursor)
    if found is None or int(found[2]) != program.pk:
        raise NotACursor(cursor)
    return found[1], int(found[3]), int(found[4])


def _place_at(program: Program, since: datetime, last: int) -> int:
    """The place after which everything stands that was listed from then on."""
    listed = SuppressionChange.objects.filter(program=program, listed_at__gte=since)
    first = listed.aggregate(at=Min("place"))["at"]
    return last if first is None else int(first) - 1


# --- Places -------------------------------------------------------------------------------------------------


def _place(program: Program) -> bool:
    """Give what was noted its places, one reader at a time. True where there is more to place."""
    changes = SuppressionChange.objects.filter(program=program)
    waiting = changes.filter(~Exists(Touched.objects.filter(number=OuterRef("number"))), place=None)
    if not waiting.exists():
        return False
    SuppressionFeed.objects.get_or_create(program=program)
    with transaction.atomic():
        feed = SuppressionFeed.objects.select_for_update(no_key=True).get(program=program)
        rows = list(waiting.order_by("pk").values_list("number", "pk")[:PLACED_AT_ONCE])
        if not rows:
            return False
        newest = dict(rows)
        first, last = rows[0][1], rows[-1][1]
        # Of each number the newest stays: whoever has not come to an older one yet, finds it further on.
        older = changes.filter(number__any_of=list(newest), pk__lte=last)
        older.exclude(pk__any_of=list(newest.values())).delete()
        changes.filter(pk__any_of=list(newest.values())).update(
            place=F("pk") + (feed.last_place + 1 - first), listed_at=Now()
        )
        feed.last_place += last + 1 - first
        feed.save(update_fields=["last_place"])
    return len(rows) == PLACED_AT_ONCE


# --- Reading ------------------------------------------------------------------------------------------------


def _whole(program: Program, start: int, after: int, size: int, now: datetime) -> Page:
    rows = _rows(_WHOLE, program, after, size)
    items = [_listed(row, now) for row in rows]
    if len(rows) < size:
        return Page(items, _write("c", program, 0, start), more=False)
    return Page(items, _write("f", program, start, rows[-1][0]), more=True)


def _changes(program: Program, after: int, size: int, now: datetime, unplaced: bool) -> Page:
    rows = _rows(_CHANGED, program, after, size)
    # Their news is not weighed: given as held now, they come again when it is.
    pending = [row[0] for row in rows if row[7]]
    if pending:
        changes = SuppressionChange.objects.filter(program=program, place__any_of=pending)
        changes.update(place=None, listed_at=None)
    end = rows[-1][0] if rows else after
    return Page(
        [_listed(row, now) for row in rows],
        _write("c", program, 0, end),
        more=unplaced or len(rows) == size,
    )


def _listed(row: tuple[Any, ...], now: datetime) -> Listed:
    _, e164, number_id, status, reason, hold, is_blocked, has_news = row
    known = Known(
        is_active=True,
        has_sender=True,
        number_id=number_id,
        status=status,
        reason=reason,
        has_news=bool(has_news),
        hold=hold,
        is_blocked=bool(is_blocked),
    )
    verdict = weigh(known, now, now)
    return Listed(e164, verdict.answer is not Answer.ALLOW, verdict)


def _rows(statement: str, program: Program, after: int, size: int) -> list[tuple[Any, ...]]:
    given: dict[str, Any] = {
        "program": program.pk,
        "after": after,
        "size": size,
        "block": Code.PROVIDER_BLOCKED_AGREED_IN.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


_HOLD = """(SELECT f.code FROM consent_hold AS h JOIN consent_flag AS f ON f.id = h.flag_id
        WHERE h.number_id = n.id AND h.program_id = %(program)s AND h.released_at IS NULL
        ORDER BY f.severity, f.id LIMIT 1)"""
_BLOCKED = """EXISTS (SELECT 1 FROM consent_flag AS f WHERE f.number_id = n.id AND f.program_id = %(program)s
        AND f.code = %(block)s AND f.status <> 'closed')"""
_WHOLE = f"""
SELECT * FROM (
    SELECT s.number_id, n.e164, n.id, s.status, s.reason, {_HOLD} AS hold, {_BLOCKED} AS blocked, FALSE
    FROM consent_agreedstatus AS s JOIN consent_number AS n ON n.id = s.number_id
    WHERE s.program_id = %(program)s AND s.number_id > %(after)s
) AS known
WHERE status <> 'OPTED_IN' OR hold IS NOT NULL OR blocked
ORDER BY number_id LIMIT %(size)s
"""  # noqa: S608
_CHANGED = f"""
SELECT c.place, n.e164, n.id, s.status, s.reason, {_HOLD}, {_BLOCKED},
    EXISTS (SELECT 1 FROM consent_touched AS t WHERE t.number_id = n.id)
FROM consent_suppressionchange AS c
JOIN consent_number AS n ON n.id = c.number_id
LEFT JOIN consent_agreedstatus AS s ON s.number_id = n.id AND s.program_id = c.program_id
WHERE c.program_id = %(program)s AND c.place > %(after)s
ORDER BY c.place LIMIT %(size)s
"""  # noqa: S608
