"""A view is kept and opened with keys alone; notes leave no draft behind; both usable on a phone, light and dark."""

import pytest
from django.urls import reverse

from backoffice.models import SavedView
from consent import desk
from consent.models import FlagEvent
from tests.browser.conftest import PHONE
from tests.consent import make

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = reverse("consent:flag_list")


def test_a_view_is_kept_with_keys_and_stands_above_the_list_with_its_count(open_page):
    make.stopped_but_texted()
    page = open_page(make.staff("Agent"), f"{QUEUE}?severity=S1")
    page.keyboard.press("v")
    page.wait_for_url("**/views/of/**")
    page.keyboard.type("Worst first")  # the name has the focus
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{QUEUE}?severity=S1")
    page.wait_for_selector(".views__pinned .pill:has-text('1')")
    assert page.get_attribute(".views__pinned a", "aria-current") == "page"


def test_a_note_that_was_saved_is_not_offered_again(open_page):
    flag = make.stopped_but_texted()
    page = open_page(make.staff("Agent"), reverse("consent:flag_review", args=[flag.pk]))
    page.fill("#note", "Called the shop.")
    page.click("text=Save note")
    page.wait_for_selector(".toast--success")
    assert page.input_value("#note") == ""
    page.fill("#note", "And again")
    page.reload()
    assert page.input_value("#note") == "And again"
    assert FlagEvent.objects.filter(is_note=True).count() == 1


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_views_and_mentions_are_accessible_and_fit_a_phone(open_page, check_accessibility, fits_width, dark):
    person, flag = make.staff("Supervisor", "boss"), make.stopped_but_texted()
    for serial in range(6):
        SavedView.objects.create(
            list_name="consent:flag_list", name=f"View of the queue {serial}", query={"severity": f"S{serial}"},
            words="Severity", owner=person, is_pinned=True, is_shared=serial > 3,
        )  # fmt: skip
    desk.comment(flag, text="@boss, right?", by=make.staff())
    page = open_page(person, f"{QUEUE}?severity=S1", PHONE, dark=dark)
    page.wait_for_selector(".views__pinned .chip:has-text('No longer works')")
    page.click(".views summary")
    broken = SavedView.objects.get(name="View of the queue 5")
    addresses = [
        reverse("views:saved_view_list", args=["consent:flag_list"]),
        reverse("views:saved_view_new", args=["consent:flag_list"]) + "?severity=S3",
        reverse("views:saved_view", args=[broken.pk]),
        reverse("consent:mention_list"),
        reverse("consent:flag_review", args=[flag.pk]),
    ]
    for address in ["", *addresses]:
        if address:
            page.goto(address)
        check_accessibility(page)
        assert fits_width(page), address
