"""Take a file in from the command line, through the very steps the browser takes."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from backoffice import jobs
from backoffice.files.unreadable import Unreadable
from backoffice.imports import check as checks
from backoffice.imports import mapping as mappings
from backoffice.imports import receive as receiving
from backoffice.imports import run as runs
from backoffice.imports.importer import MappingProblem, Outcome, mapping_in_use
from backoffice.models import ImportBatch, System
from consent import reconcile

S = ImportBatch.Status
ACCEPTED = ", accepted guess"  # behind the name of a mapping that nobody has confirmed
LONGEST_NAME = 64  # of a mapping; its column has room for this and ACCEPTED


class Command(BaseCommand):
    help = "Import a CSV, TSV or XLSX file of a system: recognise, check, write, reconcile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", required=True, help="slug of the system the file comes from")
        parser.add_argument("--sheet", help="sheet of a workbook; the first that holds anything if left out")
        parser.add_argument(
            "--mapping", default="standard", type=_mapping_name, help="name of a saved column mapping"
        )
        parser.add_argument("--dry-run", action="store_true", help="check every row and write none")
        parser.add_argument(
            "--json", action="store_true", help="one JSON line per row, then one for the batch"
        )
        parser.add_argument("--as-of", help="when the file was exported, ISO 8601 with zone; now if left out")
        parser.add_argument(
            "--accept-guess",
            action="store_true",
            help="where no saved mapping fits, use what the column names suggest (otherwise it is only shown)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        system = self._system(options["system"])
        batch = self._receive(system, options)
        earlier = receiving.seen_before(batch)
        note = ""
        try:
            if earlier is not None and not options["dry_run"]:
                batch.move(S.CANCELLED)
                batch, note = earlier, self._go_on(earlier, options)
            else:
                self._take_in(batch, options)
        except runs.TakenInBefore as repeated:
            batch.move(S.CANCELLED)
            batch, note = repeated.batch, str(repeated)
        except (Unreadable, MappingProblem, jobs.Refused) as problem:
            raise CommandError(str(problem)) from problem
        except jobs.LostLease as overtaken:
            raise CommandError(
                f"Batch {batch.pk} is being taken in by somebody else; its page says how far it is."
            ) from overtaken
        self._report(batch, options, note)

    def _take_in(self, batch: ImportBatch, options: dict[str, Any]) -> None:
        self._map(batch, options)
        batch.move(S.CHECKING)
        checks.check(str(batch.pk), beat=jobs.unwatched, watch=self._watch(options, when="dry_run"))
        batch.refresh_from_db()
        if options["dry_run"]:
            batch.move(S.CANCELLED)
            return
        runs.confirm(batch, batch.confirm_token, by=None, now=timezone.now(), queue=False)
        self._write(batch, options)

    def _go_on(self, batch: ImportBatch, options: dict[str, Any]) -> str:
        """The same bytes again: a batch whose command or worker was killed is taken in to its end. What was done."""
        if not runs.is_stranded(batch):
            return f"This exact file is in already as batch {batch.pk}; nothing was added."
        done = batch.rows_done
        runs.resume(batch, by=None, queue=False)
        self._write(batch, options)
        return f"Batch {batch.pk} had stopped after {done:,} rows; it went on from there."

    def _write(self, batch: ImportBatch, options: dict[str, Any]) -> None:
        runs.run(str(batch.pk), beat=jobs.unwatched, watch=self._watch(options, when="write"))
        reconcile.reconcile("import_file", beat=jobs.unwatched)
        batch.refresh_from_db()

    def _system(self, slug: str) -> System:
        system = System.objects.filter(slug=slug).first()
        if system is None:
            known = ", ".join(System.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"There is no system “{slug}”. Known: {known or 'none; add one under Systems'}."
            )
        return system

    def _receive(self, system: System, options: dict[str, Any]) -> ImportBatch:
        path: Path = options["file"]
        now = timezone.now()
        as_of = None  # now, or for rejected rows that come back, the time of the file they are from
        if options["as_of"]:
            as_of = _moment(options["as_of"])
        try:
            with path.open("rb") as handle:
                batch = receiving.receive(system, File(handle), path.name, by=None, as_of=as_of, now=now)
            if options["sheet"]:
                receiving.recognise(batch, sheet=options["sheet"])
            return batch
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except Unreadable as problem:
            raise CommandError(str(problem)) from problem

    def _map(self, batch: ImportBatch, options: dict[str, Any]) -> None:
        guess, saved = mappings.suggest(batch, options["mapping"])
        if saved is not None:
            mappings.use_mapping(batch, saved)
            return
        if not options["accept_guess"]:
            known = receiving.dialect_of(batch).columns
            present = {
                target: [name for name in names if name in known] for target, names in guess.columns.items()
            }
            shown = "; ".join(f"{target} ← {', '.join(names)}" for target, names in present.items() if names)
            raise MappingProblem(
                f"No saved mapping of {batch.system.name} fits this file ({' '.join(guess.notes[:1])}). "
                f"The column names suggest: {shown or 'nothing'}. Confirm it in the browser's import wizard, "
                "or repeat with --accept-guess."
            )
        # What staff confirmed stays as it is: the next file may fit it again.
        name = options["mapping"]
        if mapping_in_use(batch.system, name) is not None:
            name = f"{name}{ACCEPTED}"
        try:
            mappings.save_mapping(batch, guess.columns, guess.rules, by=None, now=timezone.now(), name=name)
        except MappingProblem as problem:
            raise MappingProblem(f"{problem} {_read_as(batch)}") from problem

    def _watch(self, options: dict[str, Any], *, when: str) -> Any:
        if not options["json"] or (when == "dry_run") != options["dry_run"]:
            return None

        def write(outcomes: Sequence[Outcome]) -> None:
            for outcome in outcomes:
                self.stdout.write(json.dumps(_plain(outcome), ensure_ascii=False))

        return write

    def _report(self, batch: ImportBatch, options: dict[str, Any], note: str = "") -> None:
        counts = batch.counts or batch.preview.get("counts", {})
        if options["json"]:
            summary = {
                "batch": batch.pk,
                "status": batch.status,
                "rows": batch.rows_total,
                "counts": counts,
                "consequences": batch.preview.get("consequences", {}),
                "dry_run": options["dry_run"],
            }
            self.stdout.write(json.dumps(summary | ({"note": note} if note else {})))
            return
        if note:
            self.stdout.write(note)
        written = "would be" if options["dry_run"] else "were"
        self.stdout.write(
            f"Batch {batch.pk}, {batch.original_name} for {batch.system.name}: {batch.rows_total} rows."
        )
        for name, rows in counts.items():
            if rows:
                self.stdout.write(f"  {rows:>9,} {written} {name}")
        for row in batch.rows.to_mend().order_by("line")[:20]:
            self.stdout.write(f"  line {row.line}: {row.bucket}, {row.reason}: {row.detail}")


def _mapping_name(text: str) -> str:
    if len(text) > LONGEST_NAME:
        raise ArgumentTypeError(f"a mapping's name has at most {LONGEST_NAME} characters, not {len(text)}")
    return text


def _moment(given: str) -> datetime:
    try:
        found = parse_datetime(given)
    except ValueError:  # written well, but no such day
        found = None
    if found is None or found.tzinfo is None:
        raise CommandError(f"--as-of {given}: write it like 2026-03-14T09:30:00-04:00.")
    return found


def _read_as(batch: ImportBatch) -> str:
    """Where the names of the columns were looked for, and how to say otherwise."""
    dialect = receiving.dialect_of(batch)
    named = ", ".join(dialect.header)[:200]
    where = f"Line {dialect.header_line} was read as the header: {named}." if dialect.header_line else ""
    if len(dialect.sheets) > 1:
        where += f" Of the sheets {', '.join(dialect.sheets)} only “{dialect.sheet}” was read: --sheet takes another."
    if not where:
        where = "No line of the file was recognised as a header."
    return f"{where} Name the columns in the file, or choose them in the browser's import wizard."


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "line": outcome.line,
        "bucket": str(outcome.bucket),
        "reason": outcome.reason or None,
        "detail": outcome.detail or None,
        "number": outcome.number or None,
        "value": outcome.value or None,
        "time": outcome.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if outcome.at else None,
        "warnings": [str(warning) for warning in outcome.warnings],
    }
