"""Runs: claimed once, fenced, given up, cancelled, tried again. The verbs here are small; the rows are real."""

from __future__ import annotations

import ast
import logging
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.test import override_settings
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import jobs
from backoffice.models import JobRun
from backoffice.models.job_run import LEASE, MAX_ATTEMPTS
from tests.backoffice import make

S = JobRun.Status
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bells(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which runs the queue was told of."""
    rung: list[int] = []

    def note(run_id: int) -> bool:
        rung.append(run_id)
        JobRun.objects.filter(pk=run_id).update(rung_at=timezone.now())
        return True

    monkeypatch.setattr(jobs, "ring", note)
    return rung


def queued(kind: str = "count", **params: Any) -> JobRun:
    return jobs.start(kind, "something", trigger=JobRun.Trigger.COMMAND, **params)


def work(run: JobRun, verb: Any) -> JobRun:
    """Do the run with this verb, as a worker does."""
    jobs.work(run.pk, {run.kind: verb})
    run.refresh_from_db()
    return run


def lose(run: JobRun) -> None:
    """Its worker stopped giving signs of life long ago."""
    JobRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def as_claimed(run: JobRun) -> JobRun:
    """The run as a worker holds it that has just claimed it."""
    held = JobRun.objects.get(pk=run.pk)
    assert held.claim(timezone.now())
    return held


# --- claims -------------------------------------------------------------------------------------------------


def test_every_verb_exists():
    for path in settings.JOB_VERBS.values():
        assert callable(import_string(path))


def test_every_kind_of_run_that_the_code_starts_has_a_verb():
    started = set()
    for app in ("backoffice", "consent", "errors"):
        for file in (settings.BASE_DIR / app).rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text())):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "jobs.start":
                    kind = call.args[0]
                    started |= {kind.value} if isinstance(kind, ast.Constant) else set()
    assert {"import.check", "import.run"} <= started
    assert started <= set(settings.JOB_VERBS)


def test_the_outcome_stands_on_the_row():
    run = work(queued(step=3), lambda subject, beat, step: {"steps": step})
    assert (run.status, run.counts, run.attempt) == (S.DONE, {"steps": 3}, 1)
    assert run.finished_at is not None
    assert run.lease_until is None


def test_a_message_that_comes_twice_has_one_effect():
    done: list[str] = []
    run = queued()
    for _ in range(3):
        work(run, lambda subject, beat: done.append(subject) or {})
    assert done == ["something"]
    assert run.fence == 1


def test_a_message_for_a_run_that_another_worker_holds_does_nothing():
    run = queued()
    as_claimed(run)
    work(run, lambda subject, beat: pytest.fail("it is held"))
    assert (run.status, run.attempt) == (S.RUNNING, 1)


def test_a_message_for_a_run_that_is_gone_does_nothing():
    assert jobs.work(987654, {}) == {}


def test_of_two_who_saw_the_same_free_run_one_gets_it():
    run = queued()
    one, other = JobRun.objects.get(pk=run.pk), JobRun.objects.get(pk=run.pk)
    assert [one.claim(timezone.now()), other.claim(timezone.now())] == [True, False]


def test_a_run_that_should_wait_is_not_claimed_early():
    run = queued(not_before=timezone.now() + timedelta(minutes=5))
    work(run, lambda subject, beat: pytest.fail("too early"))
    assert run.status == S.QUEUED


def test_unfinished_work_over_one_subject_is_queued_once():
    first = queued()
    assert queued() == first
    as_claimed(first)
    assert queued() == first
    work(queued("other"), lambda subject, beat: {})
    JobRun.objects.filter(pk=first.pk).update(status=S.DONE)
    assert queued() != first


# --- the fence ----------------------------------------------------------------------------------------------


def test_a_worker_that_was_overtaken_cannot_write():
    run = queued()
    late = as_claimed(run)
    lose(run)
    quick = as_claimed(run)
    with pytest.raises(jobs.LostLease):
        jobs.Beat(late)(done=5)
    jobs.Beat(quick)(done=7)
    run.refresh_from_db()
    assert (run.done, run.fence) == (7, 2)


def test_a_late_worker_does_not_end_the_run_of_the_one_that_took_over():
    run = queued()

    def overtaken(subject: str, beat: jobs.Beat) -> dict[str, int]:
        lose(run)
        as_claimed(run)
        return {"late": 1}

    work(run, overtaken)
    assert (run.status, run.counts, run.finished_at) == (S.RUNNING, {}, None)


def test_a_late_worker_that_notices_leaves_the_run_alone(caplog: pytest.LogCaptureFixture):
    run = queued()

    def overtaken(subject: str, beat: jobs.Beat) -> dict[str, int]:
        lose(run)
        as_claimed(run)
        beat(done=1)
        pytest.fail("the beat tells")

    with caplog.at_level(logging.WARNING):
        work(run, overtaken)
    assert "taken over" in caplog.text
    assert (run.status, run.done) == (S.RUNNING, 0)


def test_a_beat_keeps_the_lease():
    run = as_claimed(queued())
    lose(run)
    jobs.Beat(run)(done=1)
    run.refresh_from_db()
    assert run.lease_until > timezone.now() + LEASE / 2


# --- poison -------------------------------------------------------------------------------------------------


def test_a_verb_that_breaks_fails_in_words_and_in_the_log():
    def breaks(subject: str, beat: jobs.Beat) -> dict[str, int]:
        raise ValueError("no such wheel")

    run = queued()
    with pytest.raises(ValueError):
        work(run, breaks)
    run.refresh_from_db()
    assert run.status == S.FAILED
    assert "no such wheel" in run.failure
    assert "Try again" in run.failure


def test_a_refusal_fails_with_its_own_words():
    def refuses(subject: str, beat: jobs.Beat) -> dict[str, int]:
        raise jobs.Refused("Line 3 has no closing quote.")

    run = work(queued(), refuses)
    assert (run.status, run.failure) == (S.FAILED, "Line 3 has no closing quote.")


@pytest.mark.django_db(transaction=True)
def test_a_step_that_took_too_long_says_so():
    def endless(subject: str, beat: jobs.Beat) -> dict[str, int]:
        raise SoftTimeLimitExceeded

    run = queued()
    with pytest.raises(SoftTimeLimitExceeded):
        work(run, endless)
    run.refresh_from_db()
    assert run.status == S.FAILED
    assert "Stopped after 9 minutes" in run.failure


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_is_asked_again_later_and_not_for_ever():
    def away(subject: str, beat: jobs.Beat) -> dict[str, int]:
        raise OperationalError("server closed the connection")

    run = queued()
    waits = []
    for _ in range(MAX_ATTEMPTS):
        before = timezone.now()
        work(run, away)
        assert run.status == S.QUEUED
        waits.append(round((run.not_before - before).total_seconds()))
        JobRun.objects.filter(pk=run.pk).update(not_before=None)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (10, 300)
    work(run, away)
    assert run.status == S.FAILED
    assert run.failure.startswith(f"Given up after {MAX_ATTEMPTS} attempts.")
    assert "server closed the connection" in run.failure


def test_a_run_that_kills_every_worker_is_given_up():
    run = queued()
    for _ in range(MAX_ATTEMPTS):
        as_claimed(run)
        lose(run)
    work(run, lambda subject, beat: pytest.fail("enough"))
    assert (run.status, run.attempt) == (S.FAILED, MAX_ATTEMPTS + 1)


# --- turns, cancel, retry -----------------------------------------------------------------------------------


@override_settings(JOB_TURN_SECONDS=-1)
def test_a_run_whose_turn_is_over_waits_for_the_next(bells: list[int]):
    run = queued()
    JobRun.objects.filter(pk=run.pk).update(attempt=5)
    work(run, lambda subject, beat: beat(done=10, can_go_on=True))
    assert (run.status, run.attempt, run.done) == (S.QUEUED, 0, 10)
    assert bells == [run.pk]
    assert work(run, lambda subject, beat: {}).status == S.DONE


@override_settings(JOB_TURN_SECONDS=-1)
def test_a_verb_that_would_start_over_is_not_interrupted():
    assert work(queued(), lambda subject, beat: beat(done=10) or {}).status == S.DONE


def test_cancel_is_heard_at_the_next_beat():
    run, steps = queued(), []

    def stepwise(subject: str, beat: jobs.Beat) -> dict[str, int]:
        for step in range(5):
            steps.append(step)
            if step == 2:
                jobs.cancel(run, make.person())
            beat(done=step)
        return {}

    work(run, stepwise)
    assert (run.status, run.done, steps) == (S.CANCELLED, 2, [0, 1, 2])


def test_cancel_of_a_run_that_lost_its_worker_ends_it_at_once_and_for_good():
    run = queued()
    late = as_claimed(run)
    lose(run)
    jobs.cancel(run, make.person())
    run.refresh_from_db()
    assert run.status == S.CANCELLED
    assert queued() != run  # the subject is free again
    with pytest.raises(jobs.LostLease):
        jobs.Beat(late)(done=1)


def test_retry_is_a_new_run_with_the_same_work():
    run = queued(shard=1)
    JobRun.objects.filter(pk=run.pk).update(status=S.FAILED)
    again = jobs.retry(run, make.person())
    assert again.pk != run.pk
    assert (again.kind, again.subject, again.params) == (run.kind, run.subject, {"shard": 1})


# --- the sweep ----------------------------------------------------------------------------------------------


def test_the_sweep_rings_for_what_waits_unheard_and_what_lost_its_worker(bells: list[int]):
    now = timezone.now()
    old = now - jobs.RING_AGAIN_AFTER - timedelta(seconds=1)
    defaults = {"status": S.QUEUED, "finished_at": None, "started_at": None}
    unheard = make.run(**defaults)
    forgotten = make.run(**defaults, rung_at=old)
    lost = make.run(status=S.RUNNING, lease_until=old, rung_at=old)
    make.run(**defaults, rung_at=now)  # just told
    make.run(**defaults, not_before=now + timedelta(minutes=1))
    make.run(status=S.RUNNING, lease_until=now + LEASE, rung_at=old)
    make.run()
    assert jobs.sweep(now) == {"rung": 3}
    assert bells == [unheard.pk, forgotten.pk, lost.pk]
    assert jobs.sweep(timezone.now()) == {"rung": 0}


def test_the_sweep_stops_trying_while_the_queue_is_away(monkeypatch: pytest.MonkeyPatch):
    for _ in range(5):
        make.run(status=S.QUEUED, finished_at=None)
    tried: list[int] = []
    monkeypatch.setattr(jobs, "ring", lambda run_id: bool(tried.append(run_id)))
    assert jobs.sweep(timezone.now()) == {"rung": 0}
    assert len(tried) == 1


# --- nothing rings for what was rolled back -----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_bell_follows_the_commit_and_never_a_rollback(bells: list[int]):
    with transaction.atomic():
        queued()
        transaction.set_rollback(True)
    assert bells == []
    assert not JobRun.objects.exists()
    with transaction.atomic():
        run = queued()
        assert bells == []
    assert bells == [run.pk]


@pytest.mark.django_db(transaction=True)
def test_other_work_after_the_commit_does_not_silence_the_bell(bells: list[int]):
    def breaks() -> None:
        raise RuntimeError("somebody else's mistake")

    with transaction.atomic():
        transaction.on_commit(breaks, robust=True)
        run = queued()
    assert bells == [run.pk]
    assert connection.in_atomic_block is False


def test_only_rounds_of_the_schedule_that_found_nothing_or_are_old_are_forgotten():
    now = timezone.now()
    old = {"status": JobRun.Status.DONE, "finished_at": now - timedelta(days=2)}
    idle = JobRun.objects.create(kind="a", subject="1", trigger="schedule", **old)
    kept = [
        JobRun.objects.create(kind="a", subject="2", trigger="schedule", counts={"numbers": 1}, **old),
        JobRun.objects.create(kind="a", subject="3", trigger="staff", **old),
        JobRun.objects.create(kind="schedule.gap", subject="4", trigger="schedule", **old),
        JobRun.objects.create(
            kind="a", subject="5", trigger="schedule", status=JobRun.Status.DONE, finished_at=now
        ),
    ]
    assert jobs.forget(now) == {"runs": 1}
    assert not JobRun.objects.filter(pk=idle.pk).exists()
    assert JobRun.objects.filter(pk__in=[run.pk for run in kept]).count() == 4
    JobRun.objects.update(finished_at=now - timedelta(days=settings.JOB_RUN_DAYS + 1))
    assert jobs.forget(now) == {"runs": 2}
    assert set(JobRun.objects.values_list("subject", flat=True)) == {"3", "4"}
