"""Files of the suppression list for messaging platforms."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.models import AuditEntry
from consent.models import SuppressionExport
from consent.reconcile import reconcile_numbers
from tests.consent import make

pytestmark = pytest.mark.django_db
URL = "/holds/suppressions"


def stopped():
    line = make.number()
    make.stop(line, at=timezone.now() - timedelta(days=1))
    reconcile_numbers([line.pk], now=timezone.now())
    return line


def rows(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.fixture
def taken(browser):
    """taken("full") -> what a supervisor's file of that kind holds."""
    client = browser("Supervisor")
    program, system = make.program(), make.platform()

    def take(kind="full", **fields):
        return client.post(URL, {"system": system.pk, "program": program.pk, "kind": kind, **fields})

    take.client = client
    return take


def test_the_whole_list_then_changes_since_the_last_file(taken):
    first = stopped()
    assert [(row["number"], row["suppressed"]) for row in rows(taken())] == [(first.e164, "yes")]
    assert rows(taken("changes")) == []
    second = stopped()
    make.record(first, "grant", "handset", timezone.now(), program=make.program(), sender="+14155550100")
    reconcile_numbers([first.pk], now=timezone.now())
    found = {row["number"]: row["suppressed"] for row in rows(taken("changes"))}
    assert found == {first.e164: "no", second.e164: "yes"}


def test_changes_can_be_taken_again_from_an_earlier_file(taken):
    rows(taken())
    begun = SuppressionExport.objects.get()
    line = stopped()
    assert len(rows(taken("changes"))) == 1
    assert [row["number"] for row in rows(taken("changes", after=begun.pk))] == [line.e164]


def test_who_took_which_file_is_on_record(taken):
    stopped()
    rows(taken())
    entry = AuditEntry.objects.get(action="suppressions.download")
    assert entry.actor == taken.client.person
    assert entry.details == {"system": "texter", "program": "promo", "rows": 1, "is_full": True}


def test_changes_need_a_whole_list_before_them(taken):
    answer = taken("changes")
    assert answer.status_code == 200
    assert "take the whole list first" in answer.content.decode()
    assert not SuppressionExport.objects.exists()


def test_changes_since_a_file_of_another_program_are_refused(taken):
    rows(taken())
    other = make.program("news", sender="+14155550199")
    answer = taken("changes", program=other.pk, after=SuppressionExport.objects.get().pk)
    assert "another platform or program" in answer.content.decode()


def test_an_agent_may_not_and_sees_no_way_to(browser):
    agent = browser("Agent")
    assert agent.get(URL).status_code == 403
    assert URL not in agent.get("/holds/").content.decode()
    assert URL in browser("Supervisor").get("/holds/").content.decode()
