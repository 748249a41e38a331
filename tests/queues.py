"""A Redis of a test's own, to be stopped, frozen, killed and emptied."""

from __future__ import annotations

import contextlib
import secrets
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from backoffice.launch import servers


class Queue:
    """A Redis of one's own, with its append-only file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port, password = servers.free_port(), secrets.token_hex(8)
        self.url = f"redis://:{password}@127.0.0.1:{port}/0"
        self.config = servers.write_redis_config(folder, port=port, password=password)
        self._alive = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        argv = [servers.redis_binary(), str(self.config)]
        self._process = self._alive.enter_context(
            servers.running(argv, self.folder, signal.SIGTERM, env=servers.neutral_env())
        )
        servers.wait_until_up(self._process, self.folder, lambda: servers.redis_answers(self.url))

    def signal(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._alive.close()

    def stop(self) -> None:
        self.signal(signal.SIGCONT)
        self._alive.close()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def forget_everything(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    @property
    def waiting(self) -> int:
        with redis.Redis.from_url(self.url) as client:
            return client.llen("celery")
