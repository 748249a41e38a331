"""manage.py preflight: what is wrong with messages before they are sent, for scripts and for checking by hand."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError
from django.utils import timezone

from consent.management.json_lines import JsonLinesCommand
from errors.asked import finding_as_json, message_of, recent_of, time_of
from errors.preflight import Finding, RuleBook, check, rules_on, verdict
from errors.rulebook import day_of, in_force


class Command(JsonLinesCommand):
    help = (
        'Reads JSON lines such as {"message": "Acme: 20% off", "to": "+14155552671", "sender": "+14155550100", '
        '"country": "US", "purpose": "marketing", "consent": "opted_in", "provider": "twilio", '
        '"sender_registered": true, "at": "2026-03-10T12:00"}; a time without a zone is the recipient\'s own. '
        "Also understood: state, now, brand, values, folded, media, recent (earlier texts: to, "
        "sender, message, at, purpose, outcome), "
        "consent_at, opted_out_at, held, contact, campaign, step, command, automatic, dlt_entity, dlt_template. "
        "Prints for each, in order, one JSON line with the verdict (pass, warn, block) and the findings. A line "
        "that cannot be read gets a line with its error. Ends with 1 if there was any."
    )

    needs = "message"
    form = '{"message": the text, "to": the number, "sender": ...}'

    books: Callable[[date], RuleBook] = staticmethod(rules_on)  # the files', unless run as a command

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--shipped",
            action="store_true",
            help="check by the rules of this release, not by those of the database",
        )

    def handle(self, *args: Any, shipped: bool = False, **options: Any) -> None:
        self.books = rules_on if shipped or not self._has_database() else in_force
        super().handle(*args, **options)

    def _has_database(self) -> bool:
        """Messages can be checked before there is a database, too."""
        try:
            in_force(timezone.localdate())
        except DatabaseError as problem:
            what = str(problem).partition("\n")[0]
            self.stderr.write(f"No rules in the database ({what}); those of this release are used.")
            return False
        return True

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        findings = _check(asked, self.books)
        return {"verdict": verdict(findings), "findings": [finding_as_json(finding) for finding in findings]}


def _check(asked: dict[str, Any], books: Callable[[date], RuleBook]) -> list[Finding]:
    """Raises Unreadable."""
    message = message_of(asked)
    now = time_of(asked, "now")
    rules = books(
        day_of(message.at or now, timezone.now())
    )  # a day that is asked for counts as it is written
    return check(message, rules, now=now, recent=recent_of(asked))
