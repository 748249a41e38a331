"""Whose record a row is: contacts, their names and numbers."""

from __future__ import annotations

import pytest

from consent.models import Contact, SystemRecord
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
BLOCKS = "phone_number,sender,blocked_at\n+12125550101,+14155550100,\n"
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Mobile Phone Number,SMS Opt-In,SMS Consent Date\n"
    "{ref},{name},Lopez,,{number},Yes,2026-01-05 10:00\n"
)


def test_a_contact_nobody_could_name_takes_the_name_of_the_next_system() -> None:
    taken_in(upload("provider-blocks", BLOCKS))
    taken_in(upload("hubspot", HUBSPOT.format(ref=7, name="Ana", number="(212) 555-0101")))
    assert [str(contact) for contact in Contact.objects.all()] == ["Ana Lopez"]


def test_a_name_that_is_known_stays() -> None:
    taken_in(upload("hubspot", HUBSPOT.format(ref=7, name="Ana", number="(212) 555-0101")))
    taken_in(
        upload(
            "salesforce",
            "Id,MobilePhone,FirstName,LastName,et4ae5__HasOptedOutOfMobile__c,LastModifiedDate\n"
            "9,2125550101,Anna,L.,false,2026-01-05\n",
        )
    )
    assert [str(contact) for contact in Contact.objects.all()] == ["Ana Lopez"]
    assert SystemRecord.objects.count() == 2


def test_a_record_whose_number_changes_remembers_the_old_one() -> None:
    taken_in(upload("hubspot", HUBSPOT.format(ref=7, name="Ana", number="(212) 555-0101")))
    taken_in(upload("hubspot", HUBSPOT.format(ref=7, name="Ana", number="(212) 555-0102")))
    record = SystemRecord.objects.get()
    assert record.number.e164 == "+12125550102"
    assert record.previous_number is not None
    assert record.previous_number.e164 == "+12125550101"
