"""What consent tells the frame: flags to review, holds in force, corrections on their way, who can be
found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery
from django.urls import reverse

from backoffice import schedule
from backoffice.access import can
from backoffice.keyset import capped_count
from backoffice.models import JobRun, System
from backoffice.overview import NAV_CAP, SEARCH_LIMIT
from backoffice.rooms import Entry, Hit, Section, TrustLine
from backoffice.webhooks.shapes import Inbound, Said
from backoffice.words import SEVERITIES, age, phone
from consent.find import find as find  # the search box asks each room's overview
from consent.intake.read import kept_id
from consent.models import (
    Connection,
    ConsentRecord,
    Flag,
    Hold,
    Mention,
    Touched,
    WriteBack,
)
from consent.rules import Code
from consent.titles import title_of

KINDS = {
    "consent.reconcile": "Reconcile what changed",
    "consent.rebuild": "Reconcile every number",
    "reconcile-due": "Look for numbers with news",
    "consent.deliver": "Deliver corrections to a system",
    "deliver-due": "Look for corrections that may leave",
    "tidy-deliveries": "Remove steps of deliveries whose time is over",
    "release-write-backs": "Let go of corrections whose undo time is over",
}
# Replies that a person has to read; those that act already are confirmed when there is time.
UNREAD = (Code.UNCLEAR_REPLY, Code.AMBIGUOUS_YES)
RECONCILES = ("consent.reconcile", "consent.rebuild")
# News older than this has been waiting too long: the round comes every minute.
NEWS_QUIET = timedelta(minutes=10)
WRITE_BACK_OLD = timedelta(hours=24)
LOOK_BACK = timedelta(days=30)  # most rounds find nothing; a bound on how many of them are passed over


def entries(user: User | AnonymousUser, now: datetime) -> list[Entry]:
    found = []
    if can(user, "consent.view_flag"):
        waiting = capped_count(Flag.objects.waiting(now), NAV_CAP)
        found.append(
            Entry(
                "review",
                "Review",
                reverse("consent:flag_list"),
                "flag",
                "r",
                place=10,
                count=waiting,
                count_of="flags wait",
            )
        )
        unread = Flag.objects.waiting(now).filter(code__in=UNREAD, number__isnull=False)
        found.append(
            Entry(
                "replies",
                "Replies",
                reverse("consent:reply_list"),
                "eye",
                "y",
                place=12,
                count=capped_count(unread, NAV_CAP),
                count_of="replies wait",
            )
        )
    if can(user, "consent.view_number"):
        found.append(Entry("contacts", "Contacts", reverse("consent:contact_list"), "users", "c", place=30))
    if can(user, "consent.view_hold"):
        found.append(
            Entry(
                "holds",
                "Holds",
                reverse("consent:hold_list"),
                "pause",
                "p",
                place=40,
            )
        )
    if can(user, "consent.view_correction"):
        found.append(
            Entry("corrections", "Corrections", reverse("consent:correction_list"), "check", "o", place=50)
        )
    if can(user, "backoffice.view_system"):
        found.append(Entry("systems", "Systems", reverse("consent:system_list"), "swap", "k", place=51))
    return found


# --- the trust strip ----------------------------------------------------------------------------------------


def trust(now: datetime) -> list[TrustLine]:
    return [_reconciled(now), _written_back(now), *_for_people(), *_out_of_service(now)]


def last_reconciliation(now: datetime, *, with_work: bool = False) -> JobRun | None:
    """The last finished round; with_work: the last one that had numbers to look at, in the last month."""
    rounds = []
    for kind in RECONCILES:
        done = JobRun.objects.filter(kind=kind, status=JobRun.Status.DONE)
        if with_work:
            done = done.filter(queued_at__gte=now - LOOK_BACK).exclude(counts={})
        rounds.append(done.order_by("-queued_at", "-pk").first())
    finished = [run for run in rounds if run is not None and run.finished_at is not None]
    return max(finished, key=lambda run: (run.finished_at, run.pk), default=None)


def _reconciled(now: datetime) -> TrustLine:
    last = last_reconciliation(now)
    url = reverse("jobs:run_list") + "?kind=consent.reconcile&quiet=true"
    oldest_news = Touched.objects.aggregate(oldest=Min("at"))["oldest"]
    if last is None:
        return TrustLine("Reconciliation", "Has not run yet.", "warn", "Not reconciled yet", url=url)
    if any(
        tick.is_late
        for tick in schedule.ticks(now)
        if tick.name == schedule.entry_of("consent.reconcile_due")
    ):
        return TrustLine(
            "Reconciliation",
            "The schedule that starts it stands still; last round",
            "warn",
            "Reconciliation late",
            at=last.finished_at,
            url=reverse("jobs:run_list"),
        )
    if oldest_news is not None and now - oldest_news > NEWS_QUIET:
        return TrustLine(
            "Reconciliation",
            "News waits to be looked at since",
            "warn",
            "Reconciliation behind",
            at=oldest_news,
            url=url,
        )
    assert last.finished_at is not None
    return TrustLine(
        "Reconciliation",
        "Up to date with every import; last round",
        "ok",
        f"Reconciled {age(last.finished_at, now)}",
        at=last.finished_at,
        url=url,
    )


def waiting_systems() -> list[System]:
    """Systems that corrections wait for; one seek per system in the delivery index."""
    pending = WriteBack.objects.filter(system=OuterRef("pk"), status=WriteBack.Status.PENDING)
    return list(System.objects.filter(Exists(pending)).order_by("name", "pk"))


def oldest_unsent(systems: list[System]) -> dict[int, datetime]:
    """Since when the oldest correction waits, by system."""
    oldest = WriteBack.objects.filter(system=OuterRef("pk"), status=WriteBack.Status.PENDING).order_by("pk")
    found = System.objects.filter(pk__in=[system.pk for system in systems])
    return dict(found.values_list("pk", Subquery(oldest.values("correction__decided_at")[:1])))


def _written_back(now: datetime) -> TrustLine:
    url = reverse("home") + "#write-backs"
    waiting = waiting_systems()
    if not waiting:
        return TrustLine("Corrections to hand over", "None waits.", "ok", "Nothing to hand over", url=url)
    oldest = min(oldest_unsent(waiting).values())
    tone = "warn" if now - oldest > WRITE_BACK_OLD else "ok"
    names = ", ".join(system.name for system in waiting)
    return TrustLine(
        "Corrections to hand over",
        f"Waiting for {names}; the oldest",
        tone,
        f"Oldest write-back {age(oldest, now)}",
        at=oldest,
        url=url,
    )


def _for_people() -> list[TrustLine]:
    """A line for corrections that nothing but a person brings any further; one seek per system."""
    parked = WriteBack.objects.filter(system=OuterRef("pk"), status=WriteBack.Status.PARKED)
    found = list(System.objects.filter(Exists(parked)).order_by("name", "pk"))
    if not found:
        return []
    waiting = WriteBack.objects.filter(system__in=found, status=WriteBack.Status.PARKED)
    count = capped_count(waiting, NAV_CAP)
    url = reverse("consent:write_back_list")
    if len(found) == 1:
        url = reverse("consent:write_backs", args=[found[0].slug]) + "?status=parked"
    return [
        TrustLine(
            "Corrections that need a person",
            f"They were refused, or tried too often: {', '.join(system.name for system in found)}.",
            "warn",
            f"{count:,} need{'s' if count == 1 else ''} a person",
            url=url,
        )
    ]


def _out_of_service(now: datetime) -> list[TrustLine]:
    """A line for systems that take no corrections at the moment; none while all do."""
    away = Connection.objects.filter(system__delivery=System.Delivery.HTTP, system__is_active=True).filter(
        Q(is_stopped=True) | Q(paused_until__gt=now)
    )
    found = list(away.select_related("system").order_by("-is_stopped", "system__name", "pk"))
    if not found:
        return []
    names = ", ".join(connection.system.name for connection in found)
    first = found[0]
    stopped = "Somebody has to mend how it lets us in: " if first.is_stopped else "Left alone for a while: "
    return [
        TrustLine(
            "Systems that take no corrections",
            f"{stopped}{names}.",
            "bad" if first.is_stopped else "warn",
            f"{first.system.name} {'stopped' if first.is_stopped else 'paused'}",
            url=reverse("consent:write_back_list"),
        )
    ]


# --- the home page ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pending:
    """What waits to be handed over to one system."""

    system: System
    count: int
    oldest_at: datetime
    url: str


def sections(user: User | AnonymousUser, now: datetime) -> list[Section]:
    found = []
    if can(user, "consent.view_flag"):
        found.append(Section("consent/_home_flags.html", 10, _flags(user, now)))
    if can(user, "consent.view_writeback"):
        shown = {
            "pending": _pending(),
            "reconciled": last_reconciliation(now, with_work=True),
            "looked": last_reconciliation(now),
        }
        found.append(Section("consent/_home_write_backs.html", 30, shown))
    return found


def _flags(user: User | AnonymousUser, now: datetime) -> dict[str, object]:
    waiting = Flag.objects.waiting(now)
    overdue = waiting.filter(due_at__lt=now)  # counted by severity, as the queue's index is sorted
    queue = reverse("consent:flag_list")
    return {
        "severities": [
            {
                "severity": severity,
                "words": words,
                "count": capped_count(waiting.filter(severity=severity)),
                "url": f"{queue}?severity={severity}",
            }
            for severity, words in SEVERITIES.items()
        ],
        "overdue": sum(capped_count(overdue.filter(severity=severity)) for severity in SEVERITIES),
        "overdue_url": f"{queue}?due=overdue",
        "mine": capped_count(waiting.filter(assignee=user)) if user.is_authenticated else 0,
        "mine_url": f"{queue}?tab=mine",
        "mentions": capped_count(Mention.objects.filter(person=user.pk).unread()),
        "mentions_url": reverse("consent:mention_list"),
        "holds": capped_count(Hold.objects.open()),
        "holds_url": reverse("consent:hold_list"),
        "may_review": can(user, "consent.review_flag"),
    }


def _pending() -> list[Pending]:
    systems = waiting_systems()
    rows = WriteBack.objects.filter(system__in=systems, status=WriteBack.Status.PENDING)
    counted = dict(rows.order_by().values_list("system").annotate(Count("pk")))
    since = oldest_unsent(systems)
    waiting = [
        Pending(
            system,
            counted[system.pk],
            since[system.pk],
            reverse("consent:write_backs", args=[system.slug]) + "?status=pending",
        )
        for system in systems
        if system.pk in counted and system.pk in since
    ]
    return sorted(waiting, key=lambda line: line.oldest_at)


# --- a provider's call -------------------------------------------------------------------------------------------


def of_call(system_id: int, said: Sequence[Said], user: User | AnonymousUser) -> list[Hit]:
    """The records that stand for the messages of a provider's call."""
    if not can(user, "consent.view_number"):
        return []
    ids = [kept_id(one.id) for one in said if isinstance(one, Inbound)]
    records = ConsentRecord.objects.filter(system=system_id, source_event_id__in=ids, number__isnull=False)
    return [
        Hit(
            title_of(row),
            f"{reverse('consent:contact', args=[row.number_id])}#c{row.pk}",
            phone(row.number.e164) if row.number else "",
        )
        for row in records.select_related("number").order_by("pk")[:SEARCH_LIMIT]
    ]
