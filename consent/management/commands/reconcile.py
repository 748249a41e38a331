from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backoffice import jobs
from consent import reconcile


class Command(BaseCommand):
    help = "Bring agreed statuses, flags and holds up to date, here and now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help="every number, not only those with news or due"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = reconcile.rebuild if options["full"] else reconcile.reconcile
        counts = {"numbers": 0, **verb("command", beat=jobs.unwatched)}
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        for name, count in counts.items():
            self.stdout.write(f"{count:>9,} {name.replace('_', ' ')}")
