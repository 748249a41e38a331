import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.access import AGENT, VIEWER
from backoffice.models import ImportBatch, ImportRow
from consent import desk
from consent.models import Correction, Flag, Hold, Number, Program, ReasonCode, WriteBack
from tests.backoffice import make

pytestmark = pytest.mark.django_db
STAT = re.compile(r'<a class="stat[^"]*" href="([^"]+)">\s*<span class="stat__n">([^<]+)</span>')


@pytest.fixture
def agent(client):
    user = make.person(AGENT)
    client.force_login(user)
    return user


def flag(severity, **fields):
    number = Number.objects.create(e164=f"+1415555{Number.objects.count():04d}")
    program, _ = Program.objects.get_or_create(code="offers", defaults={"name": "Offers"})
    now = timezone.now()
    defaults = {
        "code": "PLATFORM_IN_AGREED_OUT",
        "severity": severity,
        "number": number,
        "program": program,
        "key": str(number.pk),
        "fingerprint": "f",
        "why": "Two facts conflict.",
        "raised_at": now,
        "refreshed_at": now,
    }
    return Flag.objects.create(**{**defaults, **fields})


def correction(by):
    held = flag("S2")
    reason, _ = ReasonCode.objects.get_or_create(code="sync", defaults={"decision": "align", "label": "Sync"})
    return Correction.objects.create(
        number=held.number,
        program=held.program,
        decision="align",
        status="applied",
        reason=reason,
        decided_by=by,
        decided_at=timezone.now(),
        token=str(held.pk),
    )


def write_back(by, system, **fields):
    made = correction(by)
    return WriteBack.objects.create(
        correction=made, system=system, number=made.number, program=made.program, value="out",
        key=str(made.pk), not_before=timezone.now(), **fields,
    )  # fmt: skip


@pytest.fixture
def busy_house(agent):
    now = timezone.now()
    for severity, many in (("S1", 3), ("S2", 2), ("S4", 1)):
        for _ in range(many):
            flag(severity)
    flag("S1", due_at=now - timedelta(hours=1), assignee=agent)
    flag("S1", snoozed_until=now + timedelta(days=1), due_at=now - timedelta(days=1))
    flag("S1", status=Flag.Status.WAIVED)
    held = flag("S2", assignee=make.person(AGENT))
    Hold.objects.create(flag=held, number=held.number, program=held.program, placed_at=now)
    desk.comment(held, text=f"@{agent.username}, yours?", by=held.assignee)
    gone = flag("S2", status=Flag.Status.CLOSED)
    Hold.objects.create(flag=gone, number=gone.number, program=gone.program, placed_at=now, released_at=now)
    make.batch(status=ImportBatch.Status.FAILED)
    for _ in range(2):
        make.batch(status=ImportBatch.Status.PREVIEWED)
    done = make.batch(status=ImportBatch.Status.DONE_WITH_REJECTS)
    for line, (bucket, settled) in enumerate(
        [("held", None), ("held", now), ("rejected", None), ("held", None)]
    ):
        ImportRow.objects.create(batch=done, line=line + 2, bucket=bucket, settled_at=settled)
    crm = make.system("Acme CRM")
    for _ in range(3):
        write_back(agent, crm)
    write_back(agent, crm, status=WriteBack.Status.SENT)


def shown_by(answer):
    """How many the list behind a number shows."""
    context = answer.context
    return context["cl"].result_count if "cl" in context else context["page"].count


def test_every_number_leads_to_a_list_of_exactly_that_many(client, busy_house):
    html = client.get("/").content.decode()
    stats = STAT.findall(html)
    assert [int(number) for _, number in stats] == [4, 7, 0, 1, 1, 1, 1, 1, 0, 0, 0, 2, 1, 2]
    for address, number in stats:
        answer = client.get(address.replace("&amp;", "&"))
        assert shown_by(answer) == int(number), address
    ((address, number),) = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)</a>', html)
    assert (int(number), shown_by(client.get(address))) == (3, 3)


def test_the_page_asks_the_same_number_of_questions_however_much_there_is(client, busy_house, agent):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            client.get("/")
        return len(asked)

    questions()
    few = questions()
    for _ in range(15):
        make.batch()
        flag("S1")
        write_back(agent, make.system())
    assert questions() == few


def test_a_new_house_says_why_it_is_empty(client, agent):
    html = client.get("/").content.decode()
    assert "Not reconciled yet" in html
    assert "Nothing to hand over" in html
    assert "no open flag" in html


def test_systems_show_what_they_brought_last(client, agent):
    system = make.system("Acme CRM", expected_every_hours=1)
    make.batch(system, as_of=timezone.now() - timedelta(hours=30), rows_total=1234)
    make.system("Acme texts")
    html = client.get("/").content.decode()
    assert "1,234" in html
    assert "Stale" in html
    assert "without an import" in html


def test_the_last_reconciliation_shows_its_counts(client, agent):
    make.run(kind="consent.reconcile", counts={"numbers": 412300, "raised": 3})
    make.run(kind="consent.reconcile", counts={}, queued_at=make.NOW, finished_at=make.NOW)
    html = client.get("/").content.decode()
    assert "412,300" in html
    assert "Last with news" in html


def test_somebody_without_a_role_is_told_what_to_do(client):
    client.force_login(make.person())
    assert "has no role" in client.get("/").content.decode()


def test_a_viewer_sees_numbers_and_no_way_to_import(client):
    client.force_login(make.person(VIEWER))
    html = client.get("/").content.decode()
    assert "Failed" in html
    assert "Import a file" not in html
