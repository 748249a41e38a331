"""The check of a message in a real browser: live while typing, one click to the replacement, both looks, a phone."""

import json

import pytest

from backoffice.access import VIEWER
from tests.backoffice.make import person
from tests.browser.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = (
    "Acme: 20% off all shoes this week only, see https://bit.ly/x1 — don’t miss it, {first_name}. Reply STOP."
)


def typed(page, text=TEXT):
    page.get_by_label("Text", exact=False).first.fill(text)
    page.locator("#check-findings").wait_for()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_is_accessible_and_fits(open_page, check_accessibility, fits_width, size):
    page = open_page(person(VIEWER), "/errors/check/", size)
    page.emulate_media(reduced_motion="reduce")
    check_accessibility(page)
    typed(page, TEXT + " 🎉\u00a0" + "ж" * 60)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert fits_width(page)
        check_accessibility(page)


def test_the_answer_comes_while_typing_and_the_replacement_by_one_click_that_can_be_undone(open_page):
    page = open_page(person(VIEWER), "/errors/check/")
    typed(page)
    summary = page.locator("#check-summary")
    page.locator("#check-summary", has_text="UCS-2").wait_for()
    assert "2 segments" in summary.inner_text()
    page.get_by_role("button", name="Use the replacement text").click()
    page.locator("#check-summary", has_text="GSM-7").wait_for()
    text = page.locator("textarea[name=body]")
    assert text.input_value() == TEXT.replace("—", "-").replace("’", "'")
    page.keyboard.press("Control+z")
    assert text.input_value() == TEXT
    page.locator("#check-summary", has_text="UCS-2").wait_for()


def test_on_a_phone_the_answer_stands_right_below_the_text(open_page):
    page = open_page(person(VIEWER), "/errors/check/", PHONE)
    typed(page)
    assert page.locator("#check-phone").bounding_box()["y"] < PHONE["height"]
    page.get_by_text("Recipient, sender, time").click()
    page.get_by_label("Recipient's number").fill("+14155552671")
    page.get_by_text("We do not know this number").wait_for()


def test_a_screen_reader_hears_the_result_once_the_typing_rests(open_page):
    page = open_page(person(VIEWER), "/errors/check/")
    typed(page, "Acme: {first_name}, see you")
    page.locator("[data-check-said]", has_text="Block").wait_for(state="attached")


def test_a_finding_leads_to_its_place_and_lights_it(open_page):
    page = open_page(person(VIEWER), "/errors/check/")
    typed(page)
    note = page.locator(".note", has_text="body.placeholder")
    note.hover()
    number = note.get_attribute("data-note")
    lit = page.locator(f'.place.is-lit[data-notes~="{number}"]')
    assert "".join(lit.all_inner_texts()).endswith("first_name}")
    note.get_by_role("link", name="Show in the text").click()
    assert page.url.endswith(f"#place-{number}")


def test_an_old_answer_never_overwrites_a_newer_one(open_page):
    page = open_page(person(VIEWER), "/errors/check/")
    held = []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/errors/check/live", hold_the_first)
    text = page.locator("textarea[name=body]")
    with page.expect_request("**/errors/check/live"):
        text.fill("Old text {first_name}")
    text.fill("New text")
    page.locator(".bubble", has_text="New text").wait_for()
    page.wait_for_timeout(300)
    assert page.locator(".bubble", has_text="Old text").count() == 0


def test_a_failing_server_is_told_and_asked_again(open_page, complaints):
    page = open_page(person(VIEWER), "/errors/check/")
    page.route("**/errors/check/live", lambda route: route.abort())
    page.locator("textarea[name=body]").fill("Acme: hello")
    page.get_by_text("The server does not answer").wait_for()
    page.unroute("**/errors/check/live")
    page.locator(".bubble", has_text="Acme: hello").wait_for()
    assert page.locator("[data-check-trouble]").inner_text() == ""


def test_a_slow_answer_is_told(open_page):
    page = open_page(person(VIEWER), "/errors/check/")
    page.route("**/errors/check/live", lambda route: None)
    page.locator("textarea[name=body]").fill("Acme: hello")
    page.get_by_text("The answer takes long").wait_for()


def test_nothing_typed_stays_in_the_browser(open_page):
    page = open_page(person(VIEWER), "/errors/check/")
    typed(page, "A secret text")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "secret" not in json.dumps(kept)


def test_it_works_without_script(new_page, sign_in):
    page = sign_in(new_page(java_script_enabled=False), person(VIEWER))
    page.goto("/errors/check/")
    page.locator("textarea[name=body]").fill(TEXT)
    page.get_by_role("button", name="Check", exact=True).click()
    assert "UCS-2" in page.locator("#check-summary").inner_text()
    page.get_by_role("button", name="Use the replacement text").click()
    assert "GSM-7" in page.locator("#check-summary").inner_text()
    assert "don't miss it" in page.locator("textarea[name=body]").input_value()


def test_a_list_is_checked_and_its_rows_downloaded(open_page, check_accessibility, fits_width, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("number\n+14155552671\n12345\n")
    page = open_page(person(VIEWER), "/errors/check/")
    typed(page)
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Check the list").click()
    page.get_by_role("heading", name="2 rows of the list").wait_for()
    assert page.locator("textarea[name=body]").input_value() == TEXT
    check_accessibility(page)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert fits_width(page)
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download the rows: must not get it").click()
    assert "12345" in waited.value.path().read_text(encoding="utf-8-sig")
    page.locator("textarea[name=body]").fill("Acme: another text")
    page.locator(".bubble", has_text="Acme: another text").wait_for()
    page.get_by_role("button", name="Check again with this text").click()
    page.get_by_role("heading", name="2 rows of the list").wait_for()
