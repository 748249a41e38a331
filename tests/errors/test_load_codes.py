"""`manage.py load_codes`: what it reports, and what it never touches."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from errors.catalogue import BrokenTable, Catalogue, Category, shipped
from errors.catalogue.tables import read
from errors.classify import annotate, classify
from errors.learn import learn
from errors.meet import Met, meet
from errors.models import ErrorCode
from tests.backoffice.make import person
from tests.errors.make import NOW

pytestmark = pytest.mark.django_db


def without(*codes):
    return [facts for facts in shipped() if facts.code not in codes]


def said():
    out = StringIO()
    call_command("load_codes", "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_fresh_database_knows_every_code_of_the_catalogues():
    assert ErrorCode.objects.count() == len(shipped()) > 1_900
    keys = {(row.provider, row.product, row.phase, row.code) for row in ErrorCode.objects.all()}
    assert keys == {facts.key for facts in shipped()}


def test_loading_twice_changes_nothing_and_asks_once(django_assert_max_num_queries):
    with django_assert_max_num_queries(4):  # one question, inside a transaction
        learned = learn()
    assert (learned.added, learned.unchanged) == (0, len(shipped()))
    assert [learned.changed, learned.removed, learned.adopted] == [[], [], []]


def test_the_report_lists_what_is_new():
    ErrorCode.objects.filter(provider="plivo").delete()
    report = said()
    assert report["added"] == 20
    assert report["unchanged"] == len(shipped()) - 20
    assert said()["added"] == 0


def test_the_report_lists_changed_meanings_old_to_new():
    ErrorCode.objects.filter(provider="twilio", code="30003").update(category="number_inactive", retry="no")
    change = said()["changes"][0]
    assert (change["provider"], change["phase"], change["code"]) == ("twilio", "delivery", "30003")
    assert change["fields"] == {
        "category": ["number_inactive", "handset_unreachable"],
        "retry": ["no", "later"],
    }
    assert ErrorCode.objects.get(provider="twilio", code="30003").category == "handset_unreachable"
    out = StringIO()
    ErrorCode.objects.filter(provider="twilio", code="30003").update(category="number_inactive")
    call_command("load_codes", stdout=out)
    assert "twilio delivery 30003: category: number_inactive -> handset_unreachable" in out.getvalue()


def test_a_code_that_left_the_catalogue_stays_and_is_marked():
    learned = learn(Catalogue(without("30008")))
    assert learned.removed == ["Twilio 30008"]
    assert not ErrorCode.objects.get(code="30008").is_listed
    assert learn(Catalogue(without("30008"))).removed == []
    assert learn().changed[0].fields == {"is_listed": [False, True]}


def test_loading_never_touches_what_staff_said():
    row = ErrorCode.objects.get(provider="twilio", code="30003")
    classify(row, Category.NUMBER_INACTIVE, note="", reason="Always", by=person(), now=NOW)
    annotate(row, "Ask Ana", by=person())
    moved = [replace(f, category=Category.EXPIRED) if f.key == row.as_facts().key else f for f in shipped()]
    learn(Catalogue(moved))
    row.refresh_from_db()
    assert (row.category, row.local_category, row.local_note) == ("expired", "number_inactive", "Ask Ana")
    assert row.effective_category is Category.NUMBER_INACTIVE


def test_a_code_met_before_its_catalogue_is_explained_by_it_and_keeps_its_first_sight():
    ErrorCode.objects.filter(code="30008").delete()
    learn(Catalogue(without("30008")))
    # Met while nobody knew it.
    ErrorCode.objects.create(
        provider="twilio",
        phase="delivery",
        code="30008",
        code_normal="30008",
        category="unknown",
        retry="once",
        confidence="unconfirmed",
        origin="seen",
        first_seen_at=NOW,
        sample=5,
    )
    assert learn().adopted == ["Twilio 30008"]
    row = ErrorCode.objects.get(code="30008")
    assert (row.origin, row.name, row.sample) == ("catalogue", "Unknown error", 5)
    assert not ErrorCode.objects.new().exists()


def test_codes_that_were_only_met_are_not_called_removed():
    meet([Met("twilio", "30099", NOW)])
    assert learn().removed == []
    assert ErrorCode.objects.get(code="30099").is_listed


def test_a_damaged_file_is_named_with_its_line(tmp_path):
    broken = tmp_path / "twilio.tsv"
    broken.write_text("code\tname\n30001\n")
    with pytest.raises(BrokenTable, match=r"twilio\.tsv, line 2: 1 cells where the header has 2"):
        read(broken)


def test_the_command_says_what_is_wrong_instead_of_a_traceback(monkeypatch):
    def fail():
        raise BrokenTable("twilio.tsv, line 2: 1 cells where the header has 7; restore the file")

    monkeypatch.setattr("errors.management.commands.load_codes.learn", fail)
    with pytest.raises(CommandError, match=r"twilio\.tsv, line 2"):
        call_command("load_codes")
