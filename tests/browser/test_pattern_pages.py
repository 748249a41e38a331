"""The pages of patterns: both themes, a desk and a phone; a fix documented by keyboard."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice import jobs
from errors.detect import detect
from errors.fix import fix
from errors.models import Fix, Pattern
from errors.verify import verify
from tests.backoffice.make import person
from tests.errors import make
from tests.errors.test_fix import change

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def patterns():
    """One that is open, one whose fix is being measured."""
    day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    make.counted(4000, failed=40, hour=day - 7 * DAY, campaign="spring", country="PH")
    for campaign, lost in (("spring", 90), ("autumn", 2), ("winter", 80)):
        make.sends(
            200, failed=lost, submitted_at=day + 9 * HOUR, campaign=campaign, country="PH", template="t1"
        )
    detect("", beat=jobs.unwatched, look="daily", starts_at=day.isoformat(), ends_at=(day + DAY).isoformat(),
           against="weeks")  # fmt: skip
    found, other = Pattern.objects.by_impact()[:2]
    fix(other, change(effective_at=timezone.now() - HOUR, verify_until=timezone.now() + DAY, scope={}),
        by=person("Agent"), token="f", seen=1, now=timezone.now())  # fmt: skip
    make.sends(20, failed=1, submitted_at=timezone.now() - HOUR / 2, **other.attributes)
    verify("", beat=jobs.unwatched)
    return found, other


def test_the_pages_are_accessible_and_fit(patterns, looks_right):
    paths = [
        "/errors/patterns/",
        "/errors/patterns/?tab=fixed",
        "/errors/patterns/?tab=muted",
        "/errors/duplicates/",
    ]
    for found in patterns:
        paths += [f"/errors/patterns/{found.pk}/", f"/errors/patterns/{found.pk}/fix"]
        paths += [f"/errors/patterns/{found.pk}/resend"]
    looks_right(person("Supervisor"), paths)


def test_a_fix_is_documented_from_the_keyboard(patterns, open_page):
    found, _ = patterns
    page = open_page(person("Agent"), f"/errors/patterns/{found.pk}/")
    page.keyboard.press("f")
    page.wait_for_url("**/fix")
    page.get_by_label("Why it fails").fill("The short link is filtered.")
    page.get_by_label("Content", exact=True).check()
    page.get_by_label("To", exact=True).fill("A link of our own")
    page.get_by_role("button", name="Document it and watch").click()
    page.wait_for_url(f"**/patterns/{found.pk}/")
    assert page.get_by_text("A link of our own").first.is_visible()
    assert Fix.objects.filter(pattern=found).count() == 1


def test_muting_opens_by_its_key(patterns, open_page):
    found, _ = patterns
    page = open_page(person("Supervisor"), f"/errors/patterns/{found.pk}/")
    page.keyboard.press("m")
    page.get_by_label("Why it can wait").fill("The carrier works on it.")
    page.get_by_role("button", name="Mute", exact=True).click()
    page.get_by_role("button", name="Bring it back").wait_for()
