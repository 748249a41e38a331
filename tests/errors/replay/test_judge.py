"""Judging what is alike once says the same as checking each send by itself."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from errors.preflight import (
    Code,
    Consent,
    Kind,
    Message,
    Purpose,
    Rule,
    RuleBook,
    Severity,
    Standing,
    check,
    written_rules,
)
from errors.replay.judge import NOT_JUDGED, Judge, Line, Parts, parts_of
from errors.replay.repeats import WINDOW
from errors.replay.sends import Ended, alike
from tests.errors.replay.make import NOW, Row, sends_of

CASES = Path(__file__).parents[2] / "cases" / "preflight.jsonl"
TODAY = date(2026, 11, 22)


def book(*more: Rule) -> RuleBook:
    return RuleBook([*written_rules(), *more], on=TODAY)


def judged(rows: list[Row], rules: RuleBook | None = None, **options: object) -> list[set[Line]]:
    """The lines of every row."""
    judge = Judge(rules or book(), **options)  # type: ignore[arg-type]
    sends = sends_of(judge.words, rows)
    found: list[set[Line]] = [set() for _ in rows]
    for place, held in judge.judge(sends, judge.spots_of(sends)).items():
        for row in held.tolist():
            found[row].add(judge.lines[place])
    return found


def codes(rows: list[Row], rules: RuleBook | None = None) -> list[set[Code]]:
    return [{line.code for line in lines} for lines in judged(rows, rules)]


def _checked_alone(row: Row, rules: RuleBook) -> set[Line]:
    message = Message(
        body=row.text or "",
        to=row.to,
        sender=row.sender,
        purpose=row.purpose,
        consent=row.consent or Consent.OPTED_IN,
        country=row.country or None,
        at=row.at,
        provider=row.provider,
        held=row.held,
    )
    return {
        Line(one.code, one.rule, one.severity)
        for one in check(message, rules)
        if one.severity is not Severity.INFO and one.code not in NOT_JUDGED
    }


def _texts() -> list[str]:
    with CASES.open(encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    return sorted({case["message"] for case in cases if isinstance(case.get("message"), str)} - {""})


@pytest.mark.parametrize("seed", range(3))
def test_the_parts_say_what_the_whole_check_says(seed: int) -> None:
    dice = random.Random(seed)
    texts, rules = _texts(), book()
    numbers = [
        *("+14155552671", "+12125550143", "+18005551234", "+447400123456", "+4915112345678", "+33612345678"),
        *("+919876543210", "+14155550100", "0171 1234567", "", "12345", "+1415555267", "+19005551234"),
    ]
    rows = [
        Row(
            to=dice.choice(numbers),
            text=dice.choice(texts),
            sender=dice.choice(["+14155550100", "ACME", "InfoSMS", "72345", "", "ACME-AD", "+447400123457"]),
            country=dice.choice(["", "US", "DE", "FR", "IN"]),
            provider=dice.choice(["twilio", "vonage", "telnyx", "plivo"]),
            purpose=dice.choice(list(Purpose)),
            consent=dice.choice(list(Consent)),
            held=dice.random() < 0.1,
            # Far enough apart that no send repeats another.
            at=NOW + place * (WINDOW + timedelta(minutes=dice.randrange(1440))),
        )
        for place in range(400)
    ]
    together = judged(rows, rules)
    assert any(together)
    for row, lines in zip(rows, together, strict=True):
        assert lines == _checked_alone(row, rules), row


@pytest.mark.parametrize(
    ("sender", "to", "itself"),
    [
        ("(415) 555-2671", "+14155552671", True),
        ("0171 1234567", "+491711234567", True),
        ("4155552671", "+491711234567", False),
    ],
)
def test_a_sender_is_its_own_recipient_however_its_country_writes_it(
    sender: str, to: str, itself: bool
) -> None:
    rows = [Row(sender=sender, to=one, country="") for one in (f"{to[:-1]}9", to)]
    assert [Code.TO_SAME_AS_SENDER in found for found in codes(rows)] == [False, itself]


def test_what_was_judged_in_one_chunk_holds_in_the_next() -> None:
    judge = Judge(book())
    first = sends_of(judge.words, [Row(to="+4915112345678", sender="+447400123457", country="DE")])
    judge.judge(first, judge.spots_of(first))
    # Another country comes first now: what is remembered must not be mixed up with it.
    rows = [
        Row(to="+33612345678", sender="+447400123457", country="FR"),
        Row(to="+4915112345678", country="DE"),
    ]
    second = sends_of(judge.words, rows, first=10)
    held = judge.judge(second, judge.spots_of(second))
    for row in range(2):
        found = {judge.lines[place] for place, rows_of in held.items() if row in rows_of.tolist()}
        assert found == _checked_alone(rows[row], judge.rules)


def test_what_was_forgotten_is_judged_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("errors.replay.judge.MOST_KNOWN", 0)
    judge = Judge(book())
    for place, text in enumerate(["Acme: {{name}}. Reply STOP", "Acme: hello. Reply STOP"]):
        sends = sends_of(judge.words, [Row(text=text, at=NOW + place * WINDOW)], first=place)
        found = {judge.lines[line].code for line in judge.judge(sends, judge.spots_of(sends))}
        assert (Code.BODY_PLACEHOLDER in found) is (place == 0)
        judge.forget()


def test_hours_are_told_apart_to_the_minute_where_a_rule_is() -> None:
    late = Rule(
        Kind.HOURS, "", "US-CA", "mon-fri", "09:10-20:50", Standing.AGREED, None, TODAY, "an edited rule"
    )
    rows = [
        Row(at=datetime(2026, 3, 10, 16, minute, tzinfo=UTC)) for minute in (5, 9, 10, 14)
    ]  # 9 h in California
    assert [
        bool({Code.TIME_QUIET_HOURS, Code.TIME_QUIET_HOURS_WARN} & found) for found in codes(rows, book(late))
    ] == [
        True,
        True,
        False,
        False,
    ]


def test_without_its_text_a_send_is_judged_by_everything_else() -> None:
    gone = Row(text=None, same=None, sender="ACME", consent=Consent.OPTED_OUT)
    assert codes([gone]) == [{Code.SENDER_ALPHA_UNSUPPORTED, Code.CONSENT_OPTED_OUT}]


def test_consent_that_was_not_looked_up_is_not_judged() -> None:
    assert codes([Row(consent=None)]) == [set()]


def test_the_same_text_within_a_day_is_a_repetition_and_after_it_none() -> None:
    rows = [Row(), Row(at=NOW + timedelta(hours=23)), Row(at=NOW + timedelta(hours=47, minutes=1))]
    assert codes(rows) == [set(), {Code.DUPLICATE_CONTENT}, set()]


def test_a_failure_counts_only_once_it_was_known() -> None:
    later = NOW + timedelta(minutes=30)
    known = Row(code="30003", ended_at=NOW + timedelta(minutes=1))
    not_yet = Row(code="30003", ended_at=NOW + timedelta(hours=1))
    assert codes([known, Row(at=later)])[1] == set()
    assert codes([not_yet, Row(at=later)])[1] == {Code.DUPLICATE_CONTENT}


def test_texts_that_nobody_knows_are_like_no_other() -> None:
    rows = [Row(text=None, same=None), Row(text=None, same=None, at=NOW + timedelta(minutes=1))]
    assert codes(rows) == [set(), set()]


def test_a_step_again_after_a_text_that_nobody_knows_is_a_repetition_as_in_the_check() -> None:
    first = Row(text=None, same=None, campaign="spring", template="day 1", purpose=Purpose.TRANSACTIONAL)
    assert codes([first, replace(first, at=NOW + timedelta(minutes=1))]) == [set(), {Code.DUPLICATE_INTENT}]


def test_a_send_that_was_held_back_repeats_nothing() -> None:
    rows = [Row(handed_over=False, ended=Ended.NEITHER), Row(at=NOW + timedelta(minutes=1))]
    assert codes(rows)[1] == set()


def test_another_step_of_a_campaign_is_none_and_the_same_step_is_one() -> None:
    first = Row(campaign="spring", template="day 1")
    rows = [
        first,
        Row(
            campaign="spring",
            template="day 2",
            text="Acme: last day. Reply STOP",
            at=NOW + timedelta(hours=1),
        ),
        Row(campaign="spring", template="day 1", text="Acme: else. Reply STOP", at=NOW + timedelta(hours=2)),
    ]
    assert [Code.DUPLICATE_INTENT in found for found in codes(rows)] == [False, False, True]


def test_a_step_that_comes_again_on_another_day_or_about_something_else_is_stopped_by_nothing() -> None:
    birthday = {"campaign": "birthday", "template": "birthday"}
    parcel = {"campaign": "parcels", "template": "on its way", "purpose": Purpose.TRANSACTIONAL}
    rows = [
        Row(**birthday),
        Row(**parcel, text="Acme: parcel 1 is on its way", at=NOW + timedelta(minutes=1)),
        Row(**parcel, text="Acme: parcel 2 is on its way", at=NOW + timedelta(minutes=2)),
        Row(**birthday, at=NOW + timedelta(hours=25)),
    ]
    assert codes(rows) == [set()] * 4


def test_what_was_sent_before_the_first_chunk_counts() -> None:
    judge = Judge(book())
    judge.remember(sends_of(judge.words, [Row()]))
    later = sends_of(judge.words, [Row(at=NOW + timedelta(hours=1))], first=2)
    held = judge.judge(later, judge.spots_of(later))
    assert {judge.lines[place].code for place in held} == {Code.DUPLICATE_CONTENT}


def test_a_change_of_one_kind_runs_only_what_it_touches() -> None:
    assert parts_of([Kind.SHORTENER]) == Parts(False, False, True, False, False, False)
    assert parts_of([Kind.HOURS]) == Parts(False, False, False, True, False, False)
    assert parts_of([Kind.REPEAT]).repeats
    assert not parts_of([Kind.REPEAT]).words
    for kind in Kind:
        if kind not in (Kind.MOST_MEDIA, Kind.MEDIA_TYPE, Kind.TAKES_MEDIA, Kind.DLT):  # the log has neither
            assert any(parts_of([kind])), kind


def test_kinds_keep_apart_what_any_column_tells_apart() -> None:
    first, kinds = alike(np.array([1, 1, 2, 1]), np.array([5, 6, 5, 5]))
    assert kinds[0] == kinds[3]
    assert len({int(kinds[0]), int(kinds[1]), int(kinds[2])}) == 3
    assert sorted(first.tolist()) == [0, 1, 2]
