"""Tokens, and requests that show them."""

from __future__ import annotations

import itertools
import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from backoffice.models import ApiToken, Scope, System
from tests.consent import make

_serial = itertools.count(1)


def token(
    *scopes: str, of: System | None = None, by: User | None = None, **fields: Any
) -> tuple[ApiToken, str]:
    serial = next(_serial)
    by = by or User.objects.create_user(f"issuer{serial}")
    return ApiToken.objects.issue(
        of or make.system(), f"use {serial}", list(scopes or Scope), by=by, now=timezone.now(), **fields
    )


class Caller(Client):
    """A client that shows a token and speaks JSON. `caller.post("send-checks", {...})` gives the response."""

    def __init__(self, secret: str = "", **options: Any) -> None:
        super().__init__(raise_request_exception=False, **options)
        self.given = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}

    def ask(self, path: str, body: Any = None, **headers: Any) -> Any:
        """POST where there is a body, else GET. Text and bytes are sent as they are."""
        given = {**self.given, **headers}
        if body is None:
            return self.get(f"/api/v1/{path}", **given)
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.generic("POST", f"/api/v1/{path}", text, content_type="application/json", **given)


def caller(*scopes: str, **fields: Any) -> Caller:
    return Caller(token(*scopes, **fields)[1])


def check(by: Caller, *numbers: str, program: str = "promo", **fields: Any) -> list[dict[str, Any]]:
    answer = by.ask("send-checks", {"program": program, "numbers": list(numbers), **fields})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["answers"]
    return found
