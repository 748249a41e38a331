"""What must hold for every history, not only for those that somebody thought of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from consent.ledger import (
    Act,
    Basis,
    Clarification,
    Evidence,
    Kind,
    Policy,
    Precision,
    ProgramTerms,
    Scope,
    WordingState,
    interval,
)
from consent.rules import Agreed, Code, Status, agree, fingerprint
from tests.consent.rule_cases import NOW, POLICY, stop, utc

MINUTES = 60 * 24 * 45
# Moments close together meet at the edges of intervals; moments far apart have an order.
FAR_MOMENTS = st.integers(0, MINUTES).map(lambda minutes: utc("2026-10-01") + timedelta(minutes=minutes))
CLOSE_MOMENTS = st.integers(0, 12).map(lambda minutes: utc("2026-11-10") + timedelta(minutes=minutes))
MOMENTS = st.one_of(FAR_MOMENTS, CLOSE_MOMENTS)


# What usually comes with an act; any other kind may come too.
USUAL = {
    Act.GRANT: [Kind.HANDSET, Kind.FORM, Kind.FORM, Kind.ARTEFACT],
    Act.CONFIRM: [Kind.HANDSET],
    Act.REVOKE: [Kind.KEYWORD, Kind.FREETEXT, Kind.CARRIER, Kind.CHANNEL],
}


@st.composite
def records(draw, acts=tuple(Act)):
    act = draw(st.sampled_from(acts))
    occurred_at = draw(st.one_of(st.none(), MOMENTS))
    received_at = draw(MOMENTS)
    if occurred_at and draw(st.booleans()):
        received_at = occurred_at
    stream = draw(st.sampled_from([None, None, "tw", "pl"]))
    return Evidence(
        id=draw(st.sampled_from("abcdefgh")),
        act=act,
        kind=draw(st.sampled_from([*USUAL.get(act, []) * 4, *Kind])),
        occurred_at=occurred_at,
        precision=draw(st.sampled_from([Precision.SECOND, *Precision])),
        received_at=received_at,
        program=draw(st.sampled_from(["promo", "promo", "alerts", "*", None])),
        sender=draw(st.sampled_from([None, "S1", "S2"])),
        stream=stream,
        number=draw(st.integers(1, 4)) if stream else None,
        clock=draw(st.sampled_from([None, None, "tw"])),
        wording=draw(st.sampled_from([WordingState.KNOWN, WordingState.KNOWN, *WordingState])),
        second_approver=draw(st.booleans()),
        voids=tuple(draw(st.lists(st.sampled_from("abcdefgh"), max_size=2))) if act is Act.VOID else (),
        basis=draw(st.sampled_from(Basis)),
        implied_until=draw(st.sampled_from([None, utc("2026-11-15"), utc("2027-01-01")])),
        answers_prompt=draw(st.sampled_from([None, None, True, False])),
        has_reference=draw(st.booleans()),
        exempt_answer=draw(st.booleans()),
        clarification=draw(st.sampled_from([None, None, *Clarification])),
        copied_time=draw(st.sampled_from([False, False, False, True])),
    )


@st.composite
def histories(draw, acts=tuple(Act), most=6):
    """Records with ids of their own."""
    drawn = draw(st.lists(records(acts), max_size=most))
    return [replace(record, id=f"{record.id}{index}") for index, record in enumerate(drawn)]


PROGRAMS = st.builds(
    ProgramTerms,
    st.just("promo"),
    double_opt_in=st.booleans(),
    ttl_days=st.sampled_from([None, 10, 400]),
    senders=st.sampled_from([(), ("S1",), ("S1", "S2")]),
)
POLICIES = st.builds(
    Policy,
    stop_scope=st.sampled_from(Scope),
    revoke_all_from=st.sampled_from([None, utc("2026-01-01"), utc("2027-01-31")]),
    clock_skew_seconds=st.sampled_from([0, 120]),
    founded_on=st.sampled_from([None, utc("2026-11-01")]),
)
ANY_POLICY = st.builds(replace, POLICIES, form_defeats_stop=st.booleans())  # POLICIES: a form ends no STOP
EXAMPLES = settings(max_examples=100, deadline=None)
CLAIMS = (Act.ASSERT_IN, Act.ASSERT_OUT, Act.ASSERT_NONE, Act.VOID, Act.BOUNDARY)


def said(agreed: Agreed) -> tuple:
    """Everything staff see of an answer."""
    prints = tuple(fingerprint(finding) for finding in agreed.findings)
    return agreed.status, agreed.reason, agreed.decided_by, agreed.recheck_at, agreed.notes, prints


@EXAMPLES
@given(histories(), st.randoms(), PROGRAMS, ANY_POLICY)
def test_the_order_of_arrival_does_not_matter(history, random, program, policy):
    shuffled = random.sample(history, len(history))
    assert said(agree(program, history, policy, NOW)) == said(agree(program, shuffled, policy, NOW))


@EXAMPLES
@given(st.lists(records(), max_size=6), st.randoms(), PROGRAMS, ANY_POLICY)
def test_the_order_does_not_matter_even_when_two_records_share_an_id(history, random, program, policy):
    shuffled = random.sample(history, len(history))
    assert said(agree(program, history, policy, NOW)) == said(agree(program, shuffled, policy, NOW))


@EXAMPLES
@given(histories(), st.data(), PROGRAMS, ANY_POLICY)
def test_a_replay_of_any_part_changes_nothing(history, data, program, policy):
    again = data.draw(st.lists(st.sampled_from(history), max_size=6)) if history else []
    assert said(agree(program, history + again, policy, NOW)) == said(agree(program, history, policy, NOW))


@EXAMPLES
@given(
    histories(acts=[Act.ASSERT_IN, Act.ASSERT_OUT, Act.ASSERT_NONE, Act.VOID, Act.BOUNDARY]),
    PROGRAMS,
    ANY_POLICY,
)
def test_assertions_never_make_an_opt_in(history, program, policy):
    assert agree(program, history, policy, NOW).status is not Status.OPTED_IN


@EXAMPLES
@given(histories(), histories(acts=[Act.ASSERT_IN, Act.ASSERT_NONE]), PROGRAMS, ANY_POLICY)
def test_a_claim_changes_no_status_towards_in(history, claims, program, policy):
    before = agree(program, history, policy, NOW)
    after = agree(program, history + _apart(claims), policy, NOW)
    assert after.status is before.status


@EXAMPLES
@given(histories(), PROGRAMS, ANY_POLICY)
def test_a_later_stop_always_wins(history, program, policy):
    latest = max((interval(e, policy)[1] for e in history), default=NOW)
    final = stop(None, id="final", program="*", sender=None)
    final = replace(final, occurred_at=latest + timedelta(days=1), received_at=latest + timedelta(days=1))
    agreed = agree(program, [*history, final], policy, NOW)
    assert agreed.status is Status.OPTED_OUT
    assert "final" in agreed.decided_by


STAFF_KINDS = (Kind.STAFF, Kind.ARTEFACT, Kind.IMPORT, Kind.SYNC, Kind.CHANNEL, Kind.CHANNEL_LOGGED)


@EXAMPLES
@given(histories(), histories(), PROGRAMS, POLICIES)
def test_no_staff_act_opens_what_a_stop_closed(history, acts, program, policy):
    closed = [e for e in history if e.kind not in (Kind.HANDSET, Kind.KEYWORD) and e.act is not Act.BOUNDARY]
    closed.append(stop("2026-10-20", id="stop", program="promo"))
    staff = [
        replace(e, kind=STAFF_KINDS[index % len(STAFF_KINDS)])
        for index, e in enumerate(_apart(acts))
        if e.act is not Act.BOUNDARY
    ]
    agreed = agree(program, closed + staff, policy, NOW)
    assert agreed.status in (Status.OPTED_OUT, Status.PENDING)


@EXAMPLES
@given(histories(), histories(acts=[Act.REVOKE, Act.ASSERT_OUT], most=2), PROGRAMS, ANY_POLICY)
def test_another_revocation_never_opens_anything(history, revocations, program, policy):
    before = agree(program, history, policy, NOW)
    after = agree(program, history + _apart(revocations), policy, NOW)
    assert before.status is Status.OPTED_IN or after.status is not Status.OPTED_IN


@EXAMPLES
@given(histories(), histories(acts=[Act.VOID], most=2), PROGRAMS, ANY_POLICY)
def test_a_void_lifts_no_explicit_revocation(history, voids, program, policy):
    before = agree(program, history, policy, NOW)
    after = agree(program, history + _apart(voids), policy, NOW)
    if before.status is Status.OPTED_OUT:
        assert after.status is Status.OPTED_OUT


@EXAMPLES
@given(histories(), PROGRAMS, ANY_POLICY, st.integers(0, 400 * 24))
def test_nothing_changes_by_time_alone_before_it_was_announced(history, program, policy, hours):
    now = agree(program, history, policy, NOW)
    later = NOW + timedelta(hours=hours)
    if now.recheck_at is not None and later >= now.recheck_at:
        later = now.recheck_at - timedelta(microseconds=1)
    then = agree(program, history, policy, later)
    assert (then.status, then.reason, then.findings) == (now.status, now.reason, now.findings)


@EXAMPLES
@given(histories(), PROGRAMS, ANY_POLICY)
def test_every_answer_rests_on_records_that_exist(history, program, policy):
    agreed = agree(program, history, policy, NOW)
    ids = {e.id for e in history}
    assert set(agreed.decided_by) <= ids
    assert all(set(finding.evidence) <= ids for finding in agreed.findings)
    assert bool(agreed.decided_by) is (agreed.reason != "NONE")


@EXAMPLES
@given(histories(), PROGRAMS, ANY_POLICY)
def test_out_and_ambiguous_go_together_only_while_out(history, program, policy):
    agreed = agree(program, history, policy, NOW)
    if any(f.code is Code.ORDER_AMBIGUOUS for f in agreed.findings):
        assert agreed.status.is_out or agreed.status is Status.PENDING


def _apart(history: list[Evidence]) -> list[Evidence]:
    """The same records under ids that no other history uses."""
    return [replace(e, id=f"x{e.id}") for e in history]


def test_the_generated_histories_reach_every_status():
    reached = set()

    @settings(max_examples=400, database=None, derandomize=True, deadline=None)
    @given(histories(), PROGRAMS)
    def collect(history, program):
        reached.add(agree(program, history, POLICY, NOW).status)

    collect()
    assert reached == set(Status)
