"""Rows that go in many at a time come out as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent import bulk
from consent.ledger import Act, Kind, Precision
from consent.models import ConsentRecord, Contact, Number

pytestmark = pytest.mark.django_db
ODD = [
    "",
    "\\",
    "\\N",
    "\\.",
    "\t",
    "a\tb",
    "\n",
    "\r\n",
    "line\nline",
    'quote"s',
    "{}",
    "NULL",
    "é😀",
    " x ",
    "\\t",
]
FIELDS = ("first_name", "last_name", "email")


@pytest.mark.parametrize("put", [bulk.append, bulk.pour])
def test_any_text_survives(put) -> None:  # type: ignore[no-untyped-def]
    rows = [(text, text[::-1], "x") for text in ODD]
    put(Contact, FIELDS, rows)
    assert list(Contact.objects.order_by("pk").values_list(*FIELDS)) == rows


def test_a_column_of_plain_texts_beside_one_of_odd_ones() -> None:
    rows = [("plain", text, "") for text in ODD]
    assert len(bulk.append(Contact, FIELDS, rows)) == len(rows)
    assert list(Contact.objects.order_by("pk").values_list(*FIELDS)) == rows


def test_a_row_that_is_there_already_is_refused_in_words_that_callers_know() -> None:
    row = [("+14155550123", "US", "MOBILE")]
    bulk.pour(Number, ("e164", "region", "line_type"), row)
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.pour(Number, ("e164", "region", "line_type"), row)


def test_keys_come_back_in_the_order_of_the_rows() -> None:
    keys = bulk.append(Contact, FIELDS, [(str(place), "", "") for place in range(1_200)])
    found = dict(Contact.objects.values_list("pk", "first_name"))
    assert [found[key] for key in keys] == [str(place) for place in range(1_200)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20), min_size=1
    )
)
def test_any_unicode_survives(texts: list[str]) -> None:
    rows = [(text, "", "") for text in texts]
    keys = bulk.append(Contact, FIELDS, rows)
    found = dict(Contact.objects.filter(pk__in=keys).values_list("pk", "first_name"))
    assert [found[key] for key in keys] == texts


def test_times_choices_truths_and_nothing_survive() -> None:
    number = Number.objects.create(e164="+12125550101")
    moment = datetime(2026, 5, 1, 9, 30, 15, 123456, tzinfo=timezone(timedelta(hours=-4)))
    fields = (
        "number_id",
        "act",
        "kind",
        "occurred_at",
        "precision",
        "received_at",
        "for_all_programs",
        "words",
    )
    rows = [
        (number.pk, Act.REVOKE, Kind.KEYWORD, moment, Precision.SECOND, moment, True, "STOP"),
        (number.pk, Act.GRANT, Kind.HANDSET, None, Precision.SECOND, moment, False, "\\N"),
    ]
    bulk.append(ConsentRecord, fields, rows)
    first, second = ConsentRecord.objects.order_by("pk")
    assert (first.occurred_at, first.received_at.tzinfo, first.for_all_programs) == (moment, UTC, True)
    assert (second.occurred_at, second.act, second.words, second.for_all_programs) == (
        None,
        "grant",
        "\\N",
        False,
    )


def test_texts_of_any_kind_are_found_among_many() -> None:
    Contact.objects.bulk_create(Contact(first_name=text) for text in ODD)
    for text in [*ODD, 'a","b', "{x}", "a,b"]:
        found = Contact.objects.filter(first_name__any_of=[text, "nobody"]).count()
        assert found == Contact.objects.filter(first_name=text).count(), repr(text)
    assert Contact.objects.filter(first_name__any_of=ODD).count() == len(ODD)
