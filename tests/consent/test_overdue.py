"""A revocation that is not in force everywhere in time: the house's own limit, business days, and that time alone
tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from consent.correct import decide
from consent.deadlines import TimeAllowed, UnknownCalendar
from consent.ledger import Kind, Policy
from consent.models import AgreedStatus, Flag
from consent.rules import Agreed, Code, derive, sentence
from consent.rules.codes import Severity
from consent.rules.words import moment_words
from tests.consent import make
from tests.consent.make import NOW
from tests.consent.rule_cases import (
    PROMO,
    claim,
    codes,
    crm,
    form,
    platform,
    provider,
    revoke,
    start,
    stop,
    utc,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_YORK = TimeAllowed(zone="America/New_York")
POLICY = Policy(time_allowed=NEW_YORK)


@pytest.mark.parametrize(
    ("received", "end"),
    [
        # From a Friday: Memorial Day is no business day, so the tenth is a Monday.
        ("2026-05-15T16:00", "2026-06-02T04:00"),
        # Late on a Saturday evening in New York: Sunday in UTC, and no business day anywhere.
        ("2026-05-10T03:30", "2026-05-23T04:00"),
        # Over Thanksgiving, and over the end of summer time: midnight is an hour later by UTC.
        ("2026-10-30T16:00", "2026-11-17T05:00"),
        ("2026-11-20T16:00", "2026-12-08T05:00"),
        # Over New Year's Day and into summer time.
        ("2026-12-28T16:00", "2027-01-13T05:00"),
        ("2026-03-05T16:00", "2026-03-20T04:00"),
    ],
)
def test_ten_business_days_end_with_the_tenth_day_where_the_organisation_is(received: str, end: str) -> None:
    assert NEW_YORK.end_by_law(utc(received)) == utc(end)


def test_a_calendar_is_a_country_or_one_of_its_parts() -> None:
    received = utc("2026-07-10T12:00")
    days = {place: TimeAllowed(calendar=place).end_by_law(received) for place in ("US", "FR", "CA-QC")}
    assert days["US"] == utc("2026-07-25")
    assert days["FR"] == utc("2026-07-28")  # 14 July is kept, and the day after falls on a Monday
    with pytest.raises(UnknownCalendar, match="Write a country as US"):
        TimeAllowed(calendar="Atlantis").end_by_law(received)


def said(now: str, *beliefs: Any, evidence: Any = None, policy: Policy = POLICY) -> Agreed:
    return derive(PROMO, evidence or [form(), stop()], beliefs, policy, utc(now))


def test_it_is_told_first_by_the_house_and_then_by_the_law() -> None:
    in_time = said("2026-05-02T14:59", platform("in"))
    assert "SLA_BREACH" not in codes(in_time)
    assert in_time.recheck_at == utc("2026-05-02T15:00")
    late = said("2026-05-02T15:00", platform("in"), crm("in"))
    assert late.recheck_at == NEW_YORK.end_by_law(utc("2026-05-01T15:00")) == utc("2026-05-16T04:00")
    [breach] = [finding for finding in late.findings if finding.code is Code.SLA_BREACH]
    assert (breach.severity, breach.evidence) == (Severity.S1, ("r",))
    assert sentence(breach) == (
        "Crm and platform would still let messages go out, but the phone sent STOP to S1 on 1 May 2026, 15:00 UTC, and "
        "the 24 hours allowed for it ended on 2 May 2026, 15:00 UTC."
    )
    unlawful = said("2026-05-16T04:00", platform("in"))
    assert unlawful.recheck_at is None
    assert (
        "the 24 hours allowed for it ended on 2 May 2026, 15:00 UTC, the 10 business days on 16 May 2026, 04:00 UTC."
        in " ".join(sentence(finding) for finding in unlawful.findings)
    )


@pytest.mark.parametrize(
    "beliefs",
    [[], [platform("out")], [crm("never"), platform("pending")], [provider("blocked")]],
    ids=["nobody", "out", "never", "blocked"],
)
def test_where_every_system_follows_time_changes_nothing(beliefs: list[Any]) -> None:
    agreed = said("2026-06-01T00:00", *beliefs)
    assert "SLA_BREACH" not in codes(agreed)
    assert agreed.recheck_at is None


def test_the_clock_runs_from_the_first_request_that_still_stands() -> None:
    ended = [stop("2026-04-01", "r1"), start("2026-04-02"), stop("2026-05-01T15:00", "r2")]
    assert said("2026-05-02T14:00", platform("in"), evidence=ended).recheck_at == utc("2026-05-02T15:00")
    repeated = [stop("2026-05-01T15:00", "r1"), stop("2026-05-03T15:00", "r2")]
    found = said("2026-05-03T16:00", platform("in"), evidence=repeated).findings
    assert [f.evidence for f in found if f.code is Code.SLA_BREACH] == [("r1",)]


def test_a_request_counts_from_its_receipt_not_from_its_words() -> None:
    mailed = [revoke(Kind.CHANNEL, "2026-05-01", received_at="2026-05-10T09:00")]
    assert said("2026-05-10T12:00", platform("in"), evidence=mailed).recheck_at == utc("2026-05-11T09:00")


def test_what_ended_it_or_only_claims_it_is_nobodys_breach() -> None:
    assert "SLA_BREACH" not in codes(
        said("2026-06-01T00:00", platform("in"), evidence=[stop(), start("2026-05-02")])
    )
    hearsay = [claim("assert_out", Kind.IMPORT, "2026-05-01")]
    assert "SLA_BREACH" not in codes(said("2026-06-01T00:00", platform("in"), evidence=hearsay))


def test_a_form_after_the_stop_does_not_stop_the_clock() -> None:
    waiting = said("2026-06-01T00:00", platform("in"), evidence=[stop(), form("2026-05-02")])
    assert (waiting.status, "SLA_BREACH" in codes(waiting)) == ("PENDING", True)


def test_a_provider_is_late_only_with_what_it_was_told() -> None:
    assert "SLA_BREACH" in codes(said("2026-06-01T00:00", provider("open")))
    mailed = [revoke(Kind.COMPLAINT, "2026-05-01")]
    assert "SLA_BREACH" not in codes(said("2026-06-01T00:00", provider("open"), evidence=mailed))


def test_without_a_limit_nobody_watches() -> None:
    agreed = said("2026-06-01T00:00", platform("in"), policy=Policy())
    assert "SLA_BREACH" not in codes(agreed)
    assert agreed.recheck_at is None


@pytest.fixture
def limits(settings: LazySettings) -> None:
    settings.CONSENT_POLICY = {**settings.CONSENT_POLICY, "in_force_within_hours": 24}


@pytest.mark.django_db
@pytest.mark.usefixtures("limits")
class TestStored:
    def test_time_alone_raises_it_and_a_system_that_follows_closes_it(self) -> None:
        line = make.number()
        make.form(line)
        received = make.stop(line, NOW).received_at
        make.reading(line, "in")
        make.reading(line, "in", make.system())
        make.weigh(line, now=NOW + HOUR)
        assert not Flag.objects.filter(code="SLA_BREACH").exists()
        due = AgreedStatus.objects.get(number=line).recheck_at
        assert due == received + 24 * HOUR
        assert [state.number_id for state in AgreedStatus.objects.due(due)] == [line.pk]
        make.weigh(line, now=due)
        flag = make.flag("SLA_BREACH", line)
        assert flag.why.startswith(
            "Acme CRM and Texter would still let messages go out, but the phone sent STOP"
        )
        assert flag.hold.released_at is None
        make.reading(line, "out", read_at=due + HOUR)
        make.weigh(line, now=due + 2 * HOUR)
        flag.refresh_from_db()
        assert flag.why.startswith("Acme CRM would still let")
        make.reading(line, "out", make.system(), read_at=due + 3 * HOUR)
        make.weigh(line, now=due + 4 * HOUR)
        flag.refresh_from_db()
        assert flag.status == "closed"
        assert AgreedStatus.objects.get(number=line).recheck_at is None

    def test_ten_business_days_make_it_worse(self) -> None:
        line = make.number()
        make.stop(line, NOW - 2 * DAY)
        make.reading(line, "in")
        make.weigh(line)
        flag = make.flag("SLA_BREACH", line)
        assert "24 hours" in flag.why
        deadline = flag.due_at
        assert moment_words(deadline.isoformat()) in flag.why
        assert make.flag("PLATFORM_IN_AGREED_OUT", line).due_at == deadline
        due = AgreedStatus.objects.get(number=line).recheck_at
        assert due == datetime(2026, 6, 13, 4, tzinfo=UTC)  # 30 May 2026 is a Saturday
        make.weigh(line, now=due)
        flag.refresh_from_db()
        assert "10 business days" in flag.why
        assert flag.due_at == deadline
        assert moment_words(deadline.isoformat()) in flag.why
        assert flag.events.latest("pk").note == "New evidence."

    def test_it_goes_its_way_with_what_is_written_for_the_number(self) -> None:
        line = make.stopped_but_texted().number
        breach, flag = make.flag("SLA_BREACH", line), make.flag("PLATFORM_IN_AGREED_OUT", line)
        by = make.staff("Supervisor")
        decide(make.subject(flag), make.choice(), by=by, token="t", seen=make.seen(flag), now=NOW)
        breach.refresh_from_db()
        assert breach.status == "correcting"
        assert list(breach.corrections.all()) == list(flag.corrections.all())

    def test_decided_on_by_itself_it_joins_what_is_on_its_way(self) -> None:
        line = make.stopped_but_texted().number
        flag, by = make.flag("PLATFORM_IN_AGREED_OUT", line), make.staff("Supervisor")
        decide(make.subject(flag), make.choice(), by=by, token="t", seen=make.seen(flag), now=NOW)
        Flag.objects.filter(code="SLA_BREACH").update(status="open")
        breach = make.flag("SLA_BREACH", line)
        decide(make.subject(breach), make.choice(), by=by, token="u", seen=make.seen(breach), now=NOW)
        breach.refresh_from_db()
        assert breach.status == "correcting"
