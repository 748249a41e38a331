"""What browser tests share: a file full of damage, the demo shop, and the work that waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import TransactionTestCase
from django.utils.module_loading import import_string

from backoffice import jobs
from backoffice.models import JobRun

HEADER = "Customer,Cell,Texts wanted,Said on,Notes"
GOOD = [
    "Al Ash,(646) 555-0101,Yes,2026-03-14 09:30,",
    "Bo Bay,646-555-0102,No,2026-03-14 09:31,",
    "Cy Cole,646.555.0103,Yes,2026-03-14 09:32,",
    '"Di ""Dee"" Day",6465550104,Yes,2026-03-14 09:33,"two\nlines"',
]
REPEATED = ["Al Ash,+16465550101,Yes,2026-03-14 09:30,twice in the list"]
HELD = ["Qu Quill,6465550118,only email,2026-03-14 09:48,"]
REJECTED = ["Io Ives,1.2E+10,Yes,2026-03-14 09:38,", "Jo Jett,,Yes,2026-03-14 09:39,"]


def broken_list() -> bytes:
    """A list made by hand: words above the names, blank lines, a total below, and rows nobody can take."""
    lines = ["Customers of the shop", "", HEADER, *GOOD, "", *REPEATED, *REJECTED, *HELD, "Total,8,,,"]
    return "\r\n".join(lines).encode()


def work_off() -> None:
    """Do what waits, as a worker would: for tests that look at pages before and after, not at the worker."""
    verbs = {kind: import_string(path) for kind, path in settings.JOB_VERBS.items()}
    for run in JobRun.objects.filter(status=JobRun.Status.QUEUED).order_by("pk"):
        jobs.work(run.pk, verbs)


@contextmanager
def demo_shop(blocker: Any) -> Iterator[dict[str, User]]:
    """The demo data for a whole module: loaded once, kept between its tests, emptied at its end."""
    empty = TransactionTestCase._fixture_teardown
    with pytest.MonkeyPatch.context() as patch, blocker.unblock():
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: None)
        call_command("load_demo", verbosity=0)
        work_off()
        yield {user.username: user for user in User.objects.all()}
    with blocker.unblock():
        empty(TransactionTestCase("__init__"))
