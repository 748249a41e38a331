"""Lists of campaigns are kept for a time only. What was counted of them stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from backoffice import audit
from errors.models import CampaignCheck


def tidy(now: datetime) -> dict[str, int]:
    """Remove the files of checks that have had their time, and the texts that were kept as examples. Safe to run
    twice; a check that a worker is busy with waits for the next round."""
    old = CampaignCheck.objects.filter(
        Q(asked_at__lt=now - timedelta(days=settings.CAMPAIGN_FILE_DAYS)), removed_at=None
    ).exclude(status=CampaignCheck.Status.RUNNING)
    return {"campaigns": sum(_remove(check, now) for check in old.order_by("pk"))}


def _remove(check: CampaignCheck, now: datetime) -> bool:
    """The row first, then the files: a check never points at a file that is gone."""
    stored = [name for name in (check.file.name, check.results.name) if name]
    with transaction.atomic():
        gone = CampaignCheck.objects.filter(pk=check.pk, removed_at=None, status=check.status)
        if not gone.update(file="", results="", removed_at=now, tally=_without_texts(check)):
            return False
        audit.record(None, "campaign.tidy", check, days=settings.CAMPAIGN_FILE_DAYS)
    for name in stored:
        check.file.storage.delete(name)
    return True


def _without_texts(check: CampaignCheck) -> dict[str, object]:
    return {
        name: {**value, "text": ""} if name in ("longest", "shortest") and value else value
        for name, value in check.tally.items()
    }
