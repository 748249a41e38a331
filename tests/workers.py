"""A real Celery worker in a process of its own, on the test's database and queue."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from backoffice.celery import app
from backoffice.launch.processes import die_with_parent

START_SECONDS = 180.0


def database_url() -> str:
    """The test database's URL, for other processes."""
    chosen = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{chosen['NAME']}"
    secret = f"{quote(chosen['USER'], safe='')}:{quote(chosen['PASSWORD'], safe='')}"
    return f"postgresql://{secret}@{chosen['HOST']}:{chosen['PORT']}/{quote(str(chosen['NAME']), safe='')}"


def process_env(**changes: str) -> dict[str, str]:
    """What a program needs to work on this test's database, queue and files."""
    own = {
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "PYTHONUNBUFFERED": "1",
        "IN_FORCE_WITHIN_HOURS": str(settings.CONSENT_POLICY["in_force_within_hours"] or "never"),
    }
    return {**os.environ, **own, **changes}


def eventually(holds: Callable[[], object], seconds: float = 180.0, what: str = "it") -> None:
    """Wait until `holds()` is true. Fails after `seconds`: far more than it takes where many tests share two cores."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.01)


class Worker:
    """Started and answering after `start`. May be killed and started again."""

    def __init__(self, name: str, log: Path, concurrency: int = 1, **env: str) -> None:
        self.name = f"{name}@test"
        self.log_path = log
        self.concurrency = concurrency
        self.env = env
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self.process is not None, "the worker was not started"
        return self.process.pid

    def start(self) -> None:
        argv = [sys.executable, "-m", "celery", "--app", "backoffice", "--quiet", "worker"]
        argv += ["--hostname", self.name, "--concurrency", str(self.concurrency)]
        argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                argv,
                cwd=settings.BASE_DIR,
                env=process_env(**self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        eventually(self.answers, START_SECONDS, f"worker {self.name} answering")

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the worker ended by itself:\n{self.log}"
        return bool(app.control.ping(destination=[self.name], timeout=0.5))

    def kill(self) -> None:
        """kill -9 of the worker and its children, in the middle of whatever they do."""
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def stop(self) -> None:
        """Let it finish its task and end. Killed if that takes longer than half a minute."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()

    def _signal(self, what: signal.Signals) -> None:
        assert self.process is not None
        try:
            os.killpg(self.process.pid, what)
        except ProcessLookupError:
            return
