"""The lists staff open, through their views: the first page, a page far down, a fragment of a number.

The search is measured beside a plain ModelAdmin of the same table, whose search compares every row and whose
paginator counts them.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection, models
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.keyset import Key, _write
from consent.models import ConsentRecord, Flag, Number
from consent.views.flag_list import ORDER

TIMES = 7
DEEP = 0.9  # of the way down
DEEPER_AT_MOST = 3.0
FASTER_AT_LEAST = 100.0


def measure() -> bool:
    """Print what each list takes; whether a goal is missed."""
    user = User.objects.create_superuser("bench", password=None)
    client = Client()
    client.force_login(user)
    with override_settings(ALLOWED_HOSTS=["testserver"], SECURE_SSL_REDIRECT=False):
        missed = [
            _pages(
                client,
                "queue",
                reverse("consent:flag_list"),
                _cursor(Flag.objects.waiting(timezone.now()), ORDER),
            ),
            _pages(
                client, "contacts", reverse("consent:contact_list"), _cursor(Number.objects.all(), _NEWEST)
            ),
            _pages(client, "ledger", reverse("admin:consent_consentrecord_changelist"), "p=100"),
            _search(client, user),
        ]
    return any(missed)


_NEWEST = [Key("pk", descending=True)]


def _cursor(rows: models.QuerySet[Any], order: Sequence[Key]) -> str:
    place = int(rows.count() * DEEP)
    row = rows.order_by(*[key.order(backwards=False) for key in order])[place]
    return f"after={_write(row, order)}"


def _pages(client: Client, name: str, url: str, deep: str) -> bool:
    queries = {_queries(client, url), _queries(client, f"{url}?{deep}")}
    first = _milliseconds(lambda: client.get(url))
    far = _milliseconds(lambda: client.get(f"{url}?{deep}"))
    print(
        f"{name}: first page {first:.0f} ms, far down {far:.0f} ms = {far / first:.2f}x "
        f"(at most {DEEPER_AT_MOST:g}); queries: {' or '.join(map(str, sorted(queries)))}"
    )
    return far / first > DEEPER_AT_MOST


def _search(client: Client, user: User) -> bool:
    """The same fragment in the list of numbers and in the ledger's, and as bare queries: pages take their time too."""
    last = Number.objects.order_by("-pk").first()
    assert last is not None
    fragment = last.e164[4:11]
    contacts, ledger = reverse("consent:contact_list"), reverse("admin:consent_consentrecord_changelist")
    found = [
        _faster(
            "numbers",
            _milliseconds(lambda: client.post(contacts, {"text": fragment})),
            _stock(Number, "e164", fragment, user),
        ),
        _faster(
            "the ledger",
            _milliseconds(lambda: client.get(ledger, {"q": fragment})),
            _stock(ConsentRecord, "number__e164", fragment, user),
        ),
    ]
    alike = Number.objects.filter(e164__icontains=fragment)
    _faster(
        "numbers, queries alone",
        _milliseconds(lambda: list(Number.objects.fragment(fragment).order_by("pk")[:51])),
        _milliseconds(lambda: (Number.objects.count(), alike.count(), list(alike.order_by("-pk")[:100])), 3),
    )
    return not all(found)


def _faster(name: str, ours: float, stock: float) -> bool:
    print(
        f"search of a fragment in {name}: {ours:.0f} ms, stock admin {stock:.0f} ms = {stock / ours:.0f}x "
        f"(at least {FASTER_AT_LEAST:g})"
    )
    return stock / ours >= FASTER_AT_LEAST


def _stock(model: type[models.Model], field: str, fragment: str, user: User) -> float:
    request = RequestFactory().get("/", {"q": fragment})
    request.user = user
    page = type("StockAdmin", (admin.ModelAdmin,), {"search_fields": [field]})(model, admin.site)
    return _milliseconds(lambda: page.changelist_view(request).render(), times=3)


def _queries(client: Client, url: str) -> int:
    client.get(url)  # sessions and content types are read once
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return len(captured)


def _milliseconds(verb: Callable[[], Any], times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        verb()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
