"""manage.py preflight, and the worked cases through it."""

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from errors.management.commands.preflight import Command
from errors.preflight import rules_on

PROJECT = Path(__file__).parents[3]
LINES = (PROJECT / "tests" / "cases" / "preflight.jsonl").read_bytes().splitlines()


def answer(asked: dict) -> dict:
    (found,) = Command().answers([json.dumps(asked).encode()])
    return found


@pytest.mark.parametrize("line", [pytest.param(line, id=json.loads(line)["id"]) for line in LINES])
def test_worked_cases(line):
    case = json.loads(line)
    (found,) = Command().answers([line])
    named = {f"{finding['severity']}:{finding['code']}" for finding in found["findings"]}
    codes = {finding["code"] for finding in found["findings"]}
    assert set(case["expected"]) <= named
    assert not codes & set(case.get("forbidden", []))
    assert not case.get("any_of") or codes & set(case["any_of"])


def test_the_day_whose_rules_hold_is_the_staffs_and_not_the_machines():
    days = []

    def books(day):
        days.append(day)
        return rules_on(day)

    command = Command()
    command.books = books
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):  # 26 hours apart: never on the same day
        with timezone.override(zone):
            command.answer({"message": "Acme: hi", "purpose": "otp"})
    command.answer({"message": "Acme: hi", "purpose": "otp", "now": "2026-03-10T23:59"})
    assert days[0] != days[1]
    assert days[2] == date(2026, 3, 10)


def test_lines_are_answered_in_order_and_bad_ones_stop_nothing():
    asked = b"".join(
        [
            b'{"message": "Acme: hi", "to": "+14155552671", "sender": "+14155550100", "purpose": "otp", "id": 1}\n\n',
            b'{"message": "Acme: hi", "purpose": "fun", "id": 2}\n',
            b'{"message": "Acme: hi", "purpose": "otp", "at": "noon"}\n',
            b'{"message": 5, "purpose": "otp"}\n',
            b'{"message": "x", "purpose": "otp", "media": [5]}\n',
            b'{"to": "+14155552671"}\n',
            b"nonsense\n",
            b'{"message": "Acme \\ud83d", "purpose": "otp", "to": ["+14155552671", "+14155552672"]}\n',
        ]
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "preflight"], input=asked, capture_output=True, cwd=PROJECT, timeout=60
    )
    found = [json.loads(line) for line in io.BytesIO(done.stdout)]
    assert [(one.get("id"), one.get("line")) for one in found] == [
        (1, None),
        (2, 3),
        (None, 4),
        (None, 5),
        (None, 6),
        (None, 7),
        (None, 8),
        (None, None),
    ]
    assert found[0]["verdict"] == "warn"  # nobody said whether the sender is registered
    assert found[1]["error"] == '"purpose" is "fun"; write marketing, transactional or otp'
    assert {finding["code"] for finding in found[-1]["findings"]} >= {"to.multiple", "body.ill_formed"}
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("OPTED_OUT", "consent.opted_out"),
        ("unsubscribed", "consent.opted_out"),
        ("revoked", "consent.opted_out"),
        ("Do not text", "consent.opted_out"),
        ("e-mail only", "consent.wrong_channel"),
        (None, "consent.missing"),
        ("a word that nobody knows", "consent.missing"),
        ("e-mail", "consent.wrong_channel"),
        ("transactional only", "consent.transactional_only"),
    ],
)
def test_consent_is_read_in_the_words_of_exports_and_is_none_when_in_doubt(written, code):
    found = answer({"message": "Acme: sale", "purpose": "marketing", "consent": written})
    assert code in {finding["code"] for finding in found["findings"]}


def test_earlier_texts_and_the_clock_may_be_given():
    asked = {
        "message": "Acme: hi",
        "to": "+14155552671",
        "sender": "+14155550100",
        "purpose": "transactional",
        "at": "2026-03-10T12:00",
        "now": "2026-03-10T12:30",
        "recent": [
            {
                "to": "(415) 555-2671",
                "sender": "+14155550100",
                "message": "acme: HI",
                "at": "2026-03-10T11:00",
            }
        ],
        "country": "US",
    }
    codes = {finding["code"] for finding in answer(asked)["findings"]}
    assert {"time.past", "duplicate.same_content"} <= codes


@given(st.text(st.characters(exclude_categories=())), st.text(), st.text())
def test_no_text_makes_it_stumble(body, to, sender):
    found = answer({"message": body, "to": to, "sender": sender, "purpose": "marketing", "country": "US"})
    assert found["verdict"] in ("pass", "warn", "block")
    length = len(body)
    assert all(
        0 <= begin < end <= length for finding in found["findings"] for begin, end in finding["places"]
    )
