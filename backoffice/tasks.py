from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import task_success
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import identities, jobs, schedule
from backoffice.imports.tidy import tidy
from backoffice.webhooks import work as webhooks


@shared_task(name="backoffice.work", acks_late=True)
def work(run_id: int) -> dict[str, int]:
    return jobs.work(run_id, {kind: import_string(path) for kind, path in settings.JOB_VERBS.items()})


@shared_task(name="backoffice.sweep", acks_late=True)
def sweep() -> dict[str, int]:
    return jobs.sweep(timezone.now())


@shared_task(name="backoffice.tidy_uploads", acks_late=True)
def tidy_uploads() -> dict[str, int]:
    now = timezone.now()
    return tidy(now) | jobs.forget(now) | webhooks.forget(now)


@shared_task(name="backoffice.read_webhooks", acks_late=True)
def read_webhooks() -> dict[str, int]:
    return webhooks.work(now=timezone.now())


@shared_task(name="backoffice.verify_ledger", acks_late=True)
def verify_ledger() -> dict[str, int]:
    return {"queued": int(identities.ring(trigger="schedule", now=timezone.now()) is not None)}


@task_success.connect
def note_schedule(sender: Any = None, **_: Any) -> None:
    """Every entry of the schedule leaves a trace here, those of other rooms too; none has to remember to."""
    name = schedule.entry_of(sender.name)
    if name is not None:
        schedule.ran(name, timezone.now())
