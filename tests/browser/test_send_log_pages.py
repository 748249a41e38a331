"""The send log and the page of one send: both themes, a desk and a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from consent.ledger import Act, Kind
from errors.models import SendAttempt
from errors.suspect import suspect
from tests.backoffice.make import person
from tests.consent import make as people
from tests.errors import make

pytestmark = pytest.mark.django_db(transaction=True)
LOG = "/errors/attempts/"


@pytest.fixture
def sends():
    """One of each kind: fine, failed for several reasons, contradicted, without a number, long words, other scripts."""
    now = timezone.now().replace(microsecond=0)
    line = make.number("+14155550142")
    people.contact(line, name="Ana")
    people.form(line, now - timedelta(days=90))
    people.record(
        line, Act.REVOKE, Kind.KEYWORD, now - timedelta(hours=2), sender="+14155550100", received_at=now
    )
    twice = {"number": line, "body_hash": 7}
    made = [
        make.sent(submitted_at=now - timedelta(minutes=5), **twice),
        make.sent("undelivered", "30007", submitted_at=now, error_text="Message filtered", campaign="spring", **twice),
        make.sent("delivered", is_contradicted=True, is_late_upgrade=True, submitted_at=now, number=line),
        make.sent("rejected", "21211", recipient="+1999", submitted_at=now, sender="ACME", country=""),
        make.sent("sent", body="שלום “" + "x" * 400, encoding="UCS-2", segments=7, submitted_at=now,
                  campaign="y" * 120, carrier="z" * 80, request={"Price": "-0.0079", "k" * 60: "v" * 300}),
    ]  # fmt: skip
    for sent in made:
        make.event(sent, sent.status, sent.error_code, batch=people.batch(people.system()), line=1204)
        make.event(sent, "sent", part=1, parts=2, at=sent.submitted_at, provider_status="SENT_OUT")
    make.sent(parent=made[1], number=line, submitted_at=now + timedelta(hours=30))
    bad = make.number("+14155550143")
    made.append(make.sent("undelivered", "30005", number=bad, submitted_at=now))
    suspect([bad.pk], [bad.pk])
    make.pattern({"campaign": "spring"}, first_seen_at=now, last_seen_at=now)
    return made


def test_the_send_log_is_accessible_and_fits(sends, looks_right):
    lists = ["", "?failed=1", "?country=US&status=nothing", "?sender=ACME", "?campaign=none+such"]
    contact = f"/contacts/{SendAttempt.objects.get(pk=sends[-1].pk).number_id}/"
    paths = [*(LOG + query for query in lists), *(f"{LOG}{sent.pk}/" for sent in sends), contact, "/"]
    looks_right(person("Agent"), paths)


def test_a_send_is_found_by_the_last_digits_and_leads_to_its_contact_and_back(sends, open_page):
    page = open_page(person("Agent"), LOG)
    page.get_by_label("Number, message reference, name or campaign").fill("0142")
    page.get_by_role("button", name="Search", exact=True).last.click()
    page.get_by_text("Sends to numbers that contain 0142").wait_for()
    assert "0142" not in page.url
    page.get_by_role("row").filter(has_text="30007").get_by_role("link").click()
    page.get_by_role("heading", name="Had they agreed?").wait_for()
    assert page.get_by_text("Sent after a refusal that was not known yet").count() == 1
    page.get_by_role("link", name="Contact", exact=True).click()
    page.get_by_role("heading", name="Sends").wait_for()
    page.get_by_role("link", name="In the send log").click()
    assert page.get_by_text("Only sends").count() == 1


def test_filters_are_kept_when_another_is_added(sends, open_page):
    page = open_page(person("Agent"), f"{LOG}?country=US")
    page.get_by_label("Status").select_option(label="Sent")
    page.get_by_role("button", name="Filter", exact=True).click()
    assert "country=US" in page.url
    assert "status=sent" in page.url
    assert page.get_by_role("link", name="Remove filter Country: US").count() == 1
