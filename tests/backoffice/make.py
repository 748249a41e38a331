"""Small worlds for the tests of the ground floor: people, systems, files, runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User

from backoffice.models import ImportBatch, JobRun, System

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
_serial = count(1)


def person(role: str | None = None, **fields: Any) -> User:
    """A member of staff with this role, or with none."""
    user = User.objects.create_user(
        f"person{next(_serial)}", password="a long enough phrase", is_staff=True, **fields
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def root() -> User:
    return User.objects.create_superuser(f"root{next(_serial)}", password="a long enough phrase")


def system(name: str = "", **fields: Any) -> System:
    serial = next(_serial)
    name = name or f"System {serial}"
    return System.objects.create(slug=f"s{serial}", name=name, **{"kind": System.Kind.CRM, **fields})


def batch(of: System | None = None, **fields: Any) -> ImportBatch:
    serial = next(_serial)
    defaults = {
        "status": ImportBatch.Status.DONE,
        "original_name": f"contacts-{serial}.csv",
        "file": f"imports/{serial}.csv",
        "sha256": f"{serial:064d}",
        "size": 100,
        "as_of": NOW - timedelta(hours=1),
        "rows_total": 12,
    }
    return ImportBatch.objects.create(system=of or system(), **{**defaults, **fields})


def run(**fields: Any) -> JobRun:
    """A run that ended well, unless the fields say otherwise."""
    defaults = {
        "kind": "import.run",
        "subject": str(next(_serial)),
        "trigger": JobRun.Trigger.STAFF,
        "status": JobRun.Status.DONE,
        "queued_at": NOW - timedelta(minutes=10),
        "started_at": NOW - timedelta(minutes=9),
        "finished_at": NOW - timedelta(minutes=8),
    }
    return JobRun.objects.create(**{**defaults, **fields})
