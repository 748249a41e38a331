"""A flag's page: what it shows, deciding, conflicts, the guard of a STOP, undo."""

from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from consent import bulk
from consent.models import ConsentRecord, Correction, Flag, WriteBack
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db


def url(flag, name="flag_review", query=""):
    return reverse(f"consent:{name}", args=[flag.pk]) + (f"?{query}" if query else "")


def filled(page, decision="align", **fields):
    """The page's form as a browser would send it."""
    form = page.context["form"]
    hidden = {name: form[name].value() for name in ("version", "fingerprint", "token")}
    queue = page.context["queue"].text
    chosen = {
        "decision": decision,
        f"reason_{decision}": make.reason(decision).pk,
        "words": "Checked the thread.",
    }
    return {**hidden, "queue": queue, **chosen, **fields}


# --- What it shows ---------------------------------------------------------------------------------------


def test_the_page_tells_why_and_marks_the_two_facts(browser):
    flag = make.stopped_but_texted()
    page = unescape(browser().get(url(flag)).content.decode())
    assert "Texter says “in”</mark>, but <mark" in page
    assert flag.about.advice in page


def test_deciding_records_are_marked_and_linked(browser):
    flag = make.stopped_but_texted()
    stop = ConsentRecord.objects.get(act="revoke")
    page = browser().get(url(flag))
    deciding = [item.id for item in page.context["timeline"] if item.decides]
    assert deciding == [f"c{stop.pk}"]
    assert f'id="c{stop.pk}"' in page.content.decode()


def test_systems_stand_side_by_side_the_one_in_question_first(browser):
    line = make.number()
    make.reading(line, "out", make.system("aaa"))
    flag = make.stopped_but_texted(line)
    sides = browser().get(url(flag)).context["sides"]
    assert [(side.system.slug, side.is_wrong) for side in sides] == [("texter", True), ("aaa", False)]


def test_a_voided_files_rows_stay_in_sight_and_count_for_nothing(browser):
    flag = make.stopped_but_texted()
    crm = make.system()
    void = make.batch(crm, status="voided", voided_at=NOW, void_reason="Wrong list.")
    make.reading(flag.number, "in", crm, batch=void)
    page = browser().get(url(flag))
    assert [
        item.voided for item in page.context["timeline"] if item.reading and item.reading.system == crm
    ] == [True]
    assert [side.system.slug for side in page.context["sides"]] == ["texter"]


def test_other_flags_and_holds_of_the_number_are_shown(browser):
    line = make.number()
    make.reading(line, "in", make.system())
    flag = make.stopped_but_texted(line)
    page = browser().get(url(flag))
    assert {other.code for other in page.context["others"]} == {"SOURCE_IN_AGREED_OUT"}
    assert len(page.context["holds"]) == 2


def test_what_people_wrote_keeps_its_direction_and_runs_nothing(browser):
    line = make.number()
    make.form(line)
    make.wish(line, words="<script>alert(1)</script> توقف")
    make.weigh(line)
    page = browser().get(url(make.flag("FREETEXT_REVOCATION", line))).content.decode()
    assert '<div class="small quote" dir="auto">“&lt;script&gt;alert(1)&lt;/script&gt; توقف”</div>' in page


def test_the_number_of_queries_does_not_grow_with_the_history(browser):
    flag = make.stopped_but_texted()
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(url(flag))
        return len(found)

    queries()
    few = queries()
    for day in range(15):
        make.stop(flag.number, NOW - timedelta(days=20 + day))
        make.reading(flag.number, "never", make.system(f"crm{day}"), read_at=NOW - timedelta(days=day))
    assert queries() == few


def test_a_file_level_flag_has_a_page_of_its_own(browser):
    batch = make.batch(make.system(), original_name="spring <list>.csv")
    flag = Flag.objects.create(
        code="IMPORT_NO_EVIDENCE", severity="S2", batch=batch, system=batch.system, key="x", fingerprint="f",
        why="All 10 rows say “opted in” and none brings proof.", raised_at=NOW, refreshed_at=NOW,
    )  # fmt: skip
    client = browser()
    page = client.get(url(flag))
    assert b"spring &lt;list&gt;.csv" in page.content
    assert [d.value for d in page.context["form"].offered] == ["waive", "escalate"]
    until = (timezone.localdate() + timedelta(days=10)).isoformat()
    client.post(url(flag), filled(page, "waive", until=until))
    flag.refresh_from_db()
    assert flag.status == "waived"


# --- Deciding --------------------------------------------------------------------------------------------


def test_after_a_decision_the_next_flag_of_the_view_opens(browser):
    first, second = make.stopped_but_texted(), make.stopped_but_texted()
    make.without_proof()
    client = browser()
    answer = client.post(url(first, query="severity=S1"), filled(client.get(url(first, query="severity=S1"))))
    assert answer.url == url(second, query="severity=S1")
    second.refresh_from_db()
    assert second.assignee == client.person


def test_staying_shows_the_same_flag_again(browser):
    flag = make.stopped_but_texted()
    make.stopped_but_texted()
    client = browser()
    answer = client.post(url(flag), filled(client.get(url(flag)), stay="on"), follow=True)
    assert answer.redirect_chain[-1][0] == url(flag)
    assert b"Write the agreed status to every system" in answer.content


def test_the_preview_is_what_is_written(browser):
    line = make.number()
    make.reading(line, "in", make.system())
    flag = make.stopped_but_texted(line)
    client = browser()
    page = client.get(url(flag))
    shown = {(step.system.slug, step.value) for step in page.context["outlook"].steps}
    client.post(url(flag), filled(page))
    assert (
        set(WriteBack.objects.values_list("system__slug", "value"))
        == shown
        == {("texter", "out"), ("acme", "out")}
    )


def test_the_preview_follows_the_choice_before_it_is_complete(browser):
    flag = make.without_proof()
    fragment = browser().post(
        url(flag, "flag_preview"), {"decision": "revoke", "scope": "all", "reference": "T-1"}
    )
    text = fragment.content.decode()
    assert "No consent" in text
    assert "Opted out" in text
    assert "1 value will be written" in text
    assert not ConsentRecord.objects.exists()
    nothing = browser().post(url(flag, "flag_preview"), {"decision": "nonsense"})
    assert nothing.content == b""


def test_the_preview_works_without_script(browser):
    flag = make.without_proof()
    client = browser()
    page = client.post(url(flag), filled(client.get(url(flag)), "revoke", preview="1"))
    assert page.context["outlook"].steps
    assert not Correction.objects.exists()


def test_a_revocation_is_logged_with_the_staffs_clock(browser, settings):
    flag = make.without_proof()
    client = browser()
    page = client.get(url(flag))
    client.post(
        url(flag),
        filled(
            page,
            "revoke",
            channel="call",
            reference="CALL-7",
            day="2026-05-30",
            hour="09:15",
            said="No more.",
        ),
    )
    record = ConsentRecord.objects.get()
    assert record.occurred_at.isoformat() == "2026-05-30T13:15:00+00:00"
    assert (record.zone, record.occurred_text) == (settings.TIME_ZONE, "2026-05-30 09:15")
    assert record.words == "By telephone. No more."


def test_proof_is_stored_with_its_hash_and_waits_for_a_second_person(browser):
    flag = make.without_proof()
    client = browser()
    page = client.get(url(flag))
    file = SimpleUploadedFile("../../etc/form.pdf", b"%PDF-1.7 hello")
    client.post(
        url(flag), filled(page, "proof", proof=file, day="2026-05-01", wording=make.wording(flag.program).pk)
    )
    correction = Correction.objects.get()
    assert correction.status == "proposed"
    assert correction.proof.name.startswith("proofs/")
    assert "etc" not in correction.proof.name
    assert len(correction.proof_sha256) == 64


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("form.pdf", b"MZ\x90\x00 a program", "content is something else"),
        ("form.exe", b"MZ", "not taken as proof"),
        ("form.svg", b"<svg onload=alert(1)>", "not taken as proof"),
        ("talk.txt", b"a\x00b", "no text"),
        ("form.pdf", b"", "empty"),
    ],
)
def test_a_file_that_is_no_proof_is_refused_and_the_words_are_kept(browser, name, content, said):
    flag = make.without_proof()
    client = browser()
    sent = filled(
        client.get(url(flag)), "proof", proof=SimpleUploadedFile(name, content), words="My long words"
    )
    page = client.post(url(flag), sent)
    assert said in str(page.context["form"].errors["proof"])
    assert "My long words" in page.content.decode()
    assert not Correction.objects.exists()


def test_a_large_file_is_refused(browser, monkeypatch):
    monkeypatch.setattr("consent.forms.MAX_PROOF", 10)
    flag = make.without_proof()
    client = browser()
    sent = filled(client.get(url(flag)), "proof", proof=SimpleUploadedFile("a.pdf", b"%PDF-1.4 long"))
    assert "at most" in str(client.post(url(flag), sent).context["form"].errors["proof"])


@pytest.mark.parametrize(
    "fields",
    [
        {"reason_align": ""},
        {"decision": ""},
        {"decision": "set_opted_in"},
        {"decision": "void"},  # nothing that could be voided
        {"reason_align": "999999"},
    ],
)
def test_a_decision_without_its_parts_is_not_taken(browser, fields):
    flag = make.stopped_but_texted()
    client = browser()
    page = client.post(url(flag), {**filled(client.get(url(flag))), **fields})
    assert page.status_code == 200
    assert not Correction.objects.exists()


def test_a_double_click_decides_once(browser):
    flag = make.stopped_but_texted()
    client = browser()
    sent = filled(client.get(url(flag)))
    for _ in range(3):
        assert client.post(url(flag), sent).status_code == 302
    assert Correction.objects.count() == 1


def test_fields_that_are_not_in_the_form_change_nothing(browser):
    flag = make.stopped_but_texted()
    client = browser()
    other = make.staff()
    client.post(
        url(flag),
        {**filled(client.get(url(flag))), "status": "applied", "decided_by": other.pk, "value": "in"},
    )
    assert Correction.objects.get().decided_by == client.person
    assert WriteBack.objects.get().value == "out"


# --- Conflicts -------------------------------------------------------------------------------------------


def test_of_two_who_decide_one_wins_and_the_other_sees_what_happened_and_keeps_their_words(browser):
    flag = make.stopped_but_texted()
    ana, ben = browser(), browser()
    anas, bens = filled(ana.get(url(flag)), words="Ana says"), filled(ben.get(url(flag)), words="Ben says")
    ana.post(url(flag), anas)
    page = ben.post(url(flag), bens)
    text = unescape(page.content.decode())
    assert page.status_code == 409
    assert "Nothing was overwritten" in text
    assert ana.person.username in text
    assert "Ana says" in text
    assert "Ben says" in text
    assert Correction.objects.count() == 1


def test_new_evidence_stops_a_decision_shows_it_and_lets_one_decide_again(browser):
    flag = make.stopped_but_texted()
    client = browser()
    sent = filled(client.get(url(flag)), words="As it was")
    make.stop(flag.number, NOW - timedelta(days=1))
    bulk.touch([flag.number_id])
    page = client.post(url(flag), sent)
    assert page.status_code == 409
    assert page.context["conflict"]["evidence_changed"]
    assert not Correction.objects.exists()
    client.post(url(flag), filled(page, words="On the new facts"))
    assert Correction.objects.get().words == "On the new facts"


# --- A STOP stands ---------------------------------------------------------------------------------------


def test_proof_against_a_stop_is_refused_in_plain_words_with_the_way_out(browser):
    flag = make.stopped_but_texted()
    client = browser()
    sent = filled(
        client.get(url(flag)), "proof", proof_link="https://example.com/f", day="2026-05-30",
        wording=make.wording(flag.program).pk, words="They signed",
    )  # fmt: skip
    page = client.post(url(flag), sent)
    text = unescape(page.content.decode())
    assert page.status_code == 409
    assert "A STOP stands" in text
    assert reverse("consent:contact_start", args=[flag.number_id, flag.program.code]) in text
    assert "They signed" in text
    assert Flag.objects.open().filter(code="STOP_OVERRIDE_ATTEMPT", number=flag.number).count() == 1


# --- Undo, notes, who may --------------------------------------------------------------------------------


def test_the_toast_offers_to_undo_and_undoing_comes_back_to_the_flag(browser):
    flag = make.stopped_but_texted()
    client = browser()
    page = client.post(url(flag), filled(client.get(url(flag, query="severity=S1"))), follow=True)
    correction = Correction.objects.get()
    undo = reverse("consent:correction_undo", args=[correction.pk])
    assert f'action="{undo}"' in page.content.decode()
    answer = client.post(undo, {"queue": "severity=S1"})
    assert answer.url == url(flag, query="severity=S1")
    assert WriteBack.objects.get().status == "cancelled"


def test_a_note_stays_with_the_flag(browser):
    flag = make.stopped_but_texted()
    client = browser()
    answer = client.post(url(flag, "flag_comment"), {"text": "Asked the <b>shop</b>."}, follow=True)
    assert "Asked the &lt;b&gt;shop&lt;/b&gt;." in answer.content.decode()


def test_snoozing_goes_on_to_the_next_flag(browser):
    first, second = make.stopped_but_texted(), make.stopped_but_texted()
    assert browser().post(url(first, "flag_snooze"), {"span": "4h"}).url == url(second)
    assert browser().post(url(second, "flag_snooze"), {"span": "9y"}).url == url(second)


def test_a_viewer_sees_the_evidence_and_cannot_decide(browser):
    flag = make.stopped_but_texted()
    viewer = browser("Viewer")
    page = viewer.get(url(flag))
    assert page.status_code == 200
    assert b"data-decide" not in page.content
    assert viewer.post(url(flag), filled(page)).status_code == 403
    assert not Correction.objects.exists()


def test_a_flag_that_is_not_there_is_not_found(browser):
    assert browser().get(reverse("consent:flag_review", args=[999_999])).status_code == 404


def test_a_settled_flag_shows_its_decision_instead_of_the_form(browser):
    flag = make.stopped_but_texted()
    client = browser()
    client.post(url(flag), filled(client.get(url(flag))))
    page = client.get(url(flag))
    assert b"data-decide" not in page.content
    assert b"Checked the thread." in page.content


def test_a_waiver_takes_the_right_and_ends_within_a_year(browser):
    flag = make.stopped_but_texted()
    client = browser()
    page = client.get(url(flag))
    far = (timezone.localdate() + timedelta(days=400)).isoformat()
    refused = client.post(url(flag), filled(page, "waive", until=far))
    assert (refused.status_code, "at most a year" in refused.content.decode()) == (409, True)
    near = (timezone.localdate() + timedelta(days=14)).isoformat()
    client.post(url(flag), filled(page, "waive", until=near))
    flag.refresh_from_db()
    assert flag.status == "waived"
