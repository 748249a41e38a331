"""The send log's pages through their views, beside a plain ModelAdmin of the same table.

The plain admin has what people usually give it: three filters on fields, a date hierarchy, a search in the number. Its
pages are measured a few times only; they take as long as the table is."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.keyset import _write
from consent.models import Number
from errors.models import SendAttempt
from errors.views.attempt_list import ORDER

TIMES, STOCK_TIMES = 20, 3
DEPTHS = (0.1, 0.5, 0.9)  # of the way down
DEEPER_AT_MOST = 3.0
FASTER_AT_LEAST = 100.0


class StockAdmin(admin.ModelAdmin):
    list_display = ("submitted_at", "provider", "country", "campaign", "status", "error_code")
    list_filter = ("provider", "country", "status")
    date_hierarchy = "submitted_at"
    search_fields = ("number__e164", "message_ref")


def measure() -> bool:
    """Print what each page takes; whether a goal is missed."""
    user = User.objects.create_superuser("bench", password=None)
    client = Client()
    client.force_login(user)
    url = reverse("errors:attempt_list")
    with override_settings(ALLOWED_HOSTS=["testserver"], SECURE_SSL_REDIRECT=False):
        first = milliseconds(lambda: client.get(url))
        print(
            f"first page of {SendAttempt.objects.count():,} sends: {shown(first)}; {queries(client, url)} queries"
        )
        missed = faster("first page", p95(first), stock(user, {}))
        for depth in DEPTHS:
            deep = f"{url}?after={_cursor(depth)}"
            taken = milliseconds(lambda at=deep: client.get(at))
            ratio = p95(taken) / p95(first)
            print(
                f"page {depth:.0%} of the way down: {shown(taken)} = {ratio:.2f}x (at most {DEEPER_AT_MOST:g}x)"
            )
            missed |= ratio > DEEPER_AT_MOST
        fragment = Number.objects.order_by("-pk")[:1].get().e164[5:12]
        searched = milliseconds(lambda: client.post(url, {"text": fragment}))
        print(f"search of {len(fragment)} digits: {shown(searched)}")
        missed |= faster("search", p95(searched), stock(user, {"q": fragment}))
        for name, path in (("errors overview, 24 hours", ""), ("errors overview, 30 days", "?window=30d")):
            overview = reverse("errors:error_overview") + path
            taken = milliseconds(lambda at=overview: client.get(at), 5)
            print(f"{name}: {shown(taken)}; {queries(client, overview)} queries")
    return missed


def _cursor(depth: float) -> str:
    """The cursor of the row at this depth."""
    rows: Sequence[SendAttempt] = SendAttempt.objects.order_by(*[key.order(backwards=False) for key in ORDER])
    return _write(rows[int(SendAttempt.objects.count() * depth)], ORDER)


def stock(user: User, query: dict[str, str]) -> float:
    request = RequestFactory().get("/", query)
    request.user = user
    page = StockAdmin(SendAttempt, admin.site)
    return statistics.median(milliseconds(lambda: page.changelist_view(request).render(), STOCK_TIMES))


def faster(name: str, ours: float, theirs: float) -> bool:
    """Print the ratio; whether it misses the goal."""
    print(f"{name}: stock admin {theirs:,.0f} ms = {theirs / ours:.0f}x (at least {FASTER_AT_LEAST:g}x)")
    return theirs / ours < FASTER_AT_LEAST


def milliseconds(verb: Callable[[], Any], times: int = TIMES) -> list[float]:
    verb()  # the first time reads templates
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        verb()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def p95(taken: Sequence[float]) -> float:
    return sorted(taken)[max(0, round(0.95 * len(taken)) - 1)]


def shown(taken: Sequence[float]) -> str:
    return f"median {statistics.median(taken):.0f} ms, p95 {p95(taken):.0f} ms"


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200, url
    return len(captured)
