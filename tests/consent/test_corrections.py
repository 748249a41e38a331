"""Decisions on record, the second person's answer, taking back, and the files for systems."""

import csv
import io
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEntry, System
from consent import correct
from consent.correct import Moment
from consent.models import ConsentRecord, Correction, Decision, Touched, WriteBack
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
LIST, SYSTEMS = reverse("consent:correction_list"), reverse("consent:write_back_list")


def url(row, name="correction"):
    return reverse(f"consent:{name}", args=[row.pk])


def aligned(by=None):
    flag = make.stopped_but_texted()
    return correct.decide(
        make.subject(flag),
        make.choice(),
        by=by or make.staff(),
        token=f"t{flag.pk}",
        seen=make.seen(flag),
        now=NOW,
    )


def proposed(by=None):
    flag = make.without_proof()
    choice = make.choice(
        Decision.PROOF,
        proof=ContentFile(b"%PDF-1.4 signed", name="form.pdf"),
        moment=Moment(NOW - timedelta(days=3), text="2026-05-29 11:00", zone="America/New_York"),
        wording=make.wording(),
    )
    return correct.decide(
        make.subject(flag), choice, by=by or make.staff(), token=f"p{flag.pk}", seen=make.seen(flag), now=NOW
    )


# --- The list and one decision ---------------------------------------------------------------------------


def test_the_list_shows_decisions_and_has_a_queue_for_the_second_person(browser):
    done, waiting = aligned(), proposed()
    client = browser("Supervisor")
    assert [row["correction"] for row in client.get(LIST).context["rows"]] == [waiting, done]
    assert [row["correction"] for row in client.get(f"{LIST}?tab=second").context["rows"]] == [waiting]
    assert [row["correction"] for row in client.get(f"{LIST}?status=applied").context["rows"]] == [done]
    assert [row["correction"] for row in client.get(f"{LIST}?decision=proof").context["rows"]] == [waiting]
    assert client.get(f"{LIST}?tab=mine").context["rows"] == []


def test_an_empty_list_says_what_would_be_here(browser):
    client = browser()
    assert b"Nothing waits for a second person" in client.get(f"{LIST}?tab=second").content
    assert b"No correction here" in client.get(LIST).content


def test_the_number_of_queries_does_not_grow_with_the_decisions(browser):
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(LIST)
        return len(found)

    aligned()
    queries()
    few = queries()
    for _ in range(8):
        aligned()
    assert queries() == few


def test_a_decision_is_shown_with_all_that_documents_it(browser):
    row = proposed()
    page = unescape(browser("Viewer").get(url(row)).content.decode())
    for part in (
        "Checked with the person.",
        row.reason.label,
        row.decided_by.username,
        row.proof_sha256,
        "2026-05-29 11:00 (America/New_York)",
        "I agree",
        "Correction propose",
    ):
        assert part in page, part


def test_a_whole_persons_revocation_names_every_number_it_wrote(browser):
    one, other = make.number(), make.number()
    person = make.contact(one, ref="1")
    make.SystemRecord.objects.create(system=make.system(), ref="2", contact=person, number=other)
    make.reading(other, "in", ref="2")
    make.weigh(one, other)
    choice = make.choice(Decision.REVOKE, channel="email", for_whole_person=True)
    row = correct.decide(
        correct.Subject(one, make.program()), choice, by=make.staff(), token="t", seen=None, now=NOW
    )
    page = browser().get(url(row)).content.decode()
    assert other.e164 in page
    assert "all numbers of the person" in page


# --- The second person -----------------------------------------------------------------------------------


def answer(client, row, name="correction_approve", **fields):
    return client.post(url(row, name), {"mark": correct.mark_of(row), "words": "", **fields})


def test_a_supervisor_agrees_and_it_is_applied(browser):
    row = proposed()
    boss = browser("Supervisor")
    assert b"Agree and apply" in boss.get(url(row)).content
    for _ in range(2):
        assert answer(boss, row, words="Signature checked.").status_code == 302
    row.refresh_from_db()
    assert (row.status, row.second_by, row.second_words) == ("applied", boss.person, "Signature checked.")
    assert ConsentRecord.objects.get().approved_by == boss.person


def test_the_second_person_sees_what_would_follow(browser):
    flag = make.presumed_out_but_texted()
    target = ConsentRecord.objects.get(act="revoke")
    choice = make.choice(Decision.VOID, voids=f"c{target.pk}")
    row = correct.decide(
        make.subject(flag), choice, by=make.staff(), token="t", seen=make.seen(flag), now=NOW
    )
    page = browser("Supervisor").get(url(row))
    assert [status.value for status in page.context["outlook"].after.values()] == ["OPTED_IN"]
    assert f"#c{target.pk}" in page.content.decode()


def test_nobody_agrees_to_their_own_and_no_agent_to_anothers(browser):
    boss = browser("Supervisor")
    row = proposed(by=boss.person)
    assert b"Agree and apply" not in boss.get(url(row)).content
    assert answer(boss, row).status_code == 409
    assert answer(browser(), row).status_code == 403
    row.refresh_from_db()
    assert row.status == "proposed"


def test_not_agreeing_needs_words_and_keeps_what_was_typed(browser):
    row = proposed()
    boss = browser("Supervisor")
    assert answer(boss, row, "correction_refuse").status_code == 409
    assert answer(boss, row, "correction_refuse", words="No signature.").status_code == 302
    row.refresh_from_db()
    assert (row.status, row.second_words) == ("refused", "No signature.")


def test_evidence_that_changed_is_shown_before_anybody_agrees(browser):
    row = proposed()
    mark = correct.mark_of(row)
    make.wish(row.number, NOW)
    make.weigh(row.number)
    page = browser("Supervisor").post(url(row, "correction_approve"), {"mark": mark, "words": "Looks right"})
    assert page.status_code == 409
    assert b"The evidence changed" in page.content
    assert b"Looks right" in page.content
    assert page.context["mark"] != mark


def test_a_stop_that_came_meanwhile_is_named(browser):
    row = proposed()
    make.stop(row.number, NOW)
    make.weigh(row.number)
    page = answer(browser("Supervisor"), row)
    assert page.status_code == 409
    assert b"A STOP stands" in page.content


def test_the_author_takes_a_proposal_back(browser):
    client = browser()
    row = proposed(by=client.person)
    assert b"Take it back" in client.get(url(row)).content
    client.post(url(row, "correction_refuse"))
    row.refresh_from_db()
    assert row.status == "refused"
    assert row.second_by is None


def test_an_agent_who_is_not_the_author_cannot_refuse(browser):
    row = proposed()
    assert browser().post(url(row, "correction_refuse"), {"words": "No"}).status_code == 409


# --- Undo and proof --------------------------------------------------------------------------------------


def test_undo_stands_on_the_page_while_nothing_left(browser):
    client = browser()
    row = aligned(by=client.person)
    assert url(row, "correction_undo").encode() in client.get(url(row)).content
    client.post(url(row, "correction_undo"))
    row.refresh_from_db()
    assert row.status == "undone"


def test_too_late_to_undo_is_said(browser):
    client = browser()
    row = aligned(by=client.person)
    row.write_backs.update(status="sent", sent_at=NOW)
    assert url(row, "correction_undo").encode() not in client.get(url(row)).content
    page = client.post(url(row, "correction_undo"), follow=True)
    assert "given this correction already" in str(list(page.context["messages"])[0])


def test_the_proof_is_a_download_of_which_a_record_is_kept(browser):
    row = proposed()
    client = browser()
    answer = client.get(url(row, "correction_proof"))
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 signed"
    assert answer["Content-Disposition"] == f'attachment; filename="proof-{row.pk}.pdf"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert AuditEntry.objects.filter(action="correction.proof", actor=client.person).count() == 1
    assert client.get(url(aligned(), "correction_proof")).status_code == 404
    assert browser("Viewer").get(url(row, "correction_proof")).status_code == 403


def test_nothing_is_changed_by_get(browser):
    row = proposed()
    client = browser("Supervisor")
    for name in ("correction_approve", "correction_refuse", "correction_undo"):
        assert client.get(url(row, name)).status_code == 405


# --- Files for systems -----------------------------------------------------------------------------------


def system_url(of, name="write_backs"):
    return reverse(f"consent:{name}", args=[of.slug])


def test_corrections_are_downloaded_once_and_the_file_stays(browser):
    texter = make.platform()
    make.mapping(texter)
    row = aligned()
    client = browser()
    page = client.get(system_url(texter))
    assert [(line["leaving"], line["columns"]) for line in page.context["ready"]] == [
        (1, "Record ID, Mobile, SMS Opt-In")
    ]
    answer = client.post(system_url(texter, "write_backs_hand_over"), {"program": "promo"}, follow=True)
    assert answer.context["ready"] == []
    file_url = answer.context["files"][0]["url"]
    assert f'href="{file_url}" download data-autodownload' in answer.content.decode()
    for _ in range(2):
        file = client.get(file_url)
        table = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
        assert table == [["Record ID", "Mobile", "SMS Opt-In"], ["1001", row.number.e164, "No"]]
    assert file["Content-Disposition"].startswith('attachment; filename="corrections-texter-promo-')
    assert file["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(action="write_back.download").count() == 2
    assert row.write_backs.get().status == "sent"


def test_what_waits_is_said_however_many_may_leave(browser, monkeypatch):
    texter = make.platform()
    aligned(), aligned()
    later, first = WriteBack.objects.filter(system=texter).order_by("-pk")
    client = browser()

    def ready():
        [line] = client.get(system_url(texter)).context["ready"]
        return line["leaving"], line["waiting"]

    assert ready() == (2, 0)
    WriteBack.objects.filter(pk=later.pk).update(not_before=timezone.now() + timedelta(hours=1))
    assert ready() == (1, 1)
    Touched.objects.create(number=first.number)
    assert ready() == (1, 1)  # a "no" waits for nothing
    WriteBack.objects.filter(pk=first.pk).update(value="in")
    assert ready() == (0, 2)
    WriteBack.objects.update(value="out", not_before=NOW)
    monkeypatch.setattr("consent.views.write_back.capped_count", lambda rows: min(1, rows.count()))
    WriteBack.objects.filter(pk=later.pk).update(not_before=timezone.now() + timedelta(hours=1))
    assert ready() == (1, 1)


def test_a_second_person_who_downloads_gets_nothing_twice(browser):
    texter = make.platform()
    make.mapping(texter)
    aligned()
    for _ in range(2):
        answer = browser().post(
            system_url(texter, "write_backs_hand_over"), {"program": "promo"}, follow=True
        )
    assert "Nothing waits" in str(list(answer.context["messages"])[0])
    assert WriteBack.objects.filter(status="sent").count() == 1


def test_a_file_that_never_was_is_not_found(browser):
    for moment in ("1", "1781000000000000", "999999999999999999"):
        assert (
            browser()
            .get(f"/write-backs/{make.platform().slug}/files/{make.program().code}/{moment}.csv")
            .status_code
            == 404
        )


def test_a_system_without_files_is_changed_by_hand(browser):
    make.platform(delivery=System.Delivery.BY_HAND)
    row = aligned()
    client = browser()
    page = client.get(system_url(make.platform())).content.decode()
    assert "Changed by hand" in page
    assert "write_backs_hand_over" not in page
    write_back = row.write_backs.get()
    client.post(reverse("consent:write_back_by_hand", args=[write_back.pk]))
    write_back.refresh_from_db()
    assert write_back.status == "sent"
    again = client.post(reverse("consent:write_back_by_hand", args=[write_back.pk]), follow=True)
    assert "already" in str(list(again.context["messages"])[-1])


def test_systems_are_listed_with_what_waits_and_what_came_back(browser):
    aligned()
    WriteBack.objects.update(status="reverted", sent_at=timezone.now())
    aligned()
    row = browser().get(SYSTEMS).context["rows"][0]
    assert row["system"].slug == "texter"
    counts = {label: count for label, count in row["counts"] if count}
    assert counts == {"Waiting to be sent": 1, "Read back wrong": 1}


def test_corrections_of_a_system_are_narrowed_by_state(browser):
    aligned()
    WriteBack.objects.update(status="reverted")
    waiting = aligned()
    client = browser()
    listed = client.get(system_url(make.platform()) + "?status=pending").context["page"].rows
    assert [row.correction for row in listed] == [waiting]
    assert len(client.get(system_url(make.platform()) + "?status=nonsense").context["page"].rows) == 2


def test_a_viewer_looks_and_takes_nothing_out(browser):
    make.mapping(make.platform())
    aligned()
    viewer = browser("Viewer")
    assert viewer.get(SYSTEMS).status_code == 200
    page = viewer.get(system_url(make.platform()))
    assert b"Download corrections" not in page.content
    assert (
        viewer.post(system_url(make.platform(), "write_backs_hand_over"), {"program": "promo"}).status_code
        == 403
    )
    assert viewer.get(f"/write-backs/texter/files/promo/{1781000000000000}.csv").status_code == 403


def test_an_empty_page_says_when_something_appears(browser):
    assert b"Nothing to write anywhere" in browser().get(SYSTEMS).content
    assert b"Nothing waits for Texter" in browser().get(system_url(make.platform())).content


def test_corrections_are_counted_once_however_often_looked_at(browser):
    aligned()
    client = browser()
    client.get(LIST)
    client.get(SYSTEMS)
    assert Correction.objects.count() == 1
    assert not AuditEntry.objects.filter(action__startswith="write_back").exists()
