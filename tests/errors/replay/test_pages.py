"""Pages of rules against history: what they show, who may run them, and that every number leads to its sends."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from backoffice import jobs
from backoffice.models import AuditEntry, JobRun
from errors.models import RuleReplay, SendAttempt
from errors.replay import run
from errors.replay.change import Change
from errors.rulebook import rules_in_force
from tests.consent.make import staff
from tests.errors.replay.test_run import ASKED, NOON, history, line, replayed

__all__ = ["history"]
pytestmark = pytest.mark.django_db
LIST = reverse("errors:replay_list")


def page_of(row: RuleReplay, **asked: str) -> str:
    return reverse("errors:replay", args=[row.pk]) + (f"?{urlencode(asked)}" if asked else "")


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(staff("Viewer"))
    return client


@pytest.mark.parametrize("tab", ["rules", "gaps", "stale"])
def test_every_number_of_a_result_leads_to_as_many_sends(
    viewer: Client, history: dict[str, SendAttempt], tab: str
) -> None:
    row = replayed()
    shown = viewer.get(page_of(row, tab=tab)).content.decode()
    links = re.findall(r'<a href="([^"]*/sends\?[^"]*)">([^<]*)</a>', shown)
    assert links
    for url, number in links:
        context = viewer.get(url.replace("&amp;", "&")).context
        assert context["total"] == sum(int(part) for part in number.split("+"))
        assert len(context["rows"]) == context["total"]


def test_a_viewer_may_look_and_not_run(viewer: Client, history: dict[str, SendAttempt]) -> None:
    assert viewer.get(LIST).status_code == 200
    assert b"Run now" not in viewer.get(LIST).content
    assert viewer.post(reverse("errors:replay_run")).status_code == 403
    assert not RuleReplay.objects.exists()


def test_a_supervisor_runs_the_whole_log_or_a_window(client: Client, history: dict[str, SendAttempt]) -> None:
    # The history lies in the future of the clock: only a window reaches it.
    client.force_login(staff("Supervisor"))
    asked = {"since": "2026-11-30T00:00", "until": "2026-12-10T00:00"}
    answer = client.post(reverse("errors:replay_run"), asked)
    row = RuleReplay.objects.get()
    assert answer["Location"] == page_of(row)
    assert row.asked_by is not None
    job = JobRun.objects.get(kind="errors.replay")
    assert b"Running" in client.get(page_of(row)).content
    jobs.work(job.pk, {"errors.replay": run.replay})
    assert b"All rules together" in client.get(page_of(row)).content


def test_half_a_window_is_refused_with_words(client: Client) -> None:
    client.force_login(staff("Supervisor"))
    answer = client.post(reverse("errors:replay_run"), {"since": "2026-11-30T00:00"}, follow=True)
    assert b"Give both times" in answer.content


@pytest.mark.parametrize(
    "change", ["nonsense", "{}", '{"was": {"kind": 1}, "now": null}', '{"was": null, "now": []}']
)
def test_a_change_that_cannot_be_read_is_refused_with_words(client: Client, change: str) -> None:
    client.force_login(staff("Supervisor"))
    answer = client.post(reverse("errors:replay_run"), {"change": change}, follow=True)
    assert answer.status_code == 200
    assert not RuleReplay.objects.exists()


def test_a_changed_rule_is_run_in_the_background(client: Client, history: dict[str, SendAttempt]) -> None:
    client.force_login(staff("Supervisor"))
    was = next(rule for rule in rules_in_force(ASKED.date()) if rule.subject == "bit.ly")
    history["fine"].__class__.objects.filter(pk=history["fine"].pk).update(submitted_at="2026-01-05T18:00Z")
    client.post(reverse("errors:replay_run"), {"change": Change(was, replace(was, note="else")).as_text()})
    row = RuleReplay.objects.get()
    assert "edited" in client.get(page_of(row)).content.decode()


def test_two_results_stand_beside_each_other(viewer: Client, history: dict[str, SendAttempt]) -> None:
    was = next(rule for rule in rules_in_force(ASKED.date()) if rule.subject == "bit.ly")
    before, after = replayed(), replayed(change=Change(was, None))
    shown = viewer.get(page_of(after, against=str(before.pk))).content.decode()
    assert "Only in the other result" in shown
    assert "Both looked at the same sends" in shown
    for odd in ("x", "-1", "99999999999999999999", str(after.pk)):
        assert viewer.get(page_of(after, against=odd)).status_code == 200


def test_a_number_that_is_none_is_not_found(viewer: Client, history: dict[str, SendAttempt]) -> None:
    row = replayed()
    url = reverse("errors:replay_sends", args=[row.pk])
    key = line(row, "link.shortener").key
    for odd in (
        "",
        "?key=x&came=prevented",
        f"?key={key}&came=nonsense",
        f"?key={key}&came=prevented&severity=error",
    ):
        assert viewer.get(url + odd).status_code == 404


def test_sends_that_left_the_log_are_told(viewer: Client, history: dict[str, SendAttempt]) -> None:
    row = replayed()
    gone = history["short link, filtered"]
    SendAttempt.objects.filter(pk=gone.pk).delete()
    key = line(row, "link.shortener").key
    shown = viewer.get(
        reverse("errors:replay_sends", args=[row.pk]) + f"?key={key}&came=prevented&severity=warn"
    )
    assert b"no longer in the log" in shown.content


@pytest.mark.parametrize("tab", ["rules", "gaps", "stale"])
def test_each_table_comes_as_a_file_and_that_is_on_record(
    viewer: Client, history: dict[str, SendAttempt], tab: str
) -> None:
    row = replayed()
    answer = viewer.get(reverse("errors:replay_export", args=[row.pk, tab]))
    header, *rows = csv.reader(io.StringIO(answer.content.decode().lstrip("\ufeff")))
    assert rows
    assert all(len(one) == len(header) for one in rows)
    assert AuditEntry.objects.get(action="replay.export").details == {"table": tab}


def test_a_result_that_was_stopped_says_so(viewer: Client, history: dict[str, SendAttempt]) -> None:
    row = run.ask(NOON - timedelta(days=1), NOON + timedelta(days=1), now=ASKED, trigger="command")
    JobRun.objects.update(status=JobRun.Status.CANCELLED)
    assert b"not finished" in viewer.get(page_of(row)).content


def test_an_empty_log_has_nothing_to_run_on(client: Client) -> None:
    client.force_login(staff("Supervisor"))
    assert b"No sends to run the rules on" in client.get(LIST).content
    client.post(reverse("errors:replay_run"))
    assert not RuleReplay.objects.exists()


def test_a_page_costs_the_same_however_many_lines(
    viewer: Client, history: dict[str, SendAttempt], django_assert_max_num_queries: object
) -> None:
    row = replayed()
    for tab in ("rules", "gaps", "stale"):
        with django_assert_max_num_queries(40):  # type: ignore[operator]
            viewer.get(page_of(row, tab=tab))
