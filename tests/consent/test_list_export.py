"""Lists as files: what is on the page, and nothing that a spreadsheet runs."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from backoffice.models import AuditEntry
from consent import correct
from consent.models import Flag, Hold
from tests.consent import make
from tests.consent.make import NOW

pytestmark = pytest.mark.django_db


def file_of(client, name, query="", ending="csv"):
    return client.get(f"{reverse(f'consent:{name}_export', args=[ending])}?{query}")


def rows_of(client, name, query=""):
    text = file_of(client, name, query).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def keys(rows, name):
    return [int(row[name]) for row in rows]


def test_the_review_file_holds_the_rows_of_the_page_in_its_order(browser):
    weak, late, soon = make.without_proof(), make.stopped_but_texted(), make.stopped_but_texted()
    client = browser("Agent")
    for flag, days in ((late, 3), (soon, 1)):
        Flag.objects.filter(pk=flag.pk).update(due_at=NOW + timedelta(days=days), assignee=client.person)
    for query in ("", "tab=mine", "tab=unassigned", "severity=S1", "severity=S9", "after=x"):
        shown = client.get(f"{reverse('consent:flag_list')}?{query}").context["rows"]
        assert keys(rows_of(client, "flag", query), "flag") == [row.flag.pk for row in shown], query
    assert keys(rows_of(client, "flag"), "flag") == [soon.pk, late.pk, weak.pk]


def test_numbers_stay_whole_times_are_in_utc_and_nothing_runs_in_a_spreadsheet(browser):
    flag = make.stopped_but_texted()
    Flag.objects.filter(pk=flag.pk).update(why="=HYPERLINK(1)", assignee=make.staff(name="@SUM(1)"))
    (row,) = rows_of(browser("Agent"), "flag")
    assert row["number"] == flag.number.e164
    assert row["why"] == "'=HYPERLINK(1)"
    assert row["assignee"] == "'@SUM(1)"
    for column in ("due_at_utc", "raised_at_utc"):
        at = datetime.fromisoformat(row[column])
        assert (at, at.utcoffset()) == (getattr(flag, column.removesuffix("_utc")), timedelta())
    assert (row["what_is_wrong"], row["status"]) == (flag.about.title, "Open")
    assert row["waits_for_second_person"] == "FALSE"


def test_a_workbook_holds_the_same_with_numbers_as_text(browser):
    flag = make.stopped_but_texted()
    Flag.objects.filter(pk=flag.pk).update(why="=1+1")
    answer = file_of(browser(), "flag", ending="xlsx")
    assert answer["Content-Disposition"] == 'attachment; filename="review.xlsx"'
    header, row = load_workbook(io.BytesIO(answer.content)).active.iter_rows()
    cells = dict(zip([cell.value for cell in header], row, strict=True))
    assert (cells["number"].value, cells["number"].data_type) == (flag.number.e164, "s")
    assert (cells["why"].value, cells["why"].data_type) == ("=1+1", "s")


def decided(by, words="Checked."):
    flag = make.stopped_but_texted()
    choice = make.choice(words=words)
    return correct.decide(
        make.subject(flag), choice, by=by, token=f"t{flag.pk}", seen=make.seen(flag), now=NOW
    )


def test_the_file_of_corrections_says_who_decided_what_and_what_became_of_it(browser):
    client = browser("Agent")
    theirs, mine = decided(make.staff()), decided(client.person, words="+1*2")
    assert keys(rows_of(client, "correction"), "correction") == [mine.pk, theirs.pk]
    (row,) = rows_of(client, "correction", "tab=mine")
    assert row["correction"] == str(mine.pk)
    assert (row["number"], row["words"]) == (mine.number.e164, "'+1*2")
    assert (row["decision"], row["written_back"]) == (str(mine), "1 × waiting to be sent")
    assert (row["decided_at_utc"], row["second_at_utc"]) == (NOW.isoformat(), "")
    assert rows_of(client, "correction", "tab=second") == []


def test_the_file_of_corrections_takes_its_time_for_what_became_of_them_too(browser, monkeypatch):
    decided(make.staff())

    def slow(_):
        raise OperationalError("interrupted")

    monkeypatch.setattr("consent.views.correction.write_backs_of", slow)
    answer = file_of(browser("Agent"), "correction")
    assert answer["Location"].startswith(reverse("consent:correction_list"))


def test_the_file_of_holds_is_the_page_oldest_first(browser):
    make.stopped_but_texted(), make.without_proof()
    young, old = Hold.objects.order_by("pk")
    Hold.objects.filter(pk=old.pk).update(placed_at=young.placed_at - timedelta(days=9))
    client = browser("Agent")
    assert keys(rows_of(client, "hold"), "flag") == [old.flag_id, young.flag_id]
    assert keys(rows_of(client, "hold", f"code={young.flag.code}"), "flag") == [young.flag_id]
    row = rows_of(client, "hold")[1]
    assert (row["number"], row["because_of"]) == (young.number.e164, young.flag.about.title)
    assert row["paused_since_utc"] == young.placed_at.isoformat()


@pytest.mark.parametrize("name", ["flag", "correction", "hold"])
def test_who_took_a_list_out_is_on_record_and_the_queries_do_not_grow_with_its_rows(browser, name):
    client = browser("Agent")

    def taken():
        with CaptureQueriesContext(connection) as asked:
            found = rows_of(client, name)
        return len(found), len(asked)

    decided(client.person), make.without_proof()
    taken()
    few, queries = taken()
    for _ in range(3):
        decided(client.person), make.without_proof()
    many, as_before = taken()
    assert many > few
    assert as_before == queries
    entry = AuditEntry.objects.filter(action="list.export").latest("pk")
    assert (entry.actor, entry.object_type) == (client.person, name)
    assert entry.details == {"rows": many, "filters": [], "format": "csv"}


def test_a_list_too_long_for_a_file_is_not_cut_but_asks_to_be_narrowed(browser, monkeypatch):
    monkeypatch.setattr("backoffice.exchange.MAX_EXPORT_ROWS", 1)
    make.stopped_but_texted(), make.without_proof()
    client = browser()
    assert len(rows_of(client, "flag", "severity=S1")) == 1
    refused = file_of(client, "flag", "state=any")
    assert refused["Location"] == f"{reverse('consent:flag_list')}?state=any"
    assert b"more than 1 rows. Narrow it" in client.get(refused["Location"]).content
    assert AuditEntry.objects.filter(action="list.export").count() == 1


@pytest.mark.parametrize("name", ["flag", "correction", "hold"])
def test_who_only_looks_takes_nothing_along(browser, name):
    client = browser("Viewer")
    make.stopped_but_texted()
    assert file_of(client, name).status_code == 403
    assert "export/" not in client.get(reverse(f"consent:{name}_list")).content.decode()


@pytest.mark.parametrize("name", ["flag", "correction", "hold"])
def test_the_page_offers_its_files_with_its_own_filters_where_it_has_rows(browser, name):
    client = browser("Agent")
    page, link = reverse(f"consent:{name}_list"), reverse(f"consent:{name}_export", args=["xlsx"])
    assert link not in client.get(page).content.decode()
    decided(client.person) if name == "correction" else make.stopped_but_texted()
    assert f'href="{link}?tab=all"' in client.get(f"{page}?tab=all&after=x").content.decode()
