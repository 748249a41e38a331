"""Segments as bubbles, and marks that never cut what a reader takes for one character."""

import pytest

from errors.bubbles import bubbles, code_of
from errors.encoding import measure

FAMILY = "👨\u200d👩\u200d👧"
TEXTS = {
    "nothing": "",
    "one segment": "Acme: your order is ready.",
    "two segments of GSM-7": "a" * 161,
    "an escape at the end of a segment": "a" * 152 + "€" + "b" * 20,
    "an emoji at the end of a segment": "ж" * 66 + "🎉" + "ж" * 20,
    "a family at the end of a segment": "ж" * 62 + FAMILY + "ж" * 20,
    "line ends": "one\ntwo\n",
    "flags only": "🇦🇺" * 60,
    "a letter and more marks than a segment holds": "e" + "\u0301" * 100,
}


def written(made):
    return "".join(run.text for bubble in made for run in bubble.runs)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_bubbles_together_are_the_text_and_hold_what_was_measured(text):
    made = bubbles(text, [[(0, len(text))]])
    assert written(made) == text
    assert len(made) == measure(text).segments
    assert sum(bubble.units for bubble in made) == measure(text).units
    assert all(bubble.left >= 0 for bubble in made)


def test_a_segment_of_a_unicode_text_is_counted_in_its_units_though_it_holds_plain_letters_alone():
    first, second = bubbles("a" * 67 + "ж" * 5)
    assert (first.units, first.room, second.units, second.room) == (67, 67, 5, 67)


def test_one_segment_has_the_room_that_no_header_takes():
    assert [bubble.room for bubble in bubbles("a")] == [160]
    assert [bubble.room for bubble in bubbles("ж")] == [70]
    assert [bubble.room for bubble in bubbles("a" * 161)] == [153, 153]


def test_characters_that_force_unicode_are_marked_and_only_they():
    (bubble,) = bubbles("Don’t miss it")
    assert [(run.text, run.forces) for run in bubble.runs] == [
        ("Don", False),
        ("’", True),
        ("t miss it", False),
    ]


def test_what_counts_as_two_is_marked_where_the_text_is_gsm():
    (bubble,) = bubbles("10 € [now]")
    assert [run.text for run in bubble.runs if run.is_double] == ["€", "[", "]"]
    assert not any(run.is_double for bubble in bubbles("10 € 🎉") for run in bubble.runs)


def test_a_finding_is_named_on_all_its_places_and_begins_at_the_first():
    (bubble,) = bubbles("Hi <name>, see <link>", [[(3, 9)], [(15, 21), (3, 9)]])
    marked = [(run.text, run.notes, run.begins) for run in bubble.runs if not run.is_plain and run.notes]
    assert marked == [("<name>", (1, 2), (1, 2)), ("<link>", (2,), ())]


def test_a_mark_over_two_segments_begins_in_the_first():
    first, second = bubbles("a" * 200, [[(100, 200)]])
    assert [run.begins for run in first.runs] == [(), (1,)]
    assert [(run.notes, run.begins) for run in second.runs] == [((1,), ())]


def test_a_mark_inside_an_emoji_is_drawn_around_it():
    (bubble,) = bubbles(f"x{FAMILY}y", [[(2, 3)]])
    assert [(run.text, run.notes) for run in bubble.runs] == [("x", ()), (FAMILY, (1,)), ("y", ())]


def test_a_place_beyond_the_text_marks_nothing():
    assert written(bubbles("abc", [[(2, 90)]])) == "abc"


def test_a_character_that_nobody_sees_stands_alone_under_its_code():
    (bubble,) = bubbles("a\u00a0\u200bb c\n")
    assert [(run.text, run.code) for run in bubble.runs] == [
        ("a", ""),
        ("\u00a0", "U+00A0"),
        ("\u200b", "U+200B"),
        ("b c\n", ""),
    ]


@pytest.mark.parametrize("seen", ["a", " ", "\n", "é", FAMILY, "…"])
def test_what_can_be_seen_has_no_code(seen):
    assert code_of(seen) == ""
