"""One door for every endpoint: who asks, may they, is the request in order; then the room's own function.

No cookie, no session, no CSRF token: only the Authorization header opens, so a browser cannot be made to call.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Generic, TypeVar

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel

from backoffice.api.body import read_body, read_query
from backoffice.api.pace import keep_pace
from backoffice.api.problem import Problem
from backoffice.models import ApiToken, Scope
from backoffice.models.token import MARK

log = logging.getLogger(__name__)

Body = TypeVar("Body", bound=BaseModel | None)
Answer = BaseModel | dict[str, Any]
# Names under which clients are tempted to put a token into the address.
TOKEN_NAMES = {"token", "access_token", "api_key", "apikey", "key", "auth", "authorization", "bearer"}


@dataclass(frozen=True, slots=True)
class Call(Generic[Body]):
    """One request that is in order: who asks, with what. `query` holds the parameters as the endpoint's model."""

    token: ApiToken
    body: Body
    query: Any
    now: datetime

    def prove(self) -> None:
        """For an endpoint that `proves_token`: its statement found nothing, perhaps because of the token. Raises
        Problem 401 if so."""
        if not ApiToken.objects.valid(self.now).filter(pk=self.token.pk).exists():
            raise _unknown("token_revoked", "This token was revoked.", "invalid_token")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an endpoint is, for the door and for the description of the API."""

    name: str
    method: str
    scope: Scope
    summary: str
    words: str  # the function's docstring, for people
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel]
    problems: Mapping[str, str]  # what it alone may answer besides, and when: {"409": "…"}
    proves_token: bool

    @property
    def is_paced(self) -> bool:
        """A report that is refused may be an opt-out that is lost."""
        return self.scope is not Scope.CONSENT_WRITE


def endpoint(
    method: str,
    *,
    scope: Scope,
    answer: type[BaseModel],
    summary: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    problems: Mapping[str, str] | None = None,
    proves_token: bool = False,
) -> Callable[[Callable[..., Answer]], Callable[..., HttpResponse]]:
    """A view for tokens with this scope. The function gets a Call, and the placeholders of its path by name; it
    returns its answer as a model or, where speed counts, as a dict of the same shape. It raises Problem.

    `proves_token`: the function's own statement asks whether the token was revoked, which saves asking before."""

    def decorate(view: Callable[..., Answer]) -> Callable[..., HttpResponse]:
        about = Endpoint(
            name=view.__name__,
            method=method,
            scope=scope,
            summary=summary,
            words=" ".join((view.__doc__ or "").split()),
            body=body,
            query=query,
            answer=answer,
            problems=problems or {},
            proves_token=proves_token,
        )

        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, **place: Any) -> HttpResponse:
            request_id = uuid.uuid4().hex
            try:
                call = _let_in(request, about)
                found = view(call, **place)
                text = found.model_dump_json() if isinstance(found, BaseModel) else _written(found)
                response = HttpResponse(text, content_type="application/json")
            except Problem as problem:
                response = problem.answer()
            except (OperationalError, InterfaceError):
                log.exception("%s, request %s: the database does not answer", about.name, request_id)
                response = UNAVAILABLE.answer()
            except Exception:
                # The last line of the edge: whatever breaks, a client gets a machine's answer, and it is no "allow".
                log.exception("%s, request %s: broke", about.name, request_id)
                response = BROKEN.answer()
            return sealed(response, request_id)

        guarded.endpoint = about  # type: ignore[attr-defined]  # read by the description and by tests
        return guarded

    return decorate


def _written(found: dict[str, Any]) -> str:
    return json.dumps(found, check_circular=False)  # a third faster, and an answer holds no circle


def sealed(response: HttpResponse, request_id: str = "") -> HttpResponse:
    """What every answer of the API carries."""
    headers = response.headers
    headers["Cache-Control"] = "no-store"
    headers["X-Request-Id"] = request_id or uuid.uuid4().hex
    return response


def _let_in(request: HttpRequest, about: Endpoint) -> Call[Any]:
    if request.method != about.method and not (request.method == "HEAD" and about.method == "GET"):
        raise Problem(
            405,
            "method_not_allowed",
            f"{request.method} is not what this address answers to.",
            f"Use {about.method}.",
            headers={"Allow": about.method},
        )
    if request.META.get("QUERY_STRING"):
        _refuse_token_in_address(request)
    now = timezone.now()
    token = _token(request, now, just_seen=about.proves_token)
    if about.is_paced:
        keep_pace(token.pk)
    if about.scope not in token.scopes:
        raise Problem(
            403,
            "scope_missing",
            f"This token may do {', '.join(token.scopes)}; here {about.scope} is needed.",
            "Ask an administrator for a token with that scope.",
        )
    token.note_use(now)
    query = read_query(request, about.query) if about.query or request.META.get("QUERY_STRING") else None
    body = read_body(request, about.body) if about.body else None
    return Call(token, body, query, now)


def _refuse_token_in_address(request: HttpRequest) -> None:
    for name, values in request.GET.lists():
        if name.casefold() in TOKEN_NAMES or any(MARK in value for value in values):
            raise Problem(
                400,
                "token_in_address",
                f"The parameter “{name[:40]}” looks like a token. Addresses are written into logs on their way, so a "
                "token is never taken from one.",
                "Have that token revoked, and send the new one in the header Authorization: Bearer ….",
            )


def _token(request: HttpRequest, now: datetime, *, just_seen: bool) -> ApiToken:
    """Raises Problem 401."""
    kind, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    secret = secret.strip()
    if kind.casefold() != "bearer" or not secret:
        raise _unknown("token_missing", "No token came with the request.", "")
    token = ApiToken.objects.of_secret(secret, just_seen=just_seen)
    if token is None:
        raise _unknown(
            "token_unknown", "This token is not known, or its system is switched off.", "invalid_token"
        )
    if token.revoked_at is not None:
        raise _unknown("token_revoked", "This token was revoked.", "invalid_token")
    if token.is_over(now):
        raise _unknown("token_expired", "This token has expired.", "invalid_token")
    return token


def _unknown(code: str, what: str, error: str) -> Problem:
    return Problem(
        401,
        code,
        what,
        "Send a valid token in the header Authorization: Bearer …; administrators make them under API tokens.",
        headers={
            "WWW-Authenticate": f'Bearer realm="api", error="{error}"' if error else 'Bearer realm="api"'
        },
    )


UNAVAILABLE = Problem(
    503,
    "unavailable",
    "The database does not answer.",
    "Hold what you were about to send, and ask again in a few seconds.",
    headers={"Retry-After": "5"},
)
BROKEN = Problem(
    500,
    "broken",
    "Something broke on our side; it is in our log.",
    "Hold what you were about to send. Ask again; if it stays, give us the X-Request-Id.",
)
