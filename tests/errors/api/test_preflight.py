"""POST /api/v1/preflight: the worked cases, what our records add, lists, and requests that do not fit."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from backoffice.models import ApiToken, Scope
from tests.backoffice import make as office
from tests.consent import make as people
from tests.errors import make
from tests.errors.test_message_check import SENDER, agree

pytestmark = pytest.mark.django_db
URL = "/api/v1/preflight"
CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "cases" / "preflight.jsonl").read_text().splitlines()
]
ABOUT_CASES = {"group", "encoding", "segments", "units", "expected", "forbidden", "any_of", "why", "now"}
SALE = {
    "message": "Acme: 20% off today. Reply STOP to opt out.",
    "to": "+14155552671",
    "sender": SENDER,
    "purpose": "marketing",
    "consent": "opted_in",
    "sender_registered": True,
    "at": "2027-03-09T12:00",
}


@pytest.fixture
def ask(client):
    by = office.person("Administrator")
    system = people.system()
    secrets = {
        scope: ApiToken.objects.issue(system, scope.value, [scope], by=by, now=timezone.now())[1]
        for scope in (Scope.PREFLIGHT, Scope.SEND_CHECKS)
    }

    def asked(body, scope=Scope.PREFLIGHT, status=200):
        answer = client.post(
            URL, json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {secrets[scope]}"},
        )  # fmt: skip
        assert answer.status_code == status, answer.content
        return answer.json()

    return asked


@pytest.fixture
def program():
    return people.program("promo", SENDER, brand="Acme")


def codes(answer):
    return {finding["code"] for finding in answer["findings"]}


def test_the_worked_cases_get_the_answers_of_the_command(ask):
    """In one test: a token and a connection are enough for all."""
    asked = [case for case in CASES if "now" not in case]
    assert len(asked) > 80
    for case in asked:
        answer = ask({name: value for name, value in case.items() if name not in ABOUT_CASES})
        named = {f"{finding['severity']}:{finding['code']}" for finding in answer["findings"]}
        assert set(case["expected"]) <= named, case["id"]
        assert not codes(answer) & set(case.get("forbidden", [])), case["id"]
        assert answer["id"] == case["id"]
        if "segments" in case:
            assert answer["text"]["segments"] == case["segments"], case["id"]


def test_our_records_know_better_than_the_caller(ask, program):
    number = make.number()
    agree(number, program, "OPTED_OUT")
    answer = ask({**SALE, "to": number.e164})
    assert answer["verdict"] == "block"
    assert "consent.opted_out" in codes(answer)
    assert answer["recipient"] == {"consent": "opted_out", "held": False}


def test_a_text_that_the_number_got_lately_is_found_in_our_log(ask, program):
    number = make.number()
    agree(number, program, "OPTED_IN")
    make.sent(number=number, body=SALE["message"], submitted_at=timezone.now() - timedelta(hours=1))
    given = {name: value for name, value in SALE.items() if name != "at"}
    assert "duplicate.same_content" in codes(ask({**given, "to": number.e164}))


def test_the_cost_is_that_of_all_segments(ask):
    answer = ask({**SALE, "message": "Acme: " + "x" * 300, "price": "0.0079"})
    assert (answer["text"]["segments"], answer["cost"]) == (2, "0.0158")


def test_a_list_gets_one_verdict_for_each_and_counts_by_finding(ask, program):
    gone = make.number()
    agree(gone, program, "OPTED_OUT")
    audience = [
        gone.e164,
        "+14155552671",
        {"to": "+14155552671"},
        {"to": "07400123456", "country": "UK"},
        "1",
    ]
    given = {name: value for name, value in SALE.items() if name != "to"} | {"price": 1}
    answer = ask({**given, "audience": audience})
    found = answer["audience"]
    assert [row["verdict"] for row in found["recipients"]] == ["block", "pass", "block", "block", "block"]
    assert found["recipients"][3]["number"] == "+447400123456"  # sent from abroad, though
    assert found["recipients"][2]["codes"] == ["file.repeated"]
    assert found["verdicts"] == {"pass": 1, "warn": 0, "block": 4}
    assert (found["rows"], found["known"], found["segments"], found["cost"]) == (5, 1, 1, "1")
    assert {count["code"]: count["rows"] for count in found["counts"]}["consent.opted_out"] == 1
    assert answer["verdict"] == "pass"


def test_a_list_may_come_as_csv(ask, program):
    gone = make.number()
    agree(gone, program, "OPTED_OUT")
    given = {name: value for name, value in SALE.items() if name != "to"}
    written = f"name;phone;country\nAna;{gone.e164};\n\nBo;07400123456;United Kingdom\nCy;415"
    found = ask({**given, "csv": written})["audience"]
    assert [(row["line"], row["number"], row["verdict"]) for row in found["recipients"]] == [
        (2, gone.e164, "block"),
        (4, "+447400123456", "block"),
        (5, None, "block"),
    ]


EARLIER = {"to": "+14155552671", "at": "2026-03-10T12:00"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**SALE, "audience": ["+14155552671"]}, ""),
        ({"message": "x", "purpose": "otp", "audience": ["1"], "csv": "number\n1"}, ""),
        ({"message": "x", "purpose": "otp", "csv": "name,city\nAna,Rome"}, "/csv"),
        ({"message": "x", "purpose": "otp", "csv": ""}, "/csv"),
        ({**SALE, "purpose": "fun"}, "/purpose"),
        ({**SALE, "at": "noon"}, "/at"),
        ({**SALE, "recent": [EARLIER, {**EARLIER, "at": "noon"}]}, "/recent/1/at"),
        ({**SALE, "at": "0001-01-01T00:00:00+23:59"}, "/at"),
        ({**SALE, "at": "9999-12-31T23:59:59-23:59"}, "/at"),
        ({**SALE, "sender_registerd": True}, "/sender_registerd"),
        ({"message": "x" * 5_001, "purpose": "otp"}, "/message"),
        ({"message": "x", "purpose": "otp", "audience": []}, "/audience"),
        ({"message": "x", "purpose": "otp", "audience": ["1"] * 10_001}, "/audience"),
        ({"message": 5, "purpose": "otp"}, "/message"),
        ({**SALE, "held": "no"}, "/held"),
        ({"message": "x", "purpose": "otp", "price": "NaN"}, "/price"),
    ],
)
def test_what_does_not_fit_is_named(ask, body, pointer):
    problem = ask(body, status=422)
    assert pointer in [where["pointer"] for where in problem["errors"]]


def test_another_scope_does_not_open_it(ask):
    ask(SALE, scope=Scope.SEND_CHECKS, status=403)


def test_it_stands_in_the_description(client):
    described = client.get("/api/v1/openapi.json").json()
    assert described["paths"]["/preflight"]["post"]["operationId"] == "preflight"
