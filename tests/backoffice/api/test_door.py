"""The door of the API: who is let in, what is read, and how a refusal says what to mend."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from backoffice.api.body import parse, pointer
from backoffice.api.problem import Problem
from backoffice.models import ApiToken
from backoffice.models.token import digest_of
from tests.consent import make
from tests.consent.api.make import Caller, caller, token

GOOD = {"program": "promo", "numbers": ["+14155550100"]}


# --- strict JSON, without a database ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a": 1,}',
        b'{"opt": "in", "opt": "out"}',
        b'{"a": [{"x": 1, "x": 1}]}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b"[" * 200_000,
        b'{"a": ' * 200_000,
        b'"' + rb"\"" * 400_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
        b'{"a": "\xff"}',
        "{}".encode("utf-16"),
        b"{'a': 1}",
        b'{"a": 1} {"b": 2}',
    ],
)
def test_what_is_not_strict_json_is_refused_with_400(raw):
    with pytest.raises(Problem) as refused:
        parse(raw)
    assert refused.value.status == 400


def test_a_name_that_stands_twice_is_named():
    with pytest.raises(Problem, match="“opt” stands twice"):
        parse(b'{"opt": "in", "opt": "out"}')


def test_half_an_emoji_that_is_quoted_breaks_no_answer():
    with pytest.raises(Problem) as refused:
        parse(rb'{"\ud83d": 1, "\ud83d": 2}')
    assert "the name “?” stands twice" in json.loads(refused.value.answer().content)["detail"]


def test_a_pointer_escapes_what_it_must():
    assert pointer(("records", 3, "a/b~c")) == "/records/3/a~1b~0c"


# --- who is let in ------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def refusal(answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert len(answer["X-Request-Id"]) == 32
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["detail"]
    assert said["mend"]
    return answer.status_code, said["code"]


def test_only_the_hash_of_a_token_is_kept_and_256_bits_are_behind_it():
    made, secret = token()
    row = json.dumps(ApiToken.objects.filter(pk=made.pk).values()[0], default=str)
    assert secret not in row
    assert made.digest == digest_of(secret)
    assert secret.startswith(made.prefix)
    assert len(secret) - len("smsb_") >= 43  # 32 bytes in base64


def test_no_token_a_wrong_one_and_other_schemes_are_refused():
    assert refusal(Caller().ask("send-checks", GOOD)) == (401, "token_missing")
    assert refusal(Caller("smsb_" + "x" * 43).ask("send-checks", GOOD)) == (401, "token_unknown")
    assert refusal(Caller("ü\x00").ask("send-checks", GOOD)) == (401, "token_unknown")
    answer = Caller().ask("send-checks", GOOD, HTTP_AUTHORIZATION="Basic YTpi")
    assert refusal(answer) == (401, "token_missing")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_token_is_refused():
    _, secret = token(expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(Caller(secret).ask("send-checks", GOOD)) == (401, "token_expired")


def test_a_revoked_token_is_refused_at_every_endpoint_on_the_next_request():
    made, secret = token()
    by = Caller(secret)
    assert by.ask("contacts/+14155550100/consent").status_code == 404
    made.revoke(by=made.created_by, now=timezone.now())
    for path, body in (
        ("contacts/+14155550100/consent", None),
        ("suppressions?program=promo", None),
        ("send-checks", GOOD),
        ("consent-records", {"records": [{"id": "1", "number": "+14155550100", "act": "revoke"}]}),
    ):
        assert refusal(by.ask(path, body)) == (401, "token_revoked")


def test_a_token_does_only_what_its_scopes_say():
    assert refusal(caller("suppressions").ask("send-checks", GOOD)) == (403, "scope_missing")
    assert caller("send_checks").ask("send-checks", GOOD).status_code == 200


def test_a_token_in_the_address_is_refused_even_if_it_is_good():
    _, secret = token()
    for query in (f"token={secret}", f"x={secret}", "access_token=1", "api_key=abc"):
        answer = Caller(secret).ask(f"suppressions?program=promo&{query}")
        assert refusal(answer) == (400, "token_in_address")
        assert secret not in answer.content.decode()


def test_cookies_open_nothing_and_none_are_set():
    made, secret = token()
    browser = Client()
    browser.force_login(made.created_by)
    assert browser.post("/api/v1/send-checks", GOOD, content_type="application/json").status_code == 401
    assert not Caller(secret).ask("send-checks", GOOD).cookies


def test_the_use_of_a_token_is_noted_once_a_minute():
    made, secret = token()
    Caller(secret).ask("suppressions?program=promo")
    made.refresh_from_db()
    first = made.last_used_at
    assert first is not None
    Caller(secret).ask("suppressions?program=promo")
    made.refresh_from_db()
    assert made.last_used_at == first
    ApiToken.objects.filter(pk=made.pk).update(last_used_at=first - timedelta(minutes=2))
    Caller(secret).ask("suppressions?program=promo")
    made.refresh_from_db()
    assert made.last_used_at >= first


# --- what is read -------------------------------------------------------------------------------------------


def test_methods_types_and_sizes_are_refused_with_what_to_do():
    by = caller()
    answer = by.ask("send-checks")
    assert refusal(answer) == (405, "method_not_allowed")
    assert answer["Allow"] == "POST"
    given = by.given
    as_form = by.post("/api/v1/send-checks", GOOD, **given)
    assert refusal(as_form) == (415, "not_json")
    assert refusal(by.ask("send-checks", GOOD, HTTP_CONTENT_ENCODING="gzip")) == (415, "packed")
    assert refusal(by.ask("send-checks", GOOD, HTTP_TRANSFER_ENCODING="chunked")) == (411, "length_missing")
    assert refusal(by.ask("send-checks", b" " * 4_000_001)) == (413, "too_large")
    assert refusal(by.ask("nothing-here")) == (404, "no_such_address")
    assert refusal(by.ask("suppressions?program=a&program=b")) == (400, "given_twice")
    assert refusal(by.ask("contacts/+14155550100/consent?x=1")) == (400, "no_parameters")
    assert refusal(by.ask("suppressions")) == (422, "does_not_fit")


def test_a_parameter_that_does_not_fit_is_named_as_a_pointer():
    by = caller()
    make.program("promo")
    for asked, name in {
        "": "program",
        "program=no": "program",
        "program=promo&cursor=x": "cursor",
        "program=promo&since=noon": "since",
        "program=a&program=b": "program",
    }.items():
        assert by.ask(f"suppressions?{asked}").json()["errors"][0]["pointer"] == f"/{name}"


def test_a_token_that_asks_too_often_is_told_when_to_ask_again(settings, monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr("backoffice.api.pace.time", clock)
    monkeypatch.setattr("backoffice.api.pace._left", {})
    settings.API_REQUESTS_PER_SECOND = 2
    by, other = caller(), caller()
    answers = [by.ask("send-checks", GOOD) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert refusal(answers[2]) == (429, "too_many_requests")
    assert answers[2]["Retry-After"] == "1"
    assert other.ask("send-checks", GOOD).status_code == 200
    assert by.ask("consent-records", {}).status_code == 422  # an opt-out is never refused for pace
    clock.monotonic = lambda: 100.5
    assert [by.ask("send-checks", GOOD).status_code for _ in range(2)] == [200, 429]


def test_what_breaks_inside_is_answered_as_a_problem(monkeypatch):
    by = caller()
    monkeypatch.setattr("consent.api.send_checks.check", lambda *args, **kwargs: 1 / 0)
    assert refusal(by.ask("send-checks", GOOD)) == (500, "broken")


def test_a_database_that_is_away_is_answered_with_503_and_no_permission(monkeypatch):
    from django.db import OperationalError

    def away(*args, **kwargs):
        raise OperationalError("the server closed the connection")

    by = caller()
    monkeypatch.setattr("consent.api.send_checks.check", away)
    answer = by.ask("send-checks", GOOD)
    assert refusal(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "5"
