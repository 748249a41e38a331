"""Looking for patterns: what a look stores, how what is known follows it, and that nothing is told twice."""

from datetime import UTC, datetime, timedelta

import pytest

from backoffice import jobs
from backoffice.models import JobRun
from errors import desk, looks, rollup
from errors.detect import detect
from errors.models import Pattern, PatternRun, Sighting, TouchedHour
from tests.consent.make import staff
from tests.errors import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = datetime(2026, 6, 2, tzinfo=UTC)  # the day looked at; a Tuesday
S = Pattern.Status


def log(day=TODAY, *, bad=60, **fields):
    """A day's sends in two hours: campaign spring fails `bad` of 200 times, the others 1 of 100."""
    for hour in (9, 15):
        at = day + timedelta(hours=hour)
        for campaign in ("spring", "autumn", "winter"):
            lost = bad if campaign == "spring" and hour == 15 else 2
            make.sends(200, failed=lost, submitted_at=at, campaign=campaign, **fields)


def weeks():
    """The same day of the four weeks before, counted already: one in a hundred fails."""
    for week in range(1, 5):
        for hour in (9, 15):
            at = TODAY - 7 * week * DAY + timedelta(hours=hour)
            for campaign in ("spring", "autumn", "winter"):
                make.counted(200, failed=2, hour=at, campaign=campaign)


def look(day=TODAY, kind="daily", against="weeks", **more):
    end = more.pop("ends_at", day + DAY)
    return detect(
        "a window", beat=jobs.unwatched, look=kind, starts_at=day.isoformat(), ends_at=end.isoformat(),
        against=against, **more,
    )  # fmt: skip


def test_a_slice_that_fails_more_than_before_is_found_with_its_people_and_codes():
    weeks()
    log()
    counts = look()
    assert (counts["found"], counts["new"], counts["attempts"]) == (1, 1, 1200)
    pattern = Pattern.objects.get()
    assert pattern.attributes["campaign"] == "spring"
    assert (pattern.status, pattern.error_code, pattern.provider) == (S.OPEN, "30007", "twilio")
    assert pattern.category == "content_filtered"
    assert pattern.recipients == pattern.failures
    assert pattern.excess == pytest.approx(pattern.failures - pattern.expected)
    assert pattern.lift_low < pattern.lift < pattern.lift_high
    assert (pattern.first_seen_at, pattern.last_seen_at) == (TODAY, TODAY + DAY)
    run = PatternRun.objects.get()
    assert (run.attempts, run.found, len(run.baseline)) == (1200, 1, 4)
    assert pattern.sightings.get().codes == [["twilio", "30007", pattern.failures]]
    assert not TouchedHour.objects.exists()  # counted on the way


def test_the_same_window_with_the_same_numbers_adds_nothing():
    weeks()
    log()
    look()
    assert look() == {}
    assert (PatternRun.objects.count(), Sighting.objects.count()) == (1, 1)
    # Asked for twice is two looks, the same request again is one.
    assert look(kind="asked", token="t1")["refreshed"] == 1
    assert look(kind="asked", token="t1") == {}
    assert Sighting.objects.count() == 2


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_look_that_is_cut_off_leaves_nothing_and_is_done_again(steps):
    weeks()
    log()

    def until(done=0, **_):
        if done >= steps:
            raise jobs.LostLease

    with pytest.raises(jobs.LostLease):
        detect("", beat=until, look="daily", starts_at=TODAY.isoformat(), ends_at=(TODAY + DAY).isoformat(),
               against="weeks")  # fmt: skip
    assert not PatternRun.objects.exists()
    assert look()["new"] == 1


def test_a_quiet_day_is_looked_at_and_nothing_is_found():
    weeks()
    log(bad=2)
    assert look()["found"] == 0
    assert not Pattern.objects.exists()
    assert PatternRun.objects.get().found == 0


def test_one_person_tried_again_and_again_is_no_pattern():
    weeks()
    log(bad=2)
    make.sends(150, failed=150, submitted_at=TODAY + timedelta(hours=15), campaign="summer", people=4)
    assert look()["found"] == 0


def test_few_people_tried_again_and_again_are_no_pattern_and_many_are():
    weeks()
    log(bad=2)
    at = TODAY + timedelta(hours=15)
    make.sends(800, failed=0, submitted_at=at, campaign="winter")
    make.sends(200, failed=200, submitted_at=at, campaign="winter", people=6)
    assert look()["found"] == 0
    make.sends(300, failed=300, submitted_at=at, campaign="winter", people=60)
    assert look()["found"] >= 1


def test_without_any_past_a_window_is_compared_with_itself():
    log()
    assert look()["found"] == 1
    assert PatternRun.objects.get().baseline == []


def test_a_log_of_a_few_days_is_compared_with_the_days_before():
    for day in (1, 2, 3):
        log(TODAY - day * DAY, bad=2)
    log()
    look()
    assert len(PatternRun.objects.get().baseline) == 7


def test_found_again_refreshes_and_a_closed_one_opens_again():
    weeks()
    log()
    look()
    log(TODAY + DAY, bad=100)
    counts = look(TODAY + DAY)
    assert counts["refreshed"] == 1
    pattern = Pattern.objects.get()
    assert pattern.failures >= 100
    assert pattern.first_seen_at == TODAY
    for day in (2, 3):
        log(TODAY + day * DAY, bad=2)
        look(TODAY + day * DAY)
    pattern.refresh_from_db()
    assert pattern.status == S.CLOSED
    assert pattern.closed_at is not None
    log(TODAY + 4 * DAY)
    assert look(TODAY + 4 * DAY)["opened_again"] == 1
    pattern.refresh_from_db()
    assert (pattern.status, pattern.closed_at) == (S.OPEN, None)
    assert [event.new for event in pattern.events.order_by("pk")] == ["open", "closed", "open"]


def test_one_quiet_day_closes_nothing():
    weeks()
    log()
    look()
    log(TODAY + DAY, bad=2)
    look(TODAY + DAY)
    assert Pattern.objects.get().status == S.OPEN


def test_news_about_an_old_window_do_not_open_what_is_over():
    """A late file about the day it was found on says nothing about today."""
    weeks()
    for day, bad in enumerate((60, 60, 2, 2)):
        log(TODAY + day * DAY, bad=bad)
        look(TODAY + day * DAY)
    closed = Pattern.objects.get()
    assert closed.status == S.CLOSED
    for day in (0, 1):
        make.sends(40, failed=30, submitted_at=TODAY + day * DAY + timedelta(hours=15), campaign="spring")
        assert look(TODAY + day * DAY)["seen_before"] == 1
    pattern = Pattern.objects.get()
    assert (pattern.status, pattern.failures) == (S.CLOSED, closed.failures)
    assert pattern.sightings.count() == 4


def test_a_provider_that_is_out_for_hours_is_one_incident():
    """F46: every slice is hit; one incident is told, not its parts."""
    for week in range(1, 5):
        for hour in range(8, 14):
            for campaign in ("spring", "autumn"):
                for provider in ("twilio", "vonage"):
                    at = TODAY - 7 * week * DAY + timedelta(hours=hour)
                    make.counted(100, failed=1, hour=at, campaign=campaign, provider=provider)
    for hour in range(8, 14):
        for campaign in ("spring", "autumn"):
            for provider in ("twilio", "vonage"):
                out = provider == "vonage" and hour in {10, 11}
                at = TODAY + timedelta(hours=hour)
                make.sends(
                    100, failed=60 if out else 1, submitted_at=at, campaign=campaign, provider=provider
                )
    assert look()["found"] == 1
    incident = Pattern.objects.get()
    assert incident.is_incident
    assert incident.attributes == {"provider": "vonage", "hour": "10,11"}
    assert incident.failures == 240


class TestMuted:
    def mute(self, pattern, **how):
        by = staff("Supervisor")
        now = TODAY + DAY
        desk.mute(pattern, desk.Mute(**how), reason="Known, the carrier works on it.", by=by, seen=pattern.version,
                  now=now)  # fmt: skip

    @pytest.fixture
    def pattern(self):
        weeks()
        log(template="t1", template_version="1")
        look()
        return Pattern.objects.get()

    def again(self, **fields):
        log(TODAY + DAY, **fields)
        look(TODAY + DAY)
        return Pattern.objects.get()

    def test_stays_muted_when_found_again(self, pattern):
        self.mute(pattern, failures=500)
        assert self.again().status == S.MUTED

    def test_comes_back_with_more_failures_than_it_was_muted_for(self, pattern):
        self.mute(pattern, failures=pattern.failures + 20)
        again = self.again(bad=150)
        assert again.status == S.OPEN
        assert again.muted_until_failures is None
        assert "failures in one look" in again.events.order_by("-pk")[0].note

    def test_comes_back_when_its_time_is_over(self, pattern):
        self.mute(pattern, until=TODAY + 2 * DAY)  # long ago on the clock of the test's machine
        assert self.again().status == S.OPEN

    def test_comes_back_with_the_next_version_of_the_template_and_not_with_the_same(self, pattern):
        self.mute(pattern, next_version=True)
        assert self.again(template="t1", template_version="1").status == S.MUTED
        log(TODAY + 2 * DAY, template="t1", template_version="2")
        look(TODAY + 2 * DAY)
        assert Pattern.objects.get().status == S.OPEN

    def test_comes_back_when_it_gets_more_severe(self, pattern):
        self.mute(pattern, failures=5000)
        again = self.again(code="20003")  # the credentials
        assert again.category == "auth"
        assert again.status == S.OPEN

    def test_is_not_closed_when_it_is_gone_for_a_while(self, pattern):
        self.mute(pattern, failures=500)
        for day in (1, 2, 3):
            log(TODAY + day * DAY, bad=2)
            look(TODAY + day * DAY)
        assert Pattern.objects.get().status == S.MUTED


class TestDue:
    NOW = TODAY + DAY + timedelta(hours=9, minutes=20)

    def windows(self, now=NOW):
        return [(window.kind, window.starts_at, window.ends_at) for window, _ in looks.due(now)]

    def count(self):
        rollup.rollup("", beat=jobs.unwatched)

    def test_every_day_with_sends_and_the_last_hours(self):
        log(TODAY - 2 * DAY)
        log()
        make.sends(40, submitted_at=self.NOW - timedelta(hours=2))
        self.count()
        assert self.windows() == [
            ("daily", TODAY - 2 * DAY, TODAY - DAY),
            ("daily", TODAY, TODAY + DAY),
            ("hourly", TODAY + DAY + timedelta(hours=3), TODAY + DAY + timedelta(hours=9)),
        ]

    def test_a_log_that_came_late_is_looked_at_as_well(self):
        log()
        self.count()
        assert self.windows(TODAY + 90 * DAY) == [("daily", TODAY, TODAY + DAY)]

    def test_not_twice_unless_late_reports_changed_it(self):
        log()
        look()
        assert self.windows() == []
        make.sends(5, submitted_at=TODAY)
        self.count()
        assert self.windows() == []  # less than a hundredth
        make.sends(40, submitted_at=TODAY)
        self.count()
        assert self.windows() == [("daily", TODAY, TODAY + DAY)]

    def test_the_schedule_queues_each_window_once_and_the_job_does_it(self):
        log()
        self.count()
        looks.ring(trigger="schedule", now=self.NOW)
        looks.ring(trigger="schedule", now=self.NOW)
        run = JobRun.objects.get(kind="errors.detect")
        assert detect(run.subject, beat=jobs.unwatched, **run.params)["found"] == 1


@pytest.mark.parametrize(
    ("window", "why"),
    [
        ({"kind": "weekly"}, "no window"),
        ({"against": "moon"}, "compared with"),
        ({"ends_at": TODAY}, "an hour after"),
        ({"day": TODAY.replace(tzinfo=None)}, "zone"),
    ],
)
def test_a_window_that_is_none_is_refused(window, why):
    with pytest.raises(jobs.Refused, match=why):
        look(**window)
