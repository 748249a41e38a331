"""Send checks over HTTP: one number at a time and 10,000 in one request, beside what they are measured against.

One gunicorn (gthread, as the launcher starts it), one PostgreSQL, one set of middleware. The views take turns, round
by round: an empty Django view, a bare view with the same single SELECT, the send check. Then 10,000 numbers in one
request, beside the statement alone and beside single checks. The load comes from wrk, so all share the machine."""

import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from backoffice.models import ApiToken, Scope, System
from consent.reconcile import rebuild
from consent.send_check import ON_POSTGRESQL
from tests.benchmarks import _ledger, _workers

NUMBERS = 100_000  # as in _check_site
PROGRAM = "promo"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 15))
SECONDS = int(os.environ.get("BENCH_SECONDS", 1))
BULK = 10_000
PORT = int(os.environ.get("BENCH_PORT", 8871))
GOALS = {
    "single check / bare SELECT view, requests per second": ("at least", 0.9),
    "single check / empty view, requests per second": ("at least", 0.35),
    "10,000 in one request / the statement alone, seconds": ("at most", 2.0),
    "10,000 in one request / single checks one after another, numbers per second": ("at least", 50.0),
}
# Every request asks for another number; all three views get the same requests.
SCRIPT = """
local areas = {{201, 212, 303, 404, 512, 617, 702, 818}}
math.randomseed({seed})
request = function()
  local i = math.random(0, {numbers} - 1)
  local number = string.format("+1%d%d", areas[i % 8 + 1], 2000000 + i * 7919 % 8000000)
  return wrk.format("POST", nil, {{["Content-Type"] = "application/json", ["Authorization"] = "Bearer {secret}"}},
    '{{"program": "{program}", "numbers": ["' .. number .. '"]}}')
end
"""


def main() -> int:
    """Print each ratio as least/median/most of the rounds; 1 if a goal is missed."""
    if shutil.which("wrk") is None:
        print(
            "wrk is not installed (Debian: apt-get install wrk); nothing else here loads a server as evenly."
        )
        return 1
    _ledger.seed(NUMBERS)
    _workers.in_shards(rebuild)
    _ledger.vacuum()
    secret, token_id = token()
    found: dict[str, list[float]] = {name: [] for name in GOALS}
    with TemporaryDirectory() as folder, server():
        for place in range(ROUNDS):
            script = Path(folder) / f"{place}.lua"
            script.write_text(SCRIPT.format(seed=place, numbers=NUMBERS, secret=secret, program=PROGRAM))
            views = ["empty", "select", "api/v1/send-checks"]
            turn = [*views[place % 3 :], *views[: place % 3]]  # nobody is always first
            rates = {view: rate(view, script) for view in turn}
            empty, select, single = (rates[view] for view in views)
            # One client each: who asks for many at once would otherwise ask one by one.
            by_one = rate(views[2], script, connections=1)
            numbers = some(place)
            alone = min(statement(numbers, token_id) for _ in range(3))
            whole = min(bulk(numbers, secret) for _ in range(3))
            values = (single / select, single / empty, whole / alone, BULK / whole / by_one)
            for name, value in zip(GOALS, values, strict=True):
                found[name].append(value)
            print(
                f"round {place + 1}: empty {empty:,.0f}/s, SELECT {select:,.0f}/s, check {single:,.0f}/s, "
                f"by one client {by_one:,.0f}/s; "
                f"10,000: statement {alone * 1000:.0f} ms, request {whole * 1000:.0f} ms; "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    too_slow = [missed(name, values) for name, values in found.items()]
    return int(any(too_slow))


def missed(name: str, values: list[float]) -> bool:
    word, goal = GOALS[name]
    middle = statistics.median(values)
    print(f"{name}: {min(values):.3g}/{middle:.3g}/{max(values):.3g} ({word} {goal:g})")
    return middle > goal if word == "at most" else middle < goal


def token() -> tuple[str, int]:
    by = User.objects.create_user("bench")
    made, secret = ApiToken.objects.issue(
        System.objects.get(slug="texter"), "bench", [Scope.SEND_CHECKS], by=by, now=timezone.now()
    )
    return secret, made.pk


@contextmanager
def server() -> Iterator[None]:
    """Two processes of four threads, as the launcher starts them."""
    argv = [sys.executable, "-m", "gunicorn", "tests.benchmarks._check_site:application"]
    argv += ["--bind", f"127.0.0.1:{PORT}", "--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    process = subprocess.Popen([*argv, "--timeout", "120", "--log-level", "warning"])
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz").close()
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def rate(view: str, script: Path, connections: int = 8) -> float:
    """Requests per second; nothing but 200 may come back."""
    said = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{SECONDS}s",
            "-s",
            str(script),
            f"http://127.0.0.1:{PORT}/{view}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Non-2xx" not in said, said
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0])


def some(seed: int) -> list[str]:
    return [_ledger.e164_of(place) for place in random.Random(seed).sample(range(NUMBERS), BULK)]


def statement(numbers: list[str], token_id: int) -> float:
    given = {
        "asked": numbers,
        "program": PROGRAM,
        "sender": None,
        "token": token_id,
        "block": "PROVIDER_BLOCKED_AGREED_IN",
    }
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(ON_POSTGRESQL, given)
        assert len(cursor.fetchall()) == BULK
    return time.perf_counter() - began


def bulk(numbers: list[str], secret: str) -> float:
    body = json.dumps({"program": PROGRAM, "numbers": numbers}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{PORT}/api/v1/send-checks", body, headers)
    began = time.perf_counter()
    with urllib.request.urlopen(asked) as answer:
        text = answer.read()
    taken = time.perf_counter() - began
    assert len(json.loads(text)["answers"]) == BULK
    return taken
