import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from backoffice.launch.processes import Child, Printer, in_words, stop_all
from tests.workers import eventually

PROJECT = Path(__file__).resolve().parents[3]


class Kept(Printer):
    """Keeps what would be shown."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def say(self, line: str, name: str = "") -> None:
        self.lines.append(f"{name}>{line}" if name else line)


def a_child(code: str, printer: Printer, name: str = "child", **options) -> Child:
    return Child(name, [sys.executable, "-u", "-c", code], dict(os.environ), PROJECT, printer, **options)


def gone(pid: int) -> bool:
    """No such process, or one that only waits for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_lines_carry_the_childs_name():
    said = Kept()
    child = a_child("print('one'); print('two')", said)
    child.start()
    eventually(lambda: not child.running)
    stop_all([child])
    assert said.lines == ["child>one", "child>two"]


def test_a_child_that_ends_is_started_again_after_growing_pauses():
    said = Kept()
    child = a_child("raise SystemExit(7)", said, pause=0.1)
    child.start()
    first = child.process
    for _ in range(2):
        eventually(lambda: not child.running)
        child.keep_alive()
        assert child.start_again_at is not None
        eventually(lambda: (child.keep_alive(), child.start_again_at is None)[1])
    assert child.process is not first
    assert child.pause == 0.4
    assert "child ended (exit code 7); starting it again" in said.lines[0]
    stop_all([child])


def test_a_child_that_ends_leaves_no_children_of_its_own():
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid)"
    said = Kept()
    child = a_child(code, said)
    child.start()
    eventually(lambda: not child.running and said.lines)
    grandchild = int(said.lines[0].removeprefix("child>"))
    child.keep_alive()
    eventually(lambda: gone(grandchild))


def test_stopping_takes_the_next_step_when_the_first_is_ignored():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    said = Kept()
    steps = ((signal.SIGTERM, 0.3), (signal.SIGKILL, 5.0))
    child = a_child(deaf, said, stop_steps=steps)
    child.start()
    eventually(lambda: said.lines)
    stop_all([child])
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_hurry_skips_the_wait():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    said = Kept()
    child = a_child(deaf, said, stop_steps=((signal.SIGTERM, 60.0), (signal.SIGKILL, 5.0)))
    child.start()
    eventually(lambda: said.lines)
    began = time.monotonic()
    stop_all([child], hurry=lambda: time.monotonic() - began > 0.2)
    assert time.monotonic() - began < 10


def test_children_end_when_their_launcher_is_killed():
    launcher = (
        "import os, sys, time; from pathlib import Path\n"
        "from backoffice.launch.processes import Child, Printer\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "child = Child('c', sleep, dict(os.environ), Path('.'), Printer())\n"
        "child.start(); print(child.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", launcher], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert not gone(child)
    parent.kill()
    parent.wait()
    eventually(lambda: gone(child), 10)


def test_ends_are_said_in_words():
    assert in_words(3) == "exit code 3"
    assert in_words(-signal.SIGKILL) == "signal SIGKILL"
