"""Patterns, looks, fixes and measurements as tables: looked at only."""

import pytest
from django.urls import reverse

from errors import verify
from errors.fix import fix
from errors.models import Fix, Pattern, PatternRun, Verification
from tests.consent.make import staff
from tests.errors import make
from tests.errors.test_fix import change

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(db):
    found = make.pattern({"campaign": "<b>spring</b>"})
    made = fix(found, change(), by=staff(), token="f", seen=1, now=make.NOW)
    verify.measure(made, now=make.NOW)
    PatternRun.objects.create(token="t", kind="daily", starts_at=make.NOW, ends_at=make.NOW.replace(hour=23))


@pytest.mark.parametrize("model", [Pattern, PatternRun, Fix, Verification], ids=lambda model: model.__name__)
def test_they_are_shown_and_not_changed(browser, rows, model):
    client = browser("Administrator")
    name = f"admin:errors_{model._meta.model_name}"
    listed = client.get(reverse(f"{name}_changelist"))
    assert listed.status_code == 200
    assert "<b>spring</b>" not in listed.content.decode()
    pk = model.objects.get().pk
    assert client.get(reverse(f"{name}_change", args=[pk])).status_code == 200
    assert client.post(reverse(f"{name}_change", args=[pk]), {}).status_code == 403
    assert client.get(reverse(f"{name}_add")).status_code == 403
