from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backoffice import jobs
from errors import rollup


class Command(BaseCommand):
    help = "Count the hours of the send log that had news, here and now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--full", action="store_true", help="every hour, not only those with news")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["full"]:
            rollup.touch_all()
        counts = {"hours": 0, "rows": 0, **rollup.rollup("command", beat=jobs.unwatched)}
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        for name, count in counts.items():
            self.stdout.write(f"{count:>9,} {name.replace('_', ' ')}")
