"""kill -9 in the middle: the next worker goes on, and the end is the one that an unbroken run would have had."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from backoffice import jobs
from backoffice.imports.views.progress import work_on
from backoffice.models import ImportBatch, JobRun, System
from consent import reconcile
from consent.models import AgreedStatus, Reading, Touched
from tests.backoffice import make as people
from tests.flows import make, picture
from tests.workers import Worker, eventually

LEASE = "2"  # seconds
CHUNK = 2
FEW = 4  # numbers a transaction; both are tiny, so that a quick machine can be interrupted too
QUICK = {"JOB_LEASE_SECONDS": LEASE, "IMPORT_CHUNK_ROWS": str(CHUNK), "RECONCILE_SHARDS": "1"}
ROWS = 500
S = ImportBatch.Status
Start = Callable[..., Worker]


def start_afresh() -> None:
    """Empty tables, with what ships with the product."""
    call_command("flush", interactive=False, verbosity=0)
    make.program()


def in_one_go(slug: str, content: str) -> dict[str, object]:
    """The picture after an import that nothing interrupted."""
    make.program()
    shown = picture.of_import(make.taken_in(slug, content))
    start_afresh()
    return shown


def rows_done(batch: ImportBatch) -> int:
    return ImportBatch.objects.values_list("rows_done", flat=True).get(pk=batch.pk)


def wait_for_share(batch: ImportBatch, share: float) -> None:
    eventually(lambda: rows_done(batch) >= share * ROWS, what=f"{share:.0%} of the file")
    assert rows_done(batch) < ROWS, "the import was too quick to be interrupted"


def is_lost(run: JobRun) -> bool:
    run.refresh_from_db()
    return run.is_lost(timezone.now())


def sweep_when_lost(run: JobRun) -> int:
    """Wait for the lease to run out, then what the scheduled sweep does half a minute later. Bells rung."""
    eventually(lambda: is_lost(run), what="the lease running out")
    return jobs.sweep(timezone.now() + jobs.RING_AGAIN_AFTER)["rung"]


def wait_for_end(run: JobRun) -> None:
    eventually(lambda: not JobRun.objects.get(pk=run.pk).is_unfinished, what=f"{run} ending")
    run.refresh_from_db()
    assert run.status == JobRun.Status.DONE, run.failure


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(
    ("slug", "file"),
    [("hubspot", make.crm_file), ("twilio", make.message_log), ("send-log", make.send_log)],
)
def test_an_import_survives_its_worker_twice_and_ends_the_same(
    request: pytest.FixtureRequest, start_worker: Start, client, slug: str, file: Callable[[int], str]
):
    # Half a minute of waiting each: once for each file, on one engine or the other.
    request.getfixturevalue("postgresql" if slug == "twilio" else "one_engine")
    content = file(ROWS)
    unbroken = in_one_go(slug, content)
    batch = make.confirmed(slug, content)
    run = JobRun.objects.get(kind="import.run")
    worker = start_worker(**QUICK)

    wait_for_share(batch, 0.2)
    worker.kill()
    at_first_kill = rows_done(batch)
    assert at_first_kill % CHUNK == 0
    assert sweep_when_lost(run) == 1
    # Nothing pretends to run: the page says that the worker is lost, and that it goes on.
    assert work_on(batch, timezone.now()).is_lost
    client.force_login(people.root())
    assert "lost" in client.get(reverse("imports:live", args=[batch.pk])).content.decode().lower()

    worker.start()
    wait_for_share(batch, 0.4)
    worker.kill()
    assert rows_done(batch) > at_first_kill
    assert sweep_when_lost(run) == 1
    worker.start()
    wait_for_end(run)

    assert run.attempt == 3
    assert picture.of_import(batch) == unbroken


def test_a_child_killed_for_its_memory_costs_one_chunk(one_engine, start_worker: Start):
    content = make.crm_file(ROWS)
    unbroken = in_one_go("hubspot", content)
    batch = make.confirmed("hubspot", content)
    run = JobRun.objects.get(kind="import.run")
    worker = start_worker(**QUICK)
    wait_for_share(batch, 0.2)
    for child in children_of(worker.pid):
        os.kill(child, signal.SIGKILL)
    # The queue brings the message back at once, while the lease still stands: that must not end the run.
    assert sweep_when_lost(run) == 1
    wait_for_end(run)
    assert run.attempt == 2
    assert picture.of_import(batch) == unbroken


def test_a_chunk_that_was_written_but_not_committed_leaves_nothing(start_worker: Start, postgresql):
    content = make.crm_file(ROWS)
    unbroken = in_one_go("hubspot", content)
    batch = make.confirmed("hubspot", content)
    run = JobRun.objects.get(kind="import.run")
    worker = start_worker(**QUICK)
    wait_for_share(batch, 0.2)
    with transaction.atomic():
        # Moving the cursor is the last step of a chunk: whoever waits for this row has written all others.
        held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        eventually(somebody_waits_for_a_lock, what="the worker reaching the end of a chunk")
        worker.kill()
    assert rows_done(batch) == held.rows_done
    assert not Reading.objects.filter(batch=batch, line__gt=held.cursor_line).exists()
    assert sweep_when_lost(run) == 1
    worker.start()
    wait_for_end(run)
    assert picture.of_import(batch) == unbroken


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


def test_a_worker_with_another_chunk_size_goes_on_at_the_right_row(one_engine, start_worker: Start):
    content = make.crm_file(ROWS)
    unbroken = in_one_go("hubspot", content)
    batch = make.confirmed("hubspot", content)
    run = JobRun.objects.get(kind="import.run")
    worker = start_worker(**QUICK)
    wait_for_share(batch, 0.2)
    worker.kill()
    sweep_when_lost(run)
    start_worker(**{**QUICK, "IMPORT_CHUNK_ROWS": "700"})
    wait_for_end(run)
    assert picture.of_import(batch) == unbroken


def test_a_long_run_makes_way_and_goes_on_from_where_it_was(one_engine, start_worker: Start):
    content = make.crm_file(ROWS)
    unbroken = in_one_go("hubspot", content)
    batch = make.confirmed("hubspot", content)
    run = JobRun.objects.get(kind="import.run")
    start_worker(**{**QUICK, "IMPORT_CHUNK_ROWS": "100"}, JOB_TURN_SECONDS="0")  # every chunk is a turn
    wait_for_end(run)
    assert run.fence > ROWS // 100
    assert run.attempt == 1  # turns are no failures
    assert picture.of_import(batch) == unbroken


def test_a_reconcile_whose_worker_is_killed_ends_the_same(start_worker: Start):
    make.program()
    files = {"web-form": forms(), "twilio": make.message_log(600), "hubspot": make.crm_file(1_000)}
    for slug, content in files.items():
        make.taken_in(slug, content)
    reconcile.reconcile("here", beat=make.nobody_watches)
    unbroken = picture.of_reconcile()
    assert len(unbroken["statuses"]) > 10 * FEW
    assert unbroken["holds"]

    start_afresh()
    for slug, content in files.items():
        make.taken_in(slug, content)
    JobRun.objects.all().delete()  # the one that is watched is the only one
    with override_settings(RECONCILE_SHARDS=1):
        (run,) = reconcile.ring(trigger="staff")
    worker = start_worker(**QUICK, RECONCILE_CHUNK_NUMBERS=str(FEW))
    eventually(AgreedStatus.objects.exists, what="the first chunk")
    worker.kill()
    assert Touched.objects.exists(), "the reconcile was too quick to be interrupted"
    assert sweep_when_lost(run) == 1
    worker.start()
    wait_for_end(run)
    assert picture.of_reconcile() == unbroken


def forms() -> str:
    return make.web_form(*((make.phone(at), make.START) for at in range(0, 600, 3)))


def test_a_killed_worker_frees_the_system_for_other_batches(start_worker: Start):
    """What it held in the database died with it."""
    make.program()
    make.confirmed("hubspot", make.crm_file(ROWS))
    worker = start_worker(**QUICK)
    eventually(Reading.objects.exists, what="the import")
    worker.kill()
    assert System.objects.get(slug="hubspot").batches.count() == 1
    assert make.taken_in("hubspot", make.hubspot((make.phone(900_001), "No"))).status == S.DONE
