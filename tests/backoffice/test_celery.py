"""What the queue must be told, asked of the application: a setting with a wrong name changes nothing."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from backoffice import audit, jobs, rooms
from backoffice.celery import app
from backoffice.models import AuditEntry, JobRun
from tests.workers import eventually


def test_whatever_runs_in_the_background_has_a_name_in_words():
    assert not {*settings.CELERY_BEAT_SCHEDULE, *settings.JOB_VERBS} - rooms.kinds().keys()


def test_a_message_is_given_back_when_its_worker_is_lost():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


def test_no_task_may_run_longer_than_its_message_stays_hidden():
    hidden = app.conf.broker_transport_options["visibility_timeout"]
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit < hidden


def test_abandoned_messages_are_looked_for_every_few_seconds():
    options = app.conf.broker_transport_options
    assert options["unacked_restore_interval"] * options["unacked_restore_throttle"] <= 10


def test_a_frozen_queue_cannot_freeze_a_request():
    options = app.conf.broker_transport_options
    assert options["socket_timeout"] <= 5
    assert options["socket_connect_timeout"] <= 5


def test_only_json_is_read():
    assert app.conf.accept_content == ["json"]


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()
    missing = {entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks)
    assert not missing


def test_a_killed_worker_starts_again(one_engine, worker, empty_queue):
    worker.kill()
    jobs.start("no.such.kind", "nothing", trigger=JobRun.Trigger.COMMAND)
    assert JobRun.objects.get().attempt == 0
    worker.start()
    eventually(lambda: JobRun.objects.get().attempt == 1, what="the new worker taking the run")


@pytest.mark.django_db(transaction=True)
def test_emptying_the_tables_between_tests_leaves_append_only_tables_guarded(django_user_model):
    audit.record(None, "test.first", django_user_model(pk=1))
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists()
    audit.record(None, "test.second", django_user_model(pk=1))
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM backoffice_auditentry")
