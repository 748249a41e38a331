"""The queue may vanish, forget, freeze or repeat itself: the rows in the database carry the work through.

Real Redis servers of these tests' own, stopped, frozen and emptied; real workers."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from kombu import pools

from backoffice import jobs
from backoffice.celery import app
from backoffice.models import ImportBatch, JobRun, System
from consent.models import Reading
from tests.backoffice import make as people
from tests.flows import make, picture
from tests.queues import Queue
from tests.workers import Worker, eventually

S = ImportBatch.Status
Start = Callable[..., Worker]
LONGEST_WAIT = 30.0  # seconds a staff request may take while the queue is frozen


def forget_connections() -> None:
    """Celery keeps connections to the queue it was told of first."""
    pools.reset()
    app._pool = app.amqp._producer_pool = None


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """The queue that staff and workers of the test use."""
    own = Queue(tmp_path / "redis")
    own.start()
    before = app.conf.broker_url
    app.conf.broker_url = own.url
    forget_connections()
    with override_settings(REDIS_URL=own.url, CELERY_BROKER_URL=own.url):
        yield own
    own.stop()
    app.conf.broker_url = before
    forget_connections()


@pytest.fixture
def waiting_batch(transactional_db: None) -> ImportBatch:
    """Checked, and waiting for a supervisor's confirmation."""
    make.program()
    return make.previewed("hubspot", make.crm_file(300))


def press_confirm(client, batch: ImportBatch) -> float:
    """What the button does; returns how many seconds the request took."""
    client.force_login(people.root())
    began = time.monotonic()
    answer = client.post(reverse("imports:confirm", args=[batch.pk]), {"token": batch.confirm_token})
    took = time.monotonic() - began
    assert answer.status_code == 302
    batch.refresh_from_db()
    assert batch.status == S.CONFIRMED
    return took


def done(batch: ImportBatch) -> None:
    eventually(lambda: ImportBatch.objects.get(pk=batch.pk).status in ImportBatch.FINISHED, what="the import")
    batch.refresh_from_db()
    assert batch.adds_up


def half_a_minute_later() -> int:
    """What the scheduled sweep does when the bell was rung and nobody came. Returns how often it rang."""
    return jobs.sweep(timezone.now() + jobs.RING_AGAIN_AFTER)["rung"]


# --- gone, forgetful, frozen --------------------------------------------------------------------------------


def test_confirming_while_the_queue_is_gone_is_kept_and_done_when_it_is_back(
    queue: Queue, waiting_batch: ImportBatch, start_worker: Start, client
):
    queue.kill()
    assert press_confirm(client, waiting_batch) < LONGEST_WAIT
    run = JobRun.objects.get(kind="import.run")
    assert (run.status, run.rung_at) == (JobRun.Status.QUEUED, None)
    assert jobs.sweep(timezone.now()) == {"rung": 0}

    queue.start()
    assert jobs.sweep(timezone.now()) == {"rung": 1}
    start_worker()
    done(waiting_batch)


def test_a_queue_that_forgot_its_messages_is_told_again(
    queue: Queue, waiting_batch: ImportBatch, start_worker: Start, client
):
    press_confirm(client, waiting_batch)
    assert queue.waiting == 1
    queue.forget_everything()
    assert jobs.sweep(timezone.now()) == {"rung": 0}  # it was only just rung
    start_worker()
    assert JobRun.objects.get(kind="import.run").attempt == 0
    assert half_a_minute_later() == 1
    done(waiting_batch)


def test_a_frozen_queue_does_not_freeze_the_staff(
    one_engine, queue: Queue, waiting_batch: ImportBatch, client, caplog
):
    with queue.frozen():
        assert press_confirm(client, waiting_batch) < LONGEST_WAIT
    assert "the queue cannot be reached" in caplog.text
    assert JobRun.objects.get(kind="import.run").status == JobRun.Status.QUEUED


def test_a_connection_that_was_open_when_the_queue_froze_does_not_freeze_the_staff(
    one_engine, queue: Queue, transactional_db, caplog
):
    jobs.start("warm", "up", trigger=JobRun.Trigger.COMMAND)
    with queue.frozen():
        began = time.monotonic()
        with transaction.atomic():
            run = jobs.start("count", "things", trigger=JobRun.Trigger.COMMAND)
        assert time.monotonic() - began < LONGEST_WAIT
    assert "the queue cannot be reached" in caplog.text
    assert JobRun.objects.get(pk=run.pk).status == JobRun.Status.QUEUED


def test_a_worker_lives_through_the_death_of_its_queue(
    queue: Queue, waiting_batch: ImportBatch, start_worker: Start, client
):
    start_worker()
    queue.kill()
    press_confirm(client, waiting_batch)
    queue.start()
    assert jobs.sweep(timezone.now()) == {"rung": 1}
    done(waiting_batch)


def test_a_worker_whose_acknowledgement_ran_into_a_frozen_queue_takes_work_again(
    one_engine, queue: Queue, waiting_batch: ImportBatch, start_worker: Start, client
):
    worker = start_worker(REDIS_URL=queue.url)
    press_confirm(client, waiting_batch)
    eventually(lambda: JobRun.objects.filter(kind="import.run", status=JobRun.Status.RUNNING).exists())
    with queue.frozen():  # until the worker has given up telling it that the import is done
        eventually(lambda: "Couldn't ack" in worker.log, what="the acknowledgement failing")
    run = jobs.start("errors.rollup", "once more", trigger=JobRun.Trigger.STAFF)
    eventually(lambda: JobRun.objects.get(pk=run.pk).status == JobRun.Status.DONE, what="the next run")


def test_messages_outlive_a_kill_of_the_queue(queue: Queue, transactional_db):
    jobs.start("count", "things", trigger=JobRun.Trigger.COMMAND)
    time.sleep(1.5)  # the append-only file is written every second
    queue.kill()
    queue.start()
    assert queue.waiting == 1


# --- twice --------------------------------------------------------------------------------------------------


def test_many_messages_for_one_run_on_two_workers_have_one_effect(
    waiting_batch: ImportBatch, start_worker: Start, client
):
    press_confirm(client, waiting_batch)
    run = JobRun.objects.get(kind="import.run")
    for _ in range(20):
        current_app.send_task("backoffice.work", args=[run.pk], queue="celery")
    start_worker(concurrency=2)
    start_worker(concurrency=2)
    done(waiting_batch)
    run.refresh_from_db()
    assert (run.attempt, run.fence) == (1, 1)
    lines = list(Reading.objects.values_list("line", flat=True))
    assert len(lines) == len(set(lines)) > 0


def freeze_between_chunks(worker: Worker) -> None:
    """Stop the worker's processes at a moment when they hold no lock in the database."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        os.killpg(worker.pid, signal.SIGSTOP)
        if nobody_writes():
            return
        os.killpg(worker.pid, signal.SIGCONT)
        time.sleep(random.uniform(0.001, 0.02))
    pytest.fail("the worker never paused between two chunks")


def nobody_writes() -> bool:
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50" if is_sqlite else "SET lock_timeout = 50")
    try:
        with transaction.atomic():
            list(System.objects.select_for_update())
            list(JobRun.objects.select_for_update())
        return True
    except OperationalError:
        return False
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 30000" if is_sqlite else "SET lock_timeout = 0")


def test_a_worker_that_was_frozen_past_its_lease_writes_nothing_more(start_worker: Start):
    content = make.crm_file(500)
    make.program()
    unbroken = picture.of_import(make.taken_in("hubspot", content))
    call_command("flush", interactive=False, verbosity=0)

    make.program()
    batch = make.confirmed("hubspot", content)
    run = JobRun.objects.get(kind="import.run")
    quick = {"JOB_LEASE_SECONDS": "2", "IMPORT_CHUNK_ROWS": "2"}
    late = start_worker(**quick)
    eventually(lambda: ImportBatch.objects.get(pk=batch.pk).rows_done > 100, what="the import")
    freeze_between_chunks(late)
    try:
        frozen_at = ImportBatch.objects.get(pk=batch.pk).rows_done
        assert frozen_at < 500
        eventually(
            lambda: JobRun.objects.get(pk=run.pk).is_lost(timezone.now()), what="the lease running out"
        )
        assert half_a_minute_later() == 1
        start_worker(**quick)
        eventually(
            lambda: ImportBatch.objects.get(pk=batch.pk).rows_done > frozen_at, what="another worker going on"
        )
    finally:
        os.killpg(late.pid, signal.SIGCONT)
    done(batch)
    eventually(lambda: not JobRun.objects.get(pk=run.pk).is_unfinished, what="the run ending")
    assert picture.of_import(batch) == unbroken
    assert "taken over by another worker" in late.log


# --- poison -------------------------------------------------------------------------------------------------


def test_the_queue_moves_on_past_work_that_fails(waiting_batch: ImportBatch, start_worker: Start, client):
    poison = jobs.start("import.run", "987654", trigger=JobRun.Trigger.STAFF)
    unknown = jobs.start("no.such.kind", "anything", trigger=JobRun.Trigger.STAFF)
    press_confirm(client, waiting_batch)
    start_worker()
    done(waiting_batch)
    for run in (poison, unknown):
        run.refresh_from_db()
        assert run.status == JobRun.Status.FAILED
        assert run.failure
        assert run.finished_at is not None


MANY = 1_000  # rows: SQLite lets a request wait while chunk follows chunk, and the file must outlast that


def test_a_running_import_is_cancelled_resumed_and_complete(start_worker: Start, client):
    make.program()
    batch = make.confirmed("hubspot", make.crm_file(MANY))
    client.force_login(people.root())
    start_worker(IMPORT_CHUNK_ROWS="4")
    eventually(lambda: ImportBatch.objects.get(pk=batch.pk).rows_done > 0, what="the import")
    client.post(reverse("imports:cancel", args=[batch.pk]))
    eventually(lambda: ImportBatch.objects.get(pk=batch.pk).status == S.CANCELLED, what="the cancellation")
    batch.refresh_from_db()
    assert 0 < batch.rows_done < MANY
    assert batch.rows_done == sum(batch.counts.values())
    eventually(lambda: not JobRun.objects.get(kind="import.run").is_unfinished, what="the run ending")

    client.post(reverse("imports:resume", args=[batch.pk]))
    done(batch)
    eventually(lambda: not JobRun.objects.unfinished().filter(kind="import.run").exists(), what="its end")
    statuses = list(JobRun.objects.filter(kind="import.run").order_by("pk").values_list("status", flat=True))
    assert statuses == [JobRun.Status.CANCELLED, JobRun.Status.DONE]
    lines = list(Reading.objects.values_list("line", flat=True))
    assert len(lines) == len(set(lines))


def test_a_cancelled_import_can_be_tried_again_from_the_jobs_page(start_worker: Start, client):
    make.program()
    batch = make.confirmed("hubspot", make.crm_file(MANY))
    client.force_login(people.root())
    start_worker(IMPORT_CHUNK_ROWS="4")
    run = JobRun.objects.get(kind="import.run")
    eventually(lambda: ImportBatch.objects.get(pk=batch.pk).rows_done > 0, what="the import")
    client.post(reverse("jobs:run_cancel", args=[run.pk]))
    eventually(lambda: not JobRun.objects.get(pk=run.pk).is_unfinished, what="the cancellation")
    client.post(reverse("jobs:run_retry", args=[run.pk]))
    done(batch)
