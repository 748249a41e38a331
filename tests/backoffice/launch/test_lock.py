"""What is installed is what pyproject.toml asks for: `make lock` was not forgotten."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
ASKED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def pins(lines: list[str]) -> dict[str, str]:
    """Name, in the form registries compare, to version."""
    found = (re.match(r"([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", line.strip()) for line in lines)
    return {re.sub(r"[-_.]+", "-", pin[1]).lower(): pin[2] for pin in found if pin}


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.txt", ASKED["dependencies"]),
        ("requirements-dev.txt", ASKED["dependencies"] + ASKED["optional-dependencies"]["dev"]),
        ("requirements-dev.txt", (PROJECT / "backoffice/launch/servers.in").read_text().splitlines()),
    ],
    ids=["production", "development", "servers"],
)
def test_the_lock_holds_what_is_asked_for(lock, asked):
    held = pins((PROJECT / lock).read_text().splitlines())
    wanted = pins(asked)
    assert wanted
    assert {name: held.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_hashes_and_no_address(lock):
    text = (PROJECT / lock).read_text()
    requirements = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if "#" not in line))
    assert all("--hash=sha256:" in requirement for requirement in requirements if requirement.strip())
    assert "://" not in text
