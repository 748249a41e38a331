"""A CRM's file of 200,000 rows, from the uploaded file to committed readings and refreshed agreed statuses.

The ledger knows most of the numbers from forms and replies; no status is derived yet, no system was read. So the
run writes numbers, contacts, the CRM's records and readings, and the reconciliation that follows derives the status
of every number and raises what disagrees.

The other sides of the ratios get the same rows in the same run. COPY: everything the import and the reconciliation
wrote, into the very tables, emptied before, with their indexes, triggers and foreign keys. django-import-export in its
bulk mode: a part of the file, per row, into the tables that the import fills (see _import_export); it derives no
status, so the import alone is compared too. Its figure for one plain table without foreign keys stands beside them and
has no goal: nothing that keeps what belongs together could be as far ahead of it, COPY itself is not.
"""

import csv
import io
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.utils import timezone

from backoffice.imports import mapping, receive, run
from backoffice.models import ColumnMapping, ImportBatch, System
from consent import reconcile
from consent.models import Reading, Touched
from tests.benchmarks import _import_export, _ledger, _tables, _workers

ROWS = int(os.environ.get("BENCH_ROWS", 200_000))
AGREES = 0.97  # of the rows say what the ledger says
KNOWN = 0.85  # of the rows' numbers are in the ledger
PEER_ROWS = 5_000
ROUNDS = 3
MEMORY_ROWS = int(os.environ.get("BENCH_MEMORY_ROWS", 1_000_000))
MEMORY_LIMIT = 400  # MB
TIMES_IMPORT_EXPORT = 30
SHARE_OF_COPY = 0.4
HEADER = ["Record ID", "First Name", "Last Name", "Email", "Mobile", "SMS Opt-In", "Opt-In Date"]
COLUMNS = {
    "ref": ["Record ID"],
    "first_name": ["First Name"],
    "last_name": ["Last Name"],
    "email": ["Email"],
    "number": ["Mobile"],
    "status": ["SMS Opt-In"],
    "at": ["Opt-In Date"],
}
RULES = {"polarity": {"SMS Opt-In": "opt_in"}, "program": "promo", "date_order": "mdy"}
# What an import and its reconciliation write, parents first.
TABLES = [
    *("consent_number", "consent_contact", "consent_systemrecord", "consent_reading"),
    *("consent_agreedstatus", "consent_flag", "consent_flagevent", "consent_hold"),
]
BATCH_TABLES = ("backoffice_importrow", "backoffice_importbatch")
_NAMES = ("Mary", "Ana", "José", "Wei", "Olu", "Fatima", "John", "Linh", "Zoë", "Ivan")


def main() -> int:
    """Print the ratios as least/median/most of the rounds, the repeated file and the memory; 1 if a goal is missed."""
    _ledger.seed(int(ROWS * KNOWN))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        write_file(path, ROWS)
        missed = compare(path)
    return int(missed | memory())


def compare(path: Path) -> bool:
    """Rounds of: some of the rows by import-export, all by the importer, once more by the importer, by COPY."""
    system = club()
    before, last = _tables.counts(TABLES), _tables.last_keys((*TABLES, *BATCH_TABLES))
    peers, alone, plains, copies, repeats = [], [], [], [], []
    missed = False
    some = _import_export.rows_of(path, PEER_ROWS)
    _import_export.make_plain_table()
    for place in range(ROUNDS):
        peer = seconds(_import_export.into_our_tables, some) / PEER_ROWS
        _tables.empty(last, TABLES)
        plain = seconds(_import_export.into_a_plain_table, some) / PEER_ROWS
        taken = seconds(take_in, path, system)
        derived = seconds(_workers.in_shards, reconcile.reconcile)
        wrote = {name: count - before[name] for name, count in _tables.counts(TABLES).items()}
        repeated = seconds(take_in, path, system, "\n")
        more = {name: count - before[name] - wrote[name] for name, count in _tables.counts(TABLES).items()}
        # Each file gets its own finding about the rows that nobody can read; nothing else may be new.
        missed |= Touched.objects.exists() or any(more[name] > ("flag" in name) for name in more)
        copied = _tables.copy_again(last, TABLES)
        print(
            f"round {place + 1}: run {taken:.1f} s, reconcile {derived:.1f} s, the same file again {repeated:.1f} s; "
            f"import-export {peer * 1e6:,.0f} us/row, into a plain table {plain * 1e6:,.0f}; "
            f"COPY {copied:.1f} s for {wrote}; load {os.getloadavg()[0]:.1f}"
        )
        peers.append(peer * ROWS / (taken + derived))
        alone.append(peer * ROWS / taken)
        plains.append(plain * ROWS / (taken + derived))
        copies.append(copied / (taken + derived))
        repeats.append(repeated / taken)
        _tables.empty(last, (*TABLES, *BATCH_TABLES))
    print(
        f"import of {ROWS:,} CRM rows with their statuses: {spread(copies)}x COPY of the same rows (goal "
        f"{SHARE_OF_COPY}x); {spread(peers)}x import-export's bulk mode, which derives none, per row (goal "
        f"{TIMES_IMPORT_EXPORT}x)"
    )
    print(
        f"the import alone, without statuses: {spread(alone)}x import-export's bulk mode; import and statuses: "
        f"{spread(plains)}x its bulk mode into one plain table (no goals)"
    )
    print(
        f"the same file again takes {spread(repeats)}x the run (goal 1.1x) and writes "
        f"{'something' if missed else 'nothing'}"
    )
    return (
        missed
        or statistics.median(peers) < TIMES_IMPORT_EXPORT
        or statistics.median(copies) < SHARE_OF_COPY
        or statistics.median(repeats) > 1.1
    )


def memory() -> bool:
    """The greatest memory of a process that takes in a file of a million rows."""
    code = "import django; django.setup(); from tests.benchmarks import importing; importing.take_in_large()"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    peak = float(done.stdout.split()[-1])
    print(f"memory of a run over {MEMORY_ROWS:,} rows: {peak:.0f} MB (goal under {MEMORY_LIMIT})")
    return peak >= MEMORY_LIMIT


def take_in_large() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        write_file(path, MEMORY_ROWS)
        take_in(path, club())
    # Not what getrusage says: that remembers the process which started this one.
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)


# --- The import ------------------------------------------------------------------------------------------------


def club() -> System:
    """A CRM nothing was read of yet."""
    _ledger.small_tables()
    made, _ = System.objects.get_or_create(
        slug="club",
        defaults={
            "name": "Club",
            "kind": System.Kind.CRM,
            "default_region": "US",
            "time_zone": "America/New_York",
        },
    )
    ColumnMapping.objects.get_or_create(system=made, columns=COLUMNS, rules=RULES)
    return made


def take_in(path: Path, system: System, more: str = "") -> None:
    """Upload and run, as import_file does; the check of every row before it, which a person waits for, is not part
    of it: a batch that was checked is what runs. `more` makes the file another one."""
    content = io.BytesIO(path.read_bytes() + more.encode()) if more else path.open("rb")
    upload = File(content, name=path.name)
    now = timezone.now()
    batch = receive.receive(system, upload, path.name, by=None, as_of=now, now=now)
    _, saved = mapping.suggest(batch)
    assert saved is not None
    mapping.use_mapping(batch, saved)
    status = ImportBatch.Status
    ImportBatch.objects.filter(pk=batch.pk).update(
        status=status.CONFIRMED, confirmed_at=now, rows_total=sum(1 for _ in path.open("rb")) - 1
    )
    run.run(str(batch.pk), beat=lambda **_: None)
    batch.refresh_from_db()
    assert batch.status in ImportBatch.FINISHED, batch.failure


def write_file(path: Path, rows: int) -> None:
    """Names, addresses, numbers written in several ways, some unusable, statuses that mostly follow the ledger."""
    rng = random.Random(20260401)
    opted_in = set(
        Reading.objects.filter(system__slug="texter", program__code="promo", value="in").values_list(
            "number__e164", flat=True
        )
    )
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADER)
        for place in range(rows):
            first, last = rng.choice(_NAMES), rng.choice(_NAMES) + "son"
            number = _ledger.e164_of(place)
            said_yes = number in opted_in if rng.random() < AGREES else rng.random() < 0.2
            status = "Yes" if said_yes else rng.choices(("No", "Unsubscribed", ""), (55, 30, 15))[0]
            date = (
                f"{rng.randint(1, 12)}/{rng.randint(1, 28)}/2025 {rng.randint(8, 19)}:{rng.randint(10, 59)}"
            )
            writer.writerow(
                [
                    f"00Q{place:012}",
                    *(first, last, f"{first}.{last}.{place}@example.com"),
                    _written(rng, number),
                    *(status, date if status else ""),
                ]
            )


def _written(rng: random.Random, e164: str) -> str:
    way = rng.random()
    area, exchange, line = e164[2:5], e164[5:8], e164[8:]
    if way < 0.60:
        return e164
    if way < 0.80:
        return f"({area}) {exchange}-{line}"
    if way < 0.95:
        return f"{area}-{exchange}-{line}"
    if way < 0.98:
        return f"+1 {area} {exchange} {line}"
    return rng.choice(("", "n/a", "555-0100", e164[:7]))


def seconds(verb: Callable[..., None], *given: Any) -> float:
    began = time.perf_counter()
    verb(*given)
    return time.perf_counter() - began


def spread(values: list[float]) -> str:
    return f"{min(values):.2f}/{statistics.median(values):.2f}/{max(values):.2f}"
