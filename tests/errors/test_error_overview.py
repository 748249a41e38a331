"""The overview: honest rates, and every number leads to exactly the sends it counts."""

from __future__ import annotations

import html
import random
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice import jobs
from errors import classify, life, rollup
from errors.catalogue import Category
from errors.filters import AttemptFilter
from errors.models import ErrorCode, SendAttempt, TouchedHour
from tests.backoffice.make import person
from tests.errors import make

pytestmark = pytest.mark.django_db
PAGE = reverse("errors:error_overview")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARK = re.compile(r'<a [^>]*?href="([^"]+)"[^>]*?data-count="(\d+)"')


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def look(client: Client) -> Any:
    client.force_login(person("Viewer"))

    def page(**query: str) -> Any:
        answer = client.get(f"{PAGE}?{urlencode(query)}")
        assert answer.status_code == 200
        return answer

    return page


def count() -> None:
    rollup.rollup("test", beat=jobs.unwatched)


def marks_of(answer: Any) -> set[tuple[str, int]]:
    """Every mark of the page: the address of its list, and how many sends it says there are."""
    return {(html.unescape(url), int(shown)) for url, shown in MARK.findall(answer.content.decode())}


def listed(url: str) -> int:
    """How many sends the list at this address has."""
    filters = AttemptFilter(QueryDict(urlsplit(url).query), queryset=SendAttempt.objects.all())
    assert filters.is_valid(), filters.errors
    return int(filters.qs.count())


def some_log(now: datetime, seed: int, sends: int = 90) -> None:
    """Every status, code and blank value, over the last days; on edges of hours and days, too."""
    dice = random.Random(seed)
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [now - dice.random() * 3 * DAY for _ in range(20)]
    moments += [
        midnight,
        midnight - timedelta(microseconds=1),
        now.replace(minute=0, second=0, microsecond=0),
    ]
    for _ in range(sends):
        status = dice.choice(list(life.Status))
        make.attempt(
            status,
            submitted_at=dice.choice(moments),
            provider=dice.choice(["twilio", "vonage", "a gateway"]),
            country=dice.choice(["", "US", "PH", "DE"]),
            campaign=dice.choice(["", "spring & summer", "“zwei”"]),
            error_code=dice.choice(["30007", "30003", "21610", "0", "9", "ABC-12", ""])
            if life.Status(status) in life.FAILED
            else "",
        )
    count()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"window": "7d"},
        {"window": "30d"},
        {"window": "7d", "country": "(none)"},
        {"window": "7d", "provider": "twilio", "campaign": "spring & summer"},
        {"since": "2020-01-01", "until": "2022-01-01"},
    ],
    ids=lambda query: "_".join(query) or "24h",
)
def test_every_mark_leads_to_a_list_of_exactly_what_it_counts(
    client: Client, look: Any, now: datetime, query: Any
):
    some_log(now, seed=len(query))
    marks = marks_of(look(**query))
    assert marks or "since" in query
    for url, shown in marks:
        assert listed(url) == shown, url
    for url, shown in sorted(marks)[:2]:
        assert client.get(url).context["page"].count == shown, url


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Pacific/Chatham", "America/New_York"])
def test_marks_and_lists_share_one_clock(look: Any, now: datetime, settings: Any, zone: str):
    settings.TIME_ZONE = zone
    some_log(now, seed=5)
    answer = look(window="30d")
    assert zone in answer.content.decode()
    for url, shown in marks_of(answer):
        assert listed(url) == shown, url


def test_the_marks_of_one_picture_add_up_to_the_whole(look: Any, now: datetime):
    some_log(now, seed=9)
    shown = look(window="7d").context
    total = shown["total"].tally
    assert total.failed > 0
    assert sum(row.tally.failed for _, row in shown["times"]) == total.failed
    assert sum(row.failed for row in shown["categories"]) == total.failed
    for _, _, ranking in shown["breakdowns"]:
        rows = [row.tally for row in ranking.rows]
        assert sum(tally.failed for tally in rows) + ranking.rest.failed == total.failed
        assert sum(tally.settled for tally in rows) + ranking.rest.settled == total.settled


def test_a_rate_is_of_what_was_settled_and_says_how_sure_it_is(look: Any, now: datetime):
    make.sends(100, failed=10, submitted_at=now - HOUR)
    for status in ("sent", "canceled", "delivery_unknown", "blocked"):
        make.attempt(status, submitted_at=now - HOUR)
    count()
    total = look().context["total"]
    assert (total.tally.failed, total.tally.settled, total.tally.open, total.tally.attempts) == (
        10,
        100,
        4,
        104,
    )
    assert (total.rate, total.interval, total.is_few) == ("10 %", "5.5–17 %", False)


def test_fewer_than_thirty_are_called_too_few(look: Any, now: datetime):
    make.sends(29, failed=29, submitted_at=now - HOUR)
    count()
    answer = look()
    assert answer.context["total"].is_few
    assert "Too few to judge" in answer.content.decode()
    make.sends(1, submitted_at=now - HOUR)
    count()
    assert not look().context["total"].is_few


def test_what_staff_decided_about_a_code_moves_its_failures(look: Any, now: datetime):
    make.sends(40, failed=8, code="30008", submitted_at=now - HOUR)
    count()
    [before] = look().context["categories"]
    code = ErrorCode.objects.get(provider="twilio", code="30008", product="")
    said = {"note": "Mostly one carrier.", "reason": "The provider's answer"}
    wanted = Category.NETWORK_ERROR if before.category is not Category.NETWORK_ERROR else Category.EXPIRED
    classify.classify(code, wanted, **said, by=person("Supervisor"), now=now)
    [after] = look().context["categories"]
    assert (after.category, after.failed) == (wanted, 8)


def test_the_number_of_queries_does_not_grow_with_the_log(client: Client, look: Any, now: datetime):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            look(window="7d")
        return len(captured)

    some_log(now, seed=1, sends=10)
    look()
    few = queries()
    for store in range(30):
        for country in ("US", "GB", "FR", "PH"):
            make.sends(
                3, failed=1, campaign=f"store {store}", country=country, submitted_at=now - store * HOUR
            )
    count()
    assert queries() == few


# --- what is missing ----------------------------------------------------------------------------------------


def test_without_a_log_the_page_says_what_is_missing(look: Any):
    assert look().context["nothing"] == "log"


def test_sends_that_wait_to_be_counted_are_announced(look: Any, now: datetime):
    make.attempt(submitted_at=now)
    assert look().context["nothing"] == "behind"
    count()
    make.attempt(submitted_at=now)
    answer = look()
    assert (answer.context["waiting"].hours, answer.context["is_behind"]) == (1, False)
    assert "Counts are behind" in answer.content.decode()
    TouchedHour.objects.update(at=now - HOUR)
    assert look().context["is_behind"]
    count()
    assert look().context["waiting"] is None


def test_a_quiet_window_tells_when_there_was_something(look: Any, now: datetime):
    make.attempt(submitted_at=now - 100 * DAY)
    count()
    answer = look()
    assert answer.context["nothing"] == "window"
    day = re.search(r'href="\?(since=[^"]+)"', answer.content.decode())
    assert day is not None
    found = dict(part.split("=") for part in html.unescape(day[1]).split("&"))
    assert look(**found).context["total"].tally.attempts == 1


def test_a_slice_without_sends_is_told_apart_from_a_quiet_window(look: Any, now: datetime):
    make.attempt(submitted_at=now)
    count()
    assert look(country="XX").context["nothing"] == "slice"


# --- what is asked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ({"since": "2026-05-05", "until": "2026-05-01"}, "lies before the first"),
        ({"until": "2026-05-01"}, "Name the first day"),
        ({"since": "1900-01-01", "until": "2026-05-01"}, "between 1970 and 2200"),
        ({"since": "2000-01-01", "until": "2026-05-01"}, "At most 800 days"),
        ({"since": "yesterday"}, "Enter a valid date"),
    ],
)
def test_a_window_that_is_none_is_refused_with_the_reason(look: Any, query: dict[str, str], complaint: str):
    answer = look(**query)
    assert complaint in answer.content.decode()
    assert answer.context["chosen"] == "24h"


@pytest.mark.parametrize("query", [{"window": "9y"}, {"campaign": "\x00"}, {"country": "'; --"}])
def test_nonsense_in_the_address_does_no_harm(look: Any, query: dict[str, str]):
    look(**query)


def test_nothing_is_shown_without_the_right(client: Client):
    client.force_login(person())
    assert client.get(PAGE).status_code == 403


def test_the_page_keeps_to_the_content_policy(look: Any, now: datetime):
    some_log(now, seed=2)
    content = look(window="7d").content.decode()
    assert "style=" not in content
    assert not re.search(r"<script(?![^>]*\bsrc=)", content)
