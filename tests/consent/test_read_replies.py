"""manage.py read_replies: JSON lines in, JSON lines out, in order, never stopping at a bad line."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

CASES = Path(__file__).parents[1] / "cases" / "keywords.jsonl"


def run(*args: str) -> tuple[list[dict[str, Any]], int]:
    """The answers and the exit status."""
    out = io.StringIO()
    try:
        call_command("read_replies", *args, stdout=out)
    except SystemExit as ended:
        return [json.loads(line) for line in out.getvalue().splitlines()], int(ended.code or 0)
    return [json.loads(line) for line in out.getvalue().splitlines()], 0


def run_on(lines: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[list[dict[str, Any]], int]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    return run()


def test_answers_every_line_in_order(tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text(
        '{"id": "a", "text": "STOP"}\n\n{"text": "ok thanks"}\n'
        '{"id": 3, "text": "Yes", "context": {"last_outbound": "Reply YES to get weekly deals by text"}}\n'
    )
    assert run(str(file)) == (
        [
            {"id": "a", "meaning": "stop", "class": "REVOKE_EXPLICIT", "scope": "sender"},
            {"meaning": "none", "class": "NONE", "scope": None},
            {"id": 3, "meaning": "start", "class": "YES", "scope": "sender"},
        ],
        0,
    )


def test_reads_the_labelled_cases_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, status = run_on(CASES.read_bytes(), monkeypatch)
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    assert status == 0
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    agreed = sum(
        a["meaning"] in (c["expected"], *c.get("also_accept", []))
        for a, c in zip(answers, cases, strict=True)
    )
    assert agreed >= 0.99 * len(cases)


def test_a_bad_line_is_told_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        b'nope\n{"text": 5, "id": "x"}\n{"a": 1}\n\xff\n[1]\n{"text": "x", "context": [1]}\n{"text": "STOP"}'
    )
    answers, status = run_on(lines, monkeypatch)
    assert status == 1
    assert [answer.get("line") for answer in answers] == [1, 2, 3, 4, 5, 6, None]
    assert "write one complete object on each line" in answers[0]["error"]
    assert answers[1]["id"] == "x"
    assert '"text" is 5' in answers[1]["error"]
    assert '"text" is missing' in answers[2]["error"]
    assert "save the file as UTF-8" in answers[3]["error"]
    assert '"context" is no object' in answers[5]["error"]
    assert answers[6]["meaning"] == "stop"


def test_null_and_a_byte_order_mark_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = b'\xef\xbb\xbf{"text": null}\n{"text": "STOP", "context": null}\n{"text": "\\ud83d"}'
    answers, status = run_on(lines, monkeypatch)
    assert status == 0
    assert [answer["meaning"] for answer in answers] == ["none", "stop", "none"]


def test_a_missing_file_is_told() -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("/nonexistent.jsonl")
