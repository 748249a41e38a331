"""No report is no failure: after its time a send is unknown, until somebody says better."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backoffice import jobs
from backoffice.models import JobRun
from errors import life, overdue, tasks
from errors.models import AttemptEvent, SendAttempt, TouchedHour
from errors.record import Report, record
from tests.errors import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def deadlines(settings: Any) -> None:
    hours = {"*": 72, "twilio": 24, "twilio:DE": None, "vonage:GB": 12}
    settings.SEND_LOG = {**settings.SEND_LOG, "final_after_hours": hours}


def sent(hours_ago: float, provider: str = "other", country: str = "US", status: str = "sent") -> SendAttempt:
    at = timezone.now() - hours_ago * HOUR
    return make.attempt(status, submitted_at=at, provider=provider, country=country)


def run() -> dict[str, int]:
    return overdue.overdue("test", beat=jobs.unwatched)


def is_unknown(attempt: SendAttempt) -> bool:
    attempt.refresh_from_db()
    assert not attempt.is_failed
    return attempt.status == life.Status.DELIVERY_UNKNOWN


@pytest.mark.parametrize(
    ("provider", "country", "hours"),
    [
        ("other", "US", 72),
        ("twilio", "US", 24),
        ("vonage", "GB", 12),
        ("vonage", "US", 72),
        ("other", "GB", 72),
        ("twilio", "", 24),
    ],
)
def test_each_route_has_its_own_time(provider: str, country: str, hours: int):
    late, early = sent(hours + 0.1, provider, country), sent(hours - 0.1, provider, country)
    assert run() == {"attempts": 1}
    assert (is_unknown(late), is_unknown(early)) == (True, False)


def test_where_no_deliveries_are_reported_sent_stays_sent():
    silent = sent(24 * 300, "twilio", "DE")
    assert run() == {}
    assert not is_unknown(silent)


@pytest.mark.parametrize("status", list(life.Status))
def test_only_sends_that_a_report_is_expected_of_are_given_up(status: str):
    attempt = sent(1000, status=status)
    run()
    attempt.refresh_from_db()
    expected = {"queued", "accepted", "sending", "sent"}
    assert attempt.status == ("delivery_unknown" if status in expected else status)


def test_it_is_a_report_of_the_clock_that_is_written_once_and_counted_anew():
    attempt = sent(100)
    TouchedHour.objects.all().delete()
    run()
    run()
    event = AttemptEvent.objects.get()
    assert (event.source, event.status, event.attempt_key) == ("clock", "delivery_unknown", attempt.key)
    assert event.occurred_at == attempt.submitted_at + 72 * HOUR
    assert TouchedHour.objects.count() == 1


def test_a_late_report_overrules_the_clock():
    attempt = sent(100)
    run()
    late = life.Event(life.Status.DELIVERED, at=timezone.now(), received_at=timezone.now())
    record([Report(attempt.provider, attempt.account, attempt.message_ref, late)], now=timezone.now())
    attempt.refresh_from_db()
    assert attempt.status == "delivered"
    assert run() == {}


def test_many_are_done_in_small_transactions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(overdue, "STEP", 2)
    for _ in range(5):
        sent(100)
    beats: list[int | None] = []
    assert overdue.overdue("test", beat=lambda done=None, **_: beats.append(done)) == {"attempts": 5}
    assert beats == [2, 4, 5]


def test_the_schedule_starts_a_run_only_when_something_is_late():
    sent(1)
    assert tasks.give_up_on_reports() == {"queued": 0}
    sent(100)
    assert tasks.give_up_on_reports() == {"queued": 1}
    assert JobRun.objects.get().kind == "errors.overdue"
