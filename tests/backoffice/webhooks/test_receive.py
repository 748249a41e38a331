"""The address that providers call: who is let in, what is kept, what they hear."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from backoffice import rooms
from backoffice.access import AGENT
from backoffice.models import System, WebhookCall, WebhookEndpoint, WebhookWork
from backoffice.webhooks.views import _body
from backoffice.webhooks.work import work
from consent.models import ConsentRecord, Number, Touched
from tests.backoffice import make as people
from tests.backoffice.webhooks import make
from tests.errors import make as sends

pytestmark = pytest.mark.django_db
PERSON, OURS = "+14155552671", "+14155550100"


def endpoint(provider: str = "signed", secret: str = make.SECRET, **fields) -> WebhookEndpoint:
    return make.endpoint(System.objects.get(slug="twilio"), provider, secret, **fields)


def post(to: WebhookEndpoint, body: str, query: str = "", content_type: str = "application/json", **headers):
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    client = Client(enforce_csrf_checks=True)
    path = to.path + (f"?{query}" if query else "")
    return client.post(path, body, content_type=content_type, **given)


def said(text: str = "STOP", id: str = "m-1") -> str:
    return json.dumps({"type": "message.received", "id": id, "from": PERSON, "to": OURS, "text": text})


def tell(to: WebhookEndpoint, body: str, at=None):
    return post(to, body, **make.signed_headers(body, at or timezone.now()))


def test_a_call_that_is_vouched_for_is_kept_as_it_came():
    body = "MessageSid=SM1&SmsStatus=received&Body=hi+there&From=%2B14155552671&To=%2B14155550100"
    to = endpoint("twilio")
    headers = make.twilio_headers(body, "tag=1")
    answer = post(to, body, "tag=1", make.FORM, **headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert answer.content.endswith(b"<Response></Response>")
    assert not answer.cookies
    kept = WebhookCall.objects.get()
    assert (bytes(kept.body), kept.query, kept.http_method) == (body.encode(), "tag=1", "POST")
    assert (kept.secret_used, kept.is_late, kept.work.status) == ("current", False, "waiting")


@pytest.mark.parametrize(
    "provider", ["telnyx", "plivo", "bandwidth", "signed", "vonage_sms", "vonage_messages"]
)
def test_each_provider_is_let_in_and_told_that_all_is_well(provider):
    now, body = timezone.now(), "{}"
    secret, kind = make.SECRET, "application/json"
    if provider == "telnyx":
        secret, headers = make.TELNYX_KEY, make.telnyx_headers(body, now)
    elif provider == "plivo":
        body, kind = "From=1&Text=hi&MessageUUID=p", make.FORM
        headers = make.plivo_headers(body)
    elif provider == "bandwidth":
        body, secret, headers = "[]", "user:pass", {"authorization": f"Basic {make.b64(b'user:pass')}"}
    elif provider == "vonage_sms":
        body, kind, headers = make.vonage_form(now, msisdn="1", messageId="m", text="hi"), make.FORM, {}
    elif provider == "vonage_messages":
        headers = make.token(body, now)
    else:
        headers = make.signed_headers(body, now)
    answer = post(endpoint(provider, secret), body, content_type=kind, **headers)
    assert answer.status_code == 200
    kept = WebhookCall.objects.get()
    assert "authorization" not in kept.headers
    assert not any("signature" in name and "nonce" not in name for name in kept.headers)


def test_a_call_signed_over_another_scheme_is_refused_and_nothing_is_kept():
    body = "MessageSid=SM1&SmsStatus=received&Body=hi"
    to = endpoint("twilio")
    wrong = make.twilio_headers(body, address=make.ADDRESS.replace("https", "http"))
    assert post(to, body, content_type=make.FORM, **wrong).status_code == 403
    assert not WebhookCall.objects.exists()
    to.refresh_from_db()
    assert (to.refused, to.refused_because) == (1, "wrong_signature")


@pytest.mark.parametrize(
    ("provider", "status"), [("twilio", 403), ("signed", 401), ("vonage_messages", 503), ("bandwidth", 401)]
)
def test_an_unsigned_call_is_refused_in_the_way_its_provider_understands(provider, status):
    to = endpoint(provider)
    assert post(to, "{}").status_code == status
    to.refresh_from_db()
    assert (to.refused, to.refused_because) == (1, "no_signature")


def test_who_shows_a_password_is_asked_for_it():
    to = endpoint("bandwidth", "user:pass")
    assert post(to, "[]")["WWW-Authenticate"].startswith("Basic")
    wrong = post(to, "[]", authorization=f"Basic {make.b64(b'user:wrong')}")
    assert (wrong.status_code, wrong.has_header("WWW-Authenticate")) == (401, True)


def test_without_a_secret_nothing_is_let_in_and_everything_is_sent_again():
    body = said()
    assert tell(endpoint(secret=""), body).status_code == 503
    assert not WebhookCall.objects.exists()


def test_nobody_is_at_an_address_nobody_was_given_or_that_was_closed():
    body = said()
    to = endpoint(is_active=False)
    assert tell(to, body).status_code == 404
    assert Client().post("/hooks/nobody-here/").status_code == 404
    assert Client().put(to.path).status_code == 405


def test_another_endpoint_s_signature_does_not_count():
    body = said()
    endpoint()
    other = endpoint(secret="d0d0d0-d0d0d0-d0d0d0-d0d0d0")
    assert tell(other, body).status_code == 401


def test_while_a_secret_is_replaced_calls_say_which_one_they_were_signed_with():
    body = said("hello")
    to = endpoint(secret="d0d0d0-d0d0d0-d0d0d0-d0d0d0", previous_secret=make.SECRET)
    assert tell(to, body).status_code == 200
    assert WebhookCall.objects.get().secret_used == "previous"


def test_a_call_that_is_too_large_is_refused_unread():
    to = endpoint()
    with override_settings(WEBHOOK_MAX_BYTES=100):
        body = said("x" * 200)
        assert tell(to, body).status_code == 413
    to.refresh_from_db()
    assert (to.refused, to.refused_because) == (1, "too_large")


@pytest.mark.parametrize(("pieces", "most", "read"), [(b"abc", 3, b"abc"), (b"abcd", 3, None)])
def test_a_body_that_comes_in_pieces_is_no_empty_one(pieces, most, read):
    environ = RequestFactory()._base_environ(HTTP_TRANSFER_ENCODING="chunked")
    with override_settings(WEBHOOK_MAX_BYTES=most):
        assert _body(WSGIRequest(environ | {"wsgi.input": BytesIO(pieces)})) == read


# --- Late -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-6, 6])
@pytest.mark.parametrize("text", ["hello", "START", "YES", ""])
def test_outside_the_replay_window_nothing_is_let_in(minutes, text):
    to = endpoint()
    assert tell(to, said(text), timezone.now() + timedelta(minutes=minutes)).status_code == 401
    assert not WebhookCall.objects.exists()
    to.refresh_from_db()
    assert to.refused_because == "too_old"


@pytest.mark.parametrize("text", ["STOP", "please stop texting me", "Arrêt", "wrong number", "Stpo"])
def test_a_wish_not_to_be_texted_is_never_dropped_for_being_late(text):
    to = endpoint()
    assert tell(to, said(text), timezone.now() - timedelta(hours=4)).status_code == 200
    assert WebhookCall.objects.get().is_late
    work(now=timezone.now())
    assert ConsentRecord.objects.get().act == "revoke"


def test_lateness_is_no_way_around_the_signature():
    body = said()
    to = endpoint()
    headers = make.signed_headers(body, timezone.now() - timedelta(hours=4), secret="d0d0d0-d0d0d0-d0d0d0")
    assert post(to, body, **headers).status_code == 401
    assert not WebhookCall.objects.exists()


def test_of_a_late_call_only_the_wish_not_to_be_texted_is_believed():
    other = "+14155552672"
    body = json.dumps(
        [
            {"type": "message.received", "id": "m-1", "from": PERSON, "to": OURS, "text": "STOP"},
            {"type": "message.received", "id": "m-2", "from": other, "to": OURS, "text": "START"},
            {"type": "message.status", "id": "m-3", "status": "delivered", "provider": "twilio"},
        ]
    )
    assert tell(endpoint(), body, timezone.now() - timedelta(hours=4)).status_code == 200
    work(now=timezone.now())
    assert [record.number.e164 for record in ConsentRecord.objects.select_related("number")] == [PERSON]
    assert "too late" in WebhookWork.objects.get().note


# --- At once ----------------------------------------------------------------------------------------------------


def test_a_stop_is_in_force_before_the_provider_has_its_answer():
    to = endpoint()
    assert tell(to, said()).status_code == 200
    record = ConsentRecord.objects.get()
    assert (record.act, record.kind, record.number.e164, record.sender) == ("revoke", "keyword", PERSON, OURS)
    assert Touched.objects.filter(number=record.number).exists()
    assert WebhookWork.objects.get().status == "waiting"


def test_what_was_heeded_at_once_is_not_counted_again_by_its_turn(django_capture_on_commit_callbacks):
    tell(endpoint(), said())
    with django_capture_on_commit_callbacks(execute=True):
        assert work(now=timezone.now()) == {"done": 1}
    assert ConsentRecord.objects.count() == 1
    # Its turn also brings the status up to date.
    assert not Touched.objects.exists()
    assert Number.objects.get().agreed.exists()


def test_what_permits_texts_waits_for_its_turn():
    tell(endpoint(), said("START"))
    assert not ConsentRecord.objects.exists()
    work(now=timezone.now())
    assert ConsentRecord.objects.get().act == "grant"


def break_down(*_, **__):
    raise RuntimeError("out of order")


def test_a_room_that_breaks_down_keeps_no_call_from_being_kept(settings, caplog):
    settings.WEBHOOK_ROOMS = {**settings.WEBHOOK_ROOMS, "at_once": f"{__name__}.break_down"}
    assert tell(endpoint(), said()).status_code == 200
    assert not ConsentRecord.objects.exists()
    assert "heeded at once" in caplog.text
    assert work(now=timezone.now()) == {"done": 1}
    assert ConsentRecord.objects.count() == 1


def test_a_body_that_cannot_be_read_is_kept_and_says_why():
    body = '{"type": "message.received", "type": "message.status"}'
    assert tell(endpoint(), body).status_code == 200
    assert work(now=timezone.now()) == {"failed": 1}
    assert "the name “type” stands twice" in WebhookWork.objects.get().note


def test_a_vonage_call_by_get_is_read_from_its_query():
    query = make.vonage_form(
        timezone.now(), msisdn="14155552671", to="14155550100", messageId="v1", text="STOP"
    )
    to = endpoint("vonage_sms")
    assert Client().get(f"{to.path}?{query}").status_code == 200
    assert ConsentRecord.objects.get().source_event_id == "v1"


def test_refusals_are_counted_each_and_said_once(caplog):
    to = endpoint()
    for _ in range(5):
        post(to, "{}")
    to.refresh_from_db()
    assert to.refused == 5
    assert caplog.text.count("was refused") == 1


def test_a_nul_and_letters_of_no_alphabet_are_no_way_to_break_it():
    to = endpoint("vonage_sms")
    for number, text in enumerate(["\x00STOP\x00", "ST\u200bOP", "\ud83d\ude00"]):
        fields = {"msisdn": "14155552671", "to": "1\x002", "messageId": f"v{number}", "concat": "true",
                  "concat_ref": "\x00", "concat_total": "2", "concat_part": "1"}  # fmt: skip
        clean = text.encode("utf-16", "surrogatepass").decode("utf-16")
        body = make.vonage_form(timezone.now(), text=clean, **fields)
        assert post(to, body, content_type=make.FORM).status_code == 200
    work(now=timezone.now())
    assert not WebhookWork.objects.filter(status="failed").exists()


def test_a_call_and_what_it_brought_lead_to_each_other(client):
    sent = sends.sent(provider="twilio", message_ref="SM1", number=Number.objects.create(e164=PERSON))
    stop = json.loads(said())
    report = {"type": "message.status", "id": "SM1", "status": "delivered", "provider": "twilio"}
    tell(endpoint(), json.dumps([stop, report]))
    work(now=timezone.now())
    call, record = WebhookCall.objects.get(), ConsentRecord.objects.get()
    own_page = f"{reverse('consent:contact', args=[record.number_id])}#c{record.pk}"
    call_page = reverse("webhooks:call", args=[call.pk])
    client.force_login(people.person(AGENT))
    shown = client.get(call_page).content.decode()
    assert f'href="{own_page}"' in shown
    assert f'href="{reverse("errors:attempt", args=[sent.pk])}"' in shown
    assert f'href="{call_page}"' in client.get(own_page).content.decode()
    log_only = people.person()
    log_only.user_permissions.add(Permission.objects.get(codename="view_number"))
    client.force_login(log_only)
    assert f'href="{call_page}"' not in client.get(own_page).content.decode()
    assert not rooms.of_call(call.endpoint.system_id, [], people.person())
