"""What must always be so is found broken when it is broken; each case breaks one thing behind the product's back."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from backoffice import identities, jobs
from backoffice.models import AuditEntry, ImportBatch, JobRun
from backoffice.models.append_only import protect
from consent import correct
from consent.models import (
    AgreedStatus,
    Correction,
    Flag,
    FlagEvent,
    Hold,
    SuppressionChange,
    Touched,
    WriteBack,
)
from errors import life, rollup
from errors.models import AttemptHour, SendAttempt
from errors.record import Report, Request, record
from tests.backoffice import make as house
from tests.conftest import without_triggers
from tests.consent import make
from tests.consent.make import NOW
from tests.errors import make as sends

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    """A flag that was corrected, one that waits, a finished file, sends that were counted."""
    corrected = make.stopped_but_texted()
    decision = correct.decide(
        make.subject(corrected), make.choice(), by=make.staff(), token="t", seen=make.seen(corrected), now=NOW
    )
    waiting = make.without_proof()
    batch = house.batch(status=ImportBatch.Status.DONE, counts={"created": 3, "rejected": 1}, rows_total=4)
    sends.sends(20, failed=3, submitted_at=timezone.now() - timedelta(hours=3))
    made = Report(
        "twilio", "AC1", "SM1", None, request=Request(submitted_at=timezone.now() - timedelta(hours=3))
    )
    failed = life.Event(life.Status.FAILED, "30003", timezone.now() - timedelta(hours=2))
    record([made, Report("twilio", "AC1", "SM1", failed)], now=timezone.now())
    rollup.touch_all()
    rollup.rollup("test", beat=jobs.unwatched)
    connection.check_constraints()  # PostgreSQL changes no table that has some left to check
    return {"decision": decision, "waiting": waiting, "batch": batch}


def broken() -> dict[str, int]:
    found = identities.check(whole=True, now=NOW)
    return {one.name: one.broken for one in found if one.broken}


def test_nothing_is_broken_where_nothing_was_done_behind_the_products_back(day):
    assert broken() == {}


def test_a_row_without_a_bucket(day):
    ImportBatch.objects.filter(pk=day["batch"].pk).update(counts={"created": 3})
    assert broken() == {"Every row of every finished file is in exactly one bucket": 1}


def test_a_status_that_the_ledger_does_not_say(day):
    AgreedStatus.objects.filter(number=day["waiting"].number).update(status="OPTED_IN")
    assert broken() == {"Agreed statuses, flags and holds are what the ledger says": 1}
    assert AgreedStatus.objects.filter(number=day["waiting"].number, status="OPTED_IN").exists()  # only read


def test_a_number_with_news_is_left_to_the_next_reconcile(day):
    make.stop(day["waiting"].number)
    assert broken() != {}  # written past the door that would have touched it
    Touched.objects.create(number=day["waiting"].number)
    assert broken() == {}


def test_a_harmful_flag_without_its_hold(day):
    Hold.objects.filter(flag=day["waiting"]).delete()
    assert broken()["Whoever has an open harmful flag is held"] == 1


def test_a_hold_of_somebody_else(day):
    Hold.objects.filter(flag=day["waiting"]).update(number=day["decision"].number)
    assert broken()["Whoever has an open harmful flag is held"] == 1


def test_a_list_that_forgot_somebody(day):
    SuppressionChange.objects.filter(number=day["waiting"].number).delete()
    assert set(broken()) == {"Whoever may not be texted stands in the list that others follow"}


def test_a_hold_that_outlived_its_flag(day):
    flag = day["waiting"]
    flag.move(Flag.Status.CLOSED, note="By hand.")
    assert broken()["Nobody is held by a flag that is settled"] == 1


def test_a_flag_that_moved_without_a_trace(day):
    Flag.objects.filter(pk=day["waiting"].pk).update(status=Flag.Status.ESCALATED)
    assert broken() == {"A flag's history leads to where it stands, step by step": 1}


def test_a_history_with_a_step_missing(day):
    flag = day["waiting"]
    FlagEvent.objects.create(flag=flag, old=Flag.Status.VERIFYING, new=Flag.Status.OPEN)
    assert broken() == {"A flag's history leads to where it stands, step by step": 1}


def test_a_flag_without_a_beginning(day):
    with without_triggers(connection):
        FlagEvent._base_manager.filter(flag=day["waiting"])._raw_delete("default")
        connection.check_constraints()  # as above
    assert broken() == {"A flag's history leads to where it stands, step by step": 1}


def test_a_step_of_a_decision_nobody_wrote_down(day):
    Correction.objects.filter(pk=day["decision"].pk).update(status=Correction.Status.UNDONE)
    assert broken()["Every decision has its entry in the audit log"] == 1


def test_a_decision_nobody_wrote_down(day):
    with without_triggers(connection):
        AuditEntry._base_manager.filter(action="correction.apply")._raw_delete("default")
    assert broken() == {"Every decision has its entry in the audit log": 1}


def test_a_write_back_that_vanished(day):
    assert day["decision"].write_backs.count() == 1
    with without_triggers(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_writeback")
    assert broken()["Every decision has the write-backs that it announced"] == 1


def test_a_write_back_that_left_at_no_time(day):
    WriteBack.objects.update(status=WriteBack.Status.SENT)
    assert broken()["A write-back that left says when, and how it ended"] == 1


def test_a_write_back_in_no_state_that_there_is(day):
    WriteBack.objects.update(status="lost")
    assert broken() == {"A write-back that left says when, and how it ended": 1}


def test_an_attempt_that_its_reports_do_not_say(day):
    SendAttempt.objects.filter(error_code="30003").update(error_text="made up")
    assert broken() == {"The state of an attempt is what its reports say": 1}


def test_counts_that_lost_a_row(day):
    hour = AttemptHour.objects.first()
    AttemptHour.objects.filter(pk=hour.pk).update(attempts=hour.attempts + 1)
    assert broken() == {"Counts by hour are what the attempts say": 1}


def test_an_append_only_table_without_its_guard(day):
    table = FlagEvent._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER {table}_no_delete{on}")
    try:
        assert broken() == {"Tables that may only grow are guarded by the database": 1}
    finally:
        protect(connection, table)


def test_a_guard_that_is_switched_off(day, postgresql):
    table = FlagEvent._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_update")
        assert broken() == {"Tables that may only grow are guarded by the database": 1}
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_update")


def test_the_command_says_what_holds_and_fails_where_something_does_not(day, capsys):
    call_command("verify_ledger")
    assert "broken" not in capsys.readouterr().out
    Flag.objects.filter(pk=day["waiting"].pk).update(status=Flag.Status.ESCALATED)
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_ledger", json=True)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["examples"] for row in rows if row["broken"]] == [
        [f"flag {day['waiting'].pk} is escalated, its history ends with open"]
    ]


def test_the_nightly_run_ends_as_failed_and_says_what_to_do(day):
    assert identities.verify("", beat=jobs.unwatched)["identities"] > 10
    Flag.objects.filter(pk=day["waiting"].pk).update(status=Flag.Status.ESCALATED)
    with pytest.raises(jobs.Refused, match=r"1 broken.*verify_ledger"):
        identities.verify("", beat=jobs.unwatched)


def test_it_runs_once_a_day():
    now = timezone.now()
    run = identities.ring(trigger="schedule", now=now)
    assert run is not None
    JobRun.objects.filter(pk=run.pk).update(status=JobRun.Status.DONE, finished_at=now, queued_at=now)
    assert identities.ring(trigger="schedule", now=now + timedelta(hours=23)) is None
    assert identities.ring(trigger="schedule", now=now + timedelta(hours=25)) is not None
