"""Replies read with the keyboard alone; wordings and notices read while they are typed; all pages of words usable."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from consent.ledger import Act, Kind
from consent.models import Correction, Flag, Wording
from consent.ready_made import ship_reason_codes
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def unclear(words):
    line = make.number()
    make.form(line)
    make.record(
        line, Act.ASSERT_NONE, Kind.FREETEXT, NOW - timedelta(days=1), sender="+14155550100", words=words
    )
    make.weigh(line)
    return make.flag("UNCLEAR_REPLY", line)


def test_two_replies_are_answered_with_three_keys(open_page):
    ship_reason_codes()
    first, second = unclear("not interested"), unclear("enough")
    page = open_page(make.staff("Agent"), reverse("consent:reply_list"))
    page.keyboard.press("n")
    page.wait_for_url(f"**/replies/{first.pk}/**")
    page.keyboard.press("1")
    page.wait_for_url(f"**/replies/{second.pk}/**")
    page.keyboard.press("4")
    page.wait_for_url("**/replies/?tab=unclear")
    assert Correction.objects.get().decision == "revoke"
    second.refresh_from_db()
    assert second.snoozed_until is not None
    assert not Flag.objects.filter(pk=first.pk, status="open").exists()


def test_a_wording_is_read_while_it_is_typed(open_page):
    about = make.program()
    page = open_page(make.staff("Administrator"), reverse("consent:wording_new") + f"?program={about.pk}")
    page.fill("#id_text", "Promo: reply STOP to end.")
    page.wait_for_selector("mark:has-text('STOP')")
    assert "How often" in page.inner_text("[data-read-here]")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_of_words_are_accessible_and_fit_a_phone(
    new_page, sign_in, check_accessibility, fits_width, dark
):
    ship_reason_codes()
    flag = unclear("not interested")
    text = Wording.objects.create(
        program=make.program(),
        code="web-1",
        text="Promo offers. Reply STOP to end.",
        valid_from=date(2026, 1, 1),
    )
    page = new_page({"width": 390, "height": 844}, dark=dark)
    sign_in(page, make.staff("Administrator"))
    for path in (
        reverse("consent:reply_list"),
        reverse("consent:reply_review", args=[flag.pk]),
        reverse("consent:wording_list"),
        reverse("consent:wording_page", args=[text.pk]),
        reverse("consent:wording_report"),
        reverse("consent:notice_list"),
        reverse("consent:notice_edit"),
        reverse("consent:notice_of_number", args=[flag.number_id]),
    ):
        page.goto(path)
        check_accessibility(page)
        assert fits_width(page), path
