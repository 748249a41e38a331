"""Mappings: which fit a file, which are refused, and what their rules do to its rows."""

from __future__ import annotations

from typing import Any

import pytest

from backoffice.imports import mapping
from backoffice.imports.importer import MappingProblem
from backoffice.models import ColumnMapping, System
from consent.intake import plan
from consent.intake.importer import ConsentImporter
from consent.ready_made import READY_MADE
from tests.consent.intake.make import check_again, checked, upload

pytestmark = pytest.mark.django_db
HEADERS = ("name", "phone", "sms_opt_in", "opted_at", "country")
COLUMNS = {"number": ["phone"], "status": ["sms_opt_in"]}
RULES: dict[str, Any] = {"polarity": {"sms_opt_in": "opt_in"}, "program": "marketing"}


def check(columns: dict[str, list[str]], headers: tuple[str, ...] = HEADERS, **rules: Any) -> None:
    plan.check(System.objects.get(slug="crm"), columns, RULES | rules, headers)


@pytest.mark.parametrize(
    ("columns", "rules", "words"),
    [
        ({"status": ["sms_opt_in"]}, {}, "No column is mapped to Phone number"),
        ({"number": ["phone"]}, {}, "No column is mapped to the SMS consent status"),
        (COLUMNS | {"number": ["Mobile"]}, {}, "the file has no column “Mobile”"),
        (COLUMNS | {"ref": ["name", "country"]}, {}, "Record id takes one column, not 2"),
        (COLUMNS | {"email": ["phone"]}, {}, "is mapped twice"),
        (COLUMNS | {"is_superuser": ["name"]}, {}, "nothing a column can feed"),
        (COLUMNS, {"polarity": {}}, "whether “yes” means"),
        (COLUMNS, {"polarity": {"sms_opt_in": "both"}}, "whether “yes” means"),
        (COLUMNS, {"date_order": "ydm"}, "no order of day, month and year"),
        (COLUMNS, {"time_zone": "Mars/Olympus"}, "no time zone"),
        (COLUMNS, {"region": "ZZ"}, "Unknown region"),
        (COLUMNS, {"vocabulary": {"ok": "sure"}}, "no meaning"),
        (COLUMNS, {"vocabulary": {"ok": "in", "OK": "out"}}, "keep one"),
        (COLUMNS, {"status": "sure"}, "no meaning"),
        (COLUMNS, {"run": "rm -rf"}, "nothing understands"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(
    columns: dict[str, list[str]], rules: dict[str, Any], words: str
) -> None:
    with pytest.raises(MappingProblem, match=words):
        check(columns, **rules)


def test_names_of_other_exports_may_stand_beside_the_one_this_file_has() -> None:
    check(COLUMNS | {"ref": ["Record ID", "name", "Id"]})
    with pytest.raises(MappingProblem):
        check(COLUMNS | {"ref": ["Record ID", "name", "country"]})


@pytest.mark.parametrize("ready", READY_MADE, ids=lambda ready: ready.slug)
def test_a_ready_made_mapping_fits_the_export_it_is_made_for(ready: Any) -> None:
    system = System.objects.get(slug=ready.slug)
    saved = ColumnMapping.objects.in_use().get(system=system)
    headers = [names[0] for names in ready.columns.values()]
    ConsentImporter.check_mapping(system, saved.columns, saved.rules, headers)


def test_the_country_of_the_mapping_goes_before_that_of_the_system() -> None:
    batch = upload(
        "crm", "name,phone,sms_opt_in,opted_at,country\nAl,07400 123456,Yes,,\nBo,020 7946 0018,Yes,,\n"
    )
    checked(batch)
    assert {outcome.bucket for outcome in check_again(batch)} == {"rejected"}
    assert batch.mapping is not None
    rules = batch.mapping.rules | {"region": "gb"}
    mapping.save_mapping(batch, batch.mapping.columns, rules, by=None, now=batch.uploaded_at)
    assert [outcome.number for outcome in check_again(batch)] == ["+447400123456", "+442079460018"]


def test_the_clock_of_the_mapping_goes_before_that_of_the_system() -> None:
    batch = upload("crm", "name,phone,sms_opt_in,opted_at,country\nAl,4155550101,Yes,2026-01-05 12:00,\n")
    assert [f"{outcome.at:%H:%M}" for outcome in checked(batch)] == ["17:00"]
    assert batch.mapping is not None
    rules = batch.mapping.rules | {"time_zone": "Europe/Paris"}
    mapping.save_mapping(batch, batch.mapping.columns, rules, by=None, now=batch.uploaded_at)
    assert [f"{outcome.at:%H:%M}" for outcome in check_again(batch)] == ["11:00"]


def test_dates_that_disprove_the_saved_order_are_asked_about() -> None:
    batch = upload("crm", "name,phone,sms_opt_in,opted_at,country\nAl,4155550101,Yes,25/03/2026,US\n")
    assert mapping.fitting(batch, now=batch.uploaded_at) is None
    fits = upload("crm", "name,phone,sms_opt_in,opted_at,country\nAl,4155550101,Yes,03/25/2026,US\n")
    assert mapping.fitting(fits, now=fits.uploaded_at) is not None


def test_a_saved_order_that_would_take_day_for_month_is_asked_about_everywhere() -> None:
    head = "name,phone,sms_opt_in,opted_at,country\n"
    batch = upload("crm", head + "Al,4155550101,Yes,25/03/2026,US\nBo,4155550102,Yes,03/04/2026,US\n")
    guess, saved = mapping.suggest(batch)
    assert (saved, guess.rules["date_order"], guess.rules["program"]) == (None, "dmy", "marketing")
    assert "Line 2 proves “day first”" in guess.notes[0]
    mixed = upload("crm", head + "Al,4155550101,Yes,25/03/2026,US\nBo,4155550102,Yes,03/25/2026,US\n")
    assert mapping.suggest(mixed)[1] is not None, "single dates are wrong in any order"


def test_of_two_columns_with_one_name_a_person_says_which_counts() -> None:
    batch = upload("crm", "name,phone,phone,sms_opt_in,opted_at,country\nAl,,4155550101,Yes,2026-03-04,US\n")
    assert mapping.fitting(batch, now=batch.uploaded_at) is None
    guess, saved = mapping.suggest(batch)
    assert saved is None
    assert guess.columns["number"] == ["phone", "phone (2)"]
    assert "2 columns named “phone”" in guess.notes[0]


def test_a_mapping_that_nobody_saved_is_missed_by_its_name() -> None:
    guess, saved = mapping.suggest(upload("crm", ",".join(HEADERS) + "\nAl,4155550101,Yes,,US\n"), "weekly")
    assert (saved, guess.notes[0]) == (None, "No mapping named “weekly” is saved for CRM dump.")


def test_other_headers_keep_what_is_saved_about_their_system() -> None:
    batch = upload("provider-blocks", "Blocked number\n+14155550101\n")
    guess, saved = mapping.suggest(batch)
    assert (saved, guess.columns, guess.rules["status"]) == (None, {"number": ["Blocked number"]}, "out")


@pytest.mark.parametrize(
    ("direction", "bucket"),
    [("inbound", "created"), ("Incoming", "created"), ("MO", "created"), ("outbound-api", "created"),
     ("MT", "created"), ("", "held"), ("sideways", "held")],
)  # fmt: skip
def test_a_message_of_unknown_direction_waits_for_a_person(direction: str, bucket: str) -> None:
    batch = upload(
        "twilio",
        "Sid,DateSent,Direction,From,To,Body,ErrorCode\n"
        f"SM1,2026-01-05T10:00:00Z,{direction},+14155550101,+12125550100,STOP,\n",
    )
    assert [outcome.bucket for outcome in checked(batch)] == [bucket]


def test_the_preview_counts_a_person_once_and_not_again_when_they_are_out() -> None:
    head = "Sid,DateSent,Direction,From,To,Body,ErrorCode\n"
    stops = "".join(f"SM{n},2026-01-0{n}T10:00:00Z,inbound,+14155550101,+12125550100,STOP,\n" for n in (1, 2))
    batch = upload("twilio", head + stops)
    checked(batch)
    assert batch.preview["consequences"] == {"becomes_out": 1, "out_again": 1}


def test_the_same_claim_twice_in_a_file_is_one_consequence() -> None:
    row = "Al,4155550101,Unsubscribed,,US\n"
    batch = upload("crm", "name,phone,sms_opt_in,opted_at,country\n" + row * 3)
    checked(batch)
    assert batch.preview["consequences"] == {"becomes_out": 1}
