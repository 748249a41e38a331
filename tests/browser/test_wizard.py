"""A file's way in, as a member of staff goes it: from the upload to the rows that come back mended."""

import csv
import io

import pytest

from backoffice.access import AGENT, SUPERVISOR
from backoffice.models import ImportBatch
from consent.models import Reading
from tests.backoffice import make
from tests.browser import make as shared
from tests.browser.conftest import PHONE
from tests.consent.intake import make as imports

pytestmark = pytest.mark.django_db(transaction=True)
KNOWN = (  # the names that the ready-made mapping of a CRM dump knows
    "name,phone,sms_opt_in,opted_at,country\n"
    "Al Ash,(646) 555-0101,Yes,2026-03-14 09:30,US\n"
    "Bo Bay,646-555-0102,No,2026-03-14 09:31,US\n"
    "Io Ives,1.2E+10,Yes,2026-03-14 09:38,US\n"
    "Jo Jett,,Yes,2026-03-14 09:39,US\n"
)
SUM = {
    "New": 4,
    "Changed": 0,
    "Unchanged": 0,
    "Repeated in the file": 1,
    "Rejected": 2,
    "Held for a person": 1,
}


@pytest.fixture
def lead():
    return make.person(SUPERVISOR)


def upload(page, content, name="customers.csv", system="CRM dump"):
    page.goto("/imports/new")
    page.check(f".choice:has-text('{system}') input")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.click("text=Upload and look at it")


def map_columns(page):
    """From the format to the checked file. Every choice of a column brings its questions by itself."""
    page.wait_for_url("**/format")
    page.click("text=These rows look right")
    page.wait_for_url("**/mapping")
    page.select_option("#id_column-status", "Texts wanted")
    page.wait_for_selector("#questions >> text=A “yes” in “Texts wanted” means")
    page.select_option("#id_column-at", "Said on")
    page.wait_for_selector("#questions >> text=Dates are written")
    page.select_option("#id_column-last_name", "Customer")
    page.wait_for_selector(".mapping-table >> text=Al Ash >> visible=true")
    page.check("label.choice:has-text('6 opted in') input")
    page.check("text=I compared these rows")
    page.click("text=Save this reading and check every row")
    page.wait_for_url("**/preview")


def sum_of(page):
    """The boxes of the result: label → rows."""
    boxes = page.locator(".sum .stat")
    return {
        box.locator(".stat__label").inner_text(): int(box.locator(".stat__n").inner_text())
        for box in boxes.all()
    }


def rejected_file(page):
    with page.expect_download() as started:
        page.click("#rejected ~ a, .card__head:has(#rejected) a")
    return started.value.path().read_bytes()


def test_a_broken_list_goes_in_and_every_row_is_accounted_for(open_page, worker, lead, check_accessibility):
    page = open_page(lead, "/imports/new")
    upload(page, shared.broken_list())

    page.wait_for_url("**/format")
    assert page.input_value("#id_header_line") == "3"
    assert "2 lines above the names are left out" in page.inner_text("main")
    check_accessibility(page)
    map_columns(page)

    page.wait_for_selector("text=Confirm: take 8 rows in", timeout=120_000)
    said = page.inner_text("main")
    assert "8 rows: 4 new, 1 repeated in the file, 2 rejected, 1 held for a person." in said
    assert "“only email” (1)" in said
    assert not Reading.objects.exists(), "a preview writes nothing"
    check_accessibility(page)

    page.click("text=Confirm: take 8 rows in")
    page.wait_for_selector("text=Adds up to the file", timeout=120_000)
    shown = sum_of(page)
    assert shown == {**SUM, "rows of the file": 8}
    assert Reading.objects.count() == 4
    check_accessibility(page)


def test_the_mapping_is_not_saved_before_its_polarity_is_confirmed(open_page, lead):
    page = open_page(lead, "/imports/new")
    upload(page, shared.broken_list())
    page.wait_for_url("**/format")
    page.click("text=These rows look right")
    page.wait_for_url("**/mapping")
    page.select_option("#id_column-status", "Texts wanted")
    page.wait_for_selector("#questions >> text=A “yes” in “Texts wanted” means")
    page.evaluate("document.getElementById('mapping').noValidate = true")
    page.click("text=Save this reading and check every row")
    page.wait_for_selector("text=Look at the rows, then tick this.")
    assert page.url.endswith("/mapping")
    assert page.input_value("#id_column-status") == "Texts wanted", "what was chosen is kept"
    assert ImportBatch.objects.get().status == ImportBatch.Status.SNIFFED


def test_an_agent_is_told_who_can_confirm_the_columns(open_page):
    page = open_page(make.person(AGENT), "/imports/new")
    upload(page, shared.broken_list())
    page.wait_for_url("**/format")
    page.click("text=These rows look right")
    page.wait_for_selector("text=A supervisor confirms how columns are read")
    assert page.locator("text=Save this reading").count() == 0
    assert page.locator("#id_column-number").is_disabled()


def test_rejected_rows_come_back_mended(open_page, lead):
    first = imports.upload("crm", KNOWN, "customers.csv", by=lead)
    imports.taken_in(first, by=lead)
    page = open_page(lead, f"/imports/{first.pk}/")
    assert sum_of(page)["Rejected"] == 2
    rows = list(csv.reader(io.StringIO(rejected_file(page).decode("utf-8-sig"))))
    assert len(rows) == 3, "the names and two rows"
    cell = rows[0].index("phone")
    assert {row[cell].lstrip("'") for row in rows[1:]} == {"1.2E+10", ""}
    rows[1][cell], rows[2][cell] = "646-555-0140", "646-555-0141"
    mended = io.StringIO()
    csv.writer(mended).writerows(rows)

    upload(page, mended.getvalue().encode(), name="rejected-mended.csv")
    page.wait_for_url("**/preview")
    shared.work_off()
    page.reload()
    page.click("text=Confirm: take 2 rows in")
    page.wait_for_selector("text=Waiting.")
    assert "only the rows that waited there" in page.inner_text("main")
    shared.work_off()
    page.reload()
    assert sum_of(page)["New"] == 2
    page.goto(f"/imports/{first.pk}/")
    assert "2 rows that waited here went on in another import." in page.inner_text("main")


def test_the_same_file_again_is_recognised_and_cannot_count_twice(open_page, lead):
    first = imports.upload("crm", KNOWN, "customers.csv", by=lead)
    imports.taken_in(first, by=lead)
    before = Reading.objects.count()
    page = open_page(lead, "/imports/new")
    upload(page, KNOWN.encode(), name="again.csv")
    page.wait_for_url("**/known")
    assert "This exact file was imported on" in page.inner_text("main")
    page.click("text=Check only")
    page.wait_for_url("**/preview")
    shared.work_off()
    page.reload()
    assert "Already in" in page.inner_text("main")
    assert page.locator("text=Confirm: take").count() == 0
    assert Reading.objects.count() == before


def test_a_file_that_is_no_table_says_what_to_do(open_page, lead):
    page = open_page(lead, "/imports/new")
    upload(page, b"%PDF-1.7\n\x00\x01binary", name="list.csv")
    alert = page.locator(".notice--bad")
    alert.wait_for()
    assert "How to mend it" in alert.inner_text()
    assert page.is_checked(".choice:has-text('CRM dump') input"), "the system stays chosen"


def test_the_wizard_fits_a_phone(open_page, lead, fits_width, check_accessibility):
    page = open_page(lead, "/imports/new", PHONE, dark=True)
    for step in ("upload", "format", "mapping", "preview", "result"):
        if step == "format":
            upload(page, shared.broken_list())
            page.wait_for_url("**/format")
        elif step == "mapping":
            page.click("text=These rows look right")
            page.wait_for_url("**/mapping")
        elif step == "preview":
            page.go_back()
            map_columns(page)
            shared.work_off()
            page.reload()
        elif step == "result":
            page.click("text=Confirm: take 8 rows in")
            page.wait_for_selector("text=Waiting.")
            shared.work_off()
            page.reload()
        assert fits_width(page), f"{step} sticks out"
        check_accessibility(page)
