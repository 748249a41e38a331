"""Codes as rows: what logs bring, what staff decide. The catalogues are loaded after every migrate."""

from datetime import timedelta

import pytest

from backoffice.models import AuditEntry
from errors.catalogue import Category, Retry
from errors.classify import annotate, classify
from errors.meet import Met, meet
from errors.models import ErrorCode, StaleCode
from tests.backoffice.make import person
from tests.errors import make
from tests.errors.make import NOW

pytestmark = pytest.mark.django_db


def code(provider, text, **more):
    return ErrorCode.objects.get(provider=provider, code=text, **more)


def told(row, category, **more):
    classify(
        row, category, **{"note": "", "reason": "The provider said so.", "by": person(), "now": NOW, **more}
    )


# --- what logs bring ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["30099", "ABC-12", "00012"])
def test_an_unknown_code_is_kept_with_its_first_sight_and_a_sample(text):
    sent, other = make.attempt("failed"), make.attempt("failed")
    later = Met("twilio", text, NOW + timedelta(hours=1), other.key)
    assert meet([later, Met("Twilio", f" {text} ", NOW, sent.key, "Something new")]) == {
        "new": 1,
        "warned": 0,
    }
    row = code("twilio", text)
    assert row in ErrorCode.objects.new()
    assert (row.first_seen_at, row.sample, row.name) == (NOW, sent.pk, "Something new")
    assert (row.effective_category, row.as_facts().advice().retry) == (Category.UNKNOWN, Retry.ONCE)


def test_the_same_chunk_twice_changes_nothing():
    chunk = [Met("twilio", "30099", NOW), Met("twilio", "30007", NOW)]
    meet(chunk)
    before = list(ErrorCode.objects.order_by("pk").values())
    assert meet(chunk) == {"new": 0, "warned": 0}
    assert list(ErrorCode.objects.order_by("pk").values()) == before


def test_an_older_log_moves_the_first_sight():
    older = make.attempt("failed")
    meet([Met("twilio", "30099", NOW, make.attempt("failed").key)])
    meet([Met("twilio", "30099", NOW - timedelta(days=3), older.key)])
    row = code("twilio", "30099")
    assert (row.first_seen_at, row.sample) == (NOW - timedelta(days=3), older.pk)


def test_a_known_code_is_never_called_new():
    # 21610 stands in the catalogue as a refusal; receipts carry it as well.
    assert meet([Met("twilio", "21610", NOW), Met("kaleyra", "opt-out", NOW)])["new"] == 0
    assert code("twilio", "21610").first_seen_at == NOW
    assert not ErrorCode.objects.new().exists()


def test_a_code_without_its_leading_zeros_is_another_code():
    assert meet([Met("kpn", "4", NOW)])["new"] == 1
    assert code("kpn", "004").first_seen_at is None


def test_no_code_is_no_new_code():
    assert meet([Met("twilio", "", NOW), Met("twilio", "null", NOW)]) == {"new": 0, "warned": 0}


def test_the_same_new_code_of_two_providers_is_two_codes():
    assert meet([Met("twilio", "77777", NOW), Met("telnyx", "77777", NOW)])["new"] == 2


def test_a_chunk_asks_few_questions_however_long_it_is(django_assert_max_num_queries):
    chunk = [Met("twilio", str(30001 + number % 9), NOW) for number in range(500)]
    meet(chunk)
    with django_assert_max_num_queries(2):
        meet(chunk)


def test_a_title_that_contradicts_the_catalogue_raises_a_warning():
    met = Met("telnyx", "40300", NOW, title="Invalid destination number")
    assert meet([met])["warned"] == 1
    row = code("telnyx", "40300")
    assert "Invalid destination number" in row.catalogue_warning
    assert row in ErrorCode.objects.warned()
    assert meet([met])["warned"] == 0


def test_a_title_that_agrees_raises_none():
    meet(
        [
            Met("telnyx", "40300", NOW, title="Blocked due to STOP message"),
            Met("twilio", "30007", NOW, title="Blocked"),
        ]
    )
    assert not ErrorCode.objects.warned().exists()


# --- what staff decide --------------------------------------------------------------------------------------


def test_a_classified_code_leaves_the_queue_and_counts_as_what_it_was_said_to_be():
    meet([Met("twilio", "30099", NOW)])
    supervisor = person()
    told(code("twilio", "30099"), Category.CONTENT_FILTERED, by=supervisor, note="Only links of one shop")
    assert not ErrorCode.objects.new().exists()
    meaning = ErrorCode.objects.as_catalogue().look_up("twilio", "30099")
    assert meaning.is_known
    assert meaning.category is Category.CONTENT_FILTERED
    assert meaning.facts.advice().retry is Retry.AFTER_FIX
    entry = AuditEntry.objects.get(action="errorcode.classify")
    assert (entry.actor, entry.reason) == (supervisor, "The provider said so.")
    assert (entry.details["old"], entry.details["new"]) == ("unknown", "content_filtered")


def test_staff_can_count_a_known_code_differently_and_take_that_back():
    told(code("twilio", "30003"), Category.NUMBER_INACTIVE)
    assert ErrorCode.objects.as_catalogue().look_up("twilio", "30003").category is Category.NUMBER_INACTIVE
    assert ErrorCode.objects.of_category("number_inactive").filter(code="30003").exists()
    told(code("twilio", "30003"), None)
    assert (
        ErrorCode.objects.as_catalogue().look_up("twilio", "30003").category is Category.HANDSET_UNREACHABLE
    )
    assert AuditEntry.objects.filter(action="errorcode.classify").count() == 2


def test_a_new_code_whose_classification_is_taken_back_returns_to_the_queue():
    meet([Met("twilio", "30099", NOW)])
    told(code("twilio", "30099"), Category.NETWORK_ERROR)
    told(code("twilio", "30099"), None)
    assert code("twilio", "30099") in ErrorCode.objects.new()


def test_of_two_who_classify_at_once_the_second_is_told():
    first, second = code("twilio", "30008"), code("twilio", "30008")
    told(first, Category.NETWORK_ERROR)
    with pytest.raises(StaleCode):
        told(second, Category.NUMBER_INACTIVE)
    assert code("twilio", "30008").local_category == "network_error"
    assert AuditEntry.objects.count() == 1


def test_whoever_classifies_a_code_has_seen_its_warning():
    met = Met("telnyx", "40300", NOW, title="Invalid destination number")
    meet([met])
    told(code("telnyx", "40300"), Category.OPTED_OUT)
    assert not ErrorCode.objects.warned().exists()
    assert meet([met])["warned"] == 0
    assert "Invalid destination" in AuditEntry.objects.get().details["warning"]


def test_notes_keep_their_history():
    row, agent = code("twilio", "30008"), person()
    assert annotate(row, "Often carrier X on Mondays", by=agent)
    assert not annotate(row, "Often carrier X on Mondays", by=agent)
    assert annotate(row, "Carrier X mended it in May", by=agent)
    assert code("twilio", "30008").local_note == "Carrier X mended it in May"
    notes = [entry.details["note"] for entry in AuditEntry.objects.order_by("pk")]
    assert notes == ["Often carrier X on Mondays", "Carrier X mended it in May"]
