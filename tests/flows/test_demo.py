"""The demo data: taken in by the real importer, consistent, and stable."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice.management.commands import load_demo
from backoffice.models import ImportBatch, JobRun
from consent import demo as people
from consent import reconcile
from consent.models import Flag, Hold, Number, Touched
from errors import demo as sends
from errors.models import ErrorCode, Fix, Pattern, QualityFinding, SendAttempt, TouchedHour
from errors.quality import look
from tests.flows import make, picture

pytestmark = pytest.mark.django_db
FILES = [
    *((slug, people.FOLDER / name) for slug, name, _ in people.FILES),
    *((slug, sends.FOLDER / name) for slug, name in sends.FILES),
]
LOOKED = {"numbers", "looked_at"}  # how many were looked at says nothing about changes


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Loaded once into the empty tables, what the command printed: each test works in a transaction on top of it."""
    said = io.StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo", stdout=said)
        yield said.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded: str, db: None) -> str:
    return loaded


def everything() -> dict[str, object]:
    imported = {batch.original_name: picture.of_import(batch) for batch in ImportBatch.objects.order_by("pk")}
    return {**imported, **picture.of_reconcile(), "people": User.objects.count()}


def rows_of(path: Path) -> int:
    text = path.read_text(encoding="utf-8-sig")
    return sum(1 for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)) - 1


def test_every_row_of_every_file_is_in_exactly_one_bucket(demo: str):
    batches = ImportBatch.objects.order_by("pk")
    assert [batch.original_name for batch in batches] == [path.name for _, path in FILES]
    for batch, (_, path) in zip(batches, FILES, strict=True):
        assert batch.adds_up
        assert batch.status in ImportBatch.FINISHED
        if path.parent == people.FOLDER:
            assert batch.data_rows + batch.counts["skipped"] >= rows_of(path) >= batch.data_rows


def test_there_is_something_to_see_for_everybody(demo: str):
    for name, _ in load_demo.ACCOUNTS:
        assert name in demo
        assert User.objects.get(username=name).check_password(load_demo.PASSWORD)
    assert {code[:2] for code in Flag.objects.open().values_list("severity", flat=True)} == {
        "S1",
        "S2",
        "S3",
        "S4",
    }
    assert Hold.objects.open().exists()
    assert not Touched.objects.exists()
    assert {"30007", "12"} <= {pattern.error_code for pattern in Pattern.objects.to_work_on()}
    fix = Fix.objects.get(pattern__error_code="30034")
    assert (fix.outcome, fix.pattern.status) == (Fix.Outcome.VERIFIED, Pattern.Status.HELD)
    assert set(ErrorCode.objects.new().values_list("code", flat=True)) == {"39417", "63901"}
    for what in ({"is_contradicted": True}, {"is_late_upgrade": True}, {"status": "partially_delivered"}):
        assert SendAttempt.objects.filter(**what).exists(), what
    assert not SendAttempt.objects.filter(status="unmapped").exists()
    assert not TouchedHour.objects.exists()


def test_most_numbers_are_good_and_the_others_are_found_for_several_reasons(demo: str):
    look.look("here", beat=make.nobody_watches)
    found = QualityFinding.objects.open()
    assert len(set(found.values_list("kind", flat=True))) >= 5
    assert found.exclude(number=None).count() < Number.objects.count() / 2


def test_the_sends_are_of_the_last_weeks_and_none_is_of_the_future(demo: str):
    latest = SendAttempt.objects.latest_first()[0].submitted_at
    assert timezone.now() - timedelta(hours=6) < latest < timezone.now()


@pytest.mark.parametrize("hours", [0.1, 5, 12, 23.9])
def test_a_log_ends_with_the_moment_it_is_exported_at_whenever_that_is(hours):
    exported = datetime(2031, 3, 9, tzinfo=UTC) + timedelta(hours=hours)
    rows = list(csv.DictReader(io.StringIO(sends.until(sends.FOLDER / "send_log.csv", exported))))
    times = [datetime.fromisoformat(row["sent_at"]) for row in rows]
    assert exported - timedelta(hours=3) < max(times) <= exported
    assert exported - min(times) > timedelta(days=14)
    days = {at.date() for at in times}
    assert len(days) == (max(days) - min(days)).days + 1


def test_loading_it_again_changes_nothing(demo: str):
    before = everything()
    call_command("load_demo", stdout=io.StringIO())
    assert everything() == before
    assert ImportBatch.objects.count() == len(FILES)


def test_a_full_rebuild_finds_nothing_to_change(demo: str):
    before = picture.of_reconcile()
    counts = reconcile.rebuild("here", beat=make.nobody_watches)
    assert {name: count for name, count in counts.items() if count and name not in LOOKED} == {}
    assert picture.of_reconcile() == before


def test_taking_the_same_files_in_again_adds_nothing(demo: str):
    """As commands do, file by file: the very bytes are known."""
    before = everything()
    batches = ImportBatch.objects.count()
    for slug, name, _ in people.FILES:
        call_command("import_file", str(people.FOLDER / name), system=slug, stdout=io.StringIO())
    assert ImportBatch.objects.exclude(status=ImportBatch.Status.CANCELLED).count() == batches
    ImportBatch.objects.filter(status=ImportBatch.Status.CANCELLED).delete()
    assert everything() == before


def test_the_work_that_it_queues_is_done_by_whoever_comes(demo: str):
    """The demo reconciles by itself; what it rang for finds nothing more."""
    before = picture.of_reconcile()
    for run in JobRun.objects.unfinished():
        verb = import_string(settings.JOB_VERBS[run.kind])
        counts = verb(run.subject, beat=make.nobody_watches, **run.params)
        assert not counts.get("numbers")
        assert not counts.get("hours")
    assert picture.of_reconcile() == before
