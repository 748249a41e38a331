"""What keeps a command from its work is said in words; errors of ours keep their traceback."""

import os
import subprocess
import sys
from unittest.mock import Mock

from django.conf import settings
from django.db import OperationalError, ProgrammingError

from backoffice import command_line


def run(*argv: str, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **changes}
    argv = (sys.executable, "manage.py", *argv)
    return subprocess.run(argv, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False)


def test_a_wrong_setting_is_one_line():
    done = run("check", RECONCILE_SHARDS="0")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "RECONCILE_SHARDS" in done.stderr


def test_a_database_without_our_tables_says_how_to_make_them(tmp_path):
    done = run("reconcile", DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert done.returncode == 1
    assert "`manage.py migrate`" in done.stderr
    assert "Traceback" not in done.stderr


def test_who_reads_only_the_beginning_hears_no_complaint(monkeypatch, capfd):
    def write_to_nobody(argv):
        raise BrokenPipeError

    # The real one would take pytest's own output away.
    monkeypatch.setattr(command_line.os, "dup2", lambda *handles: None)
    monkeypatch.setattr(command_line, "execute_from_command_line", write_to_nobody)
    assert command_line.main(["manage.py"]) == 1
    assert capfd.readouterr() == ("", "")


def test_only_what_is_the_databases_own_trouble_is_put_into_words(monkeypatch):
    monkeypatch.setattr(command_line, "connection", Mock())
    monkeypatch.setattr(command_line, "missing_migrations", lambda: 0)
    assert "disk is full" in (command_line.in_words(OperationalError("database or disk is full")) or "")
    assert command_line.in_words(ProgrammingError("syntax error")) is None
