"""What becomes of calls: each once, in order, and none holds up another."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from backoffice.models import AppendOnlyError, System, WebhookCall, WebhookEndpoint, WebhookWork
from backoffice.models.append_only import AppendOnlyQuerySet, KeptFor, protect
from backoffice.models.webhook import KEPT_CALLS
from backoffice.webhooks import work as working
from backoffice.webhooks.work import PARTS_WAIT, work
from consent.models import ConsentRecord
from tests.backoffice.webhooks import make

pytestmark = pytest.mark.django_db
PERSON, OURS = "+14155552671", "+14155550100"


@pytest.fixture
def to() -> WebhookEndpoint:
    return make.endpoint(System.objects.get(slug="twilio"))


def kept(to: WebhookEndpoint, body: str, **fields) -> WebhookCall:
    """A call that came, without what is done at once."""
    usual = {"received_at": timezone.now(), "http_method": "POST", "secret_used": "current"}
    made = WebhookCall.objects.create(
        endpoint=to, body=body.encode(), headers={"content-type": "application/json"}, **usual | fields
    )
    WebhookWork.objects.create(call=made, endpoint=to)
    return made


def message(id: str, text: str = "STOP", sender: str = PERSON) -> str:
    return json.dumps({"type": "message.received", "id": id, "from": sender, "to": OURS, "text": text})


def statuses() -> list[str]:
    return list(WebhookWork.objects.order_by("pk").values_list("status", flat=True))


def now():
    return timezone.now()


def test_the_same_message_in_several_calls_counts_once(to):
    for _ in range(3):
        kept(to, message("m-1"))
    assert work(now=now()) == {"done": 3}
    assert ConsentRecord.objects.count() == 1
    assert work(now=now()) == {}


def test_calls_are_worked_on_in_their_order(to):
    for number in range(5):
        kept(to, message(f"m-{number}", sender=f"+1415555267{number}"))
    work(now=now())
    ids = list(ConsentRecord.objects.order_by("pk").values_list("source_event_id", flat=True))
    assert ids == [f"m-{number}" for number in range(5)]


def poison(system, messages, *, now):
    """Stumbles over one message."""
    from consent.intake import inbound

    if any(one.id == "poison" for one in messages):
        raise ValueError("nobody expected this")
    return inbound.take(system, messages, now=now)


def test_a_call_that_cannot_be_worked_on_holds_up_no_other(to, settings):
    settings.WEBHOOK_ROOMS = {**settings.WEBHOOK_ROOMS, "inbound": f"{__name__}.poison"}
    kept(to, message("m-1"))
    bad = kept(to, message("poison"))
    kept(to, message("m-2"))
    assert work(now=now()) == {"done": 2, "put_off": 1}
    assert statuses() == ["done", "waiting", "done"]
    for _ in range(working.MOST_ATTEMPTS - 1):
        WebhookWork.objects.filter(pk=bad.pk).update(not_before=None)
        work(now=now())
    failed = WebhookWork.objects.get(pk=bad.pk)
    assert (failed.status, failed.attempts) == ("failed", working.MOST_ATTEMPTS)
    assert failed.note == "An error of ours: ValueError: nobody expected this"
    assert work(now=now()) == {}


def quoting(system, messages, *, now):
    raise IntegrityError("duplicate key\nDETAIL:  Key (e164)=(+14155550123) already exists.")


def test_what_a_database_quotes_of_a_row_is_not_kept(to, settings):
    settings.WEBHOOK_ROOMS = {**settings.WEBHOOK_ROOMS, "inbound": f"{__name__}.quoting"}
    bad = kept(to, message("m-1"))
    work(now=now())
    assert WebhookWork.objects.get(pk=bad.pk).note == "An error of ours: IntegrityError: duplicate key"


def test_a_nul_in_what_is_quoted_takes_nothing_with_it(to):
    odd = json.dumps({"type": "\x00fancy", "id": "m-0"})
    kept(to, f"[{odd}, {message('m-1')}]")
    assert work(now=now()) == {"done": 1}
    assert "of a kind this product has no use for: fancy" in WebhookWork.objects.get().note
    assert ConsentRecord.objects.get().source_event_id == "m-1"


def test_a_call_that_failed_can_be_tried_again(to, settings):
    bad = kept(to, "no JSON at all")
    work(now=now())
    assert WebhookWork.objects.get().status == "failed"
    assert working.retry(bad)
    assert WebhookWork.objects.get().status == "waiting"
    assert not working.retry(bad)


def test_while_one_worker_has_an_endpoint_another_leaves_it_alone(to):
    kept(to, message("m-1"))
    assert to.claim("the other", now())
    assert work(now=now()) == {}
    WebhookEndpoint.objects.update(worked_until=now() - timedelta(seconds=1))  # it was killed
    assert work(now=now()) == {"done": 1}
    to.refresh_from_db()
    assert (to.worker, to.worked_until) == ("", None)


# --- Parts ------------------------------------------------------------------------------------------------------


def part(number: int, text: str, of: int = 2, id: str = "", ref: str = "7", **fields) -> dict[str, str]:
    return {
        "msisdn": "14155552671", "to": "14155550100", "messageId": id or f"v-{ref}-{number}", "text": text,
        "concat": "true", "concat-ref": ref, "concat-total": str(of), "concat-part": str(number), **fields,
    }  # fmt: skip


@pytest.fixture
def vonage() -> WebhookEndpoint:
    return make.endpoint(System.objects.get(slug="vonage"), "vonage_sms")


def texts() -> list[str]:
    return list(ConsentRecord.objects.order_by("pk").values_list("words", flat=True))


def test_parts_that_come_together_in_any_order_are_one_message(vonage):
    kept(vonage, json.dumps(part(2, "exting me")))
    kept(vonage, json.dumps(part(1, "please stop t")))
    assert work(now=now())["done"] == 2
    assert texts() == ["please stop texting me"]
    assert ConsentRecord.objects.get().source_event_id == "v-7-1"


def test_a_part_waits_for_the_others_and_is_not_read_alone(vonage):
    kept(vonage, json.dumps(part(2, "OP")))
    assert work(now=now()) == {"put_off": 1}
    assert work(now=now()) == {}
    kept(vonage, json.dumps(part(1, "ST")))
    work(now=now())
    assert texts() == ["STOP"]
    assert statuses() == ["done", "done"]


def test_a_part_whose_others_never_come_is_read_as_it_is(vonage):
    kept(vonage, json.dumps(part(1, "STOP")), received_at=now() - PARTS_WAIT)
    assert work(now=now())["done"] == 1
    assert texts() == ["STOP"]


def test_a_part_that_is_delivered_twice_counts_once(vonage):
    for body in (part(1, "ST"), part(1, "ST"), part(2, "OP")):
        kept(vonage, json.dumps(body))
    work(now=now())
    assert texts() == ["STOP"]
    assert set(statuses()) == {"done"}


def test_a_number_that_is_used_again_for_another_message_mixes_nothing_up(vonage):
    for body in (
        part(1, "ST"),
        part(2, "OP"),
        part(1, "please stop t", id="w-1"),
        part(2, "exting me", id="w-2"),
    ):
        kept(vonage, json.dumps(body))
    work(now=now())
    WebhookWork.objects.update(not_before=None)
    work(now=now())
    assert texts() == ["STOP", "please stop texting me"]


def test_parts_of_two_people_are_two_messages(vonage):
    for body in (part(1, "ST"), part(1, "HEL", msisdn="14155552672"), part(2, "OP")):
        kept(vonage, json.dumps(body))
    work(now=now())
    assert texts() == ["STOP"]


# --- Keeping ----------------------------------------------------------------------------------------------------


def test_a_call_is_never_changed_and_removed_only_when_its_time_is_over(to):
    young, old, waiting = (kept(to, "{}", received_at=now() - timedelta(days=days)) for days in (1, 60, 60))
    with pytest.raises(AppendOnlyError):
        WebhookCall.objects.update(body=b"")
    with pytest.raises(AppendOnlyError):
        AppendOnlyQuerySet(WebhookCall).delete()
    WebhookWork.objects.exclude(pk=waiting.pk).update(status="done")
    assert working.forget(now()) == {"calls": 1}
    assert set(WebhookCall.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}
    assert old.pk not in WebhookWork.objects.values_list("pk", flat=True)


def test_the_database_learns_a_shorter_time_when_it_refuses(to):
    kept(to, "{}", received_at=now() - timedelta(days=KEPT_CALLS.days + 10))
    WebhookWork.objects.update(status="done")
    protect(connection, WebhookCall._meta.db_table, KeptFor(KEPT_CALLS.moment, KEPT_CALLS.days + 100))
    assert working.forget(now()) == {"calls": 1}
