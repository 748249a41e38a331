"""Two people, two tabs, two workers at the same moment: one effect."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import close_old_connections, connection

from backoffice import jobs
from backoffice.imports import run
from backoffice.imports.run import TakenInBefore
from backoffice.models import AuditEntry, ImportBatch, JobRun
from consent import reconcile
from consent.models import ConsentRecord, Reading
from tests.flows import make, picture

pytestmark = pytest.mark.django_db(transaction=True)
S = ImportBatch.Status
NOW = datetime(2026, 6, 2, tzinfo=UTC)
LOOKED = {"numbers", "looked_at"}  # how many were looked at says nothing about changes


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Each call in a thread with a connection of its own, all let go together. Results or exceptions, in order."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=120)
            return call()
        except Exception as error:
            return error
        finally:
            close_old_connections()
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def confirm(batch: ImportBatch) -> ImportBatch:
    mine = ImportBatch.objects.select_related("system").get(pk=batch.pk)
    return run.confirm(mine, batch.confirm_token, by=None, now=NOW)


@pytest.mark.parametrize("attempt", range(3))
def test_two_confirmations_at_once_start_one_run(attempt: int):
    make.program()
    batch = make.previewed("hubspot", make.crm_file(50))
    results = at_once(*[lambda: confirm(batch)] * 4)
    assert [getattr(result, "pk", result) for result in results] == [batch.pk] * 4
    assert JobRun.objects.filter(kind="import.run").count() == 1
    assert AuditEntry.objects.filter(action="import.confirm").count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_the_same_file_confirmed_twice_at_once_counts_once(attempt: int):
    make.program()
    content = make.crm_file(50)
    batches = [make.previewed("hubspot", content) for _ in range(2)]
    results = at_once(*[lambda batch=batch: confirm(batch) for batch in batches])
    won = [result for result in results if isinstance(result, ImportBatch)]
    lost = [result for result in results if isinstance(result, TakenInBefore)]
    assert (len(won), len(lost)) == (1, 1), results
    assert lost[0].batch == won[0]
    assert JobRun.objects.filter(kind="import.run").count() == 1
    other = next(batch for batch in batches if batch != won[0])
    other.refresh_from_db()
    assert (other.status, other.confirmed_at) == (S.PREVIEWED, None)


def test_two_workers_on_one_run_at_once_write_every_row_once(settings):
    settings.IMPORT_CHUNK_ROWS = 50
    make.program()
    batch = make.confirmed("hubspot", make.crm_file(400))
    job = JobRun.objects.get(kind="import.run")
    verbs = {"import.run": run.run}
    results = at_once(*[lambda: jobs.work(job.pk, verbs)] * 3)
    assert sum(1 for result in results if result) == 1, results
    batch.refresh_from_db()
    assert batch.adds_up
    lines = list(Reading.objects.values_list("line", flat=True))
    assert len(lines) == len(set(lines)) > 0


def test_two_files_about_the_same_people_at_once_block_nobody(settings):
    """They meet in the same numbers, from opposite ends."""
    settings.IMPORT_CHUNK_ROWS = 40
    make.program()
    log = make.message_log(300).splitlines()
    backwards = "\r\n".join([log[0], *reversed(log[1:])]) + "\r\n"
    people = [make.phone(at) for at in range(200)]
    files = {
        "twilio": backwards,
        "hubspot": make.hubspot(*((number, "Yes") for number in people)),
        "klaviyo": make.klaviyo(*((number, "SUBSCRIBED") for number in reversed(people))),
    }
    batches = [make.confirmed(slug, content, queue=False) for slug, content in files.items()]
    results = at_once(
        *[lambda batch=batch: run.run(str(batch.pk), beat=make.nobody_watches) for batch in batches]
    )
    assert all(isinstance(result, dict) for result in results), results
    for batch in batches:
        batch.refresh_from_db()
        assert batch.adds_up
    events = list(ConsentRecord.objects.values_list("system", "source_event_id"))
    assert len(events) == len(set(events)) > 0


def test_two_reconciles_at_once_find_what_one_finds():
    make.program()
    for slug, content in {"twilio": make.message_log(500), "hubspot": make.crm_file(400)}.items():
        make.taken_in(slug, content)
    results = at_once(*[lambda: reconcile.reconcile("here", beat=make.nobody_watches)] * 3)
    assert all(isinstance(result, dict) for result in results), results
    found = picture.of_reconcile()
    assert found["news"] == 0
    again = reconcile.rebuild("here", beat=make.nobody_watches)
    assert changes(again) == {}
    assert picture.of_reconcile() == found
    assert all(len(lives) == 1 for lives in found["flags"].values())


def changes(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count and name not in LOOKED}
