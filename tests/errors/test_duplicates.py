"""Sends that somebody may have received twice, by what a log shows."""

from datetime import timedelta

import pytest

from errors.duplicates import Kind, pairs, reports_again
from tests.consent import make as people
from tests.errors import make

pytestmark = pytest.mark.django_db
NOW, HOUR, DAY = make.NOW, timedelta(hours=1), timedelta(days=1)


def found(kind, start=NOW - DAY, end=NOW + DAY):
    return [(pair.first.pk, pair.second.pk) for pair in pairs(kind, start, end)]


def twice(*, status="delivered", apart=HOUR, again=None, **fields):
    """The pks of two sends to one number."""
    line = fields.pop("to", None) or make.number()
    first = make.sent(status, number=line, **fields)
    second = make.sent("delivered", submitted_at=NOW + apart, **{"number": line, **fields, **(again or {})})
    return (first.pk, second.pk)


TEXT = {"body_hash": 77}


def test_the_same_text_to_the_same_number_within_a_day():
    pair = twice(**TEXT)
    twice(**TEXT, apart=25 * HOUR)
    twice(**TEXT, again={"sender": "+14155550111"})
    twice(**TEXT, again={"body_hash": 78})
    twice(**TEXT, again={"number": make.number()})  # two people may get the same text
    assert found(Kind.CONTENT) == [pair]
    (only,) = pairs(Kind.CONTENT, NOW - DAY, NOW + DAY)
    assert (only.apart, only.received_twice) == (HOUR, True)


@pytest.mark.parametrize("status", ["rejected", "failed", "undelivered", "expired", "canceled", "blocked"])
def test_what_is_known_not_to_have_arrived_may_be_tried_again(status):
    twice(status=status, **TEXT)
    assert found(Kind.CONTENT) == []


def test_the_one_before_may_lie_before_the_window():
    pair = twice(**TEXT)
    assert found(Kind.CONTENT, start=NOW + HOUR / 2) == [pair]
    assert found(Kind.CONTENT, end=NOW + HOUR / 2) == []


def test_three_in_a_row_are_two_pairs():
    line = make.number()
    one, two = twice(to=line, **TEXT)
    three = make.sent(number=line, submitted_at=NOW + 2 * HOUR, **TEXT).pk
    assert found(Kind.CONTENT) == [(two, three), (one, two)]


def test_the_same_campaign_and_template_to_one_person():
    pair = twice(campaign="spring", template="t1")
    twice(campaign="spring", template="t1", again={"template": "t2"})  # the second of two reminders
    twice()  # of no campaign
    assert found(Kind.INTENT) == [pair]


def test_marketing_is_the_same_whatever_its_words_and_a_service_text_only_with_the_same():
    people.program("promo", sender="+14155550100", purpose="marketing")
    step = {"campaign": "spring", "template": "t1", "body_hash": 1}
    loud = twice(**step, sender="+14155550100", again={"body_hash": 2})
    twice(**step, sender="+14155550199", again={"body_hash": 2})
    same = twice(**step, sender="+14155550199")
    gone = twice(campaign="spring", template="t1", sender="+14155550199")
    unnamed = step | {"template": "", "sender": "+14155550100"}
    twice(**unnamed, again={"body_hash": 2})
    again = twice(**unnamed)
    assert set(found(Kind.INTENT)) == {loud, same, gone, again}


def test_one_time_passwords_may_be_asked_for_again(settings):
    settings.MAY_REPEAT_TEMPLATES = ["login-code"]
    twice(template="login-code", **TEXT)
    assert found(Kind.INTENT) == found(Kind.CONTENT) == []


def test_one_command_that_was_submitted_twice():
    pair = twice(client_ref="order-7")
    twice()
    assert found(Kind.COMMAND) == [pair]


@pytest.mark.parametrize("status", ["submit_unknown", "delivery_unknown"])
def test_again_while_nobody_knew_what_became_of_the_first(status):
    pair = twice(status=status, **TEXT)
    twice(**TEXT)
    assert found(Kind.UNCLEAR) == [pair]


def test_again_after_a_code_that_proves_no_failure():
    pair = twice(status="failed", provider="twilio", error_code="30410", **TEXT)
    twice(status="failed", provider="twilio", error_code="30007", **TEXT)
    assert found(Kind.UNCLEAR) == [pair]
    assert found(Kind.CONTENT) == [pair]  # the first may have arrived


def test_again_after_sent_on_a_route_that_reports_no_deliveries(settings):
    settings.SEND_LOG = {**settings.SEND_LOG, "final_after_hours": {"*": 72, "plivo": None}}
    pair = twice(status="sent", provider="plivo", **TEXT)
    twice(status="sent", provider="twilio", **TEXT)
    assert found(Kind.UNCLEAR) == [pair]


def test_two_people_who_share_a_number_and_one_person_with_two():
    """F32."""
    shared = make.number()
    people.contact(shared, ref="1", name="Ana")
    people.contact(shared, ref="2", name="Ben")
    pair = twice(to=shared, campaign="spring", template="t1")
    one, two = make.number(), make.number()
    owner = people.contact(one, ref="3", name="Eva")
    owner.records.create(system=people.system(), ref="4", number=two)
    both = twice(to=one, again={"number": two}, campaign="spring", template="t1")
    twice(to=make.number(), campaign="spring", template="t1")  # the same message twice, another kind
    assert sorted(found(Kind.PERSON)) == sorted([pair, both])
    of_shared = next(p for p in pairs(Kind.PERSON, NOW - DAY, NOW + DAY) if p.first.pk == pair[0])
    assert of_shared.is_shared
    assert {name.split()[0] for name in of_shared.people} == {"Ana", "Ben"}


def test_rows_that_came_again_with_an_import_are_counted():
    log = people.system("log", importer="errors")
    people.batch(log, counts={"created": 3, "unchanged": 5, "duplicate": 2}, uploaded_at=NOW)
    people.batch(log, counts={"created": 3}, uploaded_at=NOW)
    people.batch(people.system(), counts={"unchanged": 9}, uploaded_at=NOW)
    (again,) = reports_again(NOW - DAY, NOW + DAY)
    assert again.rows == 7


def test_every_kind_has_its_words():
    assert all(kind.label and kind.words for kind in Kind)
