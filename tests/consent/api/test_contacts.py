"""What is known of one number's consent."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import bulk
from tests.consent import make
from tests.consent.api.make import caller

pytestmark = pytest.mark.django_db


def test_everything_about_a_number_comes_per_program():
    flag = make.stopped_but_texted()
    number = flag.number
    make.program("news", sender="+14155550199")
    bulk.touch([number.pk])
    answer = caller("consent_read").ask(f"contacts/{number.e164}/consent")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["number"], said["has_news"]) == (number.e164, True)
    [promo] = said["programs"]
    assert (promo["program"], promo["status"], promo["reason"]) == ("promo", "OPTED_OUT", "STOP")
    assert promo["deciding_records"]
    assert [hold["code"] for hold in promo["holds"]] == ["PLATFORM_IN_AGREED_OUT"]
    assert [(one["code"], one["severity"], one["system"]) for one in promo["flags"]] == [
        ("PLATFORM_IN_AGREED_OUT", "S1", "texter")
    ]
    assert [(one["system"], one["value"]) for one in promo["systems"]] == [("texter", "in")]


def test_of_what_a_system_said_the_newest_counts_and_of_one_moment_the_most_protective():
    number = make.number()
    make.reading(number, "in", read_at=make.NOW)
    make.reading(number, "out", read_at=make.NOW)
    make.reading(number, "never", read_at=make.NOW.replace(year=2025))
    said = caller().ask(f"contacts/{number.e164}/consent").json()
    assert [one["value"] for one in said["programs"][0]["systems"]] == ["out"]


@pytest.mark.parametrize("number", ["+14155559999", "abc", "%00", "+", "9" * 300, "%2B14155559999"])
def test_what_is_not_known_is_no_consent(number):
    answer = caller().ask(f"contacts/{number}/consent")
    assert (answer.status_code, answer.json()["code"]) == (404, "number_unknown")


def test_it_takes_as_many_statements_for_a_long_history_as_for_a_short_one():
    short, long = make.number(), make.stopped_but_texted().number
    make.form(short)
    make.weigh(short)
    for place in range(20):
        make.reading(long, "in", ref=str(place))
    by = caller()
    by.ask(f"contacts/{short.e164}/consent")
    counts = []
    for number in (short, long):
        with CaptureQueriesContext(connection) as seen:
            by.ask(f"contacts/{number.e164}/consent")
        counts.append(len(seen))
    assert counts[0] == counts[1]
