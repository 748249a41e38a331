"""Whatever results rest on is noticed when it changes, by whichever door; what changes none of them is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.models import JobRun, System
from consent import reconcile, terms
from consent.facts import Door
from consent.models import AgreedStatus, Number, Program, Sender, Terms, Wording
from consent.tasks import reconcile_due
from tests.consent import make
from tests.consent.api.make import caller, check
from tests.consent.make import NOW

TAKEN = Terms(version=3, content={"rules": "4", "program 1": "a", "wording 1": "b"})


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"wording 2": "c"}, True),
        ({"system 2": "c"}, True),
        ({"wording 1": "c"}, False),
        ({"rules": "5"}, False),
        ({"program 2": "a"}, False),
        ({"wording 1": None}, False),
    ],
)
def test_terms_hold_while_nothing_that_counts_is_another(changes: dict[str, str | None], holds: bool) -> None:
    now = {name: text for name, text in (TAKEN.content | changes).items() if text is not None}
    assert TAKEN.hold(now) is holds


def _add_a_sender() -> None:
    make.program(sender="+14155550177")


COUNTS: dict[str, Callable[[], Any]] = {
    "double opt-in": lambda: Program.objects.update(double_opt_in=True),
    "days to confirm": lambda: Program.objects.update(double_opt_in_days=3),
    "lifetime": lambda: Program.objects.update(ttl_days=1),
    "exempted texts": lambda: Program.objects.update(exempt_informational=True),
    "sender added": _add_a_sender,
    "sender taken away": lambda: make.program().senders.clear(),
    "address of a sender": lambda: Sender.objects.update(address="+14155550178"),
    "new program": lambda: make.program("news", sender="+14155550179"),
    "box ticked before": lambda: Wording.objects.update(prechecked=True),
    "kind of a text": lambda: Wording.objects.update(kind=Wording.Kind.HELP),
    "kind of a system": lambda: System.objects.filter(slug="acme").update(kind=System.Kind.PLATFORM),
    "system switched off": lambda: System.objects.filter(slug="acme").update(is_active=False),
}
COUNTS_NOT: dict[str, Callable[[], Any]] = {
    "name of a program": lambda: Program.objects.update(name="Promotions"),
    "new version of a text": lambda: make.wording(code="checkout-2"),
    "text that nobody agreed to": lambda: Wording.objects.update(text="I agree!", valid_until=NOW),
    "sender of no program": lambda: Sender.objects.create(address="24365"),
    "new system": lambda: make.system("other"),
    "clock of a system": lambda: System.objects.update(time_zone="Europe/Berlin"),
}


@pytest.fixture
def opted_in(db: None, monkeypatch: pytest.MonkeyPatch) -> Number:
    monkeypatch.setattr(reconcile, "_KNOWN_CURRENT", {})
    monkeypatch.setattr(terms, "KNOWN_FOR", 1e-9)
    line = make.number()
    make.system()
    make.form(line)
    make.weigh(line)
    return line


def is_known() -> bool:
    return terms.in_force() is not None


@pytest.mark.parametrize("change", COUNTS.values(), ids=COUNTS)
def test_what_counts_is_another_version(opted_in: Number, change: Callable[[], Any]) -> None:
    before = terms.in_force()
    assert before is not None
    change()
    assert not is_known()
    assert terms.consequence() is not None
    terms.take_up(NOW)
    assert terms.in_force() == before + 1
    assert terms.consequence() is None


@pytest.mark.parametrize("change", COUNTS_NOT.values(), ids=COUNTS_NOT)
def test_what_changes_no_result_is_no_other_version(opted_in: Number, change: Callable[[], Any]) -> None:
    before = terms.in_force()
    change()
    assert terms.in_force() == before
    terms.take_up(NOW)
    assert terms.in_force() == before
    assert Terms.objects.get().content == Door().content  # a change of what is new now counts


def test_the_policy_of_the_environment_counts_too(opted_in: Number, settings: LazySettings) -> None:
    settings.CONSENT_POLICY = {**settings.CONSENT_POLICY, "stop_scope": "all"}
    assert not is_known()


def test_sends_wait_from_the_change_until_everything_was_weighed_anew(opted_in: Number) -> None:
    by = caller()

    def answer() -> tuple[str, list[str]]:
        [found] = check(by, opted_in.e164)
        return found["answer"], found["reasons"]

    assert answer() == ("allow", ["opted_in"])
    Program.objects.update(ttl_days=10_000)
    assert answer() == ("hold", ["rules_changed"])
    assert reconcile_due()["queued"] >= 1
    assert {run.kind for run in JobRun.objects.all()} == {"consent.rebuild"}
    assert answer() == ("hold", ["rules_changed"])
    Program.objects.update(ttl_days=1)  # once more, while the rebuild of the first change is about to begin
    assert reconcile_due()["queued"] >= 1
    reconcile.rebuild("all", beat=lambda **progress: None)
    assert answer() == ("hold", ["expired"])


def test_another_change_is_not_put_off_by_the_rebuild_of_the_first(opted_in: Number) -> None:
    now = timezone.now()
    JobRun.objects.create(
        kind="consent.rebuild", subject="part 1 of 1", trigger="schedule", status=JobRun.Status.DONE,
        queued_at=now - timedelta(minutes=1), finished_at=now,
    )  # fmt: skip
    AgreedStatus.objects.update(rules_version=0)
    assert not reconcile.is_outdated(now)
    Program.objects.update(ttl_days=1)
    assert reconcile.is_outdated(now)


def test_a_first_start_weighs_nothing_twice(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "_KNOWN_CURRENT", {})
    assert not reconcile.is_outdated(NOW)
    line = make.number()
    make.form(line)
    assert terms.consequence() is None
    assert not reconcile.is_outdated(NOW)
    make.weigh(line)
    assert not reconcile.is_outdated(NOW)


def test_what_was_weighed_before_terms_had_versions_is_of_none_of_them(opted_in: Number) -> None:
    Terms.objects.all().delete()
    AgreedStatus.objects.update(rules_version=3)
    terms.take_up(NOW)
    assert terms.in_force() == 4


def test_who_changes_terms_is_told_that_sends_wait(opted_in: Number, browser: Callable[..., Client]) -> None:
    client, promo = browser("Administrator"), make.program()
    page = reverse("admin:consent_program_change", args=[promo.pk])
    given = {
        "name": "Promo", "code": "promo", "purpose": "marketing", "is_active": "on", "ttl_days": "",
        "double_opt_in_days": 7, "senders": [sender.pk for sender in promo.senders.all()],
    }  # fmt: skip
    assert b"Sends wait" not in client.post(page, {**given, "name": "Offers"}, follow=True).content
    assert b"Sends wait" in client.post(page, {**given, "ttl_days": 30}, follow=True).content
