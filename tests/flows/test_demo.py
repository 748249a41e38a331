"""The demo data: taken in by the real importer, consistent, and stable."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from backoffice.models import ImportBatch, JobRun
from consent import reconcile
from consent.management.commands import load_demo
from consent.models import Flag, Hold, Touched
from tests.flows import make, picture

pytestmark = pytest.mark.django_db
LOOKED = {"numbers", "looked_at"}  # how many were looked at says nothing about changes


@pytest.fixture
def demo() -> str:
    """Loaded into the empty tables; what the command printed."""
    said = io.StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue()


def everything() -> dict[str, object]:
    imported = {batch.original_name: picture.of_import(batch) for batch in ImportBatch.objects.order_by("pk")}
    return {**imported, **picture.of_reconcile(), "people": User.objects.count()}


def rows_of(name: str) -> int:
    text = (Path(load_demo.FOLDER) / name).read_text(encoding="utf-8-sig")
    return sum(1 for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)) - 1


def test_every_row_of_every_file_is_in_exactly_one_bucket(demo: str):
    batches = ImportBatch.objects.order_by("pk")
    assert [batch.original_name for batch in batches] == [name for _, name, _ in load_demo.FILES]
    for batch in batches:
        assert batch.adds_up
        assert batch.status in ImportBatch.FINISHED
        assert batch.data_rows + batch.counts["skipped"] >= rows_of(batch.original_name) >= batch.data_rows


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


def test_loading_it_again_changes_nothing(demo: str):
    before = everything()
    call_command("load_demo", stdout=io.StringIO())
    assert everything() == before
    assert ImportBatch.objects.count() == len(load_demo.FILES)


def test_a_full_rebuild_finds_nothing_to_change(demo: str):
    before = picture.of_reconcile()
    counts = reconcile.rebuild("here", beat=make.nobody_watches)
    assert {name: count for name, count in counts.items() if count and name not in LOOKED} == {}
    assert picture.of_reconcile() == before


def test_taking_the_same_files_in_again_adds_nothing(demo: str):
    """As commands do, file by file: the very bytes are known."""
    before = everything()
    batches = ImportBatch.objects.count()
    for slug, name, _ in load_demo.FILES:
        call_command("import_file", str(load_demo.FOLDER / name), system=slug, stdout=io.StringIO())
    assert ImportBatch.objects.exclude(status=ImportBatch.Status.CANCELLED).count() == batches
    ImportBatch.objects.filter(status=ImportBatch.Status.CANCELLED).delete()
    assert everything() == before


def test_the_work_that_it_queues_is_done_by_whoever_comes(demo: str):
    """The demo reconciles by itself; what it rang for finds nothing more."""
    before = picture.of_reconcile()
    for run in JobRun.objects.unfinished():
        verb = {"consent.reconcile": reconcile.reconcile}[run.kind]
        counts = verb(run.subject, beat=make.nobody_watches, **run.params)
        assert not counts.get("numbers")
    assert picture.of_reconcile() == before
