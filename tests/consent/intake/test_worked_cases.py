"""Three files with what every row of them should become: number, status, time, warnings, bucket."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backoffice.imports.importer import Outcome
from consent.models import ConsentRecord, Reading
from tests.consent.intake.make import taken_in, upload

CASES = Path(__file__).parents[2] / "cases" / "csv"
AS_OF = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)

# Their words for ours.
STATUS = {"opted_in": "in", "opted_out": "out", "never": "never", "unknown": "unknown"}
REASON = {
    "phone_scientific": {"phone_scientific_notation"},
    "phone_empty": {"phone_empty"},
    "phone_invalid": {"phone_too_short", "phone_too_long", "phone_not_valid"},
    "phone_multiple": {"phone_multiple_numbers"},
    "status_unrecognised": {"status_unrecognised"},
    "undecodable": {"undecodable_byte"},
}
WARNING = {"without_timestamp": "no_timestamp"}
# The cases use numbers reserved for examples throughout and say nothing of it.
UNSAID = {"fictitious"}
EVENT = {
    "opt_out": {"revoke"},
    "blocked_opt_out": {"revoke"},
    "opt_in": {"grant"},
    "unclear": {"confirm", "assert_none"},
    # A text that a person has to read changes no consent, no more than one that says nothing.
    "none": {"", "assert_none"},
    "help": {""},
    # What became of a message we sent is another matter: its status, and no consent.
    "outbound": {"delivered", "undelivered", "failed", "sent"},
}


def _expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / f"{name}.expected.json").read_text())
    return found


def _records(name: str, header_line: int, encoding: str) -> list[int]:
    """The line on which each data record of the file begins, blank lines not counted."""
    text = (CASES / f"{name}.csv").read_bytes().decode(encoding, "replace")
    lines, reader = [], csv.reader(_physical(text)[header_line:])
    before = 0
    for cells in reader:
        if cells:
            lines.append(header_line + before + 1)
        before = reader.line_num
    return lines


def _physical(text: str) -> list[str]:
    """Lines as an editor counts them: any of the three endings."""
    return text.replace("\r\n", "\n").replace("\r", "\n").splitlines(keepends=True)


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _take(slug: str, name: str) -> dict[int, Outcome]:
    batch = upload(slug, (CASES / f"{name}.csv").read_bytes(), f"{name}.csv", as_of=AS_OF)
    outcomes = taken_in(batch)
    assert batch.adds_up
    return {outcome.line: outcome for outcome in outcomes}


def _differences(record: dict[str, Any], outcome: Outcome | None, *, is_repeated: bool) -> list[str]:
    """What an outcome has otherwise than its record says, as words; empty when all of it agrees."""
    if "skip" in record:
        return [] if outcome is None else [f"is {outcome.bucket}, should be no row"]
    if outcome is None:
        return ["is no row, should be one"]
    other = record.get("also_accept", {})
    if not record["good"] or (outcome.bucket == "rejected" and other.get("good") is False):
        reason = record.get("reason") or other.get("reason")
        found = [] if outcome.reason in REASON[reason] else [f"{outcome.reason} for {reason}"]
        buckets = {"rejected", record.get("bucket_also", "rejected")}
        return found + ([] if outcome.bucket in buckets else [f"{outcome.bucket} for {buckets}"])
    found = []
    if outcome.number != record["phone"]:
        found.append(f"number {outcome.number} for {record['phone']}")
    wanted = {STATUS[status] for status in (record["status"], *record.get("status_also_accept", []))}
    if outcome.value not in wanted:
        found.append(f"status {outcome.value} for {wanted}")
    times = {record["timestamp_utc"], *record.get("timestamp_also_accept", [])}
    if _time(outcome.at) not in times:
        found.append(f"time {_time(outcome.at)} for {times}")
    warnings = {WARNING.get(warning, warning) for warning in record.get("warnings", [])}
    if set(outcome.warnings) - UNSAID != warnings - UNSAID:
        found.append(f"warnings {sorted(outcome.warnings)} for {sorted(warnings)}")
    bucket = "duplicate" if is_repeated else "created"
    if outcome.bucket != bucket:
        found.append(f"bucket {outcome.bucket} for {bucket}")
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "name", "header_line", "encoding"),
    [("hubspot", "hubspot_contacts", 1, "utf-8-sig"), ("crm", "crm_dump_broken", 4, "utf-8")],
)
def test_every_row_of_a_contact_export_ends_as_expected(
    slug: str, name: str, header_line: int, encoding: str
) -> None:
    expected = _expected(name)["records"]
    lines = _records(name, header_line, encoding)
    assert len(lines) == len(expected)
    outcomes = _take(slug, name)
    wrong, numbers = {}, set()
    for record, line in zip(expected, lines, strict=True):
        number = record.get("phone")
        if differences := _differences(record, outcomes.get(line), is_repeated=number in numbers):
            wrong[f"record {record['record']}, line {line}"] = differences
        if number:
            numbers.add(number)
    assert not wrong
    assert set(outcomes) <= set(lines)


@pytest.mark.django_db
def test_every_row_of_a_message_log_ends_as_expected() -> None:
    expected = _expected("twilio_message_log")["records"]
    lines = _records("twilio_message_log", 1, "utf-8-sig")
    outcomes = _take("twilio", "twilio_message_log")
    assert len(lines) == len(expected) == len(outcomes)
    wrong = {}
    for record, line in zip(expected, lines, strict=True):
        outcome = outcomes[line]
        events = [record["event"], *record.get("also_accept", [])]
        if outcome.value not in set().union(*(EVENT[event] for event in events)):
            wrong[line] = f"{outcome.value or outcome.reason} for {events}"
        elif outcome.value and outcome.number != record["contact"]:
            wrong[line] = f"{outcome.number} for {record['contact']}"
        elif outcome.value and record["event"] != "blocked_opt_out":
            if _time(outcome.at) != record["timestamp_utc"]:
                wrong[line] = f"{_time(outcome.at)} for {record['timestamp_utc']}"
        elif record["event"] == "blocked_opt_out" and outcome.at is not None:
            wrong[line] = "a refused send does not say when the opt-out was made"
    assert not wrong


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing() -> None:
    content = (CASES / "hubspot_contacts.csv").read_bytes()
    taken_in(upload("hubspot", content, as_of=AS_OF))
    before = Reading.objects.count()
    # One byte more, so that it is not the same file, only the same rows.
    again = upload("hubspot", content + b"\r\n", as_of=AS_OF)
    outcomes = taken_in(again)
    assert Reading.objects.count() == before
    assert {outcome.bucket for outcome in outcomes} == {"unchanged", "duplicate", "rejected", "held"}


@pytest.mark.django_db
def test_the_same_message_log_again_adds_no_record() -> None:
    content = (CASES / "twilio_message_log.csv").read_bytes()
    taken_in(upload("twilio", content, as_of=AS_OF))
    before = ConsentRecord.objects.count()
    outcomes = taken_in(upload("twilio", content + b"\r\n", as_of=AS_OF))
    assert ConsentRecord.objects.count() == before
    assert {outcome.bucket for outcome in outcomes} == {"unchanged"}
