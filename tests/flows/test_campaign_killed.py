"""A campaign check whose worker is killed: another one goes on, and every row is counted once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from backoffice import jobs
from errors import campaign_check
from errors.models import CampaignCheck
from tests.backoffice.make import person
from tests.errors.test_campaign_check import MESSAGE, SALE
from tests.workers import Worker, eventually

pytestmark = pytest.mark.django_db(transaction=True)
ROWS, TWICE = 40_000, 1_000


def test_a_killed_check_goes_on_and_counts_each_row_once(start_worker: Callable[..., Worker]):
    numbers = [f"+1415{5_000_000 + place % (ROWS - TWICE)}" for place in range(ROWS)]
    content = "number,first_name\n" + "".join(
        f"{number},Name{place % 900}\n" for place, number in enumerate(numbers)
    )
    worker = start_worker(JOB_LEASE_SECONDS="2")
    check = campaign_check.ask(
        ContentFile(content.encode()),
        original_name="list.csv",
        name="spring",
        template=SALE,
        message=MESSAGE,
        program=None,
        price=None,
        by=person("Agent"),
    )

    def done() -> int:
        return CampaignCheck.objects.values_list("rows_done", flat=True).get(pk=check.pk)

    eventually(lambda: done() > 0, what="the first rows")
    worker.kill()
    killed_at = done()
    assert 0 < killed_at < ROWS, "the check was too quick to be interrupted"
    run = check.run
    assert run is not None
    start_worker(JOB_LEASE_SECONDS="2")

    def is_over() -> bool:
        jobs.sweep(timezone.now() + jobs.RING_AGAIN_AFTER)
        check.refresh_from_db()
        return check.status == CampaignCheck.Status.DONE

    eventually(is_over, what="the end")
    results = list(campaign_check.results_of(check))
    assert [int(row[campaign_check.LINE]) for row in results] == list(range(2, ROWS + 2))
    assert check.rows_done == sum(check.verdicts.values()) == ROWS
    repeated = [row for row in results if "file.repeated" in row[campaign_check.CODES]]
    assert len(repeated) == TWICE
