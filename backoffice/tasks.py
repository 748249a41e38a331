from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from backoffice import jobs


@shared_task(name="backoffice.work", acks_late=True)
def work(run_id: int) -> dict[str, int]:
    return jobs.work(run_id, {kind: import_string(path) for kind, path in settings.JOB_VERBS.items()})


@shared_task(name="backoffice.sweep", acks_late=True)
def sweep() -> dict[str, int]:
    return jobs.sweep(timezone.now())
