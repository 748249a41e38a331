"""The watch over what was written: what counts as a read, what comes back, and what a flag still waits for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.imports import check, receive, run, void
from backoffice.models import ImportBatch, System
from consent import bulk, correct, propagate, retry, watch
from consent.cells import Meaning
from consent.models import Decision, Flag, Hold, Number, Reading, Touched, WriteBack
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
SENT = NOW + timedelta(minutes=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def align(flag: Flag, now: datetime = SENT) -> Any:
    return correct.decide(
        make.subject(flag),
        make.choice(),
        by=make.staff(),
        token=f"t{flag.pk}-{now}",
        seen=make.seen(flag),
        now=now,
    )


def waive(flag: Flag, until: datetime, now: datetime = SENT) -> None:
    choice = make.choice(Decision.WAIVE, until=until)
    correct.decide(
        make.subject(flag), choice, by=make.staff(), token=f"w{flag.pk}-{now}", seen=make.seen(flag), now=now
    )


def hand_over(of: System | None = None, now: datetime = SENT) -> None:
    propagate.hand_over(of or make.platform(), make.program(), by=make.staff(), now=now)


def corrected(e164: str | None = None, **settings: Any) -> WriteBack:
    """The platform said "in" to somebody who is out, and was given the correction."""
    make.platform(**settings)
    flag = make.stopped_but_texted(make.number(e164))
    align(flag)
    hand_over()
    return WriteBack.objects.get(number=flag.number)


def read(row: WriteBack, value: str, at: datetime, *, file: bool = True) -> WriteBack:
    """The system is read once, and the number is weighed."""
    if file:
        batch = make.batch(row.system, at, confirmed_at=at)
        make.reading(row.number, value, row.system, ref=row.ref, read_at=at, batch=batch, line=7)
        propagate.settle(batch, now=at)
    else:
        propagate.read_back(row, value=Meaning(value), text=value, now=at)
    make.weigh(row.number, now=at)
    row.refresh_from_db()
    return row


def reread(row: WriteBack, *values: str, since: datetime = SENT + DAY) -> WriteBack:
    """Once a day."""
    for place, value in enumerate(values):
        read(row, value, since + place * DAY)
    return row


def flag_of(row: WriteBack, code: str = "PLATFORM_IN_AGREED_OUT") -> Flag:
    return Flag.objects.filter(number=row.number, code=code).latest("pk")


def waits(row: WriteBack, now: datetime) -> list[str]:
    return [awaited.words for awaited in watch.awaited(row.number, now)]


STORED = ("status", "reads_right", "reverts", "watch_until", "watch_over_at")


# --- Reads and hours -------------------------------------------------------------------------------------


def test_a_flag_waits_until_the_value_was_read_right_often_enough_and_for_long_enough():
    row = corrected()
    for hours in (1, 2, 3, 4):
        read(row, "out", SENT + hours * HOUR, file=hours % 2 == 0)
        assert (flag_of(row).status, row.reads_right) == ("verifying", hours)
        assert Hold.objects.open().filter(flag=flag_of(row)).exists()
    read(row, "out", SENT + 73 * HOUR)
    assert row.watch_over_at == SENT + 72 * HOUR
    assert (flag_of(row).status, flag_of(row).events.latest("pk").note) == ("closed", "It stayed right.")
    assert not Hold.objects.open().filter(number=row.number).exists()


def test_hours_alone_are_not_enough():
    row = reread(corrected(), "out", "out")
    make.weigh(row.number, now=SENT + 90 * DAY)
    assert flag_of(row).status == "verifying"
    read(row, "out", SENT + 91 * DAY)
    assert flag_of(row).status == "closed"


def test_time_alone_ends_a_watch():
    row = corrected()
    for hours in (1, 2, 3):
        read(row, "out", SENT + hours * HOUR)
    Touched.objects.all().delete()
    assert propagate.release(now=SENT + 71 * HOUR)["due"] == 0
    later = SENT + 72 * HOUR
    assert propagate.release(now=later)["due"] == 1
    assert Touched.objects.get().number == row.number
    make.weigh(row.number, now=later)
    assert flag_of(row).status == "closed"
    assert propagate.release(now=later)["due"] == 0


def test_a_wrong_read_starts_the_watch_anew():
    row = reread(corrected(), "out", "out", "in", "out", "out")
    assert (row.status, row.reads_right, row.reverts) == ("verified", 2, 1)
    assert row.watch_until == SENT + 3 * DAY + 72 * HOUR
    assert flag_of(row).status == "verifying"


def test_what_is_left_to_wait_for_is_said_in_plain_words():
    row = corrected()
    assert waits(row, SENT) == ["Texter: was given the correction and has not been read since."]
    read(row, "out", SENT + HOUR)
    assert waits(row, SENT + HOUR) == [
        "Texter: read back right 1 of 3 times; watch until 4 Jun 2026, 11:05 EDT."
    ]
    assert waits(row, SENT + 9 * DAY) == [
        "Texter: read back right 1 of 3 times; the hours are over, the reads are still to come."
    ]
    read(row, "in", SENT + DAY)
    assert waits(row, SENT + DAY) == [
        "Texter: the corrected value did not stay; find what writes it, then correct it again."
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["out", "never", "in"]), max_size=6))
def test_any_history_of_reads_ends_the_same_however_it_is_taken_in(values):
    """File by file with a weighing after each, or all at once; and a second time changes nothing."""
    with transaction.atomic():
        row = reread(corrected(), *values)
        make.weigh(row.number, now=SENT + max(1, len(values)) * DAY)
        row.refresh_from_db()
        slowly = [getattr(row, name) for name in STORED]
        state = flag_of(row).status
        transaction.set_rollback(True)
    with transaction.atomic():
        row = corrected()
        for place, value in enumerate(values):
            batch = make.batch(row.system, SENT + (place + 1) * DAY)
            make.reading(row.number, value, row.system, ref=row.ref, read_at=batch.as_of, batch=batch)
        for _ in range(2):
            make.weigh(row.number, now=SENT + max(1, len(values)) * DAY)
        row.refresh_from_db()
        assert [getattr(row, name) for name in STORED] == slowly
        assert (flag_of(row).status == "closed") is (state == "closed")
        if row.watch_over_at is None:
            assert state != "closed"
        transaction.set_rollback(True)


# --- Files ------------------------------------------------------------------------------------------------


def file_of(row: WriteBack, cell: str, at: datetime) -> ImportBatch:
    mapping = row.system.mappings.in_use().first() or make.mapping(row.system, program="promo")
    text = f"Record ID,Mobile,SMS Opt-In,Day\r\n{row.ref},{row.number.e164},{cell},{at:%d}\r\n"
    batch = receive.receive(
        row.system, ContentFile(text.encode(), name="c.csv"), f"{at:%d%H}.csv", by=None, as_of=at, now=at
    )
    ImportBatch.objects.filter(pk=batch.pk).update(
        mapping=mapping, status="confirmed", confirmed_at=at, rows_total=1
    )
    return ImportBatch.objects.get(pk=batch.pk)


REAL = "+12125550101"


def still(**progress: Any) -> None:
    """Nobody watches."""


def test_a_row_that_says_the_same_again_counts_as_a_read_until_the_watch_is_over():
    row = corrected(REAL)
    for days in (1, 2, 3, 4, 5):
        run.run(str(file_of(row, "No", SENT + days * DAY).pk), beat=still)
        make.weigh(row.number, now=SENT + days * DAY)
    row.refresh_from_db()
    # The first is news. The second and third say the same; with the third the watch is over, and no more is kept.
    assert row.watch_over_at is not None
    assert Reading.objects.filter(batch__isnull=False).count() == 3


def test_a_file_that_says_the_same_as_ever_shows_that_an_overtaken_opt_in_did_not_arrive():
    line, system = make.number(REAL), make.platform()
    make.form(line)
    make.reading(line, "never", system)
    make.weigh(line)
    align(make.flag("PLATFORM_OUT_AGREED_IN", line))
    hand_over(now=SENT + HOUR)
    make.stop(line, SENT + HOUR)
    make.weigh(line, now=SENT + HOUR)
    row = WriteBack.objects.get()
    assert (flag_of(row).status, row.watch_over_at) == ("open", SENT + HOUR)  # it may have
    for days in (1, 2):
        run.run(str(file_of(row, "No", SENT + days * DAY).pk), beat=still)
    make.weigh(line, now=SENT + 2 * DAY)
    assert flag_of(row).status == "closed"
    assert Reading.objects.filter(batch__isnull=False).count() == 1  # once is enough


def test_a_file_that_did_not_contain_the_number_is_no_read():
    row = reread(corrected(REAL), "out")
    other = make.number("+12125550102")
    make.reading(other, "in", row.system, ref="9")
    batch = file_of(row, "No", SENT + 2 * DAY)
    text = f"Record ID,Mobile,SMS Opt-In\r\n9,{other.e164},Yes\r\n"
    batch = receive.receive(
        row.system,
        ContentFile(text.encode(), name="o.csv"),
        "o.csv",
        by=None,
        as_of=SENT + 2 * DAY,
        now=SENT,
    )
    ImportBatch.objects.filter(pk=batch.pk).update(
        mapping=row.system.mappings.in_use().get(), status="confirmed", confirmed_at=SENT
    )
    run.run(str(batch.pk), beat=still)
    row.refresh_from_db()
    assert row.reads_right == 1


class Killed(Exception):
    """The worker is gone."""


def test_a_read_counts_once_when_the_import_was_killed_and_went_on():
    row = corrected(REAL)
    batch = file_of(row, "No", SENT + DAY)

    def dies(**progress: Any) -> None:
        raise Killed

    with pytest.raises(Killed):
        run.run(str(batch.pk), beat=dies)  # its only chunk is committed
    assert Touched.objects.filter(number=row.number).exists()
    run.run(str(batch.pk), beat=still)
    row.refresh_from_db()
    assert (row.status, row.reads_right) == ("verified", 1)


def test_a_read_counts_once_when_its_chunk_ran_twice():
    row = corrected(REAL)
    batch = file_of(row, "No", SENT + DAY)
    importer = check.opened(batch)
    [chunk] = check.chunks(importer, run.read_rows(run.rows_path(batch), run.dialect_of(batch)), {})

    def killed() -> None:
        with transaction.atomic():
            importer.take(chunk, write=True)
            raise Killed

    with pytest.raises(Killed):
        killed()
    assert not Reading.objects.filter(batch=batch).exists()
    for _ in range(2):
        with transaction.atomic():
            check.opened(batch).take(chunk, write=True)
    propagate.settle(batch, now=SENT + DAY)
    row.refresh_from_db()
    assert row.reads_right == 1


def test_an_import_asks_once_a_chunk_what_is_watched(django_assert_num_queries: Callable[..., Any]):
    row = corrected(REAL)
    store = check.opened(file_of(row, "No", SENT + DAY)).store  # type: ignore[attr-defined]
    others = [make.number().pk for _ in range(30)]
    with django_assert_num_queries(1):
        assert set(store.watched([row.number_id, *others], {})) == {(row.number_id, row.program_id, row.ref)}


# --- A value that comes back ------------------------------------------------------------------------------


def test_a_regression_names_the_system_the_file_and_its_line_and_the_setting_suspected():
    row = reread(corrected(), "out")
    crm = make.system(overwrites_on_sync=True)
    make.reading(row.number, "in", crm, ref="crm1")
    read(row, "in", SENT + 2 * DAY)
    flag = flag_of(row, "SYNC_REGRESSION")
    batch = ImportBatch.objects.latest("pk")
    assert (flag.system, flag.params["batch"], flag.params["line"]) == (row.system, batch.pk, 7)
    assert (flag.params["setting"], flag.params["writer"]) == ("overwrites_on_sync", "acme")
    assert (flag.params["arrived"], row.arrived_at) == (True, SENT + DAY)
    assert flag.why == (
        "Texter was corrected to “out” on 1 June 2026, 15:05 UTC, but said “in” again on 3 June 2026, 15:05 UTC "
        f"(file {batch.pk}, line 7); suspected is Acme CRM, which overwrites consent on every sync."
    )


@pytest.mark.parametrize(
    ("settings", "suspect"),
    [
        ({}, ""),
        ({"subscribes_by_default": True}, ": Texter, which subscribes everybody by default"),
        ({"overwrites_on_sync": True}, ": Texter, which overwrites consent on every sync"),
    ],
)
def test_a_value_that_was_never_read_right_may_not_have_arrived(settings, suspect):
    row = read(corrected(**settings), "in", SENT + DAY, file=False)
    flag = flag_of(row, "SYNC_REGRESSION")
    assert (flag.params["arrived"], row.arrived_at) == (False, None)
    assert flag.why == (
        "Texter was given “out” on 1 June 2026, 15:05 UTC, but still said “in” on 2 June 2026, 15:05 UTC; either it "
        f"never arrived there, or it was written over before it was read{suspect}."
    )
    assert waits(row, SENT + DAY)[0].startswith("Texter: nothing shows that it took the correction;")


def test_a_value_that_changed_by_hand_before_the_correction_left_and_came_back_leaves_after_all():
    make.platform()
    flag = make.stopped_but_texted()
    align(flag)
    row = reread(WriteBack.objects.get(), "out")
    assert (row.status, row.sent_at) == ("verified", None)
    reread(row, "in", since=SENT + 2 * DAY)
    assert (row.status, row.reading, row.reverts) == ("pending", None, 0)
    assert flag_of(row).status == "verifying"
    hand_over(now=SENT + 3 * DAY)
    reread(row, "out", "out", "out", "out", since=SENT + 4 * DAY)
    assert flag_of(row).status == "closed"


def test_a_regression_whose_value_is_right_again_waits_like_the_others():
    row = reread(corrected(), "in", "out")
    assert flag_of(row, "SYNC_REGRESSION").status == "verifying"
    reread(row, "out", "out", "out", since=SENT + 3 * DAY)
    assert flag_of(row, "SYNC_REGRESSION").status == "closed"


def twice_reverted() -> WriteBack:
    row = reread(corrected(), "in")
    align(flag_of(row, "SYNC_REGRESSION"), SENT + DAY + HOUR)
    hand_over(now=SENT + DAY + HOUR)
    return reread(WriteBack.objects.latest("pk"), "in", since=SENT + 2 * DAY)


def test_a_value_that_came_back_twice_stops_what_is_written_and_is_escalated():
    row = twice_reverted()
    flag = flag_of(row, "SYNC_REGRESSION")
    assert (flag.status, flag.params["reverts"]) == ("escalated", 2)
    assert flag.events.latest("pk").note.startswith("Texter did not keep the corrected value 2 times")
    third = align(flag, SENT + 3 * DAY).write_backs.get()
    assert (third.status, third.note.split(",")[0]) == (
        "parked",
        "Texter did not keep the corrected value 2 times for this number",
    )
    # Other numbers and other systems go on.
    other = align(make.stopped_but_texted(), SENT + 3 * DAY).write_backs.get()
    assert other.status == "pending"


def test_what_is_parked_comes_back_to_the_queue_and_leaves_it_when_it_is_sent_again():
    row = twice_reverted()
    flag = flag_of(row, "SYNC_REGRESSION")
    third = align(flag, SENT + 3 * DAY).write_backs.get()
    flag.refresh_from_db()
    assert (flag.status, third.status) == ("correcting", "parked")
    propagate.release(now=SENT + 3 * DAY)
    make.weigh(row.number, now=SENT + 3 * DAY)
    flag.refresh_from_db()
    assert flag.status == "open"
    assert (
        "Texter could not be given the correction. Texter did not keep the corrected value"
        in flag.events.latest("pk").note
    )
    assert propagate.release(now=SENT + 3 * DAY)["due"] == 0  # once is enough
    retry.retry(row.system, by=make.staff("Supervisor"), now=SENT + 3 * DAY)
    make.weigh(row.number, now=SENT + 3 * DAY)
    flag.refresh_from_db()
    assert flag.status == "verifying"


def test_a_later_decision_replaces_what_was_parked_at_the_same_record():
    row = twice_reverted()
    first = align(flag_of(row, "SYNC_REGRESSION"), SENT + 3 * DAY).write_backs.get()
    Flag.objects.filter(number=row.number).update(status="open")
    second = align(flag_of(row, "SYNC_REGRESSION"), SENT + 4 * DAY).write_backs.get()
    first.refresh_from_db()
    assert (first.status, second.status) == ("superseded", "parked")


def test_an_escalated_regression_that_somebody_took_up_is_not_escalated_again_for_the_same():
    row = twice_reverted()
    Flag.objects.filter(code="SYNC_REGRESSION").update(status="in_review")
    bulk.touch([row.number_id])
    make.weigh(row.number, now=SENT + 3 * DAY)
    assert flag_of(row, "SYNC_REGRESSION").status == "in_review"


def test_what_waits_for_a_system_is_parked_when_the_value_comes_back_again():
    make.program("club", sender="+14155550111")
    row = twice_reverted()
    pending = WriteBack.objects.create(
        correction=row.correction,
        system=row.system,
        number=row.number,
        program=make.program("club"),
        ref=row.ref,
        value="out",
        key="club",
        not_before=SENT,
    )
    read(row, "out", SENT + 3 * DAY)
    assert WriteBack.objects.get(pk=pending.pk).status == "pending"
    read(row, "in", SENT + 4 * DAY)
    assert WriteBack.objects.get(pk=pending.pk).status == "parked"


def test_after_a_watch_that_ended_well_it_is_written_to_again():
    row = twice_reverted()
    assert watch.stopped([row.number_id]) == {(row.number_id, row.system_id): 2}
    reread(row, "out", "out", "out", "out", since=SENT + 3 * DAY)
    assert watch.stopped([row.number_id]) == {}
    assert not Flag.objects.open().filter(number=row.number).exists()


# --- Files that are voided --------------------------------------------------------------------------------


def void_last(row: WriteBack, now: datetime) -> None:
    void.void(ImportBatch.objects.latest("pk"), by=make.staff("Supervisor"), reason="Wrong list.")
    make.weigh(row.number, now=now)
    row.refresh_from_db()


def test_a_voided_file_leaves_no_regression_behind():
    row = reread(corrected(), "out", "in")
    assert flag_of(row, "SYNC_REGRESSION").status == "open"
    void_last(row, SENT + 2 * DAY)
    assert (row.status, row.reads_right, row.reverts) == ("verified", 1, 0)
    assert flag_of(row, "SYNC_REGRESSION").status == "closed"
    assert flag_of(row).status == "verifying"


def test_a_voided_file_verifies_nothing():
    row = reread(corrected(), "out")
    void_last(row, SENT + 2 * DAY)
    assert (row.status, row.reads_right, row.reading, row.settled_at) == ("sent", 0, None, None)
    assert flag_of(row).status == "verifying"


def test_what_only_a_voided_file_had_reverted_is_on_its_way_again():
    row = reread(corrected(), "in")
    assert flag_of(row).status == "open"
    void_last(row, SENT + 2 * DAY)
    assert (row.status, row.reverts) == ("sent", 0)
    assert flag_of(row).status == "verifying"


# --- Settings ---------------------------------------------------------------------------------------------


def risk(row: WriteBack) -> Flag:
    return flag_of(row, "OVERWRITE_SETTING_RISK")


def stayed(**settings: Any) -> WriteBack:
    return reread(corrected(**settings), "out", "out", "out", "out")


def test_a_flag_waits_for_the_setting_that_would_undo_it():
    row = stayed(subscribes_by_default=True)
    assert row.watch_over_at is not None
    assert [flag_of(row).status, risk(row).status] == ["verifying", "open"]
    System.objects.filter(pk=row.system_id).update(subscribes_by_default=False)
    Touched.objects.all().delete()
    assert propagate.release(now=SENT + 9 * DAY)["due"] == 1
    make.weigh(row.number, now=SENT + 9 * DAY)
    assert [flag_of(row).status, risk(row).status] == ["closed", "closed"]
    assert not Hold.objects.open().filter(number=row.number).exists()


def test_a_setting_can_be_waived_until_a_day_and_opens_again_after_it():
    row = stayed(overwrites_on_sync=True)
    waive(risk(row), SENT + 30 * DAY, SENT + 5 * DAY)
    assert Touched.objects.filter(number=row.number).exists()  # the flag of the value waits for nothing else
    make.weigh(row.number, now=SENT + 5 * DAY)
    assert [flag_of(row).status, risk(row).status] == ["closed", "waived"]
    assert propagate.release(now=SENT + 29 * DAY)["due"] == 0
    assert propagate.release(now=SENT + 30 * DAY)["due"] == 1
    make.weigh(row.number, now=SENT + 30 * DAY)
    assert (risk(row).status, risk(row).waived_until) == ("open", None)
    assert risk(row).events.latest("pk").note == "The waiver has run out."
    assert flag_of(row).status == "closed"


def test_a_waiver_before_the_watch_is_over_shortens_nothing():
    row = reread(corrected(overwrites_on_sync=True), "out")
    waive(risk(row), SENT + 30 * DAY, SENT + 2 * DAY)
    make.weigh(row.number, now=SENT + 2 * DAY)
    assert flag_of(row).status == "verifying"


def test_a_setting_that_can_only_silence_somebody_keeps_nothing_open():
    make.platform(overwrites_on_sync=True)
    line = make.number()
    make.form(line)
    make.reading(line, "never")
    make.weigh(line)
    align(make.flag("PLATFORM_OUT_AGREED_IN", line))
    hand_over(now=SENT + HOUR)
    reread(WriteBack.objects.get(), "in", "in", "in", "in", since=SENT + DAY)
    assert not Flag.objects.open().filter(number=line).exists()


def test_a_flag_about_a_file_whose_waiver_ran_out_opens_again():
    batch = make.batch(make.system())
    flag = Flag.objects.create(
        code="IMPORT_NO_EVIDENCE", severity="S2", batch=batch, key="k", status="waived", waived_until=NOW,
        fingerprint="f", why="w", raised_at=NOW, refreshed_at=NOW,
    )  # fmt: skip
    propagate.release(now=NOW)
    flag.refresh_from_db()
    assert (flag.status, flag.waived_until) == ("open", None)


# --- What a person did meanwhile --------------------------------------------------------------------------


def test_a_start_ends_the_watch_over_a_correction_that_it_overtook():
    row = reread(corrected(), "out")
    make.record(row.number, "grant", "handset", SENT + DAY + HOUR, program=make.program())
    read(row, "in", SENT + 2 * DAY)
    assert row.watch_over_at == SENT + 2 * DAY
    assert not Flag.objects.open().filter(number=row.number).exists()


def test_a_flag_closes_only_when_every_system_reads_right():
    crm, line = make.system(), make.number()
    make.form(line)
    make.stop(line)
    make.reading(line, "in")
    make.reading(line, "in", crm, ref="c1")
    make.weigh(line)
    align(make.flag("PLATFORM_IN_AGREED_OUT", line))
    hand_over()
    hand_over(crm)
    reread(WriteBack.objects.get(system=make.platform()), "out", "out", "out", "out")
    assert make.flag("PLATFORM_IN_AGREED_OUT", line).status == "verifying"
    reread(WriteBack.objects.get(system=crm), "out", "out", "out", "out", since=SENT + 5 * DAY)
    assert not Flag.objects.open().filter(number=line).exists()


def test_a_value_nobody_understands_comes_back_to_a_person():
    row = reread(corrected(), "unknown")
    assert (row.status, flag_of(row).status) == ("reverted", "open")


def test_watching_costs_no_query_per_number(django_assert_max_num_queries: Callable[..., Any]):
    make.platform()
    lines: list[Number] = []
    for _ in range(12):
        flag = make.stopped_but_texted()
        align(flag)
        lines.append(flag.number)
    hand_over()
    batch = make.batch(make.platform(), SENT + DAY)
    for line in lines:
        make.reading(line, "out", read_at=batch.as_of, batch=batch)
    with django_assert_max_num_queries(45):
        propagate.settle(batch, now=SENT + DAY)
        make.weigh(*lines, now=SENT + DAY)
    assert set(WriteBack.objects.values_list("reads_right", flat=True)) == {1}
