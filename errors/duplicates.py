"""Sends that somebody may have received twice, as far as a log can show it: six kinds.

A send is compared with the one before it that shares what the kind is about. If that one never left, or is known to
have failed, the second is a retry and no duplicate; the same text to two people, and a reminder of another template,
are none either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, Count, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import Lag, Lower

from backoffice.models import ImportBatch
from consent.models import SystemRecord
from errors import life
from errors.models import ErrorCode, SendAttempt
from errors.models.attempt import SendAttemptQuerySet
from errors.overdue import deadlines
from errors.recipients import marketing_senders

WITHIN = timedelta(hours=24)  # carriers react within seconds, people within a day
SHOWN = 200


class Kind(StrEnum):
    COMMAND = "command"
    INTENT = "intent"
    CONTENT = "content"
    UNCLEAR = "unclear"
    REPORT = "report"
    PERSON = "person"

    @property
    def label(self) -> str:
        return _LABELS[self][0]

    @property
    def words(self) -> str:
        return _LABELS[self][1]


_LABELS = {
    Kind.COMMAND: (
        "Same command",
        "One client reference was submitted twice and got two message references.",
    ),
    Kind.INTENT: (
        "Same message",
        "One person got the same campaign and template twice within a day; of service texts with the same words.",
    ),
    Kind.CONTENT: ("Same text", "One number got the same text from the same sender twice within a day."),
    Kind.UNCLEAR: (
        "After an unclear one",
        "The same text again while nobody knew whether the first had arrived: it should have been looked up first.",
    ),
    Kind.REPORT: (
        "Same report",
        "Reports and rows that came again with an import; they were ignored and counted.",
    ),
    Kind.PERSON: (
        "Same person",
        "One person at two of their numbers, or two people who share one number, got the same campaign.",
    ),
}
# Nothing reached anybody, so sending again repeats nothing.
RETRIED = sorted(
    status.value
    for status in {*life.FAILED, life.Status.CANCELED, life.Status.BLOCKED}
    - {life.Status.PARTIALLY_DELIVERED}
)
# Nobody knew what had become of it.
UNCLEAR = [life.Status.SUBMIT_UNKNOWN.value, life.Status.DELIVERY_UNKNOWN.value, life.Status.UNMAPPED.value]


@dataclass(frozen=True, slots=True)
class Pair:
    """A send and the one it repeats."""

    first: SendAttempt
    second: SendAttempt
    people: tuple[str, ...] = ()  # those who share the number, or the person with both numbers

    @property
    def apart(self) -> timedelta:
        return self.second.submitted_at - self.first.submitted_at

    @property
    def received_twice(self) -> bool:
        return all(life.Status(send.status) in life.SUCCEEDED for send in (self.first, self.second))

    @property
    def is_shared(self) -> bool:
        return len(self.people) > 1


def pairs(kind: Kind, start: datetime, end: datetime) -> list[Pair]:
    """The latest SHOWN duplicates of a kind whose second send was submitted in this window."""
    rows = repeated(kind, start, end).order_by("-submitted_at", "-pk").values_list("pk", "before")
    found = list(dict.fromkeys(rows[:SHOWN]))  # a pair comes once for each person who has the number
    attempts = SendAttempt.objects.select_related("number").in_bulk({pk for pair in found for pk in pair})
    people = _people([attempts[second] for _, second in found if second in attempts])
    return [
        Pair(attempts[first], attempts[second], people.get(attempts[second].number_id or 0, ()))
        for second, first in found
        if first in attempts and second in attempts
    ]


def repeated(kind: Kind, start: datetime, end: datetime) -> QuerySet[Any, Any]:
    """The sends of a window that repeat another one, which stands in `before`."""
    log = SendAttempt.objects.between(start - WITHIN, end)
    unclear = Case(When(_unclear(log), then=Value(1)), default=Value(0), output_field=IntegerField())
    sends, shared = _of_kind(kind, log.annotate(unclear=unclear))
    order = [F("submitted_at").asc(), F("pk").asc()]
    for name in ("pk", "submitted_at", "status", "number", "unclear"):
        alias = {"pk": "before", "submitted_at": "before_at"}.get(name, f"before_{name}")
        sends = sends.annotate(**{alias: Window(Lag(name), partition_by=shared, order_by=order)})
    # "Or nothing" keeps the window's beginning out of what is compared: the send before may lie before it.
    within = Q(submitted_at__gte=start) | Q(before__lt=0)
    sends = sends.filter(within, before__isnull=False, before_at__gte=F("submitted_at") - WITHIN)
    if kind is Kind.PERSON:
        sends = sends.exclude(before_number=F("number")) | sends.filter(number__in=shared_numbers())
    return (
        sends.filter(before_unclear=1)
        if kind is Kind.UNCLEAR
        else sends.exclude(before_status__in=RETRIED, before_unclear=0)
    )


def _unclear(log: SendAttemptQuerySet) -> Q:
    """Nobody knows whether it arrived: no answer, no receipt, a failure whose code proves none, or a route on which
    "sent" is the last that is ever heard."""
    book = ErrorCode.objects.as_catalogue()
    found = Q(status__in=UNCLEAR)
    for row in log.by_code():
        provider, code = row["provider"], row["error_code"]
        if book.look_up(provider, code).facts.is_ambiguous:
            found |= Q(is_failed=True, provider=provider, error_code=code)
    for deadline in deadlines(settings.SEND_LOG["final_after_hours"]):
        if deadline.after is None:
            found |= deadline.whose & Q(status=life.Status.SENT.value)
    return found


def _of_kind(kind: Kind, sends: QuerySet[Any, Any]) -> tuple[QuerySet[Any, Any], list[str]]:
    """The sends that can be of a kind, and what a send shares with the one it repeats."""
    someone = ~Q(number=None) | ~Q(recipient="")
    once = ~Q(template__in=settings.MAY_REPEAT_TEMPLATES)  # one-time passwords are asked for again and again
    if kind is Kind.COMMAND:
        return sends.exclude(client_ref=""), ["provider", "account", "client_ref"]
    if kind is Kind.INTENT:
        named = sends.filter(someone, once).exclude(campaign="", template="")
        return named.annotate(spoken=Lower("sender"), words=_words()), [
            "number",
            "recipient",
            "campaign",
            "template",
            "words",
        ]
    if kind is Kind.PERSON:
        known = sends.filter(once, number__records__contact__isnull=False).exclude(campaign="", template="")
        return known, ["number__records__contact", "campaign", "template"]
    return sends.filter(someone, once, body_hash__isnull=False), [
        "number",
        "recipient",
        "sender",
        "body_hash",
    ]


def _words() -> Case:
    """What else makes a message the same, as the check before the send has it: of marketing whose step is named
    nothing, of other texts their words, since others tell of the next parcel. Words that nobody knows are alike."""
    loud = [form for sender in marketing_senders() for form in (sender, f"+{sender}")]
    is_step = ~Q(template="") & Q(spoken__in=loud)
    return Case(When(is_step, then=Value(0)), default=F("body_hash"), output_field=BigIntegerField())


def shared_numbers() -> QuerySet[Any, Any]:
    """Numbers that more than one person we know has."""
    held = SystemRecord.objects.order_by().values("number")
    return held.annotate(people=Count("contact", distinct=True)).filter(people__gt=1).values("number")


def _people(sends: Sequence[SendAttempt]) -> dict[int, tuple[str, ...]]:
    """Who has these numbers, by name."""
    numbers = {send.number_id for send in sends if send.number_id is not None}
    found: dict[int, dict[int, str]] = {}
    records = SystemRecord.objects.filter(number__any_of=list(numbers))
    for record in records.select_related("contact").order_by("pk"):
        found.setdefault(record.number_id, {})[record.contact_id] = str(record.contact)
    return {number: tuple(names.values()) for number, names in found.items()}


@dataclass(frozen=True, slots=True)
class Again:
    """Rows of one import that said nothing new."""

    batch: ImportBatch
    rows: int


def reports_again(start: datetime, end: datetime) -> list[Again]:
    """Imports of logs in this window that brought rows which were known already, the latest first."""
    batches = ImportBatch.objects.filter(
        system__importer="errors", uploaded_at__gte=start, uploaded_at__lt=end
    )
    found = []
    for batch in batches.select_related("system").order_by("-pk")[:SHOWN]:
        rows = sum(batch.counts.get(bucket, 0) for bucket in ("unchanged", "duplicate"))
        if rows:
            found.append(Again(batch, rows))
    return found
