"""Failures about numbers themselves become findings that staff and the next campaign can see."""

from __future__ import annotations

import pytest
from django.utils import timezone

from backoffice.access import SUPERVISOR
from backoffice.imports.void import void
from errors.models import NumberFinding
from tests.backoffice.make import person
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
HEADER = "message_ref,sent_at,provider,to,status,error_code\n"


def take(*rows: str):  # type: ignore[no-untyped-def]
    batch = upload("send-log", HEADER + "\n".join(rows) + "\n", as_of=timezone.now())
    taken_in(batch)
    return batch


def test_a_landline_is_the_same_finding_whichever_code_said_so() -> None:
    take(
        "m1,2026-05-01T10:00:00Z,twilio,+442071838750,undelivered,30006",
        "m2,2026-05-01T10:00:00Z,twilio,+493012345678,failed,21635",
    )
    found = {finding.number.e164: finding for finding in NumberFinding.objects.all()}
    assert {e164: f.category for e164, f in found.items()} == {
        "+442071838750": "not_sms_capable",
        "+493012345678": "not_sms_capable",
    }
    assert found["+442071838750"].error_code == "30006"


def test_a_delivery_clears_it_and_a_late_one_does_too() -> None:
    take("m1,2026-05-01T10:00:00Z,twilio,+12125550101,undelivered,30005")
    assert NumberFinding.objects.suppressed().count() == 1
    take("m2,2026-05-03T10:00:00Z,twilio,+12125550101,delivered,")
    finding = NumberFinding.objects.get()
    assert finding.cleared_at is not None
    take("m1,2026-05-01T10:00:00Z,twilio,+12125550101,delivered,")  # the failure was no failure after all
    assert not NumberFinding.objects.exists()


def test_an_unreachable_phone_on_three_days_is_one() -> None:
    days = [f"m{day},2026-05-0{day}T10:00:00Z,twilio,+12125550101,undelivered,30003" for day in (1, 2, 3)]
    take(*days[:2])
    assert not NumberFinding.objects.exists()
    take(*days)
    finding = NumberFinding.objects.get()
    assert (finding.category, finding.failures, finding.days) == ("number_inactive", 3, 3)


def test_what_a_voided_file_said_of_a_number_is_forgotten() -> None:
    batch = take("m1,2026-05-01T10:00:00Z,twilio,+12125550101,undelivered,30005")
    void(batch, by=person(SUPERVISOR), reason="Another shop's log")
    assert not NumberFinding.objects.exists()
