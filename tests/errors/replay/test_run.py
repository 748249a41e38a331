"""A small history whose right answers were worked out by hand, replayed through the shipped rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backoffice import jobs
from backoffice.models import JobRun
from consent.models import Number
from errors.models import (
    ReplayFailure,
    ReplayHits,
    ReplayLine,
    ReplayStale,
    RuleReplay,
    SendAttempt,
)
from errors.preflight import Kind, Rule, Standing
from errors.replay import run
from errors.replay.behind import Behind
from errors.replay.change import Change, NoChange
from errors.replay.compare import pairs
from errors.replay.preview import preview
from errors.rulebook import rules_in_force
from tests.consent import make as consent
from tests.errors import make

pytestmark = pytest.mark.django_db

# Thursday, ten in the morning in San Francisco.
NOON = datetime(2026, 12, 3, 18, 0, tzinfo=UTC)
START, END = NOON - timedelta(days=3), NOON + timedelta(days=3)
ASKED = END + timedelta(days=1)
PLAIN = "Acme: 10% off today. Reply STOP to opt out"
SHORT = "Acme: 10% off at https://bit.ly/x1. Reply STOP to opt out"
UNFILLED = "Acme: {{first_name}}, 10% off. Reply STOP to opt out"


def person(e164: str | None = None) -> Number:
    """Somebody who opted in long ago."""
    line = consent.number(e164 or f"+1415{7_000_000 + Number.objects.count()}")
    consent.form(line)
    return line


def sent(status: str, code: str = "", *, to: Number | None = None, **fields: Any) -> SendAttempt:
    return make.sent(status, code, number=to or person(), **{"submitted_at": NOON, "body": PLAIN, **fields})


@pytest.fixture
def history() -> dict[str, SendAttempt]:
    consent.program()
    out, learned_later, out_but_reached = person(), person(), person()
    for line in (out, out_but_reached):
        consent.stop(line, at=NOON - timedelta(days=20))
    consent.stop(learned_later, at=NOON + timedelta(hours=1))
    twice = person()
    landline = Number.objects.create(e164="+442071838750", region="GB", line_type="FIXED_LINE")
    consent.form(landline)
    return {
        "fine": sent("delivered"),
        "short link, filtered": sent("undelivered", "30007", body=SHORT),
        "short link, arrived": sent("delivered", body=SHORT),
        "short link, phone off": sent("undelivered", "30003", body=SHORT),
        "short link, no end": sent("sent", body=SHORT),
        "no link, filtered": sent("undelivered", "30007"),
        "text gone, filtered": sent("undelivered", "30007", body=""),
        "unfilled, refused": sent("failed", "21656", body=UNFILLED),
        "unfilled, arrived": sent("delivered", body=UNFILLED),
        "opted out, refused": sent("failed", "21610", to=out),
        "opted out later, refused": sent("failed", "21610", to=learned_later),
        "opted out, arrived": sent("delivered", to=out_but_reached),
        "first of two": sent("delivered", to=twice, body_hash=7),
        "second of two": sent("delivered", to=twice, body_hash=7, submitted_at=NOON + timedelta(hours=1)),
        "landline": sent("failed", "21614", to=landline, country="GB"),
        "phone off": sent("undelivered", "30003"),
        "before the window": sent("undelivered", "30007", submitted_at=START - timedelta(hours=1)),
    }


def replayed(**asked: Any) -> RuleReplay:
    row = run.ask(START, END, now=ASKED, trigger="command", **asked)
    run.replay(str(row.pk), beat=jobs.unwatched)
    row.refresh_from_db()
    return row


def line(row: RuleReplay, code: str) -> ReplayLine:
    return row.lines.get(code=code)


def counts(of: ReplayLine) -> tuple[int, int, int, int]:
    return of.prevented, of.failed, of.delivered, of.neither


def behind(row: RuleReplay, key: str, came: str, severity: str) -> list[int]:
    found = ReplayHits.objects.behind(row, key, came, severity)
    return sorted(key for hits in found for key in hits.keys().tolist())


def test_each_rule_gets_its_failures_and_what_it_would_have_cost(history: dict[str, SendAttempt]) -> None:
    row = replayed()
    assert row.counted == {"all": 16, "failed": 9, "delivered": 6, "with_text": 15, "with_consent": 16}
    shortener = line(row, "link.shortener")
    assert (shortener.severity, shortener.subject) == ("warn", "bit.ly")
    assert counts(shortener) == (1, 1, 1, 1)
    # Two texts that are still there were filtered; it would have warned of one of them.
    assert (shortener.looked, shortener.meant) == (15, 2)
    assert (shortener.precision.failed, shortener.precision.settled) == (1, 3)
    assert (shortener.recall.failed, shortener.recall.settled) == (1, 2)
    unfilled = line(row, "body.placeholder")
    assert (unfilled.severity, counts(unfilled), unfilled.meant) == ("error", (1, 0, 1, 0), 1)
    assert counts(line(row, "duplicate.same_content")) == (0, 0, 1, 0)
    landline = line(row, "to.landline")
    assert (landline.severity, counts(landline), landline.meant) == ("warn", (1, 0, 0, 0), 1)
    assert not row.lines.filter(code__in=["consent.missing", "time.quiet_hours"]).exists()


def test_only_an_opt_out_that_was_known_would_have_held_the_text(history: dict[str, SendAttempt]) -> None:
    stop = line(replayed(), "consent.opted_out")
    assert (counts(stop), stop.meant) == ((1, 0, 1, 0), 2)


def test_the_whole_check_counts_each_send_once_by_the_worst(history: dict[str, SendAttempt]) -> None:
    row = replayed()
    whole = {one.severity: counts(one) for one in row.lines.filter(code="*")}
    # The landline is stopped as well: Britain blocks numbers of other countries as senders.
    assert whole["error"] == (3, 0, 2, 0)
    assert whole["warn"] == (1, 1, 2, 1)


def test_the_gap_list_says_which_codes_nothing_held(history: dict[str, SendAttempt]) -> None:
    row = replayed()
    found = {one.code: one for one in row.failures.all()}
    told = {code: (one.failures, one.stopped, one.warned, one.missed) for code, one in found.items()}
    assert told == {
        "30007": (3, 0, 1, 2),
        "30003": (2, 0, 0, 2),
        "21656": (1, 1, 0, 0),
        "21610": (2, 1, 0, 1),
        "21614": (1, 0, 1, 0),
    }
    assert not found["30003"].is_meant
    assert found["30007"].is_meant
    assert found["30003"].category == "handset_unreachable"


def test_a_rule_whose_code_occurs_on_what_it_passed_is_stale(history: dict[str, SendAttempt]) -> None:
    row = replayed()
    stale = row.stale.get(kind=Kind.SHORTENER, code="30007")
    # Not the one it warned of, not the one without a text.
    assert (stale.failures, stale.example) == (1, history["no link, filtered"].pk)
    assert stale.rows == sum(rule.kind is Kind.SHORTENER for rule in rules_in_force(ASKED.date()))
    assert not row.stale.filter(code="21656").exists()


def test_a_rule_that_was_checked_since_is_not_stale(history: dict[str, SendAttempt]) -> None:
    was = next(rule for rule in rules_in_force(ASKED.date()) if rule.subject == "bit.ly")
    others = [rule for rule in rules_in_force(ASKED.date()) if rule.kind is Kind.SHORTENER and rule != was]
    row = replayed(change=Change(was, replace(was, last_checked=ASKED.date())))
    stale = row.stale.get(kind=Kind.SHORTENER)
    assert stale.rows == len(others)


def test_every_count_leads_to_its_sends(history: dict[str, SendAttempt]) -> None:
    row = replayed()
    for one in row.lines.all():
        for came in ("prevented", "failed", "delivered"):
            assert len(behind(row, one.key, came, one.severity)) == getattr(one, came), (one, came)
    for failure in row.failures.all():
        held = behind(row, failure.key, "caught", "error") + behind(row, failure.key, "caught", "warn")
        assert len(held) == failure.stopped + failure.warned
        assert len(behind(row, failure.key, "missed", "")) == failure.missed
    for stale in row.stale.all():
        assert len(behind(row, stale.key, "missed", "")) == stale.failures
    shortener = line(row, "link.shortener")
    assert behind(row, shortener.key, "prevented", "warn") == [history["short link, filtered"].pk]


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_chunks_change_nothing(history: dict[str, SendAttempt], chunk: int) -> None:
    whole = replayed()
    assert _told(replayed_in(chunk)) == _told(whole)


def replayed_in(chunk: int) -> RuleReplay:
    row = run.ask(START, END, now=ASKED, trigger="command")
    run.replay(str(row.pk), beat=jobs.unwatched, chunk=chunk)
    row.refresh_from_db()
    return row


def _told(row: RuleReplay) -> Any:
    plain = [
        sorted(model.objects.filter(replay=row).values_list(*fields))
        for model, fields in (
            (
                ReplayLine,
                ("key", "severity", "looked", "meant", "prevented", "failed", "delivered", "neither"),
            ),
            (ReplayFailure, ("key", "failures", "stopped", "warned", "missed", "last_at", "example")),
            (ReplayStale, ("key", "failures", "first_at", "last_at", "example")),
        )
    ]
    return plain, row.counted


def test_a_run_that_was_stopped_goes_on_where_it_was(history: dict[str, SendAttempt]) -> None:
    whole = _told(replayed())
    row = run.ask(START, END, now=ASKED, trigger="command")

    def stopped(*, done: int | None = None, **_: Any) -> None:
        if done and done >= 15:
            raise jobs.TurnOver

    with pytest.raises(jobs.TurnOver):
        run.replay(str(row.pk), beat=stopped, chunk=3)
    row.refresh_from_db()
    # One is left, and it repeats an earlier one: what was sent before has to be known anew.
    assert (row.sends, row.finished_at) == (15, None)
    assert ReplayHits.objects.filter(replay=row).exists()
    run.replay(str(row.pk), beat=jobs.unwatched, chunk=3)
    row.refresh_from_db()
    assert _told(row) == whole
    run.replay(str(row.pk), beat=jobs.unwatched)  # once more does nothing
    assert _told(RuleReplay.objects.get(pk=row.pk)) == whole


def test_a_repetition_of_what_was_sent_before_the_window_counts(history: dict[str, SendAttempt]) -> None:
    line_of_both = person()
    for hours in (-1, 1):
        sent("delivered", to=line_of_both, body_hash=9, submitted_at=START + timedelta(hours=hours))
    assert line(replayed(), "duplicate.same_content").delivered == 2


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_pages_of_sends_leave_none_out_and_show_none_twice(
    history: dict[str, SendAttempt], size: int
) -> None:
    row = replayed_in(2)
    whole = row.lines.get(code="*", severity="warn")
    behind_it = Behind(row, whole.key, ("prevented", "failed", "delivered"), ["warn"])
    pages = [behind_it.page(start, size) for start in range(0, behind_it.count, size)]
    assert all(len(page) == size for page in pages[:-1])
    shown = [key for page in pages for key in page]
    assert len(shown) == len(set(shown)) == behind_it.count == 4
    assert behind_it.page(behind_it.count, size) == []


def test_a_worker_does_it_as_a_run_with_progress(history: dict[str, SendAttempt]) -> None:
    row = run.ask(START, END, now=ASKED, trigger="staff", by=consent.staff("Supervisor"))
    job = JobRun.objects.get(kind="errors.replay")
    assert jobs.work(job.pk, {"errors.replay": run.replay})["sends"] == 16
    job.refresh_from_db()
    assert (job.status, job.done, job.total) == ("done", 16, 16)
    row.refresh_from_db()
    assert row.run == job


def test_a_rule_switched_off_holds_nothing_and_the_results_compare(history: dict[str, SendAttempt]) -> None:
    was = next(rule for rule in rules_in_force(ASKED.date()) if rule.subject == "bit.ly")
    as_is, without = replayed(), replayed(change=Change(was, None))
    assert not without.lines.filter(code="link.shortener").exists()
    assert as_is.rules_digest != without.rules_digest
    gone = [pair for pair in pairs(as_is.lines.all(), without.lines.all()) if pair.after is None]
    assert [pair.either.code for pair in gone] == ["link.shortener"]


def test_an_added_rule_has_a_line_even_where_it_held_nothing(history: dict[str, SendAttempt]) -> None:
    mine = Rule(
        Kind.SHORTENER, "", "", "nobody.example", "yes", Standing.AGREED, None, ASKED.date(), "house",
        ("twilio 30007",),
    )  # fmt: skip
    added = replayed(change=Change(None, mine)).lines.get(subject="nobody.example")
    assert (counts(added), added.looked, added.meant) == ((0, 0, 0, 0), 15, 2)


def test_a_change_of_a_rule_that_was_changed_meanwhile_is_refused(history: dict[str, SendAttempt]) -> None:
    was = next(rule for rule in rules_in_force(ASKED.date()) if rule.subject == "bit.ly")
    with pytest.raises(NoChange, match="changed since"):
        run.ask(START, END, now=ASKED, trigger="staff", change=Change(replace(was, note="older"), None))


def test_an_expression_that_never_ends_is_refused_before_it_reaches_a_worker(
    history: dict[str, SendAttempt],
) -> None:
    slow = Rule(
        Kind.CONTENT, "", "", "content.loans", "(a+)+$", Standing.AGREED, None, ASKED.date(), "house",
    )  # fmt: skip
    with pytest.raises(NoChange):
        run.ask(START, END, now=ASKED, trigger="staff", change=Change(None, slow))
    assert not RuleReplay.objects.exists()


def test_a_preview_tells_what_a_change_would_hold_and_let_go(history: dict[str, SendAttempt]) -> None:
    rules = rules_in_force(ASKED.date())
    was = next(rule for rule in rules if rule.subject == "bit.ly")
    off = preview(rules, Change(was, None), now=ASKED)
    assert (off.looked, off.with_text, off.is_whole) == (17, 16, True)
    assert (off.gained.held, off.lost.warned, off.lost.prevented, off.lost.failed, off.lost.delivered) == (
        0,
        4,
        1,
        1,
        1,
    )
    mine = Rule(
        Kind.CONTENT, "", "", "content.loans", "(?i)10% off", Standing.AGREED, None, ASKED.date(), "house",
        ("twilio 30007",),
    )  # fmt: skip
    on = preview(rules, Change(None, mine), now=ASKED)
    assert (on.gained.stopped, on.lost.held, on.itself.stopped) == (16, 0, 16)
    assert on.gained.prevented == 3
    assert on.examples
    assert preview(rules, Change(was, replace(was, note="the same")), now=ASKED).changes_nothing


def test_a_preview_of_an_empty_log_says_so() -> None:
    rules = rules_in_force(ASKED.date())
    found = preview(rules, Change(rules[0], None), now=ASKED)
    assert "nothing to try" in found.words


def test_a_preview_stops_in_time(history: dict[str, SendAttempt]) -> None:
    rules = rules_in_force(ASKED.date())
    found = preview(rules, Change(rules[0], None), now=ASKED, seconds=0.0)
    assert not found.is_whole


def test_the_standing_result_is_asked_for_once_a_day(history: dict[str, SendAttempt]) -> None:
    first = run.ring(trigger="schedule", now=ASKED)
    assert first is not None
    assert first.is_standing
    assert run.ring(trigger="schedule", now=ASKED + timedelta(hours=2)) is None
    assert run.ring(trigger="schedule", now=ASKED + timedelta(days=1)) is not None


def test_nothing_is_asked_for_an_empty_log() -> None:
    assert run.ring(trigger="schedule", now=ASKED) is None
    assert run.ask_for_all(now=ASKED, trigger="staff") is None


def test_sends_behind_old_results_are_forgotten_and_their_counts_stay(
    history: dict[str, SendAttempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "HITS_OF", 1)
    old, new = replayed(), replayed()
    old.refresh_from_db()
    assert not old.has_hits
    assert not ReplayHits.objects.filter(replay=old).exists()
    assert new.has_hits
    assert old.lines.exists()


def test_a_change_survives_being_written() -> None:
    rule = rules_in_force(ASKED.date())[3]
    change = Change(rule, replace(rule, value="4"))
    assert Change.from_text(change.as_text()) == change
    for broken in ("", "[]", "{}", '{"was": null, "now": null}', '{"was": {"kind": "none"}, "now": null}'):
        with pytest.raises(NoChange):
            Change.from_text(broken)
