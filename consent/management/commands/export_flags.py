from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandParser

from backoffice.files.export import write_csv
from consent.models import Flag

COLUMNS = (
    *(
        "id",
        "code",
        "severity",
        "status",
        "number",
        "program",
        "system",
        "batch",
        "why",
        "raised_at",
        "due_at",
    ),
    *("assignee", "on_hold"),
)


class Command(BaseCommand):
    help = "Print the open flags, worst first."

    def add_arguments(self, parser: CommandParser) -> None:
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one JSON object a line (the default)")
        form.add_argument("--csv", action="store_true")
        parser.add_argument("--all", action="store_true", help="closed ones as well")

    def handle(self, *args: Any, **options: Any) -> None:
        flags = Flag.objects.all() if options["all"] else Flag.objects.open()
        # Closed while the database still is open, also where nobody reads to the end.
        with closing(_rows(flags.by_harm())) as rows:
            if options["csv"]:
                write_csv(
                    cast(TextIO, self.stdout),
                    COLUMNS,
                    ([row[name] for name in COLUMNS] for row in rows),
                    bom=False,
                )
                return
            for row in rows:
                self.stdout.write(json.dumps(row, ensure_ascii=False))


def _rows(flags: Any) -> Generator[dict[str, Any], None, None]:
    related = flags.select_related("number", "program", "system", "assignee", "hold")
    for flag in related.iterator(chunk_size=2000):
        hold = getattr(flag, "hold", None)
        yield {
            "id": flag.pk,
            "code": flag.code,
            "severity": flag.severity,
            "status": flag.status,
            "number": flag.number.e164 if flag.number else None,
            "program": flag.program.code if flag.program else None,
            "system": flag.system.slug if flag.system else None,
            "batch": flag.batch_id,
            "why": flag.why,
            "raised_at": _utc(flag.raised_at),
            "due_at": _utc(flag.due_at),
            "assignee": flag.assignee.username if flag.assignee else None,
            "on_hold": hold is not None and hold.released_at is None,
        }


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
