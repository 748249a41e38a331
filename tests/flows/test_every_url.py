"""Every address of the product, found in the URL configuration itself: a page that is added later is walked too.

Nobody signed in is asked to sign in; staff without the right are refused; nothing one can put into an address, and
no empty form, makes an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter, UUIDConverter
from django.utils import timezone

from backoffice import rooms
from backoffice.access import SUPERVISOR, VIEWER, can
from backoffice.addresses import KeyConverter
from backoffice.models import ImportBatch, JobRun, SavedView, WebhookCall, WebhookEndpoint
from consent.models import Correction, Flag, WriteBack
from errors.models import ErrorCode, Pattern, RuleReplay, SendAttempt
from tests.backoffice import make
from tests.flows import world

pytestmark = pytest.mark.django_db

# What answers without a session, on purpose.
OPEN_TO_ALL = {"alive", "ready", "admin:login", "admin:logout", "api:openapi"}
# What every member of staff may open, whatever their role.
OPEN_TO_STAFF = {
    "home", "search", "admin:index", "admin:app_list", "admin:jsi18n", "admin:logout", "admin:password_change",
    "admin:password_change_done", "admin:view_on_site", "admin:autocomplete", "admin:login", "alive", "ready",
}  # fmt: skip
TOO_LARGE = "9" * 25


@dataclass(frozen=True)
class Address:
    """One pattern of the URL configuration."""

    name: str
    pattern: str
    view: Any
    converters: dict[str, Any]

    def path(self, fill: dict[str, str]) -> str:
        """The path with every placeholder filled: by its name where that is known, else by its kind."""
        path = self.pattern
        for name, converter in self.converters.items():
            value = fill.get(f"{self.name}:{name}") or fill.get(name) or _by_kind(converter, fill)
            start = path.index("<")
            end = path.index(">", start)
            path = path[:start] + value + path[end + 1 :]
        return "/" + path.replace("^", "").replace("$", "").replace("\\Z", "")


def _by_kind(converter: Any, fill: dict[str, str]) -> str:
    if isinstance(converter, IntConverter | KeyConverter):
        return fill["number"]
    if isinstance(converter, UUIDConverter):
        return "00000000-0000-0000-0000-000000000000"
    return fill["text"]


def addresses() -> Iterator[Address]:
    yield from _walk(get_resolver().url_patterns, "", "", {})


def _walk(patterns: list[Any], prefix: str, namespace: str, converters: dict[str, Any]) -> Iterator[Address]:
    for entry in patterns:
        text = prefix + str(entry.pattern)
        known = {**converters, **entry.pattern.converters}
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, text, inner, known)
        elif isinstance(entry, URLPattern) and entry.name and "(?P<" not in text:
            yield Address(namespace + entry.name, text, entry.callback, known)


def test_the_walk_finds_the_pages_and_knows_their_placeholders():
    found = {address.name: address for address in addresses()}
    assert {"home", "search", "jobs:run", "admin:backoffice_system_change", "consent:flag_review"} <= set(
        found
    )
    assert found["jobs:run"].path({"number": "7", "text": "x"}) == "/jobs/7/"


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """One of everything, made once: each test works inside a transaction of its own on top of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        world.build()
        yield placeholders()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def same_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fresh things are is said alike on every page; asking each time takes a third of these many requests."""
    ask = rooms.trust
    told = cache(lambda: ask(timezone.now()))
    monkeypatch.setattr(rooms, "trust", lambda now: told())


@pytest.fixture
def filled(built: dict[str, str], db: None) -> dict[str, str]:
    return built


def placeholders() -> dict[str, str]:
    """What to write into the placeholders of an address to reach what there is."""
    fill = {"number": "1", "text": "1", "app_label": "backoffice", "program": "offers", "bucket": "held"}
    fill["ending"] = "csv"
    fill["errors:replay_export:tab"] = "rules"
    fill["list_name"] = "consent:flag_list"
    fill["slug"] = WriteBack.objects.values_list("system__slug", flat=True)[0]
    fill["number_pk"] = first(Flag.objects.filter(number__isnull=False).values_list("number", flat=True))
    for address in addresses():
        for placeholder in address.converters:
            model = model_of(address.name)
            if placeholder in {"pk", "object_id"} and model is not None:
                rows = model._default_manager.order_by("pk").values_list("pk", flat=True)
                fill[f"{address.name}:{placeholder}"] = first(rows) or "1"
    return fill


def first(values: Any) -> str:
    return str(values[0]) if values else ""


def model_of(name: str) -> type[Model] | None:
    """Whose key the placeholder of an address is, from the address's own name."""
    if name.startswith("admin:"):
        return next(
            (
                model
                for model in apps.get_models()
                if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_")
            ),
            None,
        )
    room, _, page = name.partition(":")
    kinds = {
        "imports": ImportBatch,
        "jobs": JobRun,
        "flag": Flag,
        "correction": Correction,
        "write_back": WriteBack,
        "attempt": SendAttempt,
        "code": ErrorCode,
        "pattern": Pattern,
        "fix": Pattern,
        "replay": RuleReplay,
        "resend": Pattern,
        "endpoint": WebhookEndpoint,
        "call": WebhookCall,
        "saved_view": SavedView,
    }
    return next((model for start, model in kinds.items() if start == room or page.startswith(start)), None)


def ask(client: Client, method: str, path: str) -> Any:
    client.raise_request_exception = False
    return getattr(client, method)(path)


def as_(user: User, client: Client) -> Client:
    """The client signed in; again after an address that ends the session."""
    if SESSION_KEY not in client.session:
        client.force_login(user)
    return client


def wants_sign_in(answer: Any) -> bool:
    return answer.status_code in {302, 301} and "/admin/login/" in answer["Location"]


def wants_token(address: Address) -> bool:
    """Whether it is an endpoint of the API: opened by a token, and by no session of anybody."""
    return hasattr(address.view, "endpoint")


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_api_opens_to_no_session(filled, method):
    client = Client()
    client.force_login(make.root())
    let_in = []
    for address in filter(wants_token, addresses()):
        answer = ask(client, method, address.path(filled))
        allowed = {401} if method == address.view.endpoint.method.lower() else {405}
        if answer.status_code not in allowed or answer["Content-Type"] != "application/problem+json":
            let_in.append(f"{method} {address.path(filled)} answered {answer.status_code}")
    assert not let_in, "\n".join(let_in)


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_is_not_signed_in_is_asked_to_sign_in(one_engine, filled, method):
    let_in = []
    for address in addresses():
        if address.name in OPEN_TO_ALL or wants_token(address):
            continue
        answer = ask(Client(), method, address.path(filled))
        if not (wants_sign_in(answer) or answer.status_code in {404, 405}):
            let_in.append(f"{method} {address.path(filled)} answered {answer.status_code}")
    assert not let_in, "\n".join(let_in)


@pytest.mark.parametrize("method", ["get", "post"])
def test_staff_without_any_right_are_refused(one_engine, filled, method):
    nobody = make.person()
    client = Client()
    let_in = []
    for address in addresses():
        if address.name in OPEN_TO_STAFF or address.name == "api:openapi" or wants_token(address):
            continue
        answer = ask(as_(nobody, client), method, address.path(filled))
        gone = (
            answer.status_code == 302 and answer["Location"] == "/admin/"
        )  # the stock admin: "doesn't exist"
        if answer.status_code not in {403, 404, 405} and not gone:
            let_in.append(f"{method} {address.path(filled)} answered {answer.status_code}")
    assert not let_in, "\n".join(let_in)


# A right begins at one role and holds for all above (tests/access): two of them show that the pages ask for it.
@pytest.mark.parametrize("role", [VIEWER, SUPERVISOR])
def test_a_role_is_refused_exactly_where_its_right_is_missing(one_engine, filled, role):
    person = make.person(role)
    client = Client()
    wrong = []
    for address in addresses():
        right = getattr(address.view, "needed_right", None)
        if right is None:
            continue
        answers = {
            ask(as_(person, client), method, address.path(filled)).status_code for method in ("get", "post")
        }
        if not can(person, right) and not answers <= {403, 405}:
            wrong.append(f"{address.name} let {role} in without {right}: {answers}")
        if can(person, right) and answers == {403}:
            wrong.append(f"{address.name} refused {role} who has {right}: {answers}")
    assert not wrong, "\n".join(wrong)


FILLS = {
    "what is there": {},
    "what is not there": {
        "number": "987654",
        "text": "nothing-there",
        "slug": "nothing-there",
        "pk": "987654",
    },
    "a number no column holds": {
        "number": TOO_LARGE,
        "text": TOO_LARGE,
        "pk": TOO_LARGE,
        "number_pk": TOO_LARGE,
    },
    "odd text": {"number": "0", "text": "%00", "slug": "-", "pk": "0", "app_label": "nowhere"},
}


ASKED = [(method, case) for method in ("get", "post") for case in FILLS]
ASKED_OF_TABLES = [(method, case) for method in ("get", "post") for case in list(FILLS)[:2]]
ASKED += [(method, "what is there") for method in ("head", "put", "delete")]
# What each database has its own opinion of; the rest of these many requests is asked on one of them.
OF_THE_ENGINE = {"what is there", "a number no column holds", "keys no column holds"}


@pytest.fixture
def where_it_matters(request: pytest.FixtureRequest, case: str) -> None:
    if case not in OF_THE_ENGINE or request.node.callspec.params.get("method") == "head":
        request.getfixturevalue("postgresql")


@pytest.mark.parametrize(("method", "case"), ASKED)
def test_no_address_makes_an_error_of_ours(where_it_matters, filled, case, method):
    chief = make.root()
    client = Client()
    fill = {**filled, **FILLS[case]}
    if FILLS[case]:
        fill = {name: value for name, value in fill.items() if name in FILLS[case] or ":" not in name}
    broken = []
    for address in addresses():
        if address.name.startswith("admin:") and (method, case) not in ASKED_OF_TABLES:
            continue
        if FILLS[case] and not address.converters:
            continue  # the same address as with "what is there"
        answer = ask(as_(chief, client), method, address.path(fill))
        if answer.status_code >= 500 and address.name != "ready":
            broken.append(f"{method} {address.path(fill)} answered {answer.status_code}")
    assert not broken, "\n".join(broken)


QUERIES = {
    "odd lists": "q=%00&page=x&p=-1&o=1;drop&after=%00&before=x&next=//evil.example&name__regex=(",
    "odd filters": "status=nothing&severity=%00&day=2026-99-99&kind=x&tab=x&batch=x&program=x&system=x&assignee=x&by=x",
    "keys no column holds": "&".join(
        f"{name}={TOO_LARGE}" for name in ("batch", "program", "system", "assignee", "by")
    ),
    "a cursor of nothing": "after=bnVsbA&x=" + "y" * 8000,
}


@pytest.mark.parametrize("case", QUERIES)
def test_no_query_makes_an_error_of_ours(where_it_matters, filled, case):
    query = QUERIES[case]
    chief = make.root()
    client = Client()
    broken = []
    for address in addresses():
        if address.name.startswith("admin:"):
            continue  # tests/backoffice/test_tables.py bends those
        answer = ask(as_(chief, client), "get", f"{address.path(filled)}?{query}")
        if answer.status_code >= 500 and address.name != "ready":
            broken.append(f"{address.path(filled)}?{query[:60]} answered {answer.status_code}")
        if "evil.example" in answer.get("Location", ""):
            broken.append(f"{address.path(filled)} leads to {answer['Location']}")
    assert not broken, "\n".join(broken)


def test_what_changes_something_does_not_listen_to_get(filled):
    """Every view with an act in its name answers GET with 405, and to HEAD as well."""
    acts = (
        "cancel",
        "retry",
        "approve",
        "refuse",
        "undo",
        "assign",
        "snooze",
        "apply",
        "hand_over",
        "by_hand",
        "confirm",
        "void_now",
    )
    client = Client()
    client.force_login(make.root())
    wrong = []
    for address in addresses():
        if address.name.startswith("admin:") or not address.name.endswith(acts):
            continue
        for method in ("get", "head"):
            status = ask(client, method, address.path(filled)).status_code
            if status != 405:
                wrong.append(f"{method} {address.path(filled)} answered {status}")
    assert not wrong, "\n".join(wrong)


def test_a_form_without_its_token_is_refused(filled):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make.root())
    answer = client.post("/search", {"q": "0123"})
    assert answer.status_code == 403
    assert "The form was too old" in answer.content.decode()


def test_pages_cannot_be_framed_or_sniffed_and_run_only_our_scripts(filled):
    client = Client()
    client.force_login(make.root())
    answer = client.get("/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
