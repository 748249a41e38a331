"""Who may be texted again, and why the others may not."""

from datetime import timedelta

import pytest

from backoffice.models import AuditEntry
from consent.models import AgreedStatus, Flag, Hold, Touched
from consent.rules import Status
from errors.fix import Refused, fix
from errors.resend import Why, export, resend_list
from tests.consent import make as people
from tests.errors import make
from tests.errors.test_fix import change

pytestmark = pytest.mark.django_db
NOW, HOUR, DAY = make.NOW, timedelta(hours=1), timedelta(days=1)
SPRING = {"campaign": "spring"}


def agreed(line, status=Status.OPTED_IN, program=None):
    AgreedStatus.objects.create(
        number=line, program=program or people.program(), status=status, reason="test", decided_by=[],
        rules_version=people.terms_in_force(), changed_at=NOW,
    )  # fmt: skip
    return line


def person(status=Status.OPTED_IN):
    return agreed(make.number(), status)


def send(status="undelivered", code="30007", to=None, at=NOW - 2 * HOUR, **fields):
    fields = {"template": "t1", **SPRING, **fields}
    return make.sent(status, code if status in {"undelivered", "failed", "rejected"} else "",
                     number=to or person(), submitted_at=at, **fields)  # fmt: skip


@pytest.fixture
def pattern(db):
    return make.pattern(SPRING, first_seen_at=NOW - 5 * DAY, last_seen_at=NOW)


@pytest.fixture
def fixed(pattern):
    fix(pattern, change(effective_at=NOW - HOUR), by=people.staff(), token="f", seen=1, now=NOW)
    return pattern


def of(pattern, now=NOW, days=2):
    found = resend_list(pattern, days=days, now=now)
    return [line.attempt_id for line in found.lines], {
        why.value: count for why, count in found.excluded.items()
    }


def test_a_campaign_lists_who_failed_and_counts_all_others_with_the_reason(fixed):
    """F24, a tenth of it."""
    for _ in range(90):
        send("delivered")
    failed = [send() for _ in range(6)]
    for _ in range(2):
        send(code="21610")
    for _ in range(2):
        send("sent")
    lines, excluded = of(fixed)
    assert sorted(lines) == sorted(one.pk for one in failed)
    assert excluded == {"delivered": 90, "opted_out": 2, "unknown": 2}
    assert resend_list(fixed, days=2, now=NOW).total == 100


def test_what_needs_a_fix_waits_for_one_in_effect(pattern):
    filtered, unreachable = send(), send(code="30003")
    assert of(pattern) == ([unreachable.pk], {"after_fix": 1})
    fix(pattern, change(effective_at=NOW + HOUR), by=people.staff(), token="f", seen=1, now=NOW)
    assert of(pattern) == ([unreachable.pk], {"after_fix": 1})
    lines, _ = of(pattern, now=NOW + 2 * HOUR)
    assert sorted(lines) == [filtered.pk, unreachable.pk]


def test_a_fix_that_did_not_help_permits_nothing(fixed):
    send()
    fixed.fixes.update(outcome="not_fixed")
    assert of(fixed)[1] == {"after_fix": 1}


def test_who_received_it_meanwhile_by_whatever_way_is_not_texted_again(fixed):
    """F25: a resend is another row; the old one stays failed, the person is not on the list."""
    line = person()
    first = send(to=line)
    send("delivered", to=line, at=NOW - HOUR / 2, provider="vonage", parent=first)
    unclear = person()
    send(to=unclear)
    send("accepted", to=unclear, at=NOW - HOUR / 2)
    assert of(fixed) == ([], {"delivered": 1, "unknown": 1})


def test_the_latest_try_of_a_message_speaks_for_it(fixed):
    line = person()
    send(to=line, at=NOW - 3 * HOUR)
    last = send(to=line, code="30006", at=NOW - 2 * HOUR)  # a landline
    assert of(fixed) == ([], {"number": 1})
    assert resend_list(fixed, days=2, now=NOW).examples == {Why.NUMBER: [last.pk]}


def test_a_message_that_failed_after_the_fix_too_waits_for_the_next_one(fixed):
    line = person()
    send(to=line)
    send(to=line, at=NOW - HOUR / 2, provider="vonage", code="30007")
    send(to=line, at=NOW - HOUR / 4)
    assert of(fixed) == ([], {"after_fix": 1})


def test_another_message_to_the_same_person_is_another_line(fixed):
    line = person()
    one, two = send(to=line), send(to=line, template="t2")
    assert sorted(of(fixed)[0]) == [one.pk, two.pk]


def test_the_same_text_to_the_same_number_is_listed_once(fixed):
    line = person()
    send(to=line, body_hash=7)
    latest = send(to=line, template="t2", body_hash=7, at=NOW - HOUR * 1.5)
    assert of(fixed) == ([latest.pk], {"duplicate": 1})


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("21211", "number"),
        ("30006", "number"),
        ("30410", "check_first"),  # F33
        ("30004", "never"),
        ("21610", "opted_out"),
    ],
)
def test_some_failures_are_not_to_be_tried_again(fixed, code, why):
    send(code=code)
    lines, excluded = of(fixed)
    assert lines == []
    assert list(excluded) == [why]


def test_a_failure_that_nobody_explained_is_tried_once_more_and_no_more(fixed):
    """F36."""
    once, twice = send(code="30099"), person()
    send(code="30099", to=twice, at=NOW - 3 * HOUR)
    send(code="30099", to=twice)
    assert of(fixed) == ([once.pk], {"never": 1})


def test_a_text_that_is_too_old_is_not_sent_any_more(fixed):
    """F31: "tomorrow at ten" is wrong two days later."""
    send(at=NOW - 3 * DAY)
    assert of(fixed) == ([], {"expired": 1})
    assert len(of(fixed, days=7)[0]) == 1


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.OPTED_OUT, "opted_out"),
        (Status.OPTED_OUT_PRESUMED, "opted_out"),
        (Status.PENDING, "no_consent"),
        (Status.EXPIRED, "no_consent"),
        (Status.NO_CONSENT, "no_consent"),
    ],
)
def test_only_who_agreed_may_be_texted(fixed, status, why):
    send(to=person(status))
    assert of(fixed) == ([], {why: 1})


def test_a_number_of_which_nothing_is_known_is_not_texted(fixed):
    send(to=make.number())
    make.sent("undelivered", "30007", recipient="0171 555", submitted_at=NOW - 2 * HOUR, **SPRING)
    assert of(fixed) == ([], {"no_number": 1, "no_consent": 1})


def test_a_stop_to_another_program_does_not_end_this_one(fixed):
    alerts = people.program("alerts", sender="+14155550199")
    line = person()
    agreed(line, Status.OPTED_OUT, alerts)
    assert len(of(fixed)[0]) == 1 if send(to=line) else False
    # Sent from a number that belongs to no program: any STOP counts.
    AgreedStatus.objects.filter(number=line, program__code="promo").delete()
    send(to=line, template="t2", sender="+15005550006")
    assert of(fixed)[1] == {"opted_out": 1, "no_consent": 1}


@pytest.mark.parametrize("sender", ["+14155550199", "14155550199", "+15005550006", ""])
def test_an_opt_in_to_another_program_than_the_senders_permits_nothing(fixed, sender):
    """However its number is written. A sender that no program has is nobody's."""
    people.program("mk", sender="+14155550199")
    send(to=person(), sender=sender)
    assert of(fixed) == ([], {"no_consent": 1})


@pytest.mark.parametrize(
    "change", [{"recheck_at": NOW}, {"rules_version": 0}, {}], ids=["due", "rules", "news"]
)
def test_who_is_to_be_weighed_anew_waits_for_it(fixed, change):
    line = person()
    send(to=line)
    if change:
        AgreedStatus.objects.update(**change)
    else:
        Touched.objects.create(number=line)
    assert of(fixed) == ([], {"news": 1})


def test_a_stop_of_a_second_ago_counts(fixed):
    line = person()
    send(to=line)
    people.stop(line, NOW - timedelta(seconds=1))
    Touched.objects.get_or_create(number=line)
    assert of(fixed) == ([], {"opted_out": 1})


def test_a_number_on_hold_is_not_texted(fixed):
    flag = people.without_proof(line := people.number())
    assert Hold.objects.open().filter(flag=flag).exists() or Hold.objects.create(
        flag=flag, number=line, program=flag.program, placed_at=NOW
    )
    AgreedStatus.objects.filter(number=line).update(status=Status.OPTED_IN)
    send(to=line)
    assert Flag.objects.open().exists()
    assert of(fixed) == ([], {"on_hold": 1})


def test_sends_outside_the_slice_and_from_before_the_pattern_are_nobodys_business(fixed):
    send(campaign="autumn")
    send(at=NOW - 6 * DAY)
    send(at=NOW - HOUR / 2)  # after the fix
    assert of(fixed) == ([], {})


def test_after_an_outage_what_was_refused_may_go_again_and_what_was_accepted_is_looked_up_first(db):
    """F46."""
    outage = make.pattern(
        {"provider": "twilio", "hour": "12,13"}, is_incident=True, first_seen_at=NOW - DAY, last_seen_at=NOW
    )
    refused = send("rejected", "20500", at=NOW - 2 * HOUR)
    send("failed", "30500", at=NOW - 2 * HOUR)  # it had been accepted
    send("submit_unknown", at=NOW - 3 * HOUR)
    send("rejected", "20500", at=NOW - 5 * HOUR)  # in another hour
    assert of(outage) == ([refused.pk], {"unknown": 1, "check_first": 1})


def test_taking_the_list_out_leaves_a_trace_with_its_reason(fixed):
    send()
    send("delivered")
    by = people.staff("Supervisor")
    with pytest.raises(Refused, match="what the list is for"):
        export(fixed, days=2, reason=" ", by=by, now=NOW)
    assert not AuditEntry.objects.filter(action="pattern.resend_list").exists()
    assert len(export(fixed, days=2, reason="Send again on Monday", by=by, now=NOW).lines) == 1
    entry = AuditEntry.objects.get(action="pattern.resend_list")
    assert (entry.actor, entry.reason) == (by, "Send again on Monday")
    assert (entry.details["people"], entry.details["excluded"]) == (1, {"delivered": 1})


def test_many_people_take_no_more_questions_than_few(fixed, django_assert_max_num_queries):
    for _ in range(25):
        send()
    with django_assert_max_num_queries(17):  # five of them once a second: the terms in force
        resend_list(fixed, days=2, now=NOW)
