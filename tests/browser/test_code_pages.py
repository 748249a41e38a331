"""The pages of error codes: both themes, a desk and a phone."""

import pytest

from errors.catalogue import Category
from errors.classify import classify
from errors.meet import Met, meet
from errors.models import ErrorCode
from tests.backoffice.make import person
from tests.errors import make
from tests.errors.make import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def codes():
    """One of each kind: new, contradicted, with several causes, decided here, an opt-out."""
    sample = make.sent("failed", "30099")
    meet(
        [
            Met("twilio", "30099", NOW, sample.key, "Something that nobody has heard of"),
            Met("a gateway", "ABC-12", NOW),
            Met("telnyx", "40300", NOW, sample.key, "Invalid destination number"),
            Met("twilio", "30007", NOW, sample.key, "Message filtered"),
        ]
    )
    decided = ErrorCode.objects.get(provider="twilio", code="30008")
    said = {"note": "Mostly one carrier, on Mondays.", "reason": "The provider's answer of 3 May"}
    classify(decided, Category.NETWORK_ERROR, **said, by=person("Supervisor", first_name="Ana"), now=NOW)
    wanted = [
        *(
            ("twilio", "30099"),
            ("telnyx", "40300"),
            ("twilio", "30006"),
            ("twilio", "30008"),
            ("plivo", "50"),
        ),
        *(("aws", "ConflictException/DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"),),
    ]
    return [ErrorCode.objects.get(provider=provider, code=code).pk for provider, code in wanted]


def test_the_pages_of_codes_are_accessible_and_fit(codes, looks_right):
    lists = ["", "?tab=new", "?tab=warned", "?tab=ours", "?text=nothing+like+this"]
    paths = [*(f"/errors/codes/{query}" for query in lists), *(f"/errors/codes/{pk}/" for pk in codes)]
    looks_right(person("Supervisor"), paths)


def test_a_new_code_is_found_classified_and_gone_from_the_queue(codes, open_page):
    page = open_page(person("Supervisor"), "/errors/codes/?tab=new")
    page.get_by_role("link", name="30099").click()
    page.get_by_label("Counts as").select_option(label="Filtered as spam")
    page.get_by_label("Why").fill("Twilio's answer of today")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("counts as Filtered as spam from now on").wait_for()
    page.goto("/errors/codes/?tab=new")
    assert page.get_by_role("link", name="30099").count() == 0
    assert page.get_by_role("link", name="ABC-12").count() == 1
