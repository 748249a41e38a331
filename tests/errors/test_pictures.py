"""Marks stand where their numbers are, and say what they can."""

from __future__ import annotations

import pytest

from errors import pictures
from errors.effect import Rate
from errors.pictures import GAP, HEIGHT, VOLUME, course


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 %"),
        (0.0004, "0.04 %"),
        (0.0351, "3.5 %"),
        (0.03, "3 %"),
        (0.1249, "12 %"),
        (0.1, "10 %"),
        (1, "100 %"),
    ],
)
def test_rates_are_written_as_short_as_they_can_be(value: float, words: str):
    assert pictures.percent(value) == words


@pytest.mark.parametrize(
    ("failed", "settled", "level"),
    [(29, 29, -1), (0, 30, 0), (1, 100, 1), (3, 100, 2), (10, 100, 3), (60, 100, 5)],
)
def test_the_colour_of_a_rate_deepens_with_it_unless_there_are_too_few(failed: int, settled: int, level: int):
    assert pictures.level(Rate(failed, settled)) == level


def test_marks_fill_the_width_side_by_side():
    marks = course([Rate(1, 50)] * 4).marks
    assert [mark.left for mark in marks] == ["0.000%", "25.000%", "50.000%", "75.000%"]
    assert {mark.width for mark in marks} == {"25.000%"}
    assert marks[0].middle == "12.500%"


def test_a_higher_rate_stands_higher_between_the_ends_of_its_interval():
    low, high = course([Rate(5, 100), Rate(10, 100)]).marks
    assert low.y is not None
    assert high.y is not None
    assert high.y < low.y < HEIGHT
    for mark in (low, high):
        assert mark.y is not None
        assert mark.low is not None
        assert mark.high is not None
        assert mark.high < mark.y < mark.low


def test_a_handful_of_sends_neither_stretches_the_scale_nor_is_joined_to_others():
    picture = course([Rate(2, 100), Rate(3, 3), Rate(2, 100), Rate(4, 100)])
    assert picture.scale[0].words == "10 %"
    few = picture.marks[1]
    assert (few.low, few.high) == (None, None)
    assert few.y is not None  # at the end of the scale
    assert few.y >= 0
    assert len(picture.lines) == 1


def test_where_nothing_was_settled_there_is_no_point():
    empty, full = course([Rate(0, 0), Rate(0, 40)]).marks
    assert (empty.y, empty.bar_height) == (None, 0.0)
    assert (full.y, full.bar_height) == (float(HEIGHT), float(VOLUME))
    assert full.bar_y + full.bar_height == HEIGHT + GAP + VOLUME


def test_an_empty_window_is_a_picture_too():
    assert course([]).marks == []
