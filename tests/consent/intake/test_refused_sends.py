"""A send that the provider refused as opted out proves a revocation made before it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from consent.models import AgreedStatus, Number
from consent.reconcile import reconcile_numbers
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
HEADER = "Sid,DateCreated,DateSent,Direction,From,To,Body,ErrorCode\n"
REFUSED = "SM1,{at},{at},outbound-api,+14155550100,+12125550101,Back in stock,21610\n"
START = "SM2,{at},{at},inbound,+12125550101,+14155550100,START,\n"


def status(*rows: str) -> str:
    taken_in(upload("twilio", HEADER + "".join(rows)))
    reconcile_numbers(list(Number.objects.values_list("pk", flat=True)), now=timezone.now())
    return AgreedStatus.objects.get().status


def test_a_start_after_the_refused_send_ends_what_it_proved() -> None:
    refused = REFUSED.format(at="2026-04-01T14:00:00Z")
    assert status(refused, START.format(at="2026-05-01T10:00:00Z")) == "OPTED_IN"


def test_a_start_before_the_refused_send_does_not() -> None:
    refused = REFUSED.format(at="2026-05-01T14:00:00Z")
    assert status(START.format(at="2026-04-01T10:00:00Z"), refused) == "OPTED_OUT"
