"""The registry of wordings, its pages and its report."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.models import AuditEntry
from consent import registry
from consent.ledger import Act, Kind
from consent.models import Wording
from tests.consent import make

pytestmark = pytest.mark.django_db
TEXT = "Acme: automated offers. Reply STOP to end."


def stored(code="web-1", start=date(2026, 1, 1), **fields):
    about = fields.pop("program", None) or make.program()
    return Wording.objects.create(program=about, code=code, text=TEXT, valid_from=start, **fields)


def grant(line=None, at=datetime(2026, 3, 1, 12, tzinfo=UTC), **fields):
    fields = {"program": make.program(), "wording_note": "not given", **fields}
    return make.record(line or make.number(), Act.GRANT, Kind.FORM, at, **fields)


# --- versions ------------------------------------------------------------------------------------------------


def test_a_successor_ends_the_one_before_the_day_before():
    before = stored()
    new = Wording(
        program=before.program, code="web-2", text="New text", valid_from=date(2026, 6, 1), succeeds=before
    )
    by = make.staff("Administrator")
    registry.publish(new, by=by)
    before.refresh_from_db()
    assert (before.valid_until, before.text) == (date(2026, 5, 31), TEXT)
    assert AuditEntry.objects.get(action="wording.publish").details["succeeds"] == "web-1"


def test_another_version_of_the_same_place_and_time_is_refused_and_nothing_changes():
    before, _ = stored(), stored("web-0", date(2026, 9, 1), place="")
    new = Wording(
        program=before.program, code="web-2", text="New", valid_from=date(2026, 6, 1), succeeds=before
    )
    with pytest.raises(ValidationError, match="web-0"):
        registry.publish(new, by=make.staff("Administrator"))
    before.refresh_from_db()
    assert before.valid_until is None
    assert not Wording.objects.filter(code="web-2").exists()


def test_a_successor_keeps_program_and_kind():
    before = stored()
    other = Wording(
        program=make.program("alerts"), code="a-1", text="New", valid_from=date(2026, 6, 1), succeeds=before
    )
    with pytest.raises(ValidationError, match="successor"):
        registry.publish(other, by=make.staff("Administrator"))


def test_a_text_beside_it_in_another_language_is_fine():
    before = stored()
    registry.publish(
        Wording(
            program=before.program, code="web-es", text="Texto", language="es", valid_from=date(2026, 1, 1)
        ),
        by=make.staff("Administrator"),
    )


# --- which text is behind a consent ----------------------------------------------------------------------------


def test_a_reported_version_is_behind_its_consent_and_a_date_only_points_to_one():
    text = stored()
    reported = grant(wording=text, wording_note="")
    by_date, too_early = grant(), grant(at=datetime(2025, 3, 1, tzinfo=UTC))
    stop = make.stop(make.number())
    found = registry.behind([reported, by_date, too_early, stop])
    assert {key: (what.wording, what.by_date) for key, what in found.items()} == {
        reported.pk: (text, False),
        by_date.pk: (text, True),
    }


def test_a_date_makes_no_consent_stronger():
    stored()
    line = make.number()
    grant(line)
    make.weigh(line)
    assert line.agreed.get().status == "NO_CONSENT"


def test_a_text_that_asks_for_no_consent_carries_none():
    text = stored(kind="help")
    line = make.number()
    grant(line, wording=text, wording_note="")
    make.weigh(line)
    assert line.agreed.get().status == "NO_CONSENT"


def test_the_contact_page_says_that_it_matched_by_date(browser):
    text = stored()
    line = make.number()
    grant(line)
    make.weigh(line)
    page = browser().get(reverse("consent:contact", args=[line.pk])).content.decode()
    assert "matched by date" in page
    assert reverse("consent:wording_page", args=[text.pk]) in page


# --- what systems report ----------------------------------------------------------------------------------------


def test_the_report_counts_consents_per_text_and_those_no_text_explains():
    text, unused = stored(), stored("web-9", date(2030, 1, 1))
    grant(wording=text, wording_note="")
    grant(wording_note="popup-7")
    grant(wording_note="popup-7")
    grant()
    row = next(row for row in registry.report().programs if row.program.code == "promo")
    assert {version.code: count for version, count in row.versions} == {text.code: 1, unused.code: 0}
    assert (row.unknown, row.unnamed, row.without, row.grants) == ([("popup-7", 2)], 1, 3, 4)


def test_a_voided_files_consents_are_not_counted():
    stored()
    void = make.batch(make.system(), status="voided", voided_at=make.NOW, void_reason="Wrong list.")
    grant(wording_note="popup-7", batch=void)
    row = next(row for row in registry.report().programs if row.program.code == "promo")
    assert row.is_matched


def test_of_older_consents_than_were_counted_the_report_claims_nothing(browser, monkeypatch):
    text = stored()
    grant(wording=text, wording_note="")
    url = reverse("consent:wording_report")
    assert "Every consent by form has its text." in browser().get(url).content.decode()
    make.program("news")
    grant(wording=text, wording_note="")
    monkeypatch.setattr(registry, "LOOKED_AT", 1)
    page = browser().get(url).content.decode()
    assert "None among the latest 1 consents by form lacks its text." in page
    assert "none among the latest 1</span>" in page
    assert "no consent by form" not in page


# --- the pages -------------------------------------------------------------------------------------------------


def test_the_list_shows_every_version_with_what_it_misses_at_a_fixed_price(browser):
    stored()
    client = browser("Viewer")
    page = client.get(reverse("consent:wording_list"))
    assert "How often" in page.content.decode()
    assert "New wording" not in page.content.decode()
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("consent:wording_list"))
    for number in range(3):
        stored(f"more-{number}", place=f"Place {number}", program=make.program(f"p{number}"))
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("consent:wording_list"))
    assert len(many) == len(few)


def test_an_administrator_stores_a_successor_and_sees_what_changed(browser):
    before = stored()
    client = browser("Administrator")
    page = client.get(reverse("consent:wording_new") + f"?succeeds={before.pk}")
    assert page.context["form"]["text"].value() == TEXT
    sent = {
        "succeeds": before.pk, "program": before.program_id, "kind": "opt_in", "code": "web-2", "language": "en",
        "place": "", "valid_from": "2026-06-01", "text": TEXT.replace("end", "cancel"),
    }  # fmt: skip
    answer = client.post(reverse("consent:wording_new"), sent, follow=True)
    new = Wording.objects.get(code="web-2")
    assert answer.request["PATH_INFO"] == reverse("consent:wording_page", args=[new.pk])
    assert "<ins>cancel.</ins>" in answer.content.decode()
    assert client.post(reverse("consent:wording_new"), sent, follow=True).status_code == 200
    assert Wording.objects.count() == 2


def test_an_overlap_is_told_beside_the_date(browser):
    before = stored()
    sent = {
        "program": before.program_id, "kind": "opt_in", "code": "web-2", "language": "en", "valid_from": "2026-06-01",
        "text": "Another",
    }  # fmt: skip
    page = browser("Administrator").post(reverse("consent:wording_new"), sent)
    assert page.status_code == 400
    assert "web-1" in page.context["form"].errors["valid_from"][0]


@pytest.mark.parametrize("role", ["Viewer", "Agent", "Supervisor"])
def test_others_than_administrators_look_on(browser, role):
    client = browser(role)
    assert client.get(reverse("consent:wording_page", args=[stored().pk])).status_code == 200
    assert client.get(reverse("consent:wording_new")).status_code == 403


def test_what_is_typed_is_read_at_once(browser):
    sent = {"program": make.program().pk, "kind": "opt_in", "language": "en", "text": "Reply <STOP> to end"}
    answer = browser("Viewer").post(reverse("consent:wording_read"), sent).content.decode()
    assert "missing" in answer
    assert "&lt;" in answer
    assert browser("Viewer").post(reverse("consent:wording_read"), {}).status_code == 200


def test_the_report_page_names_the_codes(browser):
    grant(wording_note="popup-7", at=make.NOW - timedelta(days=5))
    assert "popup-7" in browser("Viewer").get(reverse("consent:wording_report")).content.decode()
