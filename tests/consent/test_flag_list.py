"""The review queue: order, filters, tabs, who may do what, many at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.models import JobRun, SavedView
from consent.forms import AssignForm, DecisionForm
from consent.models import Correction, Flag, WriteBack
from tests.consent import make

pytestmark = pytest.mark.django_db
QUEUE = reverse("consent:flag_list")
BULK, APPLY, NEXT = (
    reverse("consent:flag_bulk"),
    reverse("consent:flag_bulk_apply"),
    reverse("consent:flag_next"),
)


def listed(client, query=""):
    return [row.flag for row in client.get(f"{QUEUE}?{query}").context["rows"]]


def test_the_worst_comes_first_and_says_why(browser):
    weak, strong = make.without_proof(), make.stopped_but_texted()
    page = browser().get(QUEUE)
    assert [row.flag for row in page.context["rows"]] == [strong, weak]
    assert page.context["rows"][0].place.startswith("S1: someone who said no is or will be texted; ")
    assert b"Here because S1: someone who said no" in page.content


def test_within_a_severity_the_nearer_deadline_comes_first(browser):
    late, soon = make.stopped_but_texted(), make.stopped_but_texted()
    Flag.objects.filter(pk=late.pk).update(due_at=timezone.now() + timedelta(days=3))
    Flag.objects.filter(pk=soon.pk).update(due_at=timezone.now() + timedelta(days=1))
    assert listed(browser()) == [soon, late]


def test_filters_narrow_the_queue(browser):
    s1, s2 = make.stopped_but_texted(), make.without_proof()
    client = browser()
    client.person.first_name = "Ana"
    client.person.save()
    for query, found in [
        ("severity=S1", [s1]),
        ("code=PLATFORM_IN_NO_EVIDENCE", [s2]),
        (f"program={s1.program_id}", [s1, s2]),
        (f"system={make.system('other').pk}", []),
        ("country=us", [s1, s2]),
        ("country=FR", []),
        ("due=overdue", [s1, s2]),
        ("age=30", [s1, s2]),
        (f"assignee={client.person.pk}", []),
        ("state=closed", []),
        ("severity=S9&code=nonsense", []),  # what nobody understands must not look like "all"
    ]:
        assert listed(client, query) == found, query


def test_the_age_filter_counts_from_the_day_it_was_raised(browser):
    flag = make.stopped_but_texted()
    Flag.objects.filter(pk=flag.pk).update(raised_at=timezone.now() - timedelta(days=4))
    assert listed(browser(), "age=3") == [flag]
    assert listed(browser(), "age=7") == []


def test_tabs_show_whose_flags_and_how_many(browser):
    mine, free = make.stopped_but_texted(), make.without_proof()
    client = browser()
    Flag.objects.filter(pk=mine.pk).update(assignee=client.person)
    assert listed(client, "tab=mine") == [mine]
    assert listed(client, "tab=unassigned") == [free]
    assert [tab["count"] for tab in client.get(QUEUE).context["tabs"]] == ["2", "1", "1"]


def test_states_that_are_not_to_review_are_found_by_filter(browser):
    flag = make.stopped_but_texted()
    client = browser()
    client.post(reverse("consent:flag_snooze", args=[flag.pk]), {"span": "1d"})
    assert listed(client) == []
    assert listed(client, "state=snoozed") == [flag]


def test_every_link_and_form_carries_the_filters(browser):
    flag = make.stopped_but_texted()
    page = browser().get(f"{QUEUE}?severity=S1&tab=unassigned").content.decode()
    assert f'href="{reverse("consent:flag_review", args=[flag.pk])}?severity=S1&amp;tab=unassigned"' in page
    assert page.count('name="queue" value="severity=S1&amp;tab=unassigned"') == 2


def test_pages_are_walked_by_cursor_and_keep_the_filters(browser):
    for _ in range(60):
        make.without_proof()
    client = browser()
    first = client.get(f"{QUEUE}?severity=S2").context["page"]
    second = client.get(QUEUE + first.next_url)
    assert "severity=S2" in first.next_url
    assert len(second.context["rows"]) == 10
    assert not {row.flag.pk for row in second.context["rows"]} & {row.pk for row in first.rows}


def test_the_number_of_queries_does_not_grow_with_the_rows(browser):
    client = browser()

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(QUEUE)
        return len(found)

    make.stopped_but_texted()
    make.without_proof()
    queries()
    few = queries()
    for _ in range(12):
        line = make.number()
        make.contact(line, ref=line.e164)
        make.stopped_but_texted(line)
    assert queries() == few


def test_an_empty_queue_says_what_ran(browser):
    client = browser()
    assert client.get(QUEUE).context["empty"]["title"] == "Nothing has been compared yet"
    JobRun.objects.create(
        kind="consent.reconcile", subject="touched", trigger="schedule", status="done", done=412_300,
        finished_at=timezone.now(),
    )  # fmt: skip
    empty = client.get(QUEUE).context["empty"]
    assert (empty["title"], "412,300 numbers" in empty["text"]) == ("No open mismatch", True)
    assert client.get(f"{QUEUE}?severity=S1").context["empty"]["title"] == "Nothing here matches"


def test_an_empty_queue_says_which_files_are_old(browser):
    crm = make.system(expected_every_hours=24)
    make.batch(crm, timezone.now() - timedelta(days=3))
    JobRun.objects.create(
        kind="consent.reconcile",
        subject="touched",
        trigger="schedule",
        status="done",
        finished_at=timezone.now(),
    )
    assert "Acme CRM's last file is from 3 d ago" in browser().get(QUEUE).context["empty"]["text"]


def test_names_from_outside_are_shown_as_text(browser):
    line = make.number()
    make.contact(line, name="<img src=x onerror=alert(1)>{{7*7}}")
    make.stopped_but_texted(line)
    page = browser().get(QUEUE).content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page
    assert "<img src=x" not in page


# --- Next, assign, snooze --------------------------------------------------------------------------------


def test_next_opens_a_flag_for_me_and_another_one_for_a_colleague(browser):
    make.stopped_but_texted()
    make.stopped_but_texted()
    opened = [browser().post(NEXT, {"queue": "severity=S1"}).url for _ in range(2)]
    assert opened[0] != opened[1]
    assert all(url.endswith("?severity=S1") for url in opened)


def test_next_on_an_empty_view_goes_back_to_it(browser):
    answer = browser().post(NEXT, {"queue": "severity=S4"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{QUEUE}?severity=S4"
    assert "last flag of this view" in str(list(answer.context["messages"])[0])


def test_an_agent_takes_flags_but_does_not_hand_them_to_others(browser):
    flag = make.stopped_but_texted()
    agent, boss, other = browser(), browser("Supervisor"), make.staff()
    url = reverse("consent:flag_assign", args=[flag.pk])
    agent.post(url, {"to": other.pk})
    flag.refresh_from_db()
    assert flag.assignee is None
    agent.post(url, {"to": agent.person.pk})
    flag.refresh_from_db()
    assert flag.assignee == agent.person
    boss.post(url, {"to": other.pk})
    flag.refresh_from_db()
    assert flag.assignee == other


def test_a_flag_goes_only_to_somebody_who_can_work_on_it():
    none, agent, boss = User.objects.create_user("new", is_staff=True), make.staff(), make.staff("Supervisor")
    chief = User.objects.create_superuser("root")
    assert set(AssignForm().fields["to"].queryset) == {agent, boss, chief}
    offered = DecisionForm(by=agent, decision="escalate").fields["to"].queryset
    assert set(offered) == {boss, chief}
    assert none not in offered


# --- Many at once ----------------------------------------------------------------------------------------


def picked(client, flags, **fields):
    return client.post(BULK, {"flag": [flag.pk for flag in flags], "action": "align", **fields})


def test_a_selection_is_previewed_then_decided_with_an_outcome_for_each(browser):
    make.reason()
    good, other = make.stopped_but_texted(), make.stopped_but_texted()
    client = browser()
    preview = picked(client, [good, other], queue="severity=S1")
    assert preview.context["values"] == 2
    assert not WriteBack.objects.exists()

    Flag.objects.filter(pk=other.pk).update(version=99)  # somebody worked on it meanwhile
    form = preview.context["form"].initial
    sent = {**form, "reason": make.reason().pk, "words": "After the bad import.", "queue": "severity=S1"}
    for _ in range(2):  # sent twice, decided once
        result = client.post(APPLY, sent)
        assert [row["label"] for row in result.context["outcomes"]] == ["Decided", "Changed since"]
    assert Correction.objects.count() == 1
    assert reverse("consent:correction", args=[Correction.objects.get().pk]) in result.content.decode()


def test_all_that_match_can_be_selected(browser):
    flags = [make.stopped_but_texted() for _ in range(3)]
    make.without_proof()
    preview = browser().post(BULK, {"all_matching": "1", "action": "align", "queue": "severity=S1"})
    assert set(preview.context["flags"]) == set(flags)


def test_what_would_permit_sending_is_left_out(browser):
    line = make.number()
    make.form(line)
    make.reading(line, "never")
    make.weigh(line)
    preview = picked(browser(), [make.flag("PLATFORM_OUT_AGREED_IN", line)])
    assert (preview.context["values"], preview.context["left_out"]) == (0, 1)


def test_more_than_allowed_at_once_is_refused(browser, monkeypatch):
    monkeypatch.setattr("consent.correct.many.BULK_LIMIT", 2)
    flags = [make.stopped_but_texted() for _ in range(3)]
    answer = browser().post(BULK, {"flag": [flag.pk for flag in flags], "action": "align"}, follow=True)
    assert "at once" in str(list(answer.context["messages"])[0])
    assert picked(browser("Supervisor"), flags).status_code == 200


def test_a_damaged_selection_a_missing_reason_and_nothing_selected_decide_nothing(browser):
    flag = make.stopped_but_texted()
    client = browser()
    assert client.post(BULK, {"action": "align"}).url == QUEUE
    assert client.post(BULK, {"flag": "1' OR 1=1", "action": "align"}).url == QUEUE
    assert client.post(APPLY, {"picks": "forged", "token": "t"}).url == QUEUE
    form = picked(client, [flag]).context["form"].initial
    again = client.post(APPLY, {**form, "reason": ""})
    assert "reason" in again.context["form"].errors
    assert not Correction.objects.exists()


def test_many_flags_are_assigned_and_snoozed_together(browser):
    flags = [make.stopped_but_texted(), make.stopped_but_texted()]
    client = browser()
    client.post(
        BULK, {"flag": [f.pk for f in flags], "action": "assign", "to": client.person.pk, "queue": ""}
    )
    assert Flag.objects.filter(assignee=client.person).count() == 2
    client.post(BULK, {"flag": [f.pk for f in flags], "action": "assign", "to": make.staff().pk})
    assert Flag.objects.filter(assignee=client.person).count() == 2
    client.post(BULK, {"flag": [f.pk for f in flags], "action": "snooze", "span": "3d"})
    assert Flag.objects.filter(snoozed_until__gt=timezone.now()).count() == 2


# --- Who may -----------------------------------------------------------------------------------------------


ACTS = ("flag_next", "flag_bulk", "flag_bulk_apply")
ACTS_ON_ONE = ("flag_assign", "flag_snooze", "flag_comment", "flag_preview")


def acts(flag):
    """The addresses of everything that can be done to a flag."""
    return [
        *(reverse(f"consent:{name}") for name in ACTS),
        *(reverse(f"consent:{name}", args=[flag.pk]) for name in ACTS_ON_ONE),
    ]


def test_a_viewer_looks_and_does_nothing(browser):
    flag = make.stopped_but_texted()
    viewer = browser("Viewer")
    page = viewer.get(QUEUE)
    assert page.status_code == 200
    assert b"bulk-box" not in page.content
    assert {viewer.post(url).status_code for url in acts(flag)} == {403}


def test_what_changes_something_is_never_done_by_get(browser):
    client = browser()
    assert {client.get(url).status_code for url in acts(make.stopped_but_texted())} == {405}


def test_a_stranger_signs_in_and_comes_back_to_the_same_view(client):
    answer = client.get(f"{QUEUE}?severity=S1&tab=mine")
    assert answer.status_code == 302
    assert "next=/review/%3Fseverity%3DS1%26tab%3Dmine" in answer.url


def test_a_value_that_no_filter_knows_selects_nothing_and_says_so(browser):
    make.stopped_but_texted()
    client = browser("Agent")
    assert listed(client, "system=acme") == []
    assert "Select a valid choice" in client.get(QUEUE, {"system": "acme"}).content.decode()


def test_a_view_of_the_queue_whose_person_left_opens_nothing(browser):
    make.stopped_but_texted()
    client, ana = browser(), make.staff()
    new = reverse("views:saved_view_new", args=["consent:flag_list"])
    client.post(f"{new}?assignee={ana.pk}&tab=unassigned&before=x", {"name": "Ana’s"})
    view = SavedView.objects.get()
    assert view.query == {"assignee": str(ana.pk), "tab": "unassigned"}
    assert view.words == f"Nobody's; Assigned to: {ana.username}"
    page = reverse("views:saved_view", args=[view.pk])
    assert client.get(page)["Location"] == f"{QUEUE}?assignee={ana.pk}&tab=unassigned"
    ana.is_active = False
    ana.save()
    answer = client.get(page)
    assert answer.status_code == 200
    assert "This view no longer works" in answer.content.decode()
