"""What a page shows of messages that went out after a revocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consent.ledger import bare_sender
from consent.models import Number, Program, SendAfterStop
from consent.rules import Silence

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Sent:
    """One message, and how long after the request it went out."""

    notice: SendAfterStop
    seconds_after: float

    @property
    def what(self) -> str:
        if self.notice.is_confirmation is None:
            return "text not known"
        if not self.notice.is_confirmation:
            return "message"
        return "confirmation that sells something" if self.notice.has_marketing else "confirmation"


def sends_after(number: Number, program: Program, silences: Sequence[Silence]) -> list[Sent]:
    """The messages that fell into a silence the program owed the number, newest first."""
    if not silences:
        return []
    notices = list(SendAfterStop.objects.for_numbers([number.pk]).order_by("-sent_at", "-pk")[:SHOWN])
    if not notices:
        return []
    pool = {bare_sender(address) for address in program.senders.values_list("address", flat=True)}
    others = {
        bare_sender(address)
        for address in Program.objects.exclude(pk=program.pk).values_list("senders__address", flat=True)
        if address
    }
    found = []
    for notice in notices:
        sender = bare_sender(notice.sender)
        since = [
            silence.since
            for silence in silences
            if silence.since < notice.sent_at and (silence.until is None or notice.sent_at < silence.until)
        ]
        if since and (sender in pool or sender not in others):
            found.append(Sent(notice, (notice.sent_at - max(since)).total_seconds()))
    return found
