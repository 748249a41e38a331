"""Signed-in browsers of each role."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.consent import make


@pytest.fixture
def browser(db: None) -> Callable[..., Client]:
    """browser("Agent") -> a client signed in as a new person of that role; `client.person` is who."""

    def sign_in(role: str = "Agent", person: User | None = None) -> Client:
        client = Client()
        client.person = person or make.staff(role)  # type: ignore[attr-defined]
        client.force_login(client.person)  # type: ignore[attr-defined]
        return client

    return sign_in
