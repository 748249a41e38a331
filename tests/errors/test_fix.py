"""Documenting what was changed because of a pattern."""

from datetime import timedelta

import pytest

from backoffice.models import AuditEntry
from errors.fix import Change, Refused, fix
from errors.models import Fix, Pattern, StalePattern
from tests.consent.make import staff
from tests.errors import make

pytestmark = pytest.mark.django_db
NOW, DAY = make.NOW, timedelta(days=1)


def change(**fields):
    return Change(
        **{
            "hypothesis": "The carrier filters the short link.",
            "changed": Fix.Changed.CONTENT,
            "old": "bit.ly/x",
            "new": "acme.example/x",
            "effective_at": NOW,
            "target_rate": 0.05,
            "verify_until": NOW + 7 * DAY,
            "scope": {"campaign": "spring"},
            **fields,
        }
    )


@pytest.fixture
def pattern(db):
    return make.pattern({"campaign": "spring", "country": "PH"})


@pytest.fixture
def by(db):
    return staff()


def document(pattern, by, token="form-1", **fields):
    return fix(pattern, change(**fields), by=by, token=token, seen=pattern.version, now=NOW)


def test_keeps_what_was_seen_and_done_and_moves_the_pattern(pattern, by):
    made = document(pattern, by)
    pattern.refresh_from_db()
    assert (pattern.status, pattern.owner) == (Pattern.Status.FIXED, by)
    assert made.observed["failures"] == 120
    assert made.outcome == Fix.Outcome.WAITING
    event = pattern.events.get()
    assert (event.old, event.new, event.by) == ("open", "fixed", by)
    entry = AuditEntry.objects.get(action="pattern.fix")
    assert (entry.actor, entry.details["fix"]) == (by, made.pk)


def test_without_a_scope_it_is_about_the_whole_pattern(pattern, by):
    assert document(pattern, by, scope={}).scope == {"campaign": "spring", "country": "PH"}


def test_a_double_click_documents_one_fix(pattern, by):
    """F29."""
    first = document(pattern, by)
    again = document(pattern, by)  # the form from the browser's history, still with the old version
    assert first == again
    assert Fix.objects.count() == 1
    assert pattern.events.count() == 1


def test_whoever_read_an_older_version_is_told(pattern, by):
    document(pattern, by)
    with pytest.raises(StalePattern):
        document(pattern, staff(), token="form-2")
    assert Fix.objects.count() == 1


def test_a_pattern_that_is_watched_already_needs_no_second_fix(pattern, by):
    document(pattern, by)
    pattern.refresh_from_db()
    with pytest.raises(Refused, match="cannot become"):
        document(pattern, by, token="form-2")


def test_a_muted_pattern_can_be_fixed_and_is_not_muted_any_more(pattern, by):
    pattern.move(Pattern.Status.MUTED, muted_until_failures=500)
    document(pattern, by)
    pattern.refresh_from_db()
    assert (pattern.status, pattern.muted_until_failures) == (Pattern.Status.FIXED, None)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"hypothesis": " "}, "Say why"),
        ({"new": ""}, "Say why"),
        ({"target_rate": 0}, "above 0 %"),
        ({"target_rate": 0.3}, "24.0 % now"),
        ({"scope": {"moon": "full"}}, "cannot be measured"),
        ({"scope": {"segments": "two"}}, "no whole number"),
        ({"effective_at": NOW - 30 * DAY}, "before the pattern"),
        ({"effective_at": NOW + 40 * DAY, "verify_until": NOW + 50 * DAY}, "30 days from now"),
        ({"verify_until": NOW - DAY / 8}, "for a while"),
        ({"verify_until": NOW + 100 * DAY}, "at most 90 days"),
    ],
)
def test_what_could_not_be_measured_is_refused_with_the_way_to_mend_it(pattern, by, fields, why):
    with pytest.raises(Refused, match=why):
        document(pattern, by, **fields)
    pattern.refresh_from_db()
    assert pattern.status == Pattern.Status.OPEN
    assert not Fix.objects.exists()
