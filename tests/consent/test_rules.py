"""The rules as a whole: the worked cases, that nothing is left untested, and what all answers share."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from consent.ledger import (
    Basis,
    Kind,
    Policy,
    WordingState,
)
from consent.management.scenarios import read_scenario
from consent.rules import Agreed, Code, Reason, Severity, Status, agree, derive
from tests.consent import test_rules_grants as grants
from tests.consent import test_rules_mismatches as mismatches
from tests.consent import test_rules_revocations as revocations
from tests.consent import test_rules_times as times
from tests.consent.rule_cases import (
    ALERTS,
    DAY_OF_STOP,
    IN,
    NOW,
    OUT,
    PENDING,
    POLICY,
    PRESUMED,
    PROMO,
    PROMO_DOI,
    boundary,
    codes,
    crm,
    form,
    platform,
    revoke,
    stop,
    utc,
    void,
)

WORKED = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "cases" / "consent_scenarios.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("case", WORKED, ids=[case["id"] for case in WORKED])
def test_reaches_what_the_worked_case_expects(case):
    agreed = _derived(read_scenario(case))
    reached = {"status": agreed.status, "reason": agreed.reason, "flags": codes(agreed)}
    assert reached == case["expected"]


def _derived(scenario) -> Agreed:
    return derive(scenario.program, scenario.evidence, scenario.beliefs, scenario.policy, scenario.now)


TABLE = [*grants.ROWS, *revocations.ROWS, *times.ROWS, *mismatches.ROWS]


NEED_OTHER_DATA = {Code.SLA_BREACH, Code.UNPARSEABLE_PHONE}


def test_the_table_names_every_rule_once():
    assert len({row.name for row in TABLE}) == len(TABLE)


def test_the_table_raises_every_code_that_these_facts_can_show():
    assert {code for row in TABLE for code in row.flags} == set(Code) - NEED_OTHER_DATA


def test_the_table_reaches_every_status_and_every_reason_a_record_can_give():
    assert {row.status for row in TABLE} == set(Status)
    unusual = {Reason.RND, Reason.DEACTIVATED}  # a revocation that only such a file reports
    assert {row.reason for row in TABLE} == set(Reason) - unusual


def test_what_the_status_rests_on_is_told_weightiest_first():
    agreed = agree(PROMO, [revoke(Kind.COMPLAINT, "2026-06-01", "c"), stop("2026-05-01")], POLICY, NOW)
    assert agreed.decided_by == ("r", "c")
    assert [e.id for e in agreed.deciding] == ["r", "c"]


def test_findings_come_worst_first():
    agreed = derive(PROMO, [form(DAY_OF_STOP), stop()], [crm("in"), platform("in")], POLICY, NOW)
    assert [f.severity for f in agreed.findings] == ["S1", "S2", "S3"]


def test_the_severity_of_a_wording_depends_on_the_box():
    def severity(wording):
        return [f.severity for f in agree(PROMO, [form(wording=wording)], POLICY, NOW).findings]

    assert severity(WordingState.PRECHECKED) == [Severity.S2]
    assert severity(WordingState.UNKNOWN) == [Severity.S3]


@pytest.mark.parametrize(
    ("severity", "status", "holds"),
    [
        (Severity.S1, OUT, True),
        (Severity.S2, OUT, True),
        (Severity.S3, OUT, False),
        (Severity.S3, PRESUMED, False),
        (Severity.S3, IN, True),
        (Severity.S3, PENDING, True),
        (Severity.S4, IN, False),
    ],
)
def test_what_pauses_journeys(severity, status, holds):
    assert severity.holds(status) is holds


@pytest.mark.parametrize(
    ("evidence", "program", "policy", "expected"),
    [
        ([form()], PROMO, POLICY, None),
        ([stop()], PROMO, POLICY, None),
        ([form("2026-11-18")], PROMO_DOI, POLICY, "2026-11-25T00:00:00.000001"),
        ([form("2026-11-01")], PROMO_DOI, POLICY, None),
        ([form("2026-11-18")], replace(PROMO, ttl_days=30), POLICY, "2026-12-18"),
        ([form("2026-10-18")], replace(PROMO, ttl_days=30), POLICY, None),
        ([form(basis=Basis.IMPLIED, implied_until=utc("2027-05-01"))], PROMO, POLICY, "2027-05-01"),
        (
            [form("2026-11-18", basis=Basis.IMPLIED, implied_until=utc("2027-05-01"))],
            replace(PROMO, ttl_days=30),
            POLICY,
            "2026-12-18",
        ),
        ([form(program="alerts"), stop()], ALERTS, Policy(revoke_all_from=utc("2027-01-31")), "2027-01-31"),
        ([form(program="alerts")], ALERTS, Policy(revoke_all_from=utc("2027-01-31")), None),
        ([form(), stop()], PROMO, Policy(revoke_all_from=utc("2027-01-31")), None),
    ],
)
def test_says_when_time_alone_will_change_the_answer(evidence, program, policy, expected):
    agreed = agree(program, evidence, policy, NOW)
    assert agreed.recheck_at == (utc(expected) if expected else None)
    if agreed.recheck_at:
        later = agree(program, evidence, policy, agreed.recheck_at)
        assert (later.status, later.findings) != (agreed.status, agreed.findings)


def test_notes_tell_what_was_left_out_and_why_a_form_was_enough():
    moved = agree(PROMO, [form(), boundary()], POLICY, NOW)
    waiting = agree(PROMO, [form(), revoke(Kind.FREETEXT), void("r", approved=False)], POLICY, NOW)
    allowed = agree(PROMO, [stop(), form("2026-06-01")], Policy(form_defeats_stop=True), NOW)
    plain = agree(PROMO, [form()], Policy(form_defeats_stop=True), NOW)
    assert "changed hands" in " ".join(moved.notes)
    assert "second" in " ".join(waiting.notes)
    assert "policy" in " ".join(allowed.notes)
    assert plain.notes == ()
