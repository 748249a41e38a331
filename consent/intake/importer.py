"""The consent importer as backoffice.imports sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from backoffice.files.rows import Row
from backoffice.files.sniff import Dialect
from backoffice.imports.importer import Brought, Guess, Outcome, Target, Topic
from backoffice.models import Bucket, ImportBatch, System
from consent import batch_flags, bulk, propagate, reconcile, watch
from consent.cells import Meaning
from consent.intake import plan as plans
from consent.intake.absent import note_absent
from consent.intake.guess import guess
from consent.intake.read import Claim, Event, block_event, read_row
from consent.intake.result import brought
from consent.intake.store import Store
from consent.intake.targets import TARGETS
from consent.intake.topics import File, topics
from consent.intake.words import words
from consent.ledger import Act
from consent.models import ConsentRecord, Program, Reading, Wording


class ConsentImporter:
    def __init__(self, batch: ImportBatch, dialect: Dialect, *, now: datetime) -> None:
        assert batch.mapping is not None
        self.batch = batch
        self.plan = plans.compile_plan(
            batch.system, batch.mapping.columns, batch.mapping.rules, dialect.columns, batch.as_of
        )
        self.store = Store(
            batch=batch,
            system=batch.system,
            programs={p.code: p for p in Program.objects.filter(is_active=True).prefetch_related("senders")},
            wordings={wording.code: wording for wording in Wording.objects.all()},
            zone=self.plan.zone,
            usual_program=self.plan.constant_program,
        )

    @classmethod
    def targets(cls, system: System) -> Sequence[Target]:
        return TARGETS[system.kind]

    @classmethod
    def check_mapping(
        cls, system: System, columns: dict[str, list[str]], rules: dict[str, Any], headers: Sequence[str]
    ) -> None:
        plans.check(system, columns, rules, headers)

    @classmethod
    def guess(cls, system: System, headers: Sequence[str], samples: Sequence[Sequence[str]]) -> Guess:
        return guess(system, headers, samples)

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
        return consequences.get("adds_evidence", 0)

    def read(self, row: Row) -> Claim | Event | Outcome:
        return read_row(self.plan, row)

    def pass_by(self, rows: Sequence[tuple[Row, Any]]) -> None:
        self.store.remember(item for _, item in rows if isinstance(item, Claim | Event))

    def take(self, rows: Sequence[tuple[Row, Any]], *, write: bool) -> list[Outcome]:
        if write:
            # Two batches of one system take turns by chunk, so that neither counts what the other just wrote
            # twice.
            System.objects.select_for_update(no_key=True).get(pk=self.batch.system_id)
        items = [item for _, item in rows]
        claims = [item for item in items if isinstance(item, Claim)]
        events = [item for item in items if isinstance(item, Event)]
        settled = {outcome.line: outcome for outcome in self.store.take_claims(claims, write=write)}
        # A block that is news is also evidence: somebody told the provider to stop.
        blocks = [
            block_event(claim, self.batch)
            for claim in claims
            if self.plan.kind == System.Kind.PROVIDER
            and claim.meaning is Meaning.OUT
            and settled[claim.line].bucket in {Bucket.CREATED, Bucket.UPDATED}
        ]
        self.store.take_events(blocks, write=write)
        settled |= {outcome.line: outcome for outcome in self.store.take_events(events, write=write)}
        outcomes = []
        for row, item in rows:
            outcome = item if isinstance(item, Outcome) else settled[item.line]
            if outcome.is_to_mend and not outcome.cells:
                outcome.cells = row.cells
            outcomes.append(outcome)
        return outcomes

    def finish(self, counts: dict[str, int]) -> None:
        batch_flags.raise_for(self.batch, counts)
        if self.batch.mends is not None:
            batch_flags.close_mended(self.batch.mends, timezone.now())
        program = self.store.programs.get(self.plan.constant_program or "")
        if self.plan.is_complete and program is not None:
            note_absent(self.store, program, counts)
        propagate.settle(self.batch)
        reconcile.ring(trigger="import")

    @classmethod
    def void(cls, batch: ImportBatch, *, now: datetime) -> dict[str, int]:
        records = ConsentRecord.objects.filter(batch=batch)
        readings = Reading.objects.filter(batch=batch)
        numbers = {
            *records.exclude(number=None).values_list("number_id", flat=True),
            *readings.values_list("number_id", flat=True),
        }
        bulk.touch(list(numbers), hold=True)
        watch.anew(numbers, batch.system)
        batch_flags.close_for(batch, now)
        reconcile.ring(trigger="staff")
        return {"records": records.count(), "readings": readings.count(), "numbers": len(numbers)}

    @classmethod
    def learned_refusals(cls, batch: ImportBatch) -> int:
        revoked = ConsentRecord.objects.filter(batch=batch, act=Act.REVOKE).count()
        return revoked + Reading.objects.filter(batch=batch, value=Meaning.OUT).count()

    @classmethod
    def brought(cls, batch: ImportBatch) -> list[Brought]:
        return brought(batch)
