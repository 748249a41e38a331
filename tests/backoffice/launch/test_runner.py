"""The runner of the tests: what runs when, and that nothing is skipped for want of a server."""

import subprocess
import sys
from pathlib import Path

import pytest

from backoffice.launch import servers
from tests import run

PROJECT = Path(__file__).resolve().parents[3]


def test_everything_runs_on_both_engines_in_the_browser_and_without_a_database():
    whole = ("tests", "--ignore=tests/browser")
    waiting = tuple(run.WAITING)
    busy = (*whole, *(f"--ignore={place}" for place in waiting))
    assert run.plan([], []) == {
        "sqlite": (*busy, "--database=only"),
        "sqlite-waiting": (*waiting, "--database=only"),
        "postgresql": (*busy, "--database=only"),
        "postgresql-waiting": (*waiting, "--database=only"),
        "browser": ("tests/browser",),
        "plain": (*whole, "--database=none"),
    }


def test_named_tests_run_only_where_they_belong():
    assert set(run.plan([], ["tests/browser"])) == {"browser"}
    chosen = run.plan([], ["tests/consent", "-k", "stop"])
    assert chosen == dict.fromkeys(("postgresql", "sqlite"), ("tests/consent", "-k", "stop"))
    assert set(run.plan(["sqlite"], [])) == {"sqlite"}


def test_everything_missing_is_said_at_once(monkeypatch, tmp_path):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    monkeypatch.setattr(servers, "wheel_folder", lambda package: None)
    monkeypatch.setattr(servers, "PACKAGED_POSTGRES", tmp_path / "none")
    with pytest.raises(run.Missing) as missing, run.surroundings(run.plan([], []), tmp_path):
        pass
    said = str(missing.value).splitlines()
    assert [line.partition(":")[0] for line in said] == ["Redis", "PostgreSQL 15 or newer", "Chromium"]


def test_a_given_server_that_does_not_answer_is_a_failure(monkeypatch, tmp_path):
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://a@127.0.0.1:1/b")
    monkeypatch.setenv("TEST_REDIS_URL", "redis://127.0.0.1:1/0")
    with (
        pytest.raises(run.Missing, match=r"TEST_REDIS_URL[\s\S]*TEST_DATABASE_URL"),
        run.surroundings(run.plan(["postgresql"], []), tmp_path),
    ):
        pass


@pytest.mark.parametrize(("test", "code"), [("assert True", 0), ("assert False", 1)])
def test_one_failed_pass_fails_the_whole(tmp_path, test, code):
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {test}\n")
    passes = [
        run.Pass(
            name, {}, (str(tmp_path / "test_it.py"), "-p", "no:django", f"--confcutdir={tmp_path}", "-q")
        )
        for name in ("one", "two")
    ]
    assert run.run_all(passes, tmp_path) == {"one": code, "two": code}
    assert run.last_line(tmp_path / "one.txt").startswith("1 failed" if code else "1 passed")


def test_a_pass_that_finds_no_test_has_failed(tmp_path):
    (tmp_path / "test_it.py").write_text("")
    one = run.Pass("one", {}, (str(tmp_path), "-p", "no:django", f"--confcutdir={tmp_path}", "-q"))
    assert run.run_all([one], tmp_path)["one"] != 0


def test_the_command_says_how_to_use_it():
    done = subprocess.run(
        [sys.executable, "-m", "tests.run", "--help"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert "TEST_DATABASE_URL" in done.stdout
