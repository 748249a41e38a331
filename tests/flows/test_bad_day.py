"""A short bad day (tests/faults): three kills instead of thirty. `make faults` lives a whole one."""

import subprocess
import sys

from django.conf import settings


def test_in_the_evening_of_a_bad_day_everything_adds_up():
    day = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--kills", "3", "--numbers", "40"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert day.returncode == 0, day.stdout + day.stderr
    assert "3  workers killed" in day.stdout
    assert "still on its way" not in day.stdout
