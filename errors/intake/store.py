"""Sends → attempts, a chunk at a time: each row's bucket, and with `write` what is new.

The buckets of a preview are those of the run: both know what the file itself has said so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from backoffice.imports.importer import Outcome
from backoffice.models import Bucket
from consent.intake.store import Store
from errors.intake.read import Send
from errors.life import FAILED, SUCCEEDED
from errors.meet import Met, meet
from errors.record import Effect, foresee, record


@dataclass
class Log:
    """The send log as one batch needs it."""

    people: Store
    now: datetime
    # Messages of the file so far, and of a preview their reports: small keys, for a million rows.
    seen: set[int] = field(default_factory=set)
    seen_reports: set[int] = field(default_factory=set)

    def remember(self, sends: Iterable[Send]) -> None:
        """Rows an earlier worker committed."""
        self.seen.update(_small(send.report.attempt_key) for send in sends)

    def take(self, sends: Sequence[Send], *, write: bool) -> dict[int, Outcome]:
        """By line."""
        numbers = self.people.numbers(sends, write=write)
        for send in sends:
            assert send.report.request is not None
            send.report.request.number_id = numbers.get(send.number.e164 or "")
        reports = [send.report for send in sends]
        effects = record(reports, now=self.now) if write else foresee(reports)
        if write:
            meet(
                Met(r.provider, r.event.code, r.request.submitted_at, r.attempt_key, r.event.text)
                for r in reports
                # What stands beside a success is no error, whatever its words.
                if r.event and r.event.code and r.request and r.event.status not in SUCCEEDED
            )
        return {
            send.line: self._outcome(send, effect, write=write)
            for send, effect in zip(sends, effects, strict=True)
        }

    def _outcome(self, send: Send, effect: Effect, *, write: bool) -> Outcome:
        report = send.report
        outcome = Outcome(
            send.line,
            Bucket.UNCHANGED,
            warnings=send.warnings,
            number=send.number.e164 or "",
            value=send.status.value,
            at=report.request.submitted_at if report.request else None,
            unread=send.unread,
        )
        key = _small(report.attempt_key)
        is_news = effect in {Effect.CREATED, Effect.REPORTED} and report.event_key is not None
        if not write and report.event_key is not None:
            event_key = _small(report.event_key)
            is_news = is_news and event_key not in self.seen_reports
            self.seen_reports.add(event_key)
        if key in self.seen:
            outcome.bucket = Bucket.UPDATED if is_news else Bucket.DUPLICATE
            outcome.reason = "another_report" if is_news else "same_report_again"
            return outcome
        self.seen.add(key)
        if effect is Effect.CREATED:
            outcome.bucket = Bucket.CREATED
        elif effect is not Effect.KNOWN:
            outcome.bucket = Bucket.UPDATED
        if not write:
            outcome.consequences = _consequences(send, effect)
        return outcome


def _small(key: UUID) -> int:
    return key.int >> 64


def _consequences(send: Send, effect: Effect) -> tuple[str, ...]:
    """What confirming this row would mean, in the words of the preview."""
    found = ["new_send"] if effect is Effect.CREATED else ["known_send"]
    if effect is Effect.CREATED and send.status in FAILED:
        found.append("new_failure")
    if send.unread:
        found.append("unmapped")
    return tuple(found)
