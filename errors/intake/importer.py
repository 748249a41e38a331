"""The importer of send logs as backoffice.imports sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from backoffice.files.rows import Row
from backoffice.files.sniff import Dialect
from backoffice.imports.importer import Brought, Guess, Outcome, Target, Topic
from backoffice.models import Bucket, ImportBatch, System
from consent import batch_flags, reconcile
from consent.intake import ConsentImporter
from consent.intake.read import Event
from consent.intake.store import Store
from consent.models import Program, Wording
from errors import rollup
from errors.intake import plan as plans
from errors.intake import targets
from errors.intake.read import Send, read_row
from errors.intake.result import brought
from errors.intake.store import Log
from errors.intake.topics import File, topics
from errors.intake.words import words
from errors.models import ErrorCode
from errors.void import void


class LogImporter:
    def __init__(self, batch: ImportBatch, dialect: Dialect, *, now: datetime) -> None:
        assert batch.mapping is not None
        self.batch = batch
        self.plan = plans.compile_plan(
            batch.system,
            batch.mapping.columns,
            batch.mapping.rules,
            dialect.columns,
            now=batch.as_of,
            book=ErrorCode.objects.as_catalogue(),
        )
        self.people = Store(
            batch=batch,
            system=batch.system,
            programs={p.code: p for p in Program.objects.filter(is_active=True).prefetch_related("senders")},
            wordings={wording.code: wording for wording in Wording.objects.all()},
            zone=self.plan.consent.zone,
            usual_program=self.plan.consent.constant_program,
        )
        self.log = Log(self.people, now)

    @classmethod
    def targets(cls, system: System) -> Sequence[Target]:
        return targets.TARGETS

    @classmethod
    def check_mapping(
        cls, system: System, columns: dict[str, list[str]], rules: dict[str, Any], headers: Sequence[str]
    ) -> None:
        plans.check(system, columns, rules, headers)

    @classmethod
    def guess(cls, system: System, headers: Sequence[str], samples: Sequence[Sequence[str]]) -> Guess:
        return targets.guess(system, headers)

    @classmethod
    def topics(
        cls,
        system: System,
        columns: dict[str, list[str]],
        rules: dict[str, Any],
        headers: Sequence[str],
        rows: Sequence[Row],
        unread: Sequence[str] = (),
        *,
        now: datetime,
    ) -> list[Topic]:
        return topics(File(system, columns, rules, headers, rows, now), unread)

    @classmethod
    def words(cls, code: str) -> str:
        return words(code)

    @classmethod
    def permits(cls, consequences: dict[str, int]) -> int:
        return ConsentImporter.permits(consequences)

    def read(self, row: Row) -> Send | Event | Outcome:
        return read_row(self.plan, row, self.batch)

    def pass_by(self, rows: Sequence[tuple[Row, Any]]) -> None:
        items = [item for _, item in rows]
        sends = [item for item in items if isinstance(item, Send)]
        self.log.remember(sends)
        self.people.remember(_events(items))

    def take(self, rows: Sequence[tuple[Row, Any]], *, write: bool) -> list[Outcome]:
        if write:
            # Two batches of one system take turns by chunk, so that neither counts what the other just wrote
            # twice.
            System.objects.select_for_update(no_key=True).get(pk=self.batch.system_id)
        items = [item for _, item in rows]
        said = {outcome.line: outcome for outcome in self.people.take_events(_events(items), write=write)}
        sent = self.log.take([item for item in items if isinstance(item, Send)], write=write)
        return [_outcome(row, item, said.get(row.line), sent.get(row.line)) for row, item in rows]

    def finish(self, counts: dict[str, int]) -> None:
        batch_flags.raise_for(self.batch, counts)
        if self.batch.mends is not None:
            batch_flags.close_mended(self.batch.mends, timezone.now())
        reconcile.ring(trigger="import")
        rollup.ring(trigger="import")

    @classmethod
    def void(cls, batch: ImportBatch, *, now: datetime) -> dict[str, int]:
        counts = ConsentImporter.void(batch, now=now) | void(batch)
        rollup.ring(trigger="staff")
        return counts

    @classmethod
    def learned_refusals(cls, batch: ImportBatch) -> int:
        return ConsentImporter.learned_refusals(batch)

    @classmethod
    def brought(cls, batch: ImportBatch) -> list[Brought]:
        return brought(batch)


def _events(items: Sequence[Send | Event | Outcome]) -> list[Event]:
    """What the rows say about consent: replies, and sends refused as opted out."""
    found = [item.refusal if isinstance(item, Send) else item for item in items]
    return [event for event in found if isinstance(event, Event)]


def _outcome(row: Row, item: Send | Event | Outcome, said: Outcome | None, sent: Outcome | None) -> Outcome:
    outcome = item if isinstance(item, Outcome) else sent or said
    assert outcome is not None
    if sent is not None and said is not None:
        # A refused send: what it proves about the person is what a reader of the file looks for.
        outcome.number, outcome.value, outcome.at = said.number, said.value, said.at
        outcome.consequences += said.consequences
        if said.bucket == Bucket.CREATED and sent.bucket == Bucket.UNCHANGED:
            outcome.bucket = Bucket.UPDATED
    if outcome.bucket in {Bucket.HELD, Bucket.REJECTED} and not outcome.cells:
        outcome.cells = row.cells
    return outcome
