"""manage.py check_numbers: JSON lines in, JSON lines out, in order, and a bad line stops nothing."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

PROJECT = Path(__file__).parents[2]


def check(path: Path, content: str | bytes) -> tuple[list[dict], int]:
    """The answers and the exit code."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    out = io.StringIO()
    code = 0
    try:
        call_command("check_numbers", str(path), stdout=out)
    except SystemExit as stopped:
        code = stopped.code
    return [json.loads(line) for line in out.getvalue().splitlines()], code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.jsonl"


def test_each_line_is_answered_in_order_with_its_id(path):
    answers, code = check(
        path,
        '{"raw": "(415) 555-2671", "default_region": "US", "id": "a"}\n'
        '{"raw": "+44 20 7123 4567 x12", "default_region": null}\n'
        '{"raw": "1.41556E+10", "default_region": "US", "id": 3}\n',
    )
    assert code == 0
    assert answers == [
        {
            "id": "a",
            "e164": "+14155552671",
            "reason": None,
            "type": "FIXED_LINE_OR_MOBILE",
            "region": "US",
            "warnings": [],
        },
        {
            "e164": "+442071234567",
            "reason": None,
            "type": "FIXED_LINE",
            "region": "GB",
            "warnings": ["extension", "landline"],
            "ext": "12",
        },
        {
            "id": 3,
            "e164": None,
            "reason": "scientific_notation",
            "type": None,
            "region": None,
            "warnings": [],
        },
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not JSON"),
        (b"[1]", '"raw" is missing'),
        (b'{"default_region": "US"}', '"raw" is missing'),
        (b'{"raw": 4155552671, "default_region": "US"}', '"raw" is 4155552671'),
        (b'{"raw": "4155552671", "default_region": 1}', '"default_region" is 1'),
        (b'{"raw": "4155552671", "default_region": "UK"}', "did you mean GB"),
        (b'{"raw": "+14155552671", "default_region": "XX"}', 'Unknown region "XX"'),
        (b'{"raw": "Montr\xe9al"}', "byte 15: not UTF-8"),
        (b"[" * 100_000, "nested more than 40 deep"),
        (b'{"raw": "+14155552671", "raw": "+14155552672"}', "“raw” stands twice"),
        (b'{"raw": "+14155552671", "id": NaN}', "NaN is not a number"),
    ],
)
def test_a_bad_line_is_answered_in_words_and_the_rest_still_read(path, line, words):
    good = b'{"raw": "+14155552671", "default_region": null}'
    answers, code = check(path, good + b"\n" + line + b"\n" + good)
    assert code == 1
    assert [answer.get("e164") for answer in answers] == ["+14155552671", None, "+14155552671"]
    assert answers[1]["line"] == 2
    assert words in answers[1]["error"]


def test_an_error_names_the_id_it_knows(path):
    answers, _ = check(path, '{"raw": "1", "default_region": "XX", "id": 9}')
    assert (answers[0]["id"], answers[0]["line"]) == (9, 1)


def test_blank_lines_byte_order_mark_and_a_null_cell_are_no_errors(path):
    answers, code = check(path, '\ufeff{"raw": null, "default_region": "US"}\r\n\r\n{"raw": ""}')
    assert code == 0
    assert [answer["reason"] for answer in answers] == ["empty", "empty"]


def test_a_missing_file_is_said_in_words(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere.jsonl: No such file"):
        call_command("check_numbers", str(tmp_path / "nowhere.jsonl"))


def test_it_reads_standard_input_and_ends_with_1_after_an_error():
    done = subprocess.run(
        [sys.executable, "manage.py", "check_numbers", "-"],
        input='{"raw": "٤١٥٥٥٥٢٦٧١", "default_region": "US"}\nnonsense\n'.encode(),
        capture_output=True,
        cwd=PROJECT,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (answers[0]["e164"], answers[1]["line"], done.returncode) == ("+14155552671", 2, 1)
