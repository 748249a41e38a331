"""The whole product on one machine: web, worker and schedule, and a Redis of our own where none is given.

Start order: lock, Redis, migrations, demo data, worker, schedule, web. Stop order: all but Redis, then Redis.
A child that ends is started again. Whatever ends the launcher, no child stays behind.
"""

import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import servers
from .processes import GENTLE, Child, Printer, Steps, die_with_parent, in_words, stop_all

PORTS_TO_TRY, LAST_PORT = 50, 65_535
WEB_SECONDS = 60.0  # how long the pages may take to answer for the first time
PREVIOUS_SECONDS = 60.0  # how long a killed run's children may take to end
# A worker finishes its task (SIGTERM), then hands unfinished ones back (SIGQUIT), then is killed.
WORKER_STEPS: Steps = ((signal.SIGTERM, 20.0), (signal.SIGQUIT, 35.0), (signal.SIGKILL, 5.0))


class CannotStart(Exception):
    """What is in the way, and how to remove it."""


@dataclass
class Launcher:
    """One run of the product from `project` (the folder of manage.py), with its files under `var`."""

    project: Path
    var: Path
    host: str = "127.0.0.1"
    port: int = 8000
    redis_url: str | None = None  # None: a private server
    concurrency: int = 2
    demo: bool = True
    collect_static: bool = False
    printer: Printer = field(default_factory=Printer)
    interrupts: int = 0

    def run(self) -> int:
        """Blocks until SIGINT, SIGTERM or SIGHUP; returns an exit code.

        Raises CannotStart, servers.MissingServer, servers.ServerFailed."""
        for what in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(what, self._interrupted)
        children: list[Child] = []
        redis: Child | None = None
        with self._only_run() as lock, self._listening() as listener:
            try:
                env = self._environment()
                if self.redis_url is None:
                    redis, env["REDIS_URL"] = self._private_redis(lock)
                    self._start_redis(redis, env["REDIS_URL"])
                elif not servers.redis_answers(self.redis_url):
                    raise CannotStart(
                        f"No Redis answers at {without_password(self.redis_url)} (REDIS_URL). "
                        "Start it, or unset REDIS_URL and a private one is used."
                    )
                accounts = self._prepare(env)
                if not self.interrupts:
                    children = self._children(env, lock, listener)
                    for child in children:
                        child.start()
                    self._wait_for_web(children[-1], listener)
                    self._say_ready(listener, accounts)
                everyone = [redis, *children] if redis else children
                while not self.interrupts:
                    for child in everyone:
                        child.keep_alive()
                    time.sleep(0.2)
            finally:
                self._stop(children, redis)
        return 0

    def _interrupted(self, *_: object) -> None:
        self.interrupts += 1

    # --- before anything starts

    @contextlib.contextmanager
    def _only_run(self) -> Iterator[int]:
        """Be the only run in this folder. Yields a handle for the children to hold.

        The launcher alone holds run.lock, it and its children parts.lock: after a kill -9 the first is free
        at once, the second when the last child has ended. Two Redis servers on one file would spoil it."""
        self.var.mkdir(parents=True, exist_ok=True)
        with open(self.var / "run.lock", "a+") as run, open(self.var / "parts.lock", "a+") as parts:
            if not locked(run.fileno()):
                run.seek(0)
                raise CannotStart(f"Already running from this folder ({run.read()}). Stop that one first.")
            run.truncate(0)
            run.write(f"process {os.getpid()}")
            run.flush()
            self._wait_for_parts(parts.fileno())
            yield parts.fileno()

    def _wait_for_parts(self, handle: int) -> None:
        until = time.monotonic() + PREVIOUS_SECONDS
        if not locked(handle):
            self.printer.say("The run before this one was killed; waiting for its last parts to end.")
        while not locked(handle):
            if time.monotonic() > until or self.interrupts:
                raise CannotStart(
                    f"Parts of an earlier run still hold {self.var / 'parts.lock'}. "
                    f"End them (`fuser {self.var / 'parts.lock'}` names them) and start again."
                )
            time.sleep(0.2)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[socket.socket]:
        """The web's socket, ours from the start: the port cannot be lost while the web is started again."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        last = min(self.port + PORTS_TO_TRY, LAST_PORT + 1)
        if not 0 <= self.port <= LAST_PORT:
            raise CannotStart(f"There is no port {self.port}; choose one up to {LAST_PORT}.")
        for port in range(self.port, last):
            listener = socket.socket(family)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((self.host, port))
                listener.listen(512)
            except OSError as error:
                listener.close()
                if not isinstance(error, socket.gaierror) and port + 1 < last:
                    continue
                raise CannotStart(
                    f"Cannot listen on {self.host}, ports {self.port} to {port}: {error}."
                ) from error
            if port != self.port:
                self.printer.say(f"Port {self.port} is taken; using {port}.")
            with listener:
                yield listener
            return

    def _environment(self) -> dict[str, str]:
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "VAR_DIR": str(self.var)}
        if self.redis_url:
            env["REDIS_URL"] = self.redis_url
        return env

    def _prepare(self, env: dict[str, str]) -> str:
        """Migrations, collected static files, demo data. Returns what the demo loader said: the accounts."""
        self.printer.say("Preparing the database; the first time this takes a while.")
        self._step(["migrate", "--no-input", "--verbosity", "0"], env)
        if self.collect_static:
            self._step(["collectstatic", "--no-input", "--verbosity", "0"], env)
        return self._step(["load_demo"], env) if self.demo else ""

    def _step(self, command: Sequence[str], env: dict[str, str]) -> str:
        """One management command to its end; its standard output is returned, its standard error is shown."""
        if self.interrupts:
            return ""
        process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=self.project,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        while True:
            try:
                said, _ = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                if self.interrupts:
                    process.terminate()
        if process.returncode and not self.interrupts:
            how = in_words(process.returncode)
            raise CannotStart(f"{said}`manage.py {command[0]}` failed ({how}); its words are above.")
        return said

    # --- the children

    def _private_redis(self, lock: int) -> tuple[Child, str]:
        """The queue survives in `var`/redis; port and password are of this run only."""
        port, password = servers.free_port(), secrets.token_hex(16)
        folder = self.var / "redis"
        config = servers.write_redis_config(folder, port=port, password=password, log=folder / "log")
        child = self._child("redis", [servers.redis_binary(), str(config)], servers.neutral_env(), lock)
        return child, f"redis://:{password}@127.0.0.1:{port}/0"

    def _start_redis(self, child: Child, url: str) -> None:
        child.start()
        until = time.monotonic() + WEB_SECONDS  # a long append-only file takes its time to load
        while not servers.redis_answers(url):
            if not child.running or time.monotonic() > until:
                raise CannotStart(
                    f"The private Redis did not come up; {self.var / 'redis' / 'log'} says why."
                )
            time.sleep(0.05)
        servers.give_back_unfinished(url)

    def _children(self, env: dict[str, str], lock: int, listener: socket.socket) -> list[Child]:
        celery = [sys.executable, "-m", "celery", "--app", "backoffice", "--quiet"]
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        worker = [
            *celery,
            "worker",
            "--concurrency",
            str(self.concurrency),
            "--hostname",
            "worker@%h",
            *alone,
        ]
        schedule = [*celery, "beat", "--schedule", str(self.var / "schedule")]
        web = [sys.executable, "-m", "gunicorn", "backoffice.wsgi:application"]
        web += ["--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread", "--workers", "2"]
        web += ["--threads", "4", "--timeout", "120", "--graceful-timeout", "10", "--log-level", "warning"]
        # Celery warns root at length; a container's only user is root.
        quiet = {**env, "PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
        return [
            self._child("worker", worker, quiet, lock, stop_steps=WORKER_STEPS),
            self._child("schedule", schedule, env, lock),
            self._child("web", web, env, lock, listener.fileno()),
        ]

    def _child(
        self, name: str, argv: Sequence[str], env: dict[str, str], *handles: int, stop_steps: Steps = GENTLE
    ) -> Child:
        return Child(name, argv, env, self.project, self.printer, stop_steps=stop_steps, pass_fds=handles)

    def _wait_for_web(self, web: Child, listener: socket.socket) -> None:
        until = time.monotonic() + WEB_SECONDS
        while not self.interrupts and not answers(f"{address(listener)}healthz"):
            if not web.running or time.monotonic() > until:
                raise CannotStart("The web process did not come up; its words are above.")
            time.sleep(0.1)

    def _say_ready(self, listener: socket.socket, accounts: str) -> None:
        if not self.interrupts:
            said = accounts.strip("\n")
            if said:
                self.printer.say(f"\n{said}")
            self.printer.say(f"\nReady: {address(listener)}")
            self.printer.say("Ctrl-C stops everything; started again, it goes on where it was.\n")

    def _stop(self, children: Sequence[Child], redis: Child | None) -> None:
        seen = self.interrupts

        def hurry() -> bool:
            """Each further Ctrl-C takes the next step at once."""
            nonlocal seen
            again, seen = self.interrupts > seen, self.interrupts
            return again

        if any(child.running for child in children):
            self.printer.say("\nStopping: the worker finishes what it is doing. Ctrl-C again hurries it.")
        stop_all(children, hurry)
        if redis is not None:
            # Last: a worker that stops still hands back what it did not finish.
            stop_all([redis])
        if children:
            self.printer.say("Stopped.")


def locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def address(listener: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 -- compared, not bound
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def answers(url: str) -> bool:
    """Any answer below 500 shows that the pages are served."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 -- our own address
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def without_password(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
