"""The frame in a real browser: looks in both themes and on a phone, keys, drawer, live parts, search."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice import schedule
from backoffice.access import SUPERVISOR
from backoffice.models import JobRun
from consent.models import Number
from tests.backoffice import make
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = [
    "/",
    "/jobs/",
    "/search",
    "/admin/",
    "/admin/backoffice/system/",
    "/admin/backoffice/importrow/",
    "/admin/backoffice/importbatch/",
    "/admin/backoffice/auditentry/",
    "/admin/backoffice/system/export/",
    "/admin/password_change/",
]


@pytest.fixture
def lead():
    return make.person(SUPERVISOR, first_name="Ana", last_name="López")


@pytest.fixture
def chief():
    return make.root()


@pytest.fixture
def some_data():
    now = timezone.now()
    for at in range(4):
        make.batch(as_of=now - timedelta(hours=at * 20))
        make.run(queued_at=now, status=[*JobRun.Status.values][at], lease_until=now + timedelta(hours=1))
    schedule.ran("sweep", now - timedelta(hours=1))
    schedule.ran("sweep", now)


def test_pages_are_accessible_and_fit(looks_right, lead, some_data):
    looks_right(lead, PAGES)


def test_what_administrators_edit_is_accessible(looks_right, chief):
    looks_right(chief, ["/admin/backoffice/system/import/", "/admin/auth/user/add/", "/admin/auth/group/"])


def test_targets_are_large_enough_to_hit(open_page, lead, some_data):
    page = open_page(lead, "/", PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
            .filter(e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}))
            .filter(e => !e.closest('p, td, dd, .section__head, .breadcrumbs, .skip-to-content-link, .card__head')
                         && !e.matches('.skip-to-content-link'))
            .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
    )
    assert small == []


# --- keys ---------------------------------------------------------------------------------------------------


def focused(page):
    return page.evaluate("document.activeElement.id")


def test_slash_goes_to_the_search_box_and_typing_there_stays_typing(open_page, lead):
    page = open_page(lead, "/jobs/")
    page.keyboard.press("/")
    assert focused(page) == "topbar-search"
    page.keyboard.type("g/h?")
    assert page.input_value("#topbar-search") == "g/h?"
    assert page.url.endswith("/jobs/")


def test_g_and_a_letter_go_to_a_page(open_page, lead):
    page = open_page(lead, "/")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/jobs/")


def test_a_question_mark_lists_the_keys_and_escape_closes_them(open_page, lead):
    page = open_page(lead, "/")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    assert "Jobs" in page.inner_text("#keys")
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys", state="hidden")


def test_single_keys_can_be_switched_off_for_good(open_page, lead):
    page = open_page(lead, "/")
    page.keyboard.press("?")
    page.check("[data-keys-off]")
    page.click("#keys [data-close]")
    page.reload()
    page.keyboard.press("/")
    assert focused(page) != "topbar-search"
    page.click("summary[aria-label='Your account']")
    page.click("text=Keyboard")
    page.uncheck("[data-keys-off]")
    page.click("#keys [data-close]")
    page.keyboard.press("/")
    assert focused(page) == "topbar-search"


def test_j_and_k_walk_the_rows_and_enter_opens_one(open_page, lead, some_data):
    page = open_page(lead, "/jobs/")
    first, second = page.locator(".row-link").nth(0), page.locator(".row-link").nth(1)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert second.evaluate("e => e === document.activeElement")
    page.keyboard.press("k")
    assert first.evaluate("e => e === document.activeElement")
    address = first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


# --- frame --------------------------------------------------------------------------------------------------


def test_the_drawer_opens_and_closes_on_a_phone(open_page, check_accessibility, lead):
    page = open_page(lead, "/", PHONE)
    link = page.locator("#rail >> text=Imports")
    assert not link.is_visible()
    page.click("[aria-label='Open the menu']")
    link.wait_for(state="visible")
    check_accessibility(page)
    page.keyboard.press("Escape")
    link.wait_for(state="hidden")
    page.click("[aria-label='Open the menu']")
    link.click()
    page.wait_for_url("**/imports/")


def test_the_theme_changes_and_stays(open_page, lead):
    page = open_page(lead, "/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#header .theme-toggle")
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert after != before
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == after


def test_freshness_opens_by_keyboard_and_closes_with_escape(open_page, lead, some_data):
    page = open_page(lead, "/")
    page.focus(".trust > summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".trust h2", state="visible")
    page.keyboard.press("Escape")
    page.wait_for_selector(".trust .menu__panel", state="hidden")


def test_good_news_leaves_by_itself_and_can_be_sent_away(open_page, lead):
    run = make.run(status=JobRun.Status.FAILED, kind="nothing.known")
    page = open_page(lead, f"/jobs/{run.pk}/")
    page.click("#retry-run")
    toast = page.locator(".toasts[role=status] .toast--success")
    toast.wait_for()
    toast.locator("[data-dismiss]").click()
    toast.wait_for(state="detached")


# --- live parts ---------------------------------------------------------------------------------------------


def test_progress_moves_without_reload_and_the_end_shows_itself(open_page, lead):
    now = timezone.now()
    run = make.run(
        status=JobRun.Status.RUNNING,
        started_at=now - timedelta(seconds=10),
        finished_at=None,
        heartbeat_at=now,
        lease_until=now + timedelta(minutes=5),
        done=10,
        total=100,
    )
    page = open_page(lead, f"/jobs/{run.pk}/")
    page.evaluate("window.same = true")
    page.wait_for_selector("text=10 of 100")
    JobRun.objects.filter(pk=run.pk).update(done=60)
    page.wait_for_selector("text=60 of 100", timeout=60_000)
    assert page.evaluate("window.same") is True
    JobRun.objects.filter(pk=run.pk).update(lease_until=now - timedelta(minutes=1))
    page.wait_for_selector("text=Worker lost, resuming", timeout=60_000)
    JobRun.objects.filter(pk=run.pk).update(status=JobRun.Status.DONE, finished_at=now, lease_until=None)
    page.wait_for_selector(".chip--ok >> text=Done", timeout=60_000)


def test_stopping_a_run_asks_first(open_page, lead):
    now = timezone.now()
    run = make.run(
        status=JobRun.Status.RUNNING,
        finished_at=None,
        heartbeat_at=now,
        lease_until=now + timedelta(minutes=5),
    )
    page = open_page(lead, f"/jobs/{run.pk}/")
    page.click("#cancel-run")
    page.click("#confirm [data-close]")
    assert not JobRun.objects.get(pk=run.pk).cancel_wanted
    page.click("#cancel-run")
    page.click("#confirm [data-confirm-yes]")
    page.wait_for_selector("text=asked to stop")
    assert JobRun.objects.get(pk=run.pk).cancel_wanted


# --- search -------------------------------------------------------------------------------------------------


def test_searching_leaves_nothing_in_the_address_and_back_and_reload_work(open_page, lead):
    number = Number.objects.create(e164="+14155550123", region="US")
    page = open_page(lead, "/")
    page.keyboard.press("/")
    page.keyboard.type("5550123")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=+1 415-555-0123")
    assert "0123" not in page.url
    page.click("text=+1 415-555-0123")
    page.wait_for_url(f"**/contacts/{number.pk}/")
    page.go_back()
    page.wait_for_selector("text=+1 415-555-0123")
    page.reload()
    page.wait_for_selector("text=+1 415-555-0123")


def test_pages_print_without_the_frame(open_page, lead, some_data):
    page = open_page(lead, "/")
    page.emulate_media(media="print")
    assert not page.is_visible("#rail")
    assert not page.is_visible("#header")
    assert page.is_visible("h1")
