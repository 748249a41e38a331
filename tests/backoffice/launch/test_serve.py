"""`manage.py serve`, for real: on SQLite with a private Redis, on PostgreSQL with the given one."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection

from backoffice.launch import servers
from tests.backoffice.launch.test_processes import gone
from tests.workers import eventually, process_env


class Serving:
    """One `manage.py serve` and what it said."""

    def __init__(self, var: Path, env: dict[str, str], port: int) -> None:
        self.said = var / "said.txt"
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-demo", "--port", str(port)],
                cwd=settings.BASE_DIR,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.before = self.said.stat().st_size

    @property
    def words(self) -> str:
        return self.said.read_text(errors="replace")

    def wait_until_ready(self) -> str:
        """Returns the address it printed."""

        def ready() -> bool:
            assert self.process.poll() is None, self.words
            return "Ready: " in self.words

        eventually(ready, what="ready")
        return self.words.rpartition("Ready: ")[2].split()[0]

    def children(self) -> dict[str, int]:
        """Process numbers by what they run."""
        found = {}
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        ).stdout
        for line in listed.splitlines():
            pid, parent, words = line.split(None, 2)
            if int(parent) == self.process.pid:
                kinds = ("redis-server", "gunicorn", "worker", "beat")
                found[next((kind for kind in kinds if kind in words), words)] = int(pid)
        return found

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=180)


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path, redis_url: str) -> Iterator[Callable[[], Serving]]:
    """serve(port=free) -> Serving; all runs of one test share their folder, database and queue."""
    env = process_env(VAR_DIR=str(tmp_path), DEBUG="0")
    if connection.vendor == "sqlite":
        del env["DATABASE_URL"], env["REDIS_URL"]
    started: list[Serving] = []

    def start(port: int | None = None) -> Serving:
        started.append(Serving(tmp_path, env, port or servers.free_port()))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)


@pytest.fixture
def prepared(one_engine: None, transactional_db: None, tmp_path: Path) -> None:
    """The database is there already: preparing it takes most of the time that a start takes."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(tmp_path / "db.sqlite3")])


def test_serves_until_ctrl_c_and_then_leaves_nothing_running(serve):
    first = serve()
    address = first.wait_until_ready()
    with urllib.request.urlopen(f"{address}readyz", timeout=180) as answer:
        assert answer.status == 200
    children = first.children()
    private = {"redis-server"} if connection.vendor == "sqlite" else set()
    assert set(children) == {"gunicorn", "worker", "beat"} | private
    assert first.end(signal.SIGINT) == 0
    assert all(gone(pid) for pid in children.values())
    assert "Stopped." in first.words


def test_after_kill_9_nothing_is_left_or_lost_and_a_taken_port_is_no_hindrance(prepared, serve, tmp_path):
    first = serve()
    first.wait_until_ready()
    children = first.children()
    other = serve()
    assert other.process.wait(timeout=180) == 1
    assert "Already running from this folder" in other.words
    with redis.Redis.from_url(private_url(tmp_path)) as client:
        client.lpush("kept", "this")
    assert first.end(signal.SIGKILL) == -signal.SIGKILL

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        again = serve(port)
        eventually(lambda: again.words.count("Ready: ") == 2, what="ready again")
        assert all(gone(pid) for pid in children.values())
        # The next one that is free: others on this machine take ports too.
        told = re.search(rf"Port {port} is taken; using (\d+)\.", again.words)
        assert told, again.words
        assert again.words.count(f"Ready: http://127.0.0.1:{told[1]}/") == 1
    with redis.Redis.from_url(private_url(tmp_path)) as client:
        assert client.lrange("kept", 0, -1) == [b"this"]


def replaced(after: dict[str, int], before: dict[str, int]) -> bool:
    """Each is there again, as another process; between the two it shows as what nobody has collected yet."""
    return after.keys() == before.keys() and not set(after.values()) & set(before.values())


def test_a_killed_child_is_started_again(prepared, serve):
    running = serve()
    address = running.wait_until_ready()
    before = running.children()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: replaced(running.children(), before), what="all children again")
    for name in before:
        said = {"gunicorn": "web", "beat": "schedule", "redis-server": "redis"}.get(name, name)
        assert f"{said} ended (signal SIGKILL); starting it again" in running.words
    # The socket is the launcher's, so a request waits for the new web process instead of being refused.
    with urllib.request.urlopen(f"{address}healthz", timeout=180) as answer:
        assert answer.status == 200


def refused(**changes: str) -> str:
    """What `manage.py serve` says when it cannot start."""
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--no-demo", "--port", str(servers.free_port())],
        cwd=settings.BASE_DIR,
        env={**os.environ, **changes},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_database_that_does_not_answer_is_said(tmp_path):
    said = refused(VAR_DIR=str(tmp_path), DATABASE_URL="postgresql://a:secret@127.0.0.1:1/b")
    assert "The database does not answer" in said
    assert "unset DATABASE_URL" in said


def test_a_redis_that_does_not_answer_is_said_without_its_password(tmp_path):
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    said = refused(VAR_DIR=str(tmp_path), DATABASE_URL=url, REDIS_URL="redis://:secret@127.0.0.1:1/0")
    assert "No Redis answers at redis://127.0.0.1:1/0" in said
    assert "secret" not in said


def private_url(var: Path) -> str:
    settings_of = dict(
        line.split(None, 1) for line in (var / "redis" / "redis.conf").read_text().splitlines()
    )
    return f"redis://:{settings_of['requirepass']}@127.0.0.1:{settings_of['port']}/0"
