"""The main road, from four files to a correction that stayed, as staff go it (without a browser)."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from backoffice.access import AGENT, SUPERVISOR, VIEWER
from backoffice.models import AuditEntry, ImportBatch
from consent import reconcile
from consent.models import AgreedStatus, Correction, Flag, Hold, ReasonCode, WriteBack
from consent.rules import Status
from tests.backoffice import make as people
from tests.flows import make

pytestmark = pytest.mark.django_db
ANA, BEN, EVE = (make.phone(serial) for serial in (11, 12, 13))
F, W = Flag.Status, WriteBack.Status


@pytest.fixture
def agent() -> User:
    return people.person(AGENT)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def shop(now: datetime) -> None:
    """Ana opted in and then texted STOP; Ben opted in and stayed; of Eve nobody has a proof. The CRM and the
    platform believe that all three are in."""
    make.program()
    make.taken_in(
        "web-form",
        make.web_form((ANA, now - timedelta(days=200)), (BEN, now - timedelta(days=190))),
        as_of=now - timedelta(hours=8),
    )
    make.taken_in(
        "twilio", make.replies((ANA, "STOP", now - timedelta(days=3))), as_of=now - timedelta(hours=7)
    )
    make.taken_in(
        "hubspot", make.hubspot(*((one, "Yes") for one in (ANA, BEN, EVE))), as_of=now - timedelta(hours=6)
    )
    make.taken_in(
        "klaviyo",
        make.klaviyo(*((one, "SUBSCRIBED") for one in (ANA, BEN, EVE))),
        as_of=now - timedelta(hours=5),
    )
    weigh()


def weigh() -> None:
    reconcile.reconcile("here", beat=make.nobody_watches)


def codes(number: str) -> set[tuple[str, str]]:
    """Open flags of a number: code and system."""
    return set(Flag.objects.open().filter(number__e164=number).values_list("code", "system__slug"))


def held(number: str) -> bool:
    return Hold.objects.open().filter(number__e164=number).exists()


def agreed(number: str) -> Status:
    return Status(AgreedStatus.objects.get(number__e164=number, program__code="marketing").status)


def flag(code: str, number: str = ANA) -> Flag:
    return Flag.objects.open().get(code=code, number__e164=number)


def align(client, about: Flag) -> Correction:
    """The decision as the review page sends it."""
    answer = client.post(
        reverse("consent:flag_review", args=[about.pk]),
        {
            "decision": "align",
            "reason_align": ReasonCode.objects.get(code="follows-ledger").pk,
            "version": about.version,
            "fingerprint": about.fingerprint,
            "token": uuid.uuid4().hex,
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    return Correction.objects.get(flags=about)


def download(client, slug: str) -> list[dict[str, str]]:
    """Hand over what waits for a system, and load the file that the page then offers."""
    answer = client.post(reverse("consent:write_backs_hand_over", args=[slug]), {"program": "marketing"})
    assert answer.status_code == 302
    name = answer["Location"].partition("?file=")[2]
    assert name, "there was nothing to hand over"
    moment = int(name.removesuffix(".csv"))
    file = client.get(reverse("consent:write_backs_file", args=[slug, "marketing", moment]))
    assert file.status_code == 200
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def test_the_files_lead_to_the_flags_and_holds_they_should():
    assert [agreed(one) for one in (ANA, BEN)] == [Status.OPTED_OUT, Status.OPTED_IN]
    assert ("PLATFORM_IN_AGREED_OUT", "klaviyo") in codes(ANA)
    assert ("SOURCE_IN_AGREED_OUT", "hubspot") in codes(ANA)
    assert codes(BEN) == set()
    assert ("PLATFORM_IN_NO_EVIDENCE", "klaviyo") in codes(EVE)
    assert [held(one) for one in (ANA, BEN, EVE)] == [True, False, True]


def test_a_correction_that_stayed_closes_its_flags_and_lets_go_of_the_hold(client, agent: User, settings):
    client.force_login(agent)
    correction = align(client, flag("PLATFORM_IN_AGREED_OUT"))
    assert correction.decided_by == agent
    assert set(correction.write_backs.values_list("system__slug", "value")) == {
        ("hubspot", "out"),
        ("klaviyo", "out"),
    }
    assert held(ANA)  # until it is proven

    files = {slug: download(client, slug) for slug in ("klaviyo", "hubspot")}
    assert set(correction.write_backs.values_list("status", flat=True)) == {W.SENT}
    assert [row["Phone Number"] for row in files["klaviyo"]] == [ANA]
    assert held(ANA)

    # Both systems loaded their file; their next exports say what it said.
    said = {"klaviyo": files["klaviyo"][0]["SMS Consent"], "hubspot": files["hubspot"][0]["SMS Opt-In"]}
    assert said["klaviyo"] != "SUBSCRIBED"
    assert said["hubspot"] != "Yes"
    loaded = timezone.now()
    make.taken_in("klaviyo", make.klaviyo((ANA, said["klaviyo"]), (BEN, "SUBSCRIBED")), as_of=loaded)
    make.taken_in("hubspot", make.hubspot((ANA, said["hubspot"]), (BEN, "Yes")), as_of=loaded)
    weigh()
    assert set(correction.write_backs.values_list("status", flat=True)) == {W.VERIFIED}
    # Read back once is not stayed: it is watched first.
    assert set(Flag.objects.open().filter(number__e164=ANA).values_list("status", flat=True)) == {F.VERIFYING}
    assert held(ANA)
    settings.WATCH_READS, settings.WATCH_HOURS = 1, 0
    reconcile.reconcile_numbers([correction.number_id], now=timezone.now())
    assert codes(ANA) == set()
    assert not held(ANA)
    assert agreed(ANA) is Status.OPTED_OUT
    assert AuditEntry.objects.filter(actor=agent, action="correction.apply").count() == 1


def test_a_correction_that_did_not_stay_is_a_regression(client, agent: User):
    client.force_login(agent)
    about = flag("PLATFORM_IN_AGREED_OUT")
    correction = align(client, about)
    download(client, "klaviyo")
    make.taken_in("klaviyo", make.klaviyo((ANA, "SUBSCRIBED"), (BEN, "SUBSCRIBED")), as_of=timezone.now())
    weigh()
    assert correction.write_backs.get(system__slug="klaviyo").status == W.REVERTED
    assert ("SYNC_REGRESSION", "klaviyo") in codes(ANA)
    about.refresh_from_db()
    assert about.status == F.OPEN  # somebody has to look again
    assert held(ANA)


def test_a_value_that_flips_back_later_is_a_regression_too(client, agent: User):
    client.force_login(agent)
    correction = align(client, flag("PLATFORM_IN_AGREED_OUT"))
    said = download(client, "klaviyo")[0]["SMS Consent"]
    make.taken_in("klaviyo", make.klaviyo((ANA, said)), as_of=timezone.now())
    weigh()
    assert correction.write_backs.get(system__slug="klaviyo").status == W.VERIFIED
    make.taken_in("klaviyo", make.klaviyo((ANA, "SUBSCRIBED")), as_of=timezone.now())
    weigh()
    assert correction.write_backs.get(system__slug="klaviyo").status == W.REVERTED
    assert ("SYNC_REGRESSION", "klaviyo") in codes(ANA)
    assert held(ANA)


def test_an_export_made_before_the_correction_left_proves_nothing_against_it(client, agent: User, now):
    client.force_login(agent)
    correction = align(client, flag("PLATFORM_IN_AGREED_OUT"))
    download(client, "klaviyo")
    make.taken_in(
        "klaviyo", make.klaviyo((ANA, "SUBSCRIBED"), (EVE, "SUBSCRIBED")), as_of=now - timedelta(hours=1)
    )
    weigh()
    assert correction.write_backs.get(system__slug="klaviyo").status == W.SENT
    assert ("SYNC_REGRESSION", "klaviyo") not in codes(ANA)


def test_the_same_decision_sent_twice_is_one(client, agent: User):
    client.force_login(agent)
    about = flag("PLATFORM_IN_AGREED_OUT")
    form = {
        "decision": "align",
        "reason_align": ReasonCode.objects.get(code="follows-ledger").pk,
        "version": about.version,
        "fingerprint": about.fingerprint,
        "token": uuid.uuid4().hex,
    }
    for _ in range(3):
        client.post(reverse("consent:flag_review", args=[about.pk]), form)
    assert Correction.objects.count() == 1
    assert WriteBack.objects.count() == 2


def test_who_may_only_look_decides_nothing(client):
    client.force_login(people.person(VIEWER))
    about = flag("PLATFORM_IN_AGREED_OUT")
    answer = client.post(reverse("consent:flag_review", args=[about.pk]), {"decision": "align"})
    assert answer.status_code == 403
    assert not Correction.objects.exists()


# --- void ---------------------------------------------------------------------------------------------------


def press_void(client, by: User, batch: ImportBatch) -> int:
    client.force_login(by)
    return client.post(
        reverse("imports:void", args=[batch.pk]), {"reason": "The wrong account's export."}
    ).status_code


def test_what_a_voided_crm_file_claimed_counts_no_more(client, agent: User):
    batch = ImportBatch.objects.get(system__slug="hubspot")
    assert press_void(client, agent, batch) == 302
    weigh()
    assert not any(system == "hubspot" for number in (ANA, BEN, EVE) for _, system in codes(number))
    assert ("PLATFORM_IN_AGREED_OUT", "klaviyo") in codes(ANA)  # the other file still stands
    assert agreed(BEN) is Status.OPTED_IN
    assert batch.readings.count() == 3  # history stays


def test_letting_go_of_opt_outs_takes_a_supervisor(client, agent: User):
    batch = ImportBatch.objects.get(system__slug="twilio")
    assert press_void(client, agent, batch) == 403
    batch.refresh_from_db()
    assert batch.voided_at is None
    weigh()
    assert agreed(ANA) is Status.OPTED_OUT

    supervisor = people.person(SUPERVISOR)
    assert press_void(client, supervisor, batch) == 302
    weigh()
    assert agreed(ANA) is Status.OPTED_IN
    assert not held(ANA)
    entry = AuditEntry.objects.get(action="import.void")
    assert (entry.actor, entry.reason) == (supervisor, "The wrong account's export.")


def test_a_voided_file_can_be_taken_in_anew(client, agent: User):
    batch = ImportBatch.objects.get(system__slug="hubspot")
    content = batch.file.read().decode()
    before = {number: codes(number) for number in (ANA, BEN, EVE)}
    press_void(client, agent, batch)
    weigh()
    make.taken_in("hubspot", content, as_of=batch.as_of)
    weigh()
    assert {number: codes(number) for number in (ANA, BEN, EVE)} == before
