"""Every page of the navigation with the demo shop's data: both themes, a desk and a phone; search, print, jobs."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from backoffice.models import ImportBatch, JobRun
from consent.models import ConsentRecord, Flag, Number
from tests.browser import make as shared

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def shop(django_db_setup, django_db_blocker) -> Iterator[dict[str, User]]:
    with shared.demo_shop(django_db_blocker) as people:
        yield people


@pytest.fixture
def known_number() -> Number:
    """One with a history on both tracks and a disagreement."""
    return Number.objects.get(pk=Flag.objects.open().filter(code="PLATFORM_IN_AGREED_OUT").first().number_id)


def in_the_navigation(page) -> list[str]:
    links = page.locator("#rail a[href]").evaluate_all("all => all.map(link => link.getAttribute('href'))")
    return [link for link in dict.fromkeys(links) if not link.startswith("#")]


def details(number: Number) -> list[str]:
    """One page of each kind behind the lists."""
    flags = Flag.objects.open()
    return [
        "/review/?severity=S1&tab=unassigned",
        f"/review/{flags.filter(number=number).first().pk}/",
        f"/review/{flags.filter(number=None).first().pk}/",
        f"/contacts/{number.pk}/",
        f"/contacts/{number.pk}/log",
        f"/contacts/{number.pk}/start/marketing",
        "/imports/new",
        f"/imports/{ImportBatch.objects.get(original_name='hubspot.csv').pk}/",
        "/write-backs/",
        f"/jobs/{JobRun.objects.order_by('pk').first().pk}/",
    ]


def test_every_page_is_accessible_and_fits(shop, known_number, open_page, looks_right):
    paths = in_the_navigation(open_page(shop["sam"], "/"))
    assert len(paths) >= 7, "the navigation was not found"

    def has_words(page):
        assert not page.locator("option", has_text="-----").count(), f"{page.url} has a choice without words"

    looks_right(shop["sam"], [*paths, *details(known_number)], then=has_words)


def test_a_fragment_of_a_number_finds_the_person(shop, known_number, open_page):
    page = open_page(shop["ana"], "/contacts/")
    page.fill("main [name=text]", f" {known_number.e164[-7:-4]}-{known_number.e164[-4:]} ")
    page.keyboard.press("Enter")
    link = page.locator(f"main a[href='/contacts/{known_number.pk}/']")
    link.wait_for()
    assert known_number.e164[-4:] not in page.url, "personal data stands in no address"
    link.click()
    page.wait_for_url(f"**/contacts/{known_number.pk}/")
    assert known_number.e164 in page.inner_text("h1").replace(" ", "").replace("-", "")


def test_a_fragment_that_is_too_short_says_so_beside_the_field(shop, open_page):
    page = open_page(shop["ana"], "/contacts/")
    page.fill("main [name=text]", "41")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Type at least 4 digits")
    assert page.evaluate("document.activeElement.name") == "text", "one goes on where the trouble is"


def test_a_contact_prints_as_the_audit_report(shop, known_number, open_page, fits_width):
    page = open_page(shop["ana"], f"/contacts/{known_number.pk}/")
    assert not page.is_visible("text=Audit report of")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})  # a sheet of paper
    for gone in ("#rail", "#header", "[data-print]", "text=Log what they said"):
        assert not page.locator(gone).first.is_visible(), f"{gone} is printed"
    said = page.inner_text("main")
    assert f"Audit report of {known_number.e164}" in said
    assert "by ana" in said
    for record in ConsentRecord.objects.filter(number=known_number):
        assert page.is_visible(f"#c{record.pk}"), "the whole ledger is printed"
    assert fits_width(page)


def test_the_jobs_page_tells_what_ran_and_for_whom(shop, open_page):
    page = open_page(shop["sam"], "/jobs/")
    assert JobRun.objects.filter(status=JobRun.Status.DONE).exists()
    page.wait_for_selector("main .chip >> text=Done")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/*/")
    assert page.locator("main .chip").count()


def test_the_queue_says_why_each_flag_stands_where_it_stands(shop, open_page):
    page = open_page(shop["ana"], "/review/")
    marks = page.locator("table.queue tbody tr td:nth-child(2)").all_inner_texts()
    assert marks == sorted(marks), "the most harmful first"
    assert "someone who said no is or will be texted" in page.locator(
        "table.queue [title]"
    ).first.get_attribute("title")
