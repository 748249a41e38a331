from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from errors import campaign_tidy, looks, overdue, retain, rollup, verify
from errors.quality import look as quality
from errors.replay import run as replays


@shared_task(name="errors.count_sends", acks_late=True)
def count_sends() -> dict[str, int]:
    return {"queued": int(rollup.ring(trigger="schedule") is not None)}


@shared_task(name="errors.give_up_on_reports", acks_late=True)
def give_up_on_reports() -> dict[str, int]:
    return {"queued": int(overdue.ring(trigger="schedule") is not None)}


@shared_task(name="errors.retain_sends", acks_late=True)
def retain_sends() -> dict[str, int]:
    return {"queued": int(retain.ring(trigger="schedule") is not None)}


@shared_task(name="errors.look_for_patterns", acks_late=True)
def look_for_patterns() -> dict[str, int]:
    return {"queued": len(looks.ring(trigger="schedule", now=timezone.now()))}


@shared_task(name="errors.verify_fixes", acks_late=True)
def verify_fixes() -> dict[str, int]:
    return {"queued": int(verify.ring(trigger="schedule") is not None)}


@shared_task(name="errors.tidy_campaigns", acks_late=True)
def tidy_campaigns() -> dict[str, int]:
    return campaign_tidy.tidy(timezone.now())


@shared_task(name="errors.replay_rules", acks_late=True)
def replay_rules() -> dict[str, int]:
    return {"queued": int(replays.ring(trigger="schedule", now=timezone.now()) is not None)}


@shared_task(name="errors.look_at_data", acks_late=True)
def look_at_data() -> dict[str, int]:
    return {"queued": int(quality.ring(trigger="schedule") is not None)}
