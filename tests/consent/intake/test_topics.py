"""What a person is asked about the cells of a file, with which proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from backoffice.files.rows import Row
from backoffice.imports.importer import Question, Topic
from backoffice.models import System
from consent.intake.topics import HELD, File, topics
from consent.models import Program

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def rows(*cells: Sequence[str]) -> list[Row]:
    return [Row(line, tuple(row), len(row), None, None, ()) for line, row in enumerate(cells, 2)]


def asked(
    cells: list[Row], columns: dict[str, list[str]], headers: Sequence[str], *, slug: str = "crm",
    unread: Sequence[str] = (), **rules: Any,
) -> list[Topic]:  # fmt: skip
    system = System.objects.get(slug=slug)
    return topics(File(system, columns, rules, headers, cells, NOW), unread)


def question(found: list[Topic], name: str) -> Question:
    return next(q for topic in found for q in topic.questions if q.name == name)


def statuses(*cells: str, header: str = "SMS", unread: Sequence[str] = (), **rules: Any) -> list[Topic]:
    table = rows(*(("4155550101", cell) for cell in cells))
    return asked(table, {"number": ["Phone"], "status": [header]}, ("Phone", header), unread=unread, **rules)


def dates(*cells: str, **rules: Any) -> Topic:
    table = rows(*(("4155550101", cell) for cell in cells))
    found = asked(table, {"number": ["Phone"], "at": ["When"]}, ("Phone", "When"), **rules)
    return next(topic for topic in found if topic.title == "Dates and times")


def test_a_column_about_opting_out_is_proposed_as_such_and_has_to_be_ticked() -> None:
    found = statuses("Yes", "No", "Yes", header="Do not text")
    polarity = question(found, "polarity-1")
    assert polarity.answer == "opt_out"
    assert found[0].confirm
    assert polarity.proof is not None
    assert polarity.proof.head[2:] == ("Do not text", "If yes = opted in", "If yes = opted out")
    assert polarity.proof.rows == (
        ("2", "4155550101", "Yes", "Opted in", "Opted out"),
        ("3", "4155550101", "No", "Never opted in", "Says nothing"),
    )
    assert [label for _, label in polarity.choices] == [
        "opted in (2 opted in, 0 opted out of 3 rows looked at)",
        "opted out (0 opted in, 2 opted out of 3 rows looked at)",
    ]


def test_a_header_that_says_nothing_leaves_the_choice_open() -> None:
    assert question(statuses("Yes", "No", header="Flag 7"), "polarity-1").answer == ""


def test_what_a_person_said_goes_before_the_guess() -> None:
    found = statuses("Yes", header="Do not text", polarity={"Do not text": "opt_in"})
    assert question(found, "polarity-1").answer == "opt_in"


def test_words_nobody_explained_come_first_and_are_held_unless_said() -> None:
    found = statuses("Yes", "Yes", "meh", unread=["perhaps"])
    words = next(topic for topic in found if topic.as_table).questions
    assert [(word.label, word.choices[0][1], word.answer) for word in words] == [
        ("meh", HELD, ""),
        ("perhaps", HELD, ""),
        ("Yes", "Opted in (usual reading)", ""),
    ]
    assert words[0].rule == ("vocabulary", "meh")


def test_an_explained_word_keeps_the_spelling_it_was_explained_in() -> None:
    found = statuses("MEH ", vocabulary={"meh": "never"})
    word = next(topic for topic in found if topic.as_table).questions[0]
    assert (word.rule, word.answer) == (("vocabulary", "meh"), "never")


def test_a_word_of_the_file_is_no_field_name() -> None:
    found = statuses('"><script>', header="__class__")
    names = [q.name for topic in found for q in topic.questions]
    assert all(name.replace("-", "").replace("_", "").isalnum() for name in names)


def test_a_file_without_a_status_column_is_asked_what_all_of_it_says() -> None:
    found = asked(rows(("4155550101",)), {"number": ["Phone"]}, ("Phone",))
    whole = question(found, "status")
    assert (whole.answer, whole.required) == ("", True)
    assert found[0].confirm


def test_an_order_the_file_proves_is_proposed_with_the_proof() -> None:
    topic = dates("3/4/2026", "25/3/2026")
    order = topic.questions[0]
    assert order.answer == "dmy"
    assert "Line 3 proves “day first”: “25/3/2026”" in order.help
    assert order.proof is not None
    assert order.proof.rows[0] == ("3", "25/3/2026", "not a date", "25 Mar 2026", "25 Mar 2026")
    assert order.proof.rows[1][2:4] == ("4 Mar 2026", "3 Apr 2026")
    assert topic.contradicts


def test_an_order_that_stays_open_has_to_be_chosen() -> None:
    order = dates("5/5/2026", "3/4/2026", "5/6/2026", date_order="ymd").questions[0]
    assert (order.answer, order.required) == ("", True)
    assert [value for value, _ in order.choices] == ["", "mdy", "dmy"]
    assert order.proof is not None
    assert order.proof.rows[0][:4] == ("3", "3/4/2026", "4 Mar 2026", "3 Apr 2026")  # tells more than 5/5


def test_dates_that_cannot_be_mistaken_need_no_choice() -> None:
    topic = dates("2026-03-04", "5 Mar 2026")
    assert not topic.questions[0].required
    assert topic.contradicts == ""


def test_a_saved_order_that_the_file_disproves_is_not_taken_over() -> None:
    topic = dates("25/3/2026", date_order="mdy")
    assert topic.questions[0].answer == "dmy"
    assert "does not fit this file" in topic.contradicts


def test_a_saved_order_stands_against_single_cells_that_no_order_reads() -> None:
    assert dates("3/25/2026", "25/3/2026", "4/5/2026", date_order="mdy").contradicts == ""


def test_one_program_is_proposed_and_several_have_to_be_chosen_from() -> None:
    table = rows(("4155550101",))
    only = question(asked(table, {"number": ["Phone"]}, ("Phone",)), "program")
    assert (only.answer, only.required) == ("marketing", True)
    Program.objects.create(code="alerts", name="Alerts")
    assert question(asked(table, {"number": ["Phone"]}, ("Phone",)), "program").answer == ""


def test_codes_of_refused_messages_are_asked_about_in_message_logs_only() -> None:
    table = rows(("inbound", "21610"))
    found = asked(
        table,
        {"error_code": ["Code"]},
        ("Direction", "Code"),
        slug="twilio",
        blocked_codes=["21610", "30004"],
    )
    codes = question(found, "blocked_codes")
    assert (codes.answer, codes.several) == ("21610, 30004", True)
