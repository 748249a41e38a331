"""The description of the API: valid, complete, and true to what the endpoints answer."""

from __future__ import annotations

import jsonschema
import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from backoffice.api.description import endpoints
from backoffice.api.urls import urlpatterns
from backoffice.models import Scope
from tests.consent import make
from tests.consent.api.make import caller


@pytest.fixture
def described(db):
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def test_it_is_valid_openapi_3_1(described):
    assert described["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(described).validate()


def test_it_describes_every_endpoint_and_every_scope_has_one(described):
    found = dict(endpoints(urlpatterns))
    assert set(described["paths"]) == set(found)
    assert {"/send-checks", "/suppressions", "/contacts/{number}/consent", "/consent-records"} <= set(found)
    assert {about.scope for about in found.values()} <= set(Scope)


def test_answers_are_as_described(described):
    line = make.number()
    make.form(line)
    make.stop(line)
    make.reading(line, "in")
    make.weigh(line)
    by = caller()
    asked = {
        "/send-checks": ("send-checks", {"program": "promo", "numbers": [line.e164, "?"]}),
        "/suppressions": ("suppressions?program=promo", None),
        "/contacts/{number}/consent": (f"contacts/{line.e164}/consent", None),
        "/consent-records": (
            "consent-records",
            {
                "records": [
                    {"id": "1", "number": line.e164, "act": "revoke"},
                    {"id": "2", "number": "?", "act": "revoke"},
                ]
            },
        ),
    }
    for path, (address, body) in asked.items():
        answer = by.ask(address, body)
        assert answer.status_code == 200, answer.content
        operation = described["paths"][path]["post" if body else "get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": described["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer.json())


def test_what_an_endpoint_alone_may_answer_is_described_with_it(described):
    reports = described["paths"]["/consent-records"]["post"]["responses"]
    checks = described["paths"]["/send-checks"]["post"]["responses"]
    assert ("409" in reports, "429" in reports) == (True, False)
    assert ("409" in checks, "429" in checks) == (False, True)
    assert all("500" in way["responses"] for path in described["paths"].values() for way in path.values())
