"""The pages of systems and of a flag that waits: both themes, a desk and a phone; a setting changed by its owner."""

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.models import System
from consent import propagate
from consent.models import Flag
from tests.consent import make
from tests.consent.test_systems import overwritten

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting():
    """Two corrections of the platform that its CRM overwrote; the one is right again."""
    make.reason()
    System.objects.update(is_active=False)
    crm = make.system(overwrites_on_sync=True, excludes="e-mail lists, birthday field")
    make.system("webform", System.Kind.FORM, name="Sign-up form")
    overwritten(crm)
    row = overwritten(crm, days_ago=20)
    batch = make.batch(row.system, timezone.now())
    make.reading(row.number, "out", ref=row.ref, read_at=batch.as_of, batch=batch)
    propagate.settle(batch, now=timezone.now())
    make.weigh(row.number, now=timezone.now())
    return Flag.objects.get(number=row.number, code="PLATFORM_IN_AGREED_OUT")


def test_pages_are_accessible_and_fit(looks_right, waiting):
    correction = waiting.corrections.get()
    pages = [
        reverse("consent:system_list"),
        reverse("consent:system", args=["texter"]),
        reverse("consent:system", args=["acme"]),
        reverse("consent:system", args=["webform"]),
        reverse("consent:flag_review", args=[waiting.pk]),
        reverse("consent:correction", args=[correction.pk]),
        reverse("consent:contact", args=[waiting.number_id]),
    ]
    looks_right(make.staff("Administrator", "ada"), pages)


def test_an_administrator_says_what_a_system_does_now(open_page, waiting):
    page = open_page(make.staff("Administrator", "ada"), reverse("consent:system", args=["acme"]))
    page.get_by_label("Overwrites on sync").uncheck()
    page.get_by_label("Why").fill("Ben left the field out of the sync today.")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Flags that waited for it follow").wait_for()
    assert not System.objects.get(slug="acme").overwrites_on_sync
