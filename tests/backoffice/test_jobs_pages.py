from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice import schedule
from backoffice.access import AGENT, SUPERVISOR, VIEWER
from backoffice.filters import RunFilter, day_range
from backoffice.models import AuditEntry, JobRun
from backoffice.pages.jobs import Seen, why_waiting
from tests.backoffice import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor(client):
    user = make.person(SUPERVISOR)
    client.force_login(user)
    return user


def running(**fields):
    now = timezone.now()
    defaults = {
        "status": JobRun.Status.RUNNING,
        "started_at": now - timedelta(seconds=100),
        "finished_at": None,
        "heartbeat_at": now,
        "lease_until": now + timedelta(seconds=60),
        "done": 500,
        "total": 2000,
        "attempt": 1,
    }
    return make.run(**{**defaults, **fields})


def page(client, run):
    return client.get(reverse("jobs:run", args=[run.pk])).content.decode()


# --- one run ------------------------------------------------------------------------------------------------


def test_a_running_run_says_how_far_how_fast_and_how_long(client, supervisor):
    html = page(client, running())
    assert "500 of 2,000 (25 %)" in html
    assert "5 a second" in html
    assert "5 min left" in html
    assert "data-live" in html


def test_a_run_whose_worker_is_gone_says_that_it_goes_on(client, supervisor):
    html = page(client, running(lease_until=timezone.now() - timedelta(seconds=1)))
    assert "Worker lost, resuming" in html


def test_a_failure_stands_there_in_its_own_words_and_can_be_tried_again(client, supervisor):
    run = make.run(status=JobRun.Status.FAILED, failure="Line 40 has no closing quote. <b>Mend it</b>.")
    html = page(client, run)
    assert "Line 40 has no closing quote. &lt;b&gt;Mend it&lt;/b&gt;." in html
    assert reverse("jobs:run_retry", args=[run.pk]) in html
    assert "data-live" not in html


def test_an_import_run_leads_to_its_file(client, supervisor):
    batch = make.batch()
    run = make.run(kind="import.run", subject=str(batch.pk))
    assert reverse("imports:batch", args=[batch.pk]) in page(client, run)
    assert Seen(make.run(kind="import.run", subject="٣"), make.NOW).subject_url == ""


def test_the_usual_time_is_the_median_of_earlier_runs(client, supervisor):
    for minutes in (1, 2, 60):
        make.run(started_at=make.NOW, finished_at=make.NOW + timedelta(minutes=minutes))
    html = page(client, running())
    assert "Usually takes" in html
    assert "<dd>2 min</dd>" in html


def test_the_live_part_ends_with_a_reload_when_the_run_ends(client, supervisor):
    run = running()
    url = reverse("jobs:run_live", args=[run.pk])
    assert "X-Live" not in client.get(url).headers
    JobRun.objects.filter(pk=run.pk).update(status=JobRun.Status.DONE, finished_at=timezone.now())
    assert client.get(url)["X-Live"] == "reload"


# --- cancel and retry ---------------------------------------------------------------------------------------


def test_cancel_asks_a_running_run_to_stop_and_is_on_record(client, supervisor):
    run = running()
    client.post(reverse("jobs:run_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert (run.status, run.cancel_wanted) == (JobRun.Status.RUNNING, True)
    entry = AuditEntry.objects.get(action="job.cancel")
    assert (entry.actor, entry.object_id) == (supervisor, str(run.pk))


def test_cancel_stops_a_waiting_run_at_once(client, supervisor):
    run = make.run(status=JobRun.Status.QUEUED, started_at=None, finished_at=None)
    client.post(reverse("jobs:run_cancel", args=[run.pk]))
    run.refresh_from_db()
    assert run.status == JobRun.Status.CANCELLED


def test_a_run_that_has_ended_cannot_be_cancelled(client, supervisor):
    run = make.run()
    answer = client.post(reverse("jobs:run_cancel", args=[run.pk]), follow=True)
    assert "already ended" in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_retry_makes_a_new_run_and_leaves_the_old_one(client, supervisor):
    run = make.run(status=JobRun.Status.FAILED, params={"shard": 1})
    client.post(reverse("jobs:run_retry", args=[run.pk]))
    again = JobRun.objects.exclude(pk=run.pk).get()
    assert (again.kind, again.subject, again.params) == (run.kind, run.subject, {"shard": 1})
    assert (again.status, again.requested_by) == (JobRun.Status.QUEUED, supervisor)
    run.refresh_from_db()
    assert run.status == JobRun.Status.FAILED


def test_retry_twice_queues_once(client, supervisor):
    run = make.run(status=JobRun.Status.FAILED)
    for _ in range(2):
        client.post(reverse("jobs:run_retry", args=[run.pk]))
    assert JobRun.objects.unfinished().count() == 1


@pytest.mark.parametrize("status", [JobRun.Status.DONE, JobRun.Status.RUNNING])
def test_only_what_failed_or_was_cancelled_is_tried_again(client, supervisor, status):
    run = make.run(status=status)
    client.post(reverse("jobs:run_retry", args=[run.pk]))
    assert JobRun.objects.count() == 1


@pytest.mark.parametrize("role", [VIEWER, AGENT])
@pytest.mark.parametrize("act", ["run_cancel", "run_retry"])
def test_who_may_not_control_runs_is_refused_and_sees_no_button(client, role, act):
    client.force_login(make.person(role))
    run = running()
    url = reverse(f"jobs:{act}", args=[run.pk])
    assert client.post(url).status_code == 403
    assert url not in page(client, run)
    run.refresh_from_db()
    assert not run.cancel_wanted


@pytest.mark.parametrize("act", ["run_cancel", "run_retry"])
def test_looking_changes_nothing(client, supervisor, act):
    assert client.get(reverse(f"jobs:{act}", args=[running().pk])).status_code == 405


# --- why it waits -------------------------------------------------------------------------------------------


def queued(**fields):
    return make.run(
        **{
            "status": JobRun.Status.QUEUED,
            "started_at": None,
            "finished_at": None,
            "rung_at": make.NOW - timedelta(seconds=20),
            **fields,
        }
    )


def test_it_says_that_no_worker_runs():
    assert "No worker has been seen yet" in why_waiting(queued(), make.NOW)
    schedule.ran("sweep", make.NOW - timedelta(minutes=7))
    assert "for 7 min" in why_waiting(queued(subject="other"), make.NOW)


def test_it_says_until_when_and_what_went_wrong_before():
    later = make.NOW + timedelta(minutes=3)
    words = why_waiting(queued(not_before=later, failure="The database did not answer."), make.NOW)
    assert words.startswith("Waits until 21 Nov 2026, 10:03 EST.")
    assert "The database did not answer." in words


def test_it_says_that_the_queue_was_not_told():
    schedule.ran("sweep", make.NOW)
    assert "has not been told" in why_waiting(queued(rung_at=None), make.NOW)


def test_it_says_that_workers_are_busy():
    schedule.ran("sweep", make.NOW)
    make.run(status=JobRun.Status.RUNNING, heartbeat_at=make.NOW)
    assert "busy with 1 other run" in why_waiting(queued(), make.NOW)


# --- the list -----------------------------------------------------------------------------------------------


def test_a_silence_of_the_schedule_is_a_row(client, supervisor):
    schedule.ran("sweep", make.NOW)
    schedule.ran("sweep", make.NOW + timedelta(minutes=30))
    html = client.get(reverse("jobs:run_list")).content.decode()
    assert "is-gap" in html
    assert "did not run for 30 minutes" in html


def test_a_schedule_that_stands_still_is_said_at_the_top(client, supervisor):
    schedule.ran("sweep", timezone.now() - timedelta(minutes=5))
    html = client.get(reverse("jobs:run_list")).content.decode()
    assert "The schedule is behind" in html
    assert "“Look for work that nobody picked up” last ran" in html


def test_standing_rows_are_no_runs(client, supervisor):
    schedule.ran("sweep", timezone.now())
    row = JobRun.objects.get(kind=schedule.KIND)
    assert client.get(reverse("jobs:run", args=[row.pk])).status_code == 404
    assert client.get(reverse("jobs:run_list")).context["page"].count == 0


def chosen(**query):
    return set(RunFilter(query, queryset=JobRun.objects.all()).qs)


def test_rounds_that_found_nothing_are_hidden_unless_asked_for():
    quiet = make.run(trigger=JobRun.Trigger.SCHEDULE, kind="consent.reconcile")
    loud = make.run(trigger=JobRun.Trigger.SCHEDULE, kind="consent.reconcile", done=3, counts={"numbers": 3})
    staff = make.run()
    assert chosen() == {loud, staff}
    assert chosen(quiet="true") == {quiet, loud, staff}


def test_filters_narrow_by_work_status_and_starter():
    failed = make.run(status=JobRun.Status.FAILED, kind="import.check")
    done = make.run(trigger=JobRun.Trigger.COMMAND)
    lost = make.run(status=JobRun.Status.RUNNING, lease_until=timezone.now() - timedelta(minutes=1))
    alive = make.run(status=JobRun.Status.RUNNING, lease_until=timezone.now() + timedelta(minutes=1))
    assert chosen(kind="import.check") == {failed}
    assert chosen(status="failed") == {failed}
    assert chosen(status="running") == {lost, alive}
    assert chosen(status="lost") == {lost}
    assert chosen(trigger="command") == {done}


def test_a_day_is_a_day_on_the_staff_clock():
    # 03:30 UTC on the 22nd is still the 21st in New York.
    late = make.run(queued_at=make.NOW.replace(day=22, hour=3, minute=30))
    make.run(queued_at=make.NOW.replace(day=22, hour=5, minute=30))
    assert chosen(day="2026-11-21") == {late}


def test_the_day_the_clocks_go_back_has_25_hours():
    start, end = day_range(date(2026, 11, 1))
    assert end - start == timedelta(hours=24)  # by the clock on the wall
    assert (end.timestamp() - start.timestamp()) / 3600 == 25


def test_filters_stay_in_the_address_of_every_page(client, supervisor):
    for _ in range(60):
        make.run(status=JobRun.Status.FAILED)
    page = client.get(reverse("jobs:run_list"), {"status": "failed"}).context["page"]
    assert page.count == 60
    assert "status=failed" in page.next_url


def test_a_filter_that_is_set_can_be_taken_off_by_itself(client, supervisor):
    html = client.get(reverse("jobs:run_list"), {"status": "failed", "kind": "import.run"}).content.decode()
    assert "Work: Import a file" in html
    assert 'href="?kind=import.run"' in html


def test_the_list_asks_the_same_number_of_questions_however_long(client, supervisor):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("jobs:run_list"))
        return len(asked)

    questions()  # content types and the like are asked for once per process
    make.run(requested_by=supervisor)
    queued(rung_at=None)
    few = questions()
    for _ in range(40):
        make.run(requested_by=supervisor)
        queued(rung_at=None)
    assert questions() == few
