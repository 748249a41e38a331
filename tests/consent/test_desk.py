"""Who works on which flag."""

from datetime import timedelta

import pytest

from backoffice.models import AuditEntry
from consent import correct, desk
from consent.models import Decision, Flag
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db
ALL = Flag.objects.all()


def test_the_most_urgent_flag_comes_first():
    make.without_proof()
    urgent = make.stopped_but_texted()
    assert desk.take_next(ALL, by=make.staff(), now=NOW) == urgent


def test_two_people_never_get_the_same_flag():
    flags = {make.stopped_but_texted().pk for _ in range(3)}
    ana, ben = make.staff(), make.staff()
    taken = [desk.take_next(ALL, by=who, now=NOW, after=None) for who in (ana, ben)]
    assert len({flag.pk for flag in taken if flag} & flags) == 2


def test_of_two_who_reach_for_one_flag_one_gets_it():
    flag = make.stopped_but_texted()
    assert desk.take(flag, by=make.staff(), now=NOW)
    assert not desk.take(flag, by=make.staff(), now=NOW)


def test_a_flag_left_behind_is_free_again_after_a_while(settings):
    flag = make.stopped_but_texted()
    desk.take(flag, by=make.staff(), now=NOW)
    later = NOW + timedelta(minutes=settings.LEASE_MINUTES, seconds=1)
    assert desk.take(flag, by=make.staff(), now=later)


def test_a_flag_that_was_assigned_stays_with_its_person():
    flag, ana = make.stopped_but_texted(), make.staff()
    desk.assign([flag.pk], to=ana, by=ana, now=NOW)
    assert not desk.take(flag, by=make.staff(), now=NOW + timedelta(days=3))
    assert desk.take_next(ALL, by=ana, now=NOW + timedelta(days=3)) == flag
    flag.refresh_from_db()
    assert flag.lease_until is None


def test_next_goes_on_after_the_flag_at_hand_and_round_to_the_top():
    first, second, third = (make.stopped_but_texted() for _ in range(3))
    who = make.staff()
    order = list(Flag.objects.filter(pk__in=[first.pk, second.pk, third.pk]).by_harm())
    assert desk.take_next(ALL, by=who, now=NOW, after=order[0]) == order[1]
    assert desk.take_next(ALL, by=who, now=NOW, after=order[1]) == order[2]
    assert desk.take_next(ALL, by=who, now=NOW, after=order[2]) == order[0]


def test_next_keeps_the_order_past_flags_without_a_deadline():
    due, none = make.stopped_but_texted(), make.stopped_but_texted()
    Flag.objects.filter(pk=none.pk).update(due_at=None)
    who = make.staff()
    assert desk.take_next(ALL, by=who, now=NOW, after=due) == none
    none.refresh_from_db()
    assert desk.take_next(ALL, by=who, now=NOW, after=none) == due


def test_what_waits_for_a_second_person_or_is_snoozed_is_not_next():
    flag = make.without_proof()
    who = make.staff()
    choice = make.choice(
        Decision.PROOF, proof_link="https://example.com", moment=correct.Moment(NOW), wording=make.wording()
    )
    correct.decide(make.subject(flag), choice, by=who, token="t", seen=make.seen(flag), now=NOW)
    snoozed = make.stopped_but_texted()
    desk.snooze([snoozed.pk], until=NOW + timedelta(hours=4), note="", by=who, now=NOW)
    assert desk.take_next(ALL, by=who, now=NOW) is None
    assert desk.take_next(ALL, by=who, now=NOW + timedelta(hours=5)) == snoozed


def test_new_evidence_wakes_a_snoozed_flag():
    flag = make.stopped_but_texted()
    desk.snooze(
        [flag.pk], until=NOW + timedelta(days=4), note="Waits for the shop.", by=make.staff(), now=NOW
    )
    make.stop(flag.number, NOW + timedelta(hours=1))
    make.weigh(flag.number, now=NOW + timedelta(hours=2))
    assert Flag.objects.waiting(NOW + timedelta(hours=2)).filter(pk=flag.pk).exists()


def test_assigning_again_changes_nothing_and_every_change_is_on_record():
    flag, boss, ana = make.stopped_but_texted(), make.staff("Supervisor"), make.staff()
    assert desk.assign([flag.pk], to=ana, by=boss, now=NOW) == 1
    assert desk.assign([flag.pk], to=ana, by=boss, now=NOW) == 0
    assert AuditEntry.objects.filter(action="flag.assign", actor=boss).count() == 1
    assert flag.events.filter(by=boss).count() == 1


def test_snoozing_into_the_past_and_empty_notes_are_refused():
    flag = make.stopped_but_texted()
    with pytest.raises(ValueError, match="to come"):
        desk.snooze([flag.pk], until=NOW, note="", by=make.staff(), now=NOW)
    with pytest.raises(ValueError, match="something"):
        desk.comment(flag, text="  ", by=make.staff())


def test_working_on_a_flag_does_not_make_a_colleagues_page_stale():
    flag = make.stopped_but_texted()
    seen = make.seen(flag)
    desk.assign([flag.pk], to=make.staff(), by=make.staff("Supervisor"), now=NOW)
    desk.comment(flag, text="Called the shop.", by=make.staff())
    correct.decide(make.subject(flag), make.choice(), by=make.staff(), token="t", seen=seen, now=NOW)
