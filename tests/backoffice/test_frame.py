from datetime import timedelta

import pytest
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from backoffice import rooms, schedule
from backoffice.access import ADMIN, VIEWER
from backoffice.frame import Frame, Trust, render_in_admin
from backoffice.models import ImportBatch, System
from tests.backoffice import make

pytestmark = pytest.mark.django_db


def entries(user):
    return {entry.name: entry for entry in rooms.entries(user, timezone.now())}


def test_the_navigation_shows_what_one_may_open():
    assert set(entries(make.person())) == {"home", "tables"}
    assert {"home", "review", "imports", "contacts", "holds", "corrections", "jobs", "tables"} <= set(
        entries(make.person(VIEWER))
    )


def test_the_navigation_keeps_its_order_and_every_key_is_used_once():
    found = rooms.entries(make.person(ADMIN), timezone.now())
    assert [entry.name for entry in found] == [
        "home", "review", "replies", "imports", "contacts", "holds", "corrections", "systems",
        "errors", "attempts", "patterns", "codes", "check", "rules", "jobs", "tables",
    ]  # fmt: skip
    assert len({entry.key for entry in found}) == len(found)


def test_failed_imports_are_counted_beside_their_entry(client):
    for _ in range(2):
        make.batch(status=ImportBatch.Status.FAILED)
    make.batch()
    viewer = make.person(VIEWER)
    assert (entries(viewer)["imports"].count, entries(viewer)["imports"].alarming) == (2, True)
    client.force_login(viewer)
    assert '2<span class="visually-hidden"> failed' in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("path", "lit"),
    [("/", "home"), ("/jobs/", "jobs"), ("/admin/backoffice/system/", "tables"), ("/nowhere", "")],
)
def test_the_entry_of_the_page_is_lit(path, lit):
    request = RequestFactory().get(path)
    request.user = make.person(VIEWER)
    assert Frame(request).current == lit


def test_whoever_is_not_signed_in_sees_no_frame(client):
    html = client.get(reverse("admin:login")).content.decode()
    assert 'id="rail"' not in html
    assert 'class="menu trust"' not in html


def test_a_page_without_frame_asks_nothing(django_assert_num_queries):
    request = RequestFactory().get("/")
    request.user = make.person(VIEWER)
    with django_assert_num_queries(0):
        Frame(request)


# --- freshness ----------------------------------------------------------------------------------------------


def lines(now):
    return {line.label: line for line in Trust(now).lines}


def test_a_house_without_data_says_so():
    found = lines(make.NOW)
    assert (found["Systems"].tone, found["Systems"].short) == ("warn", "No import yet")
    assert (found["Workers"].tone, found["Workers"].short) == ("bad", "No worker yet")


def test_a_system_is_stale_after_the_time_it_is_expected_in():
    System.objects.update(is_active=False)  # those the product brings along
    fresh = make.system("Fresh", expected_every_hours=24)
    stale = make.system("Late", expected_every_hours=2)
    make.system("Silent")
    make.batch(fresh, as_of=make.NOW - timedelta(hours=3))
    make.batch(stale, as_of=make.NOW - timedelta(hours=3))
    make.batch(stale, as_of=make.NOW, status=ImportBatch.Status.FAILED)  # brought nothing
    found = lines(make.NOW)
    assert found["Systems"].short == "1 of 2 systems stale"
    assert (found["Fresh"].tone, found["Late"].tone) == ("ok", "warn")
    assert found["Other systems"].text == "1 active without any import yet"


def test_a_system_that_is_switched_off_is_not_missed():
    make.batch(make.system(is_active=False), as_of=make.NOW - timedelta(days=90))
    assert lines(make.NOW)["Systems"].short == "No import yet"


def test_workers_are_heard_by_ticks_and_by_running_work():
    schedule.ran("sweep", make.NOW - timedelta(minutes=5))
    assert lines(make.NOW)["Workers"].short == "No worker for 5 min"
    make.run(status="running", heartbeat_at=make.NOW - timedelta(seconds=8))
    assert lines(make.NOW)["Workers"].short == "Workers 8 s ago"


def test_the_strip_stands_on_every_page_and_costs_the_same_for_any_number_of_systems(client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(make.person(VIEWER))

    def questions():
        with CaptureQueriesContext(connection) as asked:
            html = client.get(reverse("search")).content.decode()
        assert "How fresh this is" in html
        return len(asked)

    questions()
    make.batch()
    few = questions()
    for _ in range(20):
        make.batch()
    assert questions() == few


# --- pages --------------------------------------------------------------------------------------------------


def test_messages_are_announced_and_errors_are_told_from_news(client):
    request = RequestFactory().get("/")
    request.user = make.person(VIEWER)
    request.session = {}
    from django.contrib.messages.storage.cookie import CookieStorage

    request._messages = CookieStorage(request)
    messages.success(request, "saved <b>it</b>")
    messages.error(request, "not saved")
    html = render_in_admin(request, "backoffice/home.html", {"title": "Home"}).content.decode()
    assert 'role="status"' in html
    assert "toast--success" in html
    assert "toast--error" in html
    assert "Saved &lt;b&gt;it&lt;/b&gt;" in html


def test_breadcrumbs_lead_home_and_up(client):
    client.force_login(make.root())
    html = client.get(reverse("jobs:run", args=[make.run().pk])).content.decode()
    crumbs = html[html.index('class="breadcrumbs"') :]
    assert crumbs.index(">Home<") < crumbs.index(">Jobs<") < crumbs.index('aria-current="page"')


@pytest.mark.parametrize(
    "path", ["/", "/jobs/", "/search", "/admin/", "/admin/backoffice/system/", "/admin/login/"]
)
def test_pages_carry_no_inline_script_or_style_and_fetch_nothing_from_elsewhere(client, path):
    import re

    if "login" not in path:
        client.force_login(make.root())
    html = client.get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", html)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", html)
    assert not re.search(r"""(src|href|action)=["'](https?:)?//""", html)


def test_404_and_403_stand_in_the_frame(client):
    client.force_login(make.person())
    missing = client.get("/nowhere/")
    assert missing.status_code == 404
    assert 'id="rail"' in missing.content.decode()
    refused = client.get(reverse("jobs:run_list"))
    assert refused.status_code == 403
    assert "Your role does not allow this" in refused.content.decode()


def test_an_address_that_only_takes_forms_says_so(client):
    shown = client.get(reverse("jobs:run_cancel", args=[1]))
    assert (shown.status_code, shown["Allow"]) == (405, "POST")
    assert "This address is not a page" in shown.content.decode()
    client.force_login(make.person())
    assert 'id="rail"' in client.get(shown.wsgi_request.path).content.decode()


def test_an_error_of_ours_is_said_without_the_frame(client, monkeypatch):
    def broken(*args):
        raise RuntimeError("no")

    client.force_login(make.root())
    client.raise_request_exception = False
    monkeypatch.setattr(rooms, "entries", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()


def test_help_beside_a_field_is_text_unless_it_was_made_as_markup():
    class Asked(forms.Form):
        name = forms.CharField(help_text="Write <b>it</b> out.")
        phrase = forms.CharField(help_text=password_validators_help_text_html())

    shown = [render_to_string("backoffice/_field.html", {"field": field}) for field in Asked()]
    assert "Write &lt;b&gt;it&lt;/b&gt; out." in shown[0]
    assert "<ul><li>" in shown[1]
