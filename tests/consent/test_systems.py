"""The pages of systems: every number is that of the list behind it, and settings are changed on record."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEntry, System
from consent import correct, propagate
from consent.harm import by_harm
from consent.models import Decision, Flag, Touched, WriteBack
from tests.consent import make

pytestmark = pytest.mark.django_db


def overwritten(crm: System, *, days_ago: int = 1) -> WriteBack:
    """The platform was corrected, and its next file says "in" again, as the CRM does."""
    then = timezone.now() - timedelta(days=days_ago)
    flag = make.stopped_but_texted()
    make.reading(flag.number, "in", crm, ref="c1")
    correct.decide(
        make.subject(flag),
        make.choice(),
        by=make.staff(),
        token=f"t{flag.pk}",
        seen=make.seen(flag),
        now=then,
    )
    propagate.hand_over(make.platform(), make.program(), by=make.staff(), now=then)
    row = WriteBack.objects.get(number=flag.number, system=make.platform())
    batch = make.batch(make.platform(), then + timedelta(hours=1))
    make.reading(row.number, "in", ref=row.ref, read_at=batch.as_of, batch=batch, line=3)
    propagate.settle(batch, now=batch.as_of)
    make.weigh(row.number, now=batch.as_of)
    return row


@pytest.fixture
def shop() -> dict[str, Any]:
    System.objects.all().update(is_active=False)
    crm = make.system(overwrites_on_sync=True, excludes="e-mail lists")
    overwritten(crm)
    overwritten(crm, days_ago=60)
    other = make.system("quiet")
    make.stopped_but_texted()
    return {"crm": crm, "texter": make.platform(), "quiet": other}


def test_the_most_harm_comes_first(shop):
    texter, crm, quiet = by_harm(timezone.now())
    assert [texter.system, crm.system, quiet.system] == [shop["texter"], shop["crm"], shop["quiet"]]
    assert (texter.regressed, texter.regressed_lately, texter.suspected) == (2, 1, 0)
    assert (crm.regressed, crm.suspected) == (0, 2)
    assert (texter.watched, texter.pending) == (2, 0)
    assert (quiet.open, quiet.raised, quiet.last) == (0, 0, None)
    assert texter.last is not None
    assert texter.last.params["line"] == 3


def test_every_number_is_that_of_the_list_behind_it(browser, shop):
    client = browser("Viewer")
    for page in (
        reverse("consent:system_list"),
        *(reverse("consent:system", args=[one.slug]) for one in shop.values()),
    ):
        shown = client.get(page)
        listed = shown.context.get("shown")
        for one in listed if isinstance(listed, list) else [listed]:
            for name, url in one.urls.items():
                answer = client.get(url)
                assert answer.status_code == 200
                found = answer.context["page"].count if "page" in answer.context else None
                assert found == getattr(one.harm, name), (name, url)


def test_what_was_not_counted_to_the_end_is_not_said_to_be_nothing(browser, shop, monkeypatch):
    client, pages = browser("Viewer"), [reverse("consent:system", args=[slug]) for slug in ("quiet", "acme")]

    def shown():
        return [
            re.findall(r'stat__n">([^<]*)<.*?stat__note">([^<]*)<', client.get(page).content.decode())
            for page in pages
        ]

    quiet, crm = shown()
    assert (quiet[0], crm[3][0]) == (("0", "0 % of all that are open"), "2")
    monkeypatch.setattr("consent.harm.CAP", 1)
    quiet, crm = shown()
    assert (quiet[0], quiet[3][0], crm[3][0]) == (("0", ""), "0+", "1+")
    Flag.objects.update(status="closed")
    assert shown()[0][0] == ("0", "none anywhere")


def test_the_number_of_questions_does_not_grow(browser, shop, django_assert_max_num_queries):
    client = browser("Viewer")
    client.get(reverse("consent:system_list"))
    for place in range(8):
        make.batch(make.system(f"more{place}"), timezone.now())
    with django_assert_max_num_queries(40):
        client.get(reverse("consent:system_list"))


def test_a_page_names_the_file_and_line_that_brought_a_value_back(browser, shop):
    page = browser("Viewer").get(reverse("consent:system", args=["texter"])).content.decode()
    batch = Flag.objects.filter(code="SYNC_REGRESSION").latest("raised_at").params["batch"]
    assert reverse("imports:batch", args=[batch]) in page
    assert "line 3" in page
    assert "overwrites on sync" in re.sub(r"\s+", " ", page)


def change(client: Any, slug: str = "acme", **chosen: Any) -> Any:
    given = {"expected_every_hours": 24, "excludes": "", "reason": "Ben re-mapped the field.", **chosen}
    return client.post(reverse("consent:system", args=[slug]), given)


def test_a_setting_is_changed_on_record_and_the_flags_about_it_are_weighed_again(browser, shop):
    client = browser("Administrator")
    waiting = Flag.objects.open().filter(code="OVERWRITE_SETTING_RISK", system=shop["crm"])
    numbers = set(waiting.values_list("number_id", flat=True))
    assert len(numbers) == 2
    Touched.objects.all().delete()
    assert change(client, excludes="SMS consent").status_code == 302
    shop["crm"].refresh_from_db()
    assert (shop["crm"].overwrites_on_sync, shop["crm"].excludes) == (False, "SMS consent")
    entry = AuditEntry.objects.get(action="system.settings")
    assert (entry.actor, entry.reason) == (client.person, "Ben re-mapped the field.")
    assert entry.details["changes"]["overwrites_on_sync"] == [True, False]
    assert set(Touched.objects.values_list("number_id", flat=True)) == numbers
    make.weigh(*(flag.number for flag in waiting.select_related("number")), now=timezone.now())
    assert not waiting.exists()
    assert change(client, excludes="SMS consent").status_code == 302
    assert AuditEntry.objects.filter(action="system.settings").count() == 1


def test_what_is_open_about_a_setting_is_waived_at_once_until_a_day(browser, shop):
    make.reason(Decision.WAIVE)
    url, page = (reverse(f"consent:system{end}", args=["acme"]) for end in ("_waive", ""))
    client = browser("Supervisor")
    form = client.get(page).context["waiver"]["form"]
    given = {"reason": make.reason(Decision.WAIVE).pk, "words": "Ben does it on Monday.", "token": "w"}
    given["seen_at"] = form["seen_at"].value()
    until = timezone.localdate() + timedelta(days=3)
    assert client.post(url, {**given, "until": timezone.localdate() - timedelta(days=1)}).status_code == 400
    refused = client.post(url, {**given, "until": timezone.localdate() + timedelta(days=366)})
    assert (refused.status_code, "at most a year" in refused.content.decode()) == (400, True)
    assert client.post(url, {**given, "until": until}).status_code == 302
    assert form["token"].value()
    about = Flag.objects.filter(code="OVERWRITE_SETTING_RISK", system=shop["crm"])
    assert set(about.values_list("status", flat=True)) == {"waived"}
    assert {timezone.localdate(flag.waived_until) for flag in about} == {until}
    assert client.get(page).context["waiver"] is None
    assert browser("Viewer").post(url, {**given, "until": until}).status_code == 403


def test_what_opens_after_the_page_was_shown_is_not_waived_by_it(shop):
    about = Flag.objects.filter(code="OVERWRITE_SETTING_RISK", system=shop["crm"]).order_by("pk")
    before, later = about
    reason, by = make.reason(Decision.WAIVE), make.staff("Supervisor")
    Flag.objects.filter(pk=later.pk).update(refreshed_at=timezone.now())

    def waive() -> list[correct.Outcome]:
        return correct.waive_settings(
            shop["crm"],
            reason=reason,
            words="Ben does it on Monday.",
            until=timezone.now() + timedelta(days=3),
            by=by,
            token="w",
            seen_at=timezone.now() - timedelta(minutes=1),
            now=timezone.now(),
        )

    [done] = waive()
    assert (done.flag_id, done.result) == (before.pk, "applied")
    assert list(about.values_list("status", flat=True)) == ["waived", "open"]
    assert waive() == [done]


def test_settings_need_a_reason_and_the_right(browser, shop):
    assert "This field is required" in change(browser("Administrator"), reason="").content.decode()
    assert change(browser("Supervisor")).status_code == 403
    assert browser("Supervisor").get(reverse("consent:system", args=["acme"])).context["form"] is None
    shop["crm"].refresh_from_db()
    assert shop["crm"].overwrites_on_sync
    assert browser("Viewer").get("/systems/nobody/").status_code == 404


def test_systems_that_store_nothing_and_those_switched_off_are_listed_apart(browser, shop):
    form = make.system("form", "form")
    page = browser("Viewer").get(reverse("consent:system_list"))
    assert [one.harm.system for one in page.context["shown"]][-1] == shop["quiet"]
    assert form.name in page.content.decode()
    assert browser("Viewer").get(reverse("consent:system", args=["form"])).status_code == 200


# --- Where the watch is shown ------------------------------------------------------------------------------


def test_the_state_of_the_watch_is_shown_where_staff_look(browser, shop):
    row = overwritten(shop["crm"])
    batch = make.batch(row.system, timezone.now())
    make.reading(row.number, "out", ref=row.ref, read_at=batch.as_of, batch=batch)
    propagate.settle(batch, now=timezone.now())
    make.weigh(row.number, now=timezone.now())
    flag = Flag.objects.get(number=row.number, code="PLATFORM_IN_AGREED_OUT")
    assert flag.status == "verifying"
    client = browser()
    for url in (
        reverse("consent:flag_review", args=[flag.pk]),
        reverse("consent:contact", args=[row.number_id]),
        reverse("consent:correction", args=[row.correction_id]),
    ):
        assert "Texter: read back right 1 of 3 times; watch until" in client.get(url).content.decode()
    page = client.get(reverse("consent:flag_review", args=[flag.pk])).content.decode()
    assert "a setting of it would bring the old value back" in page
