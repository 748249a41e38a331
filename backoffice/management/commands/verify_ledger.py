from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from backoffice import identities


class Command(BaseCommand):
    help = "Check what must always be so: sums that add up, rows that agree. Exits with 1 where something does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--whole",
            action="store_true",
            help="every row, however long it takes; otherwise large tables by sample",
        )
        parser.add_argument("--json", action="store_true", help="one line of JSON per identity")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for one in identities.check(whole=options["whole"], now=timezone.now()):
            broken += bool(one.broken)
            if options["json"]:
                row = {"identity": one.name, "broken": one.broken, "examples": one.examples}
                self.stdout.write(json.dumps(row, ensure_ascii=False))
                continue
            self.stdout.write(f"{f'{one.broken:,} broken' if one.broken else 'holds':>14}  {one.name}")
            for example in one.examples:
                self.stdout.write(f"{'':>16}{example}")
        if broken:
            raise SystemExit(1)
