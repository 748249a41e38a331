"""Lists of numbers that changed hands: only a yes about a number we know is news, and it counts once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from consent.ledger import Act, Kind
from consent.models import AgreedStatus, ConsentRecord, Flag, Number
from consent.reconcile import reconcile_numbers
from tests.consent import make
from tests.consent.intake.make import taken_in, upload

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)
DATABASE = "phone_number,date_of_consent,disconnected\n"
CARRIERS = "phone_number,deactivated_on\n"


def known(digits: str = "2125550101") -> Number:
    line = make.number(f"+1{digits}")
    make.form(line, datetime(2026, 3, 1, 10, tzinfo=UTC))
    return line


def weighed(line: Number) -> AgreedStatus:
    reconcile_numbers([line.pk], now=timezone.now())
    return AgreedStatus.objects.get(number=line)


def test_a_yes_ends_what_was_agreed_before_the_answer() -> None:
    line = known()
    [outcome] = taken_in(upload("reassigned-numbers", DATABASE + "2125550101,2026-03-01,yes\n", as_of=AS_OF))
    assert (outcome.bucket, outcome.value) == ("created", "boundary")
    record = ConsentRecord.objects.get(act=Act.BOUNDARY)
    assert (record.kind, record.occurred_at, record.received_at) == (Kind.RND, None, AS_OF)
    assert (record.program, record.words) == (None, "Disconnected on 2026-03-01 or later")
    assert (weighed(line).status, weighed(line).reason) == ("NO_CONSENT", "NUMBER_REASSIGNED")
    flag = Flag.objects.get(code="NUMBER_REASSIGNED")
    assert flag.why == (
        "The number changed hands at an unknown time, known since 1 June 2026, 12:00 UTC, but the consent on record is "
        "older than that."
    )


def test_consent_that_came_after_the_answer_is_the_new_holders() -> None:
    line = known()
    taken_in(upload("reassigned-numbers", DATABASE + "2125550101,2026-03-01,yes\n", as_of=AS_OF))
    make.form(line, datetime(2026, 6, 10, tzinfo=UTC))
    assert weighed(line).status == "OPTED_IN"


@pytest.mark.parametrize("answer", ["no", "No", "no data", "NO_DATA", ""])
def test_a_number_found_clean_is_no_news(answer: str) -> None:
    line = known()
    [outcome] = taken_in(
        upload("reassigned-numbers", DATABASE + f"2125550101,2026-03-01,{answer}\n", as_of=AS_OF)
    )
    assert (outcome.bucket, outcome.reason) == ("unchanged", "not_reassigned")
    assert not ConsentRecord.objects.filter(act=Act.BOUNDARY).exists()
    assert weighed(line).status == "OPTED_IN"


def test_another_answer_goes_back() -> None:
    known()
    [outcome] = taken_in(
        upload("reassigned-numbers", DATABASE + "2125550101,2026-03-01,perhaps\n", as_of=AS_OF)
    )
    assert (outcome.bucket, outcome.reason) == ("rejected", "answer_unread")


def test_the_same_answer_in_another_file_counts_once_and_a_new_question_again() -> None:
    known()
    row = "2125550101,2026-03-01,yes\n"
    taken_in(upload("reassigned-numbers", DATABASE + row, as_of=AS_OF))
    [outcome] = taken_in(upload("reassigned-numbers", DATABASE + row + "\n"))
    assert outcome.bucket == "unchanged"
    taken_in(upload("reassigned-numbers", DATABASE + "2125550101,2026-06-10,yes\n"))
    assert ConsentRecord.objects.filter(act=Act.BOUNDARY).count() == 2


def test_the_carriers_say_on_which_day_it_was() -> None:
    line = known()
    taken_in(upload("deactivated-numbers", CARRIERS + "12125550101,2026-04-15\n", as_of=AS_OF))
    record = ConsentRecord.objects.get(act=Act.BOUNDARY)
    assert (record.kind, record.precision) == (Kind.DEACTIVATED, "date")
    assert record.occurred_at == datetime(2026, 4, 15, 4, tzinfo=UTC)  # midnight in New York
    assert weighed(line).reason == "NUMBER_REASSIGNED"
    assert "on 15 April 2026" in Flag.objects.get(code="NUMBER_REASSIGNED").why
    make.form(line, datetime(2026, 5, 1, tzinfo=UTC))
    assert weighed(line).status == "OPTED_IN"


def test_numbers_that_we_do_not_know_stay_unknown() -> None:
    known()
    outcomes = taken_in(
        upload("deactivated-numbers", CARRIERS + "12125550101,2026-04-15\n12125550199,2026-04-15\n")
    )
    assert [(one.bucket, one.reason) for one in outcomes] == [("created", ""), ("unchanged", "not_ours")]
    assert not Number.objects.filter(e164="+12125550199").exists()


def test_a_voided_list_gives_the_consent_back() -> None:
    line = known()
    batch = upload("reassigned-numbers", DATABASE + "2125550101,2026-03-01,yes\n", as_of=AS_OF)
    taken_in(batch)
    assert weighed(line).status == "NO_CONSENT"
    batch.move(batch.Status.VOIDED, voided_at=timezone.now(), void_reason="Wrong file")
    assert weighed(line).status == "OPTED_IN"
    assert Flag.objects.get(code="NUMBER_REASSIGNED").status == "closed"


def test_columns_of_another_name_are_guessed_and_the_day_asked_about_is_no_day_of_change() -> None:
    line = known()
    taken_in(upload("reassigned-numbers", "TN,Date,Result\n2125550101,2026-03-01,YES\n", as_of=AS_OF))
    record = ConsentRecord.objects.get(act=Act.BOUNDARY)
    assert (record.number, record.kind, record.occurred_at) == (line, Kind.RND, None)
    assert record.words == "Disconnected on 2026-03-01 or later"
