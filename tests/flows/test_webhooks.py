"""Providers repeat themselves, all at once, while workers die: each message counts once and none is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from backoffice.jobs import unwatched
from backoffice.models import System, WebhookCall, WebhookWork
from backoffice.webhooks import bell
from backoffice.webhooks.work import work
from consent.models import AgreedStatus, ConsentRecord, Number
from consent.reconcile import reconcile
from errors.models import AttemptEvent
from tests.backoffice.webhooks import make
from tests.flows import make as flow
from tests.workers import Worker, eventually

MESSAGES, CALLERS = 30, 4


def body(number: int) -> str:
    """A STOP, and what became of a text to the same person."""
    person = f"+1415555{2600 + number}"
    stop = {
        "type": "message.received",
        "id": f"m-{number}",
        "from": person,
        "to": "+14155550100",
        "text": "STOP",
    }
    status = {"type": "message.status", "id": f"s-{number}", "status": "delivered", "provider": "twilio"}
    return json.dumps([stop, status])


def have_come(calls: int) -> bool:
    return WebhookCall.objects.count() >= calls


def all_done() -> bool:
    """What the schedule does every few seconds, until it finds nothing."""
    bell.ring()
    return not WebhookWork.objects.filter(status="waiting").exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_calls_in_parallel_while_workers_are_killed(start_worker: Callable[..., Worker]) -> None:
    flow.program()
    to = make.endpoint(System.objects.get(slug="twilio"))
    worker = start_worker(JOB_LEASE_SECONDS="1")

    def call_all(caller: int) -> set[int]:
        client, heard = Client(), set()
        for number in range(MESSAGES):
            text = body(number)
            signed = make.signed_headers(text, timezone.now())
            headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.items()}
            answer = client.post(to.path, text, content_type="application/json", **headers)
            heard.add(answer.status_code)
        connection.close()
        return heard

    with ThreadPoolExecutor(CALLERS) as pool:
        calling = pool.map(call_all, range(CALLERS))
        for came in (MESSAGES, 2 * MESSAGES):
            eventually(partial(have_come, came), what="calls coming in")
            worker.kill()
            worker.start()
        answers = set().union(*calling)
    assert answers == {200}
    # In force when it was answered, whatever the workers did.
    assert ConsentRecord.objects.count() == MESSAGES
    eventually(all_done, what="everything being worked on")
    reconcile("the schedule’s", beat=unwatched)  # for those whose worker died between the two
    assert WebhookCall.objects.count() == MESSAGES * CALLERS
    assert set(WebhookWork.objects.values_list("status", flat=True)) == {"done"}
    assert ConsentRecord.objects.count() == AttemptEvent.objects.count() == MESSAGES
    assert set(AgreedStatus.objects.values_list("status", flat=True)) == {"OPTED_OUT"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
@pytest.mark.django_db(transaction=True)
def test_a_call_about_a_number_that_somebody_decides_on_is_kept_and_has_its_turn() -> None:
    flow.program()
    to = make.endpoint(System.objects.get(slug="twilio"))
    line = Number.objects.create(e164="+14155552600", region="US", line_type="MOBILE")
    text = body(0)
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in make.signed_headers(text, timezone.now()).items()
    }

    def call() -> int:
        try:
            return Client().post(to.path, text, content_type="application/json", **headers).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Number.objects.select_for_update().get(pk=line.pk)
        assert pool.submit(call).result(timeout=60) == 200
    assert not ConsentRecord.objects.exists()
    work(now=timezone.now())
    assert ConsentRecord.objects.get().number == line
