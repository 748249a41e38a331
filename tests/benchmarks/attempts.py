"""The send log at ten million attempts: taking in a provider's export, counting an hour, the list, a look for patterns.

Everything has its other side in the same run on the same data: COPY of what the import wrote into the very tables
with their indexes, triggers and foreign keys; the GROUP BY of the whole table that the counts stand for; the stock
admin. BENCH_ATTEMPTS is the size of the log, BENCH_LOG_ROWS that of the export.
"""

import csv
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from backoffice import jobs
from backoffice.models import System
from errors import rollup
from errors.detect import detect
from errors.models import DIMENSIONS, AttemptHour, PatternRun, SendAttempt, TouchedHour
from tests.benchmarks import _ledger, _send_lists, _sends, _tables
from tests.benchmarks.importing import take_in

ATTEMPTS = int(os.environ.get("BENCH_ATTEMPTS", 10_000_000))
LOG_ROWS = int(os.environ.get("BENCH_LOG_ROWS", 1_000_000))
ROUNDS = 3
SHARE_OF_COPY = 0.4
SHARE_OF_GROUP_BY = 0.07
LOOK_SECONDS = 20.0
# What an import writes, parents first.
TABLES = ("consent_number", "errors_sendattempt", "errors_attemptevent")
BATCH_TABLES = ("backoffice_importrow", "backoffice_importbatch")


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        missed = importing(Path(folder) / "messages.csv")
    print(f"log of {ATTEMPTS:,} attempts made in {seconds(_sends.seed, ATTEMPTS):.0f} s", flush=True)
    missed |= counting()
    missed |= _send_lists.measure()
    missed |= looking()
    return int(missed)


# --- taking in --------------------------------------------------------------------------------------------------


def importing(path: Path) -> bool:
    """Rounds of: the export by the importer, once more by the importer, by COPY; each into an empty log."""
    with connection.cursor() as cursor, _ledger.without_indexes("consent_number"):
        cursor.execute(_ledger._NUMBERS, [LOG_ROWS // _sends.PER_NUMBER])
    _ledger.vacuum()
    write_file(path)
    system = System.objects.get(slug="twilio")
    last = _tables.last_keys((*TABLES, *BATCH_TABLES))
    before = _tables.counts(TABLES)
    shares, repeats, adds = [], [], False
    for place in range(ROUNDS):
        taken = seconds(take_in, path, system)
        wrote = _tables.counts(TABLES)
        repeated = seconds(take_in, path, system, "\n")
        adds |= _tables.counts(TABLES) != wrote
        counted = seconds(rollup.rollup, "benchmark", beat=jobs.unwatched)
        copied = _tables.copy_again(last, TABLES)
        new = {name: count - before[name] for name, count in wrote.items()}
        print(
            f"round {place + 1}: import {taken:.1f} s, the same file again {repeated:.1f} s, counting {counted:.1f} s; "
            f"COPY {copied:.1f} s for {new}",
            flush=True,
        )
        shares.append(copied / taken)
        repeats.append(repeated / taken)
        _tables.empty(last, (*TABLES, *BATCH_TABLES))
    AttemptHour.objects.all().delete()
    TouchedHour.objects.all().delete()
    print(
        f"import of {LOG_ROWS:,} sends: {spread(shares)}x COPY of the same rows (goal {SHARE_OF_COPY}x); the same "
        f"file again takes {spread(repeats)}x and writes {'something' if adds else 'nothing'}"
    )
    return adds or statistics.median(shares) < SHARE_OF_COPY


def write_file(path: Path) -> None:
    """A console export: two weeks of texts to numbers that are mostly known."""
    dice = random.Random(20260501)
    start = datetime(2026, 5, 1, tzinfo=UTC)
    fates = (
        ("delivered", ""),
        ("undelivered", "30003"),
        ("undelivered", "30007"),
        ("failed", "30006"),
        ("sent", ""),
    )
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            [
                "From",
                "To",
                "Body",
                "Status",
                "SentDate",
                "ApiVersion",
                "NumSegments",
                "ErrorCode",
                "AccountSid",
            ]
            + ["Sid", "Direction", "Price", "PriceUnit"]
        )
        for place in range(LOG_ROWS):
            status, code = dice.choices(fates, (92, 2, 2, 1, 3))[0]
            at = start + timedelta(seconds=place * 14 * 86_400 / LOG_ROWS)
            to = _ledger.e164_of(dice.randrange(LOG_ROWS // _sends.PER_NUMBER + LOG_ROWS // 100))
            text = f"Hello {dice.randrange(10_000)}, your order {place} is ready. Reply STOP to opt out."
            writer.writerow(
                ["+14155550100", to, text, status, f"{at:%Y-%m-%dT%H:%M:%SZ}", "2010-04-01", 1, code]
                + ["AC0000000000000000000000000000000a", f"SM{place:032x}", "outbound-api", "-0.0079", "USD"]
            )


# --- counting ---------------------------------------------------------------------------------------------------

_GROUPED = f"""
SELECT date_trunc('hour', submitted_at, 'UTC') AS hour, {", ".join(DIMENSIONS)}, count(*) AS attempts,
    count(*) FILTER (WHERE status IN ('delivered', 'read')) AS delivered,
    count(*) FILTER (WHERE status IN ('partially_delivered', 'expired', 'undelivered', 'failed', 'rejected')) AS failed
FROM errors_sendattempt GROUP BY hour, {", ".join(DIMENSIONS)}
"""
_COUNTED = f"SELECT hour, {', '.join(DIMENSIONS)}, attempts, delivered, failed FROM errors_attempthour"


def counting() -> bool:
    rollup.touch_all()
    whole = seconds(rollup.rollup, "benchmark", beat=jobs.unwatched)
    print(f"all hours counted in {whole:.0f} s: {AttemptHour.objects.count():,} rows", flush=True)
    _ledger.vacuum()
    differ = ask(f"SELECT count(*) FROM (({_GROUPED} EXCEPT ALL {_COUNTED}) UNION ALL "
                 f"({_COUNTED} EXCEPT ALL {_GROUPED})) AS different")  # fmt: skip
    shares, busiest = [], _sends.blast_hour()
    for place in range(ROUNDS):
        grouped = seconds(ask, f"SELECT count(*) FROM ({_GROUPED}) AS grouped")
        rollup.touch([busiest])
        counted = seconds(rollup.count_hour, busiest)
        shares.append(counted / grouped)
        print(
            f"round {place + 1}: GROUP BY of everything {grouped:.1f} s, busiest hour {counted:.2f} s",
            flush=True,
        )
    print(
        f"counting the busiest hour ({SendAttempt.objects.between(busiest, busiest + rollup.HOUR).count():,} attempts) "
        f"takes {spread(shares)} of the GROUP BY (at most {SHARE_OF_GROUP_BY}); {differ} counts differ from the rows"
    )
    return differ > 0 or statistics.median(shares) > SHARE_OF_GROUP_BY


def ask(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


# --- looking ----------------------------------------------------------------------------------------------------


def looking() -> bool:
    """The last full day against the same days of the weeks before, where one slice fails."""
    day, missed = _sends.today() - timedelta(days=1), False
    for against in ("weeks", "days"):
        began = time.perf_counter()
        found = detect(
            "benchmark",
            beat=jobs.unwatched,
            look=PatternRun.Kind.DAILY.value,
            starts_at=day.isoformat(),
            ends_at=(day + timedelta(days=1)).isoformat(),
            against=against,
            token=f"benchmark {against}",
        )
        taken = time.perf_counter() - began
        print(f"one day against the same {against} before: {taken:.1f} s (at most {LOOK_SECONDS:g}): {found}")
        missed |= taken > LOOK_SECONDS or not found["found"]
    return missed


def seconds(verb: Callable[..., Any], *given: Any, **named: Any) -> float:
    began = time.perf_counter()
    verb(*given, **named)
    return time.perf_counter() - began


def spread(values: list[float]) -> str:
    return f"{min(values):.3f}/{statistics.median(values):.3f}/{max(values):.3f}"
