"""The life of a batch between upload and end: going back, stopping, going on, and never standing still unseen."""

from __future__ import annotations

import errno
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import jobs
from backoffice.files.unreadable import Unreadable
from backoffice.imports import check, mapping, receive, run
from backoffice.imports.void import NeedsSupervisor, cancel, void
from backoffice.models import IllegalMove, ImportBatch, JobRun, System
from consent.models import Reading
from tests.backoffice.imports.make import workbook
from tests.backoffice.make import person
from tests.consent.intake.make import check_again, checked, taken_in, upload

pytestmark = pytest.mark.django_db
FILE = "name,phone,sms_opt_in,opted_at,country\n" + "".join(
    f"P{n},415555{1000 + n:04d},{'Unsubscribed' if n % 5 == 0 else 'Yes'},2026-01-05,US\n" for n in range(20)
)
S = ImportBatch.Status


def work(run_row: JobRun) -> None:
    """What a worker does with a ring."""
    jobs.work(run_row.pk, {kind: import_string(path) for kind, path in settings.JOB_VERBS.items()})


def last_job(batch: ImportBatch) -> JobRun:
    found = JobRun.objects.filter(kind__startswith="import.", subject=str(batch.pk)).order_by("-pk").first()
    assert found is not None
    return found


def confirmed(content: str = FILE) -> ImportBatch:
    batch = upload("crm", content)
    checked(batch)
    run.confirm(batch, batch.confirm_token, by=None, now=timezone.now())
    return batch


# --- Upload -------------------------------------------------------------------------------------------------


def test_an_empty_file_leaves_no_batch_and_no_file(settings) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Unreadable, match="empty"):
        upload("crm", b"")
    assert not ImportBatch.objects.exists()


def test_a_full_disk_is_said_and_nothing_is_kept(settings, monkeypatch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings.MEDIA_ROOT = tmp_path

    def full(storage: FileSystemStorage, name: str, content: File[bytes]) -> str:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(content.read(10))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    with pytest.raises(Unreadable, match=r"No space left on device.*MEDIA_ROOT"):
        upload("crm", FILE)
    assert not ImportBatch.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_that_is_no_table_leaves_nothing_behind(settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    settings.MEDIA_ROOT = tmp_path
    with pytest.raises(Unreadable, match="PNG"):
        upload("crm", b"\x89PNG\r\n\x1a\n" + b"0" * 100, "contacts.csv")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\ana\\list.csv", "list.csv"),
        ("<img src=x>.csv", "<img src=x>.csv"),
        ("a\x00b\nc\u202e.csv", "abc.csv"),
        ("x" * 400 + ".csv", "x" * 255),
    ],
)
def test_the_name_of_a_file_is_only_shown(given: str, shown: str) -> None:
    batch = upload("crm", FILE, given)
    assert batch.original_name == shown
    assert Path(batch.file.name).name.startswith(batch.sha256[:16])


def test_a_workbook_is_unpacked_by_a_worker() -> None:
    batch = receive.receive(
        System.objects.get(slug="crm"), ContentFile(workbook("Contacts", "Notes")), "list.xlsx",
        by=None, as_of=None, now=timezone.now(), wait=False,
    )  # fmt: skip
    assert batch.status == S.UPLOADED
    work(last_job(batch))
    batch.refresh_from_db()
    assert batch.status == S.SNIFFED
    assert (batch.dialect["sheet"], batch.dialect["sheets"]) == ("Contacts", ["Contacts", "Notes"])
    assert [row.cells[0] for row in receive.sample(batch)] == ["On Contacts"]
    receive.recognise_later(batch, by=None, sheet="Notes")
    work(last_job(batch))
    batch.refresh_from_db()
    assert [row.cells[0] for row in receive.sample(batch)] == ["On Notes"]


def test_a_workbook_that_cannot_be_unpacked_says_so() -> None:
    batch = receive.receive(
        System.objects.get(slug="crm"), ContentFile(workbook("Contacts")), "list.xlsx",
        by=None, as_of=None, now=timezone.now(), wait=False,
    )  # fmt: skip
    Path(batch.file.path).write_bytes(Path(batch.file.path).read_bytes()[:-200])
    work(last_job(batch))
    batch.refresh_from_db()
    assert batch.status == S.FAILED
    assert "workbook" in batch.failure


# --- Going back ---------------------------------------------------------------------------------------------


def test_a_change_of_format_takes_the_preview_back() -> None:
    batch = upload("crm", FILE)
    checked(batch)
    token = batch.confirm_token
    receive.recognise(batch, delimiter=",")
    assert (batch.status, batch.mapping, batch.preview) == (S.SNIFFED, None, {})
    with pytest.raises(run.NotWhatWasShown):
        run.confirm(batch, token, by=None, now=timezone.now())


def test_a_change_of_columns_takes_the_preview_back() -> None:
    batch = upload("crm", FILE)
    checked(batch)
    token = batch.confirm_token
    assert batch.mapping is not None
    mapping.use_mapping(batch, batch.mapping)
    with pytest.raises(run.NotWhatWasShown):
        run.confirm(batch, token, by=None, now=timezone.now())


def test_a_confirmed_batch_never_goes_back() -> None:
    batch = confirmed()
    for step in (
        lambda: receive.recognise(batch),
        lambda: mapping.use_mapping(batch, batch.mapping),  # type: ignore[arg-type]
        lambda: check.start(batch, by=None),
    ):
        with pytest.raises(IllegalMove):
            step()
    cancel(batch, by=person("Agent"))
    with pytest.raises(IllegalMove):
        check.start(batch, by=None)


def test_a_cancelled_upload_can_be_taken_up_again() -> None:
    batch = upload("crm", FILE)
    cancel(batch, by=person("Agent"))
    outcomes = taken_in(batch)
    assert len(outcomes) == 20


def test_the_same_confirmation_twice_is_one() -> None:
    batch = confirmed()
    token = batch.confirm_token
    assert run.confirm(batch, token, by=None, now=timezone.now()) is batch
    assert JobRun.objects.filter(kind="import.run").count() == 1


def test_what_permits_sending_is_confirmed_by_a_supervisor() -> None:
    head = "Sid,DateSent,Direction,From,To,Body,ErrorCode\n"
    batch = upload("twilio", head + "SM1,2026-01-05T10:00:00Z,inbound,+14155550101,+14155550100,START,\n")
    checked(batch)
    assert batch.preview["consequences"] == {"adds_evidence": 1}
    with pytest.raises(NeedsSupervisor):
        run.confirm(batch, batch.confirm_token, by=person("Agent"), now=timezone.now())
    assert batch.status == S.PREVIEWED
    run.confirm(batch, batch.confirm_token, by=person("Supervisor"), now=timezone.now())
    assert batch.status == S.CONFIRMED


# --- Stopping and going on ----------------------------------------------------------------------------------


def test_a_check_that_waits_for_a_worker_is_cancelled_at_once() -> None:
    batch = upload("crm", FILE)
    saved = mapping.fitting(batch, now=timezone.now())
    assert saved is not None
    mapping.use_mapping(batch, saved)
    check.start(batch, by=None)
    cancel(batch, by=person("Agent"))
    assert batch.status == S.CANCELLED
    assert last_job(batch).status == JobRun.Status.CANCELLED


def test_a_run_whose_worker_is_lost_is_cancelled_at_once() -> None:
    batch = confirmed()
    now = timezone.now()
    batch.move(S.RUNNING)
    JobRun.objects.filter(pk=last_job(batch).pk).update(
        status=JobRun.Status.RUNNING, lease_until=now - timedelta(seconds=1)
    )
    cancel(batch, by=person("Agent"))
    assert batch.status == S.CANCELLED


def test_a_run_at_work_stops_after_the_rows_it_has_committed(settings) -> None:  # type: ignore[no-untyped-def]
    settings.IMPORT_CHUNK_ROWS = 5
    batch = confirmed()
    job = last_job(batch)

    def stop_after_the_second(done: int = 0, **_: object) -> None:
        if done >= 10:
            raise jobs.Cancelled(job)

    with pytest.raises(jobs.Cancelled):
        run.run(str(batch.pk), beat=stop_after_the_second)
    batch.refresh_from_db()
    assert (batch.status, batch.rows_done, Reading.objects.count()) == (S.CANCELLED, 10, 10)
    JobRun.objects.filter(pk=job.pk).update(status=JobRun.Status.CANCELLED)
    run.resume(batch, by=person("Agent"))
    work(last_job(batch))
    batch.refresh_from_db()
    assert (batch.status, batch.adds_up, Reading.objects.count()) == (S.DONE, True, 20)


def test_a_run_that_broke_stands_as_stopped_and_can_go_on(settings, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    settings.IMPORT_CHUNK_ROWS = 5
    batch = confirmed()
    advance = run._advance

    def break_in_the_third(*args: object) -> None:
        advance(*args)  # type: ignore[arg-type]
        if args[2] == 15:
            raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(run, "_advance", break_in_the_third)
    with pytest.raises(ZeroDivisionError):
        work(last_job(batch))
    batch.refresh_from_db()
    assert (batch.status, batch.rows_done) == (S.RUNNING, 10)
    assert run.is_stranded(batch)
    assert "a mistake of ours" in last_job(batch).failure
    monkeypatch.setattr(run, "_advance", advance)
    run.resume(batch, by=person("Agent"))
    work(last_job(batch))
    batch.refresh_from_db()
    assert (batch.status, batch.adds_up, Reading.objects.count()) == (S.DONE, True, 20)


def test_what_was_never_confirmed_is_not_resumed() -> None:
    batch = upload("crm", FILE)
    cancel(batch, by=person("Agent"))
    with pytest.raises(IllegalMove):
        run.resume(batch, by=person("Agent"))


def test_a_job_tried_again_from_the_jobs_page_goes_on_with_a_cancelled_batch() -> None:
    batch = confirmed()
    agent = person("Agent")
    cancel(batch, by=agent)
    work(jobs.retry(last_job(batch), agent))
    batch.refresh_from_db()
    assert (batch.status, batch.adds_up) == (S.DONE, True)


def test_a_file_taken_in_meanwhile_keeps_the_cancelled_one_out() -> None:
    batch = confirmed()
    cancel(batch, by=person("Agent"))
    other = upload("crm", FILE)
    taken_in(other)
    with pytest.raises(run.TakenInBefore) as caught:
        run.resume(batch, by=person("Agent"))
    assert caught.value.batch == other
    assert batch.status == S.CANCELLED


# --- Voiding ------------------------------------------------------------------------------------------------


def test_opt_outs_are_let_go_by_a_supervisor_only() -> None:
    batch = upload("crm", FILE)
    taken_in(batch)
    with pytest.raises(NeedsSupervisor):
        void(batch, by=person("Agent"), reason="wrong file")
    with pytest.raises(ValueError, match="Say why"):
        void(batch, by=person("Supervisor"), reason="  ")
    void(batch, by=person("Supervisor"), reason="wrong file")
    assert batch.status == S.VOIDED
    assert not Reading.objects.effective().exists()


def test_a_batch_without_opt_outs_may_be_voided_by_who_imports() -> None:
    batch = upload("crm", FILE.replace("Unsubscribed", "Yes"))
    taken_in(batch)
    void(batch, by=person("Agent"), reason="wrong file")
    assert batch.status == S.VOIDED


def test_what_was_never_taken_in_is_not_voided() -> None:
    batch = upload("crm", FILE)
    cancel(batch, by=person("Agent"))
    with pytest.raises(IllegalMove):
        void(batch, by=person("Supervisor"), reason="wrong file")


# --- What is kept of the rows -------------------------------------------------------------------------------


def test_of_a_frequent_doubt_the_first_rows_are_kept_and_all_are_counted(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(check, "SHOWN_PER_REASON", 3)
    batch = upload("crm", FILE.replace("2026-01-05", "sometime"))
    checked(batch)
    assert batch.preview["reasons"]["warning:bad_timestamp"] == 20
    assert batch.rows.count() == 3
    run.confirm(batch, batch.confirm_token, by=None, now=timezone.now(), queue=False)
    run.run(str(batch.pk), beat=lambda **_: None)
    assert batch.rows.count() == 3


def test_every_row_that_goes_back_to_a_person_is_kept(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(check, "SHOWN_PER_REASON", 3)
    batch = upload("crm", FILE.replace(",415555", ",x"))
    taken_in(batch)
    assert batch.rows.to_mend().count() == 20


def test_words_nobody_explained_are_counted() -> None:
    batch = upload("crm", FILE.replace("Unsubscribed", "meh"))
    check_count = {outcome.bucket for outcome in checked(batch)}
    assert check_count == {"created", "held"}
    assert batch.preview["unread"] == {"meh": 4}
    check_again(batch)
    assert batch.preview["unread"] == {"meh": 4}


def test_the_command_goes_on_with_the_file_that_it_was_killed_over(settings, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    settings.IMPORT_CHUNK_ROWS = 5
    batch = upload("crm", FILE)
    checked(batch)
    run.confirm(batch, batch.confirm_token, by=None, now=timezone.now(), queue=False)
    advance = run._advance

    def die_in_the_third(*args: object) -> None:
        advance(*args)  # type: ignore[arg-type]
        if args[2] == 15:
            raise KeyboardInterrupt

    monkeypatch.setattr(run, "_advance", die_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        run.run(str(batch.pk), beat=jobs.unwatched)
    monkeypatch.setattr(run, "_advance", advance)
    said = io.StringIO()
    call_command("import_file", batch.file.path, system=batch.system.slug, stdout=said)
    assert "had stopped after 10 rows" in said.getvalue()
    batch.refresh_from_db()
    assert (batch.status, batch.adds_up, Reading.objects.count()) == (S.DONE, True, 20)
