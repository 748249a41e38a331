"""manage.py explain_consent: one answer for each line, whatever the line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backoffice.asked import Unreadable
from consent.ledger import Precision, Scope, SystemKind, Value, WordingState
from consent.management.commands.explain_consent import Command
from consent.management.scenarios import read_scenario
from tests.consent.rule_cases import utc

CASES = Path(__file__).parent.parent / "cases" / "consent_scenarios.jsonl"
NOW = "2026-11-20T00:00:00Z"


def line(**changes: Any) -> dict[str, Any]:
    grant = {
        "id": "g",
        "act": "grant",
        "kind": "form",
        "occurred_at": "2026-03-01T10:00:00Z",
        "program": "promo",
    }
    return {"id": "x", "now": NOW, "program": {"code": "promo"}, "evidence": [grant]} | changes


def one_record(**changes: Any) -> dict[str, Any]:
    return line(evidence=[line()["evidence"][0] | changes])


def evidence_of(**changes: Any):
    return read_scenario(one_record(**changes)).evidence[0]


def run(file: str) -> tuple[list[dict[str, Any]], int]:
    out = io.StringIO()
    try:
        call_command("explain_consent", file, stdout=out)
    except SystemExit as stopped:
        return _lines(out), int(stopped.code or 0)
    return _lines(out), 0


def _lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(text) for text in out.getvalue().splitlines()]


# --- the command


def test_answers_the_worked_cases_in_order():
    told, code = run(str(CASES))
    cases = [json.loads(text) for text in CASES.read_text().splitlines()]
    assert code == 0
    assert [answer["id"] for answer in told] == [case["id"] for case in cases]
    for answer, case in zip(told, cases, strict=True):
        assert list(answer) == ["id", "status", "reason", "decided_by", "flags", "explanation"]
        assert {key: answer[key] for key in ("status", "reason", "flags")} == case["expected"]
        assert answer["explanation"]


def test_a_bad_line_is_told_and_the_rest_goes_on(tmp_path):
    file = tmp_path / "lines.jsonl"
    bad = line(id="bad", evidence=[{"id": "g", "act": "granted", "kind": "form"}])
    file.write_text(
        "\n".join([json.dumps(line(id=1)), "", "{oops", json.dumps(bad), "  ", json.dumps(line())])
    )
    told, code = run(str(file))
    assert code == 1
    assert [answer.get("id") for answer in told] == [1, None, "bad", "x"]
    assert [answer.get("line") for answer in told] == [None, 3, 4, None]
    assert "column 2" in told[1]["error"]
    assert "evidence[0].act: unknown value 'granted'; give one of grant, " in told[2]["error"]


def test_reads_standard_input_when_no_file_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(line()).encode())))
    call_command("explain_consent")
    assert json.loads(capsys.readouterr().out)["status"] == "OPTED_IN"


def test_says_which_file_is_missing(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.jsonl: No such file"):
        call_command("explain_consent", str(tmp_path / "nowhere.jsonl"))


def test_an_empty_file_has_no_answers(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert run(str(tmp_path / "empty")) == ([], 0)


def test_a_byte_order_mark_and_windows_line_ends_are_read():
    raw = b"\xef\xbb\xbf" + json.dumps(line()).encode() + b"\r\n"
    assert [answer["status"] for answer in Command().answers([raw])] == ["OPTED_IN"]


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"\xff\xfe{", "not UTF-8"),
        (b"[" * 100_000, "nested more than 40 deep"),
        (b'{"id": ' + b"9" * 5000 + b"}", "a number in it is too long"),
        (b"[1]", "expected a JSON object"),
        (b"null", "expected a JSON object"),
        (b'"text"', "expected a JSON object"),
        (b"{} {}", "not JSON"),
    ],
)
def test_damage_is_an_error_of_its_line(raw, error):
    [answer] = Command().answers([raw])
    assert answer["line"] == 1
    assert error in answer["error"]
    assert "id" not in answer


def test_names_with_odd_characters_come_out_as_plain_ascii_lines(tmp_path):
    file = tmp_path / "odd.jsonl"
    file.write_text(json.dumps(line(id="\ud800é", program={"code": "é\u2028"})))
    out = io.StringIO()
    call_command("explain_consent", str(file), stdout=out)
    assert out.getvalue().isascii()
    assert json.loads(out.getvalue())["id"] == "\ud800é"


# --- the reader


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({"evidence": []}, "now: missing"),
        (line(id=None), "id: missing"),
        (line(id=True), "id: expected a text or a whole number"),
        (line(id=""), "id: expected a text"),
        (line(now="today"), "now: 'today' is no date"),
        (line(now="2026-11-20T00:00:00"), "now: '2026-11-20T00:00:00' has no time zone"),
        (line(now=17), "now: 17 is no date"),
        (line(program=None), "program: missing"),
        (line(program="promo"), "program: expected a JSON object"),
        (line(program={}), "program.code: missing"),
        (line(program={"code": " "}), "program.code: expected a text"),
        (
            line(program={"code": "p", "double_opt_in": "yes"}),
            "program.double_opt_in: expected true or false",
        ),
        (
            line(program={"code": "p", "double_opt_in_days": -1}),
            "program.double_opt_in_days: -1 is out of range",
        ),
        (line(program={"code": "p", "ttl_days": 10**9}), "program.ttl_days: 1000000000 is out of range"),
        (line(program={"code": "p", "ttl_days": 1.5}), "program.ttl_days: expected a whole number"),
        (line(program={"code": "p", "senders": "S1"}), "program.senders: expected a list"),
        (line(policy=[]), "policy: expected a JSON object"),
        (
            line(policy={"stop_scope": "world"}),
            "policy.stop_scope: unknown value 'world'; give one of sender, all",
        ),
        (line(policy={"clock_skew_seconds": True}), "policy.clock_skew_seconds: expected a whole number"),
        (line(evidence=None), "evidence: missing"),
        (line(evidence={}), "evidence: expected a list"),
        (line(evidence=["g"]), "evidence[0]: expected a JSON object"),
        (one_record(id=None), "evidence[0].id: missing"),
        (one_record(act=None), "evidence[0].act: missing; give one of grant"),
        (one_record(act=["grant"]), "evidence[0].act: unknown value"),
        (one_record(kind="telepathy"), "evidence[0].kind: unknown value 'telepathy'"),
        (one_record(occurred_at="2026-13-01"), "evidence[0].occurred_at: '2026-13-01' is no date"),
        (one_record(occurred_at="0001-01-01T00:00:00+14:00"), "evidence[0].occurred_at: "),
        (one_record(received_at="2026-03-01T10:00:00"), "evidence[0].received_at: "),
        (one_record(precision="minute"), "evidence[0].precision: unknown value 'minute'"),
        (one_record(sequence=12), "evidence[0].sequence: expected a JSON object"),
        (
            one_record(sequence={"stream": "tw", "number": "12"}),
            "evidence[0].sequence.number: expected a whole",
        ),
        (one_record(second_approver="Ana"), "evidence[0].second_approver: expected true or false"),
        (one_record(act="void", kind="staff"), "evidence[0].voids: missing"),
        (one_record(voids="r"), "evidence[0].voids: expected a list"),
        (one_record(program=7), "evidence[0].program: expected a text"),
        (line(readings={}), "readings: expected a list"),
        (line(readings=[{"system": "x", "value": "in"}]), "readings[0].kind: missing; give one of platform"),
        (line(readings=[{"system": "crm", "kind": "crm"}]), "readings[0].value: missing"),
        (
            line(readings=[{"kind": "crm", "value": "in", "corrected": {"value": "out"}}]),
            "readings[0].corrected.at: missing",
        ),
        (
            line(readings=[{"kind": "crm", "value": "in", "corrected": {"at": NOW, "value": "off"}}]),
            "readings[0].corrected.value: unknown value 'off'",
        ),
    ],
)
def test_what_cannot_be_read_says_what_where_and_how_to_mend(source, error):
    with pytest.raises(Unreadable) as problem:
        read_scenario(source)
    assert str(problem.value).startswith(error)


def test_only_the_necessary_fields_are_needed():
    scenario = read_scenario(line())
    assert scenario.policy.stop_scope is Scope.SENDER
    assert scenario.policy.clock_skew_seconds == 120
    assert scenario.program.double_opt_in_days == 7
    assert scenario.beliefs == ()
    [grant] = scenario.evidence
    assert grant.precision is Precision.SECOND
    assert grant.received_at == grant.occurred_at == utc("2026-03-01T10:00")
    assert grant.wording is WordingState.KNOWN


@pytest.mark.parametrize(
    ("said", "precision", "at", "known_as"),
    [
        ("2026-05-02T10:00:00Z", None, "2026-05-02T10:00", Precision.SECOND),
        ("2026-05-02t10:00:00z", None, "2026-05-02T10:00", Precision.SECOND),
        ("2026-05-02T10:00:00+02:00", None, "2026-05-02T08:00", Precision.SECOND),
        ("2026-05-02T10:00:00", None, "2026-05-02T10:00", Precision.NAIVE_DATETIME),
        ("2026-05-02", None, "2026-05-02", Precision.NAIVE_DATE),
        ("20260502", None, "2026-05-02", Precision.NAIVE_DATE),
        ("2026-05-02", "date", "2026-05-02", Precision.DATE),
        ("2026-05-02T10:00:00+02:00", "date", "2026-05-01T22:00", Precision.DATE),
        ("2026-05-02T10:00:00", "date", "2026-05-02", Precision.NAIVE_DATE),
        ("2026-05-02", "naive_date", "2026-05-02", Precision.NAIVE_DATE),
        ("2026-05-02T10:00:00Z", "naive_date", "2026-05-02", Precision.NAIVE_DATE),
        ("2026-05-02T10:00:00+02:00", "naive_datetime", "2026-05-02T10:00", Precision.NAIVE_DATETIME),
        ("2026-05-02", "naive_datetime", "2026-05-02", Precision.NAIVE_DATE),
    ],
)
def test_a_time_is_taken_no_more_exactly_than_it_is_written(said, precision, at, known_as):
    record = evidence_of(occurred_at=said, precision=precision, received_at=NOW)
    assert (record.occurred_at, record.precision) == (utc(at), known_as)


def test_nothing_arrives_after_now():
    assert evidence_of(occurred_at="2027-05-02T10:00:00Z").received_at == utc("2026-11-20")
    assert evidence_of(occurred_at=None).received_at == utc("2026-11-20")
    assert evidence_of(received_at="2027-05-02T10:00:00Z").received_at == utc("2026-11-20")


@pytest.mark.parametrize(
    ("said", "known_as"),
    [
        (None, WordingState.KNOWN),
        ("", WordingState.KNOWN),
        ("checkout-2026-03", WordingState.KNOWN),
        ("pre-checked", WordingState.PRECHECKED),
        ("prechecked", WordingState.PRECHECKED),
        ("Pre_Ticked", WordingState.PRECHECKED),
        ("unknown", WordingState.UNKNOWN),
        ("other program", WordingState.OTHER_PROGRAM),
        ("other_program", WordingState.OTHER_PROGRAM),
    ],
)
def test_what_is_said_of_a_wording(said, known_as):
    assert evidence_of(wording=said).wording is known_as


def test_a_logged_call_has_its_reference_unless_told_otherwise():
    assert evidence_of(kind="channel_logged").has_reference
    assert evidence_of(kind="channel", reference="call 17").has_reference
    assert not evidence_of(kind="channel_logged", has_reference=False).has_reference
    assert not evidence_of(kind="channel").has_reference


def test_a_bare_day_of_implied_consent_is_still_covered():
    assert evidence_of(implied_until="2026-11-20").implied_until == utc("2026-11-21")


def test_a_sequence_needs_no_clock():
    record = evidence_of(sequence={"stream": "tw", "number": 11})
    assert (record.stream, record.number, record.clock) == ("tw", 11, None)


def belief_of(**source: Any):
    return read_scenario(line(readings=[{"system": "crm", "kind": "crm", "value": "in"} | source])).beliefs[0]


def test_a_belief_keeps_what_its_system_says():
    belief = belief_of(corrected={"at": "2026-05-03T09:00:00Z", "value": "out"}, overwrites_on_sync=True)
    assert (belief.corrected_at, belief.corrected_value) == (utc("2026-05-03T09:00"), Value.OUT)
    assert belief.overwrites_on_sync
    assert belief.read_at == utc("2026-11-20")


def test_a_system_that_is_named_twice_says_it_once():
    said = {"kind": "crm", "value": "in"}
    assert len(read_scenario(line(readings=[said, {**said, "value": "out"}, said])).beliefs) == 2


def test_a_word_outside_the_vocabulary_is_kept_as_it_came():
    belief = belief_of(value="Maybe")
    assert (belief.value, belief.text) == (Value.UNKNOWN, "Maybe")
    assert belief_of(value="IN").value is Value.IN
    assert belief_of(value="unknown").text == ""
    assert belief_of(value="").value is belief_of(value=None).value is Value.UNKNOWN


def test_a_system_named_like_its_kind_needs_no_kind():
    assert belief_of(system="platform", kind=None).kind is SystemKind.PLATFORM
    assert belief_of(system=None, kind="list").system == "list"


def test_a_message_without_a_time_keeps_none():
    assert belief_of(kind="send", value="sent").read_at is None
    assert belief_of(kind="send", value="sent", at="2026-05-01T15:03:00Z").read_at == utc("2026-05-01T15:03")
