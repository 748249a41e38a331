"""A log of sends walks through the pages that consent files walk through."""

from __future__ import annotations

import gzip
import json
import re
from hashlib import sha256

import pytest
from django.test import Client

from backoffice.models import ColumnMapping
from errors.models import SendAttempt
from tests.backoffice.imports.test_pages import S, drain, fields, only, page, send, url
from tests.backoffice.make import person
from tests.consent.intake.make import upload

pytestmark = pytest.mark.django_db
STRANGE = "Msg,When,Receiver,Outcome,Why\n" + "".join(
    f"m{n},0{n % 9 + 1}/04/2026 10:00,+1212555{1000 + n},{'zugestellt' if n % 3 else 'fehlgeschlagen'},\n"
    for n in range(12)
)


@pytest.fixture
def supervisor(client: Client) -> Client:
    client.force_login(person("Supervisor"))
    return client


def lines(count: int) -> str:
    return "".join(
        json.dumps(
            {
                "sid": f"SM{n:032x}",
                "to": f"+1212555{1000 + n}",
                "from": "+14155550100",
                "body": "Hi",
                "status": "undelivered" if n % 4 == 0 else "delivered",
                "error_code": 30003 if n % 4 == 0 else None,
                "direction": "outbound-api",
                "date_sent": "2026-05-04T14:00:00Z",
            }
        )
        + "\n"
        for n in range(count)
    )


def test_a_packed_log_of_json_lines_goes_from_upload_to_result(supervisor: Client) -> None:
    send(
        supervisor,
        "twilio",
        gzip.compress(lines(8).encode() + b'{"sid": "SM9", broken\n'),
        "2026-05-04.json.gz",
    )
    drain()  # unpacks
    batch = only()
    assert "header_line" not in page(supervisor, url("format", batch))  # there is nothing to choose
    response = supervisor.post(url("format", batch), {"action": "go"})
    assert response.headers["Location"] == url("preview", batch)
    drain()  # checks
    shown = page(supervisor, url("preview", batch))
    assert "one row for each record" in shown
    assert "are messages we did not know" in shown
    assert "of these failed" in shown
    token = re.search(r'name="token" value="(\w+)"', shown)
    assert token
    supervisor.post(url("confirm", batch), {"token": token[1]})
    drain()
    batch.refresh_from_db()
    assert batch.status == S.DONE_WITH_REJECTS
    shown = page(supervisor, url("batch", batch))
    assert f"?batch={batch.pk}" in shown
    assert "2 failed" in shown
    assert "the line is no JSON" in shown


def test_a_log_of_unknown_columns_asks_what_it_needs_to_know(supervisor: Client) -> None:
    batch = upload("send-log", STRANGE)
    shown = page(supervisor, url("mapping", batch))
    answers = fields(shown)
    answers |= {
        "column-event_id": ["Msg"],
        "column-at": ["When"],
        "column-to": ["Receiver"],
        "column-status": ["Outcome"],
        "provider": ["acme"],
        "action": ["look"],
    }
    shown = supervisor.post(url("mapping", batch), answers).content.decode()
    assert "zugestellt" in shown
    assert "What the status words mean" in shown
    answers = fields(shown)
    meanings = {"zugestellt": "delivered", "fehlgeschlagen": "failed"}
    answers |= {f"word-{sha256(word.encode()).hexdigest()[:12]}": [way] for word, way in meanings.items()}
    answers |= {"date_order": ["dmy"], "provider": ["acme"], "action": ["confirm"]}
    response = supervisor.post(url("mapping", batch), answers)
    assert response.status_code == 302, response.content.decode()[:3000]
    saved = ColumnMapping.objects.in_use().get(system=batch.system)
    assert saved.rules["provider"] == "acme"
    assert saved.rules["vocabulary"] == meanings
    drain()
    assert "are messages we did not know" in page(supervisor, url("preview", batch))
    assert not SendAttempt.objects.exists()
