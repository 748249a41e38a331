"""A day at the review queue: find, decide by keys, take back, meet a colleague, be stopped by a STOP."""

from urllib.parse import parse_qs, urlsplit

import pytest

from backoffice.access import AGENT, SUPERVISOR, VIEWER
from consent.models import Correction, Decision, Flag, WriteBack
from tests.consent import make

pytestmark = pytest.mark.django_db(transaction=True)

POST = """async ([path, form]) => {
    const csrfmiddlewaretoken = document.querySelector('[name=csrfmiddlewaretoken]').value;
    const body = new URLSearchParams({...form, csrfmiddlewaretoken});
    const answer = await fetch(path, {method: 'POST', body});
    return [answer.status, await answer.text()];
}"""


@pytest.fixture
def agent():
    return make.staff(AGENT, "ana")


@pytest.fixture
def lead():
    return make.staff(SUPERVISOR, "sam")


@pytest.fixture
def flags():
    """Three people who said STOP and would be texted all the same."""
    return [make.stopped_but_texted() for _ in range(3)]


def query_of(page):
    return parse_qs(urlsplit(page.url).query)


def decide(page, words="Looked at the reply.", button="text=Decide, next flag"):
    """Write the agreed status, with the first reason there is."""
    page.select_option("[name=reason_align]", index=1)
    page.fill("[name=words]", words)
    page.click(button)


# --- Keys ---------------------------------------------------------------------------------------------------


def test_a_flag_is_decided_without_the_mouse_and_the_next_one_opens(open_page, agent, flags):
    page = open_page(agent, "/review/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.evaluate("document.activeElement.href")
    page.keyboard.press("Enter")
    page.wait_for_url(first)

    page.keyboard.press("2")
    assert page.is_checked("[value=revoke]")
    page.wait_for_selector("[name=said]", state="visible")
    assert page.evaluate("document.activeElement.name") == "reason_revoke"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("1")
    assert page.is_checked("[value=align]")
    assert page.evaluate("document.activeElement.name") == "reason_align"
    page.keyboard.press("ArrowDown")
    page.focus("[name=words]")
    page.keyboard.type("Looked at the reply: 1 STOP, nothing since.")
    page.keyboard.press("Control+Enter")

    page.wait_for_selector(".toast >> text=done, 1 value to hand over")
    assert str(Correction.objects.get().number.e164)[-4:] in page.inner_text(".toast"), (
        "it says who it was about"
    )
    assert "/review/" in page.url
    assert page.url != first, "the next flag opens by itself"
    correction = Correction.objects.get()
    assert correction.words == "Looked at the reply: 1 STOP, nothing since."
    assert correction.flags.get().status == Flag.Status.CORRECTING


def test_the_last_decision_is_taken_back_from_the_next_page(open_page, agent, flags):
    page = open_page(agent, f"/review/{flags[0].pk}/")
    decide(page)
    page.wait_for_selector(".toast >> text=Undo")
    assert WriteBack.objects.filter(status=WriteBack.Status.PENDING).count() == 1
    page.keyboard.press("z")
    page.wait_for_selector(".toast >> text=/[Tt]aken back|[Uu]ndone/")
    assert Correction.objects.get().status == Correction.Status.UNDONE
    assert not WriteBack.objects.filter(status=WriteBack.Status.PENDING).exists()
    flags[0].refresh_from_db()
    assert flags[0].status == Flag.Status.OPEN


# --- The address keeps the view -----------------------------------------------------------------------------


def test_filters_stand_in_the_address_and_stay_through_every_action(open_page, agent, flags):
    make.without_proof()
    page = open_page(agent, "/review/")
    page.select_option("[name=severity]", "S1")
    page.click(".filters button >> text=Filter")
    page.wait_for_url("**/review/?*severity=S1*")
    shown = page.locator("table.queue tbody tr").count()
    assert shown == Flag.objects.filter(severity="S1", status=Flag.Status.OPEN).count()

    page.click("text=Next for me")
    page.wait_for_url("**/review/*/?*")
    assert query_of(page)["severity"] == ["S1"]
    page.click("text=Assign to me")
    page.wait_for_selector(".toast >> text=Assigned to")
    assert query_of(page)["severity"] == ["S1"]
    decide(page)
    page.wait_for_selector(".toast >> text=done")
    assert query_of(page)["severity"] == ["S1"]
    page.keyboard.press("u")
    page.wait_for_url("**/review/?*severity=S1*")
    assert page.input_value("[name=severity]") == "S1"


def test_all_that_match_are_decided_together_after_a_preview(open_page, lead, flags):
    page = open_page(lead, "/review/?severity=S1")
    page.check("[data-bulk-all]")
    page.wait_for_selector("[data-bulk-bar]", state="visible")
    assert page.inner_text("[data-bulk-count]") == str(page.locator("table.queue tbody tr").count())
    page.click("text=Write the agreed status …")
    page.wait_for_selector("h1 >> text=Write the agreed status for")
    assert not Correction.objects.exists(), "a preview writes nothing"
    page.select_option("[name=reason]", index=1)
    page.click("main form button.btn--primary")
    page.wait_for_selector("h1 >> text=What became of the selection")
    assert "Decided" in page.inner_text("main")
    assert Correction.objects.filter(decision=Decision.ALIGN).exists()


# --- Two people ---------------------------------------------------------------------------------------------


def test_of_two_who_decide_the_second_sees_what_happened_and_keeps_the_words(
    open_page, agent, lead, flags, check_accessibility
):
    address = f"/review/{flags[0].pk}/"
    first, second = open_page(agent, address), open_page(lead, address)
    decide(first, "I was here first.")
    first.wait_for_selector(".toast >> text=done")
    decide(second, "My long thoughts about it.")
    second.wait_for_selector("text=Nothing was overwritten.")
    notice = second.inner_text(".conflict")
    assert "ana" in notice
    assert "I was here first." in notice
    assert "My long thoughts about it." in notice
    assert Correction.objects.count() == 1
    check_accessibility(second)


def test_evidence_that_comes_meanwhile_is_seen_before_the_decision_counts(open_page, agent, flags):
    page = open_page(agent, f"/review/{flags[0].pk}/")
    make.reading(flags[0].number, "in", make.system("other"), ref="77")
    make.stop(flags[0].number, at=make.NOW)
    make.weigh(flags[0].number)
    decide(page, "As I saw it.")
    page.wait_for_selector("text=The facts changed since you opened this page.")
    assert page.input_value("[name=words]") == "As I saw it."
    assert not Correction.objects.exists()
    page.click("text=Decide, next flag")  # read again, and still right
    page.wait_for_selector(".toast >> text=done")
    assert Correction.objects.get().words == "As I saw it."


def test_what_may_end_in_messages_waits_for_a_second_person(open_page, agent, lead):
    flag = make.without_proof()
    make.wording(flag.program)
    page = open_page(agent, f"/review/{flag.pk}/")
    page.check("[value=proof]")
    page.select_option("[name=reason_proof]", index=1)
    page.fill("[name=day]", "2026-03-01")
    page.select_option("[name=wording]", index=1)
    page.fill("[name=proof_link]", "https://files.example/form-12.pdf")
    page.fill("[name=words]", "The paper form is in the archive.")
    page.click("text=Decide, stay")
    page.wait_for_selector(".toast >> text=it waits for a second person")
    correction = Correction.objects.get()
    assert correction.status == Correction.Status.PROPOSED
    page.goto(f"/corrections/{correction.pk}/")
    assert page.locator("text=Agree and apply").count() == 0, "nobody agrees with themselves"

    other = open_page(lead, f"/corrections/{correction.pk}/")
    assert "The paper form is in the archive." in other.inner_text("main")
    other.click("text=Agree and apply")
    other.wait_for_selector(".toast")
    correction.refresh_from_db()
    assert (correction.status, correction.second_by) == (Correction.Status.APPLIED, lead)


# --- What nobody may ----------------------------------------------------------------------------------------


def test_a_stop_is_not_argued_away_and_the_way_back_is_explained(
    open_page, agent, flags, check_accessibility
):
    flag = flags[0]
    make.wording(flag.program)
    page = open_page(agent, f"/review/{flag.pk}/")
    page.check("[value=proof]")
    page.select_option("[name=reason_proof]", index=1)
    page.fill("[name=day]", "2026-03-01")
    page.select_option("[name=wording]", index=1)
    page.fill("[name=proof_link]", "https://files.example/form-12.pdf")
    page.fill("[name=words]", "There is an older form.")
    page.click("text=Decide, next flag")
    page.wait_for_selector("text=A STOP stands")
    assert "only a message from the phone itself does" in page.inner_text("main")
    assert page.input_value("[name=words]") == "There is an older form."
    assert not Correction.objects.exists()
    check_accessibility(page)
    page.click("a.btn >> text=Instructions to text START")
    page.wait_for_url("**/start/**")
    assert "Text the word START to" in page.inner_text("main")


def test_a_viewer_sees_everything_and_can_press_nothing(open_page, flags):
    viewer = make.staff(VIEWER, "vera")
    page = open_page(viewer, "/review/")
    assert page.locator("text=Next for me").count() == 0
    assert page.locator("table.queue input[type=checkbox]").count() == 0
    page.goto(f"/review/{flags[0].pk}/")
    assert page.locator("form[data-decide]").count() == 0
    assert page.locator("main button:not([data-print], [data-copy], [data-dismiss])").count() == 0
    for path, form in (
        (f"/review/{flags[0].pk}/", {"decision": "align"}),
        ("/review/next", {}),
        (f"/review/{flags[0].pk}/assign", {"to": str(viewer.pk)}),
        (f"/review/{flags[0].pk}/snooze", {"span": "1d"}),
        ("/review/bulk", {"flag": str(flags[0].pk), "action": "align"}),
    ):
        status, said = page.evaluate(POST, [path, form])
        assert status == 403, f"{path} answered {status}"
        assert "Not accepted" not in said, "refused for the role, not for a missing token"
    assert not Correction.objects.exists()
