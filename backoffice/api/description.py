"""The description of the API (OpenAPI 3.1), made of the endpoints themselves: it can say nothing they do not do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from backoffice.api.endpoint import Endpoint, sealed
from backoffice.api.problem import Problem

VERSION = "1"
REFS = "#/components/schemas/{model}"
# What any endpoint may answer beside its own, and when.
PROBLEMS = {
    "400": "The request cannot be read: no strict JSON, a parameter given twice, a token in the address.",
    "401": "No token, or one that is unknown, revoked or expired.",
    "403": "The token lacks the scope.",
    "405": "Another method than this address answers to.",
    "500": "Something broke on our side. Hold, and ask again.",
    "503": "The database does not answer. Hold, and ask again.",
}
TOO_OFTEN = {"429": "The token asks too often. Hold, and ask again after `Retry-After` seconds."}
BODY_PROBLEMS = {
    "411": "The body comes without its length.",
    "413": "The body is too large.",
    "415": "The body is not announced as JSON, or is compressed.",
}
MISFIT = {"422": "The request is readable and does not fit; each place is named by a JSON pointer."}
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "mend"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable word for programs."},
        "detail": {"type": "string", "description": "What is wrong."},
        "mend": {"type": "string", "description": "What to do about it."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


@csrf_exempt
def openapi(request: HttpRequest) -> HttpResponse:
    """Open to all: it says how to ask, and nothing that is stored."""
    if request.method not in {"GET", "HEAD"}:
        refused = Problem(
            405, "method_not_allowed", "The description is only read.", "Use GET.", headers={"Allow": "GET"}
        )
        return sealed(refused.answer())
    return sealed(HttpResponse(json.dumps(description()), content_type="application/json"))


@csrf_exempt
def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address below the API: a client that mistyped one gets an answer it can read."""
    problem = Problem(
        404,
        "no_such_address",
        "There is nothing at this address.",
        "See /api/v1/openapi.json for what there is.",
    )
    return sealed(problem.answer())


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    from backoffice.api.urls import urlpatterns

    found = sorted(endpoints(urlpatterns), key=lambda entry: entry[0])
    models = {
        (model, "serialization" if model is about.answer else "validation")
        for _, about in found
        for model in (about.body, about.query, about.answer)
        if model is not None
    }
    names, schemas = models_json_schema(
        sorted(models, key=lambda entry: (entry[0].__name__, entry[1])),  # type: ignore[arg-type]
        ref_template=REFS,
    )
    paths: dict[str, dict[str, Any]] = {}
    for path, about in found:
        paths.setdefault(path, {})[about.method.lower()] = _operation(path, about, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.ORGANISATION}: consent and send errors",
            "version": VERSION,
            "description": "Whom may we text? No answer within your time limit, or any answer but “allow”, means: "
            "hold the message.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Problem": PROBLEM_SCHEMA},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by administrators, one per system and use; never part of an address.",
                }
            },
        },
    }


def endpoints(patterns: Sequence[Any], prefix: str = "/") -> Iterator[tuple[str, Endpoint]]:
    """Every endpoint below these URL patterns, with its path as OpenAPI writes it."""
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from endpoints(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and (about := getattr(entry.callback, "endpoint", None)):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), about


def _operation(path: str, about: Endpoint, names: Any) -> dict[str, Any]:
    problems = {**PROBLEMS, **about.problems}
    if about.is_paced:
        problems |= TOO_OFTEN
    if about.body:
        problems |= BODY_PROBLEMS
    if about.body or about.query:
        problems |= MISFIT
    placeholders = re.findall(r"{(\w+)}", path)
    if placeholders:
        problems |= {"404": "There is nothing by that name."}
    operation: dict[str, Any] = {
        "operationId": about.name,
        "summary": about.summary,
        "description": f"{about.words} Needs the scope `{about.scope}`.".strip(),
        "parameters": [*map(_placeholder, placeholders), *_parameters(about.query)],
        "responses": {
            "200": {
                "description": "As asked.",
                "content": {"application/json": {"schema": names[about.answer, "serialization"]}},
            },
            **{status: _problem(words) for status, words in sorted(problems.items())},
        },
    }
    if about.body:
        schema = names[about.body, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _placeholder(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameters(query: type[BaseModel] | None) -> Iterator[dict[str, Any]]:
    if query is None:
        return
    schema = query.model_json_schema(ref_template=REFS)
    for name, about in schema.get("properties", {}).items():
        words = {"description": about.pop("description")} if "description" in about else {}
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": about,
            **words,
        }


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}
