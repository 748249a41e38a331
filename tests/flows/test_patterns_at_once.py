"""Two looks, two fixes, two measurements at the same moment: one effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from backoffice import jobs
from errors import verify
from errors.detect import detect
from errors.fix import fix
from errors.models import Fix, Pattern, PatternEvent, PatternRun, Sighting, StalePattern
from tests.consent.make import staff
from tests.errors import make
from tests.errors.test_fix import change
from tests.flows.test_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime(2026, 6, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def look(kind: str = "daily", against: str = "rest", hours: int = 24) -> dict[str, int]:
    end = DAY + hours * HOUR
    return detect(
        "",
        beat=jobs.unwatched,
        look=kind,
        starts_at=DAY.isoformat(),
        ends_at=end.isoformat(),
        against=against,
    )


def failing() -> None:
    for campaign, lost in (("spring", 90), ("autumn", 2), ("winter", 2)):
        make.sends(200, failed=lost, submitted_at=DAY + 9 * HOUR, campaign=campaign)


def test_the_same_look_twice_at_once_is_stored_once():
    failing()
    results = at_once(*[look] * 3)
    assert all(isinstance(result, dict) for result in results), results
    assert sum(result.get("new", 0) for result in results) == 1
    assert (PatternRun.objects.count(), Pattern.objects.count(), Sighting.objects.count()) == (1, 1, 1)


def test_two_looks_that_meet_one_new_pattern_make_it_once():
    failing()
    results = at_once(look, lambda: look("hourly", hours=12))
    assert all(isinstance(result, dict) for result in results), results
    assert (PatternRun.objects.count(), Pattern.objects.count(), Sighting.objects.count()) == (2, 1, 2)


def test_two_people_document_a_fix_at_once_and_one_is_told():
    pattern = make.pattern({"campaign": "spring"})
    people = [staff(), staff()]
    results = at_once(
        *[
            lambda by=by: fix(pattern, change(), by=by, token=f"form-{by.pk}", seen=1, now=make.NOW)
            for by in people
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["Fix", "StalePattern"]
    assert issubclass(StalePattern, Exception)
    assert Fix.objects.count() == PatternEvent.objects.count() == 1


def test_a_double_click_at_once_documents_one_fix():
    pattern, by = make.pattern({"campaign": "spring"}), staff()
    document = lambda: fix(pattern, change(), by=by, token="form", seen=1, now=make.NOW)  # noqa: E731
    results = at_once(*[document] * 3)
    assert {getattr(result, "pk", result) for result in results} == {Fix.objects.get().pk}


def test_two_measurements_at_once_write_one_answer():
    pattern = make.pattern({"campaign": "spring"})
    fix(pattern, change(), by=staff(), token="form", seen=1, now=make.NOW)
    make.sends(200, submitted_at=make.NOW + HOUR, campaign="spring")
    measure = lambda: verify.measure(Fix.objects.get(), now=make.NOW + 24 * HOUR)  # noqa: E731
    results = at_once(*[measure] * 3)
    assert [sorted(result) for result in results].count(["verified"]) == 1, results
    assert Fix.objects.get().verifications.count() == 1
