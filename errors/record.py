"""Take reports in: the one door through which status events change attempts.

An export's rows, a provider's callbacks and look-ups, and the clock's own findings all come as Reports. The state of
an attempt is worked out from all its reports (errors.life), so order, repetition and delay change nothing.

Who may write what at once: whoever brings new attempts, or reports that belong to none yet, has the turn of that
provider; whoever adds to an attempt has its row. So a report never slips between an attempt's arrival and the search
for reports that waited for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from consent import bulk
from errors import after_stop, life, postgres, rollup
from errors.models import AttemptEvent, ParkedEvent, SendAttempt
from errors.suspect import suspect

Source = AttemptEvent.Source
Stored = tuple[Any, ...]


class Effect(StrEnum):
    """What one report did."""

    CREATED = "created"  # it brought an attempt nobody knew
    REPORTED = "reported"  # it is news of an attempt that was known
    FILLED = "filled"  # it is no news, but what it tells of the request was missing
    KNOWN = "known"  # it said nothing new
    PARKED = "parked"  # nobody knows its attempt yet; it waits


@dataclass(slots=True)
class Request:
    """A submission as it was made. What is left empty may be filled by a later report, never overwritten, with one
    exception: of the times that one file tells, and of those that are `by_report`, the earliest stands."""

    submitted_at: datetime
    number_id: int | None = None
    recipient: str = ""
    sender: str = ""
    country: str = ""
    carrier: str = ""
    campaign: str = ""
    template: str = ""
    template_version: str = ""
    journey: str = ""
    route: str = ""
    body: str = ""
    body_hash: int | None = None
    encoding: str = ""
    segments: int | None = None
    units: int | None = None
    other: dict[str, str] = field(default_factory=dict)
    system_id: int | None = None
    by_report: bool = False  # the time is the report's own, as its log has no other: it was made by then


@dataclass(slots=True)
class Report:
    """What somebody says about one attempt. `event` None: only that it was made. `request`: the submission itself,
    where the source tells it; without one, a report about an attempt that nobody knows waits for it."""

    provider: str
    account: str
    message_ref: str
    event: life.Event | None
    client_ref: str = ""
    request: Request | None = None
    word: str = ""  # the provider's own word for the status
    event_id: str = ""
    source: str = Source.FILE
    batch_id: int | None = None
    line: int | None = None
    attempt_key: UUID = field(init=False)
    event_key: UUID | None = field(init=False)

    def __post_init__(self) -> None:
        self.attempt_key = life.attempt_key(self.provider, self.account, self.message_ref)
        self.event_key = (
            life.event_key(self.attempt_key, self.event, self.event_id) if self.event is not None else None
        )


def record(reports: Sequence[Report], *, now: datetime) -> list[Effect]:
    """Keep every report, and bring the attempts they are about up to date; returns what each report did.

    Safe to run twice. In the caller's transaction, if there is one."""
    if not reports:
        return []
    for report in reports:
        if report.event is not None and report.event.received_at is None:
            report.event = replace(report.event, received_at=now)
    with transaction.atomic():
        known = _look_up(reports, write=True)
        news = _compare(reports, known)
        _write(news, known)
    return news.effects


def foresee(reports: Sequence[Report]) -> list[Effect]:
    """What `record` would answer, with nothing written."""
    return _compare(reports, _look_up(reports, write=False)).effects if reports else []


# --- What is there ----------------------------------------------------------------------------------------------


class _Identity(NamedTuple):
    """By what an attempt can be known."""

    key: UUID
    provider: str
    account: str
    message_ref: str
    client_ref: str


_IDENTITY = _Identity._fields


class _Identities:
    """A second look at references: by our own reference, then by any form of the provider's."""

    def __init__(self, identities: Iterable[_Identity]) -> None:
        self._by_client: dict[tuple[str, str], set[_Identity]] = defaultdict(set)
        self._by_form: dict[tuple[str, str], set[_Identity]] = defaultdict(set)
        for one in identities:
            provider = one.provider.casefold()
            self._by_form[provider, life.plain_ref(one.message_ref)].add(one)
            if one.client_ref:
                self._by_client[provider, one.client_ref].add(one)

    def find(self, provider: str, account: str, message_ref: str, client_ref: str) -> UUID | None:
        """The one attempt that is meant; None if there is none, or several could be."""
        provider = provider.casefold()
        by_client = self._by_client.get((provider, client_ref), set()) if client_ref else set()
        forms = life.other_forms(message_ref)
        by_form = {one for form in forms for one in self._by_form.get((provider, form), ())}
        for candidates in (by_client, by_form):
            # An export without its account is about the same messages as a callback that names it.
            fitting = {
                one.key for one in candidates if one.account == account or not one.account or not account
            }
            if len(fitting) == 1:
                return fitting.pop()
        return None


def _numbers(message_refs: Iterable[str]) -> list[int]:
    return [life.number_of(form) for message_ref in message_refs for form in life.other_forms(message_ref)]


@dataclass(slots=True)
class _Known:
    """What the log knows about the attempts of some reports. Keys are looked up as the whole numbers they are, which
    is several times as quick."""

    attempts: dict[int, SendAttempt]
    about: list[UUID]  # of each report: the key of its attempt, which may be known under another reference
    counted: set[int]  # keys of stored reports that count
    voided: set[int]  # keys of stored reports whose file was voided
    has_past: set[int]  # keys of attempts with stored reports


def _look_up(reports: Sequence[Report], *, write: bool) -> _Known:
    """When writing, with the turn of the providers where attempts or waiting reports may arise, and with the
    attempts locked in one order."""
    keys = {report.attempt_key.int: report.attempt_key for report in reports}
    brings = any(report.request for report in reports)
    if write and (brings or SendAttempt.objects.filter(key__any_of=keys.values()).count() < len(keys)):
        postgres.take_turn({report.provider.casefold() for report in reports})
    attempts = _attempts(keys.values(), lock=write)
    others = _other_forms(reports, attempts)
    attempts |= _attempts([key for key in others.values() if key.int not in attempts], lock=write)
    about = [others.get(report.attempt_key.int, report.attempt_key) for report in reports]
    known = _Known(attempts, about, set(), set(), set())
    rows = AttemptEvent.objects.of_attempts([*keys.values(), *others.values()])
    for event_key, attempt_key, voided_at in rows.values_list("key", "attempt_key", "batch__voided_at"):
        (known.counted if voided_at is None else known.voided).add(event_key.int)
        known.has_past.add(attempt_key.int)
    return known


def _attempts(keys: Collection[UUID], *, lock: bool) -> dict[int, SendAttempt]:
    if not keys:
        return {}
    rows = SendAttempt.objects.filter(key__any_of=list(keys)).defer("body", "request").order_by("pk")
    if lock:
        rows = rows.select_for_update(no_key=True)
    return {attempt.key.int: attempt for attempt in rows}


def _other_forms(reports: Sequence[Report], attempts: Collection[int]) -> dict[int, UUID]:
    """For reports that bring no request and whose reference nobody knows: the attempt they mean all the same."""
    brought = {report.attempt_key.int: report for report in reports if report.request}
    lost = {r.attempt_key.int: r for r in reports if r.attempt_key.int not in attempts}
    lost = {key: report for key, report in lost.items() if key not in brought}
    if not lost:
        return {}
    numbers = _numbers(report.message_ref for report in lost.values())
    client_refs = [report.client_ref for report in lost.values() if report.client_ref]
    rows = SendAttempt.objects.filter(ref_number__any_of=numbers).values_list(*_IDENTITY)
    by_client = SendAttempt.objects.filter(client_ref__any_of=client_refs).values_list(*_IDENTITY)
    book = _Identities(
        [
            *(_Identity(*row) for row in rows),
            *(_Identity(*row) for row in (by_client if client_refs else ())),
            *(_identity(report) for report in brought.values()),
        ]
    )
    found = {key: book.find(r.provider, r.account, r.message_ref, r.client_ref) for key, r in lost.items()}
    return {key: attempt for key, attempt in found.items() if attempt is not None}


def _identity(report: Report) -> _Identity:
    return _Identity(
        report.attempt_key, report.provider, report.account, report.message_ref, report.client_ref
    )


# --- What is new ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _News:
    """What some reports add to the log."""

    effects: list[Effect] = field(default_factory=list)
    brought: dict[int, Report] = field(default_factory=dict)  # attempts nobody knew
    # By its key: its key, the attempt's key, the report.
    events: dict[int, tuple[UUID, UUID, Report]] = field(default_factory=dict)
    parked: dict[int, Report] = field(default_factory=dict)  # by key of the event
    filled: set[int] = field(default_factory=set)  # known attempts whose request was missing something
    left: set[datetime] = field(default_factory=set)  # where attempts stood that turned out to be older


def _compare(reports: Sequence[Report], known: _Known) -> _News:
    news = _News()
    bringing = {r.attempt_key.int for r in reports if r.request} - known.attempts.keys()
    for report, about in zip(reports, known.about, strict=True):
        attempt_key = about.int
        event_key = _free_key(report, about, known, news)
        if event_key is not None:
            news.events[event_key.int] = (event_key, about, report)
        effect = Effect.REPORTED if event_key is not None else Effect.KNOWN
        attempt = known.attempts.get(attempt_key)
        if attempt is not None:
            stood = attempt.submitted_at
            if report.request and _fill(attempt, attempt.batch_id, report, report.request):
                news.filled.add(attempt_key)
                news.left.add(stood)
                effect = Effect.FILLED if effect is Effect.KNOWN else effect
        elif attempt_key in news.brought:
            if report.request:
                first = news.brought[attempt_key]
                assert first.request is not None
                _fill(first.request, first.batch_id, report, report.request)
                first.client_ref = first.client_ref or report.client_ref
        elif report.request:
            news.brought[attempt_key] = report
            effect = Effect.CREATED
        elif attempt_key not in bringing and event_key is not None:
            news.parked[event_key.int] = report
            effect = Effect.PARKED
        news.effects.append(effect)
    return news


def _free_key(report: Report, attempt_key: UUID, known: _Known, news: _News) -> UUID | None:
    """The key under which the report's event can be kept; None if it has none, or is there already."""
    key = report.event_key
    if key is None:
        return None
    if attempt_key is not report.attempt_key:
        key = life.derived_key(key, attempt_key.hex)
    while key.int in known.voided:
        key = life.derived_key(key, "again")
    return None if key.int in known.counted or key.int in news.events else key


_FILLED = (
    *("number_id", "recipient", "sender", "country", "carrier", "campaign", "template", "template_version"),
    *("journey", "route", "encoding", "segments", "units", "body_hash"),
)


def _fill(into: SendAttempt | Request, batch_id: int | None, report: Report, request: Request) -> bool:
    """Fill in what is missing of a submission, which this batch brought; what is there stays. Whether anything was."""
    # Another file's time of sending may be wrong, and voiding that file would not bring the right one back.
    may_move = request.by_report or (batch_id is not None and batch_id == report.batch_id)
    found = may_move and request.submitted_at < into.submitted_at
    if found:
        into.submitted_at = request.submitted_at
    if into.body_hash is None and request.body_hash is not None:
        into.body = request.body  # a text that retention took away stays away: its hash is there
        found = True
    for name in _FILLED:
        given = getattr(request, name)
        if given and not getattr(into, name):
            setattr(into, name, given)
            found = True
    if isinstance(into, SendAttempt) and report.client_ref and not into.client_ref:
        into.client_ref = report.client_ref
        found = True
    return found


# --- What follows -----------------------------------------------------------------------------------------------


def _write(news: _News, known: _Known) -> None:
    events: dict[int, list[life.Event]] = defaultdict(list)
    rows = []
    for key, attempt_key, report in news.events.values():
        assert report.event is not None
        events[attempt_key.int].append(report.event)
        rows.append(_event_row(key, attempt_key, report, report.event))
    if news.parked:
        _park(
            news.parked, dict(zip(news.events, bulk.append(AttemptEvent, _EVENT_FIELDS, rows), strict=True))
        )
    else:
        bulk.pour(AttemptEvent, _EVENT_FIELDS, rows)
    for about, event in _unpark(news.brought):
        events[about].append(event)
    changed = events.keys() & known.attempts.keys()
    past = _past([known.attempts[key].key for key in changed], known.has_past & news.brought.keys())
    _create(news.brought, {key: past.get(key) or events.get(key, []) for key in news.brought})
    bring_up_to_date({known.attempts[key]: past[key] for key in changed})
    _store_filled([known.attempts[key] for key in news.filled])
    touched: dict[int, SendAttempt | Request] = {key: known.attempts[key] for key in changed | news.filled}
    touched |= {key: report.request for key, report in news.brought.items() if report.request}
    rollup.touch([*news.left, *(one.submitted_at for one in touched.values())])
    # Numbers that a failure was reported about are judged, and those that were given up before.
    reported = {**events, **past}
    failing = {
        one.number_id
        for key, one in touched.items()
        if any(each.is_failure for each in reported.get(key, ()))
    }
    numbers = {one.number_id for one in touched.values()}
    suspect([pk for pk in numbers if pk is not None], [pk for pk in failing if pk is not None])
    after_stop.follow(numbers)


def _past(changed: Iterable[UUID], brought: Iterable[int]) -> dict[int, list[life.Event]]:
    """All stored reports that count, with those just written: of attempts that have news, and of new ones that
    reports came before."""
    keys = [*changed, *(UUID(int=key) for key in brought)]
    found = AttemptEvent.objects.of_attempts(keys).as_events() if keys else {}
    return {key.int: events for key, events in found.items()}


_EVENT_FIELDS = (
    *("key", "attempt_key", "part", "parts", "status", "provider_status", "code", "text"),
    *("occurred_at", "received_at", "source", "batch_id", "line"),
)


def _event_row(key: UUID, attempt_key: UUID, report: Report, event: life.Event) -> Stored:
    return (
        *(key, attempt_key, event.part, event.parts, event.status.value, report.word[:40], event.code[:80]),
        *(event.text[:200], event.at, event.received_at, report.source, report.batch_id, report.line),
    )


_ATTEMPT_FIELDS = (
    *("key", "provider", "account", "message_ref", "ref_number", "client_ref", "submitted_at"),
    *("number_id", "recipient", "sender", "country", "carrier", "campaign", "template", "template_version"),
    *("journey", "route", "body", "body_hash", "encoding", "segments", "units", "request"),
    *("system_id", "batch_id", "line"),
)
_STATE_FIELDS = (
    *("status", "is_failed", "error_code", "error_text", "status_at", "is_contradicted", "is_late_upgrade"),
)


def _create(brought: Mapping[int, Report], events: Mapping[int, list[life.Event]]) -> None:
    rows = [
        (*_attempt_row(report), *_state_row(life.state_of(events[key]))) for key, report in brought.items()
    ]
    bulk.pour(SendAttempt, (*_ATTEMPT_FIELDS, *_STATE_FIELDS), rows)


def _attempt_row(report: Report) -> Stored:
    request = report.request
    assert request is not None
    return (
        *(
            report.attempt_key,
            report.provider,
            report.account,
            report.message_ref,
            life.ref_number(report.message_ref),
        ),
        *(report.client_ref, request.submitted_at, request.number_id, request.recipient, request.sender),
        *(request.country, request.carrier, request.campaign, request.template, request.template_version),
        *(request.journey, request.route, request.body, request.body_hash, request.encoding),
        *(request.segments, request.units, request.other, request.system_id, report.batch_id, report.line),
    )


def _state_row(state: life.State) -> Stored:
    return (
        *(state.status.value, state.is_failure, state.code[:80], state.text[:200], state.at),
        *(state.is_contradicted, state.is_late_upgrade),
    )


def bring_up_to_date(events: Mapping[SendAttempt, Iterable[life.Event]]) -> int:
    """Store the states that these attempts' reports amount to, where they are others than before; how many were.
    The caller has locked the attempts, and touches their hours."""
    changed = out_of_date(events)
    postgres.update(SendAttempt, _STATE_FIELDS, changed)
    return len(changed)


def out_of_date(events: Mapping[SendAttempt, Iterable[life.Event]]) -> list[Stored]:
    """Attempts whose stored state is not what their reports amount to: (primary key, the state's columns)."""
    changed = []
    for attempt, reports in events.items():
        state = _state_row(life.state_of(reports))
        if state != tuple(getattr(attempt, name) for name in _STATE_FIELDS):
            changed.append((attempt.pk, *state))
    return changed


def _store_filled(attempts: Collection[SendAttempt]) -> None:
    fields = (*_FILLED, "client_ref", "submitted_at")
    postgres.update(SendAttempt, fields, [(a.pk, *(getattr(a, name) for name in fields)) for a in attempts])
    # Deferred unless it was filled.
    bodies = [(a.pk, a.body) for a in attempts if "body" in a.__dict__]
    postgres.update(SendAttempt, ("body",), bodies)


# --- Reports that wait ------------------------------------------------------------------------------------------


def _park(parked: Mapping[int, Report], pks: Mapping[int, int]) -> None:
    ParkedEvent.objects.bulk_create(
        [
            ParkedEvent(
                event_id=pks[key],
                provider=report.provider,
                account=report.account,
                message_ref=report.message_ref,
                ref_number=life.ref_number(report.message_ref),
                client_ref=report.client_ref,
            )
            for key, report in parked.items()
        ],
        batch_size=bulk.BATCH,
    )


def _unpark(brought: Mapping[int, Report]) -> list[tuple[int, life.Event]]:
    """Take away the waiting reports whose attempt has come. Those that knew it under another reference are kept once
    more under its own, and returned."""
    if not brought or not ParkedEvent.objects.exists():
        return []
    numbers = _numbers(report.message_ref for report in brought.values())
    client_refs = [report.client_ref for report in brought.values() if report.client_ref]
    waiting = ParkedEvent.objects.filter(
        Q(ref_number__any_of=numbers) | (Q(client_ref__any_of=client_refs) if client_refs else Q())
    )
    book = _Identities(map(_identity, brought.values()))
    came, copies = [], []
    for parked in waiting.select_related("event").order_by("pk"):
        event = parked.event
        if event.attempt_key.int in brought:
            came.append(parked.pk)
            continue
        key = book.find(parked.provider, parked.account, parked.message_ref, parked.client_ref)
        if key is not None:
            came.append(parked.pk)
            copies.append((key, event))
    ParkedEvent.objects.filter(pk__any_of=came).delete()
    own = ("attempt_key", "key")
    rest = [name for name in _EVENT_FIELDS if name not in own]
    bulk.pour(
        AttemptEvent,
        (*own, *rest),
        [
            (key, life.derived_key(event.key, key.hex), *(getattr(event, name) for name in rest))
            for key, event in copies
        ],
    )
    return [(key.int, event.as_event()) for key, event in copies]
