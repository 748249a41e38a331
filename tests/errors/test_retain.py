"""Nothing is kept longer than agreed, nothing goes earlier, and what goes leaves a trace."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from backoffice import jobs
from backoffice.models import AppendOnlyError, AuditEntry, JobRun
from backoffice.models.append_only import KeptFor, protect
from errors import retain, rollup, tasks
from errors.models import AttemptEvent, AttemptHour, ParkedEvent, SendAttempt
from errors.models.attempt import KEPT
from tests.errors import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CONTENT = {"body": "Hello", "body_hash": 7, "encoding": "GSM-7", "segments": 1, "request": {"Price": "0.01"}}


def ago(days: float) -> datetime:
    return timezone.now() - days * DAY


def event(
    of: SendAttempt | None, happened: datetime | None, received: datetime | None = None
) -> AttemptEvent:
    fresh = make.attempt(submitted_at=ago(0)) if of is None else of
    key = make.life.derived_key(fresh.key, str((happened, received)))
    return AttemptEvent.objects.create(
        key=key,
        attempt_key=fresh.key if of else key,
        status="delivered",
        occurred_at=happened,
        received_at=received or happened,
    )


def run() -> dict[str, int]:
    return retain.retain("test", beat=jobs.unwatched)


def sql(statement: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


# --- what the database allows -------------------------------------------------------------------------------


def test_the_database_lets_old_reports_go_and_no_others():
    of = make.attempt()
    old = event(of, ago(KEPT.days + 1))
    young = event(of, ago(KEPT.days - 1))
    arrived_lately = event(of, None, ago(1))
    table = AttemptEvent._meta.db_table
    for kept in (young, arrived_lately):
        with pytest.raises(DatabaseError, match="append-only"):
            sql(f"DELETE FROM {table} WHERE id = %s", kept.pk)
    with pytest.raises(DatabaseError, match="append-only"):
        sql(f"DELETE FROM {table}")
    assert AttemptEvent.objects.count() == 3
    sql(f"DELETE FROM {table} WHERE id = %s", old.pk)
    assert set(AttemptEvent.objects.all()) == {young, arrived_lately}


def test_old_reports_still_cannot_be_changed():
    old = event(make.attempt(), ago(KEPT.days + 1))
    with pytest.raises(DatabaseError, match="append-only"):
        sql("UPDATE errors_attemptevent SET text = 'x' WHERE id = %s", old.pk)
    with pytest.raises(AppendOnlyError):
        AttemptEvent.objects.filter(pk=old.pk).delete()


def test_old_reports_cannot_be_emptied_at_once(postgresql: None):
    event(make.attempt(), ago(KEPT.days + 1))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="append-only"):
        sql("TRUNCATE errors_attemptevent CASCADE")


# --- what a run removes -------------------------------------------------------------------------------------


def test_texts_go_first_and_what_was_measured_stays(settings: Any):
    days = settings.SEND_LOG["body_days"]
    old = make.attempt(submitted_at=ago(days + 2), **CONTENT)
    bare = make.attempt(submitted_at=ago(days + 2), request={"Price": "0.01"})
    young = make.attempt(submitted_at=ago(days - 1), **CONTENT)
    assert run() == {"texts_removed": 2}
    for row in (old, bare, young):
        row.refresh_from_db()
    assert (old.body, old.request) == ("", {})
    assert (old.body_hash, old.encoding, old.segments) == (7, "GSM-7", 1)
    assert bare.request == {}
    assert (young.body, young.request) == ("Hello", {"Price": "0.01"})
    assert run() == {}


def test_attempts_go_with_their_reports_and_their_counts():
    old = make.attempt("failed", submitted_at=ago(KEPT.days + 2))
    event(old, ago(KEPT.days + 2))
    young = make.attempt(submitted_at=ago(KEPT.days - 1))
    kept = event(young, ago(KEPT.days - 1))
    rollup.rollup("test", beat=jobs.unwatched)
    assert run() == {"attempts_removed": 1, "reports_removed": 1}
    assert list(SendAttempt.objects.all()) == [young]
    assert list(AttemptEvent.objects.all()) == [kept]
    rollup.rollup("test", beat=jobs.unwatched)
    assert [row.attempts for row in AttemptHour.objects.all()] == [1]


def test_an_attempt_that_was_reported_on_lately_stays_until_that_is_old_as_well():
    old = make.attempt(submitted_at=ago(KEPT.days + 9))
    event(old, ago(KEPT.days + 9))
    event(old, ago(KEPT.days - 1))
    assert retain.foresee(timezone.now())["attempts"] == 0
    assert run() == {}
    # Its state is what all its reports say: none of them goes alone.
    assert (SendAttempt.objects.get(), AttemptEvent.objects.count()) == (old, 2)


def test_a_resend_outlives_what_it_repeats():
    first = make.attempt("failed", submitted_at=ago(KEPT.days + 2))
    again = make.attempt(submitted_at=ago(KEPT.days - 2), parent=first)
    run()
    again.refresh_from_db()
    assert again.parent is None


def test_reports_whose_attempt_never_came_go_too():
    old, young = event(None, ago(KEPT.days + 2)), event(None, ago(3))
    for report in (old, young):
        ParkedEvent.objects.create(
            event=report, provider="twilio", message_ref="x", ref_number=1, parked_at=report.received_at
        )
    assert run() == {"reports_removed": 1}
    assert list(ParkedEvent.objects.values_list("event", flat=True)) == [young.pk]


def test_work_in_steps_ends_as_in_one_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retain, "STEP", 2)
    same = ago(KEPT.days + 2)
    for index in range(7):
        row = make.attempt(submitted_at=same, **CONTENT)
        event(row, ago(KEPT.days + 2) if index % 3 else ago(1))  # three of them have to stay
    for _ in range(5):
        make.attempt(submitted_at=ago(200), **CONTENT)
    seen: list[int | None] = []
    done = retain.retain("test", beat=lambda done=None, **_: seen.append(done))
    assert done == {"attempts_removed": 4, "reports_removed": 4, "texts_removed": 8}
    assert len(seen) >= 6
    assert SendAttempt.objects.count() == 8


def test_every_step_is_on_record_without_anything_personal():
    row = make.attempt(submitted_at=ago(KEPT.days + 2), recipient="+14155550123")
    make.attempt(submitted_at=ago(100), **CONTENT)
    run()
    removed, trimmed = AuditEntry.objects.order_by("pk")
    assert (removed.action, removed.object_id, removed.details["attempts"]) == (
        "send_log.remove",
        str(row.pk),
        1,
    )
    assert (trimmed.action, trimmed.details["attempts"]) == ("send_log.trim", 1)
    assert "4155550123" not in json.dumps([removed.details, trimmed.details])


class Killed(BaseException):
    pass


def test_a_run_that_is_cut_off_keeps_whole_steps_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retain, "STEP", 2)
    for index in range(5):
        event(make.attempt(submitted_at=ago(KEPT.days + 3 + index)), ago(KEPT.days + 2))

    def die(**_: Any) -> None:
        raise Killed

    with pytest.raises(Killed):
        retain.retain("test", beat=die)
    assert (SendAttempt.objects.count(), AttemptEvent.objects.count()) == (3, 3)
    run()
    assert not SendAttempt.objects.exists()
    assert not AttemptEvent.objects.exists()


# --- how it is started --------------------------------------------------------------------------------------


def test_the_schedule_starts_a_run_only_when_something_is_due():
    make.attempt(submitted_at=ago(1), **CONTENT)
    assert tasks.retain_sends() == {"queued": 0}
    make.attempt(submitted_at=ago(100), **CONTENT)
    assert tasks.retain_sends() == {"queued": 1}
    assert JobRun.objects.get().kind == "errors.retain"


def test_the_command_only_tells_unless_it_is_told_to_apply(capsys: pytest.CaptureFixture[str]):
    make.attempt(submitted_at=ago(KEPT.days + 2))
    make.attempt(submitted_at=ago(100), **CONTENT)
    call_command("retain_sends", "--json")
    assert json.loads(capsys.readouterr().out) == {"attempts": 1, "strays": 0, "texts": 1}
    assert SendAttempt.objects.count() == 2
    call_command("retain_sends", "--apply", "--json")
    assert json.loads(capsys.readouterr().out) == {"attempts_removed": 1, "texts_removed": 1}


def test_a_shorter_time_than_the_database_was_told_is_said_and_can_be_mended(
    capsys: pytest.CaptureFixture[str],
):
    protect(connection, AttemptEvent._meta.db_table, KeptFor(KEPT.moment, KEPT.days + 100))
    event(make.attempt(submitted_at=ago(KEPT.days + 2)), ago(KEPT.days + 2))
    with pytest.raises(CommandError, match="--guard"), transaction.atomic():
        call_command("retain_sends", "--apply")
    assert SendAttempt.objects.count() == 1
    call_command("retain_sends", "--guard", "--apply")
    assert not SendAttempt.objects.exists()
