"""Files of corrections in a folder that a system fetches them from."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.test import override_settings

from backoffice import jobs
from consent import deliver, drop
from consent.corrections_file import corrections_file
from consent.models import WriteBack
from tests.consent import make
from tests.consent.test_deliver import LATER, stopped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path):
    with override_settings(DROP_DIR=tmp_path / "drop"):
        yield tmp_path / "drop" / "texter"


@pytest.fixture
def row() -> WriteBack:
    make.mapping(make.platform(delivery="drop"))
    return stopped()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_waits_is_put_down_as_the_file_that_could_be_downloaded(row, folder):
    assert deliver.deliver("texter", clock=lambda: LATER) == {"files": 1, "rows": 1}
    (name,) = files(folder)
    sheet = corrections_file(row.system, row.program, LATER)
    assert (name, (folder / name).read_bytes()) == (sheet.name, sheet.as_csv())
    row.refresh_from_db()
    assert (row.status, row.next_try_at) == ("sent", None)
    assert row.events.get().what == "filed"
    assert deliver.deliver("texter", clock=lambda: LATER) == {}


def test_files_come_one_after_a_while(row, folder):
    assert [system.slug for system in drop.due_systems(LATER)] == ["texter"]
    drop.drop(row.system, now=LATER)
    stopped()
    assert drop.due_systems(LATER + timedelta(minutes=1)) == []
    assert [system.slug for system in drop.due_systems(LATER + timedelta(minutes=6))] == ["texter"]


def test_nothing_is_handed_over_to_a_folder_that_takes_nothing(row, folder):
    folder.parent.mkdir()
    folder.write_text("somebody put a file where the folder should be")
    with pytest.raises(jobs.Refused, match="cannot be written to"):
        drop.drop(row.system, now=LATER)
    row.refresh_from_db()
    assert (row.status, row.sent_at) == ("pending", None)


def test_a_file_that_was_handed_over_but_not_written_is_written_next_time(row, folder, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(drop, "put", Mock(side_effect=jobs.Refused("The disk is full.")))
        with pytest.raises(jobs.Refused):
            drop.drop(row.system, now=LATER)
    row.refresh_from_db()
    assert row.status == "sent"
    assert drop.drop(row.system, now=LATER + timedelta(minutes=9)) == {"files": 1, "rows": 1}
    assert files(folder) == [corrections_file(row.system, row.program, LATER).name]


def test_nobody_sees_half_a_file(folder):
    drop.put(folder, "a.csv", b"first")
    drop.put(folder, "a.csv", b"second, whole")
    assert files(folder) == ["a.csv"]
    assert (folder / "a.csv").read_bytes() == b"second, whole"
    assert (folder / "a.csv").stat().st_mode & 0o777 == 0o640
