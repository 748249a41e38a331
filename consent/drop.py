"""Files of corrections in a folder that a system fetches them from: whole or not at all, the same as the download."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from backoffice import jobs
from backoffice.models import System
from consent import propagate
from consent.corrections_file import corrections_file
from consent.models import DeliveryEvent, Program, WriteBack

W = WriteBack.Status


def drop(system: System, *, now: datetime) -> dict[str, int]:
    """Hand over what waits and put it into the system's folder. A file that was cut short is written again under
    the same name. Raises jobs.Refused when the folder cannot be written to; then nothing is handed over."""
    if _waiting(system).exists():
        _begun(folder_of(system)).unlink()
    for program in Program.objects.filter(write_backs__in=_waiting(system)).distinct().order_by("pk"):
        try:
            with transaction.atomic():
                sent_at = propagate.hand_over(system, program, by=None, now=now)
                # Until the file lies there this stands, so that a crash in between loses nothing.
                _of(system, program, sent_at).update(next_try_at=now)
        except propagate.NothingToHandOver:
            continue
    return _put_files(system)


def due_systems(now: datetime) -> list[System]:
    """Systems with a folder for which something waits, and whose last file is old enough."""
    quiet = now - timedelta(minutes=settings.DELIVERY["drop_minutes"])
    filed = WriteBack.objects.filter(system=OuterRef("pk"), sent_at__isnull=False, attempts=0)
    systems = System.objects.filter(delivery=System.Delivery.DROP, is_active=True).annotate(
        last_file_at=Subquery(filed.order_by("-sent_at").values("sent_at")[:1])
    )
    old_enough = systems.filter(Q(last_file_at=None) | Q(last_file_at__lte=quiet)).order_by("pk")
    return [
        system
        for system in old_enough
        if _waiting(system).filter(not_before__lte=now).exists() or _unfinished(system).exists()
    ]


def _waiting(system: System) -> QuerySet[WriteBack]:
    return WriteBack.objects.filter(system=system, status=W.PENDING)


def _unfinished(system: System) -> QuerySet[WriteBack]:
    return WriteBack.objects.filter(
        system=system, next_try_at__isnull=False, sent_at__isnull=False, attempts=0
    )


def _of(system: System, program: Program, sent_at: datetime) -> QuerySet[WriteBack]:
    return WriteBack.objects.filter(system=system, program=program, sent_at=sent_at, attempts=0)


def _put_files(system: System) -> dict[str, int]:
    files = rows = 0
    filed = DeliveryEvent.What.FILED
    moments = _unfinished(system).values_list("program", "sent_at").distinct().order_by("sent_at", "program")
    for program_id, sent_at in list(moments):
        assert sent_at is not None
        program = Program.objects.get(pk=program_id)
        sheet = corrections_file(system, program, sent_at)
        keys = list(propagate.still_holds(_of(system, program, sent_at)).values_list("pk", flat=True))
        if sheet.rows:
            put(folder_of(system), sheet.name, sheet.as_csv())
        with transaction.atomic():
            note = f"In the file {sheet.name}."
            DeliveryEvent.objects.bulk_create(
                [DeliveryEvent(system=system, write_back_id=pk, what=filed, note=note) for pk in keys]
            )
            _of(system, program, sent_at).update(next_try_at=None)
        files, rows = files + 1, rows + len(sheet.rows)
    return {"files": files, "rows": rows} if files else {}


def folder_of(system: System) -> Path:
    """The system's own folder; its short name holds letters, digits, hyphens and underscores only."""
    return Path(settings.DROP_DIR) / system.slug


def put(folder: Path, name: str, content: bytes) -> None:
    """Write a file that appears whole: whoever fetches it never sees half of it. Raises jobs.Refused."""
    unfinished = _begun(folder)
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o640)
        unfinished.replace(folder / name)
        _flush(folder)
    except OSError as problem:
        unfinished.unlink(missing_ok=True)
        raise jobs.Refused(_trouble(folder, problem)) from problem


def _begun(folder: Path) -> Path:
    """An empty file that nobody fetches. Raises jobs.Refused where the folder takes none."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        handle, unfinished = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    except OSError as problem:
        raise jobs.Refused(_trouble(folder, problem)) from problem
    os.close(handle)
    return Path(unfinished)


def _flush(folder: Path) -> None:
    """The name, too, outlasts a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _trouble(folder: Path, problem: OSError) -> str:
    return (
        f"The drop folder {folder} cannot be written to ({problem.strerror}). Make it writable for the workers, or set "
        "DROP_DIR to another place; the next round writes the file."
    )
