"""The errors overview: both themes, a desk and a phone, and by keyboard alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice import jobs
from errors import rollup
from tests.backoffice.make import person
from tests.errors import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log():
    """Sure and unsure rates, long names, values nobody knows, empty cells, hours that wait."""
    now = timezone.now()
    campaigns = ["spring", "", "Erinnerung an die Terminvereinbarung", *(f"store {n}" for n in range(12))]
    for place, campaign in enumerate(campaigns):
        for country in ["US", "PH", ""][: 1 + place % 3]:
            moment = now - timedelta(hours=place)
            make.sends(40 - 3 * place, failed=place, campaign=campaign, country=country, submitted_at=moment)
    rollup.rollup("test", beat=jobs.unwatched)
    make.attempt(submitted_at=now)


def test_the_overview_is_accessible_and_fits(log, looks_right):
    def unfold(page):
        for summary in page.query_selector_all(".chart__table > summary"):
            summary.click()

    queries = ["", "?window=7d", "?window=30d&country=US", "?since=2020-01-01&until=2019-01-01"]
    looks_right(person("Viewer"), [f"/errors/{query}" for query in queries], then=unfold)


def test_a_point_is_reached_by_keyboard_and_leads_to_its_sends(log, open_page):
    page = open_page(person("Viewer"), "/errors/")
    point = page.locator("a.chart__piece").last
    count = point.get_attribute("data-count")
    point.focus()
    assert page.evaluate("document.activeElement.classList.contains('chart__piece')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/errors/attempts/**")
    assert page.locator("tbody tr").count() == int(count)
