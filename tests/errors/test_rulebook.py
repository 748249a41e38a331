"""The stored rules: what checks read, what supervisors change, what a release brings along."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.models import AuditEntry
from errors import rulebook
from errors.models import PreflightRule, RuleStamp, StaleRule
from errors.preflight import BadRule, Kind, Rule, Standing, rules_on, written_rules
from tests.backoffice.make import person
from tests.errors.preflight.make import findings

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
DAY = date(2026, 11, 22)
LONG = {"body": "Acme: " + "x" * 500}


@pytest.fixture
def supervisor():
    return person("Supervisor")


def stored(kind, subject="", place="", provider=""):
    return PreflightRule.objects.in_use().get(kind=kind, subject=subject, place=place, provider=provider)


def house(value="3", **fields):
    return replace(stored("house_segments").as_rule(), value=value, **fields)


def own(subject="acme.link", **fields):
    return Rule(Kind.SHORTENER, "", "", subject, "yes", Standing.AGREED, None, DAY, "the house", **fields)


def found(**message):
    return {one.code.value for one in findings(rules=rulebook.in_force(DAY), **message)}


def released(monkeypatch, rules):
    """As if another release were installed."""
    rows = tuple((rulebook.series_of(rule), rule) for rule in rules)
    monkeypatch.setattr(rulebook, "_release", lambda: rows)
    monkeypatch.setattr(rulebook, "_digest", lambda: rulebook.digest_of(rules))
    return rulebook.ship(NOW)


# --- what checks read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "day"),
    [(None, DAY), (datetime(2026, 11, 23, 9), date(2026, 11, 23))],  # noqa: DTZ001 - theirs
)
def test_a_day_of_rules_is_that_of_the_text_else_of_the_staffs_clock(at, day):
    late_in_new_york = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert rulebook.day_of(at, late_in_new_york) == day


def test_a_new_database_holds_the_rules_of_the_release_in_their_order():
    assert set(rulebook.rules()) == set(written_rules())
    book = rulebook.in_force(DAY)
    assert all(book.all(kind) == rules_on(DAY).all(kind) for kind in Kind)
    assert all(rule.series for rule in rulebook.rules())


def test_a_check_costs_one_small_query():
    rulebook.in_force(DAY)
    with CaptureQueriesContext(connection) as queries:
        rulebook.in_force(DAY)
    assert len(queries) == 1


def test_shipping_again_writes_nothing():
    with CaptureQueriesContext(connection) as queries:
        assert rulebook.ship(NOW) == {}
    assert len(queries) == 1


def test_without_stored_rules_those_of_the_files_count():
    PreflightRule.objects.all().delete()
    RuleStamp.objects.all().delete()
    assert rulebook.rules() == written_rules()
    assert rulebook.in_force(DAY) is rules_on(DAY)


# --- what supervisors change -----------------------------------------------------------------------------------


def test_a_change_is_another_version_that_the_next_check_follows(supervisor):
    assert "body.segments" in found(**LONG)
    was = stored("house_segments")
    now = rulebook.change(was, house("9"), reason="We pay for more.", by=supervisor, now=NOW)
    assert "body.segments" not in found(**LONG)
    was.refresh_from_db()
    assert (was.value, was.replaced_at) == ("3", NOW)
    assert (now.version, now.value, now.saved_by, now.is_changed) == (2, "9", supervisor, True)
    entry = AuditEntry.objects.get(action="rule.change")
    assert (entry.actor, entry.reason) == (supervisor, "We pay for more.")


def test_a_change_is_forgotten_with_its_transaction(supervisor, transactional_rollback):
    with transactional_rollback():
        rulebook.change(stored("house_segments"), house("9"), reason="try", by=supervisor, now=NOW)
        assert "body.segments" not in found(**LONG)
    assert "body.segments" in found(**LONG)


def test_of_two_people_who_change_a_rule_the_second_is_told(supervisor):
    was = stored("house_segments")
    rulebook.change(was, house("9"), reason="one", by=supervisor, now=NOW)
    with pytest.raises(StaleRule):
        rulebook.change(was, house("8"), reason="two", by=supervisor, now=NOW)
    assert stored("house_segments").value == "9"


def test_a_rule_that_is_off_is_used_by_no_check_until_it_is_on_again(supervisor):
    shortened = {"body": "Acme: see https://bit.ly/x"}
    off = rulebook.switch(stored("shortener", "bit.ly"), on=False, reason="ours", by=supervisor, now=NOW)
    assert "link.shortener" not in found(**shortened)
    rulebook.switch(off, on=True, reason="not ours", by=supervisor, now=NOW)
    assert "link.shortener" in found(**shortened)


def test_what_an_older_version_said_can_be_in_use_again(supervisor):
    first = stored("house_segments")
    second = rulebook.change(first, house("9"), reason="more", by=supervisor, now=NOW)
    third = rulebook.back_to(
        second, rulebook.content_of(first.as_rule()), reason="back", by=supervisor, now=NOW
    )
    assert (third.version, third.value, third.is_changed) == (3, "3", False)


def test_a_look_at_the_source_is_noted_and_is_no_change_of_the_rule(supervisor):
    row = rulebook.checked(stored("house_segments"), by=supervisor, now=datetime(2027, 3, 1, 15, tzinfo=UTC))
    assert (row.last_checked, row.version, row.is_changed) == (date(2027, 3, 1), 2, False)


def test_a_rule_of_our_own_is_followed_at_once(supervisor):
    text = {"body": "Acme: see https://acme.link/x"}
    assert "link.shortener" not in found(**text)
    row = rulebook.add(own(), reason="shared by all", by=supervisor, now=NOW)
    assert row.is_own
    assert "link.shortener" in found(**text)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (own("bit.ly"), "valid_from"),  # there is one already
        (own("Bit.LY/x"), "subject"),
        (own(""), "subject"),
        (replace(own(), provider="twilio"), "provider"),
        (replace(own(), place="US"), "place"),
        (replace(own(), value="no"), "value"),
        (replace(own(), kind=Kind.ALPHA_SENDER, subject="", value="yes"), "place"),
        (replace(own(), kind=Kind.ALPHA_SENDER, subject="", value="perhaps", place="DE"), "value"),
        (replace(own(), kind=Kind.HOURS, subject="monday", value="08:00-20:00", place="DE"), "subject"),
        (replace(own(), kind=Kind.HOURS, subject="sun", value="20:00-08:00", place="DE"), "value"),
        (replace(own(), kind=Kind.MOST_UNITS, subject="segments", value="-1", provider="twilio"), "value"),
        (replace(own(), kind=Kind.REPEAT, subject="same content", value="24 d"), "value"),
        (replace(own(), kind=Kind.AREA, subject="415", value="America/Nowhere", place="US-CA"), "value"),
        (replace(own(), kind=Kind.CONTENT, subject="content.taxes", value="tax"), "subject"),
        (replace(own(), kind=Kind.FOREIGN_NUMERIC, subject="", value="blocked", place="DE"), "note"),
        (replace(own(), kind=Kind.SPAMMY, subject="x", value="("), "value"),
        (replace(own(), kind=Kind.SPAMMY, subject="x", value=""), "value"),
        (replace(own(), valid_from=DAY, valid_until=date(2026, 1, 1)), "valid_until"),
    ],
)
def test_a_rule_that_no_check_could_use_is_refused_at_its_field(supervisor, rule, field):
    with pytest.raises(BadRule) as refused:
        rulebook.add(rule, reason="why", by=supervisor, now=NOW)
    assert refused.value.field == field
    assert not PreflightRule.objects.filter(shipped__isnull=True).exists()


def test_a_second_rule_about_the_same_holds_from_its_own_day(supervisor):
    later = replace(house("9"), series="", valid_from=date(2027, 1, 1))
    rulebook.add(later, reason="next year", by=supervisor, now=NOW)
    assert rulebook.in_force(DAY).one(Kind.HOUSE_SEGMENTS).value == "3"
    assert rulebook.in_force(date(2027, 1, 1)).one(Kind.HOUSE_SEGMENTS).value == "9"


def test_a_rule_is_over_after_its_last_day(supervisor):
    rule = replace(own(), valid_until=date(2026, 12, 24))
    rulebook.add(rule, reason="until then", by=supervisor, now=NOW)
    assert rulebook.in_force(date(2026, 12, 24)).one(Kind.SHORTENER, subject="acme.link")
    assert not rulebook.in_force(date(2026, 12, 25)).one(Kind.SHORTENER, subject="acme.link")


# --- what a release brings along -------------------------------------------------------------------------------


def changed_release(**changes):
    return [
        replace(rule, **changes) if rule.kind is Kind.HOUSE_SEGMENTS else rule for rule in written_rules()
    ]


def test_a_release_changes_a_rule_that_nobody_touched(monkeypatch):
    assert released(monkeypatch, changed_release(value="5")) == {"changed": 1}
    row = stored("house_segments")
    assert (row.value, row.version, row.saved_by, row.is_changed) == ("5", 2, None, False)


def test_a_release_leaves_what_a_supervisor_changed_and_says_what_it_says_itself(monkeypatch, supervisor):
    rulebook.change(stored("house_segments"), house("9"), reason="ours", by=supervisor, now=NOW)
    assert released(monkeypatch, changed_release(value="5")) == {"differ": 1}
    row = stored("house_segments")
    assert (row.value, row.shipped["value"], row.is_changed) == ("9", "5", True)


def test_a_look_at_the_source_does_not_keep_a_release_out_and_is_not_lost(monkeypatch, supervisor):
    later = datetime(2027, 3, 1, 15, tzinfo=UTC)
    rulebook.checked(stored("house_segments"), by=supervisor, now=later)
    released(monkeypatch, changed_release(value="5"))
    row = stored("house_segments")
    assert (row.value, row.last_checked) == ("5", date(2027, 3, 1))


def test_a_rule_that_left_the_release_is_off_unless_somebody_changed_it(monkeypatch, supervisor):
    rulebook.change(stored("house_segments"), house("9"), reason="ours", by=supervisor, now=NOW)
    without = [rule for rule in written_rules() if rule.kind not in (Kind.HOUSE_SEGMENTS, Kind.DLT)]
    assert released(monkeypatch, without) == {"gone": 2}
    kept, gone = stored("house_segments"), stored("dlt", place="IN")
    assert (kept.value, kept.is_active, kept.is_own) == ("9", True, True)
    assert not gone.is_active
    assert rulebook.in_force(DAY).one(Kind.DLT, place="IN") is None


def test_a_rule_that_comes_with_a_release_is_added(monkeypatch):
    assert released(monkeypatch, [*written_rules(), own()]) == {"added": 1}
    assert rulebook.in_force(DAY).one(Kind.SHORTENER, subject="acme.link")
