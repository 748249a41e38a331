"""What staff read: every finding is one sentence with two facts, every answer explains itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from consent.ledger import Act, Belief, Kind, Precision, SystemKind, Value, WordingState
from consent.rules import CODES, Code, Finding, Severity, derive, explain, fingerprint, sentence
from consent.rules.findings import found
from consent.rules.words import moment_words
from tests.consent import test_rules_grants as grants
from tests.consent import test_rules_mismatches as mismatches
from tests.consent import test_rules_revocations as revocations
from tests.consent import test_rules_times as times
from tests.consent.rule_cases import (
    NOW,
    POLICY,
    PROMO,
    Row,
    boundary,
    claim,
    crm,
    form,
    platform,
    provider,
    revoke,
    start,
    stop,
    void,
    yes,
)

ROWS = [*grants.ROWS, *revocations.ROWS, *times.ROWS, *mismatches.ROWS]


def _sentences(row: Row) -> list[tuple[Finding, str]]:
    agreed = derive(row.program, row.evidence, row.beliefs, row.policy, row.now)
    return [(finding, sentence(finding)) for finding in agreed.findings]


@pytest.mark.parametrize("row", [row for row in ROWS if row.flags], ids=lambda row: row.name)
def test_every_finding_is_a_whole_sentence(row):
    for finding, text in _sentences(row):
        assert re.fullmatch(r"[A-Z“].*[^,;:. ]\.", text), (finding.code, text)
        assert "{" not in text
        assert "  " not in text
        assert " ," not in text
        assert "None" not in text


def test_every_code_has_its_facts():
    assert set(CODES) == set(Code)
    for facts in CODES.values():
        assert facts.title
        assert facts.sentence.endswith(".")
        assert facts.advice.endswith(".")


def test_staff_are_told_where_every_code_comes_from():
    guide = (Path(__file__).parents[2] / "docs" / "staff.md").read_text(encoding="utf-8")
    assert [code for code in Code if f"`{code}`" not in guide] == []


def test_the_harm_of_every_code():
    def with_severity(severity):
        return {code.value for code, facts in CODES.items() if facts.severity is severity}

    assert with_severity(Severity.S1) == {
        "PLATFORM_IN_AGREED_OUT",
        "CARRIER_BLOCK_UNRECORDED",
        "PROVIDER_UNBLOCKED_AGREED_OUT",
        "STOP_OVERRIDE_ATTEMPT",
        "SYNC_REGRESSION",
        "POST_STOP_SEND",
        "SLA_BREACH",
        "STOPALL_PARTIAL",
        "NUMBER_REASSIGNED",
        "PER_SE_KEYWORD_MISSED",
        "FREETEXT_REVOCATION",
        "CONSENT_CARRIED_TO_NEW_NUMBER",
    }
    assert with_severity(Severity.S2) == {
        "PLATFORM_IN_NO_EVIDENCE",
        "IMPORT_NO_EVIDENCE",
        "PLATFORM_IN_PENDING",
        "PLATFORM_IN_EXPIRED",
        "SOURCE_IN_AGREED_OUT",
        "OVERWRITE_SETTING_RISK",
        "DUPLICATE_DIVERGENCE",
        "PROGRAM_SCOPE_LEAK",
        "WORDING_MISMATCH",
        "CONFIRMATION_RULE",
    }
    assert with_severity(Severity.S4) == {
        "DOI_STALE",
        "PLATFORM_OUT_AGREED_IN",
        "PROVIDER_BLOCKED_AGREED_IN",
        "OPTOUT_CARRIED_TO_NEW_NUMBER",
    }


def _only(code: Code, evidence, *beliefs: Belief) -> str:
    agreed = derive(PROMO, evidence, beliefs, POLICY, NOW)
    [text] = [sentence(finding) for finding in agreed.findings if finding.code is code]
    return text


@pytest.mark.parametrize(
    ("code", "evidence", "beliefs", "text"),
    [
        (
            Code.PLATFORM_IN_AGREED_OUT,
            [form(), stop()],
            [platform("in")],
            "Platform says “in”, but the phone sent STOP to S1 on 1 May 2026, 15:00 UTC.",
        ),
        (
            Code.ORDER_AMBIGUOUS,
            [form("2026-05-02", precision=Precision.NAIVE_DATE), stop("2026-05-02T01:30")],
            [],
            "The phone sent STOP to S1 on 2 May 2026, 01:30 UTC, and the person opted in by form on "
            "2 May 2026 (time zone not known), but the times do not tell which came first.",
        ),
        (
            Code.STOP_OVERRIDE_ATTEMPT,
            [stop(), claim(Act.ASSERT_IN, Kind.STAFF, "2026-05-08T09:30")],
            [],
            "Staff set “opted in” by hand on 8 May 2026, 09:30 UTC, but the phone sent STOP to S1 on "
            "1 May 2026, 15:00 UTC, and only a message from the phone itself ends that.",
        ),
        (
            Code.STOP_OVERRIDE_ATTEMPT,
            [stop(), void("r")],
            [],
            "Staff tried to void the revocation on 2 May 2026, 09:00 UTC, but the phone sent STOP to S1 on "
            "1 May 2026, 15:00 UTC, and only a message from the phone itself ends that.",
        ),
        (
            Code.NUMBER_REASSIGNED,
            [form(), boundary("2026-06-01", precision=Precision.DATE)],
            [],
            "The number changed hands on 1 June 2026, but the consent on record is older than that.",
        ),
        (
            Code.CARRIER_BLOCK,
            [revoke(Kind.CARRIER, None, program="promo", received_at="2026-05-20T10:00")],
            [],
            "The provider reports a block at an unknown time, known since 20 May 2026, 10:00 UTC, but no "
            "revocation from this person is on record.",
        ),
        (
            Code.WORDING_MISMATCH,
            [form(wording=WordingState.PRECHECKED)],
            [],
            "There is a consent on record, but its box was ticked beforehand.",
        ),
        (
            Code.OVERWRITE_SETTING_RISK,
            [stop()],
            [crm("in", overwrites_on_sync=True)],
            "Crm overwrites consent on every sync and says “in”, but the phone sent STOP to S1 on "
            "1 May 2026, 15:00 UTC.",
        ),
        (
            Code.PROVIDER_BLOCKED_AGREED_IN,
            [start("2026-05-01T15:00:05")],
            [provider("blocked")],
            "Provider still blocks the number, but the phone itself asked for the messages on 1 May 2026, "
            "15:00:05 UTC.",
        ),
        (
            Code.AMBIGUOUS_YES,
            [stop(), yes("2026-05-03T08:00")],
            [],
            "The person wrote YES on 3 May 2026, 08:00 UTC, but a STOP is in force for this number.",
        ),
        (
            Code.UNCLEAR_REPLY,
            [claim(Act.ASSERT_NONE, Kind.FREETEXT, "2026-05-03T08:00", sender="S1", program=None)],
            [],
            "No rule can tell what is meant, but the person wrote something that may be a request to stop "
            "on 3 May 2026, 08:00 UTC.",
        ),
        (
            Code.DUPLICATE_DIVERGENCE,
            [start("2026-05-01")],
            [crm("in", record="1"), crm("out", record="2")],
            "One record of crm says “in”, but another of the same number says “out”.",
        ),
    ],
)
def test_the_sentence_names_both_facts(code, evidence, beliefs, text):
    assert _only(code, evidence, *beliefs) == text


@pytest.mark.parametrize(
    ("precision", "words"),
    [
        (Precision.SECOND, "2 May 2026, 01:30 UTC"),
        (Precision.DATE, "2 May 2026"),
        (Precision.NAIVE_DATE, "2 May 2026 (time zone not known)"),
        (Precision.NAIVE_DATETIME, "2 May 2026, 01:30 (time zone not known)"),
    ],
)
def test_a_time_is_told_no_more_exactly_than_it_is_known(precision, words):
    assert moment_words("2026-05-02T01:30:00+00:00", precision) == words


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_answer_explains_itself(row):
    agreed = derive(row.program, row.evidence, row.beliefs, row.policy, row.now)
    text = explain(agreed, row.program, row.evidence, row.beliefs)
    assert row.program.code in text
    assert "must not text" in text or agreed.status == "OPTED_IN"
    assert not re.search(r"None|[{}]|\.\.|  | ,", text), text
    for finding in agreed.findings:
        assert finding.code in text


def test_an_explanation_tells_what_was_set_aside_and_what_would_change_it():
    evidence = [form(), stop()]
    agreed = derive(PROMO, evidence, [platform("in")], POLICY, NOW)
    text = explain(agreed, PROMO, evidence, [platform("in")])
    assert text.startswith("Opted out: promo must not text this number, because the phone sent STOP to S1")
    assert "Set aside: the person opted in by form on 1 March 2026, 10:00 UTC." in text
    assert "Only a message from the phone itself" in text
    assert "The systems say: platform “in”." in text


def test_a_long_history_is_cut_short():
    evidence = [form(f"2026-01-{day:02}", id=f"g{day}") for day in range(1, 11)]
    agreed = derive(PROMO, evidence, [], POLICY, NOW)
    assert "4 more" in explain(agreed, PROMO, evidence, [])


def _finding(**changes) -> Finding:
    plain = found(Code.PLATFORM_IN_AGREED_OUT, {"value": "in"}, system="crm", record="7", evidence=("b", "a"))
    return replace(plain, **changes)


def test_the_fingerprint_of_the_same_finding_is_the_same():
    again = found(Code.PLATFORM_IN_AGREED_OUT, {"value": "in"}, system="crm", record="7", evidence=("a", "b"))
    assert fingerprint(_finding()) == fingerprint(again)
    assert re.fullmatch(r"[0-9a-f]{64}", fingerprint(again))


def test_that_a_value_had_arrived_before_is_nothing_new_for_who_has_judged_the_rest():
    told = _finding(params={"value": "in", "arrived": True})
    assert fingerprint(told) == fingerprint(_finding())


@pytest.mark.parametrize(
    "change",
    [
        {"code": Code.SOURCE_IN_AGREED_OUT},
        {"system": "erp"},
        {"record": "8"},
        {"evidence": ("a",)},
        {"params": {"value": "pending"}},
    ],
)
def test_the_fingerprint_changes_with_what_is_found(change):
    assert fingerprint(_finding(**change)) != fingerprint(_finding())


def test_a_fingerprint_does_not_change_when_only_time_passes():
    beliefs = [platform("in"), Belief("crm", SystemKind.CRM, Value.OUT)]
    then = derive(PROMO, [stop()], beliefs, POLICY, NOW.replace(year=2027))
    now = derive(PROMO, [stop()], beliefs, POLICY, NOW)
    assert [fingerprint(f) for f in then.findings] == [fingerprint(f) for f in now.findings]
