"""Work on the calls that wait: in their order, each endpoint's by one worker at a time, each call's effect once.

A chunk is one transaction with what the rooms make of it. If it fails, each call is tried alone, so that one that
cannot be worked on holds up no other; it is tried again a few times, later each time, and then waits for a person.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from backoffice.models import WebhookCall, WebhookEndpoint, WebhookWork
from backoffice.models.append_only import protect
from backoffice.models.webhook import KEPT_CALLS
from backoffice.quiet_log import without_values
from backoffice.webhooks import bell
from backoffice.webhooks.providers import PROVIDERS
from backoffice.webhooks.receive import room
from backoffice.webhooks.shapes import Call, Inbound, Other, Part, Said, StatusReport, Taken, Unreadable

log = logging.getLogger(__name__)
CHUNK = 200
TURN_SECONDS = 60.0  # then others have their turn, and the rest is rung for again
MOST_ATTEMPTS = 5
PARTS_WAIT = timedelta(seconds=60)  # how long the parts of a long message wait for each other
Status = WebhookWork.Status


def work(*, now: datetime) -> dict[str, int]:
    """Work on everything that waits and that nobody else works on. Safe to run twice and at once."""
    counts: Counter[str] = Counter()
    ends = time.monotonic() + TURN_SECONDS
    waiting = WebhookWork.objects.waiting(now).order_by("endpoint").values_list("endpoint", flat=True)
    for endpoint_id in list(waiting.distinct()):
        endpoint = WebhookEndpoint.objects.select_related("system").get(pk=endpoint_id)
        worker = uuid.uuid4().hex
        if not endpoint.claim(worker, timezone.now()):
            continue
        try:
            while time.monotonic() < ends and endpoint.claim(worker, timezone.now()):
                done = _next(endpoint, timezone.now())
                if not done:
                    break
                counts.update(done)
        finally:
            endpoint.release(worker)
    if time.monotonic() >= ends:
        bell.ring()
    return {str(name): count for name, count in counts.items() if count}


def retry(call: WebhookCall) -> bool:
    """Have a call that failed worked on again; False if it did not fail, or somebody was quicker."""
    failed = WebhookWork.objects.filter(call=call, status=Status.FAILED)
    again = failed.update(status=Status.WAITING, attempts=0, not_before=None, whole="", done_at=None)
    if again:
        transaction.on_commit(bell.ring)
    return bool(again)


def forget(now: datetime) -> dict[str, int]:
    """Remove calls whose time is over: they hold numbers and texts. What they brought stays."""
    over = now - timedelta(days=settings.WEBHOOK_CALL_DAYS)
    try:
        return {"calls": WebhookCall.objects.forget(over)}
    except DatabaseError as error:
        if "append-only" not in str(error):
            raise
    with transaction.atomic():  # the database was told a longer time than the setting now says
        protect(connection, WebhookCall._meta.db_table, KEPT_CALLS)
    return {"calls": WebhookCall.objects.forget(over)}


# --- A chunk ----------------------------------------------------------------------------------------------------


def _next(endpoint: WebhookEndpoint, now: datetime) -> Counter[str]:
    """Work on the next calls in their order; how many ended how, nothing if none was due."""
    works = WebhookWork.objects.waiting(now).filter(endpoint=endpoint).select_related("call")
    chunk = list(works.order_by("call")[:CHUNK])
    if not chunk:
        return Counter()
    try:
        return _take(endpoint, chunk, now)
    except Exception as error:
        if _is_database_gone(error):
            raise  # nothing was written, and everything is there for the next round
        # Whichever it is: each by itself tells. What another process was just writing is known by then.
        log.info("%s calls are worked on one by one", len(chunk), exc_info=True)
    counts: Counter[str] = Counter()
    for one in chunk:
        try:
            counts.update(_take(endpoint, [one], now))
        except Exception as error:
            if _is_database_gone(error):
                raise
            counts.update(_fail(one, error, now))
    return counts


def _is_database_gone(error: Exception) -> bool:
    return isinstance(error, OperationalError | InterfaceError) and not connection.is_usable()


def _fail(one: WebhookWork, error: Exception, now: datetime) -> Counter[str]:
    """An error of ours: tried again, later each time; in the end a person has to look."""
    log.exception("call %s could not be worked on", one.call_id)
    attempts = one.attempts + 1
    is_over = attempts >= MOST_ATTEMPTS
    note = f"An error of ours: {type(error).__name__}: {without_values(error)}"[:280]
    WebhookWork.objects.filter(pk=one.pk, status=Status.WAITING).update(
        attempts=attempts,
        note=note,
        status=Status.FAILED if is_over else Status.WAITING,
        not_before=None if is_over else now + timedelta(seconds=5 * 4**attempts),
        done_at=now if is_over else None,
    )
    return Counter({"failed" if is_over else "put_off": 1})


@transaction.atomic
def _take(endpoint: WebhookEndpoint, works: Sequence[WebhookWork], now: datetime) -> Counter[str]:
    """Hand what these calls say to the rooms, and write what became of each."""
    counts: Counter[str] = Counter()
    said: dict[int, list[Said]] = {}
    for one in works:
        try:
            said[one.pk] = read(endpoint, one.call)
        except Unreadable as problem:
            counts["failed"] += WebhookWork.objects.settle([one.pk], Status.FAILED, str(problem), now)
    counts["put_off"] += _join_parts(endpoint, said, now)
    notes = _hand_over(endpoint, said, now)
    for (status, note), calls in _alike(notes).items():
        counts[status] += WebhookWork.objects.settle(calls, status, note, now)
    return counts


def read(endpoint: WebhookEndpoint, kept: WebhookCall) -> list[Said]:
    """What a call says, as far as it is believed. Raises Unreadable."""
    headers, body = dict(kept.headers), bytes(kept.body)
    call = Call(kept.http_method, endpoint.address, kept.query, headers, body, kept.received_at)
    said = PROVIDERS[endpoint.provider].read(call)
    if not kept.is_late:
        return said
    return [
        replace(one, is_late=True) if isinstance(one, Inbound) else Other("It came too late to be believed.")
        for one in said
    ]


def _hand_over(
    endpoint: WebhookEndpoint, said: dict[int, list[Said]], now: datetime
) -> dict[int, list[Taken]]:
    """What the rooms made of everything said, by call. Inbound first: who is texted depends on it."""
    notes: dict[int, list[Taken]] = {pk: [] for pk in said}
    flat = [(pk, one) for pk, some in said.items() for one in some]
    for kind, name in ((Inbound, "inbound"), (StatusReport, "reports")):
        of_kind = [(pk, one) for pk, one in flat if isinstance(one, kind)]
        if of_kind:
            taken = room(name)(endpoint.system, [one for _, one in of_kind], now=now)
            for (pk, _), made in zip(of_kind, taken, strict=True):
                notes[pk].append(made)
    for pk, one in flat:
        if isinstance(one, Other):
            words = one.reason if one.is_refused else f"Kept and ignored: {one.reason}"
            notes[pk].append(Taken(words, one.is_refused))
    return notes


def _alike(notes: dict[int, list[Taken]]) -> dict[tuple[str, str], list[int]]:
    """Calls by what became of them: most end alike."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, taken in notes.items():
        is_refused = any(one.is_refused for one in taken)
        words = " ".join(dict.fromkeys(one.words for one in taken))
        found[Status.FAILED if is_refused else Status.DONE, words].append(pk)
    return found


# --- Parts of long messages -------------------------------------------------------------------------------------


def _join_parts(endpoint: WebhookEndpoint, said: dict[int, list[Said]], now: datetime) -> int:
    """Put the parts of each long message together, in place of its first part. Parts that miss others are taken out
    and wait, but not for ever: then what there is, is read as it is. Returns how many wait."""
    wholes = {part.whole: part.of for some in said.values() if (part := _part_of(some)) is not None}
    return sum(_join(endpoint, whole, of, said, now) for whole, of in wholes.items())


def _join(endpoint: WebhookEndpoint, whole: str, of: int, said: dict[int, list[Said]], now: datetime) -> int:
    mine = {pk for pk, some in said.items() if (part := _part_of(some)) and part.whole == whole}
    WebhookWork.objects.filter(pk__in=mine).update(whole=whole)
    parts: dict[int, Inbound] = {}  # by number
    calls: dict[int, int] = {}  # of the parts
    repeats, strangers = [], set()
    waiting = WebhookWork.objects.filter(endpoint=endpoint, whole=whole, status=Status.WAITING)
    for one in waiting.select_related("call").order_by("call"):
        message = (said.get(one.pk) or read(endpoint, one.call))[0]
        assert isinstance(message, Inbound)
        assert message.part is not None
        number = message.part.number
        known = parts.setdefault(number, message)
        if known is message:
            calls[number] = one.pk
        elif known.id == message.id:
            repeats.append(one.pk)
        else:
            strangers.add(one.pk)  # of another message, for which the number was used again: its turn comes
    first_at = min(message.received_at for message in parts.values())
    is_whole = len(parts) == of or now >= first_at + PARTS_WAIT
    later = now + timedelta(seconds=1) if is_whole else first_at + PARTS_WAIT
    put_off = mine & strangers if is_whole else mine
    WebhookWork.objects.filter(pk__in=put_off).update(not_before=later)
    for pk in put_off:
        del said[pk]
    if is_whole:
        first, *others = sorted(parts)
        text = "".join(parts[number].text for number in sorted(parts))
        is_late = any(message.is_late for message in parts.values())
        said[calls[first]] = [replace(parts[first], text=text, part=None, is_late=is_late)]
        for pk in [*(calls[number] for number in others), *repeats]:
            said[pk] = [Other(f"part of a longer message, read with call {calls[first]}.")]
    return len(put_off)


def _part_of(some: Sequence[Said]) -> Part | None:
    return some[0].part if len(some) == 1 and isinstance(some[0], Inbound) else None
