"""The whole suite: `python -m tests.run [pytest's own arguments]`, or `make test`.

Six passes: SQLite and PostgreSQL, each in two parts (what computes, and what waits for workers and servers), the
pages in a browser (on PostgreSQL; a pytest process of its own), and what asks no database, which has one answer. All
use a real Redis. Arguments that name only some tests run them on both engines or in the browser, as they need;
--pass NAME chooses by hand.

TEST_DATABASE_URL (a PostgreSQL whose user may create databases) and TEST_REDIS_URL (six databases from the
given number on, which are emptied) are used where given. Else private throw-away servers are started. What
cannot be had is said, and is a failure.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from backoffice.launch import servers
from backoffice.launch.processes import die_with_parent

PROJECT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST_PASS = float(os.environ.get("TEST_PASS_SECONDS", 30 * 60))
# The longest first.
PASSES = ("postgresql", "sqlite", "sqlite-waiting", "postgresql-waiting", "browser", "plain")
FILLING = ("plain",)  # waits for nobody and is done soon: it takes what the others leave of the cores
WAITING = ("tests/flows", "tests/backoffice/launch")


class Missing(Exception):
    """Something that the tests need is not to be had; says what was tried and what to do."""


@dataclass(frozen=True)
class Pass:
    """One pytest process: its name, what it needs from the outside, what to run."""

    name: str
    env: dict[str, str]
    tests: tuple[str, ...]


# --- what the passes need -----------------------------------------------------------------------------------


def chromium() -> str:
    """A Chromium or Chrome on this machine; as root on Debian it is installed if missing. Raises Missing."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    tried = f"none of {', '.join(BROWSERS)} on PATH"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("No browser here; installing Debian's chromium.", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            done = subprocess.run(
                ["apt-get", "-qq", *step], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
            if done.returncode:
                tried += f"; `apt-get {' '.join(step)}` failed: {(done.stderr or done.stdout).strip()[-400:]}"
                break
        found = shutil.which("chromium")
        if found:
            return found
    raise Missing(f"Chromium: {tried}. Install it (Debian: apt-get install chromium).")


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    given = os.environ.get("TEST_REDIS_URL")
    if not given:
        with servers.private_redis() as url:
            yield url
    elif servers.redis_answers(given):
        yield given
    else:
        raise Missing(f"Redis: nothing answers at TEST_REDIS_URL ({given}). Start it, or unset the variable.")


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        # Three passes with their workers; nothing here is worth keeping.
        with servers.private_postgres(
            {"max_connections": "200", "shared_buffers": "256MB", "jit": "off"}
        ) as url:
            yield url
        return
    try:
        with psycopg.connect(given, connect_timeout=5) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise Missing(f"PostgreSQL: TEST_DATABASE_URL does not answer: {error}") from error
    if version < servers.OLDEST_POSTGRES:
        raise Missing(
            f"PostgreSQL: TEST_DATABASE_URL is version {version}; {servers.OLDEST_POSTGRES} is the oldest."
        )
    yield given


def redis_database(url: str, number: int) -> str:
    """The same server, `number` databases further on: the passes run side by side."""
    parts = urlsplit(url)
    first = int(parts.path.strip("/") or 0)
    chosen = parts._replace(path=f"/{first + number}").geturl()
    if not servers.redis_answers(chosen):
        raise Missing(f"Redis: database {first + number} of TEST_REDIS_URL cannot be used.")
    return chosen


# --- the passes ---------------------------------------------------------------------------------------------


def plan(only: Sequence[str], arguments: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Which passes run, and pytest's arguments for each."""
    named = [
        word for word in arguments if not word.startswith("-") and (PROJECT / word.split("::")[0]).exists()
    ]
    browser = [word for word in named if word.startswith("tests/browser")]
    other = [word for word in named if word not in browser]
    rest = [word for word in arguments if word not in named]
    if named:
        places = {"sqlite": other, "postgresql": other, "browser": browser}
    else:
        whole = ["tests", "--ignore=tests/browser"]
        busy = [*whole, *(f"--ignore={place}" for place in WAITING), "--database=only"]
        waiting = [*WAITING, "--database=only"]
        places = {
            "sqlite": busy,
            "postgresql": busy,
            "sqlite-waiting": waiting,
            "postgresql-waiting": waiting,
            "browser": ["tests/browser"],
            "plain": [*whole, "--database=none"],
        }
    return {
        name: (*places[name], *rest) for name in PASSES if places.get(name) and (not only or name in only)
    }


@contextlib.contextmanager
def surroundings(chosen: dict[str, tuple[str, ...]], var: Path) -> Iterator[list[Pass]]:
    """Get everything the passes need; report everything missing at once."""
    missing: list[str] = []
    with contextlib.ExitStack() as stack:

        def need(get: Callable[[], str]) -> str:
            try:
                return get()
            except (Missing, servers.MissingServer, servers.ServerFailed) as error:
                missing.append(str(error))
                return ""

        queue = need(lambda: stack.enter_context(redis_server()))
        postgres = (
            need(lambda: stack.enter_context(postgres_server()))
            if any(name.startswith(("postgresql", "browser")) for name in chosen)
            else ""
        )
        browser = need(chromium) if "browser" in chosen else ""
        if missing:
            raise Missing("\n".join(missing))
        passes = []
        for number, (name, tests) in enumerate(chosen.items()):
            own = var / name
            (own / "static").mkdir(parents=True)
            database = f"sqlite:///{own / 'db.sqlite3'}" if name.startswith(("sqlite", "plain")) else postgres
            env = {"DATABASE_URL": database, "TEST_REDIS_URL": redis_database(queue, number)}
            env |= {"VAR_DIR": str(own), "CHROMIUM": browser}
            passes.append(Pass(name, env, tests))
        yield passes


def start(one: Pass, output: Path | None, niceness: int = 0) -> subprocess.Popen[bytes]:
    """One pytest process; its words go to `output`, or straight to the terminal."""
    tied = die_with_parent(signal.SIGKILL)

    def in_its_place() -> None:
        tied()
        os.nice(niceness)

    with open(output, "wb") if output else contextlib.nullcontext() as words:
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *one.tests],
            cwd=PROJECT,
            env={**os.environ, **one.env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words and subprocess.STDOUT,
            preexec_fn=in_its_place,
        )


def run_all(passes: Sequence[Pass], var: Path) -> dict[str, int]:
    """Exit codes by pass. All at once: some wait for workers to be missed while others compute. Each one's words are
    printed when it ends."""
    running, codes = {}, {}
    outputs = {one.name: var / f"{one.name}.txt" if len(passes) > 1 else None for one in passes}
    began = told = time.monotonic()
    try:
        for one in passes:
            running[one.name] = start(one, outputs[one.name], 5 if one.name in FILLING else 0)
        while running:
            time.sleep(0.2)
            for name, process in list(running.items()):
                if process.poll() is None and time.monotonic() - began > LONGEST_PASS:
                    print(f"The {name} pass takes longer than {LONGEST_PASS:.0f} s; stopping it.", flush=True)
                    stop(process)
                if process.poll() is not None:
                    codes[name] = process.returncode
                    del running[name]
                    print_words(name, outputs[name])
            if outputs[passes[0].name] and time.monotonic() - told > 30:
                told = time.monotonic()
                how_far = ", ".join(f"{name} {percent(outputs[name])}" for name in running)
                print(f"[{told - began:.0f} s] {how_far}", flush=True)
    finally:
        for process in running.values():
            stop(process)
    return codes


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, after which pytest says where it stands and ends its servers; kill -9 if it does not end."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def percent(output: Path | None) -> str:
    seen = re.findall(r"\[ *(\d+)%\]", output.read_text(errors="replace")) if output else []
    return f"{seen[-1]} %" if seen else "starting"


def print_words(name: str, output: Path | None) -> None:
    if output:
        print(f"\n######## {name}\n{output.read_text(errors='replace').rstrip()}", flush=True)


def last_line(output: Path) -> str:
    return (output.read_text(errors="replace").strip() or "said nothing").splitlines()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.run",
        description=__doc__,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pass", dest="only", action="append", choices=PASSES, default=[], metavar="NAME")
    known, arguments = parser.parse_known_args()
    chosen = plan(known.only, arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="backoffice-tests-") as folder:
        var = Path(folder)
        try:
            with surroundings(chosen, var) as passes:
                codes = run_all(passes, var)
        except Missing as missing:
            print(f"The tests cannot run; this is missing:\n{missing}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130
        if len(chosen) > 1:
            print("\n######## summary")
            for name, code in codes.items():
                print(
                    f"{name}: {'ok' if code == 0 else f'exit code {code}'}\n{last_line(var / f'{name}.txt')}"
                )
    return max((1 if code else 0 for code in codes.values()), default=2)


if __name__ == "__main__":
    sys.exit(main())
