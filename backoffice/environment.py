"""What the environment says, read for the settings: understood, or refused with its name and how to write it.

A variable that is set to nothing counts as not set. Addresses may hold a password, so they are never repeated.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
import holidays
from django.core.exceptions import ImproperlyConfigured

N = TypeVar("N", int, float)
ON, OFF = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str) -> bool:
    said = text(name, "0").lower()
    if said not in ON | OFF:
        raise ImproperlyConfigured(f"{name}: “{said}” is neither on nor off; write 1 or 0.")
    return said in ON


def listed(name: str, default: str = "") -> list[str]:
    """Parts between commas; here nothing is an answer, too: a list without any."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def one_of(name: str, choices: Sequence[str]) -> str:
    """One of these words, in capitals or not; the first is the default."""
    said = text(name, choices[0])
    for choice in choices:
        if said.lower() == choice.lower():
            return choice
    raise ImproperlyConfigured(f"{name}: “{said}” is none of {', '.join(choices)}.")


def number(name: str, default: N, *, least: float = 0, below: float = math.inf) -> N:
    """A number of the default's type, `least` or more."""
    said = text(name, str(default))
    try:
        value = type(default)(said)
    except ValueError:
        value = type(default)(-1)
    if not max(least, 0) <= value < below:
        kind = "whole number" if isinstance(default, int) else "number"
        limits = f"{least:g} or more" if below == math.inf else f"{least:g} or more and below {below:g}"
        raise ImproperlyConfigured(f"{name}: “{said}” does not fit; write a {kind}, {limits}.")
    return value


def hours_or_never(name: str, default: str) -> int | None:
    """ "24" as 24, "never" as None."""
    hours = text(name, default)
    if hours != "never" and not hours.isdecimal():
        raise ImproperlyConfigured(f"{name}: “{hours}” is neither a number of hours nor “never”.")
    return None if hours == "never" else int(hours)


def hours_by_name(name: str) -> dict[str, int | None]:
    """ "*=72,twilio=24,vonage:DE=never" as {"*": 72, "twilio": 24, "vonage:DE": None}."""
    found: dict[str, int | None] = {}
    for part in listed(name):
        key, _, hours = (piece.strip() for piece in part.partition("="))
        if not key or not (hours == "never" or hours.isdecimal()):
            raise ImproperlyConfigured(
                f"{name}: “{part}” is not like “*=72”, “twilio=24” or “vonage:DE=never”."
            )
        found[key] = None if hours == "never" else int(hours)
    return found


def day(name: str, default: str) -> str:
    said = text(name, default)
    try:
        date.fromisoformat(said)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: “{said}” is no day; write it like {default}.") from error
    return said


def zone(name: str, default: str) -> str:
    said = text(name, default)
    try:
        ZoneInfo(said)
    except (KeyError, ValueError, OSError) as error:  # no such name, no name at all, a folder of names
        raise ImproperlyConfigured(f"{name}: “{said}” is no time zone; write it like {default}.") from error
    return said


def calendar(name: str, default: str) -> str:
    """Whose public holidays count: a country (US), or one of its parts (US-CA)."""
    said = text(name, default)
    country, _, part = said.partition("-")
    try:
        holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise ImproperlyConfigured(
            f"{name}: “{said}” is no place whose holidays are known; write a country like US, a part like US-CA."
        ) from error
    return said


def long_keys(name: str, *, characters: int) -> list[str]:
    keys = listed(name)
    if any(len(key) < characters for key in keys):
        raise ImproperlyConfigured(f"{name}: one of the keys is shorter than {characters} characters.")
    return keys


def database(name: str, default: str) -> dict[str, Any]:
    """The address as Django takes a database."""
    try:
        found: dict[str, Any] = dict(
            dj_database_url.parse(text(name, default), conn_max_age=60, conn_health_checks=True)
        )
    except ValueError:
        found = {}
    if found.get("ENGINE") not in {"django.db.backends.postgresql", "django.db.backends.sqlite3"}:
        raise ImproperlyConfigured(
            f"{name} is no address of a PostgreSQL or SQLite database; write it like "
            "postgresql://user:password@host:5432/name, with %40 for @ in a password and the like."
        ) from None
    return found


def queue(name: str, default: str) -> str:
    """The address of a Redis."""
    said = text(name, default)
    try:
        parts = urlsplit(said)
        fits = parts.scheme in {"redis", "rediss"} and (parts.path.strip("/") or "0").isdecimal()
        fits = fits and parts.port != 0  # asking for it raises where it is no number
    except ValueError:
        fits = False
    if not fits:
        raise ImproperlyConfigured(
            f"{name} is no address of a Redis; write it like redis://:password@host:6379/0."
        )
    return said


def folder(name: str, default: Path) -> Path:
    """A folder of ours; made where it is missing."""
    path = Path(text(name, str(default)))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}: {path} is no folder, nor can it be made ({error.strerror}); name one that this user may write to."
        ) from error
    return path


def kept_secret(path: Path) -> str:
    """The signing key of a single machine: made once, kept beside the data, readable by its owner only."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"SECRET_KEY: {path} cannot be written ({error.strerror}); set SECRET_KEY, or name another VAR_DIR."
        ) from error
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()
