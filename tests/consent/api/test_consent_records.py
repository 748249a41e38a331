"""Reports of other systems: each once, an opt-out at once, an opt-in only as evidence."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from backoffice.models import JobRun, System
from consent.api import consent_records
from consent.models import AgreedStatus, ConsentRecord, Touched
from consent.reconcile import reconcile_numbers
from tests.consent import make
from tests.consent.api.make import caller, check

pytestmark = pytest.mark.django_db
LINE = "+14155550123"


def stop(**fields):
    return {"id": "s-1", "number": LINE, "act": "revoke", **fields}


def grant(**fields):
    make.wording(make.program())
    at = (timezone.now() - timedelta(days=1)).isoformat()
    given = {
        "id": "g-1",
        "number": LINE,
        "act": "grant",
        "program": "promo",
        "at": at,
        "wording": "checkout-1-promo",
    }
    return {**given, **fields}


def report(by, *records):
    return by.ask("consent-records", {"records": list(records)})


def test_an_opt_out_holds_at_once_and_blocks_once_it_is_weighed():
    line = make.number(LINE)
    make.form(line, at=timezone.now() - timedelta(days=3))
    make.weigh(line, now=timezone.now())
    by = caller()
    assert check(by, LINE)[0]["answer"] == "allow"
    answer = report(by, stop(channel="email", words="please stop"))
    assert answer.status_code == 200
    [kept] = answer.json()["records"]
    record = ConsentRecord.objects.get(source_event_id="s-1")
    assert kept["record"] == f"c{record.pk}"
    assert (record.act, record.kind, record.for_all_programs) == ("revoke", "channel", True)
    assert check(by, LINE)[0]["answer"] == "hold"
    assert Touched.objects.filter(number=line).exists()
    reconcile_numbers([line.pk], now=timezone.now())
    assert check(by, LINE)[0]["answer"] == "block"


def test_the_work_is_rung_for_once_it_is_committed(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        report(caller(), stop())
    assert JobRun.objects.filter(kind="consent.reconcile").exists()


def test_an_opt_in_of_a_form_is_evidence_and_no_status():
    assert report(caller(), grant()).status_code == 200
    record = ConsentRecord.objects.get()
    assert (record.act, record.kind, record.wording.code) == ("grant", "form", "checkout-1-promo")
    assert not AgreedStatus.objects.exists()
    reconcile_numbers([record.number_id], now=timezone.now())
    assert AgreedStatus.objects.get().status == "OPTED_IN"


def test_an_opt_in_does_not_defeat_a_stop():
    make.stop(line := make.number(LINE), at=timezone.now() - timedelta(days=9))
    report(caller(), grant())
    reconcile_numbers([line.pk], now=timezone.now())
    assert check(caller(), LINE)[0]["answer"] != "allow"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"at": ""}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-03-01"}, "at"),
        ({"at": "2026-03-01T12:00:00"}, "at"),
        ({"at": "2199-03-01T12:00:00Z"}, "at"),
        ({"wording": ""}, "wording"),
        ({"program": None}, "program"),
        ({"program": "no-such"}, "program"),
        ({"program": "closed"}, "program"),
        ({"channel": "call", "reference": "T-1"}, "channel"),
        ({"number": "0000"}, "number"),
    ],
)
def test_an_opt_in_without_what_it_needs_is_refused_with_its_place(fields, field):
    make.program("closed", is_active=False)
    answer = report(caller(), grant(**fields))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/records/0/{field}"
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize(
    "body", [{"act": "confirm"}, {"act": "assert_in"}, {"status": "OPTED_IN"}, {"id": ""}]
)
def test_nobody_can_report_a_status_or_a_bare_yes(body):
    assert report(caller(), stop(**body)).status_code == 422
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize("at", ["", "soon", "31/02/2026", "2199-01-01T00:00:00Z", "0000-00-00"])
def test_an_opt_out_is_never_lost_to_a_bad_date(at):
    line = make.number(LINE)
    make.form(line, at=timezone.now() - timedelta(days=3))
    assert report(caller(), stop(at=at)).status_code == 200
    reconcile_numbers([line.pk], now=timezone.now())
    assert check(caller(), LINE)[0]["answer"] == "block"


@pytest.mark.parametrize(("program", "is_for_all"), [("no-such", True), ("closed", False)])
def test_an_opt_out_is_never_lost_to_the_program_it_names(program, is_for_all):
    make.program("closed", is_active=False)
    by = caller()
    [kept] = report(by, stop(program=program)).json()["records"]
    assert (kept["status"], "program_unknown" in kept["warnings"]) == (200, is_for_all)
    assert ConsentRecord.objects.get().for_all_programs is is_for_all
    assert report(by, stop(program=program)).json()["records"] == [kept]


def test_the_same_report_again_gets_the_same_answer_and_another_one_is_refused():
    by = caller()
    first = report(by, stop(words="stop"))
    again = report(by, stop(words="stop"))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    for other in (
        {"words": "no"},
        {"number": "+14155550124"},
        {"channel": "email"},
        {"at": "2026-01-01T00:00:00Z"},
    ):
        refused = report(by, stop(**{"words": "stop", **other}))
        assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")
    assert ConsentRecord.objects.count() == 1


def test_two_systems_may_use_the_same_id():
    assert report(caller(), stop()).status_code == 200
    assert report(caller(of=make.system("other")), stop(words="x")).status_code == 200
    assert ConsentRecord.objects.count() == 2


def test_each_report_of_many_has_its_own_outcome():
    answer = report(
        caller(), stop(), grant(at=""), stop(id="s-2", number="abc"), stop(words="other"), grant()
    )
    assert answer.status_code == 200
    found = answer.json()["records"]
    assert [outcome["status"] for outcome in found] == [200, 422, 422, 409, 200]
    assert [outcome["pointer"] for outcome in found[1:4]] == [
        "/records/1/at", "/records/2/number", "/records/3/id",
    ]  # fmt: skip
    assert ConsentRecord.objects.count() == 2


def test_at_most_a_thousand_come_at_once():
    assert report(caller(), *[stop(id=str(place)) for place in range(1_001)]).status_code == 422
    assert not ConsentRecord.objects.exists()


def test_a_wording_nobody_knows_is_kept_and_said():
    [kept] = report(caller(), grant(wording="new-form")).json()["records"]
    assert "wording_unknown" in kept["warnings"]


def test_a_zone_that_the_system_declared_makes_its_times_exact():
    by = caller(of=make.system("zoned", System.Kind.FORM, time_zone="America/New_York"))
    assert report(by, grant(at="2026-03-01T12:00:00")).status_code == 200
    assert ConsentRecord.objects.get().occurred_at.isoformat() == "2026-03-01T17:00:00+00:00"


@pytest.mark.django_db(transaction=True)
def test_the_same_report_in_two_requests_at_once_counts_once():
    make.program()
    by = caller()
    found = []

    def tell() -> None:
        try:
            found.append(report(by, stop()))
        finally:
            connection.close()

    both = [threading.Thread(target=tell) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [answer.status_code for answer in found] == [200, 200]
    assert found[0].json() == found[1].json()
    assert ConsentRecord.objects.count() == 1


def test_who_loses_a_race_for_an_id_finds_what_the_winner_said(monkeypatch):
    by = caller()
    report(by, stop())
    taken = consent_records.take
    turns = iter([IntegrityError("another request was quicker"), None])

    def slow(*given, **more):
        if lost := next(turns):
            raise lost
        return taken(*given, **more)

    monkeypatch.setattr(consent_records, "take", slow)
    assert report(by, stop(words="other")).status_code == 409


def test_a_report_that_does_not_fit_takes_no_opt_out_with_it():
    odd = {"id": "odd", "number": LINE, "act": "START"}
    answer = report(caller(), odd, stop(), {"act": "revoke"}, "nothing", stop(id="s-2", colour="red"))
    assert answer.status_code == 200
    shown = [(one["id"], one["status"], one["pointer"]) for one in answer.json()["records"]]
    assert shown == [
        ("odd", 422, "/records/0/act"),
        ("s-1", 200, ""),
        ("", 422, "/records/2/id"),
        ("", 422, "/records/3"),
        ("s-2", 422, "/records/4/colour"),
    ]
    assert [row.source_event_id for row in ConsentRecord.objects.all()] == ["s-1"]


def test_a_report_without_a_number_is_told_so_and_not_of_cells_and_rows():
    answer = report(caller(), stop(number=" ")).json()
    assert answer["errors"] == [{"pointer": "/records/0/number", "detail": "There is no number in it."}]


def test_a_single_report_that_does_not_fit_is_refused_with_its_place():
    answer = report(caller(), {"id": "odd", "number": LINE, "act": "START"})
    assert answer.status_code == 422
    assert "/records/0/act" in answer.content.decode()


def test_a_token_opens_nothing_once_its_system_is_switched_off():
    by = caller()
    assert report(by, stop()).status_code == 200
    System.objects.update(is_active=False)
    assert report(by, stop(id="s-2")).status_code == 401
