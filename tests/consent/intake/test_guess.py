"""What is proposed for the columns of a file that no saved mapping fits."""

from __future__ import annotations

import pytest

from backoffice.models import System
from consent.intake.guess import guess

K = System.Kind
TIME = "2025-03-14 09:30"


def columns(kind: str, row: dict[str, str]) -> dict[str, list[str]]:
    return guess(System(kind=kind), list(row), [list(row.values())]).columns


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (K.CRM, {"HasOptedOutOfEmail": "true", "DoNotCall": "false"}),
        (K.CRM, {"Opted out of email: News": "Yes", "Unsubscribed from all email": "No"}),
        (K.CRM, {"marketing_status": "subscribed"}),
        (K.PLATFORM, {"EMAIL_BLACKLISTED": "No"}),
        (K.PLATFORM, {"OPTIN_TIME": TIME, "OPTIN_IP": "192.0.2.1"}),
        (K.PLATFORM, {"UNSUB_TIME": "", "UNSUB_REASON": "no longer wanted"}),
        (K.PROVIDER, {"blocked_since": TIME}),
    ],
)
def test_what_is_no_answer_about_texts_is_no_status(kind: str, row: dict[str, str]) -> None:
    assert "status" not in columns(kind, {"Phone": "+14155550100", **row})


@pytest.mark.parametrize(
    ("header", "time"),
    [
        ("SMS_Opt_In__c", "SMS_Opt_In_Date__c"),
        ("SMS Marketing Consent (2)", "SMS Marketing Consent Timestamp"),
        ("Receives texts: agreed", "Agreed to texts on"),
    ],
)
def test_status_and_time_of_texts_are_told_apart_by_their_cells(header: str, time: str) -> None:
    row = {"Mobile": "4155550100", "Email Consent": "Yes", time: TIME, header: "No"}
    found = columns(K.CRM, row)
    assert (found["status"], found["at"]) == ([header], [time])


def test_of_several_usual_names_those_count_whose_cells_tell_a_status() -> None:
    row = {
        "Phone": "4155550100",
        "Status": "Qualified lead",
        "SMS Opt-In": "Yes",
        "Opted out": "No",
        "Campaign": "Spring",
    }
    assert columns(K.CRM, row) == {"number": ["Phone"], "status": ["SMS Opt-In", "Opted out"]}


def test_a_record_id_is_a_number_only_where_it_is_written_as_one() -> None:
    by_phone = {"Contact ID": "2125550100", "Phone": "4155550100"}
    assert columns(K.CRM, by_phone) == {"number": ["Phone"], "ref": ["Contact ID"]}
    assert columns(K.CRM, {"contact_id": "+14155550100"}) == {"number": ["contact_id"]}
    assert columns(K.CRM, {"contact_id": "4155550100"}) == {"ref": ["contact_id"]}


def test_columns_of_one_name_are_proposed_together() -> None:
    row = {"Phone": "", "Phone (2)": "4155550100", "Email": "a@example.com", "Email (2)": ""}
    assert columns(K.CRM, row) == {"number": ["Phone", "Phone (2)"], "email": ["Email"]}


@pytest.mark.parametrize(
    ("headers", "rules"),
    [
        (["Consent date (UTC)"], {"date_order": "ymd", "time_zone": "UTC"}),
        (["Date sent [GMT]", "Date created (UTC)"], {"date_order": "ymd", "time_zone": "UTC"}),
        (["Date sent (UTC)", "Date created"], {"date_order": "ymd"}),
    ],
)
def test_a_header_may_name_the_clock(headers: list[str], rules: dict[str, str]) -> None:
    found = guess(System(kind=K.CRM), headers, [[TIME] * len(headers)])
    assert (found.columns["at"], found.rules) == (headers, rules)
