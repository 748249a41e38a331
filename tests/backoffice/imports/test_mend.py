"""Rows that did not go in, on their second way."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backoffice.imports import mapping, mend, run
from backoffice.imports.receive import dialect_of
from backoffice.imports.void import void
from backoffice.models import ImportBatch
from consent.models import Flag, Reading
from tests.backoffice.make import person
from tests.consent.intake.make import check_again, taken_in, upload

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FILE = (
    "name,phone,sms_opt_in,opted_at,country\n"
    "Al,4155550101,Yes,2026-01-05,US\n"
    "Bo,,No,2026-01-05,US\n"
    '"=Cy, ""the"" one",12,Unsubscribed,2026-01-05,US\n'
    "Di,4155550104,perhaps,2026-01-05,US\n"
    "Ed,4155550105,perhaps,2026-01-06,US\n"
)


def mended(batch: ImportBatch, **numbers: str) -> str:
    """The file of rejected rows with numbers filled in by name, as a person would return it."""
    rows = list(csv.reader(io.StringIO("".join(mend.rows_pieces(batch, "rejected")).lstrip("\ufeff"))))
    for row in rows[1:]:
        for name, number in numbers.items():
            if name in row[0]:
                row[1] = number
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def first() -> ImportBatch:
    batch = upload("crm", FILE, as_of=AS_OF)
    taken_in(batch)
    assert (batch.counts["rejected"], batch.counts["held"]) == (2, 2)
    return batch


def explain(batch: ImportBatch, **words: str) -> None:
    """Confirm what the words of a batch mean, as its columns page does."""
    guess, saved = mapping.suggest(batch)
    rules = {**guess.rules, "vocabulary": words}
    mapping.save_mapping(batch, guess.columns, rules, by=None, now=timezone.now())


def test_rejected_rows_come_back_with_their_own_columns_line_and_reason() -> None:
    rows = list(csv.reader(io.StringIO("".join(mend.rows_pieces(first(), "rejected")).lstrip("\ufeff"))))
    assert rows[0] == ["name", "phone", "sms_opt_in", "opted_at", "country", "_line", "_error_code", "_error"]
    assert [row[5:7] for row in rows[1:]] == [["3", "phone_empty"], ["4", "phone_too_short"]]
    assert rows[2][0].startswith("'=")  # no spreadsheet runs it


def test_a_mended_file_is_recognised_and_takes_its_rows_over() -> None:
    batch = first()
    again = upload("crm", mended(batch, Bo="4155550102", Cy="4155550103"))
    assert again.mends == batch
    assert again.as_of == batch.as_of  # it says what was so then, not now
    outcomes = taken_in(again)
    assert {(outcome.number, outcome.value) for outcome in outcomes} == {
        ("+14155550102", "never"),
        ("+14155550103", "out"),
    }
    assert not batch.rows.waiting().filter(bucket="rejected").exists()
    assert set(batch.rows.exclude(settled_at=None).values_list("settled_in", flat=True)) == {again.pk}
    assert not Flag.objects.open().filter(batch=batch, code="UNPARSEABLE_PHONE").exists()


def test_only_the_rows_that_are_in_the_mended_file_are_taken_over() -> None:
    batch = first()
    one = mended(batch, Bo="4155550102").splitlines(keepends=True)
    again = upload("crm", "".join(one[:2]))
    taken_in(again)
    assert list(batch.rows.waiting().filter(bucket="rejected").values_list("line", flat=True)) == [4]


def test_the_same_mended_file_twice_adds_nothing() -> None:
    batch = first()
    content = mended(batch, Bo="4155550102", Cy="4155550103")
    taken_in(upload("crm", content))
    readings = Reading.objects.count()
    again = upload("crm", content)
    with pytest.raises(run.TakenInBefore):
        taken_in(again)
    assert Reading.objects.count() == readings


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda text: text.replace(",3,phone_empty", ",77,phone_empty"), id="another line"),
        pytest.param(lambda text: text.replace("phone_empty", "phone_letters"), id="another reason"),
        pytest.param(
            lambda text: text.replace(",3,phone_empty", ",x,phone_empty").replace(",4,", ",,"), id="no line"
        ),
    ],
)
def test_a_file_that_only_looks_like_ours_mends_nothing(changed) -> None:  # type: ignore[no-untyped-def]
    batch = first()
    again = upload("crm", changed(mended(batch, Bo="4155550102", Cy="4155550103")))
    assert again.mends is None
    assert again.as_of > batch.as_of + timedelta(days=1)


def test_a_file_of_another_system_mends_nothing() -> None:
    assert upload("hubspot", mended(first(), Bo="4155550102")).mends is None


def test_voiding_the_mending_batch_makes_the_rows_wait_again() -> None:
    batch = first()
    again = upload("crm", mended(batch, Bo="4155550102", Cy="4155550103"))
    taken_in(again)
    void(again, by=person("Supervisor"), reason="wrong list")
    assert list(batch.rows.waiting().values_list("line", flat=True).order_by("line")) == [3, 4, 5, 6]


def test_held_rows_are_taken_in_once_their_word_is_explained() -> None:
    batch = first()
    again = mend.take_again(batch, by=person("Agent"), now=timezone.now())
    assert (again.mends, again.as_of, again.status) == (batch, batch.as_of, "sniffed")
    explain(again, perhaps="never")
    check_again(again)
    run.confirm(again, again.confirm_token, by=None, now=timezone.now(), queue=False)
    run.run(str(again.pk), beat=lambda **_: None)
    again.refresh_from_db()
    assert again.counts["created"] == again.rows_total == 2
    assert set(Reading.objects.filter(batch=again).values_list("number__e164", "value")) == {
        ("+14155550104", "never"),
        ("+14155550105", "never"),
    }
    assert not batch.rows.waiting().filter(bucket="held").exists()
    assert not Flag.objects.open().filter(batch=batch, code="UNPARSEABLE_VALUE").exists()
    with pytest.raises(mend.NothingHeld):
        mend.take_again(batch, by=person("Agent"), now=timezone.now())


def test_held_rows_asked_for_twice_make_one_batch() -> None:
    batch, agent = first(), person("Agent")
    again = mend.take_again(batch, by=agent, now=timezone.now())
    assert mend.take_again(batch, by=agent, now=timezone.now()) == again


def test_rows_that_are_held_again_wait_in_the_new_batch_only() -> None:
    batch = first()
    again = mend.take_again(batch, by=person("Agent"), now=timezone.now())
    taken_in(again)  # nobody explained the word
    assert again.counts["held"] == 2
    assert batch.rows.waiting().filter(bucket="held").count() == 0
    assert again.rows.waiting().count() == 2


def test_held_cells_come_through_the_second_way_unchanged() -> None:
    content = 'name,phone,sms_opt_in,opted_at,country\n"=1+1, ""x""\nnext",4155550101,\'perhaps,"1, 2",US\n'
    batch = upload("crm", content)
    taken_in(batch)
    held = batch.rows.get(bucket="held")
    again = mend.take_again(batch, by=person("Agent"), now=timezone.now())
    taken_in(again)
    row = again.rows.get()
    assert row.cells[: len(held.cells)] == held.cells
    assert dialect_of(again).columns[:5] == dialect_of(batch).columns[:5]
