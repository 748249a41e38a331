"""What the ground floor tells the frame: files and how fresh they are, background work, tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import OuterRef, Subquery
from django.urls import reverse

from backoffice import identities, schedule
from backoffice.access import can
from backoffice.keyset import capped_count
from backoffice.models import Bucket, ImportBatch, ImportRow, JobRun, System
from backoffice.rooms import Entry, Found, Hit, Section, TrustLine
from backoffice.words import age, coarse

NAV_CAP = 1_000  # the navigation counts no further
WORKERS_QUIET = timedelta(seconds=120)  # the sweep alone makes them heard every 30 s
SEARCH_LIMIT = 10

KINDS = {
    "import.recognise": "Unpack a workbook",
    "import.check": "Check a file",
    "import.run": "Import a file",
    "import.void": "Void an import",
    identities.KIND: "Verify that everything adds up",
    schedule.GAP: "Gap in the schedule",
    # Entries of the schedule are called by their name there.
    "sweep": "Look for work that nobody picked up",
    "tidy-uploads": "Remove files whose time is over",
    "read-webhooks": "Work on what providers told us",
    "verify-ledger": "See whether it is time to verify",
}


@dataclass(frozen=True)
class Freshness:
    """One system and the file we know it by."""

    system: System
    batch: ImportBatch | None
    is_stale: bool


def entries(user: User | AnonymousUser, now: datetime) -> list[Entry]:
    found = [Entry("home", "Home", reverse("home"), "home", "h", place=0)]
    if can(user, "backoffice.view_importbatch"):
        failed = capped_count(ImportBatch.objects.filter(status=ImportBatch.Status.FAILED), NAV_CAP)
        found.append(
            Entry(
                "imports",
                "Imports",
                reverse("imports:batch_list"),
                "upload",
                "i",
                place=20,
                count=failed,
                count_of="failed",
                alarming=True,
            )
        )
    if can(user, "backoffice.view_jobrun"):
        found.append(Entry("jobs", "Jobs", reverse("jobs:run_list"), "clock", "b", place=60))
    if user.is_staff:
        found.append(Entry("tables", "Tables", reverse("admin:index"), "table", "t", place=70))
    return found


def freshness(now: datetime) -> list[Freshness]:
    """Every active system with its latest finished file. Two queries, each system one seek in the index."""
    latest = ImportBatch.objects.filter(system=OuterRef("pk"), status__in=ImportBatch.FINISHED).order_by(
        "-as_of", "-pk"
    )
    systems = list(
        System.objects.filter(is_active=True)
        .annotate(latest=Subquery(latest.values("pk")[:1]))
        .order_by("name", "pk")
    )
    batches = ImportBatch.objects.in_bulk([system.latest for system in systems if system.latest])
    found = []
    for system in systems:
        batch = batches.get(system.latest)
        found.append(Freshness(system, batch, system.is_stale(batch.as_of if batch else None, now)))
    return found


def workers_seen_at() -> datetime | None:
    """When a worker last gave a sign: a tick of the schedule, or the heartbeat of a run."""
    heard = models.Q(kind=schedule.KIND) | models.Q(status=JobRun.Status.RUNNING)
    seen: datetime | None = JobRun.objects.filter(heard).aggregate(last=models.Max("heartbeat_at"))["last"]
    return seen


def trust(now: datetime) -> list[TrustLine]:
    return [*_files(freshness(now), now), _workers(workers_seen_at(), now), *_verified()]


def _verified() -> list[TrustLine]:
    """Whether the sums of the ledger, the log and the runs were found right last night."""
    last = identities.last_verified()
    if last is None:
        return []  # a new house has nothing to add up yet
    url = reverse("jobs:run", args=[last.pk])
    if last.status == JobRun.Status.DONE:
        return [TrustLine("Everything adds up", "Verified", "ok", at=last.finished_at, url=url)]
    return [TrustLine("Not everything adds up", last.failure, "bad", "Does not add up", url=url)]


def _files(found: list[Freshness], now: datetime) -> list[TrustLine]:
    known = [one for one in found if one.batch]
    stale = [one for one in known if one.is_stale]
    if not known:
        short, tone = "No import yet", "warn"
    elif stale:
        short, tone = f"{len(stale)} of {len(known)} systems stale", "warn"
    else:
        short, tone = ("1 system fresh" if len(known) == 1 else f"{len(known)} systems fresh"), "ok"
    lines = [TrustLine("Systems", short, tone, short=short, url=reverse("home") + "#systems")]
    for one in known:
        assert one.batch is not None
        expected = coarse(one.system.expected_every_hours * 3600)
        lines.append(
            TrustLine(
                one.system.name,
                "Stale: last data" if one.is_stale else "Last data",
                "warn" if one.is_stale else "ok",
                at=one.batch.as_of,
                url=reverse("imports:batch", args=[one.batch.pk]),
                note=f"expected every {expected}" if one.is_stale else "",
            )
        )
    silent = len(found) - len(known)
    if known and silent:
        lines.append(TrustLine("Other systems", f"{silent} active without any import yet"))
    return lines


def _workers(seen_at: datetime | None, now: datetime) -> TrustLine:
    url = reverse("jobs:run_list")
    if seen_at is None:
        return TrustLine(
            "Workers",
            "No worker has been seen yet: nothing runs in the background.",
            "bad",
            "No worker yet",
            url=url,
        )
    if now - seen_at > WORKERS_QUIET:
        silence = coarse((now - seen_at).total_seconds())
        return TrustLine(
            "Workers",
            f"No sign of a worker for {silence}: nothing runs in the background.",
            "bad",
            f"No worker for {silence}",
            url=url,
        )
    return TrustLine("Workers", "Last sign", "ok", f"Workers {age(seen_at, now)}", at=seen_at, url=url)


def sections(user: User | AnonymousUser, now: datetime) -> list[Section]:
    found = []
    if can(user, "backoffice.view_importbatch"):
        found.append(
            Section(
                "backoffice/_home_imports.html",
                20,
                {"imports": _imports_to_look_at(), "may_import": can(user, "backoffice.add_importbatch")},
            )
        )
    if can(user, "backoffice.view_system"):
        every = freshness(now)
        known = [one for one in every if one.batch]
        silent = [one.system for one in every if not one.batch]
        found.append(Section("backoffice/_home_systems.html", 40, {"systems": known, "silent": silent}))
    return found


def _imports_to_look_at() -> list[dict[str, object]]:
    """Each count with the list that shows exactly those."""
    status = ImportBatch.Status
    batches = reverse("imports:batch_list")
    return [
        {
            "label": "Waiting for confirmation",
            "count": capped_count(ImportBatch.objects.filter(status=status.PREVIEWED)),
            "url": f"{batches}?status={status.PREVIEWED}",
            "tone": "warn",
            "note": "Checked; nothing is written until somebody confirms.",
        },
        {
            "label": "Failed",
            "count": capped_count(ImportBatch.objects.filter(status=status.FAILED)),
            "url": f"{batches}?status={status.FAILED}",
            "tone": "bad",
            "note": "Stopped before the end; each says how to mend it.",
        },
        {
            "label": "Rows held for a person",
            "count": capped_count(ImportRow.objects.filter(bucket=Bucket.HELD, settled_at=None)),
            "url": reverse("admin:backoffice_importrow_changelist")
            + "?bucket__exact=held&settled_at__isnull=True",
            "tone": "warn",
            "note": "Words or numbers nobody has explained yet.",
        },
    ]


def find(query: str, user: User | AnonymousUser) -> list[Found]:
    """Files by a part of their name."""
    if not can(user, "backoffice.view_importbatch") or len(query) < 2:
        return []
    batches = (
        ImportBatch.objects.filter(original_name__icontains=query)
        .select_related("system")
        .order_by("-pk")[: SEARCH_LIMIT + 1]
    )
    hits = [
        Hit(
            batch.original_name,
            reverse("imports:batch", args=[batch.pk]),
            f"{batch.system.name} · {batch.get_status_display()}",
        )
        for batch in batches
    ]
    return [Found("Imported files", "upload", hits[:SEARCH_LIMIT], more=len(hits) > SEARCH_LIMIT)]
