"""The test's hold of a double: starts it, tells it how to behave, reads its log."""

import json
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings

from backoffice.launch.processes import die_with_parent


class Double:
    """A running double. `url` is its address; `stop` ends it."""

    def __init__(self, log: Path) -> None:
        self.log_path = log
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.double", "--log", str(log)],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().strip()
        assert self.url, "the double did not start"

    def behave(
        self, mode: str, number: str | None = None, *, times: int | None = None, seconds: float = 1
    ) -> None:
        """From now on, for one number or for all. The same number again replaces what was said before."""
        self._tell("behave", mode=mode, number=number, times=times, seconds=seconds)

    def write(self, number: str, value: str) -> None:
        """Somebody else writes: the last writer wins."""
        self._tell("set", number=number, value=value)

    def nightly(self) -> None:
        """A sync of its own brings every first value back."""
        self._tell("nightly")

    def world(self, **wishes: str) -> None:
        """unknown_reads="in"|"out"…, secret="…" (a bearer token that it asks for)."""
        self._tell("world", **wishes)

    @property
    def values(self) -> dict[str, str]:
        return dict(self._tell("state", method="GET")["values"])

    @property
    def held(self) -> list[str]:
        return list(self._tell("state", method="GET")["held"])

    def requests(self, method: str | None = None, number: str | None = None) -> list[dict[str, Any]]:
        """Everything it was asked, as its log tells it."""
        lines = [json.loads(line) for line in self.log_path.read_text().splitlines()]
        return [
            line
            for line in lines
            if (method is None or line["method"] == method) and (number is None or line["number"] == number)
        ]

    def writes(self, number: str | None = None) -> list[dict[str, Any]]:
        return [line for line in self.requests(number=number) if line["method"] == "PUT"]

    def bodies_by_key(self) -> dict[str, set[str]]:
        """What came under each key; one with two bodies is an accident."""
        found = defaultdict(set)
        for line in self.writes():
            found[line["key"]].add(line["body"])
        return dict(found)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _tell(self, what: str, method: str = "POST", **wish: Any) -> dict[str, Any]:
        body = json.dumps(wish).encode() if method == "POST" else None
        with urlopen(Request(f"{self.url}/control/{what}", body, method=method), timeout=10) as answer:
            return dict(json.loads(answer.read()))
