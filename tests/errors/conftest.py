"""What tests of the send log share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from django.db import transaction

from tests.consent.conftest import browser

__all__ = ["browser", "transactional_rollback"]


class _Undo(Exception):
    pass


@pytest.fixture
def transactional_rollback() -> Callable[[], AbstractContextManager[None]]:
    """Whatever is written inside the block is gone after it: one database for many examples of one test."""

    @contextlib.contextmanager
    def block() -> Iterator[None]:
        with contextlib.suppress(_Undo), transaction.atomic():
            yield
            raise _Undo

    return block
