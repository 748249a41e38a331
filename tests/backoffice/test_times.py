"""Times come out of PostgreSQL as they went in, by whichever code reads them."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, connection

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postgresql")]


def read(expression: str, *given: object) -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}", given)
        return [row[0] for row in cursor.fetchall()]


def test_any_time_comes_back_in_utc() -> None:
    rng = random.Random(1)
    fractions = [0, 1, 10, 120_000, 123_456, 999_999]
    times = [
        datetime(1, 1, 3, tzinfo=UTC)
        + timedelta(rng.randrange(3_650_000), rng.random(), rng.choice(fractions))
        for _ in range(500)
    ]
    found = read("unnest(%s::timestamptz[])", times)
    assert found == times
    assert {time.tzinfo for time in found} == {UTC}
    assert read("'2026-03-08 12:00+05:30'::timestamptz") == [datetime(2026, 3, 8, 6, 30, tzinfo=UTC)]
    assert read("NULL::timestamptz") == [None]


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 BC"])
def test_a_time_that_python_has_no_word_for_is_an_error(text: str) -> None:
    with pytest.raises(DataError, match="timestamp too"):
        read("%s::timestamptz", text)
