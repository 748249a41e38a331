"""Stored statuses, flags and holds follow the evidence: whatever the order, however often, however many at once."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from backoffice.models import ImportBatch, JobRun, System
from consent import bulk, facts, reconcile
from consent.ledger import Act, Kind
from consent.models import AgreedStatus, ConsentRecord, Flag, FlagEvent, Hold, Number, Touched
from consent.reconcile import reconcile_numbers
from consent.tasks import reconcile_due
from tests.consent import make
from tests.consent.make import NOW

DAY = timedelta(days=1)


def watch(**progress: Any) -> None:
    """Nobody does."""


def agreed(line: Number, code: str = "promo") -> AgreedStatus:
    return AgreedStatus.objects.get(number=line, program__code=code)


def changes(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count and name != "numbers"}


@pytest.mark.django_db
class TestOneNumber:
    def test_status_reason_and_deciding_records_are_stored(self) -> None:
        line = make.number()
        given = make.form(line)
        make.weigh(line)
        state = agreed(line)
        assert (state.status, state.reason, state.decided_by) == ("OPTED_IN", "FORM", [f"c{given.pk}"])
        assert state.changed_at == NOW

    def test_twice_changes_nothing_more(self) -> None:
        line = make.stopped_but_texted().number
        assert changes(make.weigh(line)) == {}

    def test_an_unchanged_status_keeps_the_time_of_its_change(self) -> None:
        line = make.number()
        make.form(line)
        make.weigh(line)
        make.form(line, NOW - DAY)
        make.weigh(line, now=NOW + DAY)
        assert agreed(line).changed_at == NOW

    def test_a_flag_comes_with_its_first_event_and_its_hold(self) -> None:
        flag = make.stopped_but_texted()
        assert [(e.old, e.new) for e in flag.events.all()] == [("", "open")]
        hold = flag.hold
        assert (hold.number_id, hold.placed_at, hold.released_at) == (flag.number_id, NOW, None)

    def test_a_flag_whose_cause_is_gone_closes_and_releases_its_hold(self) -> None:
        flag = make.stopped_but_texted()
        make.reading(flag.number, "out", read_at=NOW)
        make.weigh(flag.number, now=NOW + DAY)
        flag.refresh_from_db()
        assert (flag.status, flag.closed_at, flag.hold.released_at) == ("closed", NOW + DAY, NOW + DAY)
        assert flag.events.latest("pk").note == "No longer so."

    def test_new_evidence_refreshes_the_flag_instead_of_adding_one(self) -> None:
        flag = make.stopped_but_texted()
        before = flag.fingerprint, flag.version
        later = make.stop(flag.number, NOW - DAY)
        assert changes(make.weigh(flag.number))["flags_refreshed"] == 1
        flag.refresh_from_db()
        assert f"c{later.pk}" in flag.evidence
        assert flag.fingerprint != before[0]
        assert flag.version == before[1] + 1
        assert Flag.objects.open().filter(key=flag.key).count() == 1

    def test_a_waiver_that_ran_out_opens_the_flag_again(self) -> None:
        flag = make.stopped_but_texted()
        Flag.objects.filter(pk=flag.pk).update(status="waived", waived_until=NOW + 2 * DAY)
        make.weigh(flag.number, now=NOW + DAY)
        flag.refresh_from_db()
        assert flag.status == "waived"
        make.weigh(flag.number, now=NOW + 3 * DAY)
        flag.refresh_from_db()
        assert (flag.status, flag.waived_until) == ("open", None)
        assert flag.events.latest("pk").note == "The waiver has run out."

    def test_new_evidence_ends_a_snooze(self) -> None:
        flag = make.stopped_but_texted()
        Flag.objects.filter(pk=flag.pk).update(snoozed_until=NOW + 9 * DAY)
        make.stop(flag.number, NOW - DAY)
        make.weigh(flag.number)
        flag.refresh_from_db()
        assert flag.snoozed_until is None

    def test_a_hold_comes_and_goes_with_the_status_behind_its_flag(self) -> None:
        """An S3 pauses journeys only while the number may still be texted."""
        line = make.number()
        make.record(
            line, Act.CONFIRM, Kind.HANDSET, NOW - 9 * DAY, program=make.program(), answers_prompt=False
        )
        make.weigh(line)
        hold = make.flag("AMBIGUOUS_YES", line).hold
        assert hold.released_at is None
        make.stop(line, NOW - DAY)
        make.weigh(line)
        hold.refresh_from_db()
        assert hold.released_at == NOW

    def test_an_urgent_flag_is_due_from_the_persons_own_request(self) -> None:
        flag = make.stopped_but_texted()
        stop = ConsentRecord.objects.get(act=Act.REVOKE)
        due = stop.received_at + timedelta(hours=24)
        assert flag.due_at == due
        Flag.objects.update(due_at=None, fingerprint="of what was known before")
        make.weigh(flag.number)
        flag.refresh_from_db()
        assert flag.due_at == due  # new evidence may have another one

    def test_the_number_of_queries_does_not_grow_with_the_numbers(
        self, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        lines = [make.stopped_but_texted().number for _ in range(20)]
        with django_assert_max_num_queries(31):
            reconcile_numbers([line.pk for line in lines], now=NOW)

    def test_a_number_of_which_little_is_known_takes_few_queries(
        self, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        line = make.number()
        make.form(line, NOW - DAY)
        make.weigh(line)
        with django_assert_max_num_queries(16):  # two of them the savepoint around them
            reconcile_numbers([line.pk], now=NOW)


@pytest.mark.django_db
class TestTime:
    def test_a_double_opt_in_that_nobody_confirmed_goes_stale_without_any_record(self) -> None:
        about = make.program("club", sender="S7", double_opt_in=True)
        line = make.number()
        make.form(line, NOW - DAY, about)
        make.weigh(line)
        assert agreed(line, "club").status == "PENDING"
        due = agreed(line, "club").recheck_at
        assert due is not None
        assert list(AgreedStatus.objects.due(due - timedelta(seconds=1))) == []
        assert [state.number_id for state in AgreedStatus.objects.due(due)] == [line.pk]
        make.weigh(line, now=due)
        assert make.flag("DOI_STALE", line).raised_at == due
        assert agreed(line, "club").recheck_at is None or agreed(line, "club").recheck_at > due

    def test_what_came_due_is_worked_off_without_news(self) -> None:
        about = make.program("club", sender="S7", double_opt_in=True)
        line = make.number()
        make.form(line, timezone.now() - 30 * DAY, about)
        reconcile_numbers([line.pk], now=timezone.now() - 29 * DAY)
        assert reconcile.reconcile("touched", beat=watch)["numbers"] == 1
        assert make.flag("DOI_STALE", line)

    def test_consent_with_an_end_expires(self) -> None:
        about = make.program("club", sender="S7", ttl_days=100)
        line = make.number()
        make.form(line, NOW - 90 * DAY, about)
        make.weigh(line)
        due = agreed(line, "club").recheck_at
        assert (agreed(line, "club").status, due) == ("OPTED_IN", NOW + 10 * DAY)
        make.weigh(line, now=due)
        assert agreed(line, "club").status == "EXPIRED"


@pytest.mark.django_db
class TestEvidence:
    def test_rows_of_a_voided_file_stop_counting(self) -> None:
        batch = make.batch(make.system("forms", System.Kind.FORM))
        line = make.number()
        make.record(line, Act.REVOKE, Kind.KEYWORD, NOW - DAY, sender="+14155550100", batch=batch)
        make.form(line)
        make.weigh(line)
        assert agreed(line).status == "OPTED_OUT"
        ImportBatch.objects.filter(pk=batch.pk).update(
            status="voided", voided_at=NOW, void_reason="Wrong file"
        )
        make.weigh(line)
        assert agreed(line).status == "OPTED_IN"
        assert ConsentRecord.objects.filter(batch=batch).count() == 1

    def test_a_status_whose_every_record_was_voided_becomes_no_consent(self) -> None:
        make.program()
        batch = make.batch(make.system("forms", System.Kind.FORM))
        line = make.number()
        make.record(line, Act.REVOKE, Kind.KEYWORD, NOW - DAY, sender="+14155550100", batch=batch)
        make.weigh(line)
        ImportBatch.objects.filter(pk=batch.pk).update(status="voided", voided_at=NOW, void_reason="Wrong")
        make.weigh(line)
        assert (agreed(line).status, agreed(line).decided_by) == ("NO_CONSENT", [])

    @pytest.mark.parametrize("seed", range(6))
    def test_the_order_of_arrival_does_not_matter(self, seed: int) -> None:
        about, line = make.program(), make.number()
        make.platform()
        deeds: list[Callable[[], Any]] = [
            lambda: make.form(line, NOW - 50 * DAY),
            lambda: make.stop(line, NOW - 40 * DAY),
            lambda: make.record(
                line, Act.GRANT, Kind.HANDSET, NOW - 30 * DAY, program=about, sender="+14155550100"
            ),
            lambda: make.wish(line, NOW - 20 * DAY),
            lambda: make.reading(line, "in", read_at=NOW - 10 * DAY),
            lambda: make.reading(line, "in", make.system(), read_at=NOW - 9 * DAY, claimed_at=NOW - 15 * DAY),
        ]
        random.Random(seed).shuffle(deeds)
        for deed in deeds:
            deed()
            make.weigh(line)
        state = agreed(line)
        assert (state.status, state.reason) == ("OPTED_OUT_PRESUMED", "FREETEXT")
        open_now = set(Flag.objects.open().values_list("code", flat=True))
        assert open_now == {"PLATFORM_IN_AGREED_OUT", "SOURCE_IN_AGREED_OUT", "FREETEXT_REVOCATION"}
        held = set(Hold.objects.open().values_list("flag__code", flat=True))
        assert "PLATFORM_IN_AGREED_OUT" in held


@pytest.mark.django_db
class TestWork:
    def test_news_is_worked_off_and_nothing_else(self) -> None:
        lines = [make.number() for _ in range(3)]
        for line in lines:
            make.form(line)
        bulk.touch([lines[0].pk, lines[2].pk])
        assert reconcile.reconcile("touched", beat=watch)["numbers"] == 2
        assert set(AgreedStatus.objects.values_list("number_id", flat=True)) == {lines[0].pk, lines[2].pk}
        assert not Touched.objects.exists()

    def test_shards_share_the_numbers(self) -> None:
        lines = [make.number() for _ in range(7)]
        for line in lines:
            make.form(line)
        done = [reconcile.rebuild("all", beat=watch, shard=shard, shards=3)["numbers"] for shard in range(3)]
        assert sum(done) == 7
        assert AgreedStatus.objects.count() == 7

    def test_a_full_rebuild_looks_at_numbers_without_news_and_changes_nothing_when_nothing_differs(
        self,
    ) -> None:
        flag = make.stopped_but_texted()
        quiet = make.number()
        make.form(quiet)
        make.weigh(quiet)
        before = (
            list(AgreedStatus.objects.order_by("pk").values()),
            list(Flag.objects.order_by("pk").values()),
        )
        assert changes(reconcile.rebuild("all", beat=watch)).keys() <= {"looked_at"}
        assert before == (
            list(AgreedStatus.objects.order_by("pk").values()),
            list(Flag.objects.order_by("pk").values()),
        )
        AgreedStatus.objects.filter(number=quiet).update(status="OPTED_OUT")
        reconcile.rebuild("all", beat=watch)
        assert agreed(quiet).status == "OPTED_IN"
        assert FlagEvent.objects.filter(flag=flag).count() == 1

    def test_a_rebuild_closes_a_flag_that_nothing_shows_any_more(self) -> None:
        flag = make.stopped_but_texted()
        make.reading(flag.number, "out", read_at=NOW)
        reconcile.rebuild("all", beat=watch)
        flag.refresh_from_db()
        assert flag.status == "closed"
        assert flag.hold.released_at is not None

    def test_new_rules_have_every_number_weighed_anew_once(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(reconcile, "_KNOWN_CURRENT", {})
        line = make.number()
        make.form(line)
        make.weigh(line)
        now = timezone.now()
        assert not reconcile.is_outdated(now)
        monkeypatch.setattr(facts, "RULES_VERSION", 1_000)
        assert reconcile_due()["queued"] >= 1
        assert JobRun.objects.filter(kind="consent.rebuild").exists()
        assert not reconcile.is_outdated(now)  # it is under way
        assert reconcile.is_outdated(now + timedelta(hours=2))  # it came to nothing
        reconcile.rebuild("all", beat=watch)
        assert not reconcile.is_outdated(now + timedelta(hours=2))

    def test_progress_is_told_and_a_cancelled_run_keeps_what_is_done(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(reconcile, "CHUNK", 2)
        lines = [make.number() for _ in range(5)]
        for line in lines:
            make.form(line)
        bulk.touch([line.pk for line in lines])

        def stop(*, done: int, can_go_on: bool) -> None:
            assert can_go_on
            if done >= 4:
                raise reconcile.jobs.Cancelled

        with pytest.raises(reconcile.jobs.Cancelled):
            reconcile.reconcile("touched", beat=stop)
        assert AgreedStatus.objects.count() == 4
        assert Touched.objects.count() == 1

    def test_a_run_whose_turn_is_over_goes_on_where_it_was(
        self, monkeypatch: Any, settings: LazySettings
    ) -> None:
        settings.JOB_TURN_SECONDS = 0
        monkeypatch.setattr(reconcile, "CHUNK", 2)
        monkeypatch.setattr(reconcile.jobs, "ring", lambda run_id: True)
        lines = [make.number() for _ in range(3)]
        for line in lines:
            make.form(line)
        bulk.touch([line.pk for line in lines])
        run = reconcile.jobs.start("consent.reconcile", "all", trigger="schedule")
        left = []
        while run.status == JobRun.Status.QUEUED:
            reconcile.jobs.work(run.pk, {"consent.reconcile": reconcile.reconcile})
            left.append(Touched.objects.count())
            run.refresh_from_db()
        assert (run.status, left) == (JobRun.Status.DONE, [1, 0, 0])
        assert AgreedStatus.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("postgresql")
class TestAtOnce:
    """Several workers on the same numbers; SQLite has one writer at a time."""

    def test_two_runs_at_once_raise_each_flag_once(self) -> None:
        lines = [make.number() for _ in range(30)]
        for line in lines:
            make.form(line)
            make.stop(line)
            make.reading(line, "in")
        ids = [line.pk for line in lines]
        at_once(*(lambda order=order: reconcile_numbers(order, now=NOW) for order in (ids, ids[::-1], ids)))
        assert Flag.objects.count() == len(ids)
        assert Hold.objects.count() == len(ids)
        assert FlagEvent.objects.count() == len(ids)
        assert AgreedStatus.objects.count() == len(ids)

    def test_news_that_arrives_during_a_run_is_not_lost(self) -> None:
        line = make.number()
        make.form(line)
        bulk.touch([line.pk])
        reading = threading.Event()
        written = threading.Event()

        def run() -> None:
            with transaction.atomic():
                reconcile_numbers([line.pk], now=NOW)
                reading.set()
                written.wait(2)  # the STOP below cannot finish before this commits: its touch waits for it

        def tell() -> None:
            reading.wait(5)
            with transaction.atomic():
                make.stop(line)
                bulk.touch([line.pk])
            written.set()

        at_once(run, tell)
        assert list(Touched.objects.values_list("number_id", flat=True)) == [line.pk]
        reconcile.reconcile("touched", beat=watch)
        assert agreed(line).status == "OPTED_OUT"

    def test_no_file_is_made_up_while_news_that_is_only_noted_is_not_committed(self) -> None:
        line = make.number()

        @transaction.atomic
        def make_up() -> None:
            list(Number.objects.select_for_update(nowait=True))

        with transaction.atomic():
            bulk.touch([line.pk], hold=True)
            with pytest.raises(OperationalError, match="could not obtain lock"):
                at_once(make_up)
        at_once(make_up)


def at_once(*verbs: Callable[[], Any]) -> None:
    """Each in a thread with a connection of its own; what one raises is raised here."""
    failed: list[BaseException] = []

    def run(verb: Callable[[], Any]) -> None:
        try:
            verb()
        except BaseException as error:  # noqa: BLE001 - carried over to the test's own thread
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[verb]) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if failed:
        raise failed[0]
