"""Reviewing in a real browser: by keyboard alone, two people at once, words that survive, phones, both themes."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from consent import correct
from consent.correct import Moment
from consent.models import Correction, Decision, Flag, WriteBack
from tests.browser.conftest import DESKTOP
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = reverse("consent:flag_list")


@pytest.fixture
def agent():
    return make.staff("Agent", "ana")


@pytest.fixture
def lead():
    return make.staff("Supervisor", "sam")


@pytest.fixture
def flags():
    """A day's work: a STOP that the platform ignores, twice, and a claim without proof."""
    make.reason()
    line = make.number()
    make.contact(line, name="Ana")
    make.reading(line, "in", make.system())
    return [make.stopped_but_texted(line), make.stopped_but_texted(), make.without_proof()]


def url(flag, query=""):
    return reverse("consent:flag_review", args=[flag.pk]) + (f"?{query}" if query else "")


def proposal(by):
    flag = make.without_proof()
    choice = make.choice(
        Decision.PROOF, proof_link="https://example.com/f", moment=Moment(NOW), wording=make.wording()
    )
    return correct.decide(make.subject(flag), choice, by=by, token="p", seen=make.seen(flag), now=NOW)


def test_pages_are_accessible_and_fit(looks_right, agent, lead, flags):
    waiting = proposal(agent)
    line = flags[0].number
    pages = [
        QUEUE,
        url(flags[0]),
        url(flags[2]),
        reverse("consent:contact_list"),
        reverse("consent:contact", args=[line.pk]),
        reverse("consent:contact_log", args=[line.pk]),
        reverse("consent:contact_start", args=[line.pk, "promo"]),
        reverse("consent:correction_list"),
        reverse("consent:correction", args=[waiting.pk]),
        reverse("consent:hold_list"),
        reverse("consent:write_back_list"),
        reverse("consent:write_backs", args=["texter"]),
    ]
    looks_right(lead, pages)


def test_a_usual_flag_is_one_screen(open_page, agent, flags):
    page = open_page(agent, url(flags[1]))
    for part in (
        ".why",
        ".review-who",
        ".side-by-side",
        ".timeline__item >> nth=-1",
        "[data-outlook]",
        "[data-submit]",
    ):
        box = page.locator(part).bounding_box()
        assert box is not None, part
        assert box["y"] + box["height"] <= DESKTOP["height"], part


def test_a_flag_is_decided_by_keyboard_alone_and_the_next_one_opens(open_page, agent, flags):
    page = open_page(agent, f"{QUEUE}?severity=S1")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{url(flags[0], 'severity=S1')}")
    page.keyboard.press("1")
    page.keyboard.press("ArrowDown")  # the reason
    page.keyboard.press("Tab")
    page.keyboard.type("z1n are letters here, not keys.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{url(flags[1], 'severity=S1')}")
    decided = Correction.objects.get()
    assert (decided.decision, decided.words) == ("align", "z1n are letters here, not keys.")

    page.keyboard.press("z")
    page.wait_for_url(f"**{url(flags[0], 'severity=S1')}")
    assert not WriteBack.objects.exclude(status="cancelled").exists()


def test_single_keys_can_be_switched_off(open_page, agent, flags):
    page = open_page(agent, QUEUE)
    page.keyboard.press("?")
    assert "Next flag for me" in page.locator("#keys").inner_text()
    page.locator("[data-keys-off]").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_timeout(500)
    assert page.url.endswith(QUEUE)


def test_two_people_who_press_next_get_different_flags(open_page, agent, lead, flags):
    opened = []
    for person in (agent, lead):
        page = open_page(person, f"{QUEUE}?severity=S1")
        page.keyboard.press("n")
        page.wait_for_url(re.compile(r"/review/\d+/"))
        opened.append(page.url)
    assert opened[0] != opened[1]


def test_the_filters_stay_after_a_decision_back_a_bulk_step_and_login(open_page, agent, flags):
    page = open_page(agent, f"{QUEUE}?severity=S1&tab=unassigned")
    page.locator(".row-link").first.click()
    page.wait_for_url("**severity=S1**tab=unassigned**")
    page.locator("[name=reason_align]").select_option(index=1)
    page.locator("[data-submit]").click()
    page.wait_for_url("**severity=S1&tab=unassigned")
    page.go_back()
    assert "severity=S1&tab=unassigned" in page.url
    page.goto(f"{QUEUE}?severity=S2")
    page.locator(".bulk-box").first.check()
    page.get_by_role("button", name="Write the agreed status").click()
    page.get_by_role("link", name="Go back").click()
    page.wait_for_url("**?severity=S2")
    Session.objects.all().delete()
    page.reload()
    page.fill("#id_username", agent.username)
    page.fill("#id_password", "secret-pass")
    page.press("#id_password", "Enter")
    page.wait_for_url("**/review/?severity=S2")


def test_words_survive_a_session_that_ended(open_page, agent, flags):
    page = open_page(agent, url(flags[0]))
    page.locator("[name=reason_align]").select_option(index=1)
    page.locator("[name=words]").fill("A long explanation that nobody wants to type twice.")
    Session.objects.all().delete()
    page.locator("[data-submit]").click()
    page.fill("#id_username", agent.username)
    page.fill("#id_password", "secret-pass")
    page.press("#id_password", "Enter")
    page.wait_for_url(f"**{url(flags[0])}")
    assert page.locator("[name=words]").input_value() == "A long explanation that nobody wants to type twice."
    assert not Correction.objects.exists()


def test_what_would_be_written_follows_the_choice(open_page, agent, flags):
    page = open_page(agent, url(flags[2]))
    page.keyboard.press("2")
    page.get_by_text("1 value will be written").wait_for()
    page.locator("[name=reference]").fill("T-1")
    page.locator("[name=channel]").select_option("email")
    page.locator(".outlook").get_by_text("Opted out", exact=True).first.wait_for()
    page.keyboard.press("Escape")
    page.locator("[name=decision][value=waive]").check()
    page.get_by_text("Nothing is written to any system").wait_for()
    assert not Correction.objects.exists()


def test_a_file_for_a_system_starts_to_download(open_page, agent, flags):
    make.mapping(make.platform())
    flag = Flag.objects.get(pk=flags[1].pk)
    correct.decide(make.subject(flag), make.choice(), by=agent, token="t", seen=make.seen(flag), now=NOW)
    page = open_page(agent, reverse("consent:write_backs", args=["texter"]))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download corrections for Texter").click()
    assert download.value.suggested_filename.startswith("corrections-texter-promo-")


def test_the_report_prints_without_the_frame(open_page, agent, flags):
    page = open_page(agent, reverse("consent:contact", args=[flags[0].number_id]))
    page.emulate_media(media="print")
    assert page.locator(".print-only").first.is_visible()
    assert not page.locator(".rail").is_visible()
    assert not page.get_by_role("button", name="Print").is_visible()


def test_a_link_to_a_record_opens_at_the_record(open_page, agent, flags):
    record = flags[0].evidence[0]
    page = open_page(agent, f"{url(flags[0])}#{record}")
    assert page.locator(f"#{record}:target").count() == 1
