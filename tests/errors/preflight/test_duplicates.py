"""The kinds of repetition, and what is none."""

from datetime import datetime, timedelta

import pytest

from errors.preflight import Outcome, Purpose
from errors.preflight.duplicates import normal
from tests.errors.preflight.make import MARKETING, NOON, SALE, codes, sent

STEP = {"campaign": "spring", "step": "1", "contact": "ana"}
SERVICE = {"purpose": Purpose.TRANSACTIONAL}
LONG_AGO = datetime(2026, 1, 5, 12)


def repetitions(*recent, **changes) -> set[str]:
    found = codes(**(MARKETING | changes), recent=recent)
    return {code for code in found if code.startswith(("duplicate.", "loop."))}


@pytest.mark.parametrize(
    ("earlier", "changes", "expected"),
    [
        # the same command
        ({"command": "k1"}, {"command": "k1"}, "duplicate.same_command"),
        (
            {"command": "k1", "at": LONG_AGO, "to": "+447400123456"},
            {"command": "k1"},
            "duplicate.same_command",
        ),
        ({"command": "k1", "at": LONG_AGO}, {"command": "k2"}, None),
        # the same intent
        (STEP | {"body": "Hi"}, STEP, "duplicate.same_intent"),
        (STEP | {"to": "+447400123456"}, STEP, "duplicate.same_intent"),
        (STEP | {"body": "Hi", "step": "2"}, STEP, None),
        (STEP | {"outcome": Outcome.FAILED}, STEP, None),
        (STEP | {"at": NOON - timedelta(hours=23), "body": "Hi"}, STEP, "duplicate.same_intent"),
        # the same step on another day is another occasion
        (STEP | {"at": NOON - timedelta(hours=25)}, STEP, None),
        (STEP | {"at": LONG_AGO, "to": "+447400123456"}, STEP, None),
        # a service text with other words is about something else
        (STEP | {"body": "Your parcel 2 arrives"}, STEP | SERVICE, None),
        (STEP | {"to": "+447400123456"}, STEP | SERVICE, "duplicate.same_intent"),
        # words that are not known any more excuse nothing
        (STEP | {"body": ""}, STEP | SERVICE, "duplicate.same_intent"),
        (STEP | {"body": "", "step": None}, STEP, "duplicate.same_intent"),
        (STEP | {"body": "", "step": "2"}, STEP | SERVICE, None),
        ({"body": ""}, {}, None),
        # a campaign alone names no step: only the same words tell
        (STEP | {"body": "Hi", "step": None}, STEP, None),
        (STEP | {"body": "Hi"}, STEP | {"step": None}, None),
        (STEP | {"to": "+447400123456", "step": None}, STEP, "duplicate.same_intent"),
        # the same person under another contact
        (STEP | {"body": "Hi", "contact": "ben"}, STEP, "duplicate.same_person"),
        (STEP | {"contact": "ben", "to": "+447400123456"}, STEP, None),
        # the same number, written another way
        (STEP | {"body": "Hi"}, STEP | {"to": "(415) 555-2671"}, "duplicate.same_intent"),
        # the same content
        ({}, {}, "duplicate.same_content"),
        ({}, {"automatic": True}, "duplicate.automatic"),
        ({"body": SALE.upper().replace(" ", "  ")}, {}, "duplicate.same_content"),
        ({"at": NOON - timedelta(hours=25)}, {}, None),
        ({"body": "Acme: something else"}, {}, None),
        ({"sender": "+12125550100"}, {}, None),
        ({"to": "+14155552672"}, {}, None),
        ({"outcome": Outcome.FAILED}, {}, None),
        # nobody knows what became of the first
        ({"outcome": Outcome.UNKNOWN}, {}, "duplicate.check_first"),
        (STEP | {"body": "Hi", "outcome": Outcome.UNKNOWN}, STEP, "duplicate.check_first"),
    ],
)
def test_repetitions(earlier, changes, expected):
    assert repetitions(sent(**earlier), **changes) == ({expected} if expected else set())


def test_a_code_may_be_asked_for_again_but_not_at_once():
    code = {"purpose": Purpose.OTP, "body": "Your Acme code is 493021."}
    earlier = {"purpose": Purpose.OTP, "body": "Your Acme code is 111111."}
    assert repetitions(sent(**earlier, at=NOON - timedelta(minutes=2)), **code) == set()
    assert repetitions(sent(**earlier, at=NOON - timedelta(seconds=9)), **code) == {"duplicate.same_content"}


def test_programs_that_answer_each_other_are_stopped():
    burst = [sent(body=str(turn), at=NOON - timedelta(seconds=turn)) for turn in range(15)]
    assert repetitions(*burst) == {"loop.too_many"}
    assert repetitions(*burst[:14]) == set()


def test_two_texts_are_the_same_if_readers_see_no_difference():
    assert normal("Acme:\u00a0 SALE\u200b now\n") == normal("acme: sale NOW")
    assert normal("Acme: sale") != normal("Acme: sale!")
