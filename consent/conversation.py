"""What was said around a reply: the person's messages from the ledger, ours from the rooms that know of sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User

from backoffice import rooms
from consent import replies
from consent.ledger import Kind
from consent.models import ConsentRecord, Flag

BEFORE, AFTER = timedelta(days=60), timedelta(days=14)
MOST = 40  # of the person's messages
# Through these a person writes to us.
WRITTEN = (Kind.HANDSET, Kind.KEYWORD, Kind.FREETEXT, Kind.WRONG_NUMBER)


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `record` is None for ours; `is_asked` marks the reply in question."""

    at: datetime
    text: str
    record: ConsentRecord | None = None
    sent: rooms.Message | None = None
    is_asked: bool = False

    @property
    def is_theirs(self) -> bool:
        return self.record is not None


def replies_to(flags: Sequence[Flag]) -> dict[int, list[ConsentRecord]]:
    """The replies that flags ask about, newest first, by flag; one query."""
    keys = {flag.pk: _records_of(flag) for flag in flags}
    wanted = sorted({key for found in keys.values() for key in found})
    records = ConsentRecord.objects.filter(pk__in=wanted, kind__in=WRITTEN).select_related("system")
    listed = sorted(records, key=lambda record: (record.received_at, record.pk), reverse=True)
    return {
        flag.pk: [
            record for record in listed if record.pk in keys[flag.pk] and record.number_id == flag.number_id
        ]
        for flag in flags
    }


def _records_of(flag: Flag) -> set[int]:
    return {int(name[1:]) for name in flag.evidence if name.startswith("c")}


def replies_of(flag: Flag) -> list[ConsentRecord]:
    return replies_to([flag])[flag.pk]


def around(reply: ConsentRecord, user: User | AnonymousUser) -> list[Line]:
    """The conversation before and after a reply, oldest first."""
    at = said_at(reply)
    since, until = at - BEFORE, at + AFTER
    records = ConsentRecord.objects.filter(
        number=reply.number_id, kind__in=WRITTEN, received_at__gte=since, received_at__lte=until
    ).order_by("-received_at", "-pk")[:MOST]
    theirs = {record.pk: record for record in [*records, reply]}
    lines = [
        Line(said_at(record), record.words, record=record, is_asked=record.pk == reply.pk)
        for record in theirs.values()
    ]
    lines += [
        Line(sent.at, sent.text, sent=sent)
        for sent in rooms.messages(reply.number_id or 0, since, until, user)
    ]
    return sorted(lines, key=lambda line: (line.at, line.is_theirs))


def said_at(record: ConsentRecord) -> datetime:
    return record.occurred_at or record.received_at


def read_again(reply: ConsentRecord, lines: Sequence[Line]) -> tuple[replies.Reply, Line | None]:
    """How the rules read the reply, given our last message before it, and that message."""
    before = [line for line in lines if line.sent is not None and line.text and line.at <= said_at(reply)]
    last = before[-1] if before else None
    return replies.read(reply.words, last_outbound=last.text if last else ""), last
