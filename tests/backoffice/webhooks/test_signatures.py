"""Who really called. No database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest

from backoffice.webhooks import signatures
from backoffice.webhooks.signatures import Doubt, NotSigned
from tests.backoffice.webhooks import make
from tests.backoffice.webhooks.make import NOW, SECRET, call

BODY = json.dumps({"type": "message.received", "id": "m-1", "text": "é"})
FORM = "MessageSid=SM1&Body=STOP&From=%2B14155552671&To=%2B14155550100"


def checked(scheme, made, *secrets, method="", has_time=False, now=NOW):
    return signatures.check(scheme, made, secrets or (SECRET,), method=method, has_time=has_time, now=now)


def doubt(scheme, made, *secrets, **more):
    with pytest.raises(NotSigned) as refused:
        checked(scheme, made, *secrets, **more)
    return refused.value.doubt


# --- Twilio -----------------------------------------------------------------------------------------------------


def test_twilio_s_own_published_example_holds():
    fields = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
        "To": "+18005551212",
    }  # fmt: skip
    made = call(
        urlencode(fields),
        "foo=1&bar=2",
        address="https://mycompany.com/myapp.php",
        x_twilio_signature="RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    )
    assert checked(signatures.twilio, made, "12345").place == 0


def test_twilio_s_published_example_of_a_json_body_holds():
    body = '{"property": "value", "boolean": true}'
    digest = hashlib.sha256(body.encode()).hexdigest()
    query = f"foo=1&bodySHA256={digest}"
    made = call(body, query, content_type="application/json", **make.twilio_headers("", query))
    assert checked(signatures.twilio, made)
    other = call(body + " ", query, content_type="application/json", **make.twilio_headers("", query))
    assert doubt(signatures.twilio, other) is Doubt.WRONG_SIGNATURE


def test_a_form_behind_a_proxy_with_port_and_query_is_let_in():
    made = call(FORM, "tag=a%20b", **make.twilio_headers(FORM, "tag=a%20b"))
    assert checked(signatures.twilio, made)


def test_the_address_counts_with_its_scheme_host_path_and_query():
    headers = make.twilio_headers(FORM, "tag=1")
    for address in (
        make.ADDRESS.replace("https", "http"),
        make.ADDRESS.replace("example.com", "example.org"),
        make.ADDRESS + "x",
    ):
        assert (
            doubt(signatures.twilio, call(FORM, "tag=1", address=address, **headers)) is Doubt.WRONG_SIGNATURE
        )
    assert doubt(signatures.twilio, call(FORM, "tag=2", **headers)) is Doubt.WRONG_SIGNATURE
    assert doubt(signatures.twilio, call(FORM, "", **headers)) is Doubt.WRONG_SIGNATURE


@pytest.mark.parametrize("signed_over", ["https://a.example/h/", "https://a.example:443/h/"])
@pytest.mark.parametrize("configured", ["https://a.example/h/", "https://a.example:443/h/"])
def test_whether_the_usual_port_is_spelled_out_makes_no_difference(signed_over, configured):
    headers = make.twilio_headers(FORM, address=signed_over)
    assert checked(signatures.twilio, call(FORM, address=configured, **headers))


def test_fields_nobody_knows_yet_are_signed_as_well():
    body = FORM + "&SomethingNew=1&Empty="
    assert checked(signatures.twilio, call(body, **make.twilio_headers(body)))
    assert doubt(signatures.twilio, call(body, **make.twilio_headers(FORM))) is Doubt.WRONG_SIGNATURE


def test_a_get_is_signed_over_its_query_alone():
    made = call(b"", FORM, method="GET", **make.twilio_headers("", FORM))
    assert checked(signatures.twilio, made)


# --- Plivo ------------------------------------------------------------------------------------------------------


def test_plivo_signs_the_form_and_a_nonce():
    assert checked(signatures.plivo, call(FORM, **make.plivo_headers(FORM)))
    headers = make.plivo_headers(FORM) | {"x-plivo-signature-v3-nonce": "54321"}
    assert doubt(signatures.plivo, call(FORM, **headers)) is Doubt.WRONG_SIGNATURE


def test_plivo_sorts_the_query_and_sets_it_off_with_a_dot():
    text = "https://a.example/h/?a=1&b=2.BodySTOPFrom1.n"
    signature = make.b64(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest())
    made = call(
        "From=1&Body=STOP", "b=2&a=1", address="https://a.example/h/",
        x_plivo_signature_v3=signature, x_plivo_signature_v3_nonce="n",
    )  # fmt: skip
    assert checked(signatures.plivo, made)


def test_of_several_signatures_of_plivo_one_is_enough():
    headers = make.plivo_headers(FORM)
    of_main = {**headers, "x-plivo-signature-v3": "bm9uc2Vuc2U="}
    of_main["x-plivo-signature-ma-v3"] = headers["x-plivo-signature-v3"]
    assert checked(signatures.plivo, call(FORM, **of_main))
    headers["x-plivo-signature-v3"] = f"bm9uc2Vuc2U=, {headers['x-plivo-signature-v3']}"
    assert checked(signatures.plivo, call(FORM, **headers))


@pytest.mark.parametrize(
    ("body", "kind"), [('{"Text": "START"}', "application/json"), ("Text=START&Note=%FF", make.FORM)]
)
def test_a_signature_over_the_address_alone_vouches_for_no_body(body, kind):
    for scheme, headers in (
        (signatures.plivo, make.plivo_headers("")),
        (signatures.twilio, make.twilio_headers("")),
    ):
        assert doubt(scheme, call(body, content_type=kind, **headers)) is Doubt.WRONG_SIGNATURE


# --- Telnyx -----------------------------------------------------------------------------------------------------


def test_telnyx_signs_time_and_raw_body_with_its_key():
    body = '{"data": {"b":1,  "a":2}}'
    assert checked(signatures.telnyx, call(body, **make.telnyx_headers(body)), make.TELNYX_KEY, has_time=True)
    reordered = '{"data": {"a":2,"b":1}}'
    headers = make.telnyx_headers(body)
    assert doubt(signatures.telnyx, call(reordered, **headers), make.TELNYX_KEY) is Doubt.WRONG_SIGNATURE
    moved = headers | {"telnyx-timestamp": make.stamp(NOW + timedelta(seconds=1))}
    assert doubt(signatures.telnyx, call(body, **moved), make.TELNYX_KEY) is Doubt.WRONG_SIGNATURE


@pytest.mark.parametrize("key", ["", "not base64!", make.b64(b"too short")])
def test_a_key_that_is_none_lets_nobody_in(key):
    assert doubt(signatures.telnyx, call("{}", **make.telnyx_headers("{}")), key) is Doubt.WRONG_SIGNATURE


# --- Vonage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["md5hash", "md5", "sha1", "sha256", "sha512"])
def test_vonage_sms_is_signed_in_the_way_its_account_chose(method):
    body = make.vonage_form(method=method, msisdn="14155552671", text="a=b & c", to="14155550100")
    assert checked(signatures.vonage_sms, call(body), method=method, has_time=True)
    other = "sha256" if method != "sha256" else "sha1"
    assert doubt(signatures.vonage_sms, call(body), method=other) is Doubt.WRONG_SIGNATURE


def test_vonage_sms_comes_as_a_query_or_as_json_too():
    query = make.vonage_form(msisdn="1", text="STOP")
    assert checked(signatures.vonage_sms, call(b"", query, method="GET"), has_time=True)
    fields = {"msisdn": "14155552671", "text": " Stop\n", "timestamp": make.stamp()}
    body = json.dumps(fields | {"sig": make.vonage_sig(fields).upper()})
    assert checked(signatures.vonage_sms, call(body, content_type="application/json"), has_time=True)


def test_half_an_emoji_in_a_signed_field_is_a_wrong_signature_and_breaks_nothing():
    for name in ("text", "sig"):
        made = call(json.dumps({"text": "STOP", "sig": "x", name: "\ud83d"}), content_type="application/json")
        assert doubt(signatures.vonage_sms, made) is Doubt.WRONG_SIGNATURE


def test_a_vonage_token_vouches_for_the_body():
    body = '{"message_uuid": "m"}'
    assert checked(signatures.vonage_messages, call(body, **make.token(body)), has_time=True)
    assert doubt(signatures.vonage_messages, call(body + " ", **make.token(body))) is Doubt.WRONG_SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "HS384", "RS256", "hs256"])
def test_a_token_signed_otherwise_than_agreed_counts_for_nothing(algorithm):
    body = "{}"
    made = call(body, **make.token(body, algorithm=algorithm))
    assert doubt(signatures.vonage_messages, made) is Doubt.WRONG_SIGNATURE


@pytest.mark.parametrize(
    "given",
    ["Bearer", "Bearer a.b", "Bearer a.b.c.d", "Bearer ....", "Basic abc", "Bearer é.é.é"],
)
def test_what_is_no_token_counts_for_nothing(given):
    assert doubt(signatures.vonage_messages, call("{}", authorization=given)) is Doubt.WRONG_SIGNATURE


def test_a_token_that_hashes_nothing_counts_for_nothing():
    body = "{}"
    made = call(body, **make.token(body, payload_hash=None))
    assert doubt(signatures.vonage_messages, made) is Doubt.WRONG_SIGNATURE


# --- Bandwidth, and others --------------------------------------------------------------------------------------


def test_bandwidth_shows_user_and_password():
    good = "Basic " + base64.b64encode(b"user:pass:word").decode()
    assert checked(signatures.bandwidth, call("[]", authorization=good), "user:pass:word")
    assert doubt(signatures.bandwidth, call("[]", authorization=good), "user:other") is Doubt.WRONG_SIGNATURE
    assert doubt(signatures.bandwidth, call("[]", authorization="Basic %%"), "u:p") is Doubt.WRONG_SIGNATURE


def test_others_sign_time_and_body():
    assert checked(signatures.signed, call(BODY, **make.signed_headers(BODY)), has_time=True)
    headers = make.signed_headers(BODY)
    headers["webhook-signature"] = f"v0=1, v1=beef {headers['webhook-signature']}"
    assert checked(signatures.signed, call(BODY, **headers), has_time=True)
    assert doubt(signatures.signed, call(BODY + "\n", **headers)) is Doubt.WRONG_SIGNATURE


# --- All of them ------------------------------------------------------------------------------------------------

SCHEMES = {
    "twilio": (signatures.twilio, FORM, make.twilio_headers(FORM), "x-twilio-signature", SECRET),
    "plivo": (signatures.plivo, FORM, make.plivo_headers(FORM), "x-plivo-signature-v3", SECRET),
    "telnyx": (
        signatures.telnyx,
        BODY,
        make.telnyx_headers(BODY),
        "telnyx-signature-ed25519",
        make.TELNYX_KEY,
    ),
    "vonage_messages": (signatures.vonage_messages, BODY, make.token(BODY), "authorization", SECRET),
    "signed": (signatures.signed, BODY, make.signed_headers(BODY), "webhook-signature", SECRET),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_no_wrong_and_damaged_signatures_are_refused(name):
    scheme, body, headers, where, secret = SCHEMES[name]
    assert checked(scheme, call(body, **headers), secret)
    assert doubt(scheme, call(body), secret) is Doubt.NO_SIGNATURE
    assert doubt(scheme, call(body, **headers | {where: "  "}), secret) is Doubt.NO_SIGNATURE
    damaged = (
        headers[where][:-5],
        headers[where][:-5] + "AAAA=",
        "zz" * 20,
        "é" * 30,
        quote(headers[where]) + "%",
    )
    for given in damaged:
        assert doubt(scheme, call(body, **headers | {where: given}), secret) is Doubt.WRONG_SIGNATURE


@pytest.mark.parametrize("name", SCHEMES)
def test_while_a_secret_is_replaced_both_count_and_no_third(name):
    scheme, body, headers, _, secret = SCHEMES[name]
    made = call(body, **headers)
    other = make.b64(bytes(range(1, 33)))
    assert checked(scheme, made, secret, other).place == 0
    assert checked(scheme, made, other, secret).place == 1
    assert doubt(scheme, made, other) is Doubt.WRONG_SIGNATURE
    with pytest.raises(NotSigned) as refused:
        signatures.check(scheme, made, (), has_time=False, now=NOW)
    assert refused.value.doubt is Doubt.NOTHING_TO_CHECK_WITH


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_signed_too_long_ago_or_ahead_is_told_as_late(minutes):
    now = NOW - timedelta(minutes=minutes)
    made = call(BODY, **make.signed_headers(BODY))
    assert checked(signatures.signed, made, has_time=True, now=now).is_late
    assert not checked(signatures.signed, made, has_time=True, now=NOW + timedelta(minutes=4)).is_late


def test_a_signed_call_without_a_time_that_can_be_read_is_late():
    fields = {"msisdn": "1", "text": "hello"}
    body = urlencode(fields | {"sig": make.vonage_sig(fields)})
    assert checked(signatures.vonage_sms, call(body), has_time=True).is_late
