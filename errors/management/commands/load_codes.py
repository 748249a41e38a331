from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from errors.catalogue import BrokenTable
from errors.learn import Learned, learn


class Command(BaseCommand):
    help = (
        "Load the catalogues of error codes; says what is new, what means something else now, what is gone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            learned = learn()
        except BrokenTable as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(_counted(learned), default=str) if options["json"] else _told(learned))


def _counted(learned: Learned) -> dict[str, Any]:
    return {
        "added": learned.added,
        "unchanged": learned.unchanged,
        "changed": len(learned.changed),
        "adopted": len(learned.adopted),
        "removed": len(learned.removed),
        "changes": [asdict(change) for change in learned.changed],
        "adopted_codes": learned.adopted,
        "removed_codes": learned.removed,
    }


def _told(learned: Learned) -> str:
    lines = [
        f"{learned.added:>9,} added",
        f"{learned.unchanged:>9,} unchanged",
        f"{len(learned.changed):>9,} changed",
    ]
    for change in learned.changed:
        named = " ".join(filter(None, [change.provider, change.product, change.phase, change.code]))
        moved = "; ".join(
            f"{field}: {old or '—'} -> {new or '—'}" for field, (old, new) in change.fields.items()
        )
        lines.append(f"          {named}: {moved}")
    lines.append(f"{len(learned.adopted):>9,} met before, explained now")
    lines += [f"          {code}" for code in learned.adopted]
    lines.append(f"{len(learned.removed):>9,} no longer in a catalogue (kept, marked)")
    lines += [f"          {code}" for code in learned.removed]
    return "\n".join(lines)
