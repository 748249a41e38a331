"""What is in the tables, said without primary keys: two ways to the same end must give the same picture."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from backoffice.models import AuditEntry, ImportBatch, ImportRow
from consent.models import AgreedStatus, ConsentRecord, Flag, Hold, Reading, SystemRecord, Touched
from errors.models import AttemptEvent, AttemptHour, ErrorCode, NumberFinding, SendAttempt, TouchedHour

READING = (
    *("number__e164", "program__code", "system__slug", "ref", "value", "text", "claimed_at"),
    *("claimed_precision", "claimed_text", "read_at", "line"),
)
RECORD = (
    *("number__e164", "program__code", "system__slug", "act", "kind", "for_all_programs", "sender"),
    *(
        "occurred_at",
        "precision",
        "occurred_text",
        "received_at",
        "wording__code",
        "words",
        "source_event_id",
    ),
    *("line",),
)
ATTEMPT = (
    *(
        "provider",
        "account",
        "message_ref",
        "number__e164",
        "recipient",
        "sender",
        "campaign",
        "body",
        "segments",
    ),
    *("submitted_at", "status", "is_failed", "error_code", "line"),
)
REPORT = ("attempt_key", "part", "status", "provider_status", "code", "occurred_at", "line")
ROW = ("line", "bucket", "reason", "detail", "warnings", "number", "value", "at", "cells")
RECORDS_OF_SYSTEMS = (
    *("system__slug", "ref", "number__e164", "previous_number__e164"),
    *("contact__first_name", "contact__last_name", "contact__email"),
)


def of_import(batch: ImportBatch) -> dict[str, Any]:
    """Everything that taking a file in leaves behind."""
    batch.refresh_from_db()
    return {
        "readings": _rows(Reading, READING),
        "records": _rows(ConsentRecord, RECORD),
        "rows": _rows(ImportRow, ROW),
        "people": _rows(SystemRecord, RECORDS_OF_SYSTEMS),
        "shared contacts": _shared_contacts(),
        "news": _news(),
        "attempts": _rows(SendAttempt, ATTEMPT),
        "reports": _rows(AttemptEvent, REPORT),
        "hours": _hours(),
        "codes": _rows(ErrorCode.objects.filter(origin="seen"), ("provider", "code", "first_seen_at")),
        "numbers": _rows(NumberFinding, ("number__e164", "category", "failures", "days", "suppressed_at")),
        "batch": (batch.status, batch.counts, batch.rows_done, batch.rows_total, batch.cursor_line),
        "findings": _rows(Flag.objects.filter(number=None), ("code", "status", "why", "params")),
        "audit": AuditEntry.objects.filter(action="import.done").count(),
    }


def of_reconcile() -> dict[str, Any]:
    """Agreed statuses, flags with their lives, and holds."""
    names = _names_of_evidence()
    lives = defaultdict(list)
    flags = Flag.objects.exclude(number=None).select_related("number", "program", "system")
    for flag in flags.prefetch_related("events"):
        key = (flag.code, flag.number.e164, flag.program.code, flag.system.slug if flag.system else "")
        events = sorted((event.pk, event.old, event.new, event.note) for event in flag.events.all())
        life = (
            flag.status,
            flag.severity,
            flag.version,
            flag.why,
            sorted(names[one] for one in flag.evidence),
        )
        lives[key].append((*life, [event[1:] for event in events]))
    statuses = AgreedStatus.objects.values_list(
        "number__e164", "program__code", "status", "reason", "recheck_at", "decided_by"
    )
    return {
        "statuses": sorted((*row[:4], str(row[4]), sorted(names[one] for one in row[5])) for row in statuses),
        "flags": dict(lives),
        "holds": _rows(
            Hold.objects.open(), ("number__e164", "program__code", "flag__code", "flag__system__slug")
        ),
        "news": Touched.objects.count(),
    }


def _rows(rows: Any, fields: tuple[str, ...]) -> list[tuple[Any, ...]]:
    manager = getattr(rows, "objects", rows)
    return sorted(manager.values_list(*fields), key=repr)


def _news() -> list[str]:
    """Numbers that wait to be looked at, or that a worker has looked at since."""
    waiting = Touched.objects.values_list("number__e164", flat=True)
    return sorted({*waiting, *AgreedStatus.objects.values_list("number__e164", flat=True)})


def _hours() -> list[str]:
    """Hours whose counts wait to be made anew, or that a worker has counted since."""
    waiting = TouchedHour.objects.values_list("hour", flat=True)
    return sorted(str(hour) for hour in {*waiting, *AttemptHour.objects.values_list("hour", flat=True)})


def _shared_contacts() -> list[list[str]]:
    by_contact = defaultdict(list)
    for contact, slug, ref in SystemRecord.objects.values_list("contact", "system__slug", "ref"):
        by_contact[contact].append(f"{slug} {ref}")
    return sorted(sorted(records) for records in by_contact.values())


def _names_of_evidence() -> dict[str, str]:
    records = ConsentRecord.objects.values_list("pk", "system__slug", "source_event_id")
    readings = Reading.objects.values_list("pk", "system__slug", "ref", "line")
    return {
        **{f"c{pk}": f"record {slug} {event}" for pk, slug, event in records},
        **{f"r{pk}": f"reading {slug} {ref} {line}" for pk, slug, ref, line in readings},
    }
