"""The page of API tokens: made once, shown once, revoked at once, by administrators only."""

from __future__ import annotations

import pytest
from django.test import Client

from backoffice.access import ADMIN, SUPERVISOR
from backoffice.models import ApiToken, AuditEntry
from tests.backoffice import make

pytestmark = pytest.mark.django_db
URL = "/tokens/"


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(make.person(role))
    return client


def fields(**changes):
    return {
        "system": make.system().pk,
        "name": "pipeline",
        "scopes": ["send_checks"],
        "days": "365",
        **changes,
    }


def test_an_administrator_makes_a_token_and_sees_it_once():
    client = signed_in(ADMIN)
    answer = client.post(URL, fields())
    token = ApiToken.objects.get()
    page = answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    secret = page.split('data-copy="')[1].split('"')[0]
    assert ApiToken.objects.of_secret(secret) == token
    assert (token.scopes, token.name) == (["send_checks"], "pipeline")
    assert token.expires_at is not None
    again = client.get(URL).content.decode()
    assert secret not in again
    assert token.prefix in again
    entry = AuditEntry.objects.get(action="token.make")
    assert secret not in str(entry.details)


def test_a_form_sent_twice_makes_one_token():
    client, given = signed_in(ADMIN), fields()
    client.post(URL, given)
    assert "has a token of that name" in client.post(URL, given).content.decode()
    assert ApiToken.objects.count() == 1


def test_a_revoked_token_stays_on_the_list_and_its_name_is_free_again():
    client, given = signed_in(ADMIN), fields()
    client.post(URL, given)
    token = ApiToken.objects.get()
    assert client.get(f"{URL}{token.pk}/revoke").status_code == 405
    client.post(f"{URL}{token.pk}/revoke")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert token.revoked_by is not None
    assert "Revoked" in client.get(URL).content.decode()
    client.post(f"{URL}{token.pk}/revoke")
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1
    client.post(URL, given)
    assert ApiToken.objects.count() == 2


def test_a_supervisor_may_neither_see_nor_make_nor_revoke_them():
    client = signed_in(SUPERVISOR)
    assert client.get(URL).status_code == 403
    assert client.post(URL, fields()).status_code == 403
    assert client.post(f"{URL}1/revoke").status_code == 403


@pytest.mark.parametrize(
    "changes", [{"scopes": ["everything"]}, {"scopes": []}, {"system": 0}, {"days": "9"}, {"name": ""}]
)
def test_what_the_form_does_not_offer_makes_no_token(changes):
    assert signed_in(ADMIN).post(URL, fields(**changes)).status_code == 200
    assert not ApiToken.objects.exists()
