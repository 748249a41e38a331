from datetime import timedelta

import pytest
from django.test import override_settings

from backoffice import schedule, tasks
from backoffice.models import JobRun
from tests.backoffice.make import NOW

pytestmark = pytest.mark.django_db
SCHEDULE = {
    "sweep": {"task": "backoffice.sweep", "schedule": 30.0},
    "tidy": {"task": "backoffice.tidy", "schedule": 3600.0},
}


@pytest.fixture(autouse=True)
def two_entries():
    with override_settings(CELERY_BEAT_SCHEDULE=SCHEDULE):
        yield


def tick(name, now=NOW):
    return next(tick for tick in schedule.ticks(now) if tick.name == name)


def test_an_entry_that_never_ran_is_late():
    assert tick("sweep").is_late
    assert tick("sweep").last_at is None


def test_ticking_leaves_one_standing_row_however_often():
    for seconds in range(0, 300, 30):
        schedule.ran("sweep", NOW + timedelta(seconds=seconds))
    row = JobRun.objects.get(kind=schedule.KIND)
    assert (row.done, row.heartbeat_at) == (10, NOW + timedelta(seconds=270))
    assert not JobRun.objects.filter(kind=schedule.GAP).exists()


@pytest.mark.parametrize(("seconds", "late"), [(30, False), (69, False), (71, True)])
def test_an_entry_is_late_after_two_intervals(seconds, late):
    schedule.ran("sweep", NOW)
    assert tick("sweep", NOW + timedelta(seconds=seconds)).is_late is late


def test_a_long_silence_becomes_a_row_when_it_ends():
    schedule.ran("sweep", NOW)
    schedule.ran("sweep", NOW + timedelta(minutes=12))
    gap = JobRun.objects.get(kind=schedule.GAP)
    assert (gap.subject, gap.started_at, gap.finished_at) == ("sweep", NOW, NOW + timedelta(minutes=12))
    assert "12 minutes" in gap.failure


def test_a_short_delay_by_busy_workers_is_not_kept():
    schedule.ran("sweep", NOW)
    schedule.ran("sweep", NOW + timedelta(minutes=2))
    assert not JobRun.objects.filter(kind=schedule.GAP).exists()


def test_an_hourly_entry_may_be_an_hour_late():
    schedule.ran("tidy", NOW)
    schedule.ran("tidy", NOW + timedelta(minutes=115))
    assert not JobRun.objects.filter(kind=schedule.GAP).exists()


def test_standing_rows_are_never_taken_for_work():
    schedule.ran("sweep", NOW)
    later = NOW + timedelta(days=1)
    assert not JobRun.objects.unfinished().exists()
    assert not JobRun.objects.claimable(later).exists()


def test_every_task_of_the_schedule_leaves_its_trace_by_itself():
    tasks.note_schedule(sender=tasks.sweep)
    assert JobRun.objects.get(kind=schedule.KIND).subject == "sweep"
    tasks.note_schedule(sender=tasks.work)  # not in the schedule
    assert JobRun.objects.filter(kind=schedule.KIND).count() == 1


def test_an_entry_whose_first_turn_is_still_to_come_is_not_late():
    schedule.ran("sweep", NOW)
    assert not tick("tidy", NOW + timedelta(seconds=40)).is_late
    assert tick("tidy", NOW + timedelta(hours=3)).is_late
