"""Tell the workers that calls wait, without letting a provider wait for the queue.

A queue that is frozen holds whoever rings for seconds, so a thread of its own rings, until it is heard. A ring that is
lost with its process costs little: the schedule looks every few seconds, and what must be in force at once is so before
the bell.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from celery import current_app
from kombu.exceptions import OperationalError as QueueError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
TASK = "backoffice.read_webhooks"
PAUSE = 0.2  # seconds between two rings of one process: calls that come together are worked on together
AGAIN = 2.0  # seconds until a ring that nobody heard is tried again
QUIET = 60.0  # seconds between two complaints about the queue


class Bell:
    """One per process; its thread starts with the first ring, after a server has forked its processes."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._starting = threading.Lock()
        self._process = 0
        self._complained = -QUIET

    def ring(self) -> None:
        """Returns at once."""
        self._wanted.set()
        if self._process != os.getpid():
            with self._starting:
                if self._process != os.getpid():
                    threading.Thread(target=self._run, name="webhook bell", daemon=True).start()
                    self._process = os.getpid()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._is_heard():
                time.sleep(PAUSE)
            else:
                self._wanted.set()
                time.sleep(AGAIN)

    def _is_heard(self) -> bool:
        try:
            current_app.send_task(TASK, queue="celery")
        except (QueueError, RedisError, OSError) as error:
            if time.monotonic() - self._complained > QUIET:
                self._complained = time.monotonic()
                log.warning(
                    "calls of providers wait for the schedule: the queue cannot be reached (%s)",
                    type(error).__name__,
                )
            return False
        return True


ring = Bell().ring
