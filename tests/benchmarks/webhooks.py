"""How long a provider waits for our answer: with the queue in order, frozen in the middle of a word, and gone; and how
long until a STOP is in force. Real web and worker processes, PostgreSQL that waits for its disk.

Limits: 95 of 100 answers within 100 ms, whatever the queue does; every STOP in force when it is answered."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from statistics import median, quantiles

import redis
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from backoffice.launch import servers
from backoffice.launch.processes import die_with_parent
from backoffice.models import System, WebhookEndpoint, WebhookWork
from consent.models import AgreedStatus, ConsentRecord, Program, Sender, Touched
from tests.backoffice.webhooks.make import signed_headers

LIMIT = 0.100
CALLS = 300  # of each kind and phase
CALLERS = 4  # connections that providers keep open
PER_SECOND = {"status reports": 60, "STOPs": 20}  # a million texts in an hour bring three STOPs a second
SECRET = "benchmark-benchmark-benchmark"
OURS = "+14155550100"


def main() -> int:
    endpoint = _world()
    missed = 0
    with ExitStack() as stack:
        queue = stack.enter_context(servers.private_redis())
        port = servers.free_port()
        stack.enter_context(
            _process("worker", queue, "-m", "celery", "-A", "backoffice", "-q", "worker", "-c", "1")
        )
        web = ("-m", "gunicorn", "backoffice.wsgi:application", "-b", f"127.0.0.1:{port}", "-k", "gthread")
        stack.enter_context(_process("web", queue, *web, "--workers", "2", "--threads", "4"))
        _until_it_answers(port)
        server = redis.Redis.from_url(queue).info()["process_id"]
        try:
            missed += _phase("queue in order", port, endpoint)
            missed += _settled()
            os.kill(server, signal.SIGSTOP)
            missed += _phase("queue frozen", port, endpoint)
            os.kill(server, signal.SIGCONT)
            # Told, and no limit: a worker that was just acknowledging a task when the queue froze takes no other until
            # its connection breaks. What must be in force is so without it.
            _settled()
            os.kill(server, signal.SIGKILL)
            missed += _phase("queue gone", port, endpoint)
        finally:
            _wake(server)
    return missed


def _wake(server: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(server, signal.SIGCONT)


def _world() -> WebhookEndpoint:
    program = Program.objects.create(code="bench", name="Benchmark")
    program.senders.add(Sender.objects.get_or_create(address=OURS)[0])
    system = System.objects.get(slug="send-log")
    return WebhookEndpoint.objects.create(
        system=system, provider="signed", address="https://texts.example.com/hooks/x/", secret=SECRET
    )


@contextmanager
def _process(name: str, queue: str, *argv: str) -> Iterator[None]:
    env = {**os.environ, "REDIS_URL": queue, "LOG_LEVEL": "ERROR"}
    running = subprocess.Popen(
        [sys.executable, *argv],
        cwd=settings.BASE_DIR,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        yield
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _until_it_answers(port: int) -> None:
    for _ in range(300):
        try:
            caller = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            caller.request("GET", "/readyz")
            if caller.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the web process did not start")


def _phase(name: str, port: int, endpoint: WebhookEndpoint) -> int:
    """Calls of both kinds, at an even pace. 1 if a limit is missed."""
    missed = 0
    for kind in ("status reports", "STOPs"):
        taken = _calls(name, kind, port, endpoint)
        p95 = quantiles(taken, n=20)[-1]
        print(
            f"{name:15} {kind:15} {len(taken)} answers: p50 {median(taken) * 1000:5.1f} ms, "
            f"p95 {p95 * 1000:5.1f} ms, longest {max(taken) * 1000:5.1f} ms",
            flush=True,
        )
        missed |= p95 > LIMIT
    said = ConsentRecord.objects.filter(source_event_id__startswith=name.replace(" ", "-")).count()
    noted = Touched.objects.count() + AgreedStatus.objects.filter(status="OPTED_OUT").count()
    print(f"{name:15} in the ledger when the last was answered: {said} of {CALLS} STOPs", flush=True)
    return int(missed or said < CALLS or noted < said)


def _calls(name: str, kind: str, port: int, endpoint: WebhookEndpoint) -> list[float]:
    taken: list[float] = []
    began = time.monotonic()

    def call_all(first: int) -> None:
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for place in range(first, CALLS, CALLERS):
            time.sleep(max(0.0, began + place / PER_SECOND[kind] - time.monotonic()))
            body = json.dumps(_event(name.replace(" ", "-"), kind, place))
            headers = {"Content-Type": "application/json", **signed_headers(body, timezone.now(), SECRET)}
            asked = time.monotonic()
            caller.request("POST", endpoint.path, body, headers)
            answer = caller.getresponse()
            answer.read()
            taken.append(time.monotonic() - asked)
            assert answer.status == 200, answer.status

    callers = [threading.Thread(target=call_all, args=(first,)) for first in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return taken


def _event(phase: str, kind: str, place: int) -> dict[str, str]:
    if kind == "STOPs":
        offset = {"queue-in-order": 0, "queue-frozen": 3000, "queue-gone": 6000}[phase]
        person = f"+1212{5_550_000 + offset + place}"
        return {
            "type": "message.received",
            "id": f"{phase}-{place}",
            "from": person,
            "to": OURS,
            "text": "STOP",
        }
    return {"type": "message.status", "id": f"{phase}-{place}", "status": "delivered", "provider": "twilio"}


def _settled() -> int:
    """How long until everything that came is worked on, statuses included. 1 if it never is."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        with transaction.atomic():
            left = WebhookWork.objects.filter(status="waiting").count() + Touched.objects.count()
        if not left:
            print(
                f"{'':15} everything worked on {time.monotonic() - began:.1f} s after the last answer",
                flush=True,
            )
            return 0
        time.sleep(0.05)
    print(f"{'':15} {left} calls or numbers still wait after a minute", flush=True)
    connection.close()
    return 1
