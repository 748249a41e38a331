"""Measuring fixes: which sends count, what the answer does, and that nothing is written twice."""

from datetime import timedelta

import pytest

from backoffice import jobs
from errors import rollup, verify
from errors.detect import detect
from errors.fix import fix as document
from errors.models import Fix, Pattern, SendAttempt
from errors.verify import measure, rate_of
from tests.consent.make import staff
from tests.errors import make
from tests.errors.test_fix import change

pytestmark = pytest.mark.django_db
NOW, DAY, HOUR = make.NOW, timedelta(days=1), timedelta(hours=1)
S = Pattern.Status
SPRING = {"campaign": "spring"}


@pytest.fixture
def pattern(db):
    make.sends(100, failed=60, submitted_at=NOW - 3 * HOUR, campaign="spring", template="t1")
    make.sends(100, failed=1, submitted_at=NOW - 3 * HOUR, campaign="autumn", template="t2")
    return make.pattern(SPRING, failures=60, attempts=100)


@pytest.fixture
def fix(pattern):
    return document(pattern, change(), by=staff(name="ana"), token="f", seen=1, now=NOW)


def sends(count, failed=0, at=NOW + 2 * HOUR, **fields):
    make.sends(count, failed=failed, submitted_at=at, **{**SPRING, "template": "t1", **fields})


def count(fix, now):
    rollup.rollup("", beat=jobs.unwatched)
    fix.refresh_from_db()
    return measure(fix, now=now)


def status(fix):
    fix.refresh_from_db()
    return fix.outcome, Pattern.objects.get(pk=fix.pattern_id).status


def test_waits_until_enough_was_sent_and_then_it_helped(fix):
    sends(4)
    assert count(fix, NOW + DAY) == {"waiting": 1}
    assert status(fix) == ("waiting", S.FIXED)
    told = fix.verifications.get()
    assert (told.settled, told.failed, told.details["needed"]) == (4, 0, 73)
    assert count(fix, NOW + DAY) == {"unchanged": 1}
    sends(196)
    assert count(fix, NOW + DAY) == {"verified": 1}
    assert status(fix) == ("verified", S.HELD)
    assert fix.verifications.count() == 2


def test_four_fine_sends_until_the_end_prove_nothing(fix):
    """F43."""
    sends(4)
    assert count(fix, NOW + 8 * DAY) == {"inconclusive": 1}
    assert status(fix) == ("inconclusive", S.OPEN)
    assert "at least 73" in fix.verifications.get().why or "hardly anything" in fix.verifications.get().why


def test_what_still_fails_is_not_fixed_and_open_again(fix):
    sends(100, failed=40)
    count(fix, NOW + DAY)
    assert status(fix) == ("not_fixed", S.OPEN)
    assert "Better than the 60 % before" in fix.verifications.get().why
    assert Pattern.objects.get().events.order_by("-pk")[0].note.startswith("It did not help")


def test_sends_from_before_count_neither_for_nor_against_it_however_late_their_reports(fix):
    sends(100)
    late = make.sent("sent", submitted_at=NOW - HOUR, **SPRING)
    count(fix, NOW + DAY)
    assert status(fix) == ("verified", S.HELD)
    SendAttempt.objects.filter(pk=late.pk).update(status="undelivered", is_failed=True)
    SendAttempt.objects.filter(submitted_at__lt=NOW).update(status="undelivered", is_failed=True)
    rollup.touch([late.submitted_at, NOW - 3 * HOUR])
    assert count(fix, NOW + 2 * DAY) == {"unchanged": 1}
    assert status(fix) == ("verified", S.HELD)


def test_what_held_and_fails_again_comes_back_to_its_owner(fix):
    sends(100)
    count(fix, NOW + DAY)
    sends(200, failed=100, at=NOW + 2 * DAY)
    assert count(fix, NOW + 2 * DAY + HOUR) == {"regressed": 1}
    assert status(fix) == ("regressed", S.REGRESSED)
    pattern = Pattern.objects.get()
    assert pattern.owner.username == "ana"
    assert pattern in Pattern.objects.to_work_on()
    assert count(fix, NOW + 3 * DAY) == {"unchanged": 1}


def test_failures_of_a_log_that_came_in_after_the_answer_count_as_well(fix):
    sends(100)
    count(fix, NOW + DAY)
    sends(60, failed=50, at=NOW + 5 * HOUR)
    assert count(fix, NOW + DAY + HOUR) == {"regressed": 1}


def test_a_long_good_time_does_not_hide_that_it_came_back(fix):
    sends(600)
    count(fix, NOW + DAY)
    sends(60, failed=20, at=NOW + 2 * DAY)  # 3 % of all since the fix, a third of those since it held
    assert count(fix, NOW + 2 * DAY + HOUR) == {"regressed": 1}


def test_a_few_failures_after_it_held_are_chance(fix):
    sends(100)
    count(fix, NOW + DAY)
    sends(100, failed=6, at=NOW + 2 * DAY)
    assert count(fix, NOW + 2 * DAY + HOUR) == {"unchanged": 1}
    assert status(fix) == ("verified", S.HELD)


def test_a_look_that_finds_what_held_brings_it_back(fix):
    sends(100)
    count(fix, NOW + DAY)
    verified_at = Fix.objects.get().settled_at
    day = (verified_at + 2 * DAY).replace(hour=0)
    make.counted(1000, failed=10, hour=day - DAY, campaign="spring")
    for campaign, lost in (("spring", 90), ("autumn", 1), ("winter", 1)):
        make.sends(200, failed=lost, submitted_at=day + 9 * HOUR, campaign=campaign)
    counts = detect("", beat=jobs.unwatched, look="asked", starts_at=day.isoformat(),
                    ends_at=(day + DAY).isoformat(), against="rest", token="x")  # fmt: skip
    assert counts["regressed"] == 1
    assert status(fix) == ("regressed", S.REGRESSED)
    assert "Found again" in fix.verifications.order_by("-pk")[0].why


def test_a_fix_that_is_still_to_come_is_not_measured(pattern):
    document(pattern, change(effective_at=NOW + 5 * DAY, verify_until=NOW + 9 * DAY), by=staff(), token="f",
             seen=1, now=NOW)  # fmt: skip
    assert not verify.watched(NOW + DAY).exists()
    assert verify.watched(NOW + 6 * DAY).exists()


def test_content_that_is_no_longer_sent_proves_nothing_about_a_new_route(pattern):
    fix = document(pattern, change(changed=Fix.Changed.ROUTE, old="A", new="B"), by=staff(), token="f", seen=1,
                   now=NOW)  # fmt: skip
    sends(300, template="t9")
    count(fix, NOW + DAY)
    assert status(fix) == ("waiting", S.FIXED)
    assert "hardly sent any more" in fix.verifications.get().why
    sends(1, template="t9")
    count(fix, NOW + 8 * DAY)
    assert status(fix) == ("inconclusive", S.OPEN)


def test_two_at_once_write_one_answer(fix):
    sends(100)
    rollup.rollup("", beat=jobs.unwatched)
    theirs = Fix.objects.get()
    assert measure(fix, now=NOW + DAY) == {"verified": 1}
    sends(30, failed=30)  # the slower one counts more
    assert measure(theirs, now=NOW + DAY) == {"unchanged": 1}
    assert fix.verifications.count() == 1


class TestCounting:
    def rate(self, since=NOW - HOUR, now=NOW + DAY):
        rate, pending = rate_of(SPRING, since=since, now=now)
        return rate.failed, rate.settled, pending

    def test_one_person_counts_once_for_one_message_whatever_the_tries(self):
        """F25: a resend that arrived is not a failure, and the failed try stays what it is."""
        person = make.number()
        first = make.sent("undelivered", "30007", number=person, template="t1", **SPRING)
        make.sent("delivered", number=person, template="t1", parent=first, submitted_at=NOW + HOUR, **SPRING)
        other = make.number()
        for hour in range(3):
            make.sent("failed", number=other, template="t1", submitted_at=NOW + hour * HOUR, **SPRING)
        make.sent("failed", number=other, template="t2", **SPRING)
        assert self.rate() == (2, 3, 0)
        first.refresh_from_db()
        assert (first.status, first.error_code) == ("undelivered", "30007")

    def test_young_sends_wait_and_old_ones_without_a_report_count_nowhere(self):
        make.sent("sent", **SPRING)
        make.sent("delivered", **SPRING)
        make.sent("canceled", **SPRING)
        assert self.rate() == (0, 1, 1)
        assert self.rate(now=NOW + 4 * DAY) == (0, 1, 0)

    def test_people_nobody_can_tell_apart_count_one_each(self):
        for _ in range(3):
            make.sent("failed", number=None, recipient="", **SPRING)
        assert self.rate() == (3, 3, 0)

    def test_of_very_many_sends_the_latest_are_counted(self, monkeypatch):
        monkeypatch.setattr(verify, "MOST_SENDS", 50)
        sends(40, failed=40, at=NOW)
        sends(40, at=NOW + 2 * HOUR)
        rollup.rollup("", beat=jobs.unwatched)
        assert self.rate() == (0, 40, 0)


def test_the_job_measures_every_watched_fix_and_the_schedule_rings_only_when_there_is_one(fix):
    Fix.objects.all().update(effective_at=NOW - DAY)
    assert verify.ring(trigger="schedule") is not None
    assert sum(verify.verify("", beat=jobs.unwatched).values()) == 1
    Fix.objects.all().update(outcome="not_fixed")
    assert verify.ring(trigger="schedule") is None
    assert verify.verify("", beat=jobs.unwatched) == {}
