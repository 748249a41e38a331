"""Decisions: what each adds and writes, what is refused, who has to agree, and what can be taken back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile

from backoffice.models import AuditEntry, IllegalMove, System
from consent import correct
from consent.correct import Moment, Pick, Refused, Seen, StopStands, Subject
from consent.correct.choice import check_complete
from consent.ledger import Act, Kind, Precision
from consent.models import (
    AgreedStatus,
    ConsentRecord,
    Correction,
    Decision,
    Flag,
    Hold,
    Number,
    StaleFlag,
    WriteBack,
)
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def decide(flag: Flag, choice: correct.Choice, **kwargs: Any) -> Correction:
    given = {
        "by": kwargs.pop("by", None) or make.staff(),
        "token": "form-1",
        "seen": make.seen(flag),
        "now": LATER,
    }
    return correct.decide(make.subject(flag), choice, **{**given, **kwargs})


def agreed(line: Number) -> str:
    return AgreedStatus.objects.get(number=line, program=make.program()).status


def status_of(flag: Flag) -> str:
    return agreed(flag.number)


# --- Align -----------------------------------------------------------------------------------------------


def test_aligning_writes_the_agreed_status_to_every_system_that_differs():
    line = make.number()
    make.reading(line, "in", make.system())
    flag = make.stopped_but_texted(line)

    correction = decide(flag, make.choice())

    written = correction.write_backs.order_by("system__slug")
    assert [(w.system.slug, w.value, w.status, w.not_before) for w in written] == [
        ("acme", "out", "pending", LATER),
        ("texter", "out", "pending", LATER),
    ]
    flag.refresh_from_db()
    assert flag.status == "correcting"
    # The other flag about a value that is being written goes the same way.
    assert {f.code for f in correction.flags.all()} == {"PLATFORM_IN_AGREED_OUT", "SOURCE_IN_AGREED_OUT"}
    assert AuditEntry.objects.get(action="correction.apply").details["write_backs"] == 2


def test_the_page_shows_exactly_what_is_written():
    line = make.number()
    make.reading(line, "in", make.system())
    flag = make.stopped_but_texted(line)
    shown = correct.outlook(make.subject(flag), make.choice(), by=make.staff(), now=LATER)

    correction = decide(flag, make.choice())

    made = [(w.system_id, w.ref, w.value) for w in correction.write_backs.order_by("pk")]
    assert [(step.system.pk, step.ref, step.value) for step in shown.steps] == made


def test_the_same_form_sent_twice_is_one_decision():
    flag = make.stopped_but_texted()
    by = make.staff()
    first = decide(flag, make.choice(), by=by)
    again = decide(flag, make.choice(), by=by)
    assert again == first
    assert Correction.objects.count() == 1
    assert WriteBack.objects.count() == 1
    assert AuditEntry.objects.filter(action="correction.apply").count() == 1


def test_of_two_people_one_wins_and_the_other_is_told():
    flag = make.stopped_but_texted()
    seen = make.seen(flag)
    decide(flag, make.choice(), token="ana")
    with pytest.raises(StaleFlag):
        decide(flag, make.choice(), token="ben", seen=seen)
    assert Correction.objects.count() == 1


def test_a_decision_on_evidence_that_changed_since_is_refused():
    flag = make.stopped_but_texted()
    with pytest.raises(StaleFlag):
        decide(flag, make.choice(), seen=Seen(flag.version, "of older evidence"))
    assert not Correction.objects.exists()


def test_news_that_nobody_weighed_yet_is_weighed_before_deciding():
    from consent import bulk

    flag = make.stopped_but_texted()
    seen = make.seen(flag)
    make.record(
        flag.number, Act.GRANT, Kind.HANDSET, NOW, program=flag.program
    )  # START, after the page was shown
    bulk.touch([flag.number_id])
    with pytest.raises(StaleFlag):
        decide(flag, make.choice(), seen=seen)
    assert not WriteBack.objects.exists()


def test_a_flag_that_only_asks_for_judgement_is_settled_and_stays_so():
    line = make.number()
    make.form(line)
    make.wish(line)
    make.weigh(line)
    flag = make.flag("FREETEXT_REVOCATION", line)

    decide(flag, make.choice())
    make.weigh(line, now=LATER)

    flag.refresh_from_db()
    assert flag.status == "closed"
    assert not Flag.objects.open().filter(code="FREETEXT_REVOCATION").exists()
    assert not Hold.objects.open().filter(flag=flag).exists()


def test_a_judgement_is_asked_for_again_when_the_evidence_changes():
    line = make.number()
    make.form(line)
    make.wish(line)
    make.weigh(line)
    decide(make.flag("FREETEXT_REVOCATION", line), make.choice())
    make.wish(line, NOW + timedelta(days=1), "I said stop it")
    make.weigh(line, now=NOW + timedelta(days=2))
    assert Flag.objects.open().filter(code="FREETEXT_REVOCATION").exists()


def test_what_permits_sending_waits_and_what_stops_it_leaves_at_once(settings):
    settings.UNDO_SECONDS = 30
    line = make.number()
    make.form(line)
    make.reading(line, "never")
    make.weigh(line)
    flag = make.flag("PLATFORM_OUT_AGREED_IN", line)
    correction = decide(flag, make.choice())
    assert correction.write_backs.get().value == "in"
    assert correction.write_backs.get().not_before == LATER + timedelta(seconds=30)


def test_a_providers_block_is_never_lifted_by_us():
    line = make.number()
    make.form(line)
    make.reading(line, "out", make.system("provider", System.Kind.PROVIDER))
    make.weigh(line)
    flag = make.flag("PROVIDER_BLOCKED_AGREED_IN", line)
    with pytest.raises(correct.NothingToWrite):
        decide(flag, make.choice())


# --- Revoke ----------------------------------------------------------------------------------------------


def revocation(**fields: Any) -> correct.Choice:
    given = {"channel": "call", "moment": Moment(NOW), "reference": "T-100", "said": "Please stop."}
    return make.choice(Decision.REVOKE, **{**given, **fields})


def test_a_call_with_its_reference_counts_like_a_stop():
    flag = make.without_proof()
    correction = decide(flag, revocation())
    record = ConsentRecord.objects.get(act=Act.REVOKE)
    assert (record.kind, record.has_reference, record.reference) == (Kind.CHANNEL_LOGGED, True, "T-100")
    assert (record.recorded_by, record.for_all_programs) == (correction.decided_by, True)
    assert status_of(flag) == "OPTED_OUT"
    assert correction.write_backs.get().value == "out"
    assert correction.record == record


def test_a_call_without_a_reference_leaves_room_for_doubt():
    flag = make.without_proof()
    decide(flag, revocation(reference=""))
    assert status_of(flag) == "OPTED_OUT_PRESUMED"


def test_a_revocation_can_be_about_one_program_only():
    line = make.number()
    alerts = make.program("alerts", "+14155550199")
    for program in (make.program(), alerts):
        make.form(line, about=program)
        make.reading(line, "in", about=program)
    make.weigh(line)
    subject = Subject(line, make.program())
    for reference in ("", "T-1"):
        choice = revocation(reference=reference, for_all_programs=False)
        correct.decide(subject, choice, by=make.staff(), token=f"t{reference}", seen=None, now=LATER)
    statuses = dict(AgreedStatus.objects.values_list("program__code", "status"))
    assert statuses == {"promo": "OPTED_OUT", "alerts": "OPTED_IN"}
    assert set(WriteBack.objects.values_list("program__code", flat=True)) == {"promo"}


def test_a_revocation_for_all_programs_is_written_for_all_of_them():
    line = make.number()
    for program in (make.program(), make.program("alerts", "+14155550199")):
        make.form(line, about=program)
        make.reading(line, "in", about=program)
    make.weigh(line)
    correct.decide(
        Subject(line, make.program()), revocation(), by=make.staff(), token="t", seen=None, now=LATER
    )
    assert set(WriteBack.objects.values_list("program__code", flat=True)) == {"promo", "alerts"}


def test_a_revocation_of_the_whole_person_reaches_their_other_numbers():
    one, other = make.number(), make.number()
    person = make.contact(one, ref="1")
    make.SystemRecord.objects.create(system=make.system(), ref="2", contact=person, number=other)
    make.form(other)
    make.reading(other, "in", ref="2")
    make.weigh(one, other)
    choice = revocation(for_whole_person=True)
    shown = correct.outlook(Subject(one, make.program()), choice, by=make.staff(), now=LATER)
    correct.decide(Subject(one, make.program()), choice, by=make.staff(), token="t", seen=None, now=LATER)
    assert agreed(other) == "OPTED_OUT"
    assert [step.number for step in shown.steps] == [other]
    assert WriteBack.objects.get().number == other


def test_a_later_revocation_replaces_a_correction_that_has_not_left():
    line = make.number()
    make.form(line)
    make.reading(line, "never")
    make.weigh(line)
    decide(make.flag("PLATFORM_OUT_AGREED_IN", line), make.choice())
    correct.decide(
        Subject(line, make.program()), revocation(), by=make.staff(), token="t", seen=None, now=LATER
    )
    assert WriteBack.objects.get(value="in").status == "superseded"
    assert not WriteBack.objects.filter(value="out").exists()  # "never" is out already


def test_a_day_without_an_hour_keeps_its_precision():
    flag = make.without_proof()
    decide(
        flag,
        revocation(moment=Moment(NOW - timedelta(days=2), Precision.DATE, "30 May 2026", "Europe/Paris")),
    )
    record = ConsentRecord.objects.get(act=Act.REVOKE)
    assert (record.precision, record.occurred_text, record.zone) == ("date", "30 May 2026", "Europe/Paris")


# --- Proof and void: two people --------------------------------------------------------------------------


def proof(**fields: Any) -> correct.Choice:
    given = {
        "proof": ContentFile(b"%PDF-1.4 signed", name="form.pdf"),
        "moment": Moment(NOW - timedelta(days=10)),
        "wording": make.wording(),
    }
    return make.choice(Decision.PROOF, **{**given, **fields})


def test_proof_counts_only_when_a_second_person_agrees():
    flag = make.without_proof()
    correction = decide(flag, proof())
    assert correction.status == "proposed"
    assert status_of(flag) == "NO_CONSENT"
    assert not ConsentRecord.objects.exists()
    assert not WriteBack.objects.exists()

    second = make.staff("Supervisor")
    correct.approve(correction.pk, by=second, words="Seen.", mark=correct.mark_of(correction), now=LATER)

    record = ConsentRecord.objects.get()
    assert (record.act, record.kind, record.approved_by) == (Act.GRANT, Kind.ARTEFACT, second)
    assert record.recorded_by == correction.decided_by
    assert record.proof.read() == b"%PDF-1.4 signed"
    assert len(record.proof_sha256) == 64
    assert status_of(flag) == "OPTED_IN"
    flag.refresh_from_db()
    assert flag.status == "closed"


def test_approving_twice_adds_nothing():
    correction = decide(make.without_proof(), proof())
    second = make.staff("Supervisor")
    mark = correct.mark_of(correction)
    for _ in range(2):
        correct.approve(correction.pk, by=second, words="", mark=mark, now=LATER)
    assert ConsentRecord.objects.count() == 1
    assert AuditEntry.objects.filter(action="correction.approve").count() == 1


def test_nobody_approves_their_own_proposal():
    boss = make.staff("Supervisor")
    correction = decide(make.without_proof(), proof(), by=boss)
    with pytest.raises(correct.SamePerson):
        correct.approve(correction.pk, by=boss, words="", mark=correct.mark_of(correction), now=LATER)
    assert not ConsentRecord.objects.exists()


def test_an_agent_cannot_be_the_second_person():
    correction = decide(make.without_proof(), proof())
    with pytest.raises(Refused, match="role"):
        correct.approve(correction.pk, by=make.staff(), words="", mark=correct.mark_of(correction), now=LATER)


def test_the_second_person_sees_evidence_that_came_meanwhile():
    flag = make.without_proof()
    correction = decide(flag, proof())
    mark = correct.mark_of(correction)
    make.wish(flag.number, NOW)
    make.weigh(flag.number)
    with pytest.raises(StaleFlag):
        correct.approve(correction.pk, by=make.staff("Supervisor"), words="", mark=mark, now=LATER)


def test_a_stop_that_came_before_the_second_person_stops_the_proposal():
    flag = make.without_proof()
    correction = decide(flag, proof())
    make.stop(flag.number, NOW)
    make.weigh(flag.number)
    with pytest.raises(StopStands):
        correct.approve(
            correction.pk, by=make.staff("Supervisor"), words="", mark=correct.mark_of(correction), now=LATER
        )
    correction.refresh_from_db()
    assert correction.status == "proposed"


def test_refusing_needs_words_and_gives_the_flag_back_to_its_author():
    flag = make.without_proof()
    correction = decide(flag, proof())
    boss = make.staff("Supervisor")
    with pytest.raises(Refused):
        correct.refuse(correction.pk, by=boss, words=" ", now=LATER)
    correct.refuse(correction.pk, by=boss, words="The signature is missing.", now=LATER)
    flag.refresh_from_db()
    assert (flag.status, flag.assignee) == ("open", correction.decided_by)
    with pytest.raises(correct.TooLate):
        correct.refuse(correction.pk, by=boss, words="Again.", now=LATER)


def test_the_author_can_take_a_proposal_back():
    flag = make.without_proof()
    correction = decide(flag, proof())
    correct.refuse(correction.pk, by=correction.decided_by, words="", now=LATER)
    flag.refresh_from_db()
    assert flag.status == "open"


def test_a_flag_with_a_proposal_waits_for_it():
    flag = make.without_proof()
    decide(flag, proof())
    flag.refresh_from_db()
    with pytest.raises(Refused, match="second person"):
        decide(flag, make.choice(), token="another")


def test_voiding_a_weak_revocation_lets_the_consent_before_it_count_again():
    flag = make.presumed_out_but_texted()
    target = ConsentRecord.objects.get(act=Act.REVOKE)
    assert [correct.evidence_id(row) for row in correct.voidable(flag.number)] == [f"c{target.pk}"]
    choice = make.choice(Decision.VOID, voids=f"c{target.pk}", proof_link="https://example.com/thread")
    correction = decide(flag, choice)
    assert status_of(flag) == "OPTED_OUT_PRESUMED"
    correct.approve(
        correction.pk, by=make.staff("Supervisor"), words="", mark=correct.mark_of(correction), now=LATER
    )
    assert status_of(flag) == "OPTED_IN"
    assert correct.voidable(flag.number) == []


def test_a_systems_claim_of_out_can_be_voided():
    line = make.number()
    make.form(line)
    claim = make.reading(line, "out", make.system())
    make.weigh(line)
    flag = make.flag("UNEVIDENCED_OPT_OUT", line)
    choice = make.choice(Decision.VOID, voids=f"r{claim.pk}", proof_link="https://example.com/thread")
    correction = decide(flag, choice)
    correct.approve(
        correction.pk, by=make.staff("Supervisor"), words="", mark=correct.mark_of(correction), now=LATER
    )
    assert status_of(flag) == "OPTED_IN"


# --- The guard of a STOP ---------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", [Decision.PROOF, Decision.VOID])
def test_no_paper_sets_a_stop_aside_and_the_attempt_is_flagged(decision):
    flag = make.stopped_but_texted()
    stop = ConsentRecord.objects.get(act=Act.REVOKE)
    choice = (
        proof()
        if decision == Decision.PROOF
        else make.choice(decision, voids=f"c{stop.pk}", proof_link="https://example.com/x")
    )
    with pytest.raises(StopStands):
        decide(flag, choice)
    assert not Correction.objects.exists()
    assert status_of(flag) == "OPTED_OUT"
    attempt = make.flag("STOP_OVERRIDE_ATTEMPT", flag.number)
    assert attempt.severity == "S1"
    assert AuditEntry.objects.filter(action="correction.refused_by_stop").count() == 1


def test_a_form_that_waits_for_start_does_not_open_the_way_for_paper():
    flag = make.stopped_but_texted()
    make.form(flag.number, NOW)
    make.weigh(flag.number)
    assert status_of(flag) == "PENDING"
    flag.refresh_from_db()
    with pytest.raises(StopStands):
        correct.decide(
            Subject(flag.number, flag.program), proof(), by=make.staff(), token="t", seen=None, now=LATER
        )


def test_nothing_but_a_revocation_can_be_voided():
    line = make.number()
    grant = make.form(line)
    other = make.wish(make.number())
    make.weigh(line)
    for voids in (f"c{grant.pk}", f"c{other.pk}", "c999999", "x1", ""):
        choice = make.choice(Decision.VOID, voids=voids, proof_link="https://example.com/x")
        by, subject = make.staff(), Subject(line, make.program())
        with pytest.raises(Refused):
            correct.decide(subject, choice, by=by, token="t", seen=None, now=LATER)


# --- Waive, escalate, and what must be said --------------------------------------------------------------


def test_a_waiver_ends_on_its_day_and_lifts_no_hold():
    flag = make.stopped_but_texted()
    until = NOW + timedelta(days=14)
    decide(flag, make.choice(Decision.WAIVE, until=until))
    flag.refresh_from_db()
    assert (flag.status, flag.waived_until) == ("waived", until)
    assert Hold.objects.open().filter(flag=flag).exists()
    make.weigh(flag.number, now=until + timedelta(minutes=1))
    flag.refresh_from_db()
    assert flag.status == "open"


def test_escalating_hands_the_flag_to_somebody():
    flag = make.stopped_but_texted()
    boss = make.staff("Supervisor")
    decide(flag, make.choice(Decision.ESCALATE, to=boss))
    flag.refresh_from_db()
    assert (flag.status, flag.assignee) == ("escalated", boss)


def test_a_file_level_flag_can_be_waived_but_not_aligned():
    flag = Flag.objects.create(
        code="IMPORT_NO_EVIDENCE", severity="S2", batch=make.batch(make.system()), key="x", fingerprint="f",
        why="All rows say in, but none brings proof.", raised_at=NOW, refreshed_at=NOW,
    )  # fmt: skip
    with pytest.raises(Refused):
        decide(flag, make.choice())
    correction = decide(flag, make.choice(Decision.WAIVE, until=NOW + timedelta(days=1)), token="2")
    assert correction.number is None


@pytest.mark.parametrize(
    ("decision", "missing"),
    [
        (Decision.PROOF, {"proof": None}),
        (Decision.PROOF, {"wording": None}),
        (Decision.PROOF, {"moment": Moment(None)}),
        (Decision.PROOF, {"moment": Moment(LATER + timedelta(hours=1))}),
        (Decision.PROOF, {"words": " "}),
        (Decision.WAIVE, {"until": None}),
        (Decision.WAIVE, {"until": NOW}),
        (Decision.WAIVE, {"until": NOW + timedelta(days=366)}),
        (Decision.ESCALATE, {"words": ""}),
    ],
)
def test_an_undocumented_decision_is_refused(decision, missing):
    flag = make.without_proof()
    base = proof() if decision == Decision.PROOF else make.choice(decision, until=NOW + timedelta(days=5))
    fields = {name: getattr(base, name) for name in base.__slots__}
    with pytest.raises(Refused):
        decide(flag, correct.Choice(**{**fields, **missing}))
    assert not Correction.objects.exists()


def test_a_reason_can_demand_words_proof_and_a_second_person():
    flag = make.stopped_but_texted()
    with pytest.raises(Refused):
        decide(flag, make.choice(reason=make.reason(needs_words=True), words=""))
    with pytest.raises(Refused):
        decide(flag, make.choice(reason=make.reason(needs_proof=True)))
    assert decide(flag, make.choice(reason=make.reason(needs_second_person=True))).status == "proposed"


def test_a_reason_of_another_decision_is_refused():
    with pytest.raises(Refused):
        decide(make.stopped_but_texted(), make.choice(reason=make.reason(Decision.WAIVE)))


def test_a_waiver_lasts_a_year_by_the_clock_of_its_day_and_no_longer():
    end = datetime(2027, 6, 1, 23, 59, 59, tzinfo=ZoneInfo("America/New_York"))
    choice = correct.Choice(
        decision=Decision.WAIVE, reason=make.reason(Decision.WAIVE), words="So.", until=end
    )
    check_complete(choice, NOW)
    with pytest.raises(Refused, match="year"):
        check_complete(replace(choice, until=end + timedelta(seconds=1)), NOW)


# --- Two at once -----------------------------------------------------------------------------------------


def test_a_decision_moves_once_and_only_as_its_life_allows():
    flag = make.stopped_but_texted()
    correction = decide(flag, make.choice())
    same = Correction.objects.get(pk=correction.pk)
    assert correction.move(Correction.Status.UNDONE)
    assert not same.move(Correction.Status.UNDONE)
    assert (correction.status, same.status) == ("undone", "applied")
    with pytest.raises(IllegalMove):
        correction.move(Correction.Status.APPLIED)


# --- Undo ------------------------------------------------------------------------------------------------


def test_undo_before_it_left_leaves_nothing_to_write_and_opens_the_flag():
    flag = make.stopped_but_texted()
    correction = decide(flag, make.choice())
    for _ in range(2):
        correct.undo(correction.pk, by=correction.decided_by, now=LATER)
    flag.refresh_from_db()
    correction.refresh_from_db()
    assert (flag.status, correction.status) == ("open", "undone")
    assert correction.write_backs.get().status == "cancelled"
    assert Hold.objects.open().filter(flag=flag).exists()
    assert AuditEntry.objects.filter(action="correction.undo").count() == 1


def test_what_a_system_was_given_cannot_be_undone():
    correction = decide(make.stopped_but_texted(), make.choice())
    correction.write_backs.update(status="sent", sent_at=LATER)
    with pytest.raises(correct.TooLate):
        correct.undo(correction.pk, by=correction.decided_by, now=LATER)


def test_a_logged_revocation_stays():
    correction = decide(make.without_proof(), revocation())
    with pytest.raises(Refused, match="stays"):
        correct.undo(correction.pk, by=correction.decided_by, now=LATER)
    assert not correct.can_undo(correction, correction.decided_by)


def test_only_who_decided_or_a_supervisor_undoes():
    correction = decide(make.stopped_but_texted(), make.choice())
    with pytest.raises(Refused):
        correct.undo(correction.pk, by=make.staff(), now=LATER)
    correct.undo(correction.pk, by=make.staff("Supervisor"), now=LATER)


def test_undoing_an_approved_proof_takes_the_consent_away_again():
    flag = make.without_proof()
    correction = decide(flag, proof())
    boss = make.staff("Supervisor")
    correct.approve(correction.pk, by=boss, words="", mark=correct.mark_of(correction), now=LATER)
    correct.undo(correction.pk, by=boss, now=LATER)
    assert status_of(flag) == "NO_CONSENT"
    assert ConsentRecord.objects.count() == 2  # the grant, and the record that declares it mistaken


@pytest.mark.parametrize("what", ["record", "reading"])
def test_undoing_an_approved_void_puts_the_revocation_back(what):
    line = make.number()
    make.form(line)
    voids = (
        f"c{make.wish(line).pk}" if what == "record" else f"r{make.reading(line, 'out', make.system()).pk}"
    )
    make.weigh(line)
    before = agreed(line)
    choice = make.choice(Decision.VOID, voids=voids, proof_link="https://example.com/thread")
    correction = correct.decide(
        Subject(line, make.program()), choice, by=make.staff(), token="t", seen=None, now=LATER
    )
    boss = make.staff("Supervisor")
    correct.approve(correction.pk, by=boss, words="", mark=correct.mark_of(correction), now=LATER)
    assert agreed(line) == "OPTED_IN"
    correct.undo(correction.pk, by=boss, now=LATER)
    assert agreed(line) == before == "OPTED_OUT_PRESUMED"


def test_undoing_a_judgement_asks_for_it_again():
    line = make.number()
    make.form(line)
    make.wish(line)
    make.weigh(line)
    correction = decide(make.flag("FREETEXT_REVOCATION", line), make.choice())
    correct.undo(correction.pk, by=correction.decided_by, now=LATER)
    make.weigh(line, now=LATER)
    flag = make.flag("FREETEXT_REVOCATION", line)
    assert flag.status == "open"


# --- Many at once ----------------------------------------------------------------------------------------


def test_each_flag_of_a_selection_has_its_own_outcome():
    good = make.stopped_but_texted()
    changed = make.stopped_but_texted()
    line = make.number()
    make.form(line)
    make.reading(line, "never")
    make.weigh(line)
    permits = make.flag("PLATFORM_OUT_AGREED_IN", line)
    picks = [Pick(f.pk, *make.seen(f)) for f in (good, changed, permits)] + [Pick(999_999, 1, "")]
    decide(changed, make.choice(), token="somebody else")
    by = make.staff()

    for _ in range(2):  # the same token again gives the same outcomes and writes nothing more
        outcomes = correct.align_all(picks, reason=make.reason(), words="", by=by, token="bulk", now=LATER)
        assert [outcome.result for outcome in outcomes] == ["applied", "changed_since", "refused", "refused"]
    assert Correction.objects.filter(token__startswith="bulk").count() == 1


def test_an_agent_decides_on_200_at_once_and_no_more():
    picks = [Pick(pk, 1, "") for pk in range(201)]
    with pytest.raises(Refused, match="200"):
        correct.align_all(picks, reason=make.reason(), words="", by=make.staff(), token="t", now=LATER)
    assert correct.bulk_limit(make.staff("Supervisor")) > 200


def test_one_answer_settles_the_same_question_for_every_program():
    line = make.number()
    for program in (make.program(), make.program("alerts", "+14155550199")):
        make.form(line, about=program)
        make.reading(line, "in", about=program)
    make.wish(line)
    make.weigh(line)
    one, other = Flag.objects.open().filter(code="FREETEXT_REVOCATION").order_by("pk")
    shown = correct.outlook(make.subject(one), make.choice(), by=make.staff(), now=LATER)
    correction = decide(one, make.choice())
    other.refresh_from_db()
    assert other.status == "correcting"
    assert other in correction.flags.all()
    assert len(shown.steps) == correction.write_backs.count() == 2


def test_a_reply_nobody_understood_is_not_waved_through_by_one_person():
    line = make.number()
    make.form(line)
    reply = make.record(
        line, Act.ASSERT_NONE, Kind.FREETEXT, NOW, sender="+14155550100", words="end of month works"
    )
    make.weigh(line)
    flag = make.flag("UNCLEAR_REPLY", line)
    with pytest.raises(Refused, match="second person"):
        decide(flag, make.choice())
    correction = decide(flag, make.choice(Decision.VOID, voids=f"c{reply.pk}"), token="2")
    correct.approve(
        correction.pk, by=make.staff("Supervisor"), words="", mark=correct.mark_of(correction), now=LATER
    )
    assert agreed(line) == "OPTED_IN"
    assert not Flag.objects.open().filter(number=line).exists()


def test_flags_of_a_selection_that_one_decision_settles_together_are_all_decided():
    line = make.number()
    make.reading(line, "in", make.system())
    make.stopped_but_texted(line)
    flags = Flag.objects.open().filter(
        number=line, code__in=["PLATFORM_IN_AGREED_OUT", "SOURCE_IN_AGREED_OUT"]
    )
    picks = [Pick(flag.pk, *make.seen(flag)) for flag in flags]
    by = make.staff()
    for _ in range(2):
        outcomes = correct.align_all(picks, reason=make.reason(), words="", by=by, token="bulk", now=LATER)
        assert [outcome.result for outcome in outcomes] == ["applied", "applied"]
    assert len({outcome.correction for outcome in outcomes}) == 1


def test_what_the_second_person_is_shown_is_what_approving_writes():
    line = make.number()
    make.reading(line, "never", make.system())
    make.reading(line, "in")
    make.weigh(line)
    flag = make.flag("PLATFORM_IN_NO_EVIDENCE", line)
    correction = decide(flag, proof())
    shown = correct.outlook(make.subject(flag), correct.choice_of(correction), by=make.staff(), now=LATER)
    correct.approve(
        correction.pk, by=make.staff("Supervisor"), words="", mark=correct.mark_of(correction), now=LATER
    )
    written = list(correction.write_backs.order_by("pk").values_list("system__slug", "value"))
    assert written == [(step.system.slug, step.value) for step in shown.steps] == [("acme", "in")]


def test_a_reason_can_ask_a_second_person_about_a_whole_persons_revocation():
    one, other = make.number(), make.number()
    person = make.contact(one, ref="1")
    make.SystemRecord.objects.create(system=make.system(), ref="2", contact=person, number=other)
    make.weigh(one, other)
    choice = revocation(
        for_whole_person=True,
        reason=make.reason(Decision.REVOKE, needs_second_person=True),
        moment=Moment(NOW),
    )
    correction = correct.decide(
        Subject(one, make.program()), choice, by=make.staff(), token="t", seen=None, now=LATER
    )
    assert not ConsentRecord.objects.exists()
    assert correct.choice_of(correction).for_whole_person
    correct.approve(
        correction.pk, by=make.staff("Supervisor"), words="", mark=correct.mark_of(correction), now=LATER
    )
    assert agreed(other) == "OPTED_OUT"
