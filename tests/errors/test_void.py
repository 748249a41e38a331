"""A voided file's reports stop counting; what providers reported stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backoffice.access import SUPERVISOR
from backoffice.imports.void import void
from backoffice.models import Bucket, ImportBatch
from errors.life import Event, Status
from errors.models import AttemptEvent, ParkedEvent, SendAttempt, TouchedHour
from errors.record import Report, Source, record
from tests.backoffice.make import person
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, 10, tzinfo=UTC)
NOW = datetime(2026, 5, 2, tzinfo=UTC)
HEADER = "message_ref,sent_at,provider,account,to,sender,status,error_code\n"


def row(ref: str = "m1", status: str = "delivered", code: str = "", sender: str = "A") -> str:
    return f"{ref},2026-05-01T10:00:00Z,twilio,AC1,+12125550101,{sender},{status},{code}\n"


def take(*rows: str) -> tuple[ImportBatch, list[str]]:
    batch = upload("send-log", HEADER + "".join(rows), as_of=NOW)
    return batch, [outcome.bucket for outcome in taken_in(batch)]


def callback(status: Status, code: str = "", ref: str = "m1") -> None:
    report = Report("twilio", "AC1", ref, Event(status, code), source=Source.CALLBACK)
    record([report], now=NOW)


def take_back(batch: ImportBatch) -> None:
    void(batch, by=person(SUPERVISOR), reason="Another shop's log")


def test_attempts_that_only_this_file_knew_leave_the_log_and_their_hours_are_counted_anew() -> None:
    batch, _ = take(row(), row("m2", "failed"))
    TouchedHour.objects.all().delete()
    take_back(batch)
    assert not SendAttempt.objects.exists()
    assert AttemptEvent.objects.count() == 2  # history stays
    assert TouchedHour.objects.get().hour == AT


def test_the_same_rows_may_come_again_with_another_file() -> None:
    batch, _ = take(row(status="failed", code="30007"))
    take_back(batch)
    again, buckets = take(row(status="failed", code="30007"), row("m2"))
    assert buckets == [Bucket.CREATED, Bucket.CREATED]
    found = SendAttempt.objects.get(message_ref="m1")
    assert (found.status, found.error_code) == ("failed", "30007")
    take_back(again)
    _, buckets = take(row(status="failed", code="30007"))
    assert buckets == [Bucket.CREATED]
    assert SendAttempt.objects.get().is_failed


@pytest.mark.parametrize("order", [1, -1])
def test_of_the_times_of_one_file_the_earliest_stands_and_another_file_moves_none(order: int) -> None:
    later = row(status="sent").replace("T10:", "T11:")
    take(*[row(), later][::order])
    wrong, _ = take(row(status="accepted").replace("2026", "2025"))
    assert SendAttempt.objects.get().submitted_at == AT
    take_back(wrong)
    assert SendAttempt.objects.get().submitted_at == AT


def test_reports_of_other_files_stand_and_the_attempt_is_theirs() -> None:
    first, _ = take(row(status="delivered"))
    second, buckets = take(row(status="undelivered", code="30008"))
    assert buckets == [Bucket.UPDATED]
    assert SendAttempt.objects.get().status == "delivered"
    take_back(first)
    found = SendAttempt.objects.get()
    assert (found.status, found.error_code, found.is_failed) == ("undelivered", "30008", True)
    assert (found.batch, found.line) == (second, 2)


def test_a_later_file_that_is_voided_gives_back_the_state_before_it() -> None:
    take(row(status="sent"))
    second, _ = take(row(status="undelivered", code="30008"))
    take_back(second)
    found = SendAttempt.objects.get()
    assert (found.status, found.is_failed, found.error_code) == ("sent", False, "")


def test_callbacks_are_kept_and_meet_the_attempt_when_it_comes_again() -> None:
    batch, _ = take(row(status="sent", sender="wrong"))
    callback(Status.DELIVERED)
    take_back(batch)
    assert not SendAttempt.objects.exists()
    assert ParkedEvent.objects.count() == 1
    take(row(status="sent", sender="right"))
    found = SendAttempt.objects.get()
    assert (found.status, found.sender) == ("delivered", "right")
    assert not ParkedEvent.objects.exists()


def test_voiding_leaves_what_never_was_in_the_file() -> None:
    take(row("m1"))
    batch, _ = take(row("m2"))
    take_back(batch)
    assert list(SendAttempt.objects.values_list("message_ref", flat=True)) == ["m1"]
