"""Pages about webhooks: administrators configure, everybody on the staff sees, nobody reads a secret."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.access import ADMIN, AGENT, SUPERVISOR, VIEWER
from backoffice.models import AuditEntry, System, WebhookCall, WebhookEndpoint, WebhookWork
from backoffice.webhooks import pages
from tests.backoffice import make as people
from tests.backoffice.webhooks import make

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("webhooks:endpoint_list"), reverse("webhooks:endpoint_add")


@pytest.fixture
def twilio() -> System:
    return System.objects.get(slug="twilio")


def sign_in(client, role):
    person = people.person(role)
    client.force_login(person)
    return person


def call(
    of: WebhookEndpoint, status: str = "done", note: str = "", body: bytes = b"{}", **fields
) -> WebhookCall:
    usual = {"received_at": timezone.now(), "http_method": "POST", "secret_used": "current"}
    made = WebhookCall.objects.create(endpoint=of, body=body, **usual | fields)
    WebhookWork.objects.create(call=made, endpoint=of, status=status, note=note)
    return made


def given(system: System, **changes) -> dict[str, str]:
    usual = {"system": str(system.pk), "provider": "twilio", "address": "https://texts.example.com:8443/sms/",
             "secret": make.SECRET, "method": ""}  # fmt: skip
    return usual | changes


def test_an_administrator_adds_a_webhook_and_is_shown_its_address(client, twilio):
    person = sign_in(client, ADMIN)
    answer = client.post(ADD, given(twilio), follow=True)
    made = WebhookEndpoint.objects.get()
    assert made.address == f"https://texts.example.com:8443/sms{made.path}"
    assert made.address in answer.content.decode()
    assert (made.secret.reveal(), made.created_by) == (make.SECRET, person)
    assert make.SECRET not in answer.content.decode()
    entry = AuditEntry.objects.get(action="webhook.add")
    assert make.SECRET not in str(entry.details)


@pytest.mark.parametrize("role", [VIEWER, AGENT, SUPERVISOR])
def test_others_see_webhooks_and_change_none(client, twilio, role):
    of = make.endpoint(twilio)
    sign_in(client, role)
    assert client.get(LIST).status_code == 200
    assert client.get(reverse("webhooks:endpoint", args=[of.pk])).status_code == 200
    assert client.get(ADD).status_code == 403
    assert client.post(reverse("webhooks:endpoint_change", args=[of.pk]), given(twilio)).status_code == 403


WRONG = {
    "no secret": ({"secret": ""}, "no call can be told from a forged one"),
    "a key that is none": ({"provider": "telnyx", "secret": "abc"}, "no public key of Telnyx"),
    "no password": ({"provider": "bandwidth", "secret": "user"}, "with a colon between them"),
    "a short one": ({"provider": "signed", "secret": "short"}, "at least 24 characters"),
    "two lines": ({"secret": "a\r\nX-Other: b"}, "line break"),
    "a query": ({"address": "https://a.example/?x=1"}, "Leave out"),
    "no address": ({"address": "texts"}, "valid URL"),
    "a method of another": ({"method": "sha256"}, "Only the Vonage SMS API"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_work_is_said_where_it_is_entered(client, twilio, changes, words):
    sign_in(client, ADMIN)
    answer = client.post(ADD, given(twilio, **changes))
    assert words in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_a_secret_is_replaced_and_the_one_before_kept_for_a_while(client, twilio):
    of = make.endpoint(twilio, "twilio")
    sign_in(client, ADMIN)
    page = reverse("webhooks:endpoint_change", args=[of.pk])
    form = given(
        twilio, address=of.address, secret="another-secret", previous_secret=make.SECRET, is_active="on"
    )
    assert client.post(page, form).status_code == 302
    of.refresh_from_db()
    assert [secret.reveal() for secret in of.secrets] == ["another-secret", make.SECRET]
    assert client.post(page, form | {"secret": "", "previous_secret": "-"}).status_code == 302
    of.refresh_from_db()
    assert [secret.reveal() for secret in of.secrets] == ["another-secret"]
    assert make.SECRET not in client.get(page).content.decode()
    assert "another-secret" not in client.get(page).content.decode()


def test_system_and_provider_stay_what_they_were(client, twilio):
    of = make.endpoint(twilio, "twilio")
    sign_in(client, ADMIN)
    other = System.objects.get(slug="plivo")
    form = given(other, provider="plivo", address=of.address)
    client.post(reverse("webhooks:endpoint_change", args=[of.pk]), form)
    of.refresh_from_db()
    assert (of.system, of.provider, of.is_active) == (twilio, "twilio", False)


def test_the_list_says_why_calls_were_refused(client, twilio):
    of = make.endpoint(twilio)
    of.refuse("wrong_signature", timezone.now())
    sign_in(client, AGENT)
    assert "exactly what the provider calls" in client.get(LIST).content.decode()
    assert set(pages.REFUSALS) >= {*pages.Doubt, pages.TOO_LARGE}


def test_the_list_asks_the_same_however_long_it_is(client, twilio, django_assert_max_num_queries):
    sign_in(client, AGENT)
    for _ in range(5):
        call(make.endpoint(twilio), "failed")
    client.get(LIST)
    with django_assert_max_num_queries(32):
        client.get(LIST)


def test_a_call_is_shown_as_it_came_and_nothing_in_it_runs(client, twilio):
    made = call(make.endpoint(twilio), note="Stopped", body=b"<script>alert(1)</script>\xff" + b"x" * 10_000)
    sign_in(client, AGENT)
    page = client.get(reverse("webhooks:call", args=[made.pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "The rest is not shown" in page


def test_a_supervisor_has_a_failed_call_tried_again(client, twilio, monkeypatch):
    made = call(make.endpoint(twilio), "failed", "An error of ours")
    again = reverse("webhooks:call_retry", args=[made.pk])
    sign_in(client, AGENT)
    assert client.post(again).status_code == 403
    sign_in(client, SUPERVISOR)
    monkeypatch.setattr(pages.work, "read", lambda *_: 1 / 0)  # it fails here as it failed there
    assert "Try again" in client.get(reverse("webhooks:call", args=[made.pk])).content.decode()
    assert "worked on again" in client.post(again, follow=True).content.decode()
    assert WebhookWork.objects.get().status == "waiting"
    assert "did not fail" in client.post(again, follow=True).content.decode()


def test_calls_are_listed_by_state(client, twilio):
    of = make.endpoint(twilio)
    for status in ("done", "failed", "waiting"):
        call(of, status, f"this one is {status}")
    sign_in(client, AGENT)
    page = reverse("webhooks:endpoint", args=[of.pk])
    assert client.get(page).content.decode().count("this one is") == 3
    shown = client.get(page, {"state": "failed"}).content.decode()
    assert "this one is failed" in shown
    assert "this one is done" not in shown
    assert client.get(reverse("webhooks:endpoint", args=[999])).status_code == 404
