"""The list of numbers that must not be texted: whole, then every change, whoever makes it and whenever it is seen."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from consent import bulk
from consent.models import Hold, Number, Touched
from consent.models.suppression import SuppressionChange
from consent.reconcile import reconcile_numbers
from consent.suppressions import NotACursor, everything, page
from tests.consent import make
from tests.consent.api.make import caller

pytestmark = pytest.mark.django_db


class Follower:
    """A system that keeps its own list by the pages it is given."""

    def __init__(self, program, size=2):
        self.program, self.size, self.cursor, self.on_list = program, size, "", {}

    def follow(self) -> dict[str, str]:
        for _ in range(1_000):
            found = page(self.program, size=self.size, now=timezone.now(), cursor=self.cursor)
            self.cursor = found.cursor
            for number, is_suppressed, verdict in found.items:
                if is_suppressed:
                    self.on_list[number] = verdict.answer.value
                else:
                    self.on_list.pop(number, None)
            if not found.more:
                return self.on_list
        raise AssertionError("the list never ends")


def opted_in() -> Number:
    line = make.number()
    make.form(line, at=timezone.now() - timedelta(days=9))
    reconcile_numbers([line.pk], now=timezone.now())
    return line


def stopped(line: Number | None = None) -> Number:
    line = line or make.number()
    make.stop(line, at=timezone.now() - timedelta(days=5))
    reconcile_numbers([line.pk], now=timezone.now())
    return line


def started(line: Number) -> None:
    make.record(
        line,
        "grant",
        "handset",
        timezone.now() - timedelta(minutes=1),
        program=make.program(),
        sender="+14155550100",
    )
    reconcile_numbers([line.pk], now=timezone.now())


def test_the_whole_list_holds_who_is_blocked_and_who_is_held_and_nobody_else():
    opted_in()
    out, held = stopped(), make.without_proof().number
    assert Follower(make.program()).follow() == {out.e164: "block", held.e164: "hold"}


def test_after_the_whole_list_come_the_changes_who_leaves_it_too():
    program = make.program()
    first, second = stopped(), opted_in()
    follower = Follower(program)
    assert set(follower.follow()) == {first.e164}
    stopped(second)
    assert set(follower.follow()) == {first.e164, second.e164}
    started(first)
    assert set(follower.follow()) == {second.e164}
    assert follower.follow() == follower.on_list


def test_a_hold_that_is_placed_or_released_is_a_change_whoever_does_it():
    line = opted_in()
    flag = make.without_proof(make.number())
    follower = Follower(make.program())
    follower.follow()
    hold = Hold.objects.get(flag=flag)
    Hold.objects.filter(pk=hold.pk).update(number=line)  # as if its flag were about that number
    assert not SuppressionChange.objects.filter(number=line).exists()  # it did not begin or end
    Hold.objects.filter(pk=hold.pk).update(released_at=timezone.now())
    follower.follow()
    Hold.objects.filter(pk=hold.pk).update(released_at=None)
    assert follower.follow()[line.e164] == "hold"
    Hold.objects.filter(pk=hold.pk).update(released_at=timezone.now())
    assert line.e164 not in follower.follow()


def test_a_number_with_news_is_not_set_free_before_they_are_weighed():
    program = make.program()
    line = stopped()
    follower = Follower(program)
    follower.follow()
    started(line)
    page(program, size=1, now=timezone.now(), cursor=follower.cursor)  # it has its place
    bulk.touch([line.pk])
    assert follower.follow() == {line.e164: "hold"}
    assert follower.follow() == {line.e164: "hold"}
    Touched.objects.all().delete()
    assert follower.follow() == {}


def test_since_a_moment_gives_all_that_was_listed_from_then_on():
    program = make.program()
    old = stopped()
    Follower(program).follow()
    SuppressionChange.objects.update(listed_at=timezone.now() - timedelta(hours=2))
    new = stopped()
    recent = page(program, size=10, now=timezone.now(), since=timezone.now() - timedelta(hours=1))
    assert [listed.number for listed in recent.items] == [new.e164]
    both = page(program, size=10, now=timezone.now(), since=timezone.now() - timedelta(days=1))
    assert {listed.number for listed in both.items} == {old.e164, new.e164}
    assert page(program, size=10, now=timezone.now(), since=timezone.now() + timedelta(days=1)).items == []


def test_of_each_number_one_change_is_kept_however_often_it_changed():
    program, line = make.program(), opted_in()
    follower = Follower(program)
    for _ in range(5):
        stopped(line)
        follower.follow()
        started(line)
        follower.follow()
    assert SuppressionChange.objects.filter(number=line).count() == 1


def test_programs_have_lists_of_their_own():
    promo, news = make.program(), make.program("news", sender="+14155550199")
    stopped()
    assert Follower(news).follow() == {}
    found = page(promo, size=1, now=timezone.now())
    with pytest.raises(NotACursor):
        page(news, size=1, now=timezone.now(), cursor=found.cursor)


@pytest.mark.parametrize(
    "cursor", ["x", "c.1.0", "c.0.0.0", "f.1.-1.0", "c.1.0.99999999999999999999", "c.١.0.0"]
)
def test_a_damaged_cursor_is_refused(cursor):
    make.program()
    answer = caller().ask(f"suppressions?program=promo&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_unknown")


def test_whatever_happens_in_whatever_order_a_follower_ends_up_with_the_list():
    program = make.program()
    dice = random.Random(7)
    lines = [opted_in() for _ in range(6)]
    followers = [Follower(program, size=size) for size in (1, 2, 5)]
    for _ in range(40):
        line = dice.choice(lines)
        dice.choice([stopped, started])(line)
        if dice.random() < 0.3:
            bulk.touch([dice.choice(lines).pk])
        if dice.random() < 0.4:
            dice.choice(followers).follow()
    reconcile_numbers([line.pk for line in lines], now=timezone.now())
    whole = {
        listed.number: listed.verdict.answer.value
        for part in everything(program, now=timezone.now())
        for listed in part.items
    }
    for follower in followers:
        assert follower.follow() == whole


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_not_missed(postgresql):
    """One writer is slow: what a faster one does meanwhile is read first, and the slow one's change comes after it."""
    program = make.program()
    slow, fast = opted_in(), opted_in()
    follower = Follower(program)
    follower.follow()
    written, read = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                stopped(slow)
                written.set()
                read.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    written.wait(10)
    stopped(fast)
    assert set(follower.follow()) == {fast.e164}
    read.set()
    writer.join()
    assert set(follower.follow()) == {fast.e164, slow.e164}


def test_over_http_the_list_comes_in_pages_with_its_cursor():
    make.program()
    lines = {stopped().e164 for _ in range(3)}
    by, cursor, seen = caller("suppressions"), "", set()
    for more in (True, False):
        answer = by.ask(f"suppressions?program=promo&limit=2&cursor={cursor}").json()
        seen |= {item["number"] for item in answer["items"] if item["suppressed"]}
        assert (answer["more"], answer["program_active"]) == (more, True)
        cursor = answer["cursor"]
    assert seen == lines
    assert by.ask(f"suppressions?program=promo&cursor={cursor}").json()["items"] == []
    as_of = answer["as_of"].replace("+", "%2B")
    assert len(by.ask(f"suppressions?program=promo&since={as_of}").json()["items"]) == 3


@pytest.mark.parametrize(
    "query", ["program=no-such", "program=promo&since=yesterday", "program=promo&since=2026-01-01T00:00:00",
              "program=promo&since=0001-01-01T00:00:00%2B23:59", "program=promo&since=9999-12-31T23:59:59-23:59",
              "program=promo&limit=0", "program=promo&limit=10001", "program=%00", "program=promo&nothing=1"],
)  # fmt: skip
def test_what_cannot_be_listed_is_refused(query):
    make.program()
    assert caller().ask(f"suppressions?{query}").status_code == 422
