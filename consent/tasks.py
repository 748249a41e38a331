from __future__ import annotations

from celery import shared_task

from consent import reconcile


@shared_task(name="consent.reconcile_due", acks_late=True)
def reconcile_due() -> dict[str, int]:
    return {"queued": len(reconcile.ring(trigger="schedule"))}
