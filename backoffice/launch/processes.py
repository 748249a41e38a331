"""One child process: started so that it cannot outlive us, watched, and stopped step by step."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
STEADY_SECONDS = 60.0  # a child that lived this long starts afresh with the shortest pause
LONGEST_PAUSE = 30.0

# What to send, and how many seconds to wait before the next step.
Steps = Sequence[tuple[signal.Signals, float]]
GENTLE: Steps = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))


def die_with_parent(sent: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends the child this signal when we end, even by kill -9 (Linux)."""
    parent = os.getpid()

    def ask_kernel() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, sent, 0, 0, 0)
        if os.getppid() != parent:  # we ended between the fork and this line
            os._exit(1)

    return ask_kernel


def in_words(code: int) -> str:
    """An exit code as people say it: negative numbers are signals."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


class Printer:
    """Lines from several children on one screen, whole and named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def say(self, line: str, name: str = "") -> None:
        # When nobody reads any more, the children matter, not their words.
        with self._lock, contextlib.suppress(BrokenPipeError, ValueError):
            print(f"{name:<8} | {line}" if name else line, flush=True)


@dataclass
class Child:
    """A long-running program. Call `start` from the main thread: the kernel ties a child to the thread
    that started it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    printer: Printer
    stop_steps: Steps = GENTLE
    pass_fds: Sequence[int] = ()
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0  # monotonic seconds
    start_again_at: float | None = None  # monotonic seconds; None: it runs, or is not to run
    pause: float = 1.0
    _pump: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.argv,
            env=dict(self.env),
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=self.pass_fds,
            start_new_session=True,  # Ctrl-C reaches only the launcher, which then stops things in order
            preexec_fn=die_with_parent(self.stop_steps[0][0]),
        )
        self.started_at = time.monotonic()
        self.start_again_at = None
        self._pump = threading.Thread(target=self._print_lines, args=(self.process,), daemon=True)
        self._pump.start()

    def _print_lines(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.printer.say(line.rstrip("\n"), self.name)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def keep_alive(self) -> None:
        """Notice an end, say it, and start again after a pause that doubles while ends follow each other."""
        now = time.monotonic()
        if self.start_again_at is not None:
            if now >= self.start_again_at:
                self.start()
            return
        if self.process is None or self.process.poll() is None:
            return
        self.end_group()
        if now - self.started_at >= STEADY_SECONDS:
            self.pause = 1.0
        how = in_words(self.process.returncode)
        self.printer.say(f"{self.name} ended ({how}); starting it again in {self.pause:.0f} s.")
        self.start_again_at = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def send(self, what: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(what)

    def end_group(self) -> None:
        """Kill what the child left behind, such as a worker's own children after its kill -9."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def stop_all(children: Sequence[Child], hurry: Callable[[], bool] = lambda: False) -> None:
    """Stop these together, each by its own steps. While `hurry()` says so, no step is waited for."""
    step = {child.name: -1 for child in children}
    until = {child.name: 0.0 for child in children}
    left = [child for child in children if child.running]
    while left:
        rushed = hurry()
        for child in left:
            if rushed or time.monotonic() >= until[child.name]:
                step[child.name] = min(step[child.name] + 1, len(child.stop_steps) - 1)
                what, wait = child.stop_steps[step[child.name]]
                child.send(what)
                until[child.name] = time.monotonic() + wait
        time.sleep(0.05)
        left = [child for child in left if child.running]
    for child in children:
        child.start_again_at = None
        child.end_group()
        if child._pump is not None:
            child._pump.join(timeout=2)
