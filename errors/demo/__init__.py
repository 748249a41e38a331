"""The demo shop's sends of the last weeks. The files end with a fixed day; loaded, that day is today."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from backoffice import jobs
from backoffice.imports.whole import take_in
from backoffice.models import ImportBatch, System
from consent import reconcile
from errors import looks, rollup
from errors.detect import detect

FOLDER = Path(__file__).resolve().parent
LAST_DAY = date(2026, 11, 22)  # of the files
FILES = (("send-log", "send_log.csv"), ("twilio", "twilio_messages.csv"))
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
    for look in looks.ring(trigger="schedule", now=now):
        jobs.work(look.pk, {"errors.detect": detect})


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
