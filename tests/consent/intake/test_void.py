"""What a voided file brought does not count, and may come again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from backoffice.access import SUPERVISOR
from backoffice.imports.void import void
from backoffice.models import Bucket
from consent.models import AgreedStatus, ConsentRecord, Number
from consent.reconcile import reconcile_numbers
from tests.backoffice.make import person
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
LOG = (
    "Sid,DateCreated,DateSent,Direction,From,To,Body,ErrorCode\n"
    "SM1,2026-03-01 10:00:00Z,2026-03-01 10:00:00Z,inbound,+12125550101,+14155550100,STOP,{extra}\n"
)


def status() -> str:
    reconcile_numbers(list(Number.objects.values_list("pk", flat=True)), now=timezone.now())
    return AgreedStatus.objects.get().status


def test_an_event_of_a_voided_file_counts_again_when_another_file_brings_it() -> None:
    batch = upload("twilio", LOG.format(extra=""))
    taken_in(batch)
    assert status() == "OPTED_OUT"

    void(batch, by=person(SUPERVISOR), reason="Another shop's log")
    assert status() == "NO_CONSENT"

    [outcome] = taken_in(upload("twilio", LOG.format(extra="0")))
    assert outcome.bucket == Bucket.CREATED
    assert status() == "OPTED_OUT"

    [outcome] = taken_in(upload("twilio", LOG.format(extra="00")))
    assert outcome.bucket == Bucket.UNCHANGED
    assert ConsentRecord.objects.count() == 2
