"""Filters of lists under a name: kept, opened, changed, shared, and what is never kept. The lists of the ground floor
stand for all."""

import django_filters
import pytest
from django import forms
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import ProtectedError
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.access import ADMIN, AGENT, SUPERVISOR, VIEWER
from backoffice.models import AuditEntry, ImportBatch, SavedView
from backoffice.saved_views import KeptList, is_like_a_person, keep, list_of
from tests.backoffice import make

pytestmark = pytest.mark.django_db
LIST = "imports:batch_list"
BATCHES = reverse(LIST)
NEW = reverse("views:saved_view_new", args=[LIST])


@pytest.fixture
def sign_in(client):
    def as_(role=AGENT):
        client.person = make.person(role)
        client.force_login(client.person)
        return client

    return as_


def kept(owner, name="Broken files", **fields):
    query = fields.pop("query", {"status": "failed"})
    return SavedView.objects.create(
        list_name=LIST, name=name, query=query, words="Status: Failed", owner=owner, **fields
    )


def url(view, page="saved_view"):
    return reverse(f"views:{page}", args=[view.pk])


def test_what_narrows_the_list_is_kept_and_opened_by_one_click(sign_in):
    client = sign_in()
    system = make.system("Shop")
    make.batch(system)
    answer = client.post(
        f"{NEW}?system={system.pk}&status=failed&day=&after=abc&utm=x",
        {"name": "Shop, broken", "is_pinned": "on"},
    )
    view = SavedView.objects.get()
    assert view.query == {"system": str(system.pk), "status": "failed"}
    assert view.words == "System: Shop; Status: Failed"
    assert (view.owner, view.is_shared, view.is_pinned) == (client.person, False, True)
    opened = client.get(url(view))
    assert opened["Location"] == answer["Location"] == f"{BATCHES}?status=failed&system={system.pk}"
    assert (
        b'aria-current="page" title="System: Shop; Status: Failed"' in client.get(opened["Location"]).content
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Nothing is filtered"),
        ("tab=mine", "Nothing is filtered"),
        ("status=nothing", "Mend the filter first"),
    ],
)
def test_a_filter_that_selects_nothing_of_its_own_is_not_kept(sign_in, query, said):
    answer = sign_in().post(f"{NEW}?{query}", {"name": "Mine"})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not SavedView.objects.exists()


def test_a_name_that_names_a_person_is_refused(sign_in):
    for name in ("Maria +1 (281) 555-0123", "bo@example.org"):
        answer = sign_in().post(f"{NEW}?status=failed", {"name": name})
        assert "leave out numbers and addresses of people" in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("+14155550123", True),
        ("spring 06.12.34.56.78", True),
        ("2815-55-0123", True),
        ("2026-11-22 415 555 0123", True),
        ("+45 20101112", True),
        ("jane@x.example", True),
        ("Houston 2026-11-22 10:15", False),
        ("spring-20261122-01", False),
        ("22.11.2026 to 24.11.2026", False),
        ("@home", False),
    ],
)
def test_days_and_times_are_no_person(words, expected):
    assert is_like_a_person(words) is expected


def test_what_was_typed_into_any_filter_must_not_name_a_person():
    class Typed(django_filters.FilterSet):
        campaign = django_filters.CharFilter(label="Campaign")
        since = django_filters.IsoDateTimeFilter(label="From")
        batch = django_filters.NumberFilter(label="File")

    asked = {"campaign": "+14155550123", "since": "2026-11-22T10:15:00.123456", "batch": "1415555012345"}
    of = KeptList("Typed", narrow=None)
    assert of.names_a_person(Typed(queryset=SavedView.objects.none()), asked) == ["Campaign"]


def test_who_shared_a_view_cannot_be_deleted_and_so_takes_it_from_nobody():
    person = make.person(SUPERVISOR)
    keep(SavedView(list_name=LIST, name="Ours", words="", owner=person, is_shared=True), by=person)
    with pytest.raises(ProtectedError):
        person.delete()


def test_a_name_is_taken_once_whatever_its_case(sign_in):
    client = sign_in()
    kept(client.person)
    kept(make.person(AGENT))  # others may call theirs the same
    answer = client.post(f"{NEW}?status=done", {"name": "BROKEN FILES"})
    assert "You have a view of this name" in answer.content.decode()
    assert SavedView.objects.count() == 2


def test_a_view_takes_another_filter_and_keeps_its_name(sign_in):
    client = sign_in()
    view = kept(client.person, is_pinned=True)
    client.post(f"{NEW}?status=done", {"instead": view.pk})
    view.refresh_from_db()
    assert (view.name, view.query, view.words, view.is_pinned) == (
        "Broken files", {"status": "done"}, "Status: Done", True,
    )  # fmt: skip


def test_what_a_view_stood_on_is_gone_and_the_view_says_so(sign_in):
    client = sign_in()
    gone = make.system("Old shop")
    dead = kept(client.person, "Old shop", query={"system": str(gone.pk)}, is_pinned=True)
    gone.delete()
    renamed = kept(client.person, "Colours", query={"colour": "red"})
    for view, said in [(dead, "System: "), (renamed, "The list has no filter “colour” any more.")]:
        page = client.get(url(view))
        assert page.status_code == 200
        assert "This view no longer works" in page.content.decode()
        assert said in page.content.decode()
    assert "No longer works" in client.get(reverse("views:saved_view_counts", args=[LIST])).content.decode()


def test_a_pinned_view_counts_what_its_list_shows(sign_in):
    client = sign_in()
    make.batch(status=ImportBatch.Status.FAILED)
    make.batch()
    view = kept(client.person, is_pinned=True)
    counted = client.get(reverse("views:saved_view_counts", args=[LIST]))
    assert f'id="view-{view.pk}"' in counted.content.decode()
    assert '<span class="pill">1</span>' in counted.content.decode()
    assert counted["X-Live"] == "done"


def test_what_no_time_was_left_for_is_many(sign_in, monkeypatch):
    client = sign_in()
    kept(client.person, is_pinned=True)
    monkeypatch.setattr("backoffice.pages.saved_views.BUDGET", 0)
    counted = client.get(reverse("views:saved_view_counts", args=[LIST])).content.decode()
    assert '<span class="pill">many</span>' in counted


def test_the_list_asks_once_for_all_its_views(sign_in):
    client = sign_in()

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(BATCHES)
        return len(found)

    kept(client.person, is_pinned=True)
    queries()
    few = queries()
    for serial in range(5):
        kept(client.person, f"View {serial}", is_pinned=True)
    assert queries() == few


def test_only_who_may_share_shares_and_it_is_on_record(sign_in):
    given = {"name": "For all", "is_shared": "on"}
    sign_in(AGENT).post(f"{NEW}?status=failed", given)
    assert not SavedView.objects.get().is_shared
    assert not AuditEntry.objects.exists()
    sign_in(SUPERVISOR).post(f"{NEW}?status=failed", given)
    shared = SavedView.objects.get(is_shared=True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_id, entry.details["filter"]) == (
        "view.keep", str(shared.pk), {"status": "failed"},
    )  # fmt: skip


def test_of_others_one_sees_what_is_shared_and_changes_nothing(sign_in):
    boss = make.person(SUPERVISOR)
    theirs, shared = kept(boss), kept(boss, is_shared=True)
    client = sign_in(AGENT)
    assert client.get(url(theirs)).status_code == 404
    assert client.get(url(shared)).status_code == 302
    for page in ("saved_view_edit", "saved_view_remove"):
        assert client.post(url(theirs, page), {"name": "Taken"}).status_code == 404
        answer = client.post(url(shared, page), {"name": "Taken"}, follow=True)
        assert "Only a supervisor changes a view that everybody sees." in answer.content.decode()
    client.post(f"{NEW}?status=done", {"instead": shared.pk})
    assert {(view.name, view.query["status"]) for view in SavedView.objects.all()} == {
        ("Broken files", "failed")
    }


def test_a_supervisor_renames_and_removes_a_shared_view_of_another(sign_in):
    shared = kept(make.person(SUPERVISOR), is_shared=True)
    client = sign_in(ADMIN)
    client.post(url(shared, "saved_view_edit"), {"name": "Failed files", "is_shared": "on"})
    assert SavedView.objects.get().name == "Failed files"
    client.post(url(shared, "saved_view_remove"))
    assert not SavedView.objects.exists()
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == ["view.keep", "view.remove"]


def test_no_more_are_pinned_than_are_counted(sign_in):
    client = sign_in()
    for serial in range(8):
        kept(client.person, f"View {serial}", is_pinned=True)
    answer = client.post(f"{NEW}?status=done", {"name": "One more", "is_pinned": "on"})
    assert "8 are pinned here already" in answer.content.decode()
    client.post(f"{NEW}?status=done", {"name": "One more"})
    assert SavedView.objects.filter(name="One more").exists()


def test_a_list_that_one_may_not_see_tells_nothing_of_its_views(client):
    boss = make.person(SUPERVISOR)
    shared = kept(boss, is_shared=True)
    person = make.person()
    person.user_permissions.set(Permission.objects.filter(codename="add_savedview"))
    client.force_login(person)
    for address in (url(shared), NEW, reverse("views:saved_view_list", args=[LIST])):
        assert client.get(address).status_code == 403


LISTS = (
    "imports:batch_list", "jobs:run_list", "consent:flag_list", "consent:hold_list", "consent:correction_list",
    "errors:attempt_list", "errors:pattern_list", "errors:code_list", "errors:quality",
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_every_list_that_keeps_views_selects_nothing_by_a_value_that_nobody_knows(name):
    found = list_of(name)
    assert found
    assert found.right
    person, now = make.person(), timezone.now()
    filterset, _ = found.narrow(QueryDict(), person, now)
    choice = next(
        name for name, field in filterset.form.fields.items() if isinstance(field, forms.ChoiceField)
    )
    filterset, rows = found.narrow(QueryDict(f"{choice}=nobody-knows"), person, now)
    assert rows.query.is_empty()
    assert found.problems(filterset, {choice: "nobody-knows"})


def test_other_addresses_keep_no_views():
    assert list_of("home") is list_of("no:such_page") is list_of("consent:flag_review") is None


def test_a_viewer_keeps_views_too(sign_in):
    client = sign_in(VIEWER)
    client.post(f"{NEW}?status=failed", {"name": "Mine"})
    assert SavedView.objects.get().owner == client.person
