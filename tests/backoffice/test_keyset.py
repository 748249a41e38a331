from datetime import timedelta

import pytest
from django.http import QueryDict

from backoffice import keyset
from backoffice.keyset import Key, page_of
from backoffice.models import JobRun
from tests.backoffice import make

pytestmark = pytest.mark.django_db
# Two equal columns, one that can be empty, one unique: what a queue looks like.
QUEUE = [Key("status"), Key("not_before", nulls_last=True), Key("queued_at"), Key("pk")]
NEWEST = [Key("queued_at", descending=True), Key("pk", descending=True)]


@pytest.fixture
def runs():
    """Statuses in groups, times that repeat, every third without a time."""
    statuses = [JobRun.Status.DONE, JobRun.Status.FAILED, JobRun.Status.CANCELLED]
    return [
        make.run(
            status=statuses[at % 3 if at % 2 else 0],
            not_before=None if at % 3 == 0 else make.NOW + timedelta(minutes=at % 4),
            queued_at=make.NOW - timedelta(minutes=at % 5),
        )
        for at in range(37)
    ]


def ids(rows):
    return [row.pk for row in rows]


def expected(order):
    return ids(JobRun.objects.order_by(*(key.order(backwards=False) for key in order)))


def walk(order, size, *, direction="next_url", start=""):
    """The ids of every page from `start` on, page by page."""
    pages, query = [], start
    for _ in range(100):
        page = page_of(JobRun.objects.all(), QueryDict(query.lstrip("?")), order=order, size=size)
        pages.append(ids(page.rows))
        url = getattr(page, direction)
        if url is None:
            return pages, query
        query = url
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("order", [QUEUE, NEWEST], ids=["queue", "newest"])
@pytest.mark.parametrize("size", [1, 5, 36, 37, 50])
def test_every_row_is_on_exactly_one_page_in_order(runs, order, size):
    pages, _ = walk(order, size)
    assert sum(pages, []) == expected(order)


@pytest.mark.parametrize("order", [QUEUE, NEWEST], ids=["queue", "newest"])
def test_going_back_shows_the_same_rows(runs, order):
    forth, last = walk(order, 5)
    back, first = walk(order, 5, direction="previous_url", start=last)
    assert sum(reversed(back), [])[-len(forth[-1]) :] == forth[-1]
    seen = sum(reversed(back), [])
    assert sorted(set(seen)) == sorted(expected(order))
    assert [pk for at, pk in enumerate(seen) if pk not in seen[:at]] == expected(order)


def test_the_filter_stays_in_the_address(runs):
    page = page_of(JobRun.objects.all(), QueryDict("status=done&tab=mine"), order=NEWEST, size=5)
    assert "status=done" in page.next_url
    assert "tab=mine" in page.next_url


def test_a_row_that_appears_meanwhile_moves_nobody_to_another_page(runs):
    first = page_of(JobRun.objects.all(), QueryDict(""), order=NEWEST, size=5)
    make.run(queued_at=make.NOW + timedelta(days=1))
    second = page_of(JobRun.objects.all(), QueryDict(first.next_url.lstrip("?")), order=NEWEST, size=5)
    assert not set(ids(first.rows)) & set(ids(second.rows))


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "W10",
        "bnVsbA",
        "WzEsMiwzLDRd",
        "WyJcdTAwMDAiLDFd",
        "A" * 700,
        "W1tbW10sMV0",
        "WyIyMDI2LTEzLTQwIiwxXQ",
        "WyIyMDI2LTExLTIxVDE1OjAwOjAwWiIsImFiYyJd",
    ],
)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_damaged_cursor_shows_the_first_page(runs, cursor, name):
    page = page_of(JobRun.objects.all(), QueryDict(f"{name}={cursor}"), order=NEWEST, size=5)
    assert ids(page.rows) == expected(NEWEST)[:5]


def test_a_deep_page_costs_no_more_queries_than_the_order_has_ranges(runs, django_assert_max_num_queries):
    _, last = walk(QUEUE, 5)
    with django_assert_max_num_queries(2 * len(QUEUE) + 1):
        page_of(JobRun.objects.all(), QueryDict(last.lstrip("?")), order=QUEUE, size=5)


def test_counting_stops_at_the_cap(runs, monkeypatch):
    assert keyset.capped_count(JobRun.objects.all(), cap=10) == 11
    assert keyset.capped_count(JobRun.objects.filter(status="none"), cap=10) == 0
