"""Give up waiting for reports that will not come.

After the time that a provider's reports take, a send without a final one is "delivery unknown": neither delivered nor
failed, in no failure rate. It is a report like any other, from the clock, and a late one from the provider still
overrules it. How long that is, SEND_LOG["final_after_hours"] says; "never" is for routes that report no deliveries,
where "sent" is the last that is ever heard.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from backoffice import jobs
from errors import life
from errors.models import SendAttempt
from errors.models.attempt import SendAttemptQuerySet
from errors.record import Effect, Report, Source, record

STEP = 1_000  # attempts in one transaction
AT_ONCE = 50_000  # of one deadline in one run; the rest waits for the next


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a final report is late: `after` the submission, for the attempts that `whose` chooses; None: never."""

    whose: Q
    after: timedelta | None

    def missed(self, now: datetime) -> SendAttemptQuerySet:
        if self.after is None:
            return SendAttempt.objects.none()
        return SendAttempt.objects.open().filter(self.whose, submitted_at__lt=now - self.after)


def deadlines(hours: Mapping[str, int | None]) -> list[Deadline]:
    """From {"*": 72, "twilio": 24, "twilio:DE": None}: each attempt has the one that names it most closely."""
    found = []
    for key, after in hours.items():
        whose, closer = _named(key), [_named(other) for other in hours if _is_closer(other, key)]
        for named in closer:
            whose &= ~named
        found.append(Deadline(whose, None if after is None else timedelta(hours=after)))
    return found


def _named(key: str) -> Q:
    provider, _, country = key.partition(":")
    if provider == "*":
        return Q()
    return Q(provider=provider, country=country) if country else Q(provider=provider)


def _is_closer(other: str, key: str) -> bool:
    if key == "*":
        return other != "*"
    return ":" not in key and other.startswith(f"{key}:")


def overdue(subject: str, *, beat: jobs.Progress, **_: Any) -> dict[str, int]:
    """Report every attempt whose time is over as unknown; safe to run twice."""
    now = timezone.now()
    counts: Counter[str] = Counter()
    for deadline in deadlines(settings.SEND_LOG["final_after_hours"]):
        for chunk in _chunks(deadline.missed(now)):
            effects = record([_given_up(row, deadline, now) for row in chunk], now=now)
            counts["attempts"] += effects.count(Effect.REPORTED)
            beat(done=counts["attempts"], can_go_on=True)
    return {name: count for name, count in counts.items() if count}


def ring(*, trigger: str, by: User | None = None) -> jobs.JobRun | None:
    """Queue the work, if there is any."""
    now = timezone.now()
    if not any(
        deadline.missed(now).exists() for deadline in deadlines(settings.SEND_LOG["final_after_hours"])
    ):
        return None
    return jobs.start("errors.overdue", "open attempts", trigger=trigger, by=by)


def _chunks(attempts: SendAttemptQuerySet) -> Iterator[list[SendAttempt]]:
    pks = list(attempts.order_by("submitted_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    for start in range(0, len(pks), STEP):
        some = SendAttempt.objects.filter(pk__any_of=pks[start : start + STEP])
        # Asked again: a report may have come since.
        yield list(some.open().defer("body", "request").order_by("pk"))


def _given_up(attempt: SendAttempt, deadline: Deadline, now: datetime) -> Report:
    assert deadline.after is not None
    # The time it became late, not the time it was noticed: noticing twice is one report.
    event = life.Event(
        life.Status.DELIVERY_UNKNOWN, at=attempt.submitted_at + deadline.after, received_at=now
    )
    return Report(attempt.provider, attempt.account, attempt.message_ref, event, source=Source.CLOCK)
