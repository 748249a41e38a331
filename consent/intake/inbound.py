"""Messages that providers hand us as they come → records: read by the same code as the rows of their logs, under the
same ids, so that what a webhook brought and a log tells again counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from backoffice.files.rows import Row
from backoffice.imports.importer import Outcome
from backoffice.models import Bucket, ColumnMapping, ImportBatch, System
from backoffice.webhooks.shapes import Inbound, Taken
from consent import bulk, postgres, reconcile
from consent.intake.plan import Plan
from consent.intake.read import Event, message_event
from consent.intake.store import Store
from consent.intake.words import words
from consent.ledger import Act, Kind
from consent.models import Number, Program, Touched
from consent.moments import MomentReader
from consent.numbers import NumberReader
from consent.numbers.regions import known_region

COLUMNS = ("from", "to", "text", "at", "event_id")  # of a message as the row of a log
PROTECTIVE = frozenset({Act.REVOKE, Act.ASSERT_NONE})  # of a message: can only ever keep texts back
LONGEST_WAIT = 30  # milliseconds that a provider's call may wait, twice, for somebody else's writing


def asks_to_stop(system: System, message: Inbound) -> bool:
    """Whether all that the message can do is to keep texts back: then it is heard however late it comes."""
    return _keeps_back(_event(_plan(system, {}, message.received_at), message))


def take(system: System, messages: Sequence[Inbound], *, now: datetime) -> list[Taken]:
    """Make records of the messages, and bring their people's statuses up to date once that is committed. What became
    of each, in order. In the caller's transaction; safe to run twice."""
    if not messages:
        return []
    rules = rules_of(system)
    store = store_of(system, rules, now)
    plan = _plan(system, rules, now)
    read = [_event(plan, message, line) for line, message in enumerate(messages, 1)]
    events = [one for one in read if isinstance(one, Event)]
    by_line = {outcome.line: outcome for outcome in store.take_events(events, write=True)}
    settle_after_commit(event.number.e164 for event in events)
    return [_taken(one if isinstance(one, Outcome) else by_line[one.line]) for one in read]


def take_at_once(system: System, messages: Sequence[Inbound], *, now: datetime) -> int:
    """Make records of those messages that take consent back, and note their numbers as having news: from the commit
    on nobody is told that they may be texted. A provider waits for this, so it waits for nobody: while somebody else
    writes, the numbers are only noted. How many messages there were."""
    rules = rules_of(system)
    plan = _plan(system, rules, now)
    read = [_event(plan, message, line) for line, message in enumerate(messages, 1)]
    events = [one for one in read if isinstance(one, Event) and one.act is Act.REVOKE]
    if not events:
        return 0
    postgres.wait_at_most(LONGEST_WAIT)
    try:
        with transaction.atomic():
            # Which programs there are makes no difference to a revocation: its sender decides when it is weighed.
            store_of(system, rules, now, programs={}).take_events(events, write=True)
            postgres.check_now()
    except (OperationalError, IntegrityError):
        numbers = Number.objects.filter(e164__any_of=[event.number.e164 for event in events])
        _note(list(numbers.values_list("pk", flat=True)))
    return len(events)


def _note(number_ids: Sequence[int]) -> None:
    """Note that the numbers have news, ahead of whoever would let an opt-in leave. Who is just deciding on them goes
    first: then nothing is noted, and the message's own turn comes."""
    with suppress(OperationalError), transaction.atomic():
        bulk.touch(number_ids, hold=True)


def mapping_of(system: System) -> ColumnMapping | None:
    """What staff said about the system's logs: it holds for its calls as well."""
    mapping: ColumnMapping | None = system.mappings.in_use().order_by("pk").first()
    return mapping


def rules_of(system: System) -> dict[str, Any]:
    mapping = mapping_of(system)
    return mapping.rules if mapping is not None else {}


def store_of(
    system: System, rules: dict[str, Any], now: datetime, programs: dict[str, Program] | None = None
) -> Store:
    """The database as events need it that no file brought. Calls go on beside each other, and the database refuses the
    same event of two of them (IntegrityError: try again and it is known); files of the system take turns with them."""
    postgres.share_turn(system.pk)
    if programs is None:
        programs = {p.code: p for p in Program.objects.filter(is_active=True).prefetch_related("senders")}
    return Store(
        batch=ImportBatch(system=system, as_of=now),  # never saved: what came without a file has none
        system=system,
        programs=programs,
        wordings={},
        zone="UTC",
        usual_program=rules.get("program") or None,
    )


def settle_after_commit(e164s: Iterable[str | None]) -> None:
    """Have the numbers with news among these looked at when the caller's transaction is committed."""
    touched = Touched.objects.filter(number__e164__any_of=list(set(e164s)))
    pks = list(touched.values_list("number_id", flat=True))
    if pks:
        transaction.on_commit(partial(_settle, pks), robust=True)


def _settle(number_ids: Sequence[int]) -> None:
    # Whatever keeps this from being done now: the numbers stay noted as touched, and the schedule comes to them.
    reconcile.reconcile_numbers(number_ids, now=timezone.now())


def _plan(system: System, rules: dict[str, Any], now: datetime) -> Plan:
    region = known_region(rules.get("region") or system.default_region)
    return Plan(
        kind=System.Kind.REPLIES,
        positions={name: (place,) for place, name in enumerate(COLUMNS)},
        width=len(COLUMNS),
        numbers=NumberReader(region),
        default_region=region,
        moments=MomentReader(None, None, now),
        zone="UTC",
        statuses=(),
        constant_status=None,
        constant_program=rules.get("program") or None,
        blocked_codes=frozenset(),
        needed=len(COLUMNS),
    )


def _event(plan: Plan, message: Inbound, line: int = 0) -> Event | Outcome:
    """The message as the row of a log, read as that is, and what the provider made of it besides: where it took a word
    of its own for an opt-out, that is one; where we read nothing in a word it took for an opt-in, that is one."""
    event = _as_row(plan, message, message.text, line)
    if message.verdict == "STOP" and not (isinstance(event, Event) and event.act is Act.REVOKE):
        event = _as_row(plan, message, "STOP", line)
    elif message.verdict == "STOP" and isinstance(event, Event) and event.kind is Kind.FREETEXT:
        event = replace(
            event, kind=Kind.KEYWORD
        )  # how far it reaches our reading knows; there is no doubt left
    elif message.verdict == "START" and isinstance(event, Outcome) and event.reason == "ordinary_reply":
        event = _as_row(plan, message, "START", line)
    if isinstance(event, Outcome):
        return event
    if message.is_late and not _keeps_back(event):
        detail = "It came too late to be believed; only a wish not to be texted is heard then."
        return Outcome(line, Bucket.UNCHANGED, "too_late", detail)
    return replace(
        event,
        words=message.text.replace("\x00", "")[:2000],
        # Where the provider does not say when, we know when we heard: no clock to tell its messages apart by.
        clock=event.clock if message.at else "",
        known_at=message.received_at,
        provider_acted=True if message.verdict == "STOP" else None,
    )


def _as_row(plan: Plan, message: Inbound, text: str, line: int) -> Event | Outcome:
    at = (message.at or message.received_at).astimezone(UTC).replace(microsecond=0)
    cells = (message.sender, message.to, text, at.isoformat(), message.id)
    return message_event(plan, Row(line, cells, len(cells), None, None, ()), inbound=True)


def _keeps_back(event: Event | Outcome) -> bool:
    return isinstance(event, Event) and event.act in PROTECTIVE


def _taken(outcome: Outcome) -> Taken:
    if outcome.is_to_mend or (outcome.bucket == Bucket.UNCHANGED and outcome.reason):
        return Taken(outcome.detail, is_refused=outcome.is_to_mend)
    return Taken(f"{words(outcome.value)}: it stands in the ledger.")
