"""What texts take: the worked cases, the arithmetic of the header, and what must hold for every text."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors.encoding import Encoding, Language, forcing, measure, parts, plainer
from errors.encoding.alphabets import BASIC, DEFAULT, EXTENSION, alphabets_for
from errors.encoding.clusters import joined
from errors.encoding.header import CONCATENATION, SHIFT, WIDE_CONCATENATION, room

PROJECT = Path(__file__).parents[2]
CASES = PROJECT / "tests" / "cases"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def cases(name: str) -> list:
    lines = (CASES / name).read_text().splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("case", [*cases("segments.jsonl"), *cases("segments_disagree.jsonl")])
def test_worked_cases(case):
    found = measure(case["text"])
    assert (found.encoding, found.units) == (case["encoding"], case["units"])
    assert found.segments in case.get("accept", [case["segments"]])


@pytest.mark.parametrize(
    ("encoding", "elements", "units"),
    [
        (Encoding.GSM_7, 0, 160),
        (Encoding.GSM_7, CONCATENATION, 153),
        (Encoding.GSM_7, WIDE_CONCATENATION, 152),
        (Encoding.GSM_7, SHIFT, 155),
        (Encoding.GSM_7, 2 * SHIFT, 152),
        (Encoding.GSM_7, CONCATENATION + SHIFT, 149),
        (Encoding.GSM_7, CONCATENATION + 2 * SHIFT, 146),
        (Encoding.UCS_2, 0, 70),
        (Encoding.UCS_2, CONCATENATION, 67),
        (Encoding.UCS_2, WIDE_CONCATENATION, 66),
    ],
)
def test_a_header_takes_its_room_from_the_text(encoding, elements, units):
    assert room(encoding, elements) == units


def test_the_basic_table_has_a_character_in_each_place_but_the_escape():
    assert len(set(BASIC)) == 127
    assert not set(BASIC) & set(EXTENSION)


def test_one_emoji_makes_the_euro_cheaper_and_the_message_longer():
    text = "a" * 159 + "€"
    assert measure(text)[:3] == ("GSM-7", 2, 161)
    assert measure(text + "\U0001f600")[:3] == ("UCS-2", 3, 162)


def test_an_escape_is_not_cut_from_its_character():
    first, second = parts("a" * 152 + "€" + "b" * 10)
    assert (first, second) == ("a" * 152, "€" + "b" * 10)


def test_what_is_read_as_one_character_stays_in_one_part():
    text = "é" * 60 + "ş" + FAMILY + "x" * 10
    assert parts(text) == ["é" * 60 + "ş", FAMILY + "x" * 10]


def test_what_no_part_can_hold_is_cut_between_code_points():
    text = "a" + "\u0301" * 200
    assert [len(part) for part in parts(text)] == [67, 67, 67]


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",
        FAMILY,
        "\U0001f44d\U0001f3fd",
        "\U0001f1ee\U0001f1f9",
        "1\ufe0f\u20e3",
        "\u0e01\u0e47",
        "\u0e19\u0e33",
        "\u1112\u1161\u11ab",
        "\ud55c\u11ab",
        "\u0600\u0661",
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    ],
)
def test_one_character_of_several_code_points(cluster):
    assert all(joined(cluster, at) for at in range(1, len(cluster)))
    assert not joined("x" + cluster, 1)
    assert not joined(cluster + "x", len(cluster))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("\r\n", 1),
        ("\u200b\u0301", 1),
        ("\U0001f1ee\U0001f1f9\U0001f1eb\U0001f1f7", 2),
        ("\u200dx", 1),
        ("\ud55c\uad6d", 1),
        ("中文", 1),
    ],
)
def test_two_characters(text, at):
    assert not joined(text, at)


@pytest.mark.parametrize("language", list(Language))
def test_tables_of_a_language_are_used_only_when_asked_for(language):
    single = alphabets_for(language)[1]
    letters = min(set(single.escaped) - set(DEFAULT.escaped)) * 60
    assert measure(letters).encoding is Encoding.UCS_2
    allowed = measure(letters, language=language)
    assert (allowed.encoding, allowed.segments) == ("GSM-7", 1)
    assert "".join(parts(letters * 3, language=language)) == letters * 3


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        # "ş" costs two septets with the single table and one with the locking table of Turkish.
        (Language.TURKISH, "ş" * 77, ("GSM-7", 1, 154)),
        (Language.TURKISH, "ş" * 152, ("GSM-7", 1, 152)),
        (Language.TURKISH, "ş" * 156, ("GSM-7", 2, 156)),
        (Language.SPANISH, "á" * 77, ("GSM-7", 1, 154)),
        (Language.SPANISH, "á" * 78, ("GSM-7", 2, 156)),
        (Language.HINDI, "न" * 155, ("GSM-7", 1, 155)),
        # Small letters are in the Indian tables, capitals behind the escape.
        (Language.HINDI, "नA", ("GSM-7", 1, 3)),
        (Language.TAMIL, "ş", ("UCS-2", 1, 1)),
    ],
)
def test_a_language_costs_its_header(language, text, expected):
    assert measure(text, language=language)[:3] == expected


def test_a_wide_reference_leaves_less_room():
    assert [measure("a" * 306, wide_reference=wide).segments for wide in (False, True)] == [2, 3]
    assert [measure("中" * 134, wide_reference=wide).segments for wide in (False, True)] == [2, 3]


def test_the_characters_that_force_ucs2_are_named_with_their_places():
    found = forcing("“Hi” 🎉 it’s “us” cafe\u0301")
    assert [(char.char, char.at, char.instead) for char in found] == [
        ("“", (0, 12), '"'),
        ("”", (3, 15), '"'),
        ("🎉", (5,), None),
        ("’", (9,), "'"),
        ("\u0301", (21,), "é"),
    ]
    assert (found[0].code, found[0].name) == ("U+201C", "left double quotation mark")


def test_a_suggestion_changes_nothing_that_readers_would_notice():
    found = plainer("Acme: “x”\u00a0— cafe\u0301…\u200b Ａ tu código ²")
    assert found.text == 'Acme: "x" - café... A tu código ²'
    assert not found.is_gsm


def test_accents_are_left_away_only_when_asked_for():
    found = plainer("Acme: tu código está listo, Łódź œuvre", respelled=True)
    assert found.text == "Acme: tu codigo esta listo, Lodz oeuvre"
    assert found.is_gsm
    assert {change.faithful for change in found.changes} == {False}


def test_a_suggestion_says_what_it_saves():
    found = plainer("Acme: it’s " + "x" * 90)
    assert (found.before.segments, found.after.segments, found.saves) == (2, 1, 1)


def test_a_text_that_is_gsm_already_is_left_alone():
    assert plainer("£5 {a} \u00e9").changes == ()


texts = st.text(st.characters(exclude_categories=())) | st.text(
    "ab€{}é’中\U0001f600\u0301\u200d\U0001f1eb\r\n", max_size=400
)


@given(texts, st.sampled_from([None, *Language]))
def test_parts_are_the_text_and_as_many_as_measured(text, language):
    found = measure(text, language=language)
    cut = parts(text, language=language)
    assert "".join(cut) == text
    assert len(cut) == found.segments


@given(texts)
def test_no_part_is_over_its_room(text):
    found = measure(text)
    limit = {("GSM-7", True): 160, ("GSM-7", False): 153, ("UCS-2", True): 70, ("UCS-2", False): 67}
    for part in parts(text):
        # A part alone may be plainer than the whole, so its units are counted by hand.
        units = len(part.encode("utf-16-le", "surrogatepass")) // 2
        if found.encoding is Encoding.GSM_7:
            units = len(part) + len(re.findall(r"[\f^{}\\\[~\]|€]", part))
        assert units <= limit[found.encoding, found.segments == 1]


@given(texts)
def test_only_forcing_characters_force(text):
    found = forcing(text)
    assert bool(found) == (measure(text).encoding is Encoding.UCS_2)
    places = {place for char in found for place in char.at}
    assert all(text[place] == char.char for char in found for place in char.at)
    rest = "".join(char for place, char in enumerate(text) if place not in places)
    assert measure(rest).encoding is Encoding.GSM_7


@given(texts)
def test_a_suggestion_only_brings_gsm_characters(text):
    found = plainer(text, respelled=True)
    assert all(
        DEFAULT.carries(change.instead) and text[change.at :].startswith(change.was)
        for change in found.changes
    )
    assert len(forcing(found.text)) <= len(forcing(text))


@given(st.text(sorted(BASIC + EXTENSION), max_size=400))
def test_what_both_tables_hold_is_never_ucs2(text):
    assert measure(text).encoding is Encoding.GSM_7


def test_measure_text_answers_in_order_and_survives_bad_lines():
    asked = b'{"text": "it\\u2019s", "id": 7}\n\n{"text": 5}\nnonsense\n{"text": "\\ud83d"}\n{"text": ""}\n'
    done = subprocess.run(
        [sys.executable, "manage.py", "measure_text"],
        input=asked,
        capture_output=True,
        cwd=PROJECT,
        timeout=60,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == {
        "id": 7,
        "encoding": "UCS-2",
        "segments": 1,
        "units": 4,
        "forcing": [
            {
                "char": "’",
                "code": "U+2019",
                "name": "right single quotation mark",
                "at": [2],
                "instead": "'",
                "faithful": True,
            }
        ],
    }
    assert [answer.get("line") for answer in answers] == [None, 3, 4, None, None]
    assert "text in quotes" in answers[1]["error"]
    assert (answers[3]["encoding"], answers[3]["units"]) == ("UCS-2", 1)
    assert (answers[4]["segments"], answers[4]["units"], answers[4]["forcing"]) == (1, 0, [])
    assert done.returncode == 1
