"""A bad day: corrections are decided, delivered and read back while everything around them is killed.

    python -m tests.faults [--kills 30] [--numbers 300] [--seed 1]        or: make faults

A PostgreSQL, a Redis and three systems of its own; real workers and two schedulers. While decisions go on being made,
the worker is killed again and again, Redis is emptied, killed and frozen, PostgreSQL crashes, the systems answer
slowly, wrongly or not at all, and one brings old values back. When the day is over everything must add up: see
oracle.py. Prints what was done and what was found; exits with 1 if something was lost, doubled or closed wrongly.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

from backoffice.launch import servers
from tests.queues import Queue

# Everything that takes a minute on a usual day takes a second on this one.
QUICK = {
    "JOB_LEASE_SECONDS": "3",
    "QUEUE_VISIBILITY_SECONDS": "4",
    "DELIVERY_LEASE_SECONDS": "4",
    "DELIVERY_RETRY_SECONDS": "0.2",
    "DELIVERY_LONGEST_WAIT_SECONDS": "2",
    "DELIVERY_PAUSE_SECONDS": "0.5",
    "DELIVERY_MAX_ATTEMPTS": "60",
    "DELIVERY_MAX_READS": "60",
    "DELIVERY_TURN_SECONDS": "2",
    "UNDO_SECONDS": "0",
    "WATCH_READS": "1",
    "WATCH_HOURS": "0",
    "ALLOW_PRIVATE_ADDRESSES": "1",
    "ALLOW_PLAIN_HTTP": "1",
    "LOG_LEVEL": "ERROR",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=30, help="times the worker is killed")
    parser.add_argument("--numbers", type=int, default=300, help="flags to be decided on")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        (folder / "redis").mkdir()
        queue = Queue(folder / "redis")
        queue.start()
        stack.callback(queue.stop)
        # A crash must not lose what was committed; the usual throw-away server may.
        database = stack.enter_context(servers.private_postgres({"synchronous_commit": "on"}))
        os.environ |= {**QUICK, "DATABASE_URL": database, "REDIS_URL": queue.url, "VAR_DIR": str(folder)}
        os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"

        import django

        django.setup()
        from tests.faults.day import live

        return live(folder, queue, kills=chosen.kills, numbers=chosen.numbers, seed=chosen.seed)


if __name__ == "__main__":
    sys.exit(main())
