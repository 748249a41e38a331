"""The bad day itself: who works, what goes wrong, and when."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from backoffice import jobs
from backoffice.launch.processes import die_with_parent
from consent import correct, deliver
from consent.models import Flag, StaleFlag, WriteBack
from tests.consent import make
from tests.double import Double
from tests.faults import oracle
from tests.faults.world import SYSTEMS, World
from tests.queues import Queue

TROUBLES = ("slow", "refuse_429", "error_500", "drop", "drop_before", "ignore", "error_inside", "login_page")
CALM_SECONDS = 240.0
LOOK_EVERY = 8  # sweeps between two looks for what is due
QUIET = timedelta(
    seconds=2
)  # a bell that nobody answered for so long is rung again; half a minute on a usual day


def live(folder: Path, queue: Queue, *, kills: int, numbers: int, seed: int) -> int:
    """One day; 0 if everything adds up in the evening."""
    chance = random.Random(seed)
    call_command("migrate", verbosity=0)
    with contextlib.ExitStack() as stack:
        doubles = {slug: Double(folder / f"{slug}.jsonl") for slug in SYSTEMS}
        for double in doubles.values():
            stack.callback(double.stop)
        world = World(doubles, numbers)
        worker = Worker(folder / "worker.log")
        stack.callback(worker.kill)
        schedulers = [_scheduler(folder / f"beat{place}") for place in range(2)]
        for scheduler in schedulers:
            stack.callback(scheduler.kill)
        done: Counter[str] = Counter()
        office, ticks = Office(world, chance.randrange(2**32), numbers, kills), Ticks()
        for thread in (office, ticks):
            thread.start()
        began = time.monotonic()
        for kill in range(kills):
            worker.start()
            time.sleep(chance.uniform(1.5, 4.0))  # it takes a second or two to come up, then it works
            _harm(kill, kills, chance, queue, doubles, done)
            worker.kill()
            done["workers killed"] += 1
        office.join()
        print(f"{time.monotonic() - began:.0f} s of trouble; now everything calms down", flush=True)
        for double in doubles.values():
            double.behave("ok")
        worker.start()
        _until_quiet()
        ticks.over = True
        ticks.join()
        done["decisions made"] = len(office.made)
        done["decisions sent twice or more"] = office.repeated
        done["bells that the sweep rang again"] = ticks.rung
        for what, times in done.items():
            print(f"{times:>6,}  {what}")
        return oracle.report(oracle.look(world, office.made))


def _harm(
    kill: int, kills: int, chance: random.Random, queue: Queue, doubles: dict[str, Double], done: Counter[str]
) -> None:
    """What else goes wrong around this kill."""
    for double in doubles.values():
        mode = chance.choice(TROUBLES)
        double.behave(mode, times=chance.randrange(1, 6), seconds=0.3)
        done[f"times a system was told: {mode}"] += 1
    if kill % 4 == 1:
        doubles["acme"].nightly()
        done["syncs that brought old values back"] += 1
    if kill == kills // 4:
        queue.forget_everything()
        done["times Redis was emptied"] += 1
    if kill == kills // 2:
        queue.kill()
        time.sleep(1)
        queue.start()
        done["times Redis was killed"] += 1
    if kill == kills * 3 // 5:
        with queue.frozen():
            time.sleep(2)
        done["times Redis froze"] += 1
    if kill == kills * 3 // 4:
        _crash_postgres()
        done["times PostgreSQL crashed"] += 1


def _crash_postgres() -> None:
    """A killed backend makes the server throw everybody out and recover from its log, as after a crash."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    os.kill(pid, signal.SIGKILL)
    connection.close()


def _until_quiet() -> None:
    """Wait until nothing is on its way any more."""
    until = time.monotonic() + CALM_SECONDS
    on_its_way = WriteBack.objects.filter(
        status__in=[WriteBack.Status.PENDING, WriteBack.Status.SENT, WriteBack.Status.ACCEPTED]
    )
    while patiently(on_its_way.exists):
        if time.monotonic() > until:
            print(f"still on its way after {CALM_SECONDS:.0f} s: {on_its_way.count()}")
            return
        time.sleep(0.5)


def patiently(ask: Callable[[], bool]) -> bool:
    """The answer, once the database gives one."""
    while True:
        try:
            return ask()
        except DatabaseError:
            connection.close()
            time.sleep(0.3)


class Worker:
    """A Celery worker with two children in a group of its own."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        argv = [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "backoffice",
            "--quiet",
            "worker",
            "--concurrency",
            "2",
        ]
        self.process = _run([*argv, "--without-gossip", "--without-mingle", "--without-heartbeat"], self.log)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _scheduler(base: Path) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "celery", "--app", "backoffice", "--quiet", "beat"]
    return _run([*argv, "--schedule", str(base), "--pidfile", f"{base}.pid"], base.with_suffix(".log"))


def _run(argv: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as written:
        return subprocess.Popen(
            argv,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )


class Office(threading.Thread):
    """Decides on one flag after the other, and sends a form again when no answer came."""

    def __init__(self, world: World, seed: int, numbers: int, kills: int) -> None:
        super().__init__(daemon=True)
        self.world, self.chance = world, random.Random(seed)
        self.pause = kills * 3.0 / numbers  # seconds between two decisions, so that they last the day
        self.made: dict[str, int] = {}  # decision by token
        self.repeated = 0

    def run(self) -> None:
        for flag_id in self.world.flags:
            token = f"form-{flag_id}"
            while token not in self.made:
                try:
                    self.made[token] = self._decide(flag_id, token)
                except (DatabaseError, StaleFlag):
                    self.repeated += 1
                    connection.close()
                    time.sleep(0.3)
            if self.chance.random() < 0.1:  # a double click
                self._decide(flag_id, token)
                self.repeated += 1
            time.sleep(self.chance.uniform(0, 2 * self.pause))
        connection.close()

    def _decide(self, flag_id: int, token: str) -> int:
        flag = Flag.objects.get(pk=flag_id)
        made = correct.decide(
            make.subject(flag),
            self.world.choice,
            by=self.world.staff,
            token=token,
            seen=make.seen(flag),
            now=timezone.now(),
        )
        return made.pk


class Ticks(threading.Thread):
    """What the schedule does each half minute, each half second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = False
        self.rung = 0

    def run(self) -> None:
        for tick in itertools.count():
            if self.over:
                break
            with contextlib.suppress(DatabaseError):
                now = timezone.now()
                if tick % LOOK_EVERY == 0:
                    deliver.ring(now=now)
                self.rung += jobs.sweep(now + jobs.RING_AGAIN_AFTER - QUIET)["rung"]
            connection.close()
            time.sleep(0.5)
        connection.close()
