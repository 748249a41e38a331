from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from consent import deliver, propagate, reconcile
from consent.models import DeliveryEvent


@shared_task(name="consent.reconcile_due", acks_late=True)
def reconcile_due() -> dict[str, int]:
    full = reconcile.is_outdated(timezone.now())
    return {"queued": len(reconcile.ring(trigger="schedule", full=full))}


@shared_task(name="consent.release_write_backs", acks_late=True)
def release_write_backs() -> dict[str, int]:
    return propagate.release(now=timezone.now())


@shared_task(name="consent.deliver_due", acks_late=True)
def deliver_due() -> dict[str, int]:
    return deliver.ring(now=timezone.now())


@shared_task(name="consent.tidy_deliveries", acks_late=True)
def tidy_deliveries() -> dict[str, int]:
    return {"delivery_events": DeliveryEvent.objects.forget(timezone.now())}
