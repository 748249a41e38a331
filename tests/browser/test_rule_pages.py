"""The pages of rules and of campaign checks: both themes, a desk and a phone; one change by hand."""

import pytest
from django.urls import reverse

from errors import rulebook
from errors.models import CampaignCheck, PreflightRule
from tests.backoffice.make import person
from tests.errors.test_campaign_check import SALE, checked, fourty
from tests.errors.test_rulebook import NOW, house, own, stored

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_pages_of_rules_are_accessible_and_fit(looks_right):
    by = person("Supervisor", first_name="Ana")
    rulebook.add(own(), reason="Everybody shares it.", by=by, now=NOW)
    changed = rulebook.change(stored("house_segments"), house("9"), reason="More.", by=by, now=NOW)
    off = rulebook.switch(stored("shortener", "bit.ly"), on=False, reason="Ours.", by=by, now=NOW)
    shown = [changed, off, stored("content", "content.sex"), stored("hours", "sun", "FR")]
    lists = [
        "",
        "?tab=doubted",
        "?tab=off",
        "?text=nothing+like+this",
        "new",
        "new?kind=content",
        "new?kind=hours",
    ]
    paths = [f"/errors/rules/{query}" for query in lists]
    looks_right(by, [*paths, *(reverse("errors:rule", args=[row.series]) for row in shown)])


def test_a_rule_is_changed_by_hand(open_page):
    page = open_page(person("Supervisor"), "/errors/rules/?kind=house_segments")
    page.get_by_role("link", name="A text of more than 3 segments").click()
    page.get_by_label("How many segments").fill("0")
    page.locator("#id_reason").fill("We pay for more.")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("write a whole number above zero").wait_for()
    page.get_by_label("How many segments").fill("6")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("A text of more than 6 segments").wait_for()
    assert PreflightRule.objects.in_use().get(kind="house_segments").value == "6"


def test_the_pages_of_campaigns_are_accessible_and_fit(looks_right):
    first = checked(fourty())
    checked(fourty(), SALE.replace("today", "today 😀"), price="0.0079")
    waiting = CampaignCheck.objects.create(
        name="autumn", asked_by=first.asked_by, original_name="x" * 200 + ".csv", size=1, template="Hi"
    )
    shown = [*CampaignCheck.objects.filter(name="spring").order_by("pk"), waiting]
    pages = [reverse("errors:campaign", args=[check.pk]) for check in shown]
    compare = reverse("errors:campaign_compare", args=[shown[0].pk, shown[1].pk])
    base = "/errors/check/campaigns/"
    looks_right(person("Supervisor"), [base, f"{base}new", f"{base}?name=none", *pages, compare])
