from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice import jobs
from errors import retain


class Command(BaseCommand):
    help = "Say which texts and attempts of the send log have had their time; with --apply, remove them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="remove them, here and now")
        parser.add_argument(
            "--guard",
            action="store_true",
            help="make the database follow SEND_LOG_ROW_DAYS as it is set now; needed after it was changed",
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["guard"]:
            retain.guard()
        try:
            counts = (
                retain.retain("command", beat=jobs.unwatched)
                if options["apply"]
                else retain.foresee(timezone.now())
            )
        except jobs.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        for name, count in counts.items():
            self.stdout.write(f"{count:>9,} {name.replace('_', ' ')}")
        if not options["apply"]:
            self.stdout.write("Nothing was removed; --apply removes them.")
