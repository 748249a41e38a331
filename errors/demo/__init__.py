"""The demo shop's sends of the last weeks, and a fix that helped. The files end with a fixed day; loaded, that day is
today."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import User

from backoffice import jobs
from backoffice.imports.whole import take_in
from backoffice.models import ImportBatch, System
from consent import reconcile
from errors import looks, rollup
from errors.detect import detect
from errors.fix import Change, fix
from errors.models import Fix, Pattern
from errors.verify import verify
from errors.windows import hour_of

FOLDER = Path(__file__).resolve().parent
LAST_DAY = date(2026, 11, 22)  # of the files
FILES = (("send-log", "send_log.csv"), ("twilio", "twilio_messages.csv"))
FIXED_BEFORE = timedelta(days=2)  # the first of the two days before the last one
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_EXPORTED = timedelta(minutes=15)  # before now


def load(now: datetime) -> Iterator[ImportBatch]:
    """Take the logs in as if they had been exported a moment ago, count them, look for patterns in the last day."""
    exported_at = now - _EXPORTED
    for slug, name in FILES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(until(FOLDER / name, exported_at), encoding="utf-8")
            yield take_in(System.objects.get(slug=slug), path, as_of=exported_at, now=now)
    reconcile.reconcile("load_demo", beat=jobs.unwatched)
    rollup.rollup("load_demo", beat=jobs.unwatched)
    fixed_at = hour_of(exported_at).replace(hour=0) - FIXED_BEFORE
    _look(fixed_at)
    _fix(fixed_at, now)
    verify("load_demo", beat=jobs.unwatched)
    _look(now)


def _look(now: datetime) -> None:
    """Look through the windows that the schedule would have looked through until then."""
    for look in looks.ring(trigger="schedule", now=now):
        jobs.work(look.pk, {"errors.detect": detect})


def _fix(at: datetime, now: datetime) -> None:
    """What the supervisor did about the sender that nobody had registered."""
    pattern = Pattern.objects.to_work_on().filter(error_code="30034").first()
    if pattern is None:
        return  # where only larger patterns are looked for
    change = Change(
        hypothesis="The win-back texts leave from a new number that belongs to no registered campaign.",
        changed=Fix.Changed.SENDER,
        old="+16465550199",
        new="+14155550100, the number that is registered",
        effective_at=at,
        scope={"campaign": "winback"},
        target_rate=0.1,
        verify_until=now + timedelta(days=7),
        evidence="Ticket MSG-118",
    )
    sam = User.objects.get(username="sam")
    fix(pattern, change, by=sam, token=pattern.key, seen=pattern.version, now=at + timedelta(hours=1))


def until(path: Path, exported_at: datetime) -> str:
    """The file with every time moved by whole days, so that its last day is the day of the export, and without the
    rows of sends that this export could not know."""
    days = timedelta(days=(exported_at.astimezone(UTC).date() - LAST_DAY).days)
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    last = datetime.combine(LAST_DAY, exported_at.astimezone(UTC).time()).strftime("%Y-%m-%dT%H:%M:%SZ")

    def moved(found: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(found[0]) + days:%Y-%m-%dT%H:%M:%SZ}"

    known = (row for row in rows if (sent := _MOMENT.search(row)) is None or sent[0] <= last)
    return "".join([header, *(_MOMENT.sub(moved, row) for row in known)])
