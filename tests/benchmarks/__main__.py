"""The benchmarks: `make bench`, or `python -m tests.benchmarks [module ...]`.

A benchmark is a module of this folder with `main()`; it prints its own figures and returns a number other
than 0 when a limit is missed. Each runs in a process and a database of its own. It finds Django set up,
DATABASE_URL naming a migrated empty PostgreSQL database and REDIS_URL a private Redis. The server keeps fsync
on: figures that ignore the disk would mislead. TEST_DATABASE_URL names another server to use.
"""

import argparse
import os
import pkgutil
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from backoffice.launch import servers
from backoffice.launch.processes import die_with_parent
from tests.run import Missing, redis_server

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent
SERVER = {
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "random_page_cost": "1.1",
}
START = "import sys, django; django.setup(); from tests.benchmarks.{} import main; sys.exit(main() or 0)"


def all_benchmarks() -> list[str]:
    return sorted(
        found.name for found in pkgutil.iter_modules([str(FOLDER)]) if not found.name.startswith("_")
    )


@contextmanager
def postgres_server() -> Iterator[str]:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with servers.private_postgres(SERVER) as url:
        yield url


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """An empty database on this server; yields its URL, drops it at the end."""
    own = f"bench_{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(own)))
        try:
            yield urlsplit(server)._replace(path=f"/{own}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(own)))


def machine(server: str) -> str:
    """What the figures were measured on."""
    with psycopg.connect(server) as connection:
        row = connection.execute(
            "SELECT version(), current_setting('fsync'), current_setting('shared_buffers')"
        ).fetchone()
    assert row is not None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{platform.platform()}, {os.cpu_count()} cores, {memory:.0f} GiB, load {load}\n"
        f"Python {platform.python_version()}, {row[0].split(' on ')[0]}, "
        f"fsync {row[1]}, shared_buffers {row[2]}"
    )


def run(name: str, server: str, queue: str, var: Path) -> int:
    print(f"\n######## {name}", flush=True)
    began = time.monotonic()
    with database(server, name) as url:
        env = {**os.environ, "DATABASE_URL": url, "REDIS_URL": queue, "VAR_DIR": str(var), "DEBUG": "0"}
        env |= {"DJANGO_SETTINGS_MODULE": "backoffice.settings", "PYTHONUNBUFFERED": "1"}
        for argv in (["manage.py", "migrate", "--no-input", "--verbosity", "0"], ["-c", START.format(name)]):
            code = subprocess.call(
                [sys.executable, *argv],
                cwd=PROJECT,
                env=env,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
            if code:
                break
    print(
        f"[{name}: {time.monotonic() - began:.0f} s, {'ok' if code == 0 else f'exit code {code}'}]",
        flush=True,
    )
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    known = all_benchmarks()
    parser.add_argument("module", nargs="*", help=f"one or more of: {', '.join(known)}; none means all")
    chosen = parser.parse_args(arguments).module or known
    if unknown := sorted(set(chosen) - set(known)):
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known) or 'none'}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="backoffice-bench-") as folder:
        try:
            with postgres_server() as server, redis_server() as queue:
                print(machine(server), flush=True)
                codes = {name: run(name, server, queue, Path(folder)) for name in chosen}
        except (Missing, servers.MissingServer, servers.ServerFailed) as missing:
            print(missing, file=sys.stderr)
            return 2
    missed = [name for name, code in codes.items() if code]
    print(
        f"\n{len(codes) - len(missed)} of {len(codes)} benchmarks within their limits"
        + (f"; not: {', '.join(missed)}" if missed else "")
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
