from __future__ import annotations

from celery import shared_task

from errors import rollup


@shared_task(name="errors.count_sends", acks_late=True)
def count_sends() -> dict[str, int]:
    return {"queued": int(rollup.ring(trigger="schedule") is not None)}
