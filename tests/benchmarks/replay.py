"""Rules against history: a replay of the log beside a bare GROUP BY of the same rows in the same run.

Two logs of BENCH_REPLAY sends (a million): one whose texts are those of campaigns, as most are, and one in which every
text is another, the worst there is: the words of each have to be read. No goal but the memory of what was measured;
it fails only where counts do not add up.
"""

import os
import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from backoffice import jobs
from errors.models import RuleReplay, SendAttempt
from errors.replay import run
from errors.replay.change import Change
from errors.replay.preview import preview
from errors.rulebook import rules_in_force
from tests.benchmarks import _ledger, _sends

SENDS = int(os.environ.get("BENCH_REPLAY", 1_000_000))
_GROUPED = """
SELECT count(*) FROM (
    SELECT body_hash, sender, provider, country, number_id %% 1000, status, error_code, count(*)
    FROM errors_sendattempt WHERE submitted_at >= %s GROUP BY 1, 2, 3, 4, 5, 6, 7
) AS grouped
"""
_ROWS = "SELECT count(body) FROM errors_sendattempt WHERE submitted_at >= %s"


def main() -> int:
    """Print the figures; 1 if counts do not add up."""
    _sends.seed(SENDS)
    now = timezone.now()
    set_texts("'Acme: ' || campaign || ' ends today. Reply STOP to opt out'")
    missed = measure("texts of campaigns")
    rules = rules_in_force(now.date())
    shortener = next(rule for rule in rules if rule.subject == "bit.ly")
    began = time.perf_counter()
    found = preview(rules, Change(shortener, None), now=now)
    print(f"preview of a changed rule: {time.perf_counter() - began:.1f} s. {found.words}", flush=True)
    set_texts("'Acme: order ' || id || ' is ready. Reply STOP to opt out'")
    return int(measure("every text another, the last month", days=30) or missed)


def set_texts(expression: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE errors_sendattempt SET body = {expression}")
    _ledger.vacuum()


def measure(what: str, days: int = _sends.DAYS) -> bool:
    now, since = timezone.now(), _sends.today() - timedelta(days=days)
    grouped, rows = seconds(_GROUPED, since), seconds(_ROWS, since)
    replay = run.ask(since, now, now=now, trigger="command")
    began = time.perf_counter()
    run.replay(str(replay.pk), beat=jobs.unwatched)
    taken = time.perf_counter() - began
    replay = RuleReplay.objects.get(pk=replay.pk)
    print(
        f"{what}: {replay.sends:,} sends in {taken:.0f} s ({replay.sends / taken:,.0f}/s), "
        f"{taken / grouped:.0f}x the GROUP BY ({grouped:.2f} s), {taken / rows:.0f}x reading the rows ({rows:.2f} s); "
        f"{replay.lines.count()} lines, {size():,.0f} kB for the sends behind them; "
        f"10 million would take {taken * 10_000_000 / replay.sends / 60:.0f} min",
        flush=True,
    )
    return replay.sends != SendAttempt.objects.between(since, now).count()


def seconds(statement: str, since: datetime) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement, [since])
        cursor.fetchone()
    return time.perf_counter() - began


def size() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('errors_replayhits') / 1024.0")
        return float(cursor.fetchone()[0])
